"""Orders and trades as the spot API shows them; `per_ms` is the unit of their times.

Most fields of an order are there only where they say something: the reference calls them conditional.
"""

from __future__ import annotations

from openmargin.api.outcomes import Ended, EndedList, PlacedList, PlacedOrder
from openmargin.api.render import (
    OrderReply,
    OwnPreventedMatch,
    canceled,
    fill_replies,
    identity,
    prevention,
    progress,
    where_set,
)
from openmargin.api.render_lists import ListReply, list_reply, with_reports
from openmargin.api.render_trades import TradeReply, trade_reply
from openmargin.domain.enums import ExpiryReason
from openmargin.domain.money import format_e8
from openmargin.domain.order_types import ORDER_TYPES
from openmargin.domain.orders import ListView, OrderView, PreventedMatch
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
