"""Orders and trades as the spot API shows them; `per_ms` is the unit of their times.

Most fields of an order are there only where they say something: the reference calls them conditional.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from openmargin.api.outcomes import Ended, EndedList, PlacedList, PlacedOrder
from openmargin.api.render import (
    OrderReply,
    OwnPreventedMatch,
    Reply,
    canceled,
    fill_replies,
    identity,
    prevention,
    progress,
    where_set,
)
from openmargin.api.render_lists import ListedOrder, ListReply, list_reply, with_reports
from openmargin.api.render_trades import TradeReply, trade_reply
from openmargin.domain.enums import ExpiryReason
from openmargin.domain.events import OrderAmended
from openmargin.domain.money import format_e8
from openmargin.domain.order_types import ORDER_TYPES
from openmargin.domain.orders import Amendment, ListView, OrderView, PreventedMatch
from openmargin.history.rows import TradeRow

_NEVER = -1
"""The time of what has not happened yet."""


def shown_placed(placed: PlacedOrder, response_type: str, per_ms: int) -> OrderReply:
    """An order that was placed, alone or in a list, in the form that the sender asked for."""
    order = placed.order
    reply = identity(order) if response_type == "ACK" else progress(order)
    reply.order_list_id = order.spec.list_id
    reply.transact_time = order.spec.placed_at_ms * per_ms
    if response_type == "ACK":
        return reply
    _add_details(reply, order, per_ms)
    reply.working_time = _time(order.working_at_ms, per_ms)
    if response_type == "FULL":
        reply.fills = fill_replies(placed.fills)
        if placed.prevented:
            reply.prevented_matches = [_own_prevented(match) for match in placed.prevented]
            if placed.prevented[0].trade_group_id >= 0:
                reply.trade_group_id = placed.prevented[0].trade_group_id
    return reply


def canceled_order(ended: Ended, per_ms: int) -> OrderReply:
    """An order that a cancel ended, alone or with its list."""
    order = ended.order
    reply = canceled(order, ended.cancel_client_id)
    reply.transact_time = order.updated_at_ms * per_ms
    return _add_details(reply, order, per_ms)


def order_row(order: OrderView, per_ms: int) -> OrderReply:
    """An order in the answer to a query. Stop price and iceberg quantity are always there."""
    spec = order.spec
    reply = _add_details(progress(order), order, per_ms)
    reply.stop_price = format_e8(spec.stop_price)
    reply.iceberg_qty = format_e8(spec.iceberg_quantity)
    reply.time = spec.placed_at_ms * per_ms
    reply.update_time = order.updated_at_ms * per_ms
    reply.is_working = order.working_at_ms > 0
    reply.working_time = _time(order.working_at_ms, per_ms)
    return reply


def _add_details(reply: OrderReply, order: OrderView, per_ms: int) -> OrderReply:
    """What the spot API shows of every order, and what it shows where it applies."""
    spec = order.spec
    reply.order_list_id = spec.list_id
    reply.orig_quote_order_qty = format_e8(spec.quote_quantity)
    reply.self_trade_prevention_mode = prevention(order)
    reply.iceberg_qty = where_set(spec.iceberg_quantity)
    if ORDER_TYPES[spec.type].waits:
        reply.stop_price = format_e8(spec.stop_price)
    if spec.trailing_delta:
        reply.trailing_delta = spec.trailing_delta
        reply.trailing_time = _time(order.trailing_at_ms, per_ms)
    if spec.strategy_id is not None:
        reply.strategy_id = spec.strategy_id
    if spec.strategy_type is not None:
        reply.strategy_type = spec.strategy_type
    if order.prevented_quantity:
        reply.prevented_match_id = order.prevented_match_id
        reply.prevented_quantity = format_e8(order.prevented_quantity)
    if order.expiry_reason is not ExpiryReason.NONE:
        reply.expiry_reason = order.expiry_reason.name
    return reply


def _own_prevented(match: PreventedMatch) -> OwnPreventedMatch:
    return OwnPreventedMatch(
        match.prevented_match_id,
        match.maker_order_id,
        format_e8(match.price),
        where_set(match.taker_quantity),
        where_set(match.maker_quantity),
    )


def _time(at_ms: int, per_ms: int) -> int:
    return at_ms * per_ms or _NEVER


# --- amendments ------------------------------------------------------------------------------------------------


class AmendedOrder(OrderReply, kw_only=True):
    """The only place where Binance calls quantities thus."""

    qty: str
    prevented_qty: str
    quote_order_qty: str
    cumulative_quote_qty: str


class AmendedList(Reply):
    order_list_id: int
    contingency_type: str
    list_order_status: str
    list_client_order_id: str
    symbol: str
    orders: list[ListedOrder]


class Amended(Reply):
    transact_time: int
    execution_id: int
    amended_order: AmendedOrder
    list_status: AmendedList | UnsetType


def amended(event: OrderAmended, per_ms: int) -> Amended:
    """An order after its amendment, with the list that it belongs to."""
    order, amendment = event.order, event.amendment
    shown = _add_details(progress(order), order, per_ms)
    shown.orig_client_order_id = amendment.previous_client_order_id
    shown.orig_qty = shown.orig_quote_order_qty = shown.cummulative_quote_qty = shown.prevented_quantity = (
        UNSET
    )
    if order.working_at_ms:
        shown.working_time = _time(order.working_at_ms, per_ms)
    reply = AmendedOrder(
        qty=format_e8(order.spec.quantity),
        prevented_qty=format_e8(order.prevented_quantity),
        quote_order_qty=format_e8(order.spec.quote_quantity),
        cumulative_quote_qty=format_e8(order.executed_quote),
        **msgspec.structs.asdict(shown),
    )
    return Amended(
        amendment.at_ms * per_ms,
        amendment.amendment_id,
        reply,
        _amended_list(event.order_list) if event.order_list is not None else UNSET,
    )


def _amended_list(order_list: ListView) -> AmendedList:
    reply = list_reply(order_list)
    return AmendedList(
        reply.order_list_id,
        reply.contingency_type,
        reply.list_order_status,
        reply.list_client_order_id,
        reply.symbol,
        reply.orders,
    )


class AmendmentReply(Reply):
    symbol: str
    order_id: int
    execution_id: int
    orig_client_order_id: str
    new_client_order_id: str
    orig_qty: str
    new_qty: str
    time: int


def amendment_row(amendment: Amendment, per_ms: int) -> AmendmentReply:
    return AmendmentReply(
        amendment.symbol,
        amendment.order_id,
        amendment.amendment_id,
        amendment.previous_client_order_id,
        amendment.client_order_id,
        format_e8(amendment.previous_quantity),
        format_e8(amendment.quantity),
        amendment.at_ms * per_ms,
    )


# --- lists and trades ------------------------------------------------------------------------------------------


def list_row(order_list: ListView, per_ms: int) -> ListReply:
    """An order list in the answer to a query."""
    reply = list_reply(order_list)
    reply.transaction_time *= per_ms
    return reply


def shown_placed_list(placed: PlacedList, response_type: str, per_ms: int) -> ListReply:
    """A list that was placed, with all of its orders in the form that the sender asked for."""
    reports = {
        order_id: shown_placed(order, response_type, per_ms) for order_id, order in placed.orders.items()
    }
    reply = with_reports(placed.order_list, reports)
    reply.transaction_time *= per_ms
    return reply


def canceled_list(done: EndedList, per_ms: int) -> ListReply:
    """A list that a cancel ended, with its orders that were open."""
    reports = {order_id: canceled_order(ended, per_ms) for order_id, ended in done.orders.items()}
    reply = with_reports(done.order_list, reports)
    reply.transaction_time *= per_ms
    return reply


def trade_row(row: TradeRow, per_ms: int) -> TradeReply:
    reply = trade_reply(row, per_ms)
    reply.order_list_id = row.list_id
    reply.quote_qty = format_e8(row.fill.quote_quantity)
    return reply
