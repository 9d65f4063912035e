"""What became of a command, read from its events: counterparties' events are not its own."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from openmargin.domain.events import (
    AnyEvent,
    ListChanged,
    MatchPrevented,
    OrderActivated,
    OrderClosed,
    OrderFilled,
    OrderOpened,
)
from openmargin.domain.ids import NO_LIST
from openmargin.domain.money import Atoms
from openmargin.domain.orders import Fill, ListView, OrderSpec, OrderView, PreventedMatch
from openmargin.runtime.commit import Outcome


class PlacedOrder(Struct):
    """An order that was placed, as far as its command took it."""

    order: OrderView
    fills: list[Fill] = []
    prevented: list[PreventedMatch] = []
    borrowed: Atoms = 0
    borrowed_asset: str = ""

    def follow(self, event: AnyEvent) -> None:
        """Take in what happened next, where it is about this order."""
        if isinstance(event, OrderFilled) and self._is(event.order):
            self.fills.append(event.fill)
            self.order = event.order
        elif isinstance(event, OrderClosed) and self._is(event.order):
            self.order = event.order
        elif isinstance(event, MatchPrevented) and self._is(event.taker):
            self.prevented.append(event.match)
            self.order = event.taker

    def _is(self, other: OrderView) -> bool:
        mine = self.order.spec
        return mine.order_id == other.spec.order_id and mine.symbol == other.spec.symbol


def placed_order(outcome: Outcome) -> PlacedOrder:
    opened = next(event for event in outcome.events if isinstance(event, OrderOpened))
    placed = PlacedOrder(opened.order, borrowed=opened.borrowed, borrowed_asset=opened.borrowed_asset)
    for event in outcome.events:
        placed.follow(event)
    return placed


class PlacedList(Struct):
    """A list that was placed, as it stood before its pending orders came to life."""

    order_list: ListView
    orders: dict[int, PlacedOrder]
    borrowed: Atoms
    borrowed_asset: str


def placed_list(outcome: Outcome) -> PlacedList:
    """Lists of others may end with it, where it traded with them."""
    opened = next(event for event in outcome.events if isinstance(event, ListChanged))
    placed = PlacedList(opened.order_list, {}, opened.borrowed, opened.borrowed_asset)
    for event in outcome.events:
        if isinstance(event, OrderActivated) and event.order.spec.order_id in placed.orders:
            break
        if isinstance(event, OrderOpened):
            placed.orders[event.order.spec.order_id] = PlacedOrder(event.order)
        elif isinstance(event, ListChanged):
            if event.order_list.list_id == placed.order_list.list_id:
                placed.order_list = event.order_list
        else:
            for order in placed.orders.values():
                order.follow(event)
    return placed


class Ended(Struct):
    """An order that a cancel ended."""

    order: OrderView
    cancel_client_id: str


class EndedList(Struct):
    """A list that a cancel ended, with those of its orders that were open."""

    order_list: ListView
    orders: dict[int, Ended]


def ended_order(outcome: Outcome, is_meant: Callable[[OrderSpec], bool]) -> Ended:
    """The order that a cancel named; others of its list ended with it."""
    return next(
        Ended(event.order, event.cancel_client_id)
        for event in outcome.events
        if isinstance(event, OrderClosed) and is_meant(event.order.spec)
    )


def ended_list(outcome: Outcome) -> EndedList:
    """The list that a cancel named."""
    done = next(event for event in outcome.events if isinstance(event, ListChanged))
    return EndedList(
        done.order_list,
        {
            event.order.spec.order_id: Ended(event.order, event.cancel_client_id)
            for event in outcome.events
            if isinstance(event, OrderClosed)
        },
    )


def all_ended(outcome: Outcome) -> list[Ended | EndedList]:
    """Everything that a cancel of all ended, in its order."""
    found: list[Ended | EndedList] = []
    of_lists: dict[int, Ended] = {}
    for event in outcome.events:
        if isinstance(event, OrderClosed):
            ended = Ended(event.order, event.cancel_client_id)
            if event.order.spec.list_id == NO_LIST:
                found.append(ended)
            else:
                of_lists[event.order.spec.order_id] = ended
        elif isinstance(event, ListChanged):
            ids = [order_id for order_id, _ in event.order_list.orders]
            orders = {order_id: of_lists[order_id] for order_id in ids if order_id in of_lists}
            found.append(EndedList(event.order_list, orders))
    return found
