"""The streams' own protocol: /ws and /stream, what they subscribe to, and what may be sent over them.

Owns: the names, answers and errors of SUBSCRIBE and its like. Streams themselves are sources of the hub.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

import msgspec
from msgspec import UNSET, Struct, UnsetType

from openmargin.api import errors
from openmargin.api.errors import WireError
from openmargin.api.ws.connection import CLOSE_FAILURE, Connection, ConnectionLimits
from openmargin.api.ws.gateway import SocketRefused, SocketRequest
from openmargin.api.ws.hub import Hub, Message, Topic
from openmargin.api.ws.stream_requests import INVALID, Method, Refused, StreamRequest, read_request
from openmargin.runtime.exchange import Exchange

STREAMS_MAX: Final = 1024

_RAW, _COMBINED = "/ws", "/stream"
_PROPERTY: Final = "combined"
_TIME_UNITS: Final = {"MICROSECOND": 1000, "microsecond": 1000, "MILLISECOND": 1, "millisecond": 1}
"""What may be asked for, and how many of it are in a millisecond."""


class _Done(Struct):
    result: bool | list[str] | None
    id: int | str | None


class _Failed(Struct):
    code: int
    msg: str
    id: int | str | UnsetType | None = UNSET


class _ServerShutdown(Struct):
    event: str = msgspec.field(name="e")
    at: int = msgspec.field(name="E")


class StreamEndpoint:
    """Whoever connects to /ws or /stream."""

    def __init__(self, exchange: Exchange, hub: Hub, limits: ConnectionLimits | None = None) -> None:
        self.limits = limits or ConnectionLimits()
        self._exchange = exchange
        self._hub = hub

    def serves(self, path: str) -> bool:
        return path in (_RAW, _COMBINED, _COMBINED + "/") or path.startswith(_RAW + "/")

    def open(self, request: SocketRequest, connection: Connection) -> StreamHandler:
        parameters = _parameters(request.query)
        unit = parameters.get("timeUnit")
        per_ms = 1 if unit is None else _TIME_UNITS.get(unit)
        if per_ms is None:
            raise SocketRefused(errors.INVALID_TIME_UNIT)
        is_combined = request.path.startswith(_COMBINED)
        names = parameters.get("streams", "") if is_combined else request.path[len(_RAW) :]
        handler = StreamHandler(connection, self._hub, self._exchange.live.now_ms, per_ms, is_combined)
        # No stream is a number alone: ccxt numbers its connections so, and subscribes later.
        problem = handler.subscribe([name for name in names.split("/") if name and not name.isdigit()])
        if problem is not None:
            raise SocketRefused(problem)
        return handler


class StreamHandler:
    """One connection's subscriptions."""

    def __init__(
        self, connection: Connection, hub: Hub, now_ms: Callable[[], int], per_ms: int, is_combined: bool
    ) -> None:
        self._connection = connection
        self._hub = hub
        self._now_ms = now_ms
        self._per_ms = per_ms
        self._is_combined = is_combined
        self._topics: dict[str, Topic] = {}

    # --- Subscriber --------------------------------------------------------------------------------------------

    def deliver(self, message: Message) -> None:
        per_ms = self._per_ms
        self._connection.send(message.combined(per_ms) if self._is_combined else message.plain(per_ms))

    def cut_off(self) -> None:
        self._connection.close(CLOSE_FAILURE, "Messages were lost: connect again")

    # --- Handler -----------------------------------------------------------------------------------------------

    def received(self, message: bytes) -> None:
        try:
            request = read_request(message)
        except Refused as refused:
            self._fail(refused, refused.request_id)
            return
        try:
            result = self._obey(request)
        except Refused as refused:
            self._fail(refused, request.id)
            return
        self._connection.send(msgspec.json.encode(_Done(result, request.id)))

    def closed(self) -> None:
        for topic in self._topics.values():
            self._hub.leave(topic, self)
        self._topics.clear()

    def farewell(self) -> bytes:
        event = _ServerShutdown("serverShutdown", self._now_ms() * self._per_ms)
        message = Message("!serverShutdown", lambda _: msgspec.json.encode(event))
        return message.combined(1) if self._is_combined else message.plain(1)

    # --- requests ----------------------------------------------------------------------------------------------

    def subscribe(self, names: list[str]) -> WireError | None:
        """Listen to all of these, or to none of them and say why."""
        wanted = [name for name in dict.fromkeys(names) if name not in self._topics]
        if len(self._topics) + len(wanted) > STREAMS_MAX:
            return errors.too_many_streams(STREAMS_MAX)
        found = {name: self._hub.find(name) for name in wanted}
        for name, topic in found.items():
            if topic is None:
                return errors.unknown_stream(name)
        for name, topic in found.items():
            assert topic is not None, "or it would have been refused"
            self._topics[name] = self._hub.join(topic, self)
        return None

    def _unsubscribe(self, names: list[str]) -> None:
        for name in names:
            topic = self._topics.pop(name, None)
            if topic is not None:
                self._hub.leave(topic, self)

    def _obey(self, request: StreamRequest) -> bool | list[str] | None:
        match request.method:
            case Method.SUBSCRIBE:
                problem = self.subscribe(request.streams)
                if problem is not None:
                    raise Refused(INVALID, f"Invalid request: {problem.message}")
            case Method.UNSUBSCRIBE:
                self._unsubscribe(request.streams)
            case Method.LIST_SUBSCRIPTIONS:
                return list(self._topics)
            case Method.SET_PROPERTY:
                _require_property(request)
                self._is_combined = request.value
            case Method.GET_PROPERTY:
                _require_property(request)
                return self._is_combined
        return None

    def _fail(self, refused: Refused, request_id: int | str | UnsetType | None) -> None:
        self._connection.send(msgspec.json.encode(_Failed(refused.code, refused.message, request_id)))


def _require_property(request: StreamRequest) -> None:
    if request.property != _PROPERTY:
        raise Refused(0, "Unknown property")


def _parameters(query: bytes) -> dict[str, str]:
    """A `+` stays what it is: streams in another zone than UTC have one in their names."""
    parameters: dict[str, str] = {}
    for part in query.decode("latin-1").split("&"):
        name, _, value = part.partition("=")
        parameters[unquote(name)] = unquote(value)
    return parameters
