"""OCO, OTO and OTOCO: orders that depend on each other, as moves between the phases of their list (semantics 7).

A pair shares one set of funds, which the list holds until one order of the pair trades or triggers. A pending order
is funded from the start, and comes to life when the working order is full.
"""

from __future__ import annotations

from typing import Final

from openmargin.domain.commands import CancelOrderList, PlaceOrderList
from openmargin.domain.enums import Contingency, ExpiryReason, LoanSource, OrderStatus, SideEffect
from openmargin.domain.events import ListChanged, OrderActivated, OrderOpened
from openmargin.domain.money import Atoms
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine import (
    asks,
    execution,
    ledger,
    loans,
    open_loss,
    order_counts,
    settlement,
    triggers,
)
from openmargin.engine.asks import Ask
from openmargin.engine.state import Book, OpenOrders, Order, OrderList, State, TradingAccount
from openmargin.engine.transitions import ACTIVATE, CANCEL, EXPIRE, FILLED, ListMove, ListPhase

LEGS: Final = {Contingency.OCO: 2, Contingency.OTO: 2, Contingency.OTOCO: 3}


def place(state: State, command: PlaceOrderList) -> Rejected | None:
    """Accept or refuse a whole list, and start what may start."""
    found = asks.enter(state, command)
    if isinstance(found, Rejected):
        return found
    account, book = found
    side_effect = command.side_effect
    mode = command.self_trade_prevention
    if (
        side_effect is SideEffect.AUTO_BORROW_REPAY
        and command.contingency is not Contingency.OCO
        and not state.venue.orders.oto_borrow_and_repay
    ):
        return Rejected(Reason.PARAMETERS_DO_NOT_FIT)
    wanted = [asks.ask_for_leg(leg) for leg in command.legs]
    refused = _refuse_shape(book, command, wanted) or _refuse_names(account, book, command, wanted)
    if refused is not None:
        return refused
    wanted = _contingent_first(command.contingency, wanted)
    starting = wanted if command.contingency is Contingency.OCO else wanted[:1]
    for ask in starting:
        asks.meet(book, account, ask, mode)
    for ask in wanted:
        refused = asks.refuse(state, book, account, ask)
        if refused is not None:
            return refused
    refused = asks.refuse_count(state, account, len(wanted))
    if refused is not None:
        return refused
    for ask in starting:
        refused = asks.refuse_now(book, ask)
        if refused is not None:
            return refused

    needed = _needed(state, book, command.contingency, wanted)
    loan, loan_asset = 0, ""
    for asset, amount in needed.items():
        wallet = account.wallets.get(asset)
        free = wallet.free if wallet is not None else 0
        if amount <= free:
            continue
        if not asks.borrows(side_effect) or loan:
            return Rejected(Reason.INSUFFICIENT_BALANCE)
        loan, loan_asset = max(amount - free, state.assets[asset].min_borrow), asset
        refused = loans.refuse_borrow(state, account, asset, loan)
        if refused is not None:
            return refused
    if account.debts or loan:
        loss = _loss(state, book, account, command.contingency, wanted)
        refused = open_loss.refuse(state, account, loss, loan_asset, loan)
        if refused is not None:
            return refused

    # From here on nothing may be refused.
    if loan:
        loans.lend(state, account, loan_asset, loan, LoanSource.AUTO)
    order_list = _open(state, account, command)
    order_list.loan = loan
    order_list.loan_asset = loan_asset
    order_list.funds = needed.get(loan_asset, 0)
    for number, ask in enumerate(wanted):
        order = asks.accept(
            state,
            book,
            account,
            ask,
            order_list.list_id,
            mode,
            side_effect,
            command.auto_repay_at_cancel,
        )
        order.order_list = order_list
        order_list.legs.append(order)
        if number and command.contingency is not Contingency.OCO:
            order.status = OrderStatus.PENDING_NEW
        elif not ask.row.waits:
            order.working_at_ms = state.at_ms
    _fund(state, order_list)
    order_counts.add(account, len(wanted), state.at_ms)
    state.events.append(ListChanged(order_list.view(), loan, loan_asset))
    for order in order_list.legs:
        state.events.append(OrderOpened(order.view()))
    for order, ask in zip(order_list.legs, starting, strict=False):
        execution.begin(state, book, order, ask.matches)
    return None


