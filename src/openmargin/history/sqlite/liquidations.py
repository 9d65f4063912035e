"""The tables of liquidations, of the orders they place, and of the repayment of what they leave behind."""

from __future__ import annotations

import sqlite3
from typing import Final

import msgspec

from openmargin.domain.orders import OrderView
from openmargin.history import queries
from openmargin.history.rows import (
    HistoryRows,
    LiquidationBeganRow,
    LiquidationEndedRow,
    LiquidationRow,
    LoanRepaymentRow,
)
from openmargin.history.sqlite.tables import Answers, Selection, Table, Values, Where, encode, rows

_order_decoder: Final = msgspec.msgpack.Decoder(OrderView)
_began_decoder: Final = msgspec.msgpack.Decoder(LiquidationBeganRow)
_ended_decoder: Final = msgspec.msgpack.Decoder(LiquidationEndedRow)
_repayment_decoder: Final = msgspec.msgpack.Decoder(LoanRepaymentRow)


def _orders(batch: HistoryRows) -> list[Values]:
    return [(*key, order.updated_at_ms, encode(order)) for key, order in batch.liquidation_orders.items()]


def _began(batch: HistoryRows) -> list[Values]:
    return [(row.account_id, row.liquidation_id, row.at_ms, encode(row)) for row in batch.liquidations_began]


def _ended(batch: HistoryRows) -> list[Values]:
    return [(row.liquidation_id, row.at_ms, encode(row)) for row in batch.liquidations_ended]


def _repayments(batch: HistoryRows) -> list[Values]:
    return [
        (row.account_id, row.repay_id, row.at_ms, row.status, encode(row)) for row in batch.loan_repayments
    ]


TABLES: Final = (
    Table(
        name="liquidation_orders",
        columns="account_id INTEGER, scope TEXT, symbol TEXT, order_id INTEGER, updated_at_ms INTEGER",
        key="account_id, scope, symbol, order_id",
        indexes={"liquidation_orders_by_change": "account_id, scope, updated_at_ms"},
        youngest_first="updated_at_ms DESC",
        changing=("updated_at_ms",),
        values_of=_orders,
    ),
    Table(
        name="liquidations",
        columns="account_id INTEGER, liquidation_id INTEGER, at_ms INTEGER",
        key="account_id, liquidation_id",
        youngest_first="at_ms DESC",
        values_of=_began,
    ),
    Table(
        name="liquidation_ends",
        columns="liquidation_id INTEGER, at_ms INTEGER",
        key="liquidation_id",
        youngest_first="at_ms DESC",
        values_of=_ended,
    ),
    Table(
        name="loan_repayments",
        columns="account_id INTEGER, repay_id INTEGER, at_ms INTEGER, status INTEGER",
        key="account_id, repay_id",
        youngest_first="at_ms DESC",
        changing=("status",),
        values_of=_repayments,
    ),
)


def liquidation_orders(
    connection: sqlite3.Connection, asked: queries.LiquidationOrders
) -> tuple[list[OrderView], int]:
    where = (
        Where()
        .add("account_id =", asked.account_id)
        .add("scope =", asked.scope)
        .add("updated_at_ms >=", asked.start_ms)
        .add("updated_at_ms <=", asked.end_ms)
    )
    table = "liquidation_orders INDEXED BY liquidation_orders_by_change"
    (total,) = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}", where.values).fetchone()
    found = rows(
        connection,
        f"SELECT row FROM {table} WHERE {where} "
        "ORDER BY updated_at_ms DESC, symbol DESC, order_id DESC LIMIT ? OFFSET ?",
        [*where.values, asked.limit, asked.offset],
    )
    return [_order_decoder.decode(row) for row in found], total


def liquidations(
    connection: sqlite3.Connection, asked: queries.Liquidations
) -> tuple[list[LiquidationRow], int]:
    prefix = Where().add("account_id =", asked.account_id)
    found, total = Selection(connection, "liquidations", prefix, "liquidation_id").page(asked)
    return [_liquidation(connection, _began_decoder.decode(row)) for row in found], total


def _liquidation(connection: sqlite3.Connection, began: LiquidationBeganRow) -> LiquidationRow:
    where = Where().add("liquidation_id =", began.liquidation_id)
    found = rows(connection, f"SELECT row FROM liquidation_ends WHERE {where}", where.values)
    return LiquidationRow(began, _ended_decoder.decode(found[0]) if found else None)


def loan_repayments(
    connection: sqlite3.Connection, asked: queries.LoanRepayments
) -> tuple[list[LoanRepaymentRow], int]:
    prefix = Where().add("account_id =", asked.account_id)
    also = Where().add("status =", asked.status)
    found, total = Selection(connection, "loan_repayments", prefix, "repay_id", also=also).page(asked)
    return [_repayment_decoder.decode(row) for row in found], total


ANSWERS: Final[Answers] = {
    queries.LiquidationOrders: liquidation_orders,
    queries.Liquidations: liquidations,
    queries.LoanRepayments: loan_repayments,
}
