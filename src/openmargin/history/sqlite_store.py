"""History as tables of an SQLite database.

Owns: the tables, their indexes and the queries over them. A table holds what is asked for in columns, and
the whole row as bytes beside them, so amounts are never squeezed into SQLite's integers. Orders and trades
have no index by time: ids rise with time, so a moment is found by bisection, and every order costs two
index entries less.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

import msgspec

from openmargin.domain.enums import OrderStatus
from openmargin.domain.ids import Scope
from openmargin.domain.orders import ListView, OrderView, PreventedMatch
from openmargin.history import market_store
from openmargin.history.market_queries import SqliteMarketReader
from openmargin.history.market_store import SqliteMarketWriter
from openmargin.history.rows import (
    HistoryRows,
    InterestRow,
    LoanKind,
    LoanRow,
    PreventedRow,
    TradeRow,
    TransferRow,
)

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS orders (
    account_id INTEGER, scope TEXT, symbol TEXT, order_id INTEGER,
    client_order_id TEXT, placed_at_ms INTEGER, is_open INTEGER, row BLOB,
    PRIMARY KEY (account_id, scope, symbol, order_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS orders_by_client_id ON orders (account_id, scope, symbol, client_order_id);

CREATE TABLE IF NOT EXISTS trades (
    account_id INTEGER, scope TEXT, symbol TEXT, trade_id INTEGER, order_id INTEGER, at_ms INTEGER, row BLOB,
    PRIMARY KEY (account_id, scope, symbol, trade_id, order_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS trades_by_order ON trades (account_id, scope, symbol, order_id);

CREATE TABLE IF NOT EXISTS loans (
    account_id INTEGER, scope TEXT, kind INTEGER, at_ms INTEGER, transaction_id INTEGER, asset TEXT, row BLOB,
    PRIMARY KEY (account_id, scope, kind, at_ms, transaction_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS loans_by_id ON loans (transaction_id);

CREATE TABLE IF NOT EXISTS interest (
    account_id INTEGER, scope TEXT, at_ms INTEGER, transaction_id INTEGER, asset TEXT, row BLOB,
    PRIMARY KEY (account_id, scope, at_ms, transaction_id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS transfers (
    account_id INTEGER, source TEXT, target TEXT, at_ms INTEGER, transaction_id INTEGER, row BLOB,
    PRIMARY KEY (account_id, source, target, at_ms, transaction_id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS order_lists (
    account_id INTEGER, scope TEXT, list_id INTEGER,
    client_list_id TEXT, placed_at_ms INTEGER, is_open INTEGER, row BLOB,
    PRIMARY KEY (account_id, scope, list_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS order_lists_by_client_id ON order_lists (account_id, scope, client_list_id);

CREATE TABLE IF NOT EXISTS prevented_matches (
    account_id INTEGER, scope TEXT, symbol TEXT, order_id INTEGER, match_id INTEGER, at_ms INTEGER, row BLOB,
    PRIMARY KEY (account_id, scope, symbol, order_id, match_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS prevented_by_id ON prevented_matches (account_id, scope, symbol, match_id);
"""

TABLES: Final[dict[str, str]] = {
    "orders": "account_id, scope, symbol, order_id",
    "trades": "account_id, scope, symbol, trade_id, order_id",
    "loans": "account_id, scope, kind, at_ms, transaction_id",
    "interest": "account_id, scope, at_ms, transaction_id",
    "transfers": "account_id, source, target, at_ms, transaction_id",
    "order_lists": "account_id, scope, list_id",
    "prevented_matches": "account_id, scope, symbol, order_id, match_id",
    **market_store.TABLES,
}
"""Every table and the columns of its key."""

_AGE_COLUMNS: Final[dict[str, str]] = {
    "orders": "is_open DESC, placed_at_ms DESC",
    "trades": "at_ms DESC",
    "loans": "at_ms DESC",
    "interest": "at_ms DESC",
    "transfers": "at_ms DESC",
    "order_lists": "is_open DESC, placed_at_ms DESC",
    "prevented_matches": "at_ms DESC",
    **market_store.AGE_COLUMNS,
}
"""What a bounded history keeps first: open orders and lists, then the youngest."""

_OPEN: Final = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED, OrderStatus.PENDING_NEW)
_OPEN_FIRST: Final = ("orders", "order_lists")
"""Tables whose open rows are never dropped."""