def _refuse_shape(book: Book, command: PlaceOrderList, wanted: list[Ask]) -> Rejected | None:
    """Do the legs fit the kind of list, and stand on the right sides of the market?"""
    if len(wanted) != LEGS[command.contingency]:
        return Rejected(Reason.LEGS_DO_NOT_FIT)
    if command.contingency is not Contingency.OCO and (wanted[0].row.waits or not wanted[0].row.rests):
        return Rejected(Reason.LEGS_DO_NOT_FIT)
    if command.contingency is Contingency.OTO:
        return Rejected(Reason.LEGS_DO_NOT_FIT) if wanted[1].budget else None
    above, below = wanted[-2], wanted[-1]
    if above.sign != below.sign or above.quantity != below.quantity:
        return Rejected(Reason.LEGS_DO_NOT_FIT)
    if not all(ask.row.waits or ask.row.rests for ask in (above, below)):
        return Rejected(Reason.LEGS_DO_NOT_FIT)
    if above.row.waits == below.row.waits and above.row.stop == below.row.stop:
        return Rejected(Reason.LEGS_DO_NOT_FIT)
    if not (_stands(above, 1) and _stands(below, -1)):
        return Rejected(Reason.LIST_PRICES_WRONG)
    upper, lower = above.stop_price or above.price, below.stop_price or below.price
    if upper and lower and upper <= lower:
        return Rejected(Reason.LIST_PRICES_WRONG)
    price = book.last_price
    if command.contingency is Contingency.OCO and price:
        for ask, where in ((above, 1), (below, -1)):
            level = ask.stop_price or (0 if ask.row.waits else ask.price)
            if level and where * (level - price) <= 0:
                return Rejected(Reason.LIST_PRICES_WRONG)
    return None


def _stands(ask: Ask, where: int) -> bool:
    """May an order of this side and type stand above (1) or below (-1) the market?"""
    if ask.row.waits:
        return ask.sign * ask.row.stop == where
    return -ask.sign == where


def _contingent_first(contingency: Contingency, wanted: list[Ask]) -> list[Ask]:
    """The legs as they are numbered and told: of a pair the one that waits for a stop, then the other (semantics 7)."""
    if contingency is Contingency.OTO or wanted[-2].row.waits or not wanted[-1].row.waits:
        return wanted
    return [*wanted[:-2], wanted[-1], wanted[-2]]


def _refuse_names(
    account: TradingAccount, book: Book, command: PlaceOrderList, wanted: list[Ask]
) -> Rejected | None:
    """Is there room for one more list with all its orders, and is every name new?"""
    orders = account.open_orders.get(book.symbol) or OpenOrders()
    rules = book.rules
    if len(orders.lists) >= rules.max_num_order_lists:
        return Rejected(Reason.MAX_NUM_ORDER_LISTS)
    if command.client_list_id and command.client_list_id in orders.lists:
        return Rejected(Reason.DUPLICATE_CLIENT_LIST_ID)
    if len(orders.by_id) + len(wanted) > rules.max_num_orders:
        return Rejected(Reason.MAX_NUM_ORDERS)
    waiting = sum(ask.row.waits for ask in wanted)
    if waiting and orders.waiting + waiting > rules.max_num_algo_orders:
        return Rejected(Reason.MAX_NUM_ALGO_ORDERS)
    icebergs = sum(ask.iceberg != 0 for ask in wanted)
    if icebergs and orders.icebergs + icebergs > rules.max_num_iceberg_orders:
        return Rejected(Reason.MAX_NUM_ICEBERG_ORDERS)
    names = [ask.client_order_id for ask in wanted if ask.client_order_id]
    for place_of_name, name in enumerate(names):
        if name in names[:place_of_name]:
            return Rejected(Reason.DUPLICATE_CLIENT_ORDER_ID)
    return None


