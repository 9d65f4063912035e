"""Since when and until when assets and pairs are on margin (mechanics 7.6).

An asset's dates concern cross accounts, a pair's the isolated account of it and cross orders in it. Moments are in
milliseconds since 1970; what never ends, ends at `FOR_EVER`.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from openmargin.domain.venue import Asset, Symbol

Dates: TypeAlias = tuple[int, int]
"""The first moment, and the one after the last."""

FOR_EVER: Final = 1 << 62


def dates_of(listed: Asset | Symbol) -> Dates:
    """When an asset is on cross margin, or a pair on margin at all."""
    return listed.list_at_ms, listed.delist_at_ms or FOR_EVER


def cross_dates(pair: Symbol, base: Asset, quote: Asset) -> Dates:
    """When cross accounts may trade a pair: while it and both of its assets are on margin."""
    every = (dates_of(pair), dates_of(base), dates_of(quote))
    return max(begin for begin, _ in every), min(end for _, end in every)


def is_within(dates: Dates, at_ms: int) -> bool:
    return dates[0] <= at_ms < dates[1]


def is_lent(dates: Dates, at_ms: int, *, delisting_stops_loans: bool) -> bool:
    """Is something with these dates lent? Once a delisting is planned it is not, unless the venue says so."""
    if dates[1] != FOR_EVER and delisting_stops_loans:
        return False
    return is_within(dates, at_ms)
