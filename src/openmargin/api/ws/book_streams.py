"""Order books: best levels as they change, the top of a book, and every change of it.

The update ids are those of `GET /api/v3/depth`. An event of changes tells each level that any record since the last
event touched, so that it can be joined to a snapshot that was taken at any moment between the two.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from heapq import nlargest, nsmallest
from typing import Final

import msgspec
from msgspec import Struct, field

from openmargin.api.render_market import levels
from openmargin.api.ws.beats import Beat
from openmargin.api.ws.hub import Topic
from openmargin.api.ws.names import Symbols
from openmargin.domain.money import Atoms, format_e8
from openmargin.domain.views import BookChanged
from openmargin.runtime.errors import TimedOut, Unavailable
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.feed import Happened

_BEST: Final = "bookTicker"
_DEPTH: Final = re.compile(r"depth(5|10|20|)(?:@(100|1000)ms)?").fullmatch
_FAST_MS, _SLOW_MS = 100, 1000


class BestEvent(Struct):
    update_id: int = field(name="u")
    symbol: str = field(name="s")
    bid_price: str = field(name="b")
    bid_quantity: str = field(name="B")
    ask_price: str = field(name="a")
    ask_quantity: str = field(name="A")


class TopEvent(Struct):
    last_update_id: int = field(name="lastUpdateId")
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]


class ChangesEvent(Struct):
    event: str = field(name="e")
    at: int = field(name="E")
    symbol: str = field(name="s")
    first_id: int = field(name="U")
    last_id: int = field(name="u")
    bids: list[tuple[str, str]] = field(name="b")
    asks: list[tuple[str, str]] = field(name="a")


class _Best:
    """The best levels of one symbol, as they were last told."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        self.topic = topic
        self.symbol = symbol
        self.update_id = 0
        self.best: tuple[tuple[int, Atoms], ...] = ()

    def take(self, change: BookChanged) -> None:
        best = (change.best_bid, change.best_ask)
        if change.last_id > self.update_id and best != self.best:
            self.best = best
            self.topic.publish(lambda _: _best_event(change))


class _DepthTopic:
    """One stream of a book's levels, at one speed."""

    def __init__(self, topic: Topic, count: int, interval_ms: int, first_id: int) -> None:
        self.topic = topic
        self.count = count
        """How many levels of each side; 0 for changes."""
        self.interval_ms = interval_ms
        self.first_id = first_id
        """The first update that has not been told of."""
        self.bids: dict[int, Atoms] = {}
        self.asks: dict[int, Atoms] = {}
        """Levels that were touched since then, as they are now."""
        self.is_due = count > 0
        """Is there anything to tell at the next beat?"""


