"""Isolated accounts: one trading account for each pair, opened and closed by its owner (mechanics 1.5)."""

from __future__ import annotations

from openmargin.domain.commands import CloseIsolated, OpenIsolated
from openmargin.domain.events import IsolatedChanged
from openmargin.domain.ids import CROSS, SPOT, SYSTEM_ACCOUNT_ID
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine.state import Account, State, TradingAccount


def accounts_of(account: Account) -> list[TradingAccount]:
    """All isolated accounts that were ever opened, closed ones included."""
    return [trading for scope, trading in account.trading.items() if scope not in (SPOT, CROSS)]


def open_account(state: State, command: OpenIsolated) -> Rejected | None:
    """Open the isolated account of a pair, within the number that one account may have open."""
    account = state.accounts.get(command.account_id)
    if account is None or command.account_id == SYSTEM_ACCOUNT_ID:
        return Rejected(Reason.UNKNOWN_ACCOUNT)
    book = state.books.get(command.symbol)
    if book is None:
        return Rejected(Reason.UNKNOWN_SYMBOL)
    rules = book.rules
    if not rules.isolated_margin or not rules.isolated_from_ms <= state.at_ms < rules.isolated_until_ms:
        return Rejected(Reason.PAIR_NOT_ISOLATED)
    trading = account.trading.get(command.symbol)
    if trading is not None and trading.is_open:
        return Rejected(Reason.ISOLATED_ALREADY_OPEN)
    number_open = sum(isolated.is_open for isolated in accounts_of(account))
    if number_open >= state.venue.margin.isolated_accounts_max:
        return Rejected(Reason.TOO_MANY_ISOLATED)

    # From here on nothing may be refused.
    if trading is None:
        trading = TradingAccount(account, command.symbol)
        account.trading[command.symbol] = trading
    trading.is_open = True
    state.events.append(IsolatedChanged(command.account_id, command.symbol, True))
    return None


def close_account(state: State, command: CloseIsolated) -> Rejected | None:
    """Close an empty isolated account; one pair may be closed once in 24 hours."""
    account = state.accounts.get(command.account_id)
    trading = account.trading.get(command.symbol) if account is not None else None
    if trading is None or not trading.is_open or command.symbol in (SPOT, CROSS):
        return Rejected(Reason.UNKNOWN_SCOPE)
    if trading.liquidation is not None:
        return Rejected(Reason.LIQUIDATING)
    orders = trading.open_orders.get(command.symbol)
    if trading.debts or (orders is not None and orders.by_id):
        return Rejected(Reason.ISOLATED_NOT_EMPTY)
    for wallet in trading.wallets.values():
        if wallet.free or wallet.locked:
            return Rejected(Reason.ISOLATED_NOT_EMPTY)
    reopens_at_ms = trading.closed_at_ms + state.venue.margin.isolated_reclose_ms
    if trading.closed_at_ms and state.at_ms < reopens_at_ms:
        return Rejected(Reason.ISOLATED_CLOSED_TOO_SOON)

    # From here on nothing may be refused.
    trading.is_open = False
    trading.closed_at_ms = state.at_ms
    state.events.append(IsolatedChanged(command.account_id, command.symbol, False))
    return None
