"""The public past of a symbol: its trades and its candles, as a batch of events adds them and as answers.

Owns: which trade leaves which trace, and what a store of it must be able to say.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from openmargin.domain.enums import Side
from openmargin.domain.events import Traded
from openmargin.domain.money import Atoms, notional
from openmargin.history.candles import Candle
from openmargin.history.periods import MINUTE_MS


class PublicTrade(Struct, frozen=True, gc=False):
    """One trade as everybody may see it."""

    trade_id: int
    at_ms: int
    price: int
    quantity: Atoms
    quote_quantity: Atoms
    taker_side: Side


class AggregateTrade(Struct):
    """Trades of one taker at one time and price. Only their quantities differ, so they are kept with it."""

    symbol: str
    aggregate_id: int
    first_trade_id: int
    at_ms: int
    price: int
    taker_side: Side
    quantity: Atoms
    quote_quantity: Atoms
    parts: list[Atoms]
    """The quantity of each trade, in the order of their ids."""

    @property
    def last_trade_id(self) -> int:
        return self.first_trade_id + len(self.parts) - 1

    def trades(self) -> list[PublicTrade]:
        """The trades that it is made of."""
        return [
            PublicTrade(
                self.first_trade_id + number,
                self.at_ms,
                self.price,
                quantity,
                notional(quantity, self.price),
                self.taker_side,
            )
            for number, quantity in enumerate(self.parts)
        ]


class MarketRows(Struct):
    """What a batch of events adds to the public past."""

    aggregates: list[AggregateTrade] = msgspec.field(default_factory=list[AggregateTrade])
    minutes: dict[tuple[str, int], Candle] = msgspec.field(default_factory=dict[tuple[str, int], Candle])
    """By symbol and the beginning of the minute; those of one symbol oldest first."""
    newest: dict[str, AggregateTrade] = msgspec.field(default_factory=dict[str, AggregateTrade])
    """The last aggregate trade of each symbol, to which the next trade may belong."""

    def add(self, at_ms: int, trade: Traded) -> None:
        """Take in a trade that happened at `at_ms`."""
        symbol, quantity = trade.symbol, trade.quantity
        newest = self.newest.get(symbol)
        if newest is not None and newest.aggregate_id == trade.aggregate_id:
            newest.quantity += quantity
            newest.quote_quantity += trade.quote_quantity
            newest.parts.append(quantity)
        else:
            newest = AggregateTrade(
                symbol,
                trade.aggregate_id,
                trade.trade_id,
                at_ms,
                trade.price,
                trade.taker_side,
                quantity,
                trade.quote_quantity,
                [quantity],
            )
            self.newest[symbol] = newest
            self.aggregates.append(newest)
        minute = (symbol, at_ms - at_ms % MINUTE_MS)
        candle = self.minutes.get(minute)
        if candle is None:
            self.minutes[minute] = Candle.of(trade)
        else:
            candle.add(trade)


class Kline(Struct, frozen=True):
    """A candle and the span that it is of; `until_ms` is where the next one begins."""

    open_ms: int
    until_ms: int
    candle: Candle


class Window(Struct, frozen=True):
    """All trades of a symbol since some moment."""

    candle: Candle
    """Flat, at the last price, where there were none."""
    last_quantity: Atoms
    """Of the last trade, whenever it was."""
    previous_close: int
    """The price of the last trade before that moment; 0 where there was none."""
