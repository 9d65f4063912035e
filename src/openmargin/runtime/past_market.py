"""Questions about the public past: MarketReader's, awaitable."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from openmargin.history.market import AggregateTrade, Kline, PublicTrade, Window
from openmargin.history.periods import Period
from openmargin.history.store import HistoryReader

T = TypeVar("T")


class Ask(Protocol):
    """How a question reaches history."""

    def __call__(self, question: Callable[[HistoryReader], T], /) -> Awaitable[T]: ...


class PastMarket:
    """Trades and candles of symbols; nothing here belongs to anybody."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def trades(self, symbol: str, from_id: int | None, limit: int) -> list[PublicTrade]:
        return await self._ask(lambda past: past.market.trades(symbol, from_id, limit))

    async def aggregates(
        self, symbol: str, from_id: int | None, start_ms: int | None, end_ms: int | None, limit: int
    ) -> list[AggregateTrade]:
        return await self._ask(lambda past: past.market.aggregates(symbol, from_id, start_ms, end_ms, limit))

    async def klines(
        self,
        symbol: str,
        period: Period,
        zone_ms: int,
        start_ms: int | None,
        end_ms: int | None,
        now_ms: int,
        limit: int,
    ) -> list[Kline]:
        return await self._ask(
            lambda past: past.market.klines(symbol, period, zone_ms, start_ms, end_ms, now_ms, limit)
        )

    async def windows(self, symbols: Sequence[str], start_ms: int) -> list[Window | None]:
        return await self._ask(lambda past: past.market.windows(symbols, start_ms))