_encode: Final = msgspec.msgpack.Encoder().encode
_order_decoder: Final = msgspec.msgpack.Decoder(OrderView)
_trade_decoder: Final = msgspec.msgpack.Decoder(TradeRow)
_loan_decoder: Final = msgspec.msgpack.Decoder(LoanRow)
_interest_decoder: Final = msgspec.msgpack.Decoder(InterestRow)
_transfer_decoder: Final = msgspec.msgpack.Decoder(TransferRow)
_list_decoder: Final = msgspec.msgpack.Decoder(ListView)
_prevented_decoder: Final = msgspec.msgpack.Decoder(PreventedRow)


class SqliteHistoryWriter:
    """A HistoryWriter over the connection whose transactions the journal owns."""

    def __init__(self, connection: sqlite3.Connection, keep_rows: int | None = None) -> None:
        """`keep_rows` bounds each table in memory: the oldest rows go first, what is open never."""
        self._connection = connection
        self._market = SqliteMarketWriter(connection)
        self._keep_rows = keep_rows
        self._rows_since_trim = 0

    def create(self) -> None:
        """Make the tables where they are missing."""
        self._connection.executescript(_SCHEMA + market_store.SCHEMA)
        if self._keep_rows is not None:
            for table, age in _AGE_COLUMNS.items():
                self._connection.execute(f"CREATE INDEX IF NOT EXISTS {table}_by_age ON {table} ({age})")

    def write(self, rows: HistoryRows) -> None:
        execute = self._connection.executemany
        if rows.orders:
            execute(
                "INSERT OR FAIL INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT "
                "DO UPDATE SET is_open = excluded.is_open, row = excluded.row",
                [
                    (
                        *key,
                        order.spec.client_order_id,
                        order.spec.placed_at_ms,
                        order.status in _OPEN,
                        _encode(order),
                    )
                    for key, order in rows.orders.items()
                ],
            )
        if rows.trades:
            execute(
                "INSERT OR FAIL INTO trades VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        row.account_id,
                        row.scope,
                        row.symbol,
                        row.fill.trade_id,
                        row.order_id,
                        row.at_ms,
                        _encode(row),
                    )
                    for row in rows.trades
                ],
            )
        if rows.loans:
            execute(
                "INSERT OR FAIL INTO loans VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        row.account_id,
                        row.scope,
                        row.kind,
                        row.at_ms,
                        row.transaction_id,
                        row.asset,
                        _encode(row),
                    )
                    for row in rows.loans
                ],
            )
        if rows.interest:
            execute(
                "INSERT OR FAIL INTO interest VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (row.account_id, row.scope, row.hour_ms, row.transaction_id, row.asset, _encode(row))
                    for row in rows.interest
                ],
            )
        if rows.transfers:
            execute(
                "INSERT OR FAIL INTO transfers VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (row.account_id, row.source, row.target, row.at_ms, row.transaction_id, _encode(row))
                    for row in rows.transfers
                ],
            )
        if rows.order_lists:
            execute(
                "INSERT INTO order_lists VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT "
                "DO UPDATE SET is_open = excluded.is_open, row = excluded.row",
                [
                    (
                        *key,
                        order_list.client_list_id,
                        order_list.placed_at_ms,
                        not order_list.is_done,
                        _encode(order_list),
                    )
                    for key, order_list in rows.order_lists.items()
                ],
            )
        if rows.prevented_matches:
            execute(
                "INSERT INTO prevented_matches VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        row.account_id,
                        row.scope,
                        row.match.symbol,
                        row.order_id,
                        row.match.prevented_match_id,
                        row.match.at_ms,
                        _encode(row),
                    )
                    for row in rows.prevented_matches
                ],
            )
        self._market.write(rows.market)
        if self._keep_rows is not None:
            self._trim(self._keep_rows, rows)

    def clear(self) -> None:
        self._market.clear()
        for table in TABLES:
            self._connection.execute(f"DELETE FROM {table}")

    def _trim(self, keep_rows: int, rows: HistoryRows) -> None:
        self._rows_since_trim += len(rows.orders) + len(rows.trades) + len(rows.loans)
        self._rows_since_trim += len(rows.interest) + len(rows.transfers)
        self._rows_since_trim += len(rows.order_lists) + len(rows.prevented_matches)
        self._rows_since_trim += len(rows.market.aggregates)
        # Counting a table costs as much as reading it, so it is done once for a hundredth of the bound.
        if self._rows_since_trim <= keep_rows // 100:
            return
        self._rows_since_trim = 0
        for table, age in _AGE_COLUMNS.items():
            key = TABLES[table]
            spare = " WHERE is_open = 0" if table in _OPEN_FIRST else ""
            self._connection.execute(
                f"DELETE FROM {table} WHERE ({key}) IN "
                f"(SELECT {key} FROM {table}{spare} ORDER BY {age} LIMIT -1 OFFSET ?)",
                (keep_rows,),
            )


