"""The connection that writes: many rows in few statements.

Owns: how a batch of rows becomes statements. Python's lock is given away and fought for again at each statement, and
while the event loop is busy each time takes milliseconds: row by row, a batch would take longer than its sync.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from typing import Any, Final

_ROWS_MAX: Final = 64
"""Of one statement; always a power of two, so that a few prepared statements serve all batches."""


class WritingConnection(sqlite3.Connection):
    """Inserts as many rows by one statement as it can."""

    def executemany(self, sql: str, rows: Iterable[Any], /) -> sqlite3.Cursor:
        """What it always does, for `INSERT … VALUES (?, …)` with one list of values that is there to be repeated."""
        waiting = list(rows)
        cursor = self.cursor()
        start = 0
        while start < len(waiting):
            count = min(1 << (len(waiting) - start).bit_length() - 1, _ROWS_MAX)
            values = tuple(chain.from_iterable(waiting[start : start + count]))
            cursor.execute(_repeated(sql, count), values)
            start += count
        return cursor


@lru_cache(maxsize=256)
def _repeated(sql: str, count: int) -> str:
    """The statement for so many rows."""
    head, values, rest = sql.partition("VALUES ")
    row, end, tail = rest.partition(")")
    return head + values + ", ".join([row + end] * count) + tail
