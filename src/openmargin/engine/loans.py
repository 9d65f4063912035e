"""Borrowing and repaying: from the pool to a wallet and back, interest first (mechanics 3.2, 3.3)."""

from __future__ import annotations

from openmargin.domain.commands import Borrow, Repay, SeedDebt
from openmargin.domain.enums import InterestKind, LoanSource
from openmargin.domain.events import Borrowed, Deposited, InterestAccrued, Repaid
from openmargin.domain.ids import POOL, SPOT, WORLD
from openmargin.domain.money import E8, SUPPLY_MAX, Atoms
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine import accounts, agenda, debts, index, interest, ledger, listing, risk
from openmargin.engine.state import Debt, State, TradingAccount


def borrow(state: State, command: Borrow) -> Rejected | None:
    """Lend what a user asks for, where every limit allows it."""
    account = accounts.trading(state, command.account_id, command.scope)
    if account is None or command.scope == SPOT:
        return Rejected(Reason.UNKNOWN_SCOPE)
    if command.amount <= 0:
        return Rejected(Reason.AMOUNT_NOT_POSITIVE)
    refused = refuse_borrow(state, account, command.asset, command.amount)
    if refused is not None:
        return refused

    # From here on nothing may be refused.
    lend(state, account, command.asset, command.amount, LoanSource.MANUAL)
    return None


def refuse_borrow(state: State, account: TradingAccount, asset: str, amount: Atoms) -> Rejected | None:
    """Why a loan may not be made; None where it may."""
    if account.liquidation is not None:
        return Rejected(Reason.LIQUIDATING_NO_BORROW)
    if accounts.is_bound_by_loan(state, account.owner):
        return Rejected(Reason.LIQUIDATION_LOAN_OWED)
    refused = refuse_asset(state, account, asset)
    if refused is not None:
        return refused
    if amount < state.assets[asset].min_borrow:
        return Rejected(Reason.BELOW_MIN_BORROW)
    within_level = risk.borrowable_by_level(state, account, asset)
    if within_level <= 0:
        return Rejected(Reason.BORROW_LEVEL_TOO_LOW)
    if amount > min(within_level, risk.borrowable_by_limit(state, account, asset)):
        return Rejected(Reason.ABOVE_MAX_BORROWABLE)
    if amount > inventory(state, asset):
        return Rejected(Reason.INVENTORY_SHORT)
    return None


def refuse_asset(state: State, account: TradingAccount, asset: str) -> Rejected | None:
    """Why the account may borrow nothing of an asset; None where it is a matter of how much."""
    terms = state.assets.get(asset)
    if terms is None:
        return Rejected(Reason.UNKNOWN_ASSET)
    if not terms.borrowable:
        return Rejected(Reason.ASSET_NOT_BORROWABLE)
    if not accounts.may_hold(state, account, asset):
        return Rejected(Reason.ASSET_NOT_IN_PAIR)
    if not listing.may_lend(state, account, asset):
        return Rejected(Reason.ASSET_NOT_BORROWABLE)
    if asset not in state.marks or index.lacks_price(state, account, asset):
        return Rejected(Reason.NO_INDEX_PRICE)
    return None


def most(state: State, account: TradingAccount, asset: str) -> Atoms:
    """What may be borrowed of an asset that is lent: the least of level, limit and inventory (mechanics 3.1)."""
    return min(
        risk.borrowable_by_level(state, account, asset),
        risk.borrowable_by_limit(state, account, asset),
        inventory(state, asset),
    )


def inventory(state: State, asset: str) -> Atoms:
    """What the pool lends: all that it has, or nothing where that is severely low (mechanics 3.1)."""
    left = state.system(POOL).wallet(asset).free
    floor = state.pools[asset].capital * state.venue.margin.inventory_floor
    return left if left * E8 > floor else 0


def lend(state: State, account: TradingAccount, asset: str, amount: Atoms, source: LoanSource) -> None:
    """Move `amount` from the pool to the account, and charge the first hour at once (mechanics 4.1)."""
    ledger.move(state, state.system(POOL).wallet(asset), account.wallet(asset), amount)
    debt = debts.of(state, account, asset)
    debt.principal += amount
    state.events.append(
        Borrowed(state.next_transaction(), account.account_id, account.scope, asset, amount, source)
    )
    interest.charge(state, account, debt, amount, InterestKind.ON_BORROW, agenda.full_hour(state.at_ms))
    interest.schedule(state)


