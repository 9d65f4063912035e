"""Placing and cancelling orders: check, borrow, reserve, match, settle, then rest or end.

Each function is a ladder: every check comes before the line from which nothing may be refused.
"""

from __future__ import annotations

from typing import Final

from openmargin.domain.commands import CancelAllOrders, CancelOrder, PlaceOrder
from openmargin.domain.enums import BORROWING, LoanSource, SideEffect, TimeInForce
from openmargin.domain.events import OrderOpened
from openmargin.domain.ids import CROSS, SPOT, generated_client_id
from openmargin.domain.money import Atoms, notional_max, with_buffer
from openmargin.domain.order_types import ORDER_TYPES
from openmargin.domain.orders import OrderSpec
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine import (
    accounts,
    books,
    filters,
    house,
    ledger,
    loans,
    matching,
    order_counts,
    settlement,
)
from openmargin.engine.state import Book, Order, State, TradingAccount
from openmargin.engine.transitions import CANCEL, EXPIRE

GTC: Final = TimeInForce.GTC
FOK: Final = TimeInForce.FOK
NO_SIDE_EFFECT: Final = SideEffect.NO_SIDE_EFFECT
TYPES: Final = ORDER_TYPES


def place(state: State, command: PlaceOrder) -> Rejected | None:
    """Accept or refuse an order, and trade it as far as the book allows."""
    scope = command.scope
    account = accounts.trading(state, command.account_id, scope)
    if account is None:
        return Rejected(Reason.UNKNOWN_SCOPE)
    book = state.books.get(command.symbol)
    if book is None:
        return Rejected(Reason.UNKNOWN_SYMBOL)
    rules = book.rules
    if not rules.trading:
        return Rejected(Reason.SYMBOL_CLOSED)
    if scope == CROSS and not rules.cross_margin:
        return Rejected(Reason.SYMBOL_NOT_ON_MARGIN)
    side_effect = command.side_effect
    if scope == SPOT and side_effect is not NO_SIDE_EFFECT:
        return Rejected(Reason.SYMBOL_NOT_ON_MARGIN)

    house.lay_out(state, book)
    order_type = command.type
    row = TYPES[order_type]
    time_in_force = command.time_in_force
    side = command.side
    sign = int(side)
    price = command.price
    quantity = command.quantity
    budget = command.quote_quantity
    if budget:
        matches = matching.walk_quote(book, sign, budget, rules.step_size)
        quantity = matching.quantity_of(matches)
        if quantity < rules.min_quantity:
            return Rejected(Reason.NO_LIQUIDITY_FOR_QUOTE_QUANTITY)
    else:
        matches = matching.walk(book, sign, price, quantity)
    broken = filters.broken_filter(book, account, row, sign, price, quantity, state.at_ms)
    if broken is not None:
        return Rejected(broken)
    client_order_id = command.client_order_id
    open_orders = account.open_orders.get(book.symbol)
    if client_order_id and open_orders is not None and client_order_id in open_orders.by_client_id:
        return Rejected(Reason.DUPLICATE_CLIENT_ORDER_ID)
    full = order_counts.full_window(state, account)
    if full >= 0:
        return Rejected(
            Reason.TOO_MANY_ORDERS, f"{state.order_limits[full]}/{account.order_counts[full].interval_ms}"
        )
    if matches and not row.takes_liquidity:
        return Rejected(Reason.WOULD_TAKE)
    if time_in_force is FOK and matching.quantity_of(matches) < quantity:
        matches = []

    asset = rules.quote if sign > 0 else rules.base
    needed = _needed(sign, price, quantity, budget, matches)
    wallet = account.wallets.get(asset)
    free = wallet.free if wallet is not None else 0
    loan = 0
    if needed > free:
        if side_effect not in BORROWING:
            return Rejected(Reason.INSUFFICIENT_BALANCE)
        if not row.has_price and sign > 0 and not budget:
            needed = with_buffer(needed, state.venue.margin.market_buffer)
        loan = max(needed - free, state.assets[asset].min_borrow)
        refused = loans.refuse_borrow(state, account, asset, loan)
        if refused is not None:
            return refused

    # From here on nothing may be refused.
    if loan:
        loans.lend(state, account, asset, loan, LoanSource.AUTO)
    order_id = book.next_order_id
    book.next_order_id = order_id + 1
    spec = OrderSpec(
        book.symbol,
        order_id,
        account.account_id,
        scope,
        client_order_id or next_client_id(state),
        side,
        order_type,
        time_in_force,
        quantity,
        budget,
        price,
        command.self_trade_prevention,
        side_effect,
        command.auto_repay_at_cancel,
        state.at_ms,
    )
    order = enlist(book, account, spec)
    order.loan = loan
    order.funds = needed
    order.held = settlement.reserve(order) if price else matching.cost_of(matches) if sign > 0 else quantity
    ledger.lock(state, order.pays_with, order.held)
    order_counts.add(account, 1, state.at_ms)
    state.events.append(OrderOpened(order.view(), loan, asset if loan else ""))
    for match in matches:
        settlement.settle(state, book, order, match)
    if order.remaining == 0:
        return None
    if row.rests and time_in_force is GTC:
        books.rest(book, order)
    else:
        settlement.end(state, book, order, EXPIRE)
    return None


