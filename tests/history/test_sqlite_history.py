"""History in SQLite passes the contract; a bounded one forgets what is oldest and closed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from openmargin.domain.enums import OrderStatus, RepaymentStatus
from openmargin.history import queries
from openmargin.history.compare import differences
from openmargin.history.rows import HistoryRows, LoanKind
from openmargin.history.sqlite.store import SqliteHistoryReader, SqliteHistoryWriter
from tests.history.contract import HistoryStoreContract, amendment, began, loan, rows_of, trade
from tests.history.stories import order

OWNER: dict[str, Any] = {"account_id": 1, "scope": "spot"}
PAIR: dict[str, Any] = {**OWNER, "symbol": "BTCUSDT"}
PAIRS = (("BTCUSDT", "BTC", "USDT"), ("ETHUSDT", "ETH", "USDT"))
BOUNDS: list[dict[str, int]] = [{}, {"from_id": 5}, {"start_ms": 1, "end_ms": 2}, {"end_ms": 2}]
QUESTIONS: list[queries.Query[Any]] = [
    *(queries.Orders(**PAIR, **bounds, limit=500) for bounds in BOUNDS),
    *(queries.Trades(**PAIR, **bounds, limit=500) for bounds in BOUNDS),
    *(queries.Trades(**PAIR, **bounds, order_id=1, limit=500) for bounds in BOUNDS),
    *(queries.OrderLists(**OWNER, **bounds, limit=500) for bounds in BOUNDS),
    queries.Order(**PAIR, order_id=1),
    queries.Order(**PAIR, client_order_id="name"),
    queries.OrderList(**OWNER, list_id=1),
    queries.OrderList(**OWNER, client_list_id="name"),
    queries.Amendments(**PAIR, order_id=1, from_id=1, limit=500),
    queries.PreventedMatches(**PAIR, prevented_match_id=1, limit=500),
    queries.PreventedMatches(**PAIR, order_id=1, from_id=1, limit=500),
    queries.Loans(**OWNER, kind=LoanKind.BORROW, start_ms=1, end_ms=2, limit=10),
    queries.Loans(**OWNER, kind=LoanKind.REPAY, transaction_id=1, limit=10),
    queries.Interest(**OWNER, start_ms=1, end_ms=2, limit=10),
    queries.Transfers(**OWNER, is_in=True, start_ms=1, end_ms=2, limit=10),
    queries.Rates(asset="BTC", start_ms=1, end_ms=2),
    queries.SmallLiabilities(account_id=1, start_ms=1, end_ms=2, limit=10),
    queries.LiquidationOrders(**OWNER, limit=10),
    queries.LiquidationOrders(**OWNER, start_ms=1, end_ms=2, limit=10),
    queries.Liquidations(account_id=1, start_ms=1, end_ms=2, limit=10),
    queries.LoanRepayments(account_id=1, status=RepaymentStatus.SUCCESS, start_ms=1, end_ms=2, limit=10),
    queries.Flows(**OWNER, pairs=PAIRS, start_ms=1, end_ms=2, limit=10),
    queries.Flows(**OWNER, pairs=PAIRS, after_id=7, start_ms=1, end_ms=2, limit=10),
]
"""Every question, in every way it can be asked."""


def kinds_of(base: type[Any]) -> set[type[Any]]:
    """The questions that can be put: every last subclass."""
    below = base.__subclasses__()
    return set().union(*(kinds_of(kind) for kind in below)) if below else {base}


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


OF_THE_MARKET = {queries.PublicTrades, queries.AggregateTrades, queries.Klines, queries.Windows}
"""Their answers sum ranges of rows; `tests/history/test_market.py` is about them."""


class TestSqliteHistory(HistoryStoreContract):
    @pytest.fixture(autouse=True)
    def opened(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.writer = SqliteHistoryWriter(connection)
        self.writer.create()

    def write(self, rows: HistoryRows) -> None:
        self.writer.write(rows)

    def reader(self) -> SqliteHistoryReader:
        return SqliteHistoryReader(self.connection)

    def test_history_can_be_cleared(self) -> None:
        self.write(rows_of(order(1)))
        self.writer.clear()
        assert self.order_ids(None, None, None) == []

    def test_no_question_sorts_or_scans_a_table(self) -> None:
        """Plans are what makes millions of rows answer in milliseconds."""
        asked: list[str] = []
        self.connection.set_trace_callback(asked.append)
        self.write(
            HistoryRows(
                trades=[trade(1)],
                liquidations_began=[began(1, at_ms=1)],
                loans=[loan(1, 1), loan(2, 1, kind=LoanKind.REPAY)],
            )
        )
        reader = self.reader()
        for question in QUESTIONS:
            reader.fetch(question)
        assert {type(question) for question in QUESTIONS} == kinds_of(queries.Query) - OF_THE_MARKET
        self.connection.set_trace_callback(None)
        plans = [
            (query, row[3])
            for query in asked
            for row in self.connection.execute(f"EXPLAIN QUERY PLAN {query}")
        ]
        by_name = [plan for query, plan in plans if "client_order_id =" in query]
        assert all("s_by_client_id" in plan and "client_order_id=?" in plan for plan in by_name)
        slow = [plan for plan in plans if "SCAN" in plan[1] or "TEMP B-TREE" in plan[1]]
        assert plans
        assert slow == []


def test_a_bounded_history_forgets_the_oldest_closed(connection: sqlite3.Connection) -> None:
    writer = SqliteHistoryWriter(connection, keep_rows=10)
    writer.create()
    resting = order(1, placed_at_ms=1)
    writer.write(rows_of(resting))
    for number in range(2, 100):
        writer.write(rows_of(order(number, placed_at_ms=number, status=OrderStatus.FILLED)))
        writer.write(HistoryRows(trades=[trade(number, at_ms=number)]))
    reader = SqliteHistoryReader(connection)
    orders = reader.fetch(queries.Orders(**PAIR, limit=500))
    trades = reader.fetch(queries.Trades(**PAIR, limit=500))
    assert [view.spec.order_id for view in orders] == [1, *range(90, 100)]
    assert [row.fill.trade_id for row in trades] == list(range(90, 100))


def two_histories() -> tuple[sqlite3.Connection, sqlite3.Connection]:
    kept, rebuilt = (sqlite3.connect(":memory:", isolation_level=None) for _ in range(2))
    for connection in (kept, rebuilt):
        writer = SqliteHistoryWriter(connection)
        writer.create()
        writer.write(rows_of(order(1), order(2), order(3)))
    return kept, rebuilt


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("SELECT 1", []),
        (
            "DELETE FROM orders WHERE order_id = 2",
            ["orders: the row of account_id 1, scope spot, symbol BTCUSDT, order_id 2 is missing"],
        ),
        (
            "DELETE FROM orders WHERE order_id = 3",
            ["orders: the row of account_id 1, scope spot, symbol BTCUSDT, order_id 3 is missing"],
        ),
        (
            "UPDATE orders SET is_open = 0 WHERE order_id = 2",
            [
                "orders: the row of account_id 1, scope spot, symbol BTCUSDT, order_id 2 is not what the journal says"
            ],
        ),
        (
            "INSERT INTO transfers VALUES (1, 'spot', 5, 9, 0, 'cross', 'BTC', x'00')",
            [
                "transfers: the row of account_id 1, scope spot, transaction_id 5"
                " is kept, and the journal does not say so"
            ],
        ),
    ],
)
def test_a_difference_is_named_by_its_row(change: str, expected: list[str]) -> None:
    kept, rebuilt = two_histories()
    kept.execute(change)
    assert list(differences(kept, rebuilt)) == expected
    kept.close()
    rebuilt.close()


def test_an_order_amended_in_its_first_batch_is_kept_as_in_two() -> None:
    placed = rows_of(order(1, name="first"))
    amended = HistoryRows(
        orders=rows_of(order(1, name="last")).orders,
        amendments=[amendment(1, 1, "first", "next"), amendment(2, 1, "next", "last")],
    )
    stores = [sqlite3.connect(":memory:", isolation_level=None) for _ in range(2)]
    for store, batches in zip(stores, ([placed, amended], [amended]), strict=True):
        writer = SqliteHistoryWriter(store)
        writer.create()
        for batch in batches:
            writer.write(batch)
    assert list(differences(*stores)) == []
    for store in stores:
        store.close()
