"""One SQLite database for journal and history.

Owns: the connections, their settings, and the transaction that makes a batch of records and its history
rows durable together, so that history neither leads nor trails the journal.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar
from urllib.parse import quote

from openmargin.history.queries import Query
from openmargin.history.rows import HistoryRows
from openmargin.history.sqlite.store import SqliteHistoryReader, SqliteHistoryWriter
from openmargin.history.store import HistoryReader, HistoryWriter
from openmargin.journal.record import SealedRecord
from openmargin.journal.sqlite_store import SqliteJournal
from openmargin.runtime.connection import WritingConnection
from openmargin.runtime.directory import DataDirectory, sync_directory
from openmargin.runtime.phases import Phase, PhaseHook, no_hook

Answer = TypeVar("Answer")

MEMORY: Final = ":memory:"

_WAL_PAGES: Final = 1_000
"""Pages after which a commit also empties the write-ahead log into the database, and syncs that too.

Rarer is cheaper, by fewer pages written twice; but all who wait for that commit wait longer, for 4,000 pages 50 ms.
"""

_WRITER_SETTINGS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}",
    "PRAGMA cache_size = -65536",
)


def connect_to_read(directory: DataDirectory) -> sqlite3.Connection:
    """A connection that cannot write; it sees what is durable, whoever writes meanwhile."""
    return sqlite3.connect(
        f"file:{quote(str(directory.database))}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )


def copied_memory(source: sqlite3.Connection) -> sqlite3.Connection:
    """A database in memory, with all that is in another; for a Storage to write to."""
    target = _connect_to_memory()
    source.backup(target)
    return target


def _connect_to_memory() -> sqlite3.Connection:
    return sqlite3.connect(MEMORY, isolation_level=None, check_same_thread=False, factory=WritingConnection)


def _connect_to_write(directory: DataDirectory | None) -> sqlite3.Connection:
    # One thread at a time uses it, but not always the same: it is made before the sync thread is.
    if directory is None:
        return _connect_to_memory()
    connection = sqlite3.connect(
        directory.database, isolation_level=None, check_same_thread=False, factory=WritingConnection
    )
    for setting in _WRITER_SETTINGS:
        connection.execute(setting)
    return connection


class Storage:
    """The writing connection and the readers of one exchange; in memory where there is no directory."""

    def __init__(
        self,
        directory: DataDirectory | None,
        *,
        memory_rows_max: int | None = None,
        at: PhaseHook = no_hook,
        memory: sqlite3.Connection | None = None,
    ) -> None:
        """`memory_rows_max` bounds the journal and each table of history where they are in memory.

        `memory` is what a storage without a directory goes on with; it is its own from then on.
        """
        self.directory = directory
        self._at = at
        self._connection = memory or _connect_to_write(directory)
        bound = memory_rows_max if directory is None else None
        self.journal = SqliteJournal(self._connection, bound)
        self.history = SqliteHistoryWriter(self._connection, bound)
        self.journal.create()
        self.history.create()
        if directory is not None:
            sync_directory(directory.path)
        self._lock = threading.Lock()
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []

    def commit(self, records: Sequence[SealedRecord], rows: HistoryRows) -> None:
        """Make a batch durable, whole or not at all; whatever is raised, nothing of it is."""
        with self._lock:
            try:
                self.journal.append(records, records[0].seq - 1)
                self._at(Phase.IN_HISTORY_FLUSH)
                self.history.write(rows)
                self._at(Phase.IN_SYNC)
                self.journal.sync()
            except BaseException:
                self.journal.rollback()
                raise

    @contextmanager
    def rewriting_history(self) -> Generator[HistoryWriter]:
        """Replace history by what is written within, whole or not at all."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self.history.clear()
                yield self.history
                self.journal.sync()
            except BaseException:
                self.journal.rollback()
                raise

    def fetch(self, query: Query[Answer]) -> Answer:
        """Put a question to history, from any thread."""
        if self.directory is None:
            # A second connection would see another memory, and this one shows half a transaction.
            with self._lock:
                return SqliteHistoryReader(self._connection).fetch(query)
        return self._thread_reader(self.directory).fetch(query)

    def copy_to(self, directory: DataDirectory) -> None:
        """Lay all that is durable into another directory, which must be new."""
        target = sqlite3.connect(directory.database)
        try:
            with self._lock:
                self._connection.backup(target)
        finally:
            target.close()
        sync_directory(directory.path)

    def copy_in_memory(self) -> sqlite3.Connection:
        """All that is durable, as a database in memory."""
        with self._lock:
            return copied_memory(self._connection)

    def _thread_reader(self, directory: DataDirectory) -> HistoryReader:
        reader: SqliteHistoryReader | None = getattr(self._local, "reader", None)
        if reader is None:
            connection = connect_to_read(directory)
            with self._lock:
                self._readers.append(connection)
            reader = SqliteHistoryReader(connection)
            self._local.reader = reader
        return reader

    def close(self) -> None:
        """Close every connection; the last one to close moves the write-ahead log into the database."""
        for connection in (*self._readers, self._connection):
            connection.close()
