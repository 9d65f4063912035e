"""The life cycles of orders and of order lists, as tables: one row per legal move; anything else is a bug."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from openmargin.domain.enums import Contingency, OrderStatus


class Move(IntEnum):
    """What can happen to an open order."""

    FILL_SOME = 1
    FILL_REST = 2
    CANCEL = 3
    EXPIRE = 4
    ACTIVATE = 5
    """Its working order is full: it comes to life."""
    PREVENT = 6
    """Self-trade prevention took what was left of it."""


ORDER_MOVES: Final[dict[tuple[OrderStatus, Move], OrderStatus]] = {
    (OrderStatus.PENDING_NEW, Move.ACTIVATE): OrderStatus.NEW,
    (OrderStatus.PENDING_NEW, Move.CANCEL): OrderStatus.CANCELED,
    (OrderStatus.PENDING_NEW, Move.EXPIRE): OrderStatus.EXPIRED,
    (OrderStatus.NEW, Move.FILL_SOME): OrderStatus.PARTIALLY_FILLED,
    (OrderStatus.NEW, Move.FILL_REST): OrderStatus.FILLED,
    (OrderStatus.NEW, Move.CANCEL): OrderStatus.CANCELED,
    (OrderStatus.NEW, Move.EXPIRE): OrderStatus.EXPIRED,
    (OrderStatus.NEW, Move.PREVENT): OrderStatus.EXPIRED_IN_MATCH,
    (OrderStatus.PARTIALLY_FILLED, Move.FILL_SOME): OrderStatus.PARTIALLY_FILLED,
    (OrderStatus.PARTIALLY_FILLED, Move.FILL_REST): OrderStatus.FILLED,
    (OrderStatus.PARTIALLY_FILLED, Move.CANCEL): OrderStatus.CANCELED,
    (OrderStatus.PARTIALLY_FILLED, Move.EXPIRE): OrderStatus.EXPIRED,
    (OrderStatus.PARTIALLY_FILLED, Move.PREVENT): OrderStatus.EXPIRED_IN_MATCH,
}

OPEN: Final = (OrderStatus.PENDING_NEW, OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)
"""The statuses of an order that still holds funds and may still trade."""

NEW: Final = OrderStatus.NEW
FILLED: Final = OrderStatus.FILLED
FILL_SOME: Final = Move.FILL_SOME
FILL_REST: Final = Move.FILL_REST
CANCEL: Final = Move.CANCEL
EXPIRE: Final = Move.EXPIRE
ACTIVATE: Final = Move.ACTIVATE
PREVENT: Final = Move.PREVENT
"""Members by a name of their own: looking one up in its enum costs more than placing it in a queue."""


class ListPhase(IntEnum):
    """Where an order list stands."""

    WORKING = 1
    """The working order is open, the others wait for it."""
    PAIR = 2
    """Two orders are open and share one set of funds: the first to trade or to trigger ends the other."""
    ALONE = 3
    """One order is left."""
    DONE = 4


class ListMove(IntEnum):
    """What can happen to an order list."""

    WORKING_FILLED = 1
    WORKING_ENDED = 2
    """It ended before it was full: the others never come to life."""
    LEG_CHOSEN = 3
    """One of the pair traded or triggered."""
    LEG_ENDED = 4
    """An order that waits for none ended: of a pair, without having traded."""
    CANCELED = 5


FIRST_PHASE: Final[dict[Contingency, ListPhase]] = {
    Contingency.OCO: ListPhase.PAIR,
    Contingency.OTO: ListPhase.WORKING,
    Contingency.OTOCO: ListPhase.WORKING,
}

LIST_MOVES: Final[dict[tuple[Contingency, ListPhase, ListMove], ListPhase]] = {
    (Contingency.OCO, ListPhase.PAIR, ListMove.LEG_CHOSEN): ListPhase.ALONE,
    (Contingency.OCO, ListPhase.PAIR, ListMove.LEG_ENDED): ListPhase.DONE,
    (Contingency.OCO, ListPhase.PAIR, ListMove.CANCELED): ListPhase.DONE,
    (Contingency.OCO, ListPhase.ALONE, ListMove.LEG_ENDED): ListPhase.DONE,
    (Contingency.OCO, ListPhase.ALONE, ListMove.CANCELED): ListPhase.DONE,
    (Contingency.OTO, ListPhase.WORKING, ListMove.WORKING_FILLED): ListPhase.ALONE,
    (Contingency.OTO, ListPhase.WORKING, ListMove.WORKING_ENDED): ListPhase.DONE,
    (Contingency.OTO, ListPhase.WORKING, ListMove.CANCELED): ListPhase.DONE,
    (Contingency.OTO, ListPhase.ALONE, ListMove.LEG_ENDED): ListPhase.DONE,
    (Contingency.OTO, ListPhase.ALONE, ListMove.CANCELED): ListPhase.DONE,
    (Contingency.OTOCO, ListPhase.WORKING, ListMove.WORKING_FILLED): ListPhase.PAIR,
    (Contingency.OTOCO, ListPhase.WORKING, ListMove.WORKING_ENDED): ListPhase.DONE,
    (Contingency.OTOCO, ListPhase.WORKING, ListMove.CANCELED): ListPhase.DONE,
    (Contingency.OTOCO, ListPhase.PAIR, ListMove.LEG_CHOSEN): ListPhase.ALONE,
    (Contingency.OTOCO, ListPhase.PAIR, ListMove.LEG_ENDED): ListPhase.DONE,
    (Contingency.OTOCO, ListPhase.PAIR, ListMove.CANCELED): ListPhase.DONE,
    (Contingency.OTOCO, ListPhase.ALONE, ListMove.LEG_ENDED): ListPhase.DONE,
    (Contingency.OTOCO, ListPhase.ALONE, ListMove.CANCELED): ListPhase.DONE,
}
