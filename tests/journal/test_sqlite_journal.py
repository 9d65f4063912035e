"""The SQLite journal passes the contract, on disk and in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from openmargin.journal.record import GENESIS_CHAIN, Check, JournalDamaged
from openmargin.journal.sqlite_store import SqliteJournal
from tests.journal.contract import JournalStoreContract, sealed_records


def connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, uri=True)
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


class SqliteJournalContract(JournalStoreContract):
    """A journal whose database other connections can open by name."""

    path: str
    connections: list[sqlite3.Connection]

    def journal(self) -> SqliteJournal:
        connection = connect(self.path)
        self.connections.append(connection)
        return SqliteJournal(connection)

    def make_store(self) -> SqliteJournal:
        store = self.journal()
        store.create()
        return store

    def other_view(self) -> SqliteJournal:
        return self.journal()

    def damage(self, seq: int, field: str, value: int | bytes) -> None:
        self.connections[0].execute(f"UPDATE records SET {field} = ? WHERE seq = ?", (value, seq))

    def remove(self, seq: int) -> None:
        self.connections[0].execute("DELETE FROM records WHERE seq = ?", (seq,))

    @pytest.fixture(autouse=True)
    def opened(self, tmp_path: Path) -> Iterator[None]:
        self.path = f"file:{tmp_path}/journal.db"
        self.connections = []
        yield
        for connection in self.connections:
            connection.close()


class TestSqliteJournalOnDisk(SqliteJournalContract):
    def test_a_page_of_rubbish_is_damage_and_not_an_end(self, tmp_path: Path) -> None:
        self.filled(2000)
        for connection in self.connections:
            connection.close()
        file = tmp_path / "journal.db"
        content = bytearray(file.read_bytes())
        content[40_960:45_056] = b"\xff" * 4096
        file.write_bytes(content)
        with pytest.raises(JournalDamaged) as caught:
            list(self.other_view().read_from(0, GENESIS_CHAIN))
        assert caught.value.check is Check.DATABASE

    @pytest.mark.parametrize("value", ["text", None, 7])
    def test_a_value_of_another_type_is_damage_at_its_place(self, value: object) -> None:
        self.filled(100)
        connection = self.connections[0]
        connection.execute("CREATE TABLE bent AS SELECT * FROM records")
        connection.execute("DROP TABLE records")
        connection.execute("ALTER TABLE bent RENAME TO records")
        for column in ("body", "chain"):
            connection.execute(f"UPDATE records SET {column} = ? WHERE seq = 60", (value,))
        assert self.found().seq == 60


class TestSqliteJournalInMemory:
    """In memory there is one connection and no restart: the contract has no meaning for either."""

    def test_it_is_bounded(self) -> None:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        store = SqliteJournal(connection, keep_records=100)
        store.create()
        records = sealed_records(1000)
        for first in range(0, 1000, 50):
            store.append(records[first : first + 50], first - 1)
            store.sync()
        assert store.last_seq == 999
        assert connection.execute("SELECT count(*), min(seq) FROM records").fetchone() == (100, 900)
        assert [entry.record.seq for entry in store.read_from(950, records[949].chain)] == list(
            range(950, 1000)
        )
        connection.close()