class _Where:
    """Conditions joined by AND; one whose value is None is no condition."""

    def __init__(self, also: _Where | None = None) -> None:
        self._terms: list[str] = [*also._terms] if also else []
        self.values: list[int | str] = [*also.values] if also else []

    def add(self, term: str, value: int | str | None) -> _Where:
        if value is not None:
            self._terms.append(term + " ?")
            self.values.append(value)
        return self

    def __str__(self) -> str:
        return " AND ".join(self._terms)


class SqliteHistoryReader:
    """A HistoryReader over one connection, to be used by one thread at a time.

    Queries name their index: SQLite keeps no statistics here, and would walk millions of rows.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.market = SqliteMarketReader(connection)

    def order(
        self, account_id: int, scope: Scope, symbol: str, order_id: int | None, client_order_id: str | None
    ) -> OrderView | None:
        where = (
            self._owned(account_id, scope, symbol)
            .add("order_id =", order_id)
            .add("client_order_id =", client_order_id)
        )
        table = "orders" if client_order_id is None else "orders INDEXED BY orders_by_client_id"
        found = self._bytes(
            f"SELECT row FROM {table} WHERE {where} ORDER BY order_id DESC LIMIT 1", where.values
        )
        return _order_decoder.decode(found[0]) if found else None

    def orders(
        self,
        account_id: int,
        scope: Scope,
        symbol: str,
        from_id: int | None,
        start_ms: int | None,
        end_ms: int | None,
        limit: int,
    ) -> list[OrderView]:
        where = self._owned(account_id, scope, symbol)
        found = self._span("orders", "order_id", "placed_at_ms", where, from_id, start_ms, end_ms, limit)
        return [_order_decoder.decode(row) for row in found]

    def trades(
        self,
        account_id: int,
        scope: Scope,
        symbol: str,
        order_id: int | None,
        from_id: int | None,
        start_ms: int | None,
        end_ms: int | None,
        limit: int,
    ) -> list[TradeRow]:
        where = self._owned(account_id, scope, symbol).add("order_id =", order_id)
        table = "trades" if order_id is None else "trades INDEXED BY trades_by_order"
        found = self._span(table, "trade_id", "at_ms", where, from_id, start_ms, end_ms, limit)
        return [_trade_decoder.decode(row) for row in found]

    def order_list(
        self, account_id: int, scope: Scope, list_id: int | None, client_list_id: str | None
    ) -> ListView | None:
        where = (
            _Where()
            .add("account_id =", account_id)
            .add("scope =", scope)
            .add("list_id =", list_id)
            .add("client_list_id =", client_list_id)
        )
        table = "order_lists" if list_id is not None else "order_lists INDEXED BY order_lists_by_client_id"
        found = self._bytes(
            f"SELECT row FROM {table} WHERE {where} ORDER BY list_id DESC LIMIT 1", where.values
        )
        return _list_decoder.decode(found[0]) if found else None

    def order_lists(
        self,
        account_id: int,
        scope: Scope,
        from_id: int | None,
        start_ms: int | None,
        end_ms: int | None,
        limit: int,
    ) -> list[ListView]:
        where = _Where().add("account_id =", account_id).add("scope =", scope)
        found = self._span("order_lists", "list_id", "placed_at_ms", where, from_id, start_ms, end_ms, limit)
        return [_list_decoder.decode(row) for row in found]

    def prevented_matches(
        self,
        account_id: int,
        scope: Scope,
        symbol: str,
        prevented_match_id: int | None,
        order_id: int | None,
        from_id: int | None,
        limit: int,
    ) -> list[PreventedMatch]:
        where = (
            self._owned(account_id, scope, symbol)
            .add("order_id =", order_id)
            .add("match_id =", prevented_match_id)
            .add("match_id >=", from_id)
        )
        index = "" if order_id is not None else " INDEXED BY prevented_by_id"
        # Both orders of one match may be the account's own: by the match's id alone they are two rows.
        found = self._bytes(
            f"SELECT row FROM prevented_matches{index} WHERE {where} "
            "GROUP BY match_id ORDER BY match_id LIMIT ?",
            [*where.values, limit],
        )
        return [_prevented_decoder.decode(row).match for row in found]

    def loans(
        self,
        account_id: int,
        scope: Scope,
        kind: LoanKind,
        asset: str | None,
        transaction_id: int | None,
        start_ms: int | None,
        end_ms: int | None,
        offset: int,
        limit: int,
    ) -> tuple[list[LoanRow], int]:
        where = (
            _Where()
            .add("account_id =", account_id)
            .add("scope =", scope)
            .add("kind =", kind)
            .add("asset =", asset)
            .add("transaction_id =", transaction_id)
        )
        table = "loans" if transaction_id is None else "loans INDEXED BY loans_by_id"
        found, total = self._page(table, where, start_ms, end_ms, offset, limit)
        return [_loan_decoder.decode(row) for row in found], total

    def interest(
        self,
        account_id: int,
        scope: Scope,
        asset: str | None,
        start_ms: int | None,
        end_ms: int | None,
        offset: int,
        limit: int,
    ) -> tuple[list[InterestRow], int]:
        where = _Where().add("account_id =", account_id).add("scope =", scope).add("asset =", asset)
        found, total = self._page("interest", where, start_ms, end_ms, offset, limit)
        return [_interest_decoder.decode(row) for row in found], total

    def transfers(
        self,
        account_id: int,
        source: Scope,
        target: Scope,
        start_ms: int | None,
        end_ms: int | None,
        offset: int,
        limit: int,
    ) -> tuple[list[TransferRow], int]:
        where = _Where().add("account_id =", account_id).add("source =", source).add("target =", target)
        found, total = self._page("transfers", where, start_ms, end_ms, offset, limit)
        return [_transfer_decoder.decode(row) for row in found], total

    @staticmethod
    def _owned(account_id: int, scope: Scope, symbol: str) -> _Where:
        return _Where().add("account_id =", account_id).add("scope =", scope).add("symbol =", symbol)

    def _span(
        self,
        table: str,
        id_column: str,
        time_column: str,
        where: _Where,
        from_id: int | None,
        start_ms: int | None,
        end_ms: int | None,
        limit: int,
    ) -> list[bytes]:
        """Up to `limit` rows, oldest first: from where the span begins, or before where it ends."""

        def first_id_at(at_ms: int) -> int:
            return self._first_id_at(table, id_column, time_column, where, at_ms)

        bounds = _Where(where)
        bounds.add(f"{id_column} >=", from_id)
        bounds.add(f"{id_column} >=", first_id_at(start_ms) if start_ms is not None else None)
        bounds.add(f"{id_column} <", first_id_at(end_ms + 1) if end_ms is not None else None)
        is_newest = from_id is None and start_ms is None
        direction = "DESC" if is_newest else "ASC"
        found = self._bytes(
            f"SELECT row FROM {table} WHERE {bounds} ORDER BY {id_column} {direction} LIMIT ?",
            [*bounds.values, limit],
        )
        return found[::-1] if is_newest else found

    def _first_id_at(self, table: str, id_column: str, time_column: str, where: _Where, at_ms: int) -> int:
        """Where the rows begin that are not older than `at_ms`, by bisection: ids and times rise together."""
        (last_id,) = self._connection.execute(
            f"SELECT max({id_column}) FROM {table} WHERE {where}", where.values
        ).fetchone()
        low, high = 0, (last_id or 0) + 1
        probe = (
            f"SELECT {id_column}, {time_column} FROM {table} WHERE {where} AND {id_column} >= ? "
            f"ORDER BY {id_column} LIMIT 1"
        )
        while low < high:
            middle = (low + high) // 2
            found = self._connection.execute(probe, [*where.values, middle]).fetchone()
            if found is None or found[1] >= at_ms:
                high = middle
            else:
                low = found[0] + 1
        return low

    def _page(
        self, table: str, where: _Where, start_ms: int | None, end_ms: int | None, offset: int, limit: int
    ) -> tuple[list[bytes], int]:
        """One page, newest first, and how many rows match in all."""
        where.add("at_ms >=", start_ms).add("at_ms <=", end_ms)
        (total,) = self._connection.execute(
            f"SELECT count(*) FROM {table} WHERE {where}", where.values
        ).fetchone()
        found = self._bytes(
            f"SELECT row FROM {table} WHERE {where} "
            "ORDER BY at_ms DESC, transaction_id DESC LIMIT ? OFFSET ?",
            [*where.values, limit, offset],
        )
        return found, total

    def _bytes(self, query: str, values: Sequence[int | str]) -> list[bytes]:
        return [row for (row,) in self._connection.execute(query, values)]
