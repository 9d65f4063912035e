"""The end of a liquidation, and who pays what is still owed then (mechanics 7.2 steps 5 to 7, 7.4).

Owns: what the insurance fund receives and pays, and the liquidation loan that it is owed.
"""

from __future__ import annotations

from openmargin.domain.enums import AccountType, Flow, LiquidationEnd
from openmargin.domain.events import LiquidationLoanChanged
from openmargin.domain.ids import CROSS, INSURANCE
from openmargin.domain.money import Atoms, ceil_div
from openmargin.engine import conversion, ledger, liquidation_queue, proceeds, risk
from openmargin.engine.liquidation_state import Fund, Liquidation
from openmargin.engine.state import Account, State, TradingAccount


def declare(state: State, account: TradingAccount, liquidation: Liquidation) -> None:
    """Nothing is left to sell: what is set aside repays, the fund pays the rest, and the liquidation ends."""
    if state.venue.margin.liquidation.fee_within_equity:
        _release(state, account, liquidation)
    deficit = pay_deficit(state, account, liquidation)
    how = LiquidationEnd.RECOVERED
    if deficit:
        how = LiquidationEnd.BANKRUPT
        if lend_deficit(state, account, deficit):
            how = LiquidationEnd.BANKRUPT_WITH_LOAN
    finish(state, account, liquidation, how, 0, deficit)


def _release(state: State, account: TradingAccount, liquidation: Liquidation) -> None:
    """Give the debts what was set aside for the fee: in kind, and then at the index (A13)."""
    aside = liquidation.aside
    for asset in sorted(aside):
        debt = account.debts.get(asset)
        if debt is not None:
            spent = min(aside[asset], debt.principal + debt.interest)
            aside[asset] -= spent
            proceeds.repay(state, account, liquidation, debt, spent)
    for asset in sorted(aside):
        while aside[asset] and risk.mark(state, account, asset):
            largest = proceeds.largest_debt(state, account)
            if largest is None:
                return
            wanted = largest.principal + largest.interest
            spent, received = conversion.convert(state, account, asset, aside[asset], largest.asset, wanted)
            aside[asset] -= spent
            proceeds.repay(state, account, liquidation, largest, received)


def pay_deficit(state: State, account: TradingAccount, liquidation: Liquidation) -> int:
    """Have the insurance fund pay every debt that has an index, the largest first; their value (e16)."""
    deficit = 0
    while (debt := proceeds.largest_debt(state, account)) is not None:
        owed = debt.principal + debt.interest
        deficit += owed * risk.mark(state, account, debt.asset)
        proceeds.give(state, account, INSURANCE, debt.asset, owed)
        fund_of(state, debt.asset).paid += owed
        proceeds.tell(state, account, Flow.OTHER_LIQUIDATION, debt.asset, owed)
        proceeds.repay(state, account, liquidation, debt, owed)
    return deficit


def lend_deficit(state: State, account: TradingAccount, deficit: int) -> bool:
    """In Special Key Mode, have the owner owe the fund what it paid; False where he need not (mechanics 7.4)."""
    owner = account.owner
    asset = state.venue.margin.liquidation.loan_asset
    mark = state.marks.get(asset, 0)
    if account.scope != CROSS or owner.account_type is not AccountType.CROSS_CLASSIC:
        return False
    if not owner.in_special_mode or mark == 0:
        return False
    owner.liquidation_loan += ceil_div(deficit, mark)
    tell_loan(state, owner)
    return True


def tell_loan(state: State, owner: Account) -> None:
    """Say what an account owes the fund from now on."""
    state.events.append(
        LiquidationLoanChanged(
            owner.account_id,
            state.venue.margin.liquidation.loan_asset,
            owner.liquidation_loan,
            owner.liquidation_loan_repaid,
        )
    )


def fund_of(state: State, asset: str) -> Fund:
    """The fund's books of an asset, made at their first use."""
    fund = state.funds.get(asset)
    if fund is None:
        fund = Fund(asset)
        state.funds[asset] = fund
    return fund


def pay_fee(state: State, account: TradingAccount, asset: str, amount: Atoms) -> int:
    """Pay the fund its fee; the value (e16)."""
    ledger.move(state, account.wallet(asset), state.system(INSURANCE).wallet(asset), amount)
    fund_of(state, asset).received += amount
    proceeds.tell(state, account, Flow.LIQUIDATION_FEE, asset, -amount)
    return amount * risk.mark(state, account, asset)


def finish(
    state: State,
    account: TradingAccount,
    liquidation: Liquidation,
    how: LiquidationEnd,
    fee: int,
    deficit: int,
) -> None:
    """Pay what is set aside to the fund, on top of a `fee` paid before, and let the account go."""
    for asset in sorted(liquidation.aside):
        if liquidation.aside[asset]:
            fee += pay_fee(state, account, asset, liquidation.aside[asset])
    liquidation.aside.clear()
    liquidation_queue.end(state, account, liquidation, how, fee, deficit)
