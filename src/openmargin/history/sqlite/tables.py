"""What every table of history is, and how rows are found in one.

A table holds what is asked for in columns, and the whole row as bytes beside them, so amounts are never squeezed
into SQLite's integers. No table that every order adds to has an index by time: ids rise with time, so a moment is
found by bisection. Queries name their index: SQLite keeps no statistics here, and would walk millions of rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from openmargin.history.queries import Paged, Query, Series
from openmargin.history.rows import HistoryRows

Values: TypeAlias = tuple[int | str | bytes, ...]
"""What one row puts into the columns of its table."""

Answers: TypeAlias = Mapping[type[Query[Any]], Callable[[sqlite3.Connection, Any], Any]]
"""What finds the answer to each question."""

encode: Final = msgspec.msgpack.Encoder().encode


class Table(Struct, frozen=True):
    """One table: its columns, and what a batch adds to it."""

    name: str
    columns: str
    """Names and types, but for the row itself, which is the last."""
    key: str
    youngest_first: str
    """What a bounded history keeps first. Open rows come before all others, and are never dropped."""
    values_of: Callable[[HistoryRows], Sequence[Values]]
    indexes: Mapping[str, str] = {}
    """The columns of each index besides the key."""
    changing: tuple[str, ...] = ()
    """The columns that a later row of the same key brings anew; () where a key comes once."""

    @property
    def schema(self) -> str:
        """What makes the table where it is missing."""
        lines = [
            f"CREATE TABLE IF NOT EXISTS {self.name} ({self.columns}, row BLOB, PRIMARY KEY ({self.key})) "
            "WITHOUT ROWID;"
        ]
        for index, columns in self.indexes.items():
            lines.append(f"CREATE INDEX IF NOT EXISTS {index} ON {self.name} ({columns});")
        return "\n".join(lines)

    @property
    def insertion(self) -> str:
        """What adds one row, or brings a changing one up to date."""
        places = ", ".join("?" * (self.columns.count(",") + 2))
        statement = f"INSERT OR FAIL INTO {self.name} VALUES ({places})"
        if not self.changing:
            return statement
        anew = ", ".join(f"{column} = excluded.{column}" for column in (*self.changing, "row"))
        return f"{statement} ON CONFLICT DO UPDATE SET {anew}"

    @property
    def trimming(self) -> str:
        """What drops all but a number of the youngest rows."""
        spare = " WHERE is_open = 0" if "is_open" in self.changing else ""
        return (
            f"DELETE FROM {self.name} WHERE ({self.key}) IN "
            f"(SELECT {self.key} FROM {self.name}{spare} ORDER BY {self.youngest_first} LIMIT -1 OFFSET ?)"
        )


class Where:
    """Conditions joined by AND; one whose value is None is no condition."""

    def __init__(self, also: Where | None = None) -> None:
        self._terms: list[str] = [*also._terms] if also else []
        self.values: list[int | str] = [*also.values] if also else []

    def add(self, term: str, value: int | str | None) -> Where:
        if value is not None:
            self._terms.append(term + " ?")
            self.values.append(value)
        return self

    def __str__(self) -> str:
        return " AND ".join(self._terms)


def rows(connection: sqlite3.Connection, query: str, values: Sequence[int | str]) -> list[bytes]:
    """The bytes of every row that a query finds."""
    return [row for (row,) in connection.execute(query, values)]


def series(
    connection: sqlite3.Connection,
    table: str,
    id_column: str,
    time_column: str,
    where: Where,
    asked: Series[Any],
) -> list[bytes]:
    """Rows, oldest first: from where the span begins, or before where it ends."""

    def first_id_at(at_ms: int | None) -> int | None:
        return (
            None if at_ms is None else _first_id_at(connection, table, id_column, time_column, where, at_ms)
        )

    bounds = Where(where)
    bounds.add(f"{id_column} >=", asked.from_id)
    bounds.add(f"{id_column} >=", first_id_at(asked.start_ms))
    bounds.add(f"{id_column} <", first_id_at(None if asked.end_ms is None else asked.end_ms + 1))
    is_newest = asked.from_id is None and asked.start_ms is None
    direction = "DESC" if is_newest else "ASC"
    found = rows(
        connection,
        f"SELECT row FROM {table} WHERE {bounds} ORDER BY {id_column} {direction} LIMIT ?",
        [*bounds.values, asked.limit],
    )
    return found[::-1] if is_newest else found


def _first_id_at(
    connection: sqlite3.Connection, table: str, id_column: str, time_column: str, where: Where, at_ms: int
) -> int:
    """Where the rows begin that are not older than `at_ms`, by bisection: ids and times rise together."""
    (last_id,) = connection.execute(
        f"SELECT max({id_column}) FROM {table} WHERE {where}", where.values
    ).fetchone()
    low, high = 0, (last_id or 0) + 1
    probe = (
        f"SELECT {id_column}, {time_column} FROM {table} WHERE {where} AND {id_column} >= ? "
        f"ORDER BY {id_column} LIMIT 1"
    )
    while low < high:
        middle = (low + high) // 2
        found = connection.execute(probe, [*where.values, middle]).fetchone()
        if found is None or found[1] >= at_ms:
            high = middle
        else:
            low = found[0] + 1
    return low


def page(
    connection: sqlite3.Connection, table: str, where: Where, asked: Paged[Any]
) -> tuple[list[bytes], int]:
    """One page, newest first, and how many rows match in all."""
    where.add("at_ms >=", asked.start_ms).add("at_ms <=", asked.end_ms)
    (total,) = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}", where.values).fetchone()
    found = rows(
        connection,
        f"SELECT row FROM {table} WHERE {where} ORDER BY at_ms DESC, transaction_id DESC LIMIT ? OFFSET ?",
        [*where.values, asked.limit, asked.offset],
    )
    return found, total
