"""Order lists as JSON, and the reports of their orders.

The reports of a pair come with the contingent order first, as in every example of the reference. Queries know only
the ids of a list's orders, and give them in the order of the ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from msgspec import UNSET, UnsetType

from openmargin.api.render import (
    SELF_TRADE_WORDS,
    SIDE_WORDS,
    STATUS_WORDS,
    TIME_IN_FORCE_WORDS,
    TYPE_WORDS,
    FillReply,
    Reply,
    fill_replies,
    is_isolated,
)
from openmargin.domain.enums import Contingency
from openmargin.domain.money import Atoms, format_e8
from openmargin.domain.order_types import ORDER_TYPES
from openmargin.domain.orders import Fill, ListView, OrderView

CONTINGENCY_WORDS: Final = {Contingency.OCO: "OCO", Contingency.OTO: "OTO", Contingency.OTOCO: "OTO"}
"""Binance calls a list with a pending pair an OTO, but for one query that tells the two apart."""


class ListedOrder(Reply):
    symbol: str
    order_id: int
    client_order_id: str


class ListRow(Reply):
    """An order list in the answer to a query."""

    order_list_id: int
    contingency_type: str
    list_status_type: str
    list_order_status: str
    list_client_order_id: str
    transaction_time: int
    symbol: str
    is_isolated: bool
    orders: list[ListedOrder]


_Head: TypeAlias = tuple[int, str, str, str, str, int, str, bool]


def _head(order_list: ListView) -> _Head:
    """The fields that every form of a list begins with."""
    return (
        order_list.list_id,
        CONTINGENCY_WORDS[order_list.contingency],
        *list_status(order_list),
        order_list.client_list_id,
        transaction_time(order_list),
        order_list.symbol,
        is_isolated(order_list.scope),
    )


def list_status(order_list: ListView) -> tuple[str, str]:
    """`listStatusType` and `listOrderStatus`."""
    return ("ALL_DONE", "ALL_DONE") if order_list.is_done else ("EXEC_STARTED", "EXECUTING")


def transaction_time(order_list: ListView) -> int:
    """When the list was placed, or ended."""
    return order_list.updated_at_ms if order_list.is_done else order_list.placed_at_ms


def list_row(order_list: ListView) -> ListRow:
    return ListRow(
        *_head(order_list),
        [ListedOrder(order_list.symbol, order_id, name) for order_id, name in order_list.orders],
    )


# --- placing ---------------------------------------------------------------------------------------------------


class PlacedAck(Reply):
    symbol: str
    order_id: int
    order_list_id: int
    client_order_id: str
    transact_time: int


class PlacedResult(PlacedAck):
    price: str
    orig_qty: str
    executed_qty: str
    cummulative_quote_qty: str
    status: str
    time_in_force: str
    type: str
    side: str
    stop_price: str | UnsetType
    self_trade_prevention_mode: str


class PlacedFull(PlacedResult):
    fills: list[FillReply]


class PlacedList(ListRow, kw_only=True):
    margin_buy_borrow_amount: str | UnsetType = UNSET
    margin_buy_borrow_asset: str | UnsetType = UNSET
    order_reports: list[PlacedAck]


_Result: TypeAlias = tuple[
    str, int, int, str, int, str, str, str, str, str, str, str, str, str | UnsetType, str
]


def _result(order: OrderView) -> _Result:
    """The fields that RESULT and FULL begin with."""
    spec = order.spec
    return (
        spec.symbol,
        spec.order_id,
        spec.list_id,
        spec.client_order_id,
        spec.placed_at_ms,
        format_e8(spec.price),
        format_e8(spec.quantity),
        format_e8(order.executed_quantity),
        format_e8(order.executed_quote),
        STATUS_WORDS[order.status],
        TIME_IN_FORCE_WORDS[spec.time_in_force],
        TYPE_WORDS[spec.type],
        SIDE_WORDS[spec.side],
        _where_set(spec.stop_price),
        SELF_TRADE_WORDS[spec.self_trade_prevention],
    )


def _where_set(value: int) -> str | UnsetType:
    return format_e8(value) if value else UNSET


def placed_report(order: OrderView, fills: list[Fill], response_type: str) -> PlacedAck:
    """One order of a list that was placed, in the form that the sender asked for."""
    if response_type == "RESULT":
        return PlacedResult(*_result(order))
    if response_type == "FULL":
        return PlacedFull(*_result(order), fill_replies(fills))
    spec = order.spec
    return PlacedAck(spec.symbol, spec.order_id, spec.list_id, spec.client_order_id, spec.placed_at_ms)


def placed_list(
    order_list: ListView,
    orders: Mapping[int, OrderView],
    fills: Mapping[int, list[Fill]],
    response_type: str,
    borrowed: Atoms,
    borrowed_asset: str,
) -> PlacedList:
    """A list that was placed, with all of its orders; the loan is named only where there was one."""
    legs = _contingent_first(order_list, orders)
    return PlacedList(
        *_head(order_list),
        legs,
        margin_buy_borrow_amount=format_e8(borrowed) if borrowed else UNSET,
        margin_buy_borrow_asset=borrowed_asset if borrowed else UNSET,
        order_reports=[
            placed_report(orders[leg.order_id], fills.get(leg.order_id, []), response_type) for leg in legs
        ],
    )


def _contingent_first(order_list: ListView, orders: Mapping[int, OrderView]) -> list[ListedOrder]:
    """A working order, then of a pair the order that waits for a stop, then the other."""

    def place(leg: tuple[int, str]) -> tuple[bool, bool]:
        is_working = order_list.contingency is not Contingency.OCO and leg is order_list.orders[0]
        order = orders.get(leg[0])
        waits = order is not None and ORDER_TYPES[order.spec.type].waits
        return not is_working, not waits

    legs = sorted(order_list.orders, key=place)
    return [ListedOrder(order_list.symbol, order_id, name) for order_id, name in legs]


# --- cancelling ------------------------------------------------------------------------------------------------


class CanceledLeg(Reply):
    symbol: str
    orig_client_order_id: str
    order_id: int
    order_list_id: int
    client_order_id: str
    price: str
    orig_qty: str
    executed_qty: str
    cummulative_quote_qty: str
    status: str
    time_in_force: str
    type: str
    side: str
    stop_price: str | UnsetType
    iceberg_qty: str | UnsetType
    self_trade_prevention_mode: str | UnsetType


class CanceledList(ListRow):
    order_reports: list[CanceledLeg]


def canceled_list(
    order_list: ListView, canceled: Mapping[int, tuple[OrderView, str]], *, with_prevention: bool
) -> CanceledList:
    """A list that was cancelled, with those of its orders that ended with it and the name of the cancel.

    `with_prevention` says whether reports name the self-trade prevention mode: the reference has it in the answer to
    the cancel of a list, and not in the answer to the cancel of all orders.
    """
    legs = _contingent_first(order_list, {order_id: order for order_id, (order, _) in canceled.items()})
    return CanceledList(
        *_head(order_list),
        legs,
        [_canceled_leg(*canceled[leg.order_id], with_prevention) for leg in legs if leg.order_id in canceled],
    )


def _canceled_leg(order: OrderView, cancel_client_id: str, with_prevention: bool) -> CanceledLeg:
    spec = order.spec
    return CanceledLeg(
        spec.symbol,
        spec.client_order_id,
        spec.order_id,
        spec.list_id,
        cancel_client_id,
        format_e8(spec.price),
        format_e8(spec.quantity),
        format_e8(order.executed_quantity),
        format_e8(order.executed_quote),
        STATUS_WORDS[order.status],
        TIME_IN_FORCE_WORDS[spec.time_in_force],
        TYPE_WORDS[spec.type],
        SIDE_WORDS[spec.side],
        _where_set(spec.stop_price),
        _where_set(spec.iceberg_quantity),
        SELF_TRADE_WORDS[spec.self_trade_prevention] if with_prevention else UNSET,
    )
