"""What the venue lists, looked up by name, with the refusals for names that it does not list."""

from __future__ import annotations

from openmargin.api.errors import INVALID_SYMBOL, NOT_A_MARGIN_ASSET, ApiError
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
