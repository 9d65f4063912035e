"""History as tables of an SQLite database: all tables, written and asked.

Owns: which tables there are, and the bound on each where history is in memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final, TypeVar

from openmargin.history.queries import Query
from openmargin.history.rows import HistoryRows
from openmargin.history.sqlite import flows, liquidations, loans, market, market_answers, orders
from openmargin.history.sqlite.reels import Winding
from openmargin.history.sqlite.tables import Answers, Table

Answer = TypeVar("Answer")

TABLES: Final[tuple[Table, ...]] = (
    *orders.TABLES,
    *loans.TABLES,
    *liquidations.TABLES,
    *flows.TABLES,
)
_ANSWERS: Final[Answers] = {
    **orders.ANSWERS,
    **loans.ANSWERS,
    **liquidations.ANSWERS,
    **flows.ANSWERS,
    **market_answers.ANSWERS,
}

KEYS: Final[dict[str, str]] = {**{table.name: table.key for table in TABLES}, **market.KEYS}
"""Every table of history and the columns of its key."""

_WINDING: Final = Winding()


class SqliteHistoryWriter:
    """A HistoryWriter over the connection whose transactions the journal owns."""

    def __init__(
        self, connection: sqlite3.Connection, keep_rows: int | None = None, winding: Winding = _WINDING
    ) -> None:
        """`keep_rows` bounds each table in memory: the oldest rows go first, what is open never.

        Where nothing is bounded, the tape is wound up on reels.
        """
        self._connection = connection
        self._keep_rows = keep_rows
        self._rows_since_trim = 0
        self._market = market.SqliteMarketWriter(connection, winding if keep_rows is None else None)
        self._insertions = tuple((table.insertion, table.values_of) for table in TABLES)

    def create(self) -> None:
        """Make the tables where they are missing."""
        for table in TABLES:
            self._connection.executescript(table.schema)
            if self._keep_rows is not None:
                self._connection.execute(
                    f"CREATE INDEX IF NOT EXISTS {table.name}_by_age ON {table.name} ({table.youngest_first})"
                )
        self._market.create(self._keep_rows)

    def write(self, rows: HistoryRows) -> None:
        for insertion, values_of in self._insertions:
            values = values_of(rows)
            if values:
                self._connection.executemany(insertion, values)
                self._rows_since_trim += len(values)
        self._market.write(rows.market)
        self._rows_since_trim += len(rows.market.aggregates)
        if self._keep_rows is not None:
            self._trim(self._keep_rows)

    def clear(self) -> None:
        for table in TABLES:
            self._connection.execute(f"DELETE FROM {table.name}")
        self._market.clear()

    def _trim(self, keep_rows: int) -> None:
        # Counting a table costs as much as reading it, so it is done once for a hundredth of the bound.
        if self._rows_since_trim <= keep_rows // 100:
            return
        self._rows_since_trim = 0
        for table in TABLES:
            self._connection.execute(table.trimming, (keep_rows,))
        self._market.trim(keep_rows)


class SqliteHistoryReader:
    """A HistoryReader over one connection, to be used by one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def fetch(self, query: Query[Answer]) -> Answer:
        answer: Callable[[sqlite3.Connection, Query[Answer]], Answer] = _ANSWERS[type(query)]
        return answer(self._connection, query)
