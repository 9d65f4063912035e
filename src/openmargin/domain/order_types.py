"""One row per order type: what it needs, and how it behaves in the book.

`api/params.py` reads the row to refuse what does not belong; `engine/orders.py` reads it to decide.
"""

from __future__ import annotations

from msgspec import Struct

from openmargin.domain.enums import OrderType


class OrderTypeRow(Struct, frozen=True):
    """The traits of one order type."""

    has_price: bool
    """It carries a limit price, and never trades beyond it."""
    has_time_in_force: bool
    """The sender chooses GTC, IOC or FOK."""
    takes_quote_quantity: bool
    """`quote_quantity` may stand in place of `quantity`."""
    takes_liquidity: bool
    """It may match at once; a type that may not is refused where it would."""
    rests: bool
    """What is left of it may wait in the book."""
    full_response: bool
    """The answer carries the fills unless the sender asks otherwise."""


ORDER_TYPES: dict[OrderType, OrderTypeRow] = {
    OrderType.LIMIT: OrderTypeRow(
        has_price=True,
        has_time_in_force=True,
        takes_quote_quantity=False,
        takes_liquidity=True,
        rests=True,
        full_response=True,
    ),
    OrderType.MARKET: OrderTypeRow(
        has_price=False,
        has_time_in_force=False,
        takes_quote_quantity=True,
        takes_liquidity=True,
        rests=False,
        full_response=True,
    ),
    OrderType.LIMIT_MAKER: OrderTypeRow(
        has_price=True,
        has_time_in_force=False,
        takes_quote_quantity=False,
        takes_liquidity=False,
        rests=True,
        full_response=False,
    ),
}
