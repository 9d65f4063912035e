"""What a margin account has and owes, and where that stands: arithmetic alone (mechanics 2.1, 2.4, 2.6)."""

from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from openmargin.domain.enums import MarginStatus
from openmargin.domain.ids import CROSS
from openmargin.domain.money import E8, Atoms
from openmargin.engine import risk
from openmargin.engine.state import State, TradingAccount

EXCESSIVE: Final = MarginStatus.EXCESSIVE
NORMAL: Final = MarginStatus.NORMAL
MARGIN_CALL: Final = MarginStatus.MARGIN_CALL
PRE_LIQUIDATION: Final = MarginStatus.PRE_LIQUIDATION
FORCE_LIQUIDATION: Final = MarginStatus.FORCE_LIQUIDATION
"""Members by a name of their own: every debtor is judged at every move of the index."""


@mypyc_attr(acyclic=True)
class Solvency:
    """Assets and debts by index, e16: in the valuation asset, or in an isolated pair's quote."""

    def __init__(self, assets: int, liabilities: int) -> None:
        self.assets: int = assets
        self.liabilities: int = liabilities

    def is_above(self, bar: int) -> bool:
        """Is the margin level strictly above `bar` (e8)? Without debt it is above every bar."""
        return self.liabilities == 0 or self.assets * E8 > bar * self.liabilities


def of(state: State, account: TradingAccount) -> Solvency:
    """Sum the account, accrued interest included. An asset without an index counts nothing."""
    assets = liabilities = 0
    if account.scope == CROSS:
        marks = state.marks
        for debt in account.debts.values():
            liabilities += (debt.principal + debt.interest) * marks.get(debt.asset, 0)
        if state.venue.margin.liquidation.uses_collateral_ratio:
            return Solvency(_risk_based(state, account, {}), liabilities)
        for wallet in account.wallets.values():
            assets += (wallet.free + wallet.locked) * marks.get(wallet.asset, 0)
        return Solvency(assets, liabilities)
    for debt in account.debts.values():
        liabilities += (debt.principal + debt.interest) * risk.mark(state, account, debt.asset)
    for wallet in account.wallets.values():
        assets += (wallet.free + wallet.locked) * risk.mark(state, account, wallet.asset)
    return Solvency(assets, liabilities)


def without(state: State, account: TradingAccount, aside: dict[str, Atoms]) -> Solvency:
    """The same, as if what is set aside were not there."""
    found = of(state, account)
    if account.scope == CROSS and state.venue.margin.liquidation.uses_collateral_ratio:
        return Solvency(_risk_based(state, account, aside), found.liabilities)
    assets = found.assets
    for asset, amount in aside.items():
        assets -= amount * risk.mark(state, account, asset)
    return Solvency(assets, found.liabilities)


def _risk_based(state: State, account: TradingAccount, aside: dict[str, Atoms]) -> int:
    """Each asset net of its debt, where that is positive, by the brackets of its liquidation ratio (A16)."""
    assets = 0
    for wallet in account.wallets.values():
        debt = account.debts.get(wallet.asset)
        away = aside.get(wallet.asset, 0)
        if debt is not None:
            away += debt.principal + debt.interest
        value = (wallet.free + wallet.locked - away) * state.marks.get(wallet.asset, 0)
        assets += risk_based_value(state, wallet.asset, value)
    return assets


def risk_based_value(state: State, asset: str, net: int) -> int:
    """What an asset's net value (e16) counts where liquidation goes by its ratios; nothing where it is negative (A16)."""
    if net <= 0:
        return 0
    return risk.tier_value(state.assets[asset].collateral_tiers, net, risk.LIQUIDATION) // E8


def status(state: State, bars: risk.Bars, found: Solvency) -> MarginStatus:
    """Where the margin level stands; a level on a bar counts as below it (mechanics 2.2, 2.4 A2)."""
    rules = state.venue.margin.liquidation
    if found.is_above(rules.excessive_level):
        return EXCESSIVE
    if found.is_above(bars.margin_call):
        return NORMAL
    # A share of the way from one bar to the other, which need not be a whole number.
    between = bars.liquidation * E8 + (bars.margin_call - bars.liquidation) * rules.pre_liquidation_share
    if found.assets * E8 * E8 > between * found.liabilities:
        return MARGIN_CALL
    if found.is_above(bars.liquidation):
        return PRE_LIQUIDATION
    return FORCE_LIQUIDATION


def level(state: State, found: Solvency) -> int:
    """Assets by liabilities with eight decimals, rounded down; the cap without debt (mechanics 2.1)."""
    cap = state.venue.margin.level_cap
    if found.liabilities == 0:
        return cap
    return min(cap, found.assets * E8 // found.liabilities)
