"""One row per order type: what it needs, and how it behaves in the book.

`api/params.py` reads the row to refuse what does not belong; `engine/orders.py` reads it to decide.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from openmargin.domain.enums import OrderType


class Stop(IntEnum):
    """On which side of the market a stop price lies, times the order's side."""

    NONE = 0
    WITH = 1
    """A buy waits for the price to rise to it, a sell for it to fall: a stop loss."""
    AGAINST = -1
    """A buy waits for the price to fall to it, a sell for it to rise: a take profit."""


class OrderTypeRow:
    """The traits of one order type. A plain class, so that compiled code reads a trait at no cost."""

    def __init__(
        self,
        *,
        has_price: bool = False,
        has_time_in_force: bool = False,
        takes_quote_quantity: bool = False,
        takes_liquidity: bool = True,
        rests: bool = False,
        full_response: bool = False,
        may_be_iceberg: bool = False,
        stop: Stop = Stop.NONE,
    ) -> None:
        self.has_price: Final = has_price
        """It carries a limit price, and never trades beyond it."""
        self.has_time_in_force: Final = has_time_in_force
        """The sender chooses GTC, IOC or FOK."""
        self.takes_quote_quantity: Final = takes_quote_quantity
        """`quote_quantity` may stand in place of `quantity`."""
        self.takes_liquidity: Final = takes_liquidity
        """It may match at once; a type that may not is refused where it would."""
        self.rests: Final = rests
        """What is left of it may wait in the book."""
        self.full_response: Final = full_response
        """The answer carries the fills unless the sender asks otherwise."""
        self.may_be_iceberg: Final = may_be_iceberg
        """It may show only a part of itself."""
        self.stop: Final = int(stop)
        """Which way the price must go to wake it; 0 for an order that works at once."""
        self.waits: Final = stop is not Stop.NONE


ORDER_TYPES: Final[dict[OrderType, OrderTypeRow]] = {
    OrderType.LIMIT: OrderTypeRow(
        has_price=True, has_time_in_force=True, rests=True, full_response=True, may_be_iceberg=True
    ),
    OrderType.MARKET: OrderTypeRow(takes_quote_quantity=True, full_response=True),
    OrderType.LIMIT_MAKER: OrderTypeRow(
        has_price=True, takes_liquidity=False, rests=True, may_be_iceberg=True
    ),
    OrderType.STOP_LOSS: OrderTypeRow(stop=Stop.WITH),
    OrderType.STOP_LOSS_LIMIT: OrderTypeRow(
        has_price=True, has_time_in_force=True, rests=True, may_be_iceberg=True, stop=Stop.WITH
    ),
    OrderType.TAKE_PROFIT: OrderTypeRow(stop=Stop.AGAINST),
    OrderType.TAKE_PROFIT_LIMIT: OrderTypeRow(
        has_price=True, has_time_in_force=True, rests=True, may_be_iceberg=True, stop=Stop.AGAINST
    ),
}
