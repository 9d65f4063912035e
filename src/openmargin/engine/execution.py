"""An accepted order at work: it trades as far as the book allows, then rests, waits, or ends."""

from __future__ import annotations

from typing import Final

from openmargin.domain.enums import ExpiryReason, TimeInForce
from openmargin.domain.events import OrderActivated
from openmargin.engine import books, house, matching, settlement, triggers
from openmargin.engine.matching import Match
from openmargin.engine.state import Book, Order, State
from openmargin.engine.transitions import EXPIRE

GTC: Final = TimeInForce.GTC
FOK: Final = TimeInForce.FOK
IOC: Final = TimeInForce.IOC


def work(state: State, book: Book, order: Order, matches: list[Match]) -> None:
    """Trade an order with what it meets; what is left rests where its type may, and else expires."""
    order.working_at_ms = state.at_ms
    row = order.row
    time_in_force = order.spec.time_in_force
    killed = row.has_price and time_in_force is FOK and matching.quantity_of(matches) < order.remaining
    if not killed:
        for match in matches:
            settlement.settle(state, book, order, match)
        if order.remaining == 0:
            return
    if row.rests and time_in_force is GTC:
        books.rest(book, order)
        return
    reason = ExpiryReason.INSUFFICIENT_LIQUIDITY
    if killed:
        reason = ExpiryReason.UNFILLED_FOK_ORDER_EXPIRED
    elif row.has_price:
        reason = ExpiryReason.UNFILLED_IOC_QUANTITY_EXPIRED
    settlement.end(state, book, order, EXPIRE, "", reason)


def begin(state: State, book: Book, order: Order, matches: list[Match]) -> None:
    """Start an order's life: a stop waits for its price, any other works at once."""
    if order.row.waits:
        triggers.wait(book, order, state.at_ms)
    else:
        work(state, book, order, matches)


def look(state: State, book: Book, order: Order) -> list[Match]:
    """What an order that was accepted earlier meets now, within what is held for it."""
    house.lay_out(state, book)
    mode = order.prevention
    if order.price or order.sign < 0:
        return matching.walk(book, order.account, mode, order.sign, order.price, order.remaining)
    return matching.walk_budget(book, order.account, mode, order.sign, order.remaining, order.held)


def wake(state: State, book: Book, order: Order) -> None:
    """A stop's price has come: the order works as what it is without its stop."""
    order.updated_at_ms = state.at_ms
    order.working_at_ms = state.at_ms
    state.events.append(OrderActivated(order.view()))
    work(state, book, order, look(state, book, order))
