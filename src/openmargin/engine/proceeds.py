"""What a liquidation earned goes where it must: the fee is set aside, then debts are repaid (mechanics 7.2, A13).

Owns: what of a locked account is set aside, and every repayment that its liquidation makes.
"""

from __future__ import annotations

from openmargin.domain.enums import Flow, LoanSource
from openmargin.domain.events import Flowed
from openmargin.domain.ids import CROSS
from openmargin.domain.money import E8, Atoms
from openmargin.engine import ledger, liquidation_queue, loans, risk
from openmargin.engine.liquidation_state import Liquidation
from openmargin.engine.state import Debt, Order, State, TradingAccount


def take(state: State, order: Order, paid: Atoms, received: Atoms, burned: Atoms, burned_asset: str) -> None:
    """One fill of a forced order: see to what it brought, and have the next step at once where it filled whole.

    `received` is net of commission, but for what of that was `burned` in another asset.
    """
    account = order.account
    liquidation = account.liquidation
    assert liquidation is not None, "a forced order belongs to a liquidation that goes on"
    flow = Flow.BUY_LIQUIDATION if order.sign > 0 else Flow.SELL_LIQUIDATION
    symbol = order.spec.symbol
    tell(state, account, flow, order.pays_with.asset, -paid, symbol)
    tell(state, account, flow, order.receives_in.asset, received, symbol)
    if burned:
        tell(state, account, flow, burned_asset, -burned, symbol)
    share_out(state, account, liquidation, order.pays_with.asset, paid, order.receives_in.asset, received)
    if order.remaining == 0:
        liquidation.order_id = 0
        liquidation.tries = 0
        liquidation_queue.plan(state, liquidation, state.at_ms)


def share_out(
    state: State,
    account: TradingAccount,
    liquidation: Liquidation,
    sold: str,
    amount: Atoms,
    bought: str,
    received: Atoms,
) -> None:
    """Set the fee for what was sold aside from what was received, and repay with the rest; both only of what is owed."""
    debt = account.debts.get(bought)
    if debt is None:
        return
    fee = 0
    mark = risk.mark(state, account, bought)
    if mark:  # Other rules may have taken it away since the order was placed.
        fee = min(received, fee_of(state, account, liquidation, sold, amount) // (E8 * mark))
    if fee:
        liquidation.aside[bought] = liquidation.aside.get(bought, 0) + fee
    repay(state, account, liquidation, debt, received - fee)


def fee_of(state: State, account: TradingAccount, liquidation: Liquidation, asset: str, amount: Atoms) -> int:
    """The fee for liquidating so much of an asset, as a value (e24): a share of what it was worth at the beginning."""
    rules = state.venue.margin.liquidation
    rate = rules.fee if liquidation.is_forced else rules.manual_fee
    mark = liquidation.snapshot.get(asset)
    if mark is None:
        mark = risk.mark(state, account, asset)
    return rate * amount * mark


def repay(state: State, account: TradingAccount, liquidation: Liquidation, debt: Debt, most: Atoms) -> None:
    """Repay at most so much of a debt, from what is free and not set aside."""
    owed = debt.principal + debt.interest
    amount = min(most, owed, unspoken(account, liquidation, debt.asset))
    if amount > 0:
        loans.pay_off(state, account, debt, amount, LoanSource.LIQUIDATION)
        tell(state, account, Flow.REPAY_LIQUIDATION, debt.asset, -amount)


def unspoken(account: TradingAccount, liquidation: Liquidation, asset: str) -> Atoms:
    """What of an asset is free and not set aside for the fee."""
    wallet = account.wallets.get(asset)
    return wallet.free - liquidation.aside.get(asset, 0) if wallet is not None else 0


def sellable(state: State, account: TradingAccount, liquidation: Liquidation, asset: str) -> Atoms:
    """The same, but nothing of an asset without an index."""
    return unspoken(account, liquidation, asset) if risk.mark(state, account, asset) else 0


def largest_debt(state: State, account: TradingAccount) -> Debt | None:
    """The debt that is worth most, of equals the first by name; None where none has an index."""
    found: Debt | None = None
    largest = 0
    for asset in sorted(account.debts):
        debt = account.debts[asset]
        value = (debt.principal + debt.interest) * risk.mark(state, account, asset)
        if value > largest:
            found, largest = debt, value
    return found


def value_aside(state: State, account: TradingAccount, liquidation: Liquidation) -> int:
    """What is set aside, at present prices (e16)."""
    value = 0
    for asset, amount in liquidation.aside.items():
        value += amount * risk.mark(state, account, asset)
    return value


def tell(
    state: State, account: TradingAccount, flow: Flow, asset: str, amount: Atoms, symbol: str = ""
) -> None:
    """Say that value came or went, in a pair or in the account's own; nothing where there was none."""
    if not symbol and account.scope != CROSS:
        symbol = account.scope
    if amount:
        state.events.append(
            Flowed(
                state.next_transaction(),
                account.account_id,
                account.scope,
                flow,
                asset,
                symbol,
                amount,
            )
        )


def give(state: State, account: TradingAccount, scope: str, asset: str, amount: Atoms) -> None:
    """Move value from one of the exchange's own accounts to the account."""
    ledger.move(state, state.system(scope).wallet(asset), account.wallet(asset), amount)
