"""Since when and until when assets and pairs are on margin (mechanics 7.6).

An asset's dates concern cross accounts, a pair's the isolated account of it and cross orders in it.
"""

from __future__ import annotations

from typing import Final

from openmargin.domain.ids import CROSS, SPOT
from openmargin.domain.reasons import Reason, Rejected
from openmargin.domain.venue import Symbol
from openmargin.engine.state import State, TradingAccount, TradingRules

FOR_EVER: Final = 1 << 62


def bound(state: State, rules: TradingRules, symbol: Symbol) -> None:
    """Give a pair's rules the dates between which margin accounts may trade it."""
    rules.isolated_from_ms = symbol.list_at_ms
    rules.isolated_until_ms = symbol.delist_at_ms or FOR_EVER
    rules.cross_from_ms = rules.isolated_from_ms
    rules.cross_until_ms = rules.isolated_until_ms
    for name in (symbol.base, symbol.quote):
        asset = state.assets[name]
        rules.cross_from_ms = max(rules.cross_from_ms, asset.list_at_ms)
        rules.cross_until_ms = min(rules.cross_until_ms, asset.delist_at_ms or FOR_EVER)


def _dates(state: State, account: TradingAccount, asset: str) -> tuple[int, int]:
    """Since when, and until when or 0, an asset is on margin for an account."""
    if account.scope == CROSS:
        terms = state.assets[asset]
        return terms.list_at_ms, terms.delist_at_ms
    rules = state.books[account.scope].rules
    return rules.isolated_from_ms, 0 if rules.isolated_until_ms == FOR_EVER else rules.isolated_until_ms


def may_lend(state: State, account: TradingAccount, asset: str) -> bool:
    """Is the asset lent to this account at this time? Once a delisting is planned it is not, unless the venue says so."""
    from_ms, until_ms = _dates(state, account, asset)
    if state.at_ms < from_ms:
        return False
    if until_ms == 0:
        return True
    return state.at_ms < until_ms and not state.venue.margin.delisting_stops_loans


def refuse_transfer_in(state: State, target: TradingAccount, asset: str) -> Rejected | None:
    """May the asset be moved into this account? No more once its delisting is planned (-3065)."""
    if target.scope == SPOT:
        return None
    from_ms, until_ms = _dates(state, target, asset)
    if state.at_ms < from_ms:
        return Rejected(Reason.ASSET_NOT_COLLATERAL)
    return Rejected(Reason.ASSET_DELISTED) if until_ms else None