def _needed(state: State, book: Book, contingency: Contingency, wanted: list[Ask]) -> dict[str, Atoms]:
    """What the list must be able to pay in each asset: all of its orders, a pair once, for the dearer (A9)."""
    needed: dict[str, Atoms] = {}
    pair = wanted[-2:] if contingency is not Contingency.OTO else []
    for number, ask in enumerate(wanted[: len(wanted) - len(pair)]):
        asset = asks.pays_with(book, ask)
        needed[asset] = needed.get(asset, 0) + asks.needs(state, book, ask, is_pending=number > 0)
    if pair:
        asset = asks.pays_with(book, pair[0])
        dearer = max(asks.needs(state, book, pair[0]), asks.needs(state, book, pair[1]))
        needed[asset] = needed.get(asset, 0) + dearer
    return needed


def _loss(
    state: State, book: Book, account: TradingAccount, contingency: Contingency, wanted: list[Ask]
) -> int:
    """What the list would lose: all of its orders, of a pair only the one that loses more (A10)."""
    losses: list[int] = []
    for number, ask in enumerate(wanted):
        needed = asks.needs(state, book, ask, is_pending=number > 0)
        losses.append(open_loss.of_ask(state, book, account, ask, needed))
    if contingency is Contingency.OTO:
        return sum(losses)
    return sum(losses[:-2]) + max(losses[-2:])


def asked(command: PlaceOrderList) -> list[Ask]:
    """The orders of a list as they would be numbered; as they were sent where they are too few or too many."""
    wanted = [asks.ask_for_leg(leg) for leg in command.legs]
    fits = len(wanted) == LEGS[command.contingency]
    return _contingent_first(command.contingency, wanted) if fits else wanted


def funds_of(state: State, book: Book, command: PlaceOrderList) -> dict[str, Atoms]:
    """What a list must be able to pay in each asset."""
    return _needed(state, book, command.contingency, asked(command))


def loss_of(state: State, book: Book, account: TradingAccount, command: PlaceOrderList) -> int:
    """What a list would lose, e24."""
    return _loss(state, book, account, command.contingency, asked(command))


def _open(state: State, account: TradingAccount, command: PlaceOrderList) -> OrderList:
    list_id = state.next_list_id
    state.next_list_id = list_id + 1
    order_list = OrderList(
        list_id,
        command.symbol,
        account,
        command.contingency,
        command.client_list_id or asks.next_client_id(state),
        state.at_ms,
    )
    order_list.auto_repay = command.auto_repay_at_cancel
    state.lists[list_id] = order_list
    account.orders_in(command.symbol).lists[order_list.client_list_id] = order_list
    return order_list


def _fund(state: State, order_list: OrderList) -> None:
    """Lock what every order can cost; a pair's funds are the list's."""
    legs = order_list.legs
    pair = legs[-2:] if order_list.contingency is not Contingency.OTO else []
    for order in legs[: len(legs) - len(pair)]:
        settlement.hold(state, order, settlement.reserve(order))
    if pair:
        for order in pair:
            order.is_paired = True
        settlement.hold_pair(state, order_list)


def cancel(state: State, command: CancelOrderList) -> Rejected | None:
    """End a list and every order of it that is open."""
    found = asks.find(state, command.account_id, command.scope, command.symbol)
    if isinstance(found, Rejected):
        return found
    account, book = found
    orders = account.open_orders.get(command.symbol)
    if orders is None:
        return Rejected(Reason.UNKNOWN_LIST)
    if command.list_id >= 0:
        order_list = state.lists.get(command.list_id)
    else:
        order_list = orders.lists.get(command.client_list_id)
    if order_list is None or order_list.account is not account or order_list.symbol != command.symbol:
        return Rejected(Reason.UNKNOWN_LIST)
    if command.list_id >= 0 and command.client_list_id not in ("", order_list.client_list_id):
        return Rejected(Reason.CLIENT_LIST_ID_MISMATCH)

    # From here on nothing may be refused.
    end_by_user(state, book, order_list, command.cancel_client_id or asks.next_client_id(state))
    return None


def end_all(state: State, book: Book, orders: list[Order], cancel_client_id: str) -> None:
    """Cancel orders that are open, each with its list."""
    for order in orders:
        if order.siblings is None:
            continue  # It went with its list.
        if order.order_list is not None:
            end_by_user(state, book, order.order_list, cancel_client_id)
        else:
            settlement.end(state, book, order, CANCEL, cancel_client_id)


