"""The names of market streams: `<symbol>@<kind>`, the symbol in lower case."""

from __future__ import annotations

from openmargin.domain.venue import Venue
from openmargin.runtime.exchange import Exchange


class Symbols:
    """The symbols of an exchange's venue, as streams name them."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._venue: Venue | None = None
        self._names: dict[str, str] = {}

    def split(self, stream: str) -> tuple[str, str] | None:
        """The symbol and the kind of a stream; None where the venue has no such symbol."""
        venue = self._exchange.venue
        if venue is not self._venue:
            self._venue = venue
            self._names = {symbol.name.lower(): symbol.name for symbol in venue.symbols}
        word, _, kind = stream.partition("@")
        symbol = self._names.get(word)
        return None if symbol is None else (symbol, kind)
