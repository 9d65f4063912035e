"""Lowering the quantity of an open order in its place (mechanics 11).

The order keeps its id and its turn, and counts as no new one. The two orders of a pair are amended together.
"""

from __future__ import annotations

import msgspec

from openmargin.domain.commands import AmendOrder
from openmargin.domain.events import OrderAmended
from openmargin.domain.money import Atoms
from openmargin.domain.orders import Amendment
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine import asks, filters, orders, settlement
from openmargin.engine.state import Book, Order, State


def amend(state: State, command: AmendOrder) -> Rejected | None:
    """Take away from what remains of an order, and free what was held for it."""
    found = asks.find(state, command.account_id, command.scope, command.symbol)
    if isinstance(found, Rejected):
        return found
    account, book = found
    if account.liquidation is not None:
        return Rejected(Reason.LIQUIDATING_NO_TRADE)
    if not book.rules.trading:
        return Rejected(Reason.SYMBOL_CLOSED)
    order = orders.find_open(account, command.symbol, command.order_id, command.client_order_id)
    if isinstance(order, Rejected):
        return order
    for leg in _together(order):
        broken = _broken_rule(state, book, leg, command.quantity)
        if broken is not None:
            return Rejected(broken)
    name = command.new_client_order_id
    if name and name != order.client_order_id and name in account.orders_in(book.symbol).by_client_id:
        return Rejected(Reason.DUPLICATE_CLIENT_ORDER_ID)

    # From here on nothing may be refused.
    legs = _together(order)
    previous = [(leg.client_order_id, leg.spec.quantity) for leg in legs]
    _rename(order, name or asks.next_client_id(state))
    for leg in legs:
        _shrink(state, book, leg, command.quantity)
    for leg, (previous_name, previous_quantity) in zip(legs, previous, strict=True):
        amendment_id = book.next_amendment_id
        book.next_amendment_id = amendment_id + 1
        amendment = Amendment(
            amendment_id,
            book.symbol,
            leg.order_id,
            previous_name,
            leg.client_order_id,
            previous_quantity,
            command.quantity,
            state.at_ms,
        )
        order_list = order.order_list if leg is order else None
        listed = order_list.view() if order_list is not None else None
        state.events.append(OrderAmended(leg.view(), amendment, listed))
    return None


def _together(order: Order) -> list[Order]:
    """The order, and the other one where they are a pair."""
    order_list = order.order_list
    if not order.is_paired or order_list is None:
        return [order]
    return [order, *[leg for leg in order_list.legs[-2:] if leg is not order]]


def _broken_rule(state: State, book: Book, order: Order, quantity: Atoms) -> Reason | None:
    """Why the order may not be of that quantity; None where it may."""
    spec = order.spec
    if quantity == spec.quantity:
        return Reason.QUANTITY_UNCHANGED
    if quantity > spec.quantity:
        return Reason.QUANTITY_RAISED
    broken = filters.broken_size(book, order.row, order.price, spec.stop_price, 0, quantity, state.at_ms)
    if broken is not None:
        return broken
    if quantity <= order.executed + order.prevented:
        return Reason.QUANTITY_DONE
    if order.amendments >= book.rules.max_num_order_amends:
        return Reason.MAX_NUM_ORDER_AMENDS
    return None


def _rename(order: Order, name: str) -> None:
    siblings = order.siblings
    assert siblings is not None, "only an open order is amended"
    del siblings.by_client_id[order.client_order_id]
    siblings.by_client_id[name] = order
    order.client_order_id = name
    order.spec = msgspec.structs.replace(order.spec, client_order_id=name)


def _shrink(state: State, book: Book, order: Order, quantity: Atoms) -> None:
    """An iceberg gives up what it hides first, and shows less only where all of it is less than what it showed."""
    lost = order.spec.quantity - quantity
    order.iceberg = min(order.iceberg, quantity)
    order.spec = msgspec.structs.replace(order.spec, quantity=quantity, iceberg_quantity=order.iceberg)
    order.amendments += 1
    order.updated_at_ms = state.at_ms
    settlement.cut(state, book, order, lost)
    if not order.is_paired:
        settlement.hold(state, order, settlement.reserve(order))
