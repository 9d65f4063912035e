"""How prices have moved, told once a second of the symbols that were traded since.

What stands in a ticker is asked of history and of the present when its second is over, so it holds at least what
happened until then.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from openmargin.api.render_market import NEVER_TRADED
from openmargin.api.ws.beats import Beat
from openmargin.api.ws.hub import Topic
from openmargin.api.ws.names import Symbols
from openmargin.api.ws.ticker_events import (
    AnyTicker,
    Facts,
    average_event,
    day_event,
    mini_event,
    window_event,
)
from openmargin.domain.events import Traded
from openmargin.domain.views import AverageView, DepthView
from openmargin.history.market import Window
from openmargin.history.periods import DAY_MS, HOUR_MS, MINUTE_MS
from openmargin.history.queries import Windows
from openmargin.runtime.errors import TimedOut, Unavailable
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.feed import Happened

_SPEED_MS: Final = 1000
_WINDOWS: Final = {"1h": HOUR_MS, "4h": 4 * HOUR_MS, "1d": DAY_MS}
_ALL: Final = re.compile(r"!(miniTicker|ticker(?:_1h|_4h|_1d)?)@arr").fullmatch
_ONE: Final = re.compile(r"miniTicker|ticker(?:_1h|_4h|_1d)?|avgPrice").fullmatch
_SYMBOLS_AT_ONCE: Final = 50
"""Of one question to history: in memory, the exchange cannot write while it is answered."""

_log = logging.getLogger(__name__)


class _Ticker:
    """One stream: of one symbol, or of all."""

    def __init__(self, topic: Topic, symbol: str | None, kind: str) -> None:
        self.topic = topic
        self.symbol = symbol
        self.kind = kind
        self.is_new = True
        """Was nothing told of it yet? One symbol is then told of whether it was traded or not."""

    def start_ms(self, at_ms: int) -> int:
        """Where the window begins; a window of a chosen size begins on a full minute."""
        _, _, size = self.kind.partition("_")
        if not size:
            return at_ms - DAY_MS
        start_ms = at_ms - _WINDOWS[size]
        return start_ms - start_ms % MINUTE_MS

    def symbols_of(self, traded: dict[str, None]) -> list[str]:
        """Whom there is something to tell of."""
        if self.symbol is None:
            return list(traded)
        return [self.symbol] if self.is_new or self.symbol in traded else []


class TickerStreams:
    """`<symbol>@miniTicker`, `@ticker`, `@ticker_<window>`, those of all symbols in an array, and `@avgPrice`."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._symbols = Symbols(exchange)
        self._tickers: dict[Topic, _Ticker] = {}
        self._traded: dict[str, None] = {}
        self._asked: dict[str, None] = {}
        """What was traded until the second that is to be told of."""
        self._beat = Beat(exchange, _SPEED_MS, self._tell)
        self._due_ms: int | None = None
        """The second that is to be told of, once the one before it has been."""
        self._task: asyncio.Task[None] | None = None

    # --- Source ------------------------------------------------------------------------------------------------

    def accepts(self, name: str) -> bool:
        return self._parse(name) is not None

    def opened(self, topic: Topic) -> None:
        parsed = self._parse(topic.name)
        assert parsed is not None, "only what was accepted is opened"
        self._tickers[topic] = _Ticker(topic, *parsed)
        self._beat.want(self._exchange.live.now_ms())

    def closed(self, topic: Topic) -> None:
        del self._tickers[topic]
        if not self._tickers:
            self._beat.stop()
            self._traded.clear()

    def happened(self, happened: Happened) -> None:
        if not self._tickers:
            return
        self._beat.reach(happened.at_ms)
        for event in happened.events:
            if type(event) is Traded:
                self._traded[event.symbol] = None
                self._beat.want(happened.at_ms)

    # --- within ------------------------------------------------------------------------------------------------

    def _parse(self, name: str) -> tuple[str | None, str] | None:
        """The symbol, or None for all of them, and the kind."""
        every = _ALL(name)
        if every is not None:
            return None, every[1]
        found = self._symbols.split(name)
        return found if found is not None and _ONE(found[1]) else None

    def _tell(self, at_ms: int) -> None:
        self._due_ms = at_ms
        self._asked.update(self._traded)
        self._traded.clear()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        try:
            while self._due_ms is not None:
                at_ms, self._due_ms = self._due_ms, None
                traded, self._asked = self._asked, {}
                await self._tell_all(at_ms, traded)
        except (Unavailable, TimedOut):
            pass  # The exchange stops, or its disk is slow: the next second tells it.
        except Exception:
            _log.exception("tickers could not be told")
        finally:
            self._task = None

    async def _tell_all(self, at_ms: int, traded: dict[str, None]) -> None:
        wanted: dict[int, dict[str, None]] = {}
        jobs: list[tuple[_Ticker, list[str]]] = []
        for ticker in self._tickers.values():
            symbols = ticker.symbols_of(traded)
            ticker.is_new = False
            if symbols:
                jobs.append((ticker, symbols))
                if ticker.kind != "avgPrice":
                    wanted.setdefault(ticker.start_ms(at_ms), {}).update(dict.fromkeys(symbols))
        every = list(dict.fromkeys(symbol for _, symbols in jobs for symbol in symbols))
        books, averages = await self._present(every)
        windows = {start_ms: await self._windows(list(names), start_ms) for start_ms, names in wanted.items()}
        for ticker, symbols in jobs:
            if ticker.topic not in self._tickers:
                continue
            if ticker.kind == "avgPrice":
                _publish_average(ticker, at_ms, averages[symbols[0]])
                continue
            start_ms = ticker.start_ms(at_ms)
            facts = [
                Facts(symbol, at_ms, start_ms, windows[start_ms][symbol], books[symbol]) for symbol in symbols
            ]
            _publish(ticker, facts)

    async def _present(self, symbols: list[str]) -> tuple[dict[str, DepthView], dict[str, AverageView]]:
        return await self._exchange.read(
            lambda live: (
                {symbol: live.depth(symbol, 1) for symbol in symbols},
                {symbol: live.average_price(symbol) for symbol in symbols},
            )
        )

    async def _windows(self, symbols: Sequence[str], start_ms: int) -> dict[str, Window]:
        found: dict[str, Window] = {}
        for begin in range(0, len(symbols), _SYMBOLS_AT_ONCE):
            some = symbols[begin : begin + _SYMBOLS_AT_ONCE]
            answers = await self._exchange.past.fetch(Windows(symbols=some, start_ms=start_ms))
            found.update(
                (symbol, answer or NEVER_TRADED) for symbol, answer in zip(some, answers, strict=True)
            )
        return found


def _publish(ticker: _Ticker, facts: list[Facts]) -> None:
    event_of = _event_of(ticker.kind)
    if ticker.symbol is not None:
        ticker.topic.publish(lambda per_ms: msgspec.json.encode(event_of(facts[0], per_ms)))
    else:
        ticker.topic.publish(lambda per_ms: msgspec.json.encode([event_of(fact, per_ms) for fact in facts]))


def _event_of(kind: str) -> Callable[[Facts, int], AnyTicker]:
    if kind == "miniTicker":
        return mini_event
    if kind == "ticker":
        return day_event
    word = kind.partition("_")[2] + "Ticker"
    return lambda facts, per_ms: window_event(word, facts, per_ms)


def _publish_average(ticker: _Ticker, at_ms: int, average: AverageView) -> None:
    symbol = ticker.symbol
    assert symbol is not None, "averages are of one symbol"
    ticker.topic.publish(lambda per_ms: msgspec.json.encode(average_event(symbol, at_ms, average, per_ms)))
