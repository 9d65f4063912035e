"""The table of flows, and capital flow as the union of it with loans, trades and prevented matches."""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from openmargin.domain.enums import Side
from openmargin.history import queries
from openmargin.history.flows import flows_of_loan, flows_of_prevented, flows_of_trade
from openmargin.history.rows import (
    FLOWS_PER_RECORD,
    FlowKind,
    FlowRow,
    HistoryRows,
    LoanKind,
    LoanRow,
    PreventedRow,
    TradeRow,
)
from openmargin.history.sqlite.tables import Answers, Selection, Table, Values, Where, encode

_flow_decoder: Final = msgspec.msgpack.Decoder(FlowRow)
_loan_decoder: Final = msgspec.msgpack.Decoder(LoanRow)
_trade_decoder: Final = msgspec.msgpack.Decoder(TradeRow)

_prevented_decoder: Final = msgspec.msgpack.Decoder(PreventedRow)

_OF_LOANS: Final = {LoanKind.BORROW: FlowKind.BORROW, LoanKind.REPAY: FlowKind.REPAY}
_OF_TRADES: Final = (
    FlowKind.BUY_INCOME,
    FlowKind.BUY_EXPENSE,
    FlowKind.SELL_INCOME,
    FlowKind.SELL_EXPENSE,
    FlowKind.TRADING_COMMISSION,
)
_SIDES: Final[dict[FlowKind | None, Side]] = {
    FlowKind.BUY_INCOME: Side.BUY,
    FlowKind.BUY_EXPENSE: Side.BUY,
    FlowKind.SELL_INCOME: Side.SELL,
    FlowKind.SELL_EXPENSE: Side.SELL,
}


def _flows(batch: HistoryRows) -> list[Values]:
    return [(row.account_id, row.scope, row.flow_id, row.at_ms, encode(row)) for row in batch.flows]


TABLES: Final = (
    Table(
        name="flows",
        columns="account_id INTEGER, scope TEXT, flow_id INTEGER, at_ms INTEGER",
        key="account_id, scope, flow_id",
        youngest_first="at_ms DESC",
        values_of=_flows,
    ),
)


class _Source(NamedTuple):
    """Rows of one table, which rise by the `order` of its key as flows do, and what each of them moved."""

    table: str
    prefix: Where
    order: tuple[str, ...]
    flows_of: Callable[[bytes], Sequence[FlowRow]]


def flows(connection: sqlite3.Connection, asked: queries.Flows) -> list[FlowRow]:
    is_newest = asked.after_id is None
    with ExitStack() as cursors:
        # Rows are read as they are taken, and a cursor left open would keep the write-ahead log from shrinking.
        found = [
            _wanted(cursors.enter_context(closing(_scan(connection, source, asked))), source, asked)
            for source in _sources(asked)
        ]
        merged = heapq.merge(*found, key=lambda flow: flow.flow_id, reverse=is_newest)
        taken = list(islice(merged, asked.limit))
    return taken[::-1] if is_newest else taken


def _sources(asked: queries.Flows) -> Iterator[_Source]:
    """Where flows of the wanted kind are found."""
    owner = Where().add("account_id =", asked.account_id).add("scope =", asked.scope)
    if asked.kind not in (*_OF_LOANS.values(), *_OF_TRADES):
        yield _Source("flows", owner, ("flow_id",), _of_flow)
    for loan_kind, flow_kind in _OF_LOANS.items():
        if asked.kind in (None, flow_kind):
            prefix = Where(owner).add("kind =", loan_kind)
            yield _Source("loans", prefix, ("transaction_id",), _of_loan)
    for symbol, base, quote in asked.pairs:
        prefix = Where(owner).add("symbol =", symbol)
        if asked.kind in (None, *_OF_TRADES):
            # Two rows of one trade, with oneself, follow each other by their flows.
            yield _Source("trades", prefix, ("trade_id", "flow_id"), _of_trades(asked, base, quote))
        if asked.kind in (None, FlowKind.TRANSFER):
            # A match has two rows only where it moved nothing.
            table = "prevented_matches INDEXED BY prevented_by_id"
            yield _Source(table, prefix, ("match_id",), _of_prevented(base, quote))


def _of_flow(row: bytes) -> Sequence[FlowRow]:
    return (_flow_decoder.decode(row),)


def _of_loan(row: bytes) -> Sequence[FlowRow]:
    return tuple(flows_of_loan(_loan_decoder.decode(row)))


def _of_trades(asked: queries.Flows, base: str, quote: str) -> Callable[[bytes], Sequence[FlowRow]]:
    """Trades that hold nothing wanted are passed over at a glance: a week may have a million of them."""
    side = _SIDES.get(asked.kind)
    asset = asked.asset if asked.asset not in (base, quote) else None

    def flows_of(row: bytes) -> Sequence[FlowRow]:
        trade = _trade_decoder.decode(row)
        if side not in (None, trade.side) or asset not in (None, trade.fill.commission_asset):
            return ()
        return tuple(flows_of_trade(trade, base, quote))

    return flows_of


def _of_prevented(base: str, quote: str) -> Callable[[bytes], Sequence[FlowRow]]:
    return lambda row: tuple(flows_of_prevented(_prevented_decoder.decode(row), base, quote))


def _scan(connection: sqlite3.Connection, source: _Source, asked: queries.Flows) -> sqlite3.Cursor:
    ids = source.order[0]
    selection = Selection(connection, source.table, source.prefix, ids)
    from_id = 0
    if asked.after_id is not None:
        # Within one record the ids of a table need not rise as flows do, so its beginning is what is looked for.
        of_record = asked.after_id - asked.after_id % FLOWS_PER_RECORD
        from_id = selection.first_id("flow_id", of_record)
    where = selection.within(asked.start_ms, asked.end_ms, from_id)
    direction = "DESC" if asked.after_id is None else "ASC"
    order = ", ".join(f"{column} {direction}" for column in source.order)
    return connection.execute(f"SELECT row FROM {source.table} WHERE {where} ORDER BY {order}", where.values)


def _wanted(cursor: sqlite3.Cursor, source: _Source, asked: queries.Flows) -> Iterator[FlowRow]:
    for (row,) in cursor:
        found = source.flows_of(row)
        for flow in found if asked.after_id is not None else found[::-1]:
            if asked.after_id is not None and flow.flow_id <= asked.after_id:
                continue
            if asked.asset in (None, flow.asset) and asked.kind in (None, flow.kind):
                yield flow


ANSWERS: Final[Answers] = {queries.Flows: flows}
