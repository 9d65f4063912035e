"""The liquidation loan: a claim that the insurance fund holds, outside all wallets (mechanics 7.4, A15).

Owns: what repays it, and what it keeps its debtor from. It bears no interest.
"""

from __future__ import annotations

from openmargin.domain.commands import RepayLiquidationLoan
from openmargin.domain.enums import RepaymentStatus
from openmargin.domain.events import LiquidationLoanRepaid
from openmargin.domain.ids import INSURANCE, SPOT
from openmargin.domain.money import Atoms
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine import accounts, bankruptcy, ledger
from openmargin.engine.state import Account, State


def remaining(owner: Account) -> Atoms:
    """What the account still owes the fund."""
    return owner.liquidation_loan - owner.liquidation_loan_repaid


def repay(state: State, command: RepayLiquidationLoan) -> Rejected | None:
    """Take a repayment from the spot wallet."""
    account = accounts.trading(state, command.account_id, SPOT)
    if account is None:
        return Rejected(Reason.UNKNOWN_ACCOUNT)
    owed = remaining(account.owner)
    if owed == 0:
        return Rejected(Reason.NO_LIQUIDATION_LOAN)
    asset = state.venue.margin.liquidation.loan_asset
    if command.asset != asset:
        return Rejected(Reason.LIQUIDATION_LOAN_ASSET)
    if command.amount <= 0:
        return Rejected(Reason.AMOUNT_NOT_POSITIVE)
    if command.amount > owed:
        return Rejected(Reason.ABOVE_LIQUIDATION_LOAN)
    wallet = account.wallets.get(asset)
    if wallet is None or wallet.free < command.amount:
        return Rejected(Reason.SPOT_BALANCE_SHORT)

    # From here on nothing may be refused.
    ledger.move(state, wallet, state.system(INSURANCE).wallet(asset), command.amount)
    bankruptcy.fund_of(state, asset).received += command.amount
    account.owner.liquidation_loan_repaid += command.amount
    state.events.append(
        LiquidationLoanRepaid(
            state.next_transaction(),
            command.account_id,
            asset,
            command.amount,
            RepaymentStatus.SUCCESS,
        )
    )
    bankruptcy.tell_loan(state, account.owner)
    return None
