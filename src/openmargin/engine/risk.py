"""Levels and limits of a margin account: arithmetic alone, exact until the one rounding that a function names.

Values are sums of amount x index, so they carry 16 decimals ("e16"); a ratio on top makes 24.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from openmargin.domain.enums import MarginStatus
from openmargin.domain.money import E8, Atoms
from openmargin.domain.venue import CollateralTier, LeverageLevels
from openmargin.engine.state import State, TradingAccount

BORROW: Final = 0
TRANSFER: Final = 1
"""Which of an asset's collateral ratios counts."""


@mypyc_attr(acyclic=True)
class Totals:
    """What a margin account has, owes and may count as collateral, in the valuation asset."""

    def __init__(self, assets: int, liabilities: int, collateral: int) -> None:
        self.assets: int = assets
        """e16"""
        self.liabilities: int = liabilities
        """e16, accrued interest included (mechanics 1.7)"""
        self.collateral: int = collateral
        """e24"""


def totals(state: State, account: TradingAccount, use: int) -> Totals:
    """Sum an account by index. An asset without an index counts nothing."""
    assets = liabilities = collateral = 0
    for wallet in account.wallets.values():
        value = (wallet.free + wallet.locked) * state.marks.get(wallet.asset, 0)
        if value:
            assets += value
            collateral += tier_value(state.assets[wallet.asset].collateral_tiers, value, use)
    for debt in account.debts.values():
        liabilities += (debt.principal + debt.interest) * state.marks.get(debt.asset, 0)
    return Totals(assets, liabilities, collateral)


def _ratio(tier: CollateralTier, use: int) -> int:
    return tier.borrow_ratio if use == BORROW else tier.transfer_ratio


def tier_value(tiers: tuple[CollateralTier, ...], value: int, use: int) -> int:
    """What `value` (e16) counts as collateral (e24): each bracket at its own ratio, nothing past the last."""
    counted = 0
    floor = 0
    for tier in tiers:
        end = tier.up_to * E8 or value
        counted += (min(value, end) - floor) * _ratio(tier, use)
        if value <= end:
            break
        floor = end
    return counted


def margin_level(state: State, total: Totals) -> int:
    """Assets by liabilities with eight decimals, rounded down; the cap without debt (mechanics 2.1)."""
    cap = state.venue.margin.level_cap
    if total.liabilities == 0:
        return cap
    return min(cap, total.assets * E8 // total.liabilities)


def collateral_level(state: State, total: Totals) -> int:
    """Collateral by liabilities with eight decimals, rounded down; the cap without debt."""
    cap = state.venue.margin.level_cap
    if total.liabilities == 0:
        return cap
    return min(cap, total.collateral // total.liabilities)


def levels_of(state: State, account: TradingAccount) -> LeverageLevels:
    """The bars that the account is measured against."""
    leverage = account.owner.cross_leverage or state.venue.margin.leverages[0].leverage
    return state.leverages[leverage]


def status(state: State, levels: LeverageLevels, total: Totals) -> MarginStatus:
    """Where the margin level stands; a level on a bar counts as below it (mechanics 2.2, 2.4 A2)."""
    scaled = total.assets * E8

    def above(bar: int) -> bool:
        return scaled > bar * total.liabilities

    if total.liabilities == 0 or above(state.venue.margin.transfer_out_level):
        return MarginStatus.EXCESSIVE
    if above(levels.margin_call):
        return MarginStatus.NORMAL
    if above((levels.margin_call + levels.liquidation) // 2):
        return MarginStatus.MARGIN_CALL
    if above(levels.liquidation):
        return MarginStatus.PRE_LIQUIDATION
    return MarginStatus.FORCE_LIQUIDATION


def borrowable_by_level(state: State, account: TradingAccount, asset: str) -> Atoms:
    """How much `asset` keeps the account at its initial level: ((l-1) C - l L) / index, rounded down (A4)."""
    total = totals(state, account, BORROW)
    leverage = levels_of(state, account).leverage
    room = (leverage - 1) * total.collateral - leverage * total.liabilities * E8
    return max(0, room // (state.marks[asset] * E8))


def borrow_limit(state: State, account: TradingAccount, asset: str) -> Atoms:
    """The most that the account's VIP level may owe of `asset`."""
    terms = state.assets[asset].loan_terms
    return terms[min(account.owner.vip, len(terms) - 1)].limit


def borrowable_by_limit(state: State, account: TradingAccount, asset: str) -> Atoms:
    """What the VIP limit leaves after the present debt."""
    debt = account.debts.get(asset)
    owed = debt.principal + debt.interest if debt is not None else 0
    return max(0, borrow_limit(state, account, asset) - owed)


def transferable(state: State, account: TradingAccount, asset: str) -> Atoms:
    """How much free `asset` may leave so that the collateral level stays at the transfer bar (mechanics 3.4).

    Brackets are emptied from the top. Rounded down.
    """
    wallet = account.wallets.get(asset)
    if wallet is None:
        return 0
    total = totals(state, account, TRANSFER)
    if total.liabilities == 0:
        return wallet.free
    room = total.collateral - state.venue.margin.transfer_out_level * total.liabilities
    if room <= 0:
        return 0
    mark = state.marks.get(asset, 0)
    if mark == 0:
        return wallet.free
    value = (wallet.free + wallet.locked) * mark
    return min(wallet.free, _removable(state.assets[asset].collateral_tiers, value, room) // mark)


def _removable(tiers: tuple[CollateralTier, ...], value: int, room: int) -> int:
    """The largest part of `value` (e16) whose collateral is within `room` (e24), from the top bracket down."""
    brackets: list[tuple[int, int]] = []
    floor = 0
    for tier in tiers:
        end = tier.up_to * E8 or max(value, floor)
        if value <= floor:
            break
        brackets.append((min(value, end) - floor, tier.transfer_ratio))
        floor = end
    removed = max(0, value - floor)  # What lies past the last bracket counts nothing and may go.
    for width, ratio in reversed(brackets):
        if width * ratio > room:
            return removed + room // ratio
        room -= width * ratio
        removed += width
    return removed