def end_by_user(state: State, book: Book, order_list: OrderList, cancel_client_id: str) -> None:
    """A user cancelled the list or one of its orders: all that are open end."""
    order_list.move(ListMove.CANCELED, state.at_ms)
    for order in _release(state, order_list):
        settlement.end(state, book, order, CANCEL, cancel_client_id)
    _close(state, order_list)


def _release(state: State, order_list: OrderList) -> list[Order]:
    """The open orders of a list that is ending, on their own from now on."""
    if order_list.held:
        ledger.lock(state, order_list.legs[-1].pays_with, -order_list.held)
        order_list.held = 0
    still_open: list[Order] = []
    for order in order_list.legs:
        order.order_list = None
        order.is_paired = False
        if order.siblings is not None:
            still_open.append(order)
    return still_open


def _close(state: State, order_list: OrderList) -> None:
    """Forget a list that is done, and repay what was borrowed for it and not spent."""
    del state.lists[order_list.list_id]
    del order_list.account.open_orders[order_list.symbol].lists[order_list.client_list_id]
    state.events.append(ListChanged(order_list.view()))
    if order_list.loan and order_list.auto_repay and order_list.account.liquidation is None:
        spent = 0
        for order in order_list.legs:
            if order.pays_with.asset == order_list.loan_asset:
                spent += order.spent()
        unused = min(order_list.loan, order_list.funds - spent)
        loans.repay_at_most(state, order_list.account, order_list.loan_asset, unused)


def follow(state: State, order: Order) -> None:
    """One order of a list traded, triggered, came full or ended: let the list take its next step."""
    order_list = order.order_list
    if order_list is None:
        return
    book = state.books[order_list.symbol]
    has_ended = order.siblings is None
    if order_list.phase is ListPhase.WORKING:
        if order.status is FILLED:
            order_list.move(ListMove.WORKING_FILLED, state.at_ms)
            order.order_list = None
            _bring_to_life(state, book, order_list)
        else:
            _end(state, book, order_list, ListMove.WORKING_ENDED, ExpiryReason.OTO_PHASE_ONE_EXPIRED)
        return
    if order_list.phase is ListPhase.PAIR and not order.is_paired:
        order_list.move(ListMove.LEG_CHOSEN, state.at_ms)
        for other in order_list.legs[-2:]:
            if other is not order:
                other.order_list = None
                settlement.end(state, book, other, EXPIRE, "", ExpiryReason.OCO_TRIGGER)
    if has_ended:
        _end(state, book, order_list, ListMove.LEG_ENDED, ExpiryReason.OCO_TRIGGER)


def wake(state: State, book: Book, order: Order) -> None:
    """A stop's price has come: of a pair it goes on alone, and then works."""
    settlement.choose(state, order)
    follow(state, order)
    execution.wake(state, book, order)


def _end(state: State, book: Book, order_list: OrderList, move: ListMove, reason: ExpiryReason) -> None:
    """The list is done: whatever of it is still open expires."""
    order_list.move(move, state.at_ms)
    for order in _release(state, order_list):
        settlement.end(state, book, order, EXPIRE, "", reason)
    _close(state, order_list)


def _bring_to_life(state: State, book: Book, order_list: OrderList) -> None:
    """The working order is full: place the pending ones as the market is now (semantics 7).

    One whose stop is reached already works at once. One that may not take liquidity and would is refused, and the
    list ends with it.
    """
    pending = order_list.legs[1:]
    for order in pending:
        order.move(ACTIVATE, state.at_ms)
        if not order.row.waits:
            order.working_at_ms = state.at_ms
        state.events.append(OrderActivated(order.view()))
    for order in pending:
        if triggers.reached(book, order):
            wake(state, book, order)
            return
    found = [[] if order.row.waits else execution.look(state, book, order) for order in pending]
    for order, matches in zip(pending, found, strict=True):
        if matches and not order.row.takes_liquidity:
            _end(state, book, order_list, ListMove.LEG_ENDED, ExpiryReason.REJECTED)
            return
    for order, matches in zip(pending, found, strict=True):
        execution.begin(state, book, order, matches)
