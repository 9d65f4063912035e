"""Two histories side by side: what was kept, and what a refold of the same journal gives."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from openmargin.history.sqlite.store import KEYS


def differences(kept: sqlite3.Connection, rebuilt: sqlite3.Connection) -> Iterator[str]:
    """One sentence for each table that differs, with the first row that does."""
    for table, key in KEYS.items():
        query = f"SELECT {key}, * FROM {table} ORDER BY {key}"
        for kept_row, rebuilt_row in zip_longest(kept.execute(query), rebuilt.execute(query)):
            if kept_row != rebuilt_row:
                yield f"{table}: {_difference(key.split(', '), kept_row, rebuilt_row)}"
                break


def _difference(columns: list[str], kept: tuple[Any, ...] | None, rebuilt: tuple[Any, ...] | None) -> str:
    keys = [row[: len(columns)] for row in (kept, rebuilt) if row is not None]
    first = min(keys)
    name = ", ".join(f"{column} {value}" for column, value in zip(columns, first, strict=True))
    if len(set(keys)) == 1 and kept is not None and rebuilt is not None:
        return f"the row of {name} is not what the journal says"
    if kept is not None and kept[: len(columns)] == first:
        return f"the row of {name} is kept, and the journal does not say so"
    return f"the row of {name} is missing"
