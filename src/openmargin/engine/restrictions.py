"""Assets of which cross accounts may have no more: capped as collateral, or reduce-only (mechanics 3.5).

Owns: what all cross accounts together have of each asset, as a running sum that `ledger` keeps.
"""

from __future__ import annotations

from openmargin.domain.ids import CROSS, SYSTEM_ACCOUNT_ID
from openmargin.domain.money import Atoms
from openmargin.domain.reasons import Reason, Rejected
from openmargin.domain.venue import Asset
from openmargin.engine.state import State, TradingAccount


def adopt(state: State) -> None:
    """Note which assets any rule here is about: mostly none."""
    state.restricted = {
        asset.name: asset
        for asset in state.assets.values()
        if asset.open_long_restricted or asset.max_collateral
    }


def count(state: State) -> None:
    """Work the sums out anew."""
    held: dict[str, Atoms] = {}
    for account in state.accounts.values():
        if account.account_id == SYSTEM_ACCOUNT_ID:
            continue
        for wallet in account.trading[CROSS].wallets.values():
            held[wallet.asset] = held.get(wallet.asset, 0) + wallet.free + wallet.locked
    state.cross_held = held


def is_over_cap(state: State, asset: Asset) -> bool:
    """Do cross accounts together have more of an asset than may serve as collateral?"""
    return 0 < asset.max_collateral < state.cross_held.get(asset.name, 0)


def refuse_transfer_in(state: State, target: TradingAccount, asset: str) -> Rejected | None:
    """May more of it come into a margin account?"""
    restricted = state.restricted.get(asset)
    if restricted is not None and target.scope == CROSS and is_over_cap(state, restricted):
        return Rejected(Reason.COLLATERAL_CAP, asset)
    return None


def refuse_long(state: State, account: TradingAccount, asset: str, quantity: Atoms) -> Rejected | None:
    """May a cross account buy that much? What it owes and has not, it may always buy back."""
    restricted = state.restricted.get(asset)
    if restricted is None or account.scope != CROSS:
        return None
    wallet, debt = account.wallets.get(asset), account.debts.get(asset)
    held = wallet.free + wallet.locked if wallet is not None else 0
    owed = debt.principal + debt.interest if debt is not None else 0
    if held + quantity <= owed:
        return None
    if restricted.open_long_restricted:
        return Rejected(Reason.LONG_RESTRICTED, asset)
    return Rejected(Reason.COLLATERAL_CAP, asset) if is_over_cap(state, restricted) else None
