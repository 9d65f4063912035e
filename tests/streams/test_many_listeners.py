"""Books that are kept from streams equal the exchange's, and 200 listeners hear everything while one of them stalls."""

from __future__ import annotations

import asyncio
import random
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from openmargin.api.render_market import levels
from openmargin.api.ws.connection import Connection, ConnectionLimits
from openmargin.api.ws.gateway import SocketGateway, SocketRequest
from openmargin.api.ws.hub import Hub
from openmargin.api.ws.market import market_sources
from openmargin.api.ws.streams import StreamEndpoint
from openmargin.domain.commands import AnyCommand, CancelOrder, PlaceOrder, SetIndex
from openmargin.domain.enums import OrderType, Side, TimeInForce
from openmargin.domain.events import OrderOpened
from openmargin.domain.ids import SPOT
from openmargin.domain.money import E8
from openmargin.runtime.commit import Outcome
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.feed import Happened
from tests.conftest import PROFILE
from tests.runtime.desk import ACCOUNT, QUIET_VENUE, START_MS, VENUE, Disk, limit, run, turns
from tests.streams.local_book import LocalBook
from tests.streams.wire import MemoryWire

OPERATIONS = 100_000 if PROFILE == "nightly" else 2_000
LISTENERS = 200
MARKET_ORDERS = msgspec.structs.replace(VENUE.orders, limit_10s=10**9, limit_day=10**9)


class Crowd:
    """Connections to one exchange, without sockets."""

    def __init__(self, exchange: Exchange, queued_messages: int = 8_192) -> None:
        # Nobody here answers pings, and a nightly run takes minutes.
        limits = ConnectionLimits(queued_messages=queued_messages, ping_seconds=86_400)
        hub = Hub(exchange)
        for source in market_sources(exchange):
            hub.add(source)
        self.gateway = SocketGateway(exchange.clock, attempts=10_000)
        self.gateway.add(StreamEndpoint(exchange, hub, limits))

    def listen(self, *streams: str) -> MemoryWire:
        wire = MemoryWire()
        opened = self.gateway.open(SocketRequest("/ws/" + "/".join(streams), b"", ""), wire)
        assert isinstance(opened, Connection)
        return wire


class Trader:
    """Orders, cancels, market orders and index moves, as a seed has them."""

    def __init__(self, exchange: Exchange, seed: int) -> None:
        self.exchange = exchange
        self.chance = random.Random(seed)
        self.open: list[int] = []

    def command(self) -> AnyCommand:
        chance = self.chance
        kind = chance.random()
        if kind < 0.02 and self.exchange.venue.house.enabled:
            return SetIndex((("BTCUSDT", (50_000 + chance.randrange(400)) * E8),))
        if kind < 0.3 and self.open:
            order_id = self.open.pop(chance.randrange(len(self.open)))
            return CancelOrder(ACCOUNT, "", 0, SPOT, "BTCUSDT", order_id, "", "")
        side = chance.choice((Side.BUY, Side.SELL))
        quantity = chance.randrange(1, 400) * E8 // 1000
        if kind < 0.4:
            return self._at_once(side, quantity)
        return limit(side, 200 + chance.randrange(-60, 40) * int(side), quantity=quantity)

    def _at_once(self, side: Side, quantity: int) -> PlaceOrder:
        return msgspec.structs.replace(
            limit(side, 200 + 80 * int(side), quantity=quantity),
            time_in_force=TimeInForce.IOC,
            type=OrderType.LIMIT,
        )

    async def trade(self, count: int) -> None:
        """Submit some at once: they share a sync, so the book is ahead of the disk for a while."""
        outcomes: list[Outcome] = await asyncio.gather(
            *(self.exchange.submit(self.command()) for _ in range(count))
        )
        for outcome in outcomes:
            self.open += [
                event.order.spec.order_id for event in outcome.events if isinstance(event, OrderOpened)
            ]


class Follower:
    """A client that keeps a book as the documentation says."""

    def __init__(self, crowd: Crowd, stream: str) -> None:
        self.wire = crowd.listen(stream)
        self.book: LocalBook | None = None
        self.buffered: list[Any] = []

    async def fetch(self, exchange: Exchange) -> None:
        self.book = LocalBook(await snapshot(exchange))

    def read(self) -> None:
        self.buffered += [msgspec.json.decode(message) for message in self.wire.messages]
        self.wire.messages.clear()
        if self.book is not None:
            for event in self.buffered:
                self.book.apply(event)
            self.buffered.clear()