def seed(state: State, command: SeedDebt) -> Rejected | None:
    """Take over a debt that was made elsewhere: by the limits of the pool alone, whatever the account's level.

    Only of an asset that is lent, for another has no rate by which an hour could be charged.
    """
    account = accounts.trading(state, command.account_id, command.scope)
    if account is None or command.scope == SPOT:
        return Rejected(Reason.UNKNOWN_SCOPE)
    if account.liquidation is not None:
        return Rejected(Reason.LIQUIDATING_NO_BORROW)
    if command.asset not in state.assets:
        return Rejected(Reason.UNKNOWN_ASSET)
    if not accounts.may_hold(state, account, command.asset):
        return Rejected(Reason.ASSET_NOT_IN_PAIR)
    if command.principal < 0 or command.interest < 0 or command.principal + command.interest == 0:
        return Rejected(Reason.AMOUNT_NOT_POSITIVE)
    if command.asset not in state.rates:
        return Rejected(Reason.ASSET_NOT_BORROWABLE, command.asset)
    known = account.debts.get(command.asset)
    owed = known.principal + known.interest if known is not None else 0
    if owed + command.principal + command.interest > SUPPLY_MAX:
        return Rejected(Reason.ABOVE_SUPPLY, command.asset)
    if command.principal > inventory(state, command.asset):
        return Rejected(Reason.INVENTORY_SHORT, command.asset)

    # From here on nothing may be refused.
    pool, world = state.system(POOL).wallet(command.asset), state.system(WORLD).wallet(command.asset)
    ledger.move(state, pool, world, command.principal)
    debt = debts.of(state, account, command.asset)
    debt.principal += command.principal
    debt.interest += command.interest
    debts.stir(state, account)
    if command.principal:
        state.events.append(
            Borrowed(
                state.next_transaction(),
                account.account_id,
                account.scope,
                command.asset,
                command.principal,
                LoanSource.MANUAL,
            )
        )
        # What was spent elsewhere left the account, or its flows would not sum to what it holds.
        state.events.append(Deposited(account.account_id, account.scope, command.asset, -command.principal))
    if command.interest:
        # One row for all of it: at no rate, for it was charged elsewhere.
        state.events.append(
            InterestAccrued(
                state.next_transaction(),
                account.account_id,
                account.scope,
                command.asset,
                command.principal,
                command.interest,
                0,
                InterestKind.ON_BORROW,
                agenda.full_hour(state.at_ms),
                "",
            )
        )
    interest.schedule(state)
    return None


def repay(state: State, command: Repay) -> Rejected | None:
    """Take a user's repayment from free balance."""
    account = accounts.trading(state, command.account_id, command.scope)
    if account is None or command.scope == SPOT:
        return Rejected(Reason.UNKNOWN_SCOPE)
    if account.liquidation is not None:
        return Rejected(Reason.LIQUIDATING_NO_REPAY)
    terms = state.assets.get(command.asset)
    if terms is None:
        return Rejected(Reason.UNKNOWN_ASSET)
    if command.amount <= 0:
        return Rejected(Reason.AMOUNT_NOT_POSITIVE)
    debt = account.debts.get(command.asset)
    owed = debt.principal + debt.interest if debt is not None else 0
    if debt is None or command.amount > owed:
        return Rejected(Reason.ABOVE_DEBT)
    if command.amount < owed:
        if command.amount < terms.min_repay:
            return Rejected(Reason.BELOW_MIN_REPAY)
        if owed - command.amount < terms.min_debt_left:
            is_over = state.venue.margin.small_rest_is_over_repayment
            return Rejected(Reason.ABOVE_DEBT if is_over else Reason.DEBT_LEFT_TOO_SMALL)
    wallet = account.wallets.get(command.asset)
    if wallet is None or wallet.free < command.amount:
        return Rejected(Reason.REPAY_BALANCE_SHORT)

    # From here on nothing may be refused.
    pay_off(state, account, debt, command.amount, LoanSource.MANUAL)
    return None


def repay_at_most(state: State, account: TradingAccount, asset: str, amount: Atoms) -> None:
    """Repay as much of `amount` as is owed and free; minimums bind only people (mechanics 6)."""
    debt = account.debts.get(asset)
    if debt is None:
        return
    paid = min(amount, debt.principal + debt.interest, account.wallet(asset).free)
    if paid > 0:
        pay_off(state, account, debt, paid, LoanSource.AUTO)


def pay_off(state: State, account: TradingAccount, debt: Debt, amount: Atoms, source: LoanSource) -> None:
    """Repay `amount`, which is free and owed: interest, then principal."""
    interest_paid = min(amount, debt.interest)
    principal_paid = amount - interest_paid
    ledger.move(state, account.wallet(debt.asset), state.system(POOL).wallet(debt.asset), amount)
    state.pools[debt.asset].interest_received += interest_paid
    debt.interest -= interest_paid
    debt.principal -= principal_paid
    debts.drop_if_paid(state, account, debt)
    state.events.append(
        Repaid(
            state.next_transaction(),
            account.account_id,
            account.scope,
            debt.asset,
            principal_paid,
            interest_paid,
            source,
        )
    )
