"""Is what lies in a data directory what it should be?

Replays the journal from its very beginning, without trust in any snapshot, and holds everything that was
kept against it: event hashes, snapshots, invariants, history. Works beside a running exchange, on what was
durable when it began.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from msgspec import Struct

from openmargin.engine.engine import Engine
from openmargin.engine.invariants import breaches
from openmargin.history.compare import differences
from openmargin.history.sqlite.store import SqliteHistoryWriter
from openmargin.journal.record import GENESIS_CHAIN, Check, JournalDamaged
from openmargin.journal.sqlite_store import SqliteJournal
from openmargin.runtime.directory import DataDirectory
from openmargin.runtime.errors import StartRefused
from openmargin.runtime.recovery import DecidesDifferently, require_epoch, snapshot_of
from openmargin.runtime.refold import Progress, no_progress, refold
from openmargin.runtime.snapshot_files import Snapshot, SnapshotDamaged, read_snapshot, snapshot_paths
from openmargin.runtime.storage import connect_to_read

_CHECKED_RECORDS: Final = 5_000
"""Records between two rounds of all invariants."""


class Report(Struct, frozen=True):
    """What verification found."""

    records: int
    seq: int
    event_chain: str
    state_hash: str
    problems: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        return not self.problems


def verify(directory: Path, progress: Progress = no_progress) -> Report:
    """Check everything in a data directory; what is wrong is reported, and ends the check where it must.

    Raises StartRefused where there is nothing to check, or no way to it.
    """
    data = DataDirectory(directory)
    try:
        data.require_database()
        return _verify(data, progress)
    except (OSError, sqlite3.Error) as error:
        raise StartRefused(f"{directory} cannot be read: {error}") from error


def _verify(data: DataDirectory, progress: Progress) -> Report:
    connection = connect_to_read(data)
    # No name means a temporary file: a long history need not fit into memory twice.
    refolded = sqlite3.connect("", isolation_level=None)
    try:
        connection.execute("BEGIN")  # One view of everything, even while an exchange writes.
        return _Verification(connection, refolded, data, progress).run()
    finally:
        connection.close()
        refolded.close()


class _Verification:
    """One run of `verify`, and what it has found so far."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        refolded: sqlite3.Connection,
        data: DataDirectory,
        progress: Progress,
    ) -> None:
        self._connection = connection
        self._refolded = refolded
        self._data = data
        self._progress = progress
        self._engine = Engine()
        self._chains = (GENESIS_CHAIN, GENESIS_CHAIN)
        self._problems: list[str] = []

    def run(self) -> Report:
        engine = self._engine
        try:
            self._check_database()
            self._replay(self._sound_snapshots())
            self._problems.extend(differences(self._connection, self._refolded))
        except (JournalDamaged, DecidesDifferently) as problem:
            self._problems.append(str(problem))
        except sqlite3.DatabaseError as error:
            self._problems.append(f"the database cannot be read: {error}")
        return Report(
            engine.seq + 1,
            engine.seq,
            self._chains[1].hex(),
            engine.state_hash() if engine.seq >= 0 else "",
            tuple(self._problems),
        )

    def _check_database(self) -> None:
        for (finding,) in self._connection.execute("PRAGMA integrity_check"):
            if finding != "ok":
                self._problems.append(f"the database is damaged: {finding}")

    def _sound_snapshots(self) -> dict[int, tuple[Path, Snapshot]]:
        found: dict[int, tuple[Path, Snapshot]] = {}
        for path in snapshot_paths(self._data.snapshots):
            try:
                snapshot = read_snapshot(path)
            except SnapshotDamaged as damage:
                self._problems.append(str(damage))
            else:
                found[snapshot.seq] = (path, snapshot)
        return found

    def _replay(self, snapshots: dict[int, tuple[Path, Snapshot]]) -> None:
        journal = SqliteJournal(self._connection)
        require_epoch(journal)
        history = SqliteHistoryWriter(self._refolded)
        history.create()
        for seq, chain, event_chain in refold(self._engine, journal, history, self._progress):
            self._chains = (chain, event_chain)
            kept = snapshots.pop(seq, None)
            if kept is not None:
                self._compare_snapshot(*kept)
            if seq % _CHECKED_RECORDS == 0:
                self._check_invariants()
        if self._engine.seq >= 0:
            self._check_invariants()
        # A snapshot may be newer than our view of a running exchange's journal, but not on a second look.
        last_seq = _last_seq_now(self._data)
        for seq, (path, _) in snapshots.items():
            if seq > last_seq:
                self._problems.append(f"{JournalDamaged(seq, Check.ENDS_EARLY, str(path))}")

    def _compare_snapshot(self, path: Path, kept: Snapshot) -> None:
        if snapshot_of(self._engine, *self._chains) != kept:
            self._problems.append(f"{path} is not the state that the journal leads to")

    def _check_invariants(self) -> None:
        self._problems.extend(
            f"after record {self._engine.seq}: {breach}" for breach in breaches(self._engine.state)
        )


def _last_seq_now(data: DataDirectory) -> int:
    connection = connect_to_read(data)
    try:
        return SqliteJournal(connection).last_seq
    finally:
        connection.close()
