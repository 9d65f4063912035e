"""Wallets and postings.

Owns: every change of `free` and `locked`. Nothing else in the package writes them.
Never: knows about orders, prices or time.
"""

from __future__ import annotations

from typing import Final

from openmargin.domain.events import WalletChanged
from openmargin.domain.ids import CONVERSION, CROSS, INSURANCE, SYSTEM_ACCOUNT_ID, WORLD
from openmargin.domain.money import Atoms
from openmargin.engine.state import State, Wallet

MAY_OWE: Final = (WORLD, INSURANCE, CONVERSION)
"""System accounts that may be negative: they stand for what lies outside, or for a loss already taken."""


def _touch(state: State, wallet: Wallet) -> None:
    if not wallet.touched:
        wallet.touched = True
        state.touched.append(wallet)


def move(state: State, source: Wallet, target: Wallet, amount: Atoms) -> None:
    """Move value between two wallets of one asset: the only way it changes hands, so sums stay zero."""
    assert source.asset == target.asset, f"{source.asset} cannot become {target.asset} by moving it"
    assert amount >= 0, "a movement has a direction, not a sign"
    source.free -= amount
    target.free += amount
    if source.scope != target.scope:
        _count_cross(state, source, target, amount)
    _touch(state, source)
    _touch(state, target)


def _count_cross(state: State, source: Wallet, target: Wallet, amount: Atoms) -> None:
    """Keep the sum of what all cross accounts have (mechanics 3.5)."""
    held = state.cross_held
    if source.scope == CROSS:
        held[source.asset] = held.get(source.asset, 0) - amount
    elif target.scope == CROSS:
        held[target.asset] = held.get(target.asset, 0) + amount


def lock(state: State, wallet: Wallet, amount: Atoms) -> None:
    """Set free funds aside for an order; a negative amount gives them back."""
    wallet.free -= amount
    wallet.locked += amount
    _touch(state, wallet)


def close(state: State) -> None:
    """End the command's postings: no wallet may owe, and each one that changed is told of once."""
    for wallet in state.touched:
        wallet.touched = False
        wallet.changed_at_ms = state.at_ms
        assert wallet.locked >= 0, (
            f"{wallet.account_id} {wallet.scope} {wallet.asset}: locked {wallet.locked}"
        )
        if wallet.account_id == SYSTEM_ACCOUNT_ID:
            assert wallet.free >= 0 or wallet.scope in MAY_OWE, (
                f"{wallet.scope} {wallet.asset}: free {wallet.free}"
            )
            continue
        assert wallet.free >= 0, f"{wallet.account_id} {wallet.scope} {wallet.asset}: free {wallet.free}"
        state.events.append(
            WalletChanged(wallet.account_id, wallet.scope, wallet.asset, wallet.free, wallet.locked)
        )
    state.touched.clear()
