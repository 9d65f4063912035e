"""One row per order type: what it needs, and how it behaves in the book.

`api/params.py` reads the row to refuse what does not belong; `engine/orders.py` reads it to decide.
"""

from __future__ import annotations

from typing import Final

from openmargin.domain.enums import OrderType


class OrderTypeRow:
    """The traits of one order type. A plain class, so that compiled code reads a trait at no cost."""

    def __init__(
        self,
        *,
        has_price: bool,
        has_time_in_force: bool,
        takes_quote_quantity: bool,
        takes_liquidity: bool,
        rests: bool,
        full_response: bool,
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


ORDER_TYPES: Final[dict[OrderType, OrderTypeRow]] = {
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
