"""What each record changed in the books that somebody watches.

Owns: how the watched books looked after the last record; nothing of the state, and nothing that outlives the process.
A book is looked at only when its update id has moved: at its best levels and at what was touched, and at every level
only where the house began to quote, or ceased to.
"""

from __future__ import annotations

from typing import Final

from openmargin.domain.money import Atoms
from openmargin.domain.views import BookChanged, DepthView
from openmargin.engine import views
from openmargin.engine.state import BookSide, State

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
        self.bid_side: BookSide | None = None
        self.ask_side: BookSide | None = None
        """The sides that note what is touched; None where the book showed a plan of the house."""

    def look_at_all(self, state: State, symbol: str, shown: DepthView) -> None:
        """Take everything as it is shown, and have the sides note what changes from here on."""
        book = state.books[symbol]
        self.bids = dict(shown.bids)
        self.asks = dict(shown.asks)
        self.look_away()
        if not views.is_planned(state, book):
            self.bid_side, self.ask_side = book.bids, book.asks
            book.bids.touched = {}
            book.asks.touched = {}

    def look_away(self) -> None:
        """Have nothing noted."""
        if self.bid_side is not None:
            self.bid_side.touched = None
        if self.ask_side is not None:
            self.ask_side.touched = None
        self.bid_side = self.ask_side = None


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
                watched.look_at_all(state, symbol, views.depth(state, symbol, EVERY_LEVEL))
            watched.of_levels += 1

    def end(self, symbol: str, every_level: bool) -> None:
        """Watch it no more, as far as this watcher goes."""
        watched = self._books[symbol]
        watched.watchers -= 1
        watched.of_levels -= int(every_level)
        if not watched.of_levels:
            watched.look_away()
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
    book = state.books[symbol]
    bid_side, ask_side = book.bids, book.asks
    # The house may have laid out what it only showed, or withdrawn it, and given the book other sides.
    if watched.bid_side is bid_side and watched.ask_side is ask_side and not views.is_planned(state, book):
        bids, asks = _touched(bid_side, watched.bids), _touched(ask_side, watched.asks)
        return _changed(symbol, first_id, update_id, bids, asks, views.depth(state, symbol, 1))
    shown = views.depth(state, symbol, EVERY_LEVEL)
    was_bids, was_asks = watched.bids, watched.asks
    watched.look_at_all(state, symbol, shown)
    bids, asks = _difference(was_bids, watched.bids), _difference(was_asks, watched.asks)
    return _changed(symbol, first_id, update_id, bids, asks, shown)


def _touched(side: BookSide, volumes: dict[int, Atoms]) -> tuple[tuple[int, Atoms], ...]:
    """What has another volume of what was touched; `volumes` follow."""
    touched = side.touched
    assert touched is not None, "a side that is watched notes what is touched"
    found: list[tuple[int, Atoms]] = []
    for price in touched:
        level = side.levels.get(price)
        volume = level.volume if level is not None else 0
        if volumes.get(price, 0) != volume:
            found.append((price, volume))
            if volume:
                volumes[price] = volume
            else:
                del volumes[price]
    side.touched = {}
    return tuple(found)


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
