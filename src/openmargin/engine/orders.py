"""Placing and cancelling single orders: check, borrow, reserve, then let it work.

Each function is a ladder: every check comes before the line from which nothing may be refused.
"""

from __future__ import annotations

from openmargin.domain.commands import CancelAllOrders, CancelOrder, PlaceOrder
from openmargin.domain.enums import CancelRestriction, LoanSource, OrderStatus, SideEffect
from openmargin.domain.events import OrderOpened
from openmargin.domain.ids import NO_LIST
from openmargin.domain.money import E8, Atoms, floor_to_step, with_buffer
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine import (
    asks,
    execution,
    loans,
    matching,
    open_loss,
    order_counts,
    order_lists,
    settlement,
    tape,
)
from openmargin.engine.state import Book, Order, State, TradingAccount


def place(state: State, command: PlaceOrder) -> Rejected | None:
    """Accept or refuse an order, and trade it as far as the book allows."""
    found = asks.enter(state, command)
    if isinstance(found, Rejected):
        return found
    account, book = found
    side_effect = command.side_effect
    mode = command.self_trade_prevention
    ask = asks.ask_for(command)
    asks.meet(book, account, ask, mode)
    refused = asks.refuse(state, book, account, ask)
    if refused is None:
        refused = asks.refuse_count(state, account, 1)
    if refused is None:
        refused = asks.refuse_now(book, ask)
    if refused is not None:
        return refused
    if (
        ask.row.has_price
        and ask.time_in_force is asks.FOK
        and matching.quantity_of(ask.matches) < ask.quantity
    ):
        ask.matches = []

    funds = funding(state, account, book, ask, side_effect)
    asset, needed, loan = funds.asset, funds.needed, funds.loan
    if needed > funds.free:
        if not loan:
            return Rejected(Reason.INSUFFICIENT_BALANCE)
        refused = loans.refuse_borrow(state, account, asset, loan)
        if refused is not None:
            return refused
    if account.debts or loan:
        loss = open_loss.of_new(state, book, account, ask, needed)
        refused = open_loss.refuse(state, account, loss, asset, loan)
        if refused is not None:
            return refused

    # From here on nothing may be refused.
    if loan:
        loans.lend(state, account, asset, loan, LoanSource.AUTO)
    order = asks.accept(state, book, account, ask, NO_LIST, mode, side_effect, command.auto_repay_at_cancel)
    order.loan = loan
    order.funds = needed
    if ask.sign < 0 or ask.price:
        settlement.hold(state, order, needed)
    elif order.reserve_price:
        settlement.hold(state, order, settlement.reserve(order))
    else:
        settlement.hold(state, order, matching.cost_of(ask.matches))
    order_counts.add(account, 1, state.at_ms)
    if not ask.row.waits:
        order.working_at_ms = state.at_ms
    state.events.append(OrderOpened(order.view(), loan, asset if loan else ""))
    execution.begin(state, book, order, ask.matches)
    return None


class Funding:
    """What an order pays with, and where that comes from."""

    def __init__(self, asset: str, needed: Atoms, free: Atoms, loan: Atoms) -> None:
        self.asset: str = asset
        self.needed: Atoms = needed
        """With the buffer of a loan, where there is one."""
        self.free: Atoms = free
        self.loan: Atoms = loan
        """0 where nothing is missing, or the order may not borrow."""


def funding(
    state: State, account: TradingAccount, book: Book, ask: asks.Ask, side_effect: SideEffect
) -> Funding:
    """What an order needs, has, and would borrow: what is missing, and no less than the least loan (A7)."""
    asset = asks.pays_with(book, ask)
    needed = asks.needs(state, book, ask)
    wallet = account.wallets.get(asset)
    free = wallet.free if wallet is not None else 0
    if needed <= free or not asks.borrows(side_effect):
        return Funding(asset, needed, free, 0)
    if asks.may_borrow_more(ask):
        needed = with_buffer(needed, state.venue.margin.market_buffer)
    return Funding(asset, needed, free, max(needed - free, state.assets[asset].min_borrow))


def refuse_test(state: State, command: PlaceOrder) -> Rejected | None:
    """Why an order would be refused before it came to the book, funds and counts apart; changes nothing.

    What a quote quantity would buy is taken at the average price, because nobody looks at the book.
    """
    found = asks.find(state, command.account_id, command.scope, command.symbol)
    if isinstance(found, Rejected):
        return found
    account, book = found
    if account.liquidation is not None:
        return Rejected(Reason.LIQUIDATING_NO_TRADE)
    refused = asks.refuse_market(
        state, book, account.scope, command.side_effect, command.self_trade_prevention
    )
    if refused is not None:
        return refused
    ask = asks.ask_for(command)
    if ask.budget:
        ask.quantity = floor_to_step(
            ask.budget * E8 // tape.average_price(book, state.at_ms), book.rules.step_size
        )
    return asks.refuse(state, book, account, ask)


def cancel(state: State, command: CancelOrder) -> Rejected | None:
    """End one open order of the account, and its list with it. Another's order looks like no order."""
    found = asks.find(state, command.account_id, command.scope, command.symbol)
    if isinstance(found, Rejected):
        return found
    account, book = found
    order = find_open(account, command.symbol, command.order_id, command.client_order_id)
    if isinstance(order, Rejected):
        return order
    if not may_end(order, command.restriction):
        return Rejected(Reason.CANCEL_RESTRICTED)

    # From here on nothing may be refused.
    order_lists.end_all(state, book, [order], command.cancel_client_id or asks.next_client_id(state))
    return None


def find_open(account: TradingAccount, symbol: str, order_id: int, client_order_id: str) -> Order | Rejected:
    """An open order by id, by client id where the id is 0, or by both, which must then name the same one."""
    open_orders = account.open_orders.get(symbol)
    if open_orders is None:
        return Rejected(Reason.UNKNOWN_ORDER)
    order = open_orders.by_id.get(order_id) if order_id else open_orders.by_client_id.get(client_order_id)
    if order is None:
        return Rejected(Reason.UNKNOWN_ORDER)
    if order_id and client_order_id and client_order_id != order.client_order_id:
        return Rejected(Reason.CLIENT_ORDER_ID_MISMATCH)
    return order


def may_end(order: Order, restriction: CancelRestriction) -> bool:
    """Does the order's status allow a cancel that was restricted to one? What a liquidation placed, its owner may not end."""
    if order.is_forced:
        return False
    if restriction is CancelRestriction.NONE:
        return True
    wanted = OrderStatus.PARTIALLY_FILLED
    if restriction is CancelRestriction.ONLY_NEW:
        wanted = OrderStatus.NEW
    return order.status is wanted


def cancel_all(state: State, command: CancelAllOrders) -> Rejected | None:
    """End every open order and list of the account in one symbol; MAX_NUM_ORDERS bounds how many that can be."""
    found = asks.find(state, command.account_id, command.scope, command.symbol)
    if isinstance(found, Rejected):
        return found
    account, book = found
    open_orders = account.open_orders.get(command.symbol)
    if open_orders is None:
        return Rejected(Reason.NO_OPEN_ORDERS)
    chosen = [order for order in open_orders.by_id.values() if not order.is_forced]
    if not chosen:
        return Rejected(Reason.NO_OPEN_ORDERS)

    # From here on nothing may be refused.
    order_lists.end_all(state, book, chosen, asks.next_client_id(state))
    return None
