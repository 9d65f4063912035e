"""A locked account is liquidated, step by step (docs/liquidation.md, mechanics 7.2 and 7.3).

Owns: the order of the steps. Each is bounded: it ends the orders of one symbol, or trades, converts or takes over once.
What is sold for what stands in `sizing`, what a fill brings in `proceeds`, who pays what is left in `bankruptcy`.
"""

from __future__ import annotations

from typing import Final

from openmargin.domain.commands import ManualLiquidate
from openmargin.domain.enums import (
    Flow,
    LiquidationEnd,
    LiquidationKind,
    OrderType,
    SelfTradePrevention,
    Side,
    SideEffect,
    TimeInForce,
)
from openmargin.domain.events import DebtLiquidated, Flowed, OrderOpened, Repaid
from openmargin.domain.ids import NO_LIST, SPOT
from openmargin.domain.money import E8, Atoms
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine import (
    accounts,
    asks,
    bankruptcy,
    cascade,
    conversion,
    execution,
    house,
    liquidation_queue,
    matching,
    order_lists,
    proceeds,
    risk,
    settlement,
    sizing,
    solvency,
    takeover,
)
from openmargin.engine.liquidation_state import Liquidation
from openmargin.engine.sizing import Sale
from openmargin.engine.state import Book, State, TradingAccount
from openmargin.engine.transitions import CANCEL

SOLD: Final = (Flow.SELL_LIQUIDATION, Flow.BUY_LIQUIDATION, Flow.OTHER_LIQUIDATION)
STEPS_PER_COMMAND: Final = 16
"""So many steps an owner's own liquidation takes before its command answers."""


def step(state: State) -> None:
    """Take the next step of the liquidation that has been due longest."""
    liquidation = liquidation_queue.first(state)
    account = state.accounts[liquidation.account_id].trading[liquidation.scope]
    _go_on(state, account, liquidation)
    cascade.follow_lists(state)


def _go_on(state: State, account: TradingAccount, liquidation: Liquidation) -> None:
    _end_own_order(state, liquidation)
    if _cancel_orders(state, account):
        liquidation_queue.plan(state, liquidation, state.at_ms)
        return
    _net(state, account, liquidation)
    found = solvency.of(state, account)
    if found.liabilities == 0 or (liquidation.is_forced and _is_enough(state, account, liquidation)):
        bankruptcy.finish(state, account, liquidation, LiquidationEnd.RECOVERED, 0, 0)
        return
    rules = state.venue.margin.liquidation
    slip = rules.slip + liquidation.tries * rules.slip_step
    sale = sizing.choose(state, account, liquidation, slip)
    if not liquidation.is_forced and (sale is None or slip > rules.band):
        bankruptcy.finish(state, account, liquidation, LiquidationEnd.RECOVERED, 0, 0)
    elif sale is None:
        bankruptcy.declare(state, account, liquidation)
    elif slip > rules.band:
        takeover.take_over(state, account, liquidation)
    elif sale.quantity == 0:
        _convert(state, account, liquidation, sale)
        liquidation_queue.plan(state, liquidation, state.at_ms)
    else:
        book = state.books[sale.symbol]
        house.lay_out(state, book)
        if liquidation.is_forced and _depth(book, sale.sign, rules.band, sale.quantity) < sale.quantity:
            takeover.take_over(state, account, liquidation)
        else:
            _order(state, account, liquidation, book, sale)


def _end_own_order(state: State, liquidation: Liquidation) -> None:
    """Cancel what is left of the last order; one that did not fill whole sends the next one further."""
    if not liquidation.order_id:
        return
    book = state.books[liquidation.order_symbol]
    order = book.orders.get(liquidation.order_id)
    if order is not None:
        settlement.end(state, book, order, CANCEL)
    liquidation.order_id = 0
    liquidation.tries += 1


def _cancel_orders(state: State, account: TradingAccount) -> bool:
    """End all orders and lists of the first symbol that has any; MAX_NUM_ORDERS bounds how many that can be."""
    for symbol in sorted(account.open_orders):
        orders = list(account.open_orders[symbol].by_id.values())
        if not orders:
            continue
        order_lists.end_all(state, state.books[symbol], orders, "")
        return True
    return False


def _net(state: State, account: TradingAccount, liquidation: Liquidation) -> None:
    """Repay each debt with what the account has of the same asset."""
    for asset in sorted(account.debts):
        debt = account.debts[asset]
        proceeds.repay(state, account, liquidation, debt, debt.principal + debt.interest)


