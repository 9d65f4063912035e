"""An exchange whose accounts are listened to, without sockets: by listen keys, and as the WebSocket API does."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from openmargin.api.ws.connection import ConnectionLimits
from openmargin.api.ws.gateway import Refusal, SocketGateway, SocketRequest
from openmargin.api.ws.hub import Hub
from openmargin.api.ws.streams import StreamEndpoint
from openmargin.api.ws.user_data import UserData, UserSubscription
from openmargin.domain.venue import Venue
from tests.api.world import Key, World
from tests.streams.wire import Line, MemoryWire


class House:
    """A world with a hub before it."""

    def __init__(self, venue: Venue | None = None) -> None:
        self.world = World(venue)
        self.hub = Hub(self.world.exchange)
        self.users = UserData(self.world.exchange, self.world.keeper, self.hub)
        self.hub.add(self.users)
        self.gateway = SocketGateway(self.world.exchange.clock, attempts=1000)
        self.gateway.add(StreamEndpoint(self.world.exchange, self.hub))

    def close(self) -> None:
        self.turns()
        self.world.close()

    def turns(self) -> None:
        """Let what has happened arrive."""

        async def some() -> None:
            for _ in range(5):
                await asyncio.sleep(0)

        self.world.run(some())

    def start(self, path: str, key: Key | None = None, **parameters: str) -> str:
        """A listen key of that path."""
        answer = self.world.keyed("POST", path, parameters, key=key)
        assert answer.status == 200, answer.json
        return answer.json["listenKey"]

    def connect(self, path: str, query: bytes = b"") -> MemoryWire | Refusal:
        wire = MemoryWire()

        async def opening() -> object:
            return self.gateway.open(SocketRequest(path, query, "127.0.0.1"), wire)

        opened = self.world.run(opening())
        return opened if isinstance(opened, Refusal) else wire

    def listen(self, name: str, query: bytes = b"") -> MemoryWire:
        wire = self.connect(f"/ws/{name}", query)
        assert isinstance(wire, MemoryWire), wire
        return wire

    def subscribe(
        self, scope: str, number: int = 0, limits: ConnectionLimits | None = None, **more: Any
    ) -> tuple[Line, UserSubscription]:
        """A subscription of the WebSocket API to the world's account."""
        line = Line(limits)

        async def subscribing() -> UserSubscription:
            return self.users.subscribe(self.world.account_id, scope, line.connection, number, **more)

        return line, self.world.run(subscribing())

    def heard(self, wire: MemoryWire) -> list[Any]:
        """Everything that arrived since it was last asked for."""
        self.turns()
        messages = [msgspec.json.decode(message) for message in wire.messages]
        wire.messages.clear()
        return messages

    def said(self, line: Line) -> list[Any]:
        self.turns()
        line.loop.turn()
        return self.heard(line.wire)
