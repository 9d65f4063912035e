"""A connection of a world's WebSocket API with both of its ends in hand."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from openmargin.api.ws.api import WebSocketApi
from openmargin.api.ws.api_endpoint import WebSocketApiEndpoint, WebSocketApiHandler
from openmargin.api.ws.connection import Connection
from openmargin.api.ws.gateway import Refusal, SocketGateway, SocketRequest
from openmargin.api.ws.hub import Hub
from openmargin.api.ws.user_data import UserData
from tests.api.world import World
from tests.api.ws_client import Signer, signed_params
from tests.streams.wire import MemoryWire


class Line:
    """A connection of a world's WebSocket API with its client's end in hand."""

    def __init__(self, world: World, path: str = "/ws-api/v3", query: bytes = b"") -> None:
        self.world = world
        self.wire = MemoryWire()
        self.events: list[Any] = []
        hub = Hub(world.exchange)
        users = UserData(world.exchange, world.keeper, hub)
        hub.add(users)
        gateway = SocketGateway(world.exchange.clock)
        gateway.add(WebSocketApiEndpoint(WebSocketApi(world.gateway.pipeline), users))

        async def open_() -> Connection | Refusal:
            return gateway.open(SocketRequest(path, query, "127.0.0.1"), self.wire)

        self.opened = world.run(open_())

    @property
    def connection(self) -> Connection:
        assert isinstance(self.opened, Connection)
        return self.opened

    def send(self, *messages: bytes) -> list[Any]:
        """What has come back when everything has been dealt with that was sent."""

        async def send() -> None:
            for message in messages:
                self.connection.received(message)
            await settle()

        self.world.run(send())
        return self.heard()

    def heard(self) -> list[Any]:
        """All that has come back so far."""
        return [json.loads(message) for message in self.wire.messages]

    def ask(self, method: str, **params: Any) -> Any:
        """The answer to one request; what else comes is kept in `events`."""
        self.wire.messages.clear()
        text = json.dumps({"id": 1, "method": method, "params": params})
        answers: list[Any] = []
        for message in self.send(text.encode()):
            (answers if "status" in message else self.events).append(message)
        (answer,) = answers
        self.wire.messages.clear()
        return answer

    def signed(self, method: str, by: Signer | None = None, **params: Any) -> Any:
        """The answer to one signed request."""
        return self.ask(method, **signed_params(self.world, params, by))

    def happened(self) -> list[Any]:
        """The events that have come since somebody asked."""
        self.world.run(_turns())
        self.events += self.heard()
        self.wire.messages.clear()
        events, self.events = self.events, []
        return events

    def leave(self) -> None:
        """The client hangs up."""

        async def leave() -> None:
            self.connection.lost()

        self.world.run(leave())


async def settle() -> None:
    """Let everything be dealt with that connections were sent, and what comes of it arrive."""
    while answering := _answering():
        await asyncio.wait(answering)
    await _turns()


def _answering() -> list[asyncio.Task[Any]]:
    """What connections are still dealing with: some of it waits for the disk."""
    work = WebSocketApiHandler.__name__
    return [task for task in asyncio.all_tasks() if work in getattr(task.get_coro(), "__qualname__", "")]


async def _turns() -> None:
    """Let what has happened arrive."""
    for _ in range(20):
        await asyncio.sleep(0)
