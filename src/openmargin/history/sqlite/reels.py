"""Reels: stretches of the tape in which little happens, each wound up into one row.

A house that prints every symbol each second fills a tape whose rows hardly differ. A reel keeps what differs: times
by how the pauses between them change, prices and quantities by their steps. What is on a reel is nowhere else, and
reads the same.

Owns: which rows go on a reel, as a function of the rows alone, so that a tape made again is the same; and how.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from math import gcd
from typing import Any, Final

import msgspec
from msgspec import Struct

from openmargin.domain.enums import Side
from openmargin.domain.money import notional
from openmargin.history.candles import Candle
from openmargin.history.market import AggregateTrade

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS reels (
    symbol INTEGER, first_id INTEGER, last_id INTEGER, trade_id INTEGER, first_ms INTEGER, last_ms INTEGER, wound BLOB,
    PRIMARY KEY (symbol, first_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS reels_by_time ON reels (symbol, first_ms, first_id);
"""
_STAGGER: Final = 11
"""By so many rows the reels of one symbol begin after those of the one before, so that not all end at once."""


class Winding(Struct, frozen=True):
    """When rows of the tape are wound up."""

    rows: int = 64
    """How many make a reel."""
    least_ms: int = 16_000
    """What they span at least: a busy tape is not wound up, for SQLite alone is faster at reading it."""


