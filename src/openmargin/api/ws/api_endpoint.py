"""/ws-api/v3: connections of the WebSocket API.

Owns: how many messages of one connection are dealt with at once, and how many may wait for that.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Final

import msgspec
from msgspec import Struct

from openmargin.api.errors import ApiError
from openmargin.api.ws.api import PATH, WebSocketApi
from openmargin.api.ws.connection import CLOSE_FAILURE, CLOSE_POLICY, Connection, ConnectionLimits
from openmargin.api.ws.gateway import SocketRefused, SocketRequest
from openmargin.api.ws.sessions import Session
from openmargin.api.ws.subscriptions import Subscriptions
from openmargin.api.ws.user_data import UserData

AT_ONCE_MAX: Final = 512
WAITING_BYTES_MAX: Final = 4 * 1024 * 1024

_log = logging.getLogger(__name__)


class _ServerShutdown(Struct):
    event: str = msgspec.field(name="e")
    at: int = msgspec.field(name="E")


class _Event(Struct):
    event: _ServerShutdown


class WebSocketApiEndpoint:
    """Whoever connects to the WebSocket API."""

    limits = ConnectionLimits(incoming_per_second=None)
    """Weights bound what is sent, and bans end it."""

    def __init__(self, api: WebSocketApi, users: UserData) -> None:
        self._api = api
        self._users = users

    def serves(self, path: str) -> bool:
        return path in (PATH, PATH + "/")

    def open(self, request: SocketRequest, connection: Connection) -> WebSocketApiHandler:
        try:
            session = self._api.connect(request.ip, request.query)
        except ApiError as refusal:
            raise SocketRefused(refusal.error, refusal.retry) from None
        listening = Subscriptions(self._users, connection, session.per_ms)
        session.listening = listening
        session.cut_off = connection.cut_off
        return WebSocketApiHandler(self._api, session, connection, listening)


class WebSocketApiHandler:
    """One connection. What it began to deal with is finished even if the connection ends: it may be an order."""

    def __init__(
        self, api: WebSocketApi, session: Session, connection: Connection, listening: Subscriptions
    ) -> None:
        self._api = api
        self._listening = listening
        self._session = session
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._running: set[asyncio.Task[None]] = set()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0

    def received(self, message: bytes) -> None:
        if len(self._running) < AT_ONCE_MAX:
            self._begin(message)
            return
        self._waiting.append(message)
        self._waiting_bytes += len(message)
        if self._waiting_bytes > WAITING_BYTES_MAX:
            self._connection.close(CLOSE_POLICY, "Too many messages at once")

    def closed(self) -> None:
        self._waiting.clear()
        self._listening.close()

    def farewell(self) -> bytes:
        return msgspec.json.encode(_Event(_ServerShutdown("serverShutdown", self._api.now(self._session))))

    def _begin(self, message: bytes) -> None:
        task = self._loop.create_task(self._answer(message))
        self._running.add(task)
        task.add_done_callback(self._done)

    async def _answer(self, message: bytes) -> None:
        if not self._connection.is_open:
            return
        for answer in await self._api.answer(self._session, message):
            self._connection.send(answer)
        if self._session.is_banned:
            self._connection.close(CLOSE_POLICY, "Banned")

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.error("an answer over the WebSocket API failed", exc_info=error)
            self._connection.close(CLOSE_FAILURE, "Internal error")
        if self._waiting:
            message = self._waiting.popleft()
            self._waiting_bytes -= len(message)
            self._begin(message)
