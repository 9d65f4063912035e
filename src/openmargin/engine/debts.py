"""Who owes what, and which accounts a change concerns.

Owns: the debts of a trading account, the list of debtors, and the way from an asset to the debtors that hold or owe it.
Never: moves value, or judges a level.
"""

from __future__ import annotations

from typing import Final

from openmargin.domain.ids import CROSS
from openmargin.engine.state import Debt, State, TradingAccount, Wallet

UNWATCHED: Final = 0
NEW: Final = 1
WATCHED: Final = 2
"""What a wallet knows of its account: that it owes nothing; that it does, and that the wallet came since and is not yet
found by its asset; that it does."""


def of(state: State, account: TradingAccount, asset: str) -> Debt:
    """The account's debt of `asset`, made at its first use; whoever makes one adds to it."""
    debt = account.debts.get(asset)
    if debt is None:
        debt = Debt(asset)
        is_first = not account.debts
        account.debts[asset] = debt
        if is_first:
            state.debtors[account.account_id, account.scope] = account
            for wallet in account.wallets.values():
                watch(state, account, wallet)
        expose(state, account, asset)
    return debt


def drop_if_paid(state: State, account: TradingAccount, debt: Debt) -> None:
    """Forget a debt of which nothing is left."""
    if debt.principal or debt.interest:
        return
    del account.debts[debt.asset]
    if account.debts:
        return
    key = (account.account_id, account.scope)
    del state.debtors[key]
    for asset, wallet in account.wallets.items():
        wallet.watch = UNWATCHED
        _cover(state, account, asset)
    _cover(state, account, debt.asset)
    state.stirred[key] = account


def stir(state: State, account: TradingAccount) -> None:
    """The account's level may have changed: look at it when the command ends."""
    state.stirred[account.account_id, account.scope] = account


def watch(state: State, account: TradingAccount, wallet: Wallet) -> None:
    """From now on a change of the wallet, or of its asset's price, concerns the account's level."""
    wallet.watch = WATCHED
    expose(state, account, wallet.asset)


def expose(state: State, account: TradingAccount, asset: str) -> None:
    """Let the account be found by an asset that it holds or owes; an isolated one is found by its pair alone."""
    name = asset if account.scope == CROSS else account.scope
    found = state.exposed.get(name)
    if found is None:
        found = {}
        state.exposed[name] = found
    found[account.account_id, account.scope] = account


def _cover(state: State, account: TradingAccount, asset: str) -> None:
    name = asset if account.scope == CROSS else account.scope
    found = state.exposed.get(name)
    if found is not None:
        found.pop((account.account_id, account.scope), None)
