"""What trades did to the price over a span of time.

Owns: how trades become a candle, and candles a longer one. The same for history, for answers and for streams.
"""

from __future__ import annotations

from msgspec import Struct

from openmargin.domain.enums import Side
from openmargin.domain.events import Traded
from openmargin.domain.money import Atoms


class Candle(Struct):
    """The trades of a span in a few numbers. Their ids have no gaps, so the first and how many say which."""

    open: int
    high: int
    low: int
    close: int
    volume: Atoms
    quote_volume: Atoms
    trades: int
    first_trade_id: int
    """-1 where nothing was traded."""
    buy_volume: Atoms
    """What takers bought of it."""
    buy_quote_volume: Atoms

    @property
    def last_trade_id(self) -> int:
        """-1 where nothing was traded."""
        return self.first_trade_id + self.trades - 1 if self.trades else -1

    @classmethod
    def of(cls, trade: Traded) -> Candle:
        """The candle of one trade."""
        price, quantity, quote_quantity = trade.price, trade.quantity, trade.quote_quantity
        is_buy = trade.taker_side is Side.BUY
        return cls(
            price,
            price,
            price,
            price,
            quantity,
            quote_quantity,
            1,
            trade.trade_id,
            quantity if is_buy else 0,
            quote_quantity if is_buy else 0,
        )

    @classmethod
    def flat(cls, price: int) -> Candle:
        """A span without trades, at the price of the last one before it."""
        return cls(price, price, price, price, 0, 0, 0, -1, 0, 0)

    def add(self, trade: Traded) -> None:
        """Take in the next trade."""
        price, quantity, quote_quantity = trade.price, trade.quantity, trade.quote_quantity
        if price > self.high:
            self.high = price
        if price < self.low:
            self.low = price
        self.close = price
        self.volume += quantity
        self.quote_volume += quote_quantity
        self.trades += 1
        if trade.taker_side is Side.BUY:
            self.buy_volume += quantity
            self.buy_quote_volume += quote_quantity

    def then(self, later: Candle) -> Candle:
        """The candle of this span and of a later one, in both of which something was traded."""
        return Candle(
            self.open,
            max(self.high, later.high),
            min(self.low, later.low),
            later.close,
            self.volume + later.volume,
            self.quote_volume + later.quote_volume,
            self.trades + later.trades,
            self.first_trade_id,
            self.buy_volume + later.buy_volume,
            self.buy_quote_volume + later.buy_quote_volume,
        )
