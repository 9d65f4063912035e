"""The tables of loans, interest and its rates, transfers and small debts exchanged.

Their ids are those of transactions, which rise with time whatever the transaction was.
"""

from __future__ import annotations

import sqlite3
from typing import Final

import msgspec

from openmargin.history import queries
from openmargin.history.rows import (
    HistoryRows,
    InterestRow,
    LoanRow,
    RatesRow,
    SmallLiabilityRow,
    TransferRow,
)
from openmargin.history.sqlite.tables import Answers, Selection, Table, Values, Where, encode, rows

_loan_decoder: Final = msgspec.msgpack.Decoder(LoanRow)
_interest_decoder: Final = msgspec.msgpack.Decoder(InterestRow)
_rates_decoder: Final = msgspec.msgpack.Decoder(RatesRow)
_transfer_decoder: Final = msgspec.msgpack.Decoder(TransferRow)
_small_decoder: Final = msgspec.msgpack.Decoder(SmallLiabilityRow)


def _loans(batch: HistoryRows) -> list[Values]:
    return [
        (
            row.account_id,
            row.scope,
            row.kind,
            row.transaction_id,
            row.at_ms,
            row.flow_id,
            row.asset,
            encode(row),
        )
        for row in batch.loans
    ]


def _interest(batch: HistoryRows) -> list[Values]:
    return [
        (row.account_id, row.scope, row.transaction_id, row.hour_ms, row.asset, encode(row))
        for row in batch.interest
    ]


def _rates(batch: HistoryRows) -> list[Values]:
    return [(row.asset, row.effective_ms, encode(row)) for row in batch.rates]


def _transfers(batch: HistoryRows) -> list[Values]:
    """Each is asked for by either end."""
    return [
        (row.account_id, scope, row.transaction_id, row.at_ms, is_in, other, row.asset, encode(row))
        for row in batch.transfers
        for scope, other, is_in in ((row.source, row.target, False), (row.target, row.source, True))
    ]


def _small_liabilities(batch: HistoryRows) -> list[Values]:
    return [(row.account_id, row.transaction_id, row.at_ms, encode(row)) for row in batch.small_liabilities]


TABLES: Final = (
    Table(
        name="loans",
        columns="account_id INTEGER, scope TEXT, kind INTEGER, transaction_id INTEGER, at_ms INTEGER, "
        "flow_id INTEGER, asset TEXT",
        key="account_id, scope, kind, transaction_id",
        youngest_first="at_ms DESC",
        values_of=_loans,
    ),
    Table(
        name="interest",
        columns="account_id INTEGER, scope TEXT, transaction_id INTEGER, at_ms INTEGER, asset TEXT",
        key="account_id, scope, transaction_id",
        youngest_first="at_ms DESC",
        values_of=_interest,
    ),
    Table(
        name="rates",
        columns="asset TEXT, effective_ms INTEGER",
        key="asset, effective_ms",
        youngest_first="effective_ms DESC",
        changing=(),  # Rates that were set again before their hour came never held.
        values_of=_rates,
    ),
    Table(
        name="transfers",
        columns="account_id INTEGER, scope TEXT, transaction_id INTEGER, at_ms INTEGER, is_in INTEGER, "
        "other TEXT, asset TEXT",
        key="account_id, scope, transaction_id",
        youngest_first="at_ms DESC",
        values_of=_transfers,
    ),
    Table(
        name="small_liabilities",
        columns="account_id INTEGER, transaction_id INTEGER, at_ms INTEGER",
        key="account_id, transaction_id",
        youngest_first="at_ms DESC",
        values_of=_small_liabilities,
    ),
)


def loans(connection: sqlite3.Connection, asked: queries.Loans) -> tuple[list[LoanRow], int]:
    prefix = (
        Where()
        .add("account_id =", asked.account_id)
        .add("scope =", asked.scope)
        .add("kind =", asked.kind)
        .add("transaction_id =", asked.transaction_id)
    )
    also = Where().add("asset =", asked.asset)
    found, total = Selection(connection, "loans", prefix, "transaction_id", also=also).page(asked)
    return [_loan_decoder.decode(row) for row in found], total


def interest(connection: sqlite3.Connection, asked: queries.Interest) -> tuple[list[InterestRow], int]:
    prefix = Where().add("account_id =", asked.account_id).add("scope =", asked.scope)
    also = Where().add("asset =", asked.asset)
    found, total = Selection(connection, "interest", prefix, "transaction_id", also=also).page(asked)
    return [_interest_decoder.decode(row) for row in found], total


def rates(connection: sqlite3.Connection, asked: queries.Rates) -> list[RatesRow]:
    where = Where().add("asset =", asked.asset).add("effective_ms <=", asked.end_ms)
    found = rows(
        connection,
        # The youngest that does not lie in the span is the one that held when it began.
        f"SELECT row FROM rates WHERE {where} AND effective_ms >= coalesce((SELECT max(effective_ms) FROM rates "
        "WHERE asset = ? AND effective_ms <= ?), 0) ORDER BY effective_ms DESC",
        [*where.values, asked.asset, asked.start_ms],
    )
    return [_rates_decoder.decode(row) for row in found]


def transfers(connection: sqlite3.Connection, asked: queries.Transfers) -> tuple[list[TransferRow], int]:
    prefix = Where().add("account_id =", asked.account_id).add("scope =", asked.scope)
    also = Where().add("is_in =", asked.is_in).add("other =", asked.other).add("asset =", asked.asset)
    found, total = Selection(connection, "transfers", prefix, "transaction_id", also=also).page(asked)
    return [_transfer_decoder.decode(row) for row in found], total


def small_liabilities(
    connection: sqlite3.Connection, asked: queries.SmallLiabilities
) -> tuple[list[SmallLiabilityRow], int]:
    prefix = Where().add("account_id =", asked.account_id)
    found, total = Selection(connection, "small_liabilities", prefix, "transaction_id").page(asked)
    return [_small_decoder.decode(row) for row in found], total


ANSWERS: Final[Answers] = {
    queries.Loans: loans,
    queries.Interest: interest,
    queries.Rates: rates,
    queries.Transfers: transfers,
    queries.SmallLiabilities: small_liabilities,
}
