"""The index: each symbol's reference price, and from it the value of each asset (mechanics 5)."""

from __future__ import annotations

from openmargin.domain.money import E8, notional
from openmargin.engine.state import State


def mark_assets(state: State) -> None:
    """Price every asset: by its pair with the valuation asset, else through the display asset, rounded down."""
    margin = state.venue.margin
    marks = {margin.valuation_asset: E8}
    via = state.books.get(margin.display_asset + margin.valuation_asset)
    for asset in state.assets:
        direct = state.books.get(asset + margin.valuation_asset)
        if direct is not None:
            marks[asset] = direct.index_price
            continue
        crossed = state.books.get(asset + margin.display_asset)
        if crossed is not None and via is not None:
            marks[asset] = notional(crossed.index_price, via.index_price)
    state.marks = {asset: mark for asset, mark in marks.items() if mark > 0}
