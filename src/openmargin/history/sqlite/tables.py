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
    changing: tuple[str, ...] | None = None
    """The columns that a later row of the same key brings anew, besides itself; None where a key comes once."""

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
        if self.changing is None:
            return statement
        anew = ", ".join(f"{column} = excluded.{column}" for column in (*self.changing, "row"))
        return f"{statement} ON CONFLICT DO UPDATE SET {anew}"

    @property
    def trimming(self) -> str:
        """What drops all but a number of the youngest rows."""
        spare = " WHERE is_open = 0" if "is_open" in self.columns else ""
        return (
            f"DELETE FROM {self.name} WHERE ({self.key}) IN "
            f"(SELECT {self.key} FROM {self.name}{spare} ORDER BY {self.youngest_first} LIMIT -1 OFFSET ?)"
        )


class Where:
    """Conditions joined by AND; one whose value is None is no condition."""

    def __init__(self, also: Where | None = None) -> None:
        self._terms: list[str] = []
        self.values: list[int | str] = []
        if also is not None:
            self.join(also)

    def add(self, term: str, value: int | str | None) -> Where:
        if value is not None:
            self._terms.append(term + " ?")
            self.values.append(value)
        return self

    def join(self, also: Where) -> Where:
        self._terms += also._terms
        self.values += also.values
        return self

    def __str__(self) -> str:
        return " AND ".join(self._terms)


def rows(connection: sqlite3.Connection, query: str, values: Sequence[int | str]) -> list[bytes]:
    """The bytes of every row that a query finds."""
    return [row for (row,) in connection.execute(query, values)]


class Selection:
    """The rows of a table that one key prefix has, by ids that rise with time."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        table: str,
        prefix: Where,
        ids: str,
        times: str = "at_ms",
        also: Where | None = None,
    ) -> None:
        """`also` is what rows must meet besides: conditions that no index helps with."""
        self._connection = connection
        self._table = table
        self._prefix = prefix
        self._ids = ids
        self._times = times
        self._also = also or Where()

    def series(self, asked: Series[Any]) -> list[bytes]:
        """Rows, oldest first: from where the span begins, or before where it ends."""
        where = self.within(asked.start_ms, asked.end_ms, asked.from_id or 0)
        is_newest = asked.from_id is None and asked.start_ms is None
        found = self._rows(where, f"{'DESC' if is_newest else 'ASC'} LIMIT ?", asked.limit)
        return found[::-1] if is_newest else found

    def page(self, asked: Paged[Any]) -> tuple[list[bytes], int]:
        """One page, newest first, and how many rows match in all."""
        where = self.within(asked.start_ms, asked.end_ms)
        count = f"SELECT count(*) FROM {self._table} WHERE {where}"
        (total,) = self._connection.execute(count, where.values).fetchone()
        return self._rows(where, "DESC LIMIT ? OFFSET ?", asked.limit, asked.offset), total

    def within(self, start_ms: int | None, end_ms: int | None, from_id: int = 0) -> Where:
        """What the rows of a span of time meet, from an id on."""
        where = Where(self._prefix)
        if start_ms is not None:
            from_id = max(from_id, self.first_id(self._times, start_ms))
        if from_id:
            # One lower bound: of two, SQLite would begin at the first and read its way to the other.
            where.add(f"{self._ids} >=", from_id)
        if end_ms is not None:
            where.add(f"{self._ids} <", self.first_id(self._times, end_ms + 1))
        return where.join(self._also)

    def first_id(self, column: str, least: int) -> int:
        """Where the rows begin whose `column`, which rises with the ids, is not below `least`: by bisection."""
        execute, where = self._connection.execute, self._prefix
        newest = f"SELECT max({self._ids}) FROM {self._table} WHERE {where}"
        (last_id,) = execute(newest, where.values).fetchone()
        low, high = 0, (last_id or 0) + 1
        probe = (
            f"SELECT {self._ids}, {column} FROM {self._table} WHERE {where} AND {self._ids} >= ? "
            f"ORDER BY {self._ids} LIMIT 1"
        )
        while low < high:
            middle = (low + high) // 2
            found = execute(probe, [*where.values, middle]).fetchone()
            if found is None or found[1] >= least:
                high = middle
            else:
                low = found[0] + 1
        return low

    def _rows(self, where: Where, order: str, *numbers: int) -> list[bytes]:
        query = f"SELECT row FROM {self._table} WHERE {where} ORDER BY {self._ids} {order}"
        return rows(self._connection, query, [*where.values, *numbers])