async def snapshot(exchange: Exchange) -> dict[str, Any]:
    update_id, shown = await exchange.read(
        lambda live: (live.update_id("BTCUSDT"), live.depth("BTCUSDT", 5000))
    )
    return {
        "lastUpdateId": update_id,
        "bids": [list(level) for level in levels(shown.bids)],
        "asks": [list(level) for level in levels(shown.asks)],
    }


@pytest.mark.timeout(1200 if PROFILE == "nightly" else 120)
@pytest.mark.parametrize("venue", [QUIET_VENUE, VENUE], ids=["users alone", "with the house"])
def test_a_book_kept_from_its_changes_is_the_exchanges(venue: Any) -> None:
    venue = msgspec.structs.replace(venue, orders=MARKET_ORDERS)

    async def story(exchange: Exchange) -> None:
        crowd = Crowd(exchange)
        trader = Trader(exchange, 5)
        chance = random.Random(6)
        followers: list[Follower] = []
        done = 0
        while done < OPERATIONS:
            count = chance.randrange(1, 9)
            done += count
            work: list[Any] = [trader.trade(count)]
            if chance.random() < 0.05 and len(followers) < 20:
                stream = chance.choice(("btcusdt@depth", "btcusdt@depth@100ms"))
                followers.append(Follower(crowd, stream))
            work += [
                follower.fetch(exchange)
                for follower in followers
                if follower.book is None and chance.random() < 0.3
            ]
            chance.shuffle(work)
            await asyncio.gather(*work)
            if chance.random() < 0.4:
                await exchange.advance(chance.randrange(1, 300))
            for follower in followers:
                follower.read()
        await exchange.advance(1000)
        await turns()
        final = await snapshot(exchange)
        assert len(followers) >= 10
        assert len(final["bids"]) > 10
        for follower in followers:
            if follower.book is None:
                await follower.fetch(exchange)
            follower.read()
            assert follower.book is not None
            assert follower.book.shown() == final
        crowd.gateway.hang_up(1001, "")
        await turns()

    run(story, venue=venue, memory_history_rows=1_000)


def test_nobody_misses_anything_while_one_of_many_stalls() -> None:
    async def story(exchange: Exchange) -> None:
        crowd = Crowd(exchange, queued_messages=200)
        streams = ("btcusdt@trade", "btcusdt@depth@100ms", "btcusdt@bookTicker", "btcusdt@kline_1s")
        wires = [crowd.listen(*streams) for _ in range(LISTENERS)]
        stalled = wires.pop(77)
        stalled.is_writable = False
        trader = Trader(exchange, 7)
        for _ in range(OPERATIONS // 10):
            await trader.trade(5)
            await exchange.advance(30)
        await turns()
        assert stalled.closed == (1008, "Too slow to read")
        assert stalled.messages == []
        heard = wires[0].messages
        events = [msgspec.json.decode(message) for message in heard]
        trades = [event["t"] for event in events if event.get("e") == "trade"]
        assert trades == list(range(1, len(trades) + 1))
        assert len(trades) > OPERATIONS // 20
        changes = [event for event in events if event.get("e") == "depthUpdate"]
        assert all(one["u"] + 1 == other["U"] for one, other in pairwise(changes))
        assert all(wire.messages == heard and wire.closed is None for wire in wires)
        crowd.gateway.hang_up(1001, "")
        await turns()

    run(story, venue=msgspec.structs.replace(QUIET_VENUE, orders=MARKET_ORDERS))


def test_nothing_is_told_before_the_disk_has_it() -> None:
    disk = Disk()

    async def story(exchange: Exchange) -> None:
        crowd = Crowd(exchange)
        early = crowd.listen("btcusdt@trade", "btcusdt@bookTicker")
        await turns()
        disk.hold()
        orders = [asyncio.ensure_future(exchange.submit(limit(side, 200))) for side in (Side.SELL, Side.BUY)]
        await asyncio.to_thread(disk.reached.wait)
        rest = asyncio.ensure_future(exchange.submit(limit(Side.BUY, 100)))
        await turns()
        # Whoever comes now begins with a book that is ahead of the disk.
        late = crowd.listen("btcusdt@depth5@100ms")
        for beat in (1, 2):
            exchange._feed.publish(Happened(-1, exchange.clock.now_ms() + 100 * beat, []))
            await turns()
        told = early.messages + late.messages
        disk.let_go()
        assert told == []
        await asyncio.gather(*orders, rest)
        await exchange.advance(1000)
        await turns()
        top = msgspec.json.decode(late.messages[-1])
        assert top["bids"] == [["50100.00000000", "0.01000000"]]
        assert [msgspec.json.decode(message).get("e") for message in early.messages].count("trade") == 1
        crowd.gateway.hang_up(1001, "")
        await turns()

    run(story, at=disk, virtual_start_ms=START_MS)