class Reel(Struct, frozen=True):
    """One row of the table."""

    first_id: int
    last_id: int
    trade_id: int
    """Of the first trade; each aggregate trade on a reel is one trade."""
    first_ms: int
    last_ms: int
    wound: bytes

    def times(self) -> list[int]:
        """When each was."""
        return list(accumulate(accumulate(_decode(self.wound)[0]), initial=self.first_ms))

    def rows(self, symbol: str) -> list[AggregateTrade]:
        """The rows of the tape that it stands for."""
        _, prices, quantities, sells = _decode(self.wound)
        return [
            AggregateTrade(
                symbol,
                self.first_id + place,
                self.trade_id + place,
                at_ms,
                price,
                Side.SELL if sells >> place & 1 else Side.BUY,
                quantity,
                notional(quantity, price),
                [quantity],
            )
            for place, (at_ms, price, quantity) in enumerate(
                zip(self.times(), _from_steps(prices), _from_steps(quantities), strict=True)
            )
        ]

    def candles(self, first_id: int, until_id: int, span_ms: int) -> Iterator[tuple[int, Candle]]:
        """Candles of spans, of its rows from one id on and before another, with the time of their first trade."""
        _, price_steps, quantity_steps, sells = _decode(self.wound)
        times, prices = self.times(), list(_from_steps(price_steps))
        quantities = list(_from_steps(quantity_steps))
        begin, end = max(first_id - self.first_id, 0), min(until_id - self.first_id, len(times))
        while begin < end:
            after = bisect_left(times, (times[begin] // span_ms + 1) * span_ms, begin, end)
            places = range(begin, after)
            quotes = [notional(quantities[place], prices[place]) for place in places]
            bought = [place for place in places if not sells >> place & 1]
            yield (
                times[begin],
                Candle(
                    prices[begin],
                    max(prices[begin:after]),
                    min(prices[begin:after]),
                    prices[after - 1],
                    sum(quantities[begin:after]),
                    sum(quotes),
                    after - begin,
                    self.trade_id + begin,
                    sum(quantities[place] for place in bought),
                    sum(quotes[place - begin] for place in bought),
                ),
            )
            begin = after


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(tuple[list[int], list[int], list[int], int]).decode


def ends_reel(number: int, aggregate_id: int, winding: Winding) -> bool:
    """Is this aggregate trade of the symbol with that number the last that belongs on its reel?"""
    return (aggregate_id + number * _STAGGER + 1) % winding.rows == 0


def wind(connection: sqlite3.Connection, number: int, last_id: int, winding: Winding) -> None:
    """Put the rows that end with `last_id` on a reel, if they are all there, slow, and of one trade each."""
    first_id = last_id - winding.rows + 1
    bounds = (number, first_id, last_id)
    where = "WHERE symbol = ? AND aggregate_id BETWEEN ? AND ?"
    rows = connection.execute(
        f"SELECT trade_id, at_ms, price, quantity, quote_quantity, is_sell, parts FROM tape {where} "
        "ORDER BY aggregate_id",
        bounds,
    ).fetchall()
    if len(rows) < winding.rows:
        return
    first_ms, last_ms = rows[0][1], rows[-1][1]
    if last_ms - first_ms < winding.least_ms or not _is_plain(rows):
        return
    wound = _wound(rows)
    connection.execute(
        "INSERT OR FAIL INTO reels VALUES (?, ?, ?, ?, ?, ?, ?)",
        (number, first_id, last_id, rows[0][0], first_ms, last_ms, wound),
    )
    connection.execute(f"DELETE FROM tape {where}", bounds)


def _is_plain(rows: Sequence[tuple[Any, ...]]) -> bool:
    """Is each row one trade, and can all of it be worked out again?"""
    first = rows[0][0]
    return all(
        parts is None and trade_id == first + place and quote_quantity == notional(quantity, price)
        for place, (trade_id, _, price, quantity, quote_quantity, _, parts) in enumerate(rows)
    )


def _wound(rows: Sequence[tuple[Any, ...]]) -> bytes:
    _, times, prices, quantities, _, sides, _ = zip(*rows, strict=True)
    pauses = [later - earlier for earlier, later in pairwise(times)]
    changes = [pauses[0], *(later - earlier for earlier, later in pairwise(pauses))] if pauses else []
    sells = sum(1 << place for place, is_sell in enumerate(sides) if is_sell)
    return _encode((changes, _steps(prices), _steps(quantities), sells))


def _steps(values: Sequence[int]) -> list[int]:
    """The first, the unit of the steps between them, and the steps in it."""
    steps = [later - earlier for earlier, later in pairwise(values)]
    unit = gcd(*steps) or 1
    return [values[0], unit, *(step // unit for step in steps)]


def _from_steps(steps: Sequence[int]) -> Iterable[int]:
    unit = steps[1]
    return accumulate((step * unit for step in steps[2:]), initial=steps[0])


class ReelReader:
    """The reels of one symbol."""

    def __init__(self, connection: sqlite3.Connection, number: int, symbol: str) -> None:
        self._connection = connection
        self._number = number
        self._symbol = symbol

    def bounds(self) -> tuple[int, int] | None:
        """The first and the last id that is on a reel; None where nothing is."""
        first, last = self._connection.execute(
            "SELECT (SELECT min(first_id) FROM reels WHERE symbol = ?1), "
            "(SELECT last_id FROM reels WHERE symbol = ?1 ORDER BY first_id DESC LIMIT 1)",
            (self._number,),
        ).fetchone()
        return None if first is None else (first, last)

    def holding(self, aggregate_id: int) -> Reel | None:
        """The reel with that aggregate trade."""
        found = next(self._reels("AND first_id <= ? ORDER BY first_id DESC LIMIT 1", aggregate_id), None)
        return found if found is not None and found.last_id >= aggregate_id else None

    def upwards(self, from_id: int, until_id: int) -> Iterator[Reel]:
        """Those with anything of [from_id, until_id), the oldest first."""
        begun = self.holding(from_id)
        first_id = from_id if begun is None else begun.first_id
        return self._reels("AND first_id >= ? AND first_id < ? ORDER BY first_id", first_id, until_id)

    def downwards(self, until_id: int) -> Iterator[Reel]:
        """Those with anything before `until_id`, the newest first."""
        return self._reels("AND first_id < ? ORDER BY first_id DESC", until_id)

    def begun_before(self, at_ms: int) -> Reel | None:
        """The last that begins before a moment."""
        return next(
            self._reels("AND first_ms < ? ORDER BY first_ms DESC, first_id DESC LIMIT 1", at_ms), None
        )

    def first_id_from(self, at_ms: int) -> int | None:
        """Where the first that begins at a moment or later begins."""
        found = self._connection.execute(
            "SELECT first_id FROM reels WHERE symbol = ? AND first_ms >= ? ORDER BY first_ms, first_id LIMIT 1",
            (self._number, at_ms),
        ).fetchone()
        return None if found is None else found[0]

    def rows_of(self, reel: Reel) -> list[AggregateTrade]:
        return reel.rows(self._symbol)

    def _reels(self, where: str, *values: int) -> Iterator[Reel]:
        query = f"SELECT first_id, last_id, trade_id, first_ms, last_ms, wound FROM reels WHERE symbol = ? {where}"
        for row in self._connection.execute(query, (self._number, *values)):
            yield Reel(*row)
