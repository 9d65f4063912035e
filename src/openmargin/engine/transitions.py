"""The life cycle of an order, as a table: one row per legal move, and anything else is a bug."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from openmargin.domain.enums import OrderStatus


class Move(IntEnum):
    """What can happen to an open order."""

    FILL_SOME = 1
    FILL_REST = 2
    CANCEL = 3
    EXPIRE = 4


ORDER_MOVES: Final[dict[tuple[OrderStatus, Move], OrderStatus]] = {
    (OrderStatus.NEW, Move.FILL_SOME): OrderStatus.PARTIALLY_FILLED,
    (OrderStatus.NEW, Move.FILL_REST): OrderStatus.FILLED,
    (OrderStatus.NEW, Move.CANCEL): OrderStatus.CANCELED,
    (OrderStatus.NEW, Move.EXPIRE): OrderStatus.EXPIRED,
    (OrderStatus.PARTIALLY_FILLED, Move.FILL_SOME): OrderStatus.PARTIALLY_FILLED,
    (OrderStatus.PARTIALLY_FILLED, Move.FILL_REST): OrderStatus.FILLED,
    (OrderStatus.PARTIALLY_FILLED, Move.CANCEL): OrderStatus.CANCELED,
    (OrderStatus.PARTIALLY_FILLED, Move.EXPIRE): OrderStatus.EXPIRED,
}

OPEN: Final = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)
"""The statuses of an order that still holds funds and may still trade."""

NEW: Final = OrderStatus.NEW
FILLED: Final = OrderStatus.FILLED
FILL_SOME: Final = Move.FILL_SOME
FILL_REST: Final = Move.FILL_REST
CANCEL: Final = Move.CANCEL
EXPIRE: Final = Move.EXPIRE
"""Members by a name of their own: looking one up in its enum costs more than placing it in a queue."""
