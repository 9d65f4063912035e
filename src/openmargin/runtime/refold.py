"""History made again from the journal.

Owns: the replay that folds on the way. Recovery does not use it: what was folded once is on disk already.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeAlias

from openmargin.engine.engine import Engine
from openmargin.history.fold import fold
from openmargin.history.rows import HistoryRows
from openmargin.history.store import HistoryWriter
from openmargin.journal.record import GENESIS_CHAIN
from openmargin.journal.store import JournalStore
from openmargin.runtime.directory import DataDirectory
from openmargin.runtime.errors import StartRefused
from openmargin.runtime.recovery import replay, require_epoch
from openmargin.runtime.storage import Storage

Progress: TypeAlias = Callable[[int, int], None]
"""Told now and then how many records are done, and how many there are."""

_CHUNK_RECORDS: Final = 5_000
"""Records between two reports, and between two writes of history rows."""


def no_progress(_done: int, _all: int) -> None:
    """For callers that do not want to be told."""


def refold(
    engine: Engine, journal: JournalStore, history: HistoryWriter, progress: Progress
) -> Iterator[tuple[int, bytes, bytes]]:
    """Replay all records and fold their events; each one's place and chains are yielded once it is applied."""
    total = journal.last_seq + 1
    rows = HistoryRows()
    for entry, applied in replay(engine, GENESIS_CHAIN, journal.read_from(0, GENESIS_CHAIN)):
        seq = entry.record.seq
        fold(rows, seq, entry.record.at_ms, applied.events)
        if seq % _CHUNK_RECORDS == 0:
            history.write(rows)
            rows = HistoryRows()
            progress(seq + 1, total)
        yield seq, entry.chain, entry.event_chain
    history.write(rows)
    progress(total, total)


def rebuild_history(directory: Path, progress: Progress = no_progress) -> int:
    """Fold history again from the journal, whole or not at all; the number of records folded is returned.

    Raises StartRefused, JournalDamaged or DecidesDifferently.
    """
    data = DataDirectory(directory)
    try:
        data.require_database()
        return _rebuild(data, progress)
    except (OSError, sqlite3.Error) as error:
        raise StartRefused(f"history cannot be rebuilt in {directory}: {error}") from error


def _rebuild(data: DataDirectory, progress: Progress) -> int:
    lock = data.lock()
    try:
        storage = Storage(data)
        try:
            require_epoch(storage.journal)
            with storage.rewriting_history() as history:
                for _ in refold(Engine(), storage.journal, history, progress):
                    pass
            return storage.journal.last_seq + 1
        finally:
            storage.close()
    finally:
        lock.release()
