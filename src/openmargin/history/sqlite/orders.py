"""The tables of orders, trades, order lists and prevented matches."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

import msgspec

from openmargin.domain.enums import OrderStatus
from openmargin.domain.ids import Scope
from openmargin.domain.orders import Amendment, ListView, OrderView, PreventedMatch
from openmargin.history import queries
from openmargin.history.rows import AmendmentRow, HistoryRows, PreventedRow, TradeRow
from openmargin.history.sqlite.tables import Answers, Selection, Table, Values, Where, encode, rows

_OPEN: Final = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED, OrderStatus.PENDING_NEW)

_order_decoder: Final = msgspec.msgpack.Decoder(OrderView)
_trade_decoder: Final = msgspec.msgpack.Decoder(TradeRow)
_list_decoder: Final = msgspec.msgpack.Decoder(ListView)
_amendment_decoder: Final = msgspec.msgpack.Decoder(AmendmentRow)
_prevented_decoder: Final = msgspec.msgpack.Decoder(PreventedRow)


def _orders(batch: HistoryRows) -> list[Values]:
    # The name that an order was placed under is kept, however much of its life one batch holds.
    first_names: dict[tuple[int, Scope, str, int], str] = {}
    for row in batch.amendments:
        change = row.amendment
        first_names.setdefault(
            (row.account_id, row.scope, change.symbol, change.order_id), change.previous_client_order_id
        )
    return [
        (
            *key,
            first_names.get(key, order.spec.client_order_id),
            order.spec.placed_at_ms,
            order.status in _OPEN,
            encode(order),
        )
        for key, order in batch.orders.items()
    ]


def _trades(batch: HistoryRows) -> list[Values]:
    return [
        (
            row.account_id,
            row.scope,
            row.symbol,
            row.fill.trade_id,
            row.flow_id,
            row.order_id,
            row.at_ms,
            encode(row),
        )
        for row in batch.trades
    ]


def _order_lists(batch: HistoryRows) -> list[Values]:
    return [
        (*key, view.client_list_id, view.placed_at_ms, not view.is_done, encode(view))
        for key, view in batch.order_lists.items()
    ]


def _prevented_matches(batch: HistoryRows) -> list[Values]:
    return [
        (
            row.account_id,
            row.scope,
            row.match.symbol,
            row.order_id,
            row.match.prevented_match_id,
            row.flow_id,
            row.match.at_ms,
            encode(row),
        )
        for row in batch.prevented_matches
    ]


def _amendments(batch: HistoryRows) -> list[Values]:
    return [
        (
            row.account_id,
            row.scope,
            row.amendment.symbol,
            row.amendment.order_id,
            row.amendment.amendment_id,
            row.amendment.client_order_id,
            row.amendment.at_ms,
            encode(row),
        )
        for row in batch.amendments
    ]


TABLES: Final = (
    Table(
        name="orders",
        columns="account_id INTEGER, scope TEXT, symbol TEXT, order_id INTEGER, "
        "client_order_id TEXT, placed_at_ms INTEGER, is_open INTEGER",
        key="account_id, scope, symbol, order_id",
        indexes={"orders_by_client_id": "account_id, scope, symbol, client_order_id"},
        youngest_first="is_open DESC, placed_at_ms DESC",
        changing=("is_open",),
        values_of=_orders,
    ),
    Table(
        name="trades",
        columns="account_id INTEGER, scope TEXT, symbol TEXT, trade_id INTEGER, flow_id INTEGER, "
        "order_id INTEGER, at_ms INTEGER",
        key="account_id, scope, symbol, trade_id, flow_id",
        indexes={"trades_by_order": "account_id, scope, symbol, order_id"},
        youngest_first="at_ms DESC",
        values_of=_trades,
    ),
    Table(
        name="order_lists",
        columns="account_id INTEGER, scope TEXT, list_id INTEGER, "
        "client_list_id TEXT, placed_at_ms INTEGER, is_open INTEGER",
        key="account_id, scope, list_id",
        indexes={"order_lists_by_client_id": "account_id, scope, client_list_id"},
        youngest_first="is_open DESC, placed_at_ms DESC",
        changing=("is_open",),
        values_of=_order_lists,
    ),
    Table(
        name="prevented_matches",
        columns="account_id INTEGER, scope TEXT, symbol TEXT, order_id INTEGER, match_id INTEGER, "
        "flow_id INTEGER, at_ms INTEGER",
        key="account_id, scope, symbol, order_id, match_id",
        indexes={"prevented_by_id": "account_id, scope, symbol, match_id"},
        youngest_first="at_ms DESC",
        values_of=_prevented_matches,
    ),
    Table(
        name="amendments",
        columns="account_id INTEGER, scope TEXT, symbol TEXT, order_id INTEGER, amendment_id INTEGER, "
        "client_order_id TEXT, at_ms INTEGER",
        key="account_id, scope, symbol, order_id, amendment_id",
        indexes={"amendments_by_client_id": "account_id, scope, symbol, client_order_id"},
        youngest_first="at_ms DESC",
        values_of=_amendments,
    ),
)


def _of_pair(account_id: int, scope: Scope, symbol: str) -> Where:
    return Where().add("account_id =", account_id).add("scope =", scope).add("symbol =", symbol)


def order(connection: sqlite3.Connection, asked: queries.Order) -> OrderView | None:
    if asked.client_order_id is None:
        return _order_by_id(connection, asked, asked.order_id)
    placed = _named(connection, asked, "orders INDEXED BY orders_by_client_id")
    amended = _named(connection, asked, "amendments INDEXED BY amendments_by_client_id")
    newest: OrderView | None = None
    for ids in (placed, amended):
        found = next(ids, None)
        # An amendment may have given the order another name since.
        while found is not None and found.spec.client_order_id != asked.client_order_id:
            found = next(ids, None)
        if found is not None and (newest is None or found.spec.order_id > newest.spec.order_id):
            newest = found
    return newest


def _order_by_id(
    connection: sqlite3.Connection, asked: queries.Order, order_id: int | None
) -> OrderView | None:
    where = _of_pair(asked.account_id, asked.scope, asked.symbol).add("order_id =", order_id)
    query = f"SELECT row FROM orders WHERE {where} ORDER BY order_id DESC LIMIT 1"
    found = rows(connection, query, where.values)
    return _order_decoder.decode(found[0]) if found else None


def _named(connection: sqlite3.Connection, asked: queries.Order, table: str) -> Iterator[OrderView]:
    """The orders that have, or once had, the name that is asked for, the newest first.

    The name an order was placed under stays in its table's column: to change it would cost every change of every
    order an index. Names that amendments gave stand with these.
    """
    where = (
        _of_pair(asked.account_id, asked.scope, asked.symbol)
        .add("order_id =", asked.order_id)
        .add("client_order_id =", asked.client_order_id)
    )
    query = f"SELECT order_id FROM {table} WHERE {where} ORDER BY order_id DESC"
    for (order_id,) in connection.execute(query, where.values):
        found = _order_by_id(connection, asked, order_id)
        if found is not None:
            yield found


def orders(connection: sqlite3.Connection, asked: queries.Orders) -> list[OrderView]:
    where = _of_pair(asked.account_id, asked.scope, asked.symbol)
    found = Selection(connection, "orders", where, "order_id", "placed_at_ms").series(asked)
    return [_order_decoder.decode(row) for row in found]


def trades(connection: sqlite3.Connection, asked: queries.Trades) -> list[TradeRow]:
    where = _of_pair(asked.account_id, asked.scope, asked.symbol).add("order_id =", asked.order_id)
    table = "trades" if asked.order_id is None else "trades INDEXED BY trades_by_order"
    found = Selection(connection, table, where, "trade_id").series(asked)
    return [_trade_decoder.decode(row) for row in found]


def order_list(connection: sqlite3.Connection, asked: queries.OrderList) -> ListView | None:
    where = (
        Where()
        .add("account_id =", asked.account_id)
        .add("scope =", asked.scope)
        .add("list_id =", asked.list_id)
        .add("client_list_id =", asked.client_list_id)
    )
    table = "order_lists" if asked.list_id is not None else "order_lists INDEXED BY order_lists_by_client_id"
    query = f"SELECT row FROM {table} WHERE {where} ORDER BY list_id DESC LIMIT 1"
    found = rows(connection, query, where.values)
    return _list_decoder.decode(found[0]) if found else None


def order_lists(connection: sqlite3.Connection, asked: queries.OrderLists) -> list[ListView]:
    where = Where().add("account_id =", asked.account_id).add("scope =", asked.scope)
    found = Selection(connection, "order_lists", where, "list_id", "placed_at_ms").series(asked)
    return [_list_decoder.decode(row) for row in found]


def amendments(connection: sqlite3.Connection, asked: queries.Amendments) -> list[Amendment]:
    where = (
        _of_pair(asked.account_id, asked.scope, asked.symbol)
        .add("order_id =", asked.order_id)
        .add("amendment_id >=", asked.from_id)
    )
    query = f"SELECT row FROM amendments WHERE {where} ORDER BY amendment_id LIMIT ?"
    found = rows(connection, query, [*where.values, asked.limit])
    return [_amendment_decoder.decode(row).amendment for row in found]


def prevented_matches(
    connection: sqlite3.Connection, asked: queries.PreventedMatches
) -> list[PreventedMatch]:
    where = (
        _of_pair(asked.account_id, asked.scope, asked.symbol)
        .add("order_id =", asked.order_id)
        .add("match_id =", asked.prevented_match_id)
        .add("match_id >=", asked.from_id)
    )
    index = "" if asked.order_id is not None else " INDEXED BY prevented_by_id"
    # Both orders of one match may be the account's own: by the match's id alone they are two rows.
    found = rows(
        connection,
        f"SELECT row FROM prevented_matches{index} WHERE {where} GROUP BY match_id ORDER BY match_id LIMIT ?",
        [*where.values, asked.limit],
    )
    return [_prevented_decoder.decode(row).match for row in found]


ANSWERS: Final[Answers] = {
    queries.Order: order,
    queries.Orders: orders,
    queries.Trades: trades,
    queries.OrderList: order_list,
    queries.OrderLists: order_lists,
    queries.PreventedMatches: prevented_matches,
    queries.Amendments: amendments,
}
