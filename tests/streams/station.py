"""An exchange in memory, its hub and its streams, and clients that connect without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

from openmargin.api.ws.connection import Connection, ConnectionLimits
from openmargin.api.ws.gateway import Opened, SocketGateway, SocketRequest
from openmargin.api.ws.hub import Hub, Source
from openmargin.api.ws.market import market_sources
from openmargin.api.ws.streams import StreamEndpoint
from openmargin.runtime.exchange import Exchange
from tests.api.world import World
from tests.streams.wire import MemoryWire

T = TypeVar("T")


class Client:
    """What came over one connection, and what it asks."""

    def __init__(self, station: Station, wire: MemoryWire, connection: Connection) -> None:
        self.station = station
        self.wire = wire
        self.connection = connection

    def read(self) -> list[Any]:
        """All that came since the last look."""
        self.station.settle()
        messages = [msgspec.json.decode(message) for message in self.wire.messages]
        self.wire.messages.clear()
        return messages

    def ask(self, **request: object) -> Any:
        """The answer to a request; what came before it is gone."""
        self.station.within(lambda: self.connection.received(msgspec.json.encode(request)))
        return self.read()[-1]

    def hang_up(self) -> None:
        self.station.within(self.connection.lost)


class Station:
    """A hub before an exchange, with a gateway."""

    def __init__(
        self,
        sources: Callable[[Exchange], Iterable[Source]] = market_sources,
        world: World | None = None,
        attempts: int = 20,
    ) -> None:
        self.world = world or World()
        self.hub = Hub(self.world.exchange)
        for source in sources(self.world.exchange):
            self.hub.add(source)
        self.gateway = SocketGateway(self.world.exchange.clock, attempts=attempts)
        self.gateway.add(
            StreamEndpoint(self.world.exchange, self.hub, ConnectionLimits(incoming_per_second=None))
        )

    def within(self, step: Callable[[], T]) -> T:
        """Do something in the event loop."""

        async def do() -> T:
            return step()

        return self.world.run(do())

    def settle(self) -> None:
        """Wait until all that has begun is done."""
        self.world.run(_settle())

    def open(self, path: str, query: bytes = b"") -> tuple[MemoryWire, Opened]:
        wire = MemoryWire()
        request = SocketRequest(path, query, "127.0.0.1")
        return wire, self.within(lambda: self.gateway.open(request, wire))

    def listen(self, *streams: str, query: str = "") -> Client:
        """A client of raw streams."""
        wire, connection = self.open("/ws/" + "/".join(streams), query.encode())
        assert isinstance(connection, Connection), connection
        self.settle()
        return Client(self, wire, connection)

    def buy(self, **parameters: str) -> None:
        """A market order, unless the parameters make another of it."""
        asked = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01", **parameters}
        answer = self.world.post("/sapi/v1/margin/order", **asked)
        assert answer.status == 200, answer.json

    def advance(self, milliseconds: int) -> None:
        self.world.advance(milliseconds)
        self.settle()

    def close(self) -> None:
        self.within(lambda: self.gateway.hang_up(1001, "The test ends"))
        self.settle()
        assert not self.world.exchange.has_subscribers
        self.world.close()


async def _settle() -> None:
    while True:
        for _ in range(10):
            await asyncio.sleep(0)
        busy = [task for task in asyncio.all_tasks() - {asyncio.current_task()} if not _is_listening(task)]
        if not busy:
            return
        await asyncio.wait(busy)


def _is_listening(task: asyncio.Task[Any]) -> bool:
    """Is it the one that hands on what happens, which never ends?"""
    coroutine = task.get_coro()
    return coroutine is not None and coroutine.__qualname__ == "Hub._tell"
