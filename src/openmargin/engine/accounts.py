"""Accounts and what is in them: opening, altering, funding, and moving between an account's own wallets."""

from __future__ import annotations

from openmargin.domain.commands import ChangeAccount, CreateAccount, Deposit, Transfer, Withdraw
from openmargin.domain.enums import AccountType
from openmargin.domain.events import AccountChanged, Deposited, Transferred
from openmargin.domain.ids import CROSS, SPOT, SYSTEM_ACCOUNT_ID, SYSTEM_SCOPES, WORLD, Scope
from openmargin.domain.money import SUPPLY_MAX
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine import index, ledger, listing, restrictions, risk
from openmargin.engine.state import Account, State, TradingAccount


def trading(state: State, account_id: int, scope: Scope) -> TradingAccount | None:
    """The wallets that `scope` names in a user's account; None where there are none."""
    if account_id == SYSTEM_ACCOUNT_ID:
        return None
    account = state.accounts.get(account_id)
    if account is None:
        return None
    found = account.trading.get(scope)
    return found if found is not None and found.is_open else None


def open_system(state: State) -> None:
    """Make the exchange's own accounts."""
    system = Account(SYSTEM_ACCOUNT_ID, "exchange", 0, AccountType.CROSS_CLASSIC, 0, state.at_ms)
    for scope in SYSTEM_SCOPES:
        system.trading[scope] = TradingAccount(system, scope)
    state.accounts[SYSTEM_ACCOUNT_ID] = system


def set_rates(state: State, account: Account) -> None:
    """Look up the commission of the account's VIP level; the last row serves all levels above."""
    rows = state.venue.commissions
    rates = rows[min(account.vip, len(rows) - 1)]
    account.maker_rate = rates.maker
    account.taker_rate = rates.taker


def create(state: State, command: CreateAccount) -> Rejected | None:
    """Open an account with an empty spot and an empty cross margin account."""
    if command.vip < 0:
        return Rejected(Reason.UNKNOWN_VIP_LEVEL)
    if command.master_id and command.master_id not in state.accounts:
        return Rejected(Reason.UNKNOWN_MASTER)

    # From here on nothing may be refused.
    account = Account(
        len(state.accounts), command.name, command.vip, command.account_type, command.master_id, state.at_ms
    )
    account.trading[SPOT] = TradingAccount(account, SPOT)
    account.trading[CROSS] = TradingAccount(account, CROSS)
    set_rates(state, account)
    state.accounts[account.account_id] = account
    tell(state, account)
    return None


def change(state: State, command: ChangeAccount) -> Rejected | None:
    """Set what the command names."""
    account = state.accounts.get(command.account_id)
    if account is None or command.account_id == SYSTEM_ACCOUNT_ID:
        return Rejected(Reason.UNKNOWN_ACCOUNT)
    if command.vip is not None and command.vip < 0:
        return Rejected(Reason.UNKNOWN_VIP_LEVEL)

    # From here on nothing may be refused.
    if command.vip is not None:
        account.vip = command.vip
        set_rates(state, account)
    if command.account_type is not None:
        account.account_type = command.account_type
    if command.terms_signed is not None:
        account.terms_signed = command.terms_signed
    if command.trade_group_id is not None:
        account.trade_group_id = command.trade_group_id
    tell(state, account)
    return None


def tell(state: State, account: Account) -> None:
    """Say how the account stands from now on."""
    state.events.append(
        AccountChanged(
            account.account_id,
            account.name,
            account.vip,
            account.account_type,
            account.master_id,
            account.terms_signed,
            account.trade_group_id,
            risk.leverage(state, account),
            account.burns_bnb_for_commission,
            account.burns_bnb_for_interest,
            account.in_special_mode,
        )
    )


def deposit(state: State, command: Deposit) -> Rejected | None:
    """Bring value in from the outside world."""
    account = trading(state, command.account_id, command.scope)
    if account is None:
        return Rejected(
            Reason.UNKNOWN_SCOPE if command.account_id in state.accounts else Reason.UNKNOWN_ACCOUNT
        )
    if command.asset not in state.assets:
        return Rejected(Reason.UNKNOWN_ASSET)
    if command.amount <= 0:
        return Rejected(Reason.AMOUNT_NOT_POSITIVE)
    if not may_hold(state, account, command.asset):
        return Rejected(Reason.ASSET_NOT_IN_PAIR)
    world = state.system(WORLD).wallet(command.asset)
    if command.amount - world.free > SUPPLY_MAX:
        return Rejected(Reason.ABOVE_SUPPLY)

    # From here on nothing may be refused.
    ledger.move(state, world, account.wallet(command.asset), command.amount)
    state.events.append(Deposited(command.account_id, command.scope, command.asset, command.amount))
    return None


