"""Candles as they grow, and as they close: those in which nothing was traded, too."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import Struct, field

from openmargin.api.endpoints.market_data import KLINE_PERIODS
from openmargin.api.ws.beats import Beat
from openmargin.api.ws.hub import Topic
from openmargin.api.ws.names import Symbols
from openmargin.domain.events import Traded
from openmargin.domain.money import format_e8
from openmargin.history.candles import Candle
from openmargin.history.market import Kline
from openmargin.history.periods import HOUR_MS, SECOND, Period
from openmargin.history.queries import Klines
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.feed import Happened

_NAME: Final = re.compile(r"kline_(\w+)(@\+08:00)?").fullmatch
_EAST_MS: Final = 8 * HOUR_MS
_FAST_MS, _SLOW_MS = 1000, 2000
_FLAT_MAX: Final = 1000
"""How many candles without a trade are told of at once, where time jumped; the oldest are left out."""


class KlinePart(Struct):
    open_time: int = field(name="t")
    close_time: int = field(name="T")
    symbol: str = field(name="s")
    interval: str = field(name="i")
    first_trade_id: int = field(name="f")
    last_trade_id: int = field(name="L")
    open: str = field(name="o")
    close: str = field(name="c")
    high: str = field(name="h")
    low: str = field(name="l")
    volume: str = field(name="v")
    trades: int = field(name="n")
    is_closed: bool = field(name="x")
    quote_volume: str = field(name="q")
    buy_volume: str = field(name="V")
    buy_quote_volume: str = field(name="Q")
    unused: str = field(name="B")


class KlineEvent(Struct):
    event: str = field(name="e")
    at: int = field(name="E")
    symbol: str = field(name="s")
    kline: KlinePart = field(name="k")


class _Series:
    """The candles of one stream, from the one that grows now."""

    def __init__(self, topic: Topic, symbol: str, interval: str, zone_ms: int) -> None:
        self.topic = topic
        self.symbol = symbol
        self.interval = interval
        self.period: Period = KLINE_PERIODS[interval]
        self.zone_ms = zone_ms
        self.is_ready = False
        """Is it known how the present candle began?"""
        self._waiting: list[tuple[int, Traded]] = []
        """Trades that came before that was known."""
        self._open_ms = 0
        self._until_ms = 0
        self._candle: Candle | None = None
        self._closed: list[Kline] = []
        self._has_news = True

    @property
    def interval_ms(self) -> int:
        return _FAST_MS if self.period is SECOND else _SLOW_MS

    def begin(self, kline: Kline | None) -> None:
        """Go on from what history knows: it may hold some of the trades that came meanwhile."""
        last_id = -1
        if kline is not None:
            self._open_ms, self._until_ms, self._candle = kline.open_ms, kline.until_ms, kline.candle
            last_id = kline.candle.last_trade_id
        self.is_ready = True
        for at_ms, trade in self._waiting:
            if trade.trade_id > last_id and at_ms >= self._open_ms:
                self.add(at_ms, trade)
        self._waiting.clear()

    def add(self, at_ms: int, trade: Traded) -> None:
        if not self.is_ready:
            self._waiting.append((at_ms, trade))
            return
        self._reach(at_ms)
        self._has_news = True
        if self._candle is None:
            self._open_ms = self.period.open_of(at_ms, self.zone_ms)
            self._until_ms = self.period.step(self._open_ms, 1, self.zone_ms)
        if self._candle is None or not self._candle.trades:
            self._candle = Candle.of(trade)
        else:
            self._candle.add(trade)

    def news(self, at_ms: int) -> list[tuple[Kline, bool]]:
        """Candles that have closed, and the present one if it has changed; True for the closed ones."""
        self._reach(at_ms)
        found = [(kline, True) for kline in self._closed]
        self._closed.clear()
        if self._has_news and self._candle is not None:
            found.append((Kline(self._open_ms, self._until_ms, msgspec.structs.replace(self._candle)), False))
        self._has_news = False
        return found

    def _reach(self, at_ms: int) -> None:
        """Close what has ended by now."""
        while self._candle is not None and self._until_ms <= at_ms:
            self._closed.append(Kline(self._open_ms, self._until_ms, self._candle))
            self._candle = Candle.flat(self._candle.close)
            self._open_ms = self._until_ms
            if len(self._closed) == 1:
                earliest = self.period.step(
                    self.period.open_of(at_ms, self.zone_ms), -_FLAT_MAX, self.zone_ms
                )
                self._open_ms = max(self._open_ms, earliest)
            self._until_ms = self.period.step(self._open_ms, 1, self.zone_ms)
            self._has_news = True


class KlineStreams:
    """`<symbol>@kline_<interval>`, and the same by the clocks of UTC+8."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._symbols = Symbols(exchange)
        self._series: dict[Topic, _Series] = {}
        self._by_symbol: dict[str, dict[_Series, None]] = {}
        self._beats = {speed: Beat(exchange, speed, self._teller(speed)) for speed in (_FAST_MS, _SLOW_MS)}
        self._beginning: dict[_Series, asyncio.Task[None]] = {}

    # --- Source ------------------------------------------------------------------------------------------------

    def accepts(self, name: str) -> bool:
        return self._parse(name) is not None

    def opened(self, topic: Topic) -> None:
        parsed = self._parse(topic.name)
        assert parsed is not None, "only what was accepted is opened"
        series = _Series(topic, *parsed)
        self._series[topic] = series
        self._by_symbol.setdefault(series.symbol, {})[series] = None
        self._beginning[series] = asyncio.get_running_loop().create_task(self._begin(series))
        self._beats[series.interval_ms].want(self._exchange.live.now_ms())

    def closed(self, topic: Topic) -> None:
        series = self._series.pop(topic)
        task = self._beginning.pop(series, None)
        if task is not None:
            task.cancel()
        of_symbol = self._by_symbol[series.symbol]
        del of_symbol[series]
        if not of_symbol:
            del self._by_symbol[series.symbol]
        if not any(other.interval_ms == series.interval_ms for other in self._series.values()):
            self._beats[series.interval_ms].stop()

    def happened(self, happened: Happened) -> None:
        if not self._series:
            return
        for beat in self._beats.values():
            beat.reach(happened.at_ms)
        for event in happened.events:
            if type(event) is Traded:
                for series in self._by_symbol.get(event.symbol, ()):
                    series.add(happened.at_ms, event)

    # --- within ------------------------------------------------------------------------------------------------

    def _parse(self, name: str) -> tuple[str, str, int] | None:
        """Symbol, interval and zone."""
        found = self._symbols.split(name)
        words = _NAME(found[1]) if found is not None else None
        if found is None or words is None or words[1] not in KLINE_PERIODS:
            return None
        return found[0], words[1], _EAST_MS if words[2] else 0

    async def _begin(self, series: _Series) -> None:
        query = Klines(
            symbol=series.symbol,
            period=series.period,
            zone_ms=series.zone_ms,
            now_ms=self._exchange.live.now_ms(),
            limit=1,
        )
        klines = await self._exchange.past.fetch(query)
        series.begin(klines[-1] if klines else None)
        self._beginning.pop(series, None)

    def _teller(self, interval_ms: int) -> Callable[[int], None]:
        def tell(at_ms: int) -> None:
            for series in self._series.values():
                if series.interval_ms == interval_ms and series.is_ready:
                    for kline, is_closed in series.news(at_ms):
                        _publish(series, at_ms, kline, is_closed)
            # Candles close by time alone.
            self._beats[interval_ms].want(at_ms)

        return tell


def _publish(series: _Series, at_ms: int, kline: Kline, is_closed: bool) -> None:
    symbol, interval, candle = series.symbol, series.interval, kline.candle

    def render(per_ms: int) -> bytes:
        part = KlinePart(
            kline.open_ms * per_ms,
            kline.until_ms * per_ms - 1,
            symbol,
            interval,
            candle.first_trade_id,
            candle.last_trade_id,
            format_e8(candle.open),
            format_e8(candle.close),
            format_e8(candle.high),
            format_e8(candle.low),
            format_e8(candle.volume),
            candle.trades,
            is_closed,
            format_e8(candle.quote_volume),
            format_e8(candle.buy_volume),
            format_e8(candle.buy_quote_volume),
            "0",
        )
        return msgspec.json.encode(KlineEvent("kline", at_ms * per_ms, symbol, part))

    series.topic.publish(render)
