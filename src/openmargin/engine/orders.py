"""Placing and cancelling orders: check, borrow, reserve, match, settle, then rest or end.

Each function is a ladder: every check comes before the line from which nothing may be refused.
"""

from __future__ import annotations

from openmargin.domain.commands import CancelAllOrders, CancelOrder, PlaceOrder
from openmargin.domain.enums import LoanSource, OrderType, SymbolStatus, TimeInForce
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
from openmargin.engine.state import Order, State, TradingAccount
from openmargin.engine.transitions import Move


def place(state: State, command: PlaceOrder) -> Rejected | None:
    """Accept or refuse an order, and trade it as far as the book allows."""
    account = accounts.trading(state, command.account_id, command.scope)
    if account is None:
        return Rejected(Reason.UNKNOWN_SCOPE)
    book = state.books.get(command.symbol)
    if book is None:
        return Rejected(Reason.UNKNOWN_SYMBOL)
    rules = book.rules
    if rules.status is not SymbolStatus.TRADING:
        return Rejected(Reason.SYMBOL_CLOSED)
    if command.scope == CROSS and not rules.cross_margin:
        return Rejected(Reason.SYMBOL_NOT_ON_MARGIN)
    borrows = command.side_effect.borrows
    if command.scope == SPOT and (borrows or command.side_effect.repays):
        return Rejected(Reason.SYMBOL_NOT_ON_MARGIN)

    house.lay_out(state, book)
    row = ORDER_TYPES[command.type]
    sign = int(command.side)
    quantity = command.quantity
    if command.quote_quantity:
        matches = matching.walk_quote(book, sign, command.quote_quantity, rules.step_size)
        quantity = matching.quantity_of(matches)
        if quantity < (rules.min_quantity or rules.step_size):
            return Rejected(Reason.NO_LIQUIDITY_FOR_QUOTE_QUANTITY)
    else:
        matches = matching.walk(book, sign, command.price, quantity)
    broken = filters.broken_filter(book, account, row, command.side, command.price, quantity, state.at_ms)
    if broken is not None:
        return Rejected(broken)
    open_orders = account.open_orders.get(command.symbol)
    if (
        command.client_order_id
        and open_orders is not None
        and command.client_order_id in open_orders.by_client_id
    ):
        return Rejected(Reason.DUPLICATE_CLIENT_ORDER_ID)
    full = order_counts.full_window(state.venue.orders, account, state.at_ms)
    if full is not None:
        limit = order_counts.limit_of(state.venue.orders, full)
        return Rejected(Reason.TOO_MANY_ORDERS, f"{limit}/{full.interval_ms}")
    if matches and not row.takes_liquidity:
        return Rejected(Reason.WOULD_TAKE)
    if command.time_in_force is TimeInForce.FOK and matching.quantity_of(matches) < quantity:
        matches = []

    asset = rules.quote if sign > 0 else rules.base
    needed = _needed(command, quantity, matches)
    wallet = account.wallets.get(asset)
    free = wallet.free if wallet is not None else 0
    loan = 0
    if needed > free:
        if not borrows:
            return Rejected(Reason.INSUFFICIENT_BALANCE)
        if command.type is OrderType.MARKET and sign > 0 and not command.quote_quantity:
            needed = with_buffer(needed, state.venue.margin.market_buffer)
        loan = max(needed - free, state.assets[asset].min_borrow)
        refused = loans.refuse_borrow(state, account, asset, loan)
        if refused is not None:
            return refused

    # From here on nothing may be refused.
    if loan:
        loans.lend(state, account, asset, loan, LoanSource.AUTO)
    order = _open(state, command, account, quantity, rules.base, rules.quote)
    order.loan = loan
    order.funds = needed
    order.held = (
        settlement.reserve(order) if order.price else matching.cost_of(matches) if sign > 0 else quantity
    )
    ledger.lock(state, order.pays_with, order.held)
    order_counts.add(account, 1, state.at_ms)
    state.events.append(OrderOpened(order.view(), loan, asset if loan else ""))
    for match in matches:
        settlement.settle(state, book, order, match)
    if order.remaining == 0:
        return None
    if row.rests and command.time_in_force is TimeInForce.GTC:
        books.rest(book, order)
    else:
        settlement.end(state, book, order, Move.EXPIRE)
    return None


def _needed(command: PlaceOrder, quantity: Atoms, matches: list[matching.Match]) -> Atoms:
    """What the order must be able to pay: at its limit, or at what the book asks of a market order."""
    if int(command.side) < 0:
        return quantity
    if command.price:
        return notional_max(quantity, command.price)
    return command.quote_quantity or matching.cost_of(matches)


def _open(
    state: State, command: PlaceOrder, account: TradingAccount, quantity: Atoms, base: str, quote: str
) -> Order:
    """Give an accepted order its id and its name, and enter it among the account's open orders."""
    book = state.books[command.symbol]
    order_id = book.next_order_id
    book.next_order_id = order_id + 1
    spec = OrderSpec(
        command.symbol,
        order_id,
        command.account_id,
        command.scope,
        command.client_order_id or next_client_id(state),
        command.side,
        command.type,
        command.time_in_force,
        quantity,
        command.quote_quantity,
        command.price,
        command.self_trade_prevention,
        command.side_effect,
        command.auto_repay_at_cancel,
        state.at_ms,
    )
    paid, received = (quote, base) if int(command.side) > 0 else (base, quote)
    order = Order(spec, account, account.wallet(paid), account.wallet(received))
    open_orders = account.orders_in(command.symbol)
    open_orders.by_id[order_id] = order
    open_orders.by_client_id[spec.client_order_id] = order
    if order.sign > 0:
        open_orders.buying += quantity
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
    if command.order_id and command.client_order_id and command.client_order_id != order.spec.client_order_id:
        return Rejected(Reason.CLIENT_ORDER_ID_MISMATCH)

    # From here on nothing may be refused.
    settlement.end(state, book, order, Move.CANCEL, command.cancel_client_id or next_client_id(state))
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
        settlement.end(state, book, order, Move.CANCEL, cancel_client_id)
    return None