def _needed(sign: int, price: int, quantity: Atoms, budget: Atoms, matches: list[matching.Match]) -> Atoms:
    """What the order must be able to pay: at its limit, or at what the book asks of a market order."""
    if sign < 0:
        return quantity
    if price:
        return notional_max(quantity, price)
    return budget or matching.cost_of(matches)


def enlist(book: Book, account: TradingAccount, spec: OrderSpec) -> Order:
    """The live order of a spec, whole and known to its account; not yet in the book."""
    rules = book.rules
    base, quote = account.wallet(rules.base), account.wallet(rules.quote)
    order = Order(spec, account, quote, base) if spec.side > 0 else Order(spec, account, base, quote)
    siblings = account.orders_in(book.symbol)
    siblings.by_id[order.order_id] = order
    siblings.by_client_id[order.client_order_id] = order
    order.siblings = siblings
    if order.sign > 0:
        siblings.buying += order.remaining
    return order


def next_client_id(state: State) -> str:
    """A name for an order or a cancel whose sender gave none."""
    ordinal = state.generated_names
    state.generated_names = ordinal + 1
    return generated_client_id(state.seq, ordinal)


def cancel(state: State, command: CancelOrder) -> Rejected | None:
    """End one open order of the account. Another's order looks like no order."""
    account = accounts.trading(state, command.account_id, command.scope)
    if account is None:
        return Rejected(Reason.UNKNOWN_SCOPE)
    book = state.books.get(command.symbol)
    if book is None:
        return Rejected(Reason.UNKNOWN_SYMBOL)
    open_orders = account.open_orders.get(command.symbol)
    if open_orders is None:
        return Rejected(Reason.UNKNOWN_ORDER)
    if command.order_id:
        order = open_orders.by_id.get(command.order_id)
    else:
        order = open_orders.by_client_id.get(command.client_order_id)
    if order is None:
        return Rejected(Reason.UNKNOWN_ORDER)
    if command.order_id and command.client_order_id and command.client_order_id != order.client_order_id:
        return Rejected(Reason.CLIENT_ORDER_ID_MISMATCH)

    # From here on nothing may be refused.
    settlement.end(state, book, order, CANCEL, command.cancel_client_id or next_client_id(state))
    return None


def cancel_all(state: State, command: CancelAllOrders) -> Rejected | None:
    """End every open order of the account in one symbol; MAX_NUM_ORDERS bounds how many that can be."""
    account = accounts.trading(state, command.account_id, command.scope)
    if account is None:
        return Rejected(Reason.UNKNOWN_SCOPE)
    book = state.books.get(command.symbol)
    if book is None:
        return Rejected(Reason.UNKNOWN_SYMBOL)
    open_orders = account.open_orders.get(command.symbol)
    if open_orders is None or not open_orders.by_id:
        return Rejected(Reason.NO_OPEN_ORDERS)

    # From here on nothing may be refused.
    cancel_client_id = next_client_id(state)
    for order in list(open_orders.by_id.values()):
        settlement.end(state, book, order, CANCEL, cancel_client_id)
    return None