def withdraw(state: State, command: Withdraw) -> Rejected | None:
    """Let free value go to the outside world; a margin account keeps what its level needs."""
    account = trading(state, command.account_id, command.scope)
    if account is None:
        return Rejected(
            Reason.UNKNOWN_SCOPE if command.account_id in state.accounts else Reason.UNKNOWN_ACCOUNT
        )
    if command.asset not in state.assets:
        return Rejected(Reason.UNKNOWN_ASSET)
    if command.amount <= 0:
        return Rejected(Reason.AMOUNT_NOT_POSITIVE)
    refused = _refuse_leaving(state, account, command.asset, command.amount, Reason.WITHDRAW_BALANCE_SHORT)
    if refused is not None:
        return refused

    # From here on nothing may be refused.
    ledger.move(
        state, account.wallet(command.asset), state.system(WORLD).wallet(command.asset), command.amount
    )
    state.events.append(Deposited(command.account_id, command.scope, command.asset, -command.amount))
    return None


def transfer(state: State, command: Transfer) -> Rejected | None:
    """Move free value between two scopes of one account (mechanics 3.4)."""
    source = trading(state, command.account_id, command.source)
    target = trading(state, command.account_id, command.target)
    if source is None or target is None:
        return Rejected(Reason.UNKNOWN_SCOPE)
    if source is target:
        return Rejected(Reason.SAME_SCOPE)
    terms = state.assets.get(command.asset)
    if terms is None:
        return Rejected(Reason.UNKNOWN_ASSET)
    if command.amount <= 0:
        return Rejected(Reason.AMOUNT_NOT_POSITIVE)
    if not (may_hold(state, source, command.asset) and may_hold(state, target, command.asset)):
        return Rejected(Reason.ASSET_NOT_IN_PAIR)
    if target.liquidation is not None:
        return Rejected(Reason.LIQUIDATING_NO_TRANSFER_IN)
    if command.target != SPOT and not terms.collateral:
        return Rejected(Reason.ASSET_NOT_COLLATERAL)
    refused = listing.refuse_transfer_in(state, target, command.asset)
    if refused is None:
        refused = restrictions.refuse_transfer_in(state, target, command.asset)
    if refused is not None:
        return refused
    refused = _refuse_leaving(state, source, command.asset, command.amount, Reason.TRANSFER_BALANCE_SHORT)
    if refused is not None:
        return refused

    # From here on nothing may be refused.
    ledger.move(state, source.wallet(command.asset), target.wallet(command.asset), command.amount)
    state.events.append(
        Transferred(
            state.next_transaction(),
            command.account_id,
            command.source,
            command.target,
            command.asset,
            command.amount,
        )
    )
    return None


def may_hold(state: State, account: TradingAccount, asset: str) -> bool:
    """Spot and cross take every asset, an isolated account the two of its pair."""
    if account.scope in (SPOT, CROSS):
        return True
    rules = state.books[account.scope].rules
    return asset in (rules.base, rules.quote)


def is_bound_by_loan(state: State, owner: Account) -> bool:
    """Does a liquidation loan keep the owner from borrowing, and from moving assets out of margin (A15)?"""
    owed = owner.liquidation_loan - owner.liquidation_loan_repaid
    return owed > 0 and state.venue.margin.liquidation.loan_blocks


def _refuse_leaving(
    state: State, account: TradingAccount, asset: str, amount: int, short: Reason
) -> Rejected | None:
    """Why `amount` may not leave a trading account, `short` where it is not there; None where it may."""
    if account.liquidation is not None:
        return Rejected(Reason.LIQUIDATING_NO_TRANSFER_OUT)
    if account.scope != SPOT and is_bound_by_loan(state, account.owner):
        return Rejected(Reason.LIQUIDATION_LOAN_OWED)
    wallet = account.wallets.get(asset)
    if wallet is None or wallet.free < amount:
        return Rejected(short)
    if account.scope == SPOT:
        return None
    if account.debts and index.lacks_price(state, account):
        return Rejected(Reason.NO_INDEX_PRICE)
    most = risk.transferable(state, account, asset)
    if most == 0:
        return Rejected(Reason.TRANSFER_LEVEL_TOO_LOW)
    if amount > most:
        return Rejected(Reason.ABOVE_MAX_TRANSFERABLE)
    return None
