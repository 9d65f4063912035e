"""The journal as a table of an SQLite database, file or memory.

Owns: the table `records` and the transactions of the connection that writes it. History writes its rows
over the same connection between `append` and `sync`, so one fsync makes both durable.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeAlias

import msgspec

from openmargin.journal.codec import unseal
from openmargin.journal.record import GENESIS_CHAIN, Check, Entry, FenceBroken, JournalDamaged, SealedRecord

_PAGE_RECORDS: Final = 4096
"""Records that one query reads. Short queries keep readers from holding back the write-ahead log."""

_Row: TypeAlias = tuple[int, int, int, int, bytes, bytes, bytes]

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS records (
    seq INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    length INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    chain BLOB NOT NULL,
    event_chain BLOB NOT NULL,
    body BLOB NOT NULL
)
"""


class SqliteJournal:
    """A JournalStore over one connection in autocommit mode."""

    def __init__(self, connection: sqlite3.Connection, keep_records: int | None = None) -> None:
        """`keep_records` bounds a journal in memory, which no restart reads: older ones are dropped."""
        self._connection = connection
        self._keep_records = keep_records

    def create(self) -> None:
        """Make the table where it is missing."""
        with _damage_named(0):
            self._connection.execute(_SCHEMA)

    @property
    def last_seq(self) -> int:
        with _damage_named(0):
            (last_seq,) = self._connection.execute("SELECT max(seq) FROM records").fetchone()
        return -1 if last_seq is None else last_seq

    def append(self, records: Sequence[SealedRecord], expected_last_seq: int) -> None:
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN IMMEDIATE")
        last_seq = self.last_seq
        if last_seq != expected_last_seq:
            raise FenceBroken(expected_last_seq, last_seq)
        self._connection.executemany(
            "INSERT OR FAIL INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", map(msgspec.structs.astuple, records)
        )
        if self._keep_records is not None:
            self._connection.execute(
                "DELETE FROM records WHERE seq <= ?", (records[-1].seq - self._keep_records,)
            )

    def sync(self) -> None:
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        # A full disk makes SQLite roll back by itself; a second time would be an error.
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def chain_at(self, seq: int) -> bytes:
        if seq < 0:
            return GENESIS_CHAIN
        with _damage_named(seq):
            row = self._connection.execute("SELECT chain FROM records WHERE seq = ?", (seq,)).fetchone()
        if row is None:
            raise JournalDamaged(seq, Check.ENDS_EARLY)
        return row[0]

    def read_from(self, seq: int, previous_chain: bytes) -> Iterator[Entry]:
        while page := self._page(seq):
            for row in page:
                entry = unseal(SealedRecord(*row), seq, previous_chain)
                yield entry
                seq += 1
                previous_chain = entry.chain

    def _page(self, seq: int) -> list[_Row]:
        """Some rows from `seq` on; none at the end."""
        try:
            return self._rows(seq, _PAGE_RECORDS)
        except sqlite3.DatabaseError:
            # Somewhere in this page. One row at a time, the damage gets its place.
            with _damage_named(seq):
                return self._rows(seq, 1)

    def _rows(self, seq: int, limit: int) -> list[_Row]:
        # A flipped bit can also change a value's type; a body that is none is taken for an empty one.
        return self._connection.execute(
            "SELECT seq, at_ms, length, crc, chain, event_chain, ifnull(CAST(body AS BLOB), x'') "
            "FROM records WHERE seq >= ? ORDER BY seq LIMIT ?",
            (seq, limit),
        ).fetchall()


@contextmanager
def _damage_named(seq: int) -> Generator[None]:
    """SQLite's own complaint, raised as damage with the place that was being read."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise JournalDamaged(seq, Check.DATABASE, str(error)) from error
