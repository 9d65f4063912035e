"""The index: each symbol's reference price, and from it the value of each asset (mechanics 5).

A price stays until another is set. Where the venue gives prices an age, one that has passed it still measures accounts,
but no loan is made by it, nothing leaves an account with debt, and no order of one is accepted (A17). The same holds at
once for a price whose feed has stopped, until it is set again.
"""

from __future__ import annotations

from openmargin.domain.ids import CROSS, SPOT
from openmargin.domain.money import E8, notional
from openmargin.engine.state import Book, State, TradingAccount


def mark_assets(state: State) -> None:
    """Price every asset: by its pair with the valuation asset, else through the display asset, rounded down."""
    margin = state.venue.margin
    marks = {margin.valuation_asset: E8}
    since: dict[str, int] = {}
    via = state.books.get(margin.display_asset + margin.valuation_asset)
    for asset, direct_symbol, crossed_symbol in state.feeds.sources:
        direct = state.books.get(direct_symbol)
        if direct is not None:
            marks[asset] = direct.index_price
            since[asset] = set_ms(state, direct)
            continue
        crossed = state.books.get(crossed_symbol)
        if crossed is not None and via is not None:
            marks[asset] = notional(crossed.index_price, via.index_price)
            since[asset] = min(set_ms(state, crossed), set_ms(state, via))
    state.marks = {asset: mark for asset, mark in marks.items() if mark > 0}
    state.marked_ms = since


def set_ms(state: State, book: Book) -> int:
    """When a pair's price was set; -1 while its feed is stopped."""
    return -1 if book.symbol in state.feeds.stopped else book.index_at_ms


def is_too_old(state: State, since_ms: int) -> bool:
    """Has a price that was set at a moment passed its age, or did its feed stop?"""
    most_ms = state.venue.margin.index_max_age_ms
    return since_ms < 0 or (most_ms > 0 and state.at_ms - since_ms > most_ms)


def lacks_price(state: State, account: TradingAccount, asset: str = "") -> bool:
    """Is any price too old that the account's level depends on, or that of `asset`?"""
    if account.scope == SPOT or not (state.venue.margin.index_max_age_ms or state.feeds.stopped):
        return False
    if account.scope != CROSS:
        return is_too_old(state, set_ms(state, state.books[account.scope]))
    if asset and _is_asset_too_old(state, asset):
        return True
    for wallet in account.wallets.values():
        if wallet.free + wallet.locked and _is_asset_too_old(state, wallet.asset):
            return True
    return any(_is_asset_too_old(state, owed) for owed in account.debts)


def _is_asset_too_old(state: State, asset: str) -> bool:
    """An asset that has no price at all, or is the measure itself, never is."""
    return is_too_old(state, state.marked_ms.get(asset, state.at_ms))
