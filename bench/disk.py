"""How much of a database the journal takes, and how much history."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from openmargin.runtime.directory import DataDirectory


class Kept(NamedTuple):
    """Bytes on disk."""

    journal: int
    history: int

    def since(self, before: Kept) -> Kept:
        return Kept(self.journal - before.journal, self.history - before.history)


def kept(directory: Path, *, pages: bool) -> Kept:
    """What lies in a data directory, in whole `pages` or in the parts of them that are used; indexes are history's."""
    size = "pgsize" if pages else "pgsize - unused"
    with closing(
        sqlite3.connect(f"file:{DataDirectory(directory).database}?mode=ro", uri=True)
    ) as connection:
        sizes = dict(connection.execute(f"SELECT name, sum({size}) FROM dbstat GROUP BY name"))
    journal = sizes.pop("records")
    sizes.pop("sqlite_schema")
    return Kept(journal, sum(sizes.values()))
