"""The tables of loans, interest and transfers."""

from __future__ import annotations

import sqlite3
from typing import Final

import msgspec

from openmargin.history import queries
from openmargin.history.rows import HistoryRows, InterestRow, LoanRow, TransferRow
from openmargin.history.sqlite.tables import Answers, Table, Values, Where, encode, page

_loan_decoder: Final = msgspec.msgpack.Decoder(LoanRow)
_interest_decoder: Final = msgspec.msgpack.Decoder(InterestRow)
_transfer_decoder: Final = msgspec.msgpack.Decoder(TransferRow)


def _loans(batch: HistoryRows) -> list[Values]:
    return [
        (row.account_id, row.scope, row.kind, row.at_ms, row.transaction_id, row.asset, encode(row))
        for row in batch.loans
    ]


def _interest(batch: HistoryRows) -> list[Values]:
    return [
        (row.account_id, row.scope, row.hour_ms, row.transaction_id, row.asset, encode(row))
        for row in batch.interest
    ]


def _transfers(batch: HistoryRows) -> list[Values]:
    return [
        (row.account_id, row.source, row.target, row.at_ms, row.transaction_id, encode(row))
        for row in batch.transfers
    ]


TABLES: Final = (
    Table(
        name="loans",
        columns="account_id INTEGER, scope TEXT, kind INTEGER, at_ms INTEGER, transaction_id INTEGER, asset TEXT",
        key="account_id, scope, kind, at_ms, transaction_id",
        indexes={"loans_by_id": "transaction_id"},
        youngest_first="at_ms DESC",
        values_of=_loans,
    ),
    Table(
        name="interest",
        columns="account_id INTEGER, scope TEXT, at_ms INTEGER, transaction_id INTEGER, asset TEXT",
        key="account_id, scope, at_ms, transaction_id",
        youngest_first="at_ms DESC",
        values_of=_interest,
    ),
    Table(
        name="transfers",
        columns="account_id INTEGER, source TEXT, target TEXT, at_ms INTEGER, transaction_id INTEGER",
        key="account_id, source, target, at_ms, transaction_id",
        youngest_first="at_ms DESC",
        values_of=_transfers,
    ),
)


def loans(connection: sqlite3.Connection, asked: queries.Loans) -> tuple[list[LoanRow], int]:
    where = (
        Where()
        .add("account_id =", asked.account_id)
        .add("scope =", asked.scope)
        .add("kind =", asked.kind)
        .add("asset =", asked.asset)
        .add("transaction_id =", asked.transaction_id)
    )
    table = "loans" if asked.transaction_id is None else "loans INDEXED BY loans_by_id"
    found, total = page(connection, table, where, asked)
    return [_loan_decoder.decode(row) for row in found], total


def interest(connection: sqlite3.Connection, asked: queries.Interest) -> tuple[list[InterestRow], int]:
    where = (
        Where().add("account_id =", asked.account_id).add("scope =", asked.scope).add("asset =", asked.asset)
    )
    found, total = page(connection, "interest", where, asked)
    return [_interest_decoder.decode(row) for row in found], total


def transfers(connection: sqlite3.Connection, asked: queries.Transfers) -> tuple[list[TransferRow], int]:
    where = (
        Where()
        .add("account_id =", asked.account_id)
        .add("source =", asked.source)
        .add("target =", asked.target)
    )
    found, total = page(connection, "transfers", where, asked)
    return [_transfer_decoder.decode(row) for row in found], total


ANSWERS: Final[Answers] = {
    queries.Loans: loans,
    queries.Interest: interest,
    queries.Transfers: transfers,
}
