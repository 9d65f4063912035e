"""The writing connection: the same rows as by executemany, in few statements."""

from __future__ import annotations

import sqlite3

import pytest

from openmargin.runtime.connection import WritingConnection

INSERT = "INSERT OR FAIL INTO t VALUES (?, ?) ON CONFLICT DO UPDATE SET b = excluded.b"


@pytest.fixture
def connection() -> WritingConnection:
    connection = sqlite3.connect(":memory:", isolation_level=None, factory=WritingConnection)
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
    return connection


@pytest.mark.parametrize("count", [0, 1, 2, 63, 64, 65, 200])
def test_every_row_is_there(connection: WritingConnection, count: int) -> None:
    rows = [(number, f"row {number}") for number in range(count)]
    connection.executemany(INSERT, iter(rows))
    assert connection.execute("SELECT * FROM t ORDER BY a").fetchall() == rows


def test_a_later_row_of_a_batch_wins(connection: WritingConnection) -> None:
    connection.executemany(INSERT, [(1, "old"), (2, "other"), (1, "new")])
    assert connection.execute("SELECT b FROM t ORDER BY a").fetchall() == [("new",), ("other",)]


def test_a_batch_takes_few_statements(connection: WritingConnection) -> None:
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    connection.executemany(INSERT, [(number, "") for number in range(100)])
    assert len(statements) == 3, "64, 32 and 4 rows"
