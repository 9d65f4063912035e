"""What each record changed in the books that somebody watches.

Owns: how the watched books looked after the last record; nothing of the state, and nothing that outlives the process.
A book is looked at only when its update id has moved, and every level only where somebody asked for every level.
"""

from __future__ import annotations

from typing import Final

from openmargin.domain.money import Atoms
from openmargin.domain.views import BookChanged, DepthView
from openmargin.engine import views
from openmargin.engine.state import State

EVERY_LEVEL: Final = 1 << 30
_NOBODY: Final = (0, 0)


class WatchedBook:
    """How one book looked, and who wants to know."""

    def __init__(self) -> None:
        self.update_id: int = 0
        self.watchers: int = 0
        self.of_levels: int = 0
        """How many of them want every level."""
        self.bids: dict[int, Atoms] = {}
        self.asks: dict[int, Atoms] = {}


class BookWatch:
    """The watched books of one exchange."""

    def __init__(self) -> None:
        self._books: dict[str, WatchedBook] = {}

    def begin(self, state: State, symbol: str, every_level: bool) -> None:
        """Watch a book from the next record on."""
        watched = self._books.get(symbol)
        if watched is None:
            watched = WatchedBook()
            watched.update_id = views.update_id(state, symbol)
            self._books[symbol] = watched
        watched.watchers += 1
        if every_level:
            if not watched.of_levels:
                shown = views.depth(state, symbol, EVERY_LEVEL)
                watched.bids = dict(shown.bids)
                watched.asks = dict(shown.asks)
            watched.of_levels += 1

    def end(self, symbol: str, every_level: bool) -> None:
        """Watch it no more, as far as this watcher goes."""
        watched = self._books[symbol]
        watched.watchers -= 1
        watched.of_levels -= int(every_level)
        if not watched.watchers:
            del self._books[symbol]

    def changes(self, state: State) -> list[BookChanged]:
        """What has changed since the last call, by the record that was applied between them."""
        changes: list[BookChanged] = []
        for symbol, watched in self._books.items():
            update_id = views.update_id(state, symbol)
            if update_id != watched.update_id:
                changes.append(_look(state, symbol, watched, update_id))
        return changes


def _look(state: State, symbol: str, watched: WatchedBook, update_id: int) -> BookChanged:
    first_id = watched.update_id + 1
    watched.update_id = update_id
    if not watched.of_levels:
        best = views.depth(state, symbol, 1)
        return _changed(symbol, first_id, update_id, (), (), best)
    shown = views.depth(state, symbol, EVERY_LEVEL)
    bids, asks = dict(shown.bids), dict(shown.asks)
    changed_bids, changed_asks = _difference(watched.bids, bids), _difference(watched.asks, asks)
    watched.bids, watched.asks = bids, asks
    return _changed(symbol, first_id, update_id, changed_bids, changed_asks, shown)


def _difference(before: dict[int, Atoms], after: dict[int, Atoms]) -> tuple[tuple[int, Atoms], ...]:
    """Levels of another volume, and those that have gone, with none."""
    found: list[tuple[int, Atoms]] = []
    for price, volume in after.items():
        if before.get(price, -1) != volume:
            found.append((price, volume))
    for price in before:
        if price not in after:
            found.append((price, 0))
    return tuple(found)


def _changed(
    symbol: str,
    first_id: int,
    last_id: int,
    bids: tuple[tuple[int, Atoms], ...],
    asks: tuple[tuple[int, Atoms], ...],
    shown: DepthView,
) -> BookChanged:
    best_bid = shown.bids[0] if shown.bids else _NOBODY
    best_ask = shown.asks[0] if shown.asks else _NOBODY
    return BookChanged(symbol, first_id, last_id, bids, asks, best_bid, best_ask)