class _Book:
    """The levels of one symbol, as far as what happened has been heard."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.update_id = 0
        self.bids: dict[int, Atoms] = {}
        self.asks: dict[int, Atoms] = {}
        self.is_durable = False
        """Is what it shows on disk? What it began with may have been ahead."""
        self.topics: dict[Topic, _DepthTopic] = {}

    def take(self, change: BookChanged) -> bool:
        """Go on with a change, unless it is older than what the book began with."""
        if change.last_id <= self.update_id:
            return False
        assert change.first_id == self.update_id + 1, "changes come without gaps"
        self.update_id = change.last_id
        self.is_durable = True
        _apply(self.bids, change.bids)
        _apply(self.asks, change.asks)
        for depth in self.topics.values():
            if depth.count == 0:
                depth.bids.update(change.bids)
                depth.asks.update(change.asks)
            depth.is_due = depth.is_due or bool(change.bids or change.asks)
        return True

    def tell(self, depth: _DepthTopic, at_ms: int) -> None:
        depth.is_due = False
        if depth.count:
            bids = [(price, self.bids[price]) for price in nlargest(depth.count, self.bids)]
            asks = [(price, self.asks[price]) for price in nsmallest(depth.count, self.asks)]
            update_id = self.update_id
            depth.topic.publish(
                lambda _: msgspec.json.encode(TopEvent(update_id, levels(bids), levels(asks)))
            )
            return
        symbol, first_id, last_id = self.symbol, depth.first_id, self.update_id
        changed_bids, changed_asks = depth.bids, depth.asks
        depth.first_id, depth.bids, depth.asks = last_id + 1, {}, {}
        depth.topic.publish(
            lambda per_ms: msgspec.json.encode(
                ChangesEvent(
                    "depthUpdate",
                    at_ms * per_ms,
                    symbol,
                    first_id,
                    last_id,
                    levels(sorted(changed_bids.items(), reverse=True)),
                    levels(sorted(changed_asks.items())),
                )
            )
        )


class BookStreams:
    """`<symbol>@bookTicker`, `@depth<levels>` and `@depth`."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._symbols = Symbols(exchange)
        self._best: dict[str, _Best] = {}
        self._books: dict[str, _Book] = {}
        self._beats = {speed: Beat(exchange, speed, self._teller(speed)) for speed in (_FAST_MS, _SLOW_MS)}
        self._waiting: set[asyncio.Task[None]] = set()

    # --- Source ------------------------------------------------------------------------------------------------

    def accepts(self, name: str) -> bool:
        found = self._symbols.split(name)
        return found is not None and (found[1] == _BEST or _DEPTH(found[1]) is not None)

    def opened(self, topic: Topic) -> None:
        symbol, kind = self._split(topic)
        if kind == _BEST:
            best = self._best[symbol] = _Best(topic, symbol)
            best.update_id, shown = self._exchange.watch_book(symbol, every_level=False)
            best.best = (shown.bids[0] if shown.bids else (0, 0), shown.asks[0] if shown.asks else (0, 0))
            return
        found = _DEPTH(kind)
        assert found is not None, "only what was accepted is opened"
        book = self._books.get(symbol) or self._begin(symbol)
        count, interval_ms = int(found[1] or 0), int(found[2] or _SLOW_MS)
        depth = _DepthTopic(topic, count, interval_ms, book.update_id + 1)
        book.topics[topic] = depth
        if depth.is_due:
            self._beats[interval_ms].want(self._exchange.live.now_ms())

    def closed(self, topic: Topic) -> None:
        symbol, kind = self._split(topic)
        if kind == _BEST:
            del self._best[symbol]
            self._exchange.unwatch_book(symbol, every_level=False)
            return
        book = self._books[symbol]
        del book.topics[topic]
        if not book.topics:
            del self._books[symbol]
            self._exchange.unwatch_book(symbol, every_level=True)

    def happened(self, happened: Happened) -> None:
        for beat in self._beats.values():
            beat.reach(happened.at_ms)
        for change in happened.books:
            best = self._best.get(change.symbol)
            if best is not None:
                best.take(change)
            book = self._books.get(change.symbol)
            if book is not None and book.take(change):
                for depth in book.topics.values():
                    if depth.is_due:
                        self._beats[depth.interval_ms].want(happened.at_ms)

    # --- within ------------------------------------------------------------------------------------------------

    def _split(self, topic: Topic) -> tuple[str, str]:
        found = self._symbols.split(topic.name)
        assert found is not None, "only what was accepted is opened"
        return found

    def _begin(self, symbol: str) -> _Book:
        book = self._books[symbol] = _Book(symbol)
        book.update_id, shown = self._exchange.watch_book(symbol, every_level=True)
        book.bids, book.asks = dict(shown.bids), dict(shown.asks)
        task = asyncio.get_running_loop().create_task(self._wait_for_disk(book))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)
        return book

    async def _wait_for_disk(self, book: _Book) -> None:
        """Show nobody what a crash may take back."""
        with suppress(Unavailable, TimedOut):
            await self._exchange.read(lambda _: None)
            book.is_durable = True

    def _teller(self, interval_ms: int) -> Callable[[int], None]:
        def tell(at_ms: int) -> None:
            for book in self._books.values():
                for depth in book.topics.values():
                    if depth.interval_ms != interval_ms or not depth.is_due:
                        continue
                    if book.is_durable:
                        book.tell(depth, at_ms)
                    else:
                        self._beats[interval_ms].want(at_ms)

        return tell


def _apply(side: dict[int, Atoms], changed: tuple[tuple[int, Atoms], ...]) -> None:
    for price, quantity in changed:
        if quantity:
            side[price] = quantity
        else:
            side.pop(price, None)


def _best_event(change: BookChanged) -> bytes:
    bid, ask = change.best_bid, change.best_ask
    return msgspec.json.encode(
        BestEvent(
            change.last_id,
            change.symbol,
            format_e8(bid[0]),
            format_e8(bid[1]),
            format_e8(ask[0]),
            format_e8(ask[1]),
        )
    )