def _is_enough(state: State, account: TradingAccount, liquidation: Liquidation) -> bool:
    """Is the level above the one that loans begin at, without what is set aside?"""
    found = solvency.without(state, account, liquidation.aside)
    return found.is_above(risk.bars_of(state, account).initial)


def _convert(state: State, account: TradingAccount, liquidation: Liquidation, sale: Sale) -> None:
    """Sell at the index what no order can sell."""
    owed = sale.debt.asset
    mark = risk.mark(state, account, owed)
    lost = max(mark, risk.mark(state, account, sale.collateral))
    value = sizing.needed(state, account, liquidation, sale.debt, sale.collateral, E8, lost)
    if value < 0:
        value = sale.available * risk.mark(state, account, sale.collateral)
    wanted = value // mark + 1
    sold, received = conversion.convert(state, account, sale.collateral, sale.available, owed, wanted)
    proceeds.share_out(state, account, liquidation, sale.collateral, sold, owed, received)


def _depth(book: Book, sign: int, band: int, enough: Atoms) -> Atoms:
    """What the other side of the book shows within the band around the index; looked at until it is enough."""
    side = book.side(-sign)
    bound = book.index_price * (E8 + sign * band)
    found = 0
    for rank in reversed(side.ranks):
        price = side.sign * rank
        if found >= enough or sign * (bound - price * E8) < 0:
            break
        found += side.levels[price].volume
    return found


def _order(state: State, account: TradingAccount, liquidation: Liquidation, book: Book, sale: Sale) -> None:
    """Place a limit order in the book, and wait for it where it does not fill at once."""
    ask = asks.Ask(
        Side(sale.sign),
        OrderType.LIMIT,
        TimeInForce.GTC,
        sale.quantity,
        0,
        sale.price,
        0,
        0,
        0,
        "",
        None,
        None,
    )
    none = SelfTradePrevention.NONE
    order = asks.accept(
        state, book, account, ask, NO_LIST, none, SideEffect.NO_SIDE_EFFECT, False, liquidation.liquidation_id
    )
    order.funds = settlement.reserve(order)
    settlement.hold(state, order, order.funds)
    order.working_at_ms = state.at_ms
    liquidation.order_symbol = book.symbol
    liquidation.order_id = order.order_id
    state.events.append(OrderOpened(order.view()))
    matches = matching.walk(book, account, none, sale.sign, sale.price, sale.quantity)
    execution.begin(state, book, order, matches)
    if liquidation.order_id:
        wait_ms = state.venue.margin.liquidation.wait_ms
        liquidation_queue.plan(state, liquidation, state.at_ms + wait_ms)


def manual(state: State, command: ManualLiquidate) -> Rejected | None:
    """Repay all debts out of the account's own assets, because its owner asks for it (mechanics 7.3, A14)."""
    account = accounts.trading(state, command.account_id, command.scope)
    if account is None or command.scope == SPOT:
        return Rejected(Reason.UNKNOWN_SCOPE)
    if account.liquidation is not None:
        return Rejected(Reason.LIQUIDATING)
    if not account.debts:
        return Rejected(Reason.NOTHING_TO_LIQUIDATE)

    # From here on nothing may be refused.
    debt = proceeds.largest_debt(state, account) or account.debts[min(account.debts)]
    asset, principal, interest = debt.asset, debt.principal, debt.interest
    began_at = len(state.events)
    found = solvency.of(state, account)
    liquidation = liquidation_queue.begin(state, account, LiquidationKind.MANUAL, found)
    for _ in range(STEPS_PER_COMMAND):
        if liquidation.liquidation_id not in state.liquidations or liquidation.due_ms > state.at_ms:
            break
        _go_on(state, account, liquidation)
        cascade.follow_lists(state)
    repaid_in, quantity = _repaid_in(state, began_at, asset)
    state.events.append(
        DebtLiquidated(account.account_id, account.scope, asset, principal, interest, repaid_in, quantity)
    )
    return None


def _repaid_in(state: State, began_at: int, owed: str) -> tuple[str, Atoms]:
    """What was sold first since that event, and how much of it in all; else what was repaid of the debt itself."""
    sold = ""
    quantity = repaid = 0
    for event in state.events[began_at:]:
        if type(event) is Repaid and event.asset == owed:
            repaid += event.principal + event.interest
        elif type(event) is Flowed and event.flow in SOLD and event.amount < 0 and sold in ("", event.asset):
            sold = event.asset
            quantity -= event.amount
    return (sold, quantity) if sold else (owed, repaid)
