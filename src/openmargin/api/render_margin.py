"""Orders and order lists as the margin API shows them."""

from __future__ import annotations

from msgspec import UNSET

from openmargin.api.outcomes import Ended, EndedList, PlacedList, PlacedOrder
from openmargin.api.render import (
    OrderReply,
    canceled,
    fill_replies,
    identity,
    is_isolated,
    json_number,
    prevention,
    progress,
    where_set,
)
from openmargin.api.render_lists import ListReply, list_reply, with_reports
from openmargin.domain.money import format_e8
from openmargin.domain.orders import ListView, OrderView

# --- orders ----------------------------------------------------------------------------------------------------


def shown_placed(placed: PlacedOrder, response_type: str) -> OrderReply:
    """An order that was placed, in the form that the sender asked for; a loan is named only where there was one."""
    order = placed.order
    reply = identity(order) if response_type == "ACK" else progress(order)
    reply.is_isolated = is_isolated(order.spec.scope)
    reply.transact_time = order.spec.placed_at_ms
    if response_type == "ACK":
        return reply
    reply.self_trade_prevention_mode = prevention(order)
    if response_type == "FULL":
        reply.fills = fill_replies(placed.fills)
        if placed.borrowed:
            reply.margin_buy_borrow_amount = json_number(placed.borrowed)
            reply.margin_buy_borrow_asset = placed.borrowed_asset
    return reply


def canceled_order(order: OrderView, cancel_client_id: str) -> OrderReply:
    """One order in the answer to a cancel of all."""
    reply = canceled(order, cancel_client_id)
    reply.is_isolated = is_isolated(order.spec.scope)
    reply.order_list_id = order.spec.list_id
    reply.self_trade_prevention_mode = prevention(order)
    return reply


def canceled_single_order(order: OrderView, cancel_client_id: str) -> OrderReply:
    """The answer to a cancel of one order: the only place where Binance writes `orderId` as a string."""
    reply = canceled(order, cancel_client_id)
    reply.is_isolated = is_isolated(order.spec.scope)
    reply.order_id = str(reply.order_id)
    return reply


def order_row(order: OrderView) -> OrderReply:
    """An order in the answer to a query."""
    spec = order.spec
    reply = progress(order)
    reply.is_isolated = is_isolated(spec.scope)
    reply.stop_price = format_e8(spec.stop_price)
    reply.iceberg_qty = format_e8(spec.iceberg_quantity)
    reply.is_working = order.working_at_ms > 0
    reply.time = spec.placed_at_ms
    reply.update_time = order.updated_at_ms
    reply.self_trade_prevention_mode = prevention(order)
    return reply


# --- order lists -----------------------------------------------------------------------------------------------


def list_row(order_list: ListView) -> ListReply:
    """An order list in the answer to a query."""
    reply = list_reply(order_list)
    reply.is_isolated = is_isolated(order_list.scope)
    return reply


def shown_placed_list(placed: PlacedList, response_type: str) -> ListReply:
    """A list that was placed, with all of its orders; the loan is named only where there was one."""
    order_list = placed.order_list
    reports = {order_id: _placed_leg(order, response_type) for order_id, order in placed.orders.items()}
    reply = with_reports(order_list, reports)
    reply.is_isolated = is_isolated(order_list.scope)
    if placed.borrowed:
        reply.margin_buy_borrow_amount = format_e8(placed.borrowed)
        reply.margin_buy_borrow_asset = placed.borrowed_asset
    return reply


def _placed_leg(placed: PlacedOrder, response_type: str) -> OrderReply:
    order = placed.order
    reply = identity(order) if response_type == "ACK" else progress(order)
    reply.order_list_id = order.spec.list_id
    reply.transact_time = order.spec.placed_at_ms
    if response_type == "ACK":
        return reply
    reply.stop_price = where_set(order.spec.stop_price)
    reply.self_trade_prevention_mode = prevention(order)
    if response_type == "FULL":
        reply.fills = fill_replies(placed.fills)
    return reply


def canceled_list(done: EndedList, *, with_prevention: bool) -> ListReply:
    """A list that was cancelled, with those of its orders that ended with it and the name of the cancel.

    `with_prevention` says whether reports name the self-trade prevention mode: the reference has it in the answer to
    the cancel of a list, and not in the answer to the cancel of all orders.
    """
    order_list = done.order_list
    reports = {order_id: _canceled_leg(ended, with_prevention) for order_id, ended in done.orders.items()}
    reply = with_reports(order_list, reports)
    reply.is_isolated = is_isolated(order_list.scope)
    return reply


def _canceled_leg(ended: Ended, with_prevention: bool) -> OrderReply:
    order = ended.order
    reply = canceled(order, ended.cancel_client_id)
    reply.order_list_id = order.spec.list_id
    reply.stop_price = where_set(order.spec.stop_price)
    reply.iceberg_qty = where_set(order.spec.iceberg_quantity)
    reply.self_trade_prevention_mode = prevention(order) if with_prevention else UNSET
    return reply
