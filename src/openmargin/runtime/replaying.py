"""The journal of a data directory, run again from its beginning, beside whoever writes to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from openmargin.engine.engine import Engine
from openmargin.journal.record import GENESIS_CHAIN
from openmargin.journal.sqlite_store import SqliteJournal
from openmargin.runtime.bare import BareExchange, Step
from openmargin.runtime.directory import DataDirectory
from openmargin.runtime.errors import StartRefused
from openmargin.runtime.recovery import replay, require_epoch
from openmargin.runtime.storage import connect_to_read


class Replay(BareExchange):
    """Where a replay ends: an exchange that can be asked, with the refusals that it met on the way."""

    def __init__(self, path: Path) -> None:
        """Replay all of it. Raises StartRefused, JournalDamaged or DecidesDifferently."""
        super().__init__(check_everything=False)
        for step in replayed(path, self.engine):
            if step.rejection is not None:
                self.refusals.add(self.engine, step.record, step.rejection)


def replayed(path: Path, engine: Engine | None = None) -> Iterator[Step]:
    """Every record with what came of it; the engine, where one is given, stands behind each while it is looked at.

    Raises StartRefused, JournalDamaged or DecidesDifferently.
    """
    directory = DataDirectory(path)
    directory.require_database()
    try:
        connection = connect_to_read(directory)
    except sqlite3.Error as error:
        raise StartRefused(f"{path} cannot be read: {error}") from error
    try:
        connection.execute("BEGIN")  # One view of everything, even while an exchange writes.
        journal = SqliteJournal(connection)
        require_epoch(journal)
        for entry, applied in replay(engine or Engine(), GENESIS_CHAIN, journal.read_from(0, GENESIS_CHAIN)):
            yield Step(entry.record, tuple(applied.events), applied.rejection)
    finally:
        connection.close()
