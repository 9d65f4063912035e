"""The public past as a list of trades, and every question answered by going through all of it."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from openmargin.domain.enums import Side
from openmargin.domain.events import Traded
from openmargin.domain.money import E8, notional
from openmargin.history.candles import Candle
from openmargin.history.market import AggregateTrade, Kline, PublicTrade, Window
from openmargin.history.periods import Period

SYMBOL = "BTCUSDT"


class Print(NamedTuple):
    """A trade and its moment."""

    at_ms: int
    trade: Traded


def prints(*told: tuple[int, int, int, bool, bool]) -> list[Print]:
    """Trades from (milliseconds after the one before, price, quantity, is it a sell, does it go on with the taker)."""
    found: list[Print] = []
    at_ms = aggregate_id = 0
    for number, (later_ms, price, quantity, is_sell, goes_on) in enumerate(told, start=1):
        last = found[-1].trade if found else None
        side = Side.SELL if is_sell else Side.BUY
        if goes_on and last is not None:
            price, side = last.price, last.taker_side
        else:
            at_ms += later_ms
            aggregate_id += 1
        quantity = max(1, min(quantity, quantity * E8 // price))
        trade = Traded(
            SYMBOL, number, price, quantity, notional(quantity, price), side, number, 7, aggregate_id
        )
        found.append(Print(at_ms, trade))
    return found


class NaiveMarket:
    """What a MarketReader must say."""

    def __init__(self, told: list[Print]) -> None:
        self.told = told

    def trades(self, from_id: int | None, limit: int) -> list[PublicTrade]:
        rows = [
            PublicTrade(
                trade.trade_id, at_ms, trade.price, trade.quantity, trade.quote_quantity, trade.taker_side
            )
            for at_ms, trade in self.told
        ]
        if from_id is None:
            return rows[-limit:]
        return [row for row in rows if row.trade_id >= from_id][:limit]

    def aggregates(
        self, from_id: int | None, start_ms: int | None, end_ms: int | None, limit: int
    ) -> list[AggregateTrade]:
        rows: list[AggregateTrade] = []
        for aggregate_id, group in groupby(self.told, key=lambda told: told.trade.aggregate_id):
            of_it = list(group)
            at_ms, first = of_it[0]
            rows.append(
                AggregateTrade(
                    SYMBOL,
                    aggregate_id,
                    first.trade_id,
                    at_ms,
                    first.price,
                    first.taker_side,
                    sum(told.trade.quantity for told in of_it),
                    sum(told.trade.quote_quantity for told in of_it),
                    [told.trade.quantity for told in of_it],
                )
            )
        rows = [
            row
            for row in rows
            if (from_id is None or row.aggregate_id >= from_id)
            and (start_ms is None or row.at_ms >= start_ms)
            and (end_ms is None or row.at_ms <= end_ms)
        ]
        return rows[-limit:] if from_id is None and start_ms is None else rows[:limit]

    def klines(
        self,
        period: Period,
        zone_ms: int,
        start_ms: int | None,
        end_ms: int | None,
        now_ms: int,
        limit: int,
    ) -> list[Kline]:
        if not self.told:
            return []
        rows: list[Kline] = []
        open_ms = period.open_of(self.told[0].at_ms, zone_ms)
        close = 0
        while open_ms <= now_ms:
            until_ms = period.step(open_ms, 1, zone_ms)
            candle = self.candle(open_ms, until_ms) or Candle.flat(close)
            close = candle.close
            rows.append(Kline(open_ms, until_ms, candle))
            open_ms = until_ms
        rows = [
            row
            for row in rows
            if (start_ms is None or row.open_ms >= start_ms) and (end_ms is None or row.open_ms <= end_ms)
        ]
        return rows[-limit:] if start_ms is None else rows[:limit]

    def window(self, start_ms: int) -> Window | None:
        if not self.told:
            return None
        last = self.told[-1].trade
        before = [told.trade.price for told in self.told if told.at_ms < start_ms]
        return Window(
            self.candle(start_ms, self.told[-1].at_ms + 1) or Candle.flat(last.price),
            last.quantity,
            before[-1] if before else 0,
        )

    def candle(self, begin_ms: int, until_ms: int) -> Candle | None:
        within = [trade for at_ms, trade in self.told if begin_ms <= at_ms < until_ms]
        if not within:
            return None
        prices = [trade.price for trade in within]
        bought = [trade for trade in within if trade.taker_side is Side.BUY]
        return Candle(
            prices[0],
            max(prices),
            min(prices),
            prices[-1],
            sum(trade.quantity for trade in within),
            sum(trade.quantity * trade.price // E8 for trade in within),
            len(within),
            within[0].trade_id,
            sum(trade.quantity for trade in bought),
            sum(trade.quantity * trade.price // E8 for trade in bought),
        )
