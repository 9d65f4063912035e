"""What follows for accounts from the dates between which assets and pairs are on margin (mechanics 7.6)."""

from __future__ import annotations

from openmargin.domain.ids import CROSS, SPOT
from openmargin.domain.listing import FOR_EVER, Dates, cross_dates, dates_of, is_lent
from openmargin.domain.reasons import Reason, Rejected
from openmargin.domain.venue import Symbol
from openmargin.engine.state import State, TradingAccount, TradingRules


def bound(state: State, rules: TradingRules, symbol: Symbol) -> None:
    """Give a pair's rules the dates between which margin accounts may trade it."""
    rules.isolated_from_ms, rules.isolated_until_ms = dates_of(symbol)
    base, quote = state.assets[symbol.base], state.assets[symbol.quote]
    rules.cross_from_ms, rules.cross_until_ms = cross_dates(symbol, base, quote)


def _dates(state: State, account: TradingAccount, asset: str) -> Dates:
    """When an asset is on margin for an account."""
    if account.scope == CROSS:
        return dates_of(state.assets[asset])
    rules = state.books[account.scope].rules
    return rules.isolated_from_ms, rules.isolated_until_ms


def may_lend(state: State, account: TradingAccount, asset: str) -> bool:
    """Is the asset lent to this account at this time?"""
    stops = state.venue.margin.delisting_stops_loans
    return is_lent(_dates(state, account, asset), state.at_ms, delisting_stops_loans=stops)


def refuse_transfer_in(state: State, target: TradingAccount, asset: str) -> Rejected | None:
    """May the asset be moved into this account? No more once its delisting is planned (-3065)."""
    if target.scope == SPOT:
        return None
    from_ms, until_ms = _dates(state, target, asset)
    if state.at_ms < from_ms:
        return Rejected(Reason.ASSET_NOT_COLLATERAL)
    return Rejected(Reason.ASSET_DELISTED) if until_ms != FOR_EVER else None
