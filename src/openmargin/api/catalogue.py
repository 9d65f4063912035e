"""What the venue lists, looked up by name, with the refusals for names that it does not list; and what of it when."""

from __future__ import annotations

from openmargin.api.errors import INVALID_SYMBOL, NOT_A_MARGIN_ASSET, ApiError
from openmargin.domain.listing import FOR_EVER, cross_dates, dates_of, is_lent, is_within
from openmargin.domain.venue import Asset, Symbol, Venue


class Catalogue:
    """An index over one venue. A changed venue is another catalogue."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self._symbols = {symbol.name: symbol for symbol in venue.symbols}
        self._assets = {asset.name: asset for asset in venue.assets}

    def symbol(self, name: str) -> Symbol:
        found = self._symbols.get(name)
        if found is None:
            raise ApiError(INVALID_SYMBOL)
        return found

    def asset(self, name: str) -> Asset:
        found = self._assets.get(name)
        if found is None:
            raise ApiError(NOT_A_MARGIN_ASSET)
        return found

    def is_on_cross(self, pair: Symbol, at_ms: int) -> bool:
        """May cross accounts trade the pair at that moment, as far as listings go?"""
        dates = cross_dates(pair, self._assets[pair.base], self._assets[pair.quote])
        return pair.cross_margin and is_within(dates, at_ms)

    def leaves_cross_at(self, pair: Symbol) -> int | None:
        """When cross accounts may trade the pair no more; None where that is not planned."""
        _, end = cross_dates(pair, self._assets[pair.base], self._assets[pair.quote])
        return None if end == FOR_EVER else end

    def is_isolated(self, pair: Symbol, at_ms: int) -> bool:
        """May isolated accounts of the pair be opened at that moment?"""
        return pair.isolated_margin and is_within(dates_of(pair), at_ms)

    def is_lent(self, asset: Asset, at_ms: int) -> bool:
        """Is the asset lent to cross accounts at that moment?"""
        stops = self.venue.margin.delisting_stops_loans
        return asset.borrowable and is_lent(dates_of(asset), at_ms, delisting_stops_loans=stops)

    def is_moved_in(self, asset: Asset, at_ms: int) -> bool:
        """May the asset be moved into cross accounts at that moment? Not any more once it is to leave."""
        begin, end = dates_of(asset)
        return asset.collateral and begin <= at_ms and end == FOR_EVER
