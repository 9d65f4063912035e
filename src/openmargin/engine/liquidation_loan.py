"""The liquidation loan: a claim that the insurance fund holds, outside all wallets (mechanics 7.4, A15).

Owns: what repays it, at once or after a time that somebody asked for, and what it keeps its debtor from. It bears no
interest.
"""

from __future__ import annotations

from typing import Final

from openmargin.domain.commands import DelayLoanRepayments, RepayLiquidationLoan
from openmargin.domain.enums import RepaymentStatus
from openmargin.domain.events import LiquidationLoanRepaid
from openmargin.domain.ids import INSURANCE, SPOT
from openmargin.domain.money import Atoms
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine import accounts, agenda, bankruptcy, ledger
from openmargin.engine.liquidation_state import PendingRepayment
from openmargin.engine.state import Account, State, Wallet

_STEP: Final = 100
"""How many repayments one step carries out."""


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

    if pending_of(state, command.account_id) is not None:
        return Rejected(Reason.LOAN_REPAYMENT_PENDING)

    # From here on nothing may be refused.
    repay_id = state.next_transaction()
    if state.repayment_delay_ms:
        _begin(state, wallet, command, repay_id)
        return None
    _pay(state, account.owner, wallet, command.amount)
    state.events.append(
        LiquidationLoanRepaid(repay_id, command.account_id, asset, command.amount, RepaymentStatus.SUCCESS)
    )
    bankruptcy.tell_loan(state, account.owner)
    return None


def delay(state: State, command: DelayLoanRepayments) -> Rejected | None:
    """Have repayments stay pending for so long from now on; those that are on their way keep their time."""
    if command.milliseconds < 0:
        return Rejected(Reason.AMOUNT_NOT_POSITIVE)

    # From here on nothing may be refused.
    state.repayment_delay_ms = command.milliseconds
    return None


def settle(state: State) -> None:
    """Carry out some of the repayments whose time has come, the oldest first."""
    done = 0
    while done < _STEP and state.repayments and state.repayments[0].due_ms <= state.at_ms:
        done += 1
        pending = state.repayments.pop(0)
        owner = state.accounts[pending.account_id]
        wallet = owner.trading[SPOT].wallet(pending.asset)
        ledger.lock(state, wallet, -pending.amount)
        _pay(state, owner, wallet, pending.amount)
        state.events.append(
            LiquidationLoanRepaid(
                pending.repay_id,
                pending.account_id,
                pending.asset,
                pending.amount,
                RepaymentStatus.SUCCESS,
                pending.began_ms,
            )
        )
        bankruptcy.tell_loan(state, owner)
    _plan(state)


def pending_of(state: State, account_id: int) -> PendingRepayment | None:
    """The repayment that the account has on its way, if there is one."""
    for pending in state.repayments:
        if pending.account_id == account_id:
            return pending
    return None


def _begin(state: State, wallet: Wallet, command: RepayLiquidationLoan, repay_id: int) -> None:
    """Set the amount aside until it is paid."""
    ledger.lock(state, wallet, command.amount)
    due_ms = state.at_ms + state.repayment_delay_ms
    place = len(state.repayments)
    while place and state.repayments[place - 1].due_ms > due_ms:
        place -= 1
    state.repayments.insert(
        place,
        PendingRepayment(due_ms, repay_id, command.account_id, command.asset, command.amount, state.at_ms),
    )
    state.events.append(
        LiquidationLoanRepaid(
            repay_id, command.account_id, command.asset, command.amount, RepaymentStatus.PENDING
        )
    )
    _plan(state)


def _pay(state: State, owner: Account, wallet: Wallet, amount: Atoms) -> None:
    asset = wallet.asset
    assert amount <= remaining(owner), "a loan is repaid twice"
    ledger.move(state, wallet, state.system(INSURANCE).wallet(asset), amount)
    bankruptcy.fund_of(state, asset).received += amount
    owner.liquidation_loan_repaid += amount


def _plan(state: State) -> None:
    agenda.move(state, agenda.REPAY, state.repayments[0].due_ms if state.repayments else -1)
