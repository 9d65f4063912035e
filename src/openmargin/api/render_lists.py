"""The one record that every order list is shown in.

Orders come by their ids, which puts a working order first and of a pair the one that waits for a stop, as in every
example of the reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import UNSET, UnsetType

from openmargin.api.render import OrderReply, Reply
from openmargin.domain.enums import Contingency
from openmargin.domain.orders import ListView

CONTINGENCY_WORDS: Final = {Contingency.OCO: "OCO", Contingency.OTO: "OTO", Contingency.OTOCO: "OTO"}
"""Binance calls a list with a pending pair an OTO, but for one query that tells the two apart."""


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


def list_reply(order_list: ListView) -> ListReply:
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
        orders=[ListedOrder(order_list.symbol, order_id, name) for order_id, name in order_list.orders],
    )


def with_reports(order_list: ListView, reports: Mapping[int, OrderReply]) -> ListReply:
    """The same with a report of every order that there is one of."""
    reply = list_reply(order_list)
    reply.order_reports = [reports[order_id] for order_id, _ in order_list.orders if order_id in reports]
    return reply


def list_status(order_list: ListView) -> tuple[str, str]:
    """`listStatusType` and `listOrderStatus`."""
    return ("ALL_DONE", "ALL_DONE") if order_list.is_done else ("EXEC_STARTED", "EXECUTING")


def transaction_time(order_list: ListView) -> int:
    """When the list was placed, or ended."""
    return order_list.updated_at_ms if order_list.is_done else order_list.placed_at_ms
