"""The one record that every order list is shown in.

The reports of a pair come with the contingent order first, as in every example of the reference. Queries know only
the ids of a list's orders, and give them in the order of the ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from msgspec import UNSET, UnsetType

from openmargin.api.render import OrderReply, Reply
from openmargin.domain.enums import Contingency
from openmargin.domain.order_types import ORDER_TYPES
from openmargin.domain.orders import ListView, OrderView

CONTINGENCY_WORDS: Final = {Contingency.OCO: "OCO", Contingency.OTO: "OTO", Contingency.OTOCO: "OTO"}
"""Binance calls a list with a pending pair an OTO, but for one query that tells the two apart."""

LegName: TypeAlias = tuple[int, str]
"""Order id and client order id."""


class ListedOrder(Reply):
    symbol: str
    order_id: int
    client_order_id: str


class ListReply(Reply, kw_only=True):
    """An order list in any answer. Each shape sets what it shows; what it leaves alone is not there."""

    order_list_id: int
    contingency_type: str
    list_status_type: str
    list_order_status: str
    list_client_order_id: str
    transaction_time: int
    symbol: str
    is_isolated: bool | UnsetType = UNSET
    orders: list[ListedOrder]
    margin_buy_borrow_amount: str | UnsetType = UNSET
    margin_buy_borrow_asset: str | UnsetType = UNSET
    order_reports: list[OrderReply] | UnsetType = UNSET


def list_reply(order_list: ListView, legs: Sequence[LegName]) -> ListReply:
    """A list and the names of its orders."""
    status_type, order_status = list_status(order_list)
    return ListReply(
        order_list_id=order_list.list_id,
        contingency_type=CONTINGENCY_WORDS[order_list.contingency],
        list_status_type=status_type,
        list_order_status=order_status,
        list_client_order_id=order_list.client_list_id,
        transaction_time=transaction_time(order_list),
        symbol=order_list.symbol,
        orders=[ListedOrder(order_list.symbol, order_id, name) for order_id, name in legs],
    )


def with_reports(
    order_list: ListView, legs: Sequence[LegName], reports: Mapping[int, OrderReply]
) -> ListReply:
    """The same with a report of every order that there is one of."""
    reply = list_reply(order_list, legs)
    reply.order_reports = [reports[order_id] for order_id, _ in legs if order_id in reports]
    return reply


def list_status(order_list: ListView) -> tuple[str, str]:
    """`listStatusType` and `listOrderStatus`."""
    return ("ALL_DONE", "ALL_DONE") if order_list.is_done else ("EXEC_STARTED", "EXECUTING")


def transaction_time(order_list: ListView) -> int:
    """When the list was placed, or ended."""
    return order_list.updated_at_ms if order_list.is_done else order_list.placed_at_ms


def contingent_first(order_list: ListView, orders: Mapping[int, OrderView]) -> list[LegName]:
    """A working order, then of a pair the order that waits for a stop, then the other."""

    def place(leg: LegName) -> tuple[bool, bool]:
        is_working = order_list.contingency is not Contingency.OCO and leg is order_list.orders[0]
        order = orders.get(leg[0])
        waits = order is not None and ORDER_TYPES[order.spec.type].waits
        return not is_working, not waits

    return sorted(order_list.orders, key=place)
