"""What every store of history must pass."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import pytest
from msgspec.structs import replace

from openmargin.domain.enums import (
    InterestKind,
    LiquidationEnd,
    LiquidationKind,
    LoanSource,
    OrderStatus,
    RepaymentStatus,
    Side,
)
from openmargin.domain.orders import Amendment, Fill, ListView, OrderView
from openmargin.history import queries
from openmargin.history.rows import (
    FLOWS_PER_RECORD,
    AmendmentRow,
    FlowKind,
    FlowRow,
    HistoryRows,
    InterestRow,
    LiquidationBeganRow,
    LiquidationEndedRow,
    LiquidationRow,
    LoanKind,
    LoanRepaymentRow,
    LoanRow,
    PreventedRow,
    RatesRow,
    SmallLiabilityRow,
    TradeRow,
    TransferRow,
)
from openmargin.history.store import HistoryReader
from tests.history.stories import fill, order, order_list, prevented_match

PAIR: dict[str, Any] = {"account_id": 1, "scope": "spot", "symbol": "BTCUSDT"}


def rows_of(*orders: OrderView) -> HistoryRows:
    rows = HistoryRows()
    for view in orders:
        spec = view.spec
        rows.orders[spec.account_id, spec.scope, spec.symbol, spec.order_id] = view
    return rows


def lists_of(*views: ListView) -> HistoryRows:
    return HistoryRows(order_lists={(view.account_id, view.scope, view.list_id): view for view in views})


def prevented(match_id: int, *, order_id: int, account_id: int = 1) -> PreventedRow:
    return PreventedRow(account_id, "cross", order_id, Side.BUY, prevented_match(match_id), match_id)


def amendment(amendment_id: int, order_id: int, previous: str, name: str) -> AmendmentRow:
    return AmendmentRow(
        1, "spot", Amendment(amendment_id, "BTCUSDT", order_id, previous, name, 50, 40, amendment_id)
    )


def trade(trade_id: int, order_id: int = 1, *, account_id: int = 1, at_ms: int = 0) -> TradeRow:
    flow_id = 100 * trade_id + order_id
    return TradeRow(account_id, "spot", "BTCUSDT", order_id, Side.BUY, fill(trade_id), at_ms, flow_id)


def loan(transaction_id: int, at_ms: int, asset: str = "BTC", kind: LoanKind = LoanKind.BORROW) -> LoanRow:
    return LoanRow(transaction_id, 1, "cross", kind, asset, 5, 0, LoanSource.MANUAL, at_ms, transaction_id)


def interest(transaction_id: int, hour_ms: int, asset: str = "BTC") -> InterestRow:
    return InterestRow(transaction_id, 1, "cross", asset, 5, 1, 7, InterestKind.PERIODIC, hour_ms, asset)


def transfer(transaction_id: int, at_ms: int, source: str = "spot", target: str = "cross") -> TransferRow:
    return TransferRow(transaction_id, 1, source, target, "USDT", 5, at_ms)


def rates(asset: str, effective_ms: int) -> RatesRow:
    return RatesRow(asset, (effective_ms, 1), effective_ms)


def small(transaction_id: int, at_ms: int, account_id: int = 1) -> SmallLiabilityRow:
    return SmallLiabilityRow(transaction_id, account_id, "ETH", 5, 1, "USDT", 9, at_ms)


def began(liquidation_id: int, at_ms: int, account_id: int = 1) -> LiquidationBeganRow:
    return LiquidationBeganRow(liquidation_id, account_id, "cross", LiquidationKind.FORCED, 110, 100, at_ms)


def ended(liquidation_id: int, at_ms: int) -> LiquidationEndedRow:
    return LiquidationEndedRow(liquidation_id, LiquidationEnd.RECOVERED, 2, 0, at_ms)


def repayment(
    repay_id: int, at_ms: int, status: RepaymentStatus = RepaymentStatus.SUCCESS
) -> LoanRepaymentRow:
    return LoanRepaymentRow(repay_id, 1, "USDC", 50, status, at_ms)


def flow(flow_id: int, at_ms: int = 0, asset: str = "USDT", account_id: int = 1) -> FlowRow:
    return FlowRow(flow_id, 9, account_id, "spot", FlowKind.TRANSFER, asset, "", 7, at_ms)


def one_order(order_id: int | None, name: str | None) -> queries.Order:
    return queries.Order(
        account_id=1, scope="spot", symbol="BTCUSDT", order_id=order_id, client_order_id=name
    )


def one_list(
    list_id: int | None, name: str | None, scope: str = "cross", account_id: int = 1
) -> queries.OrderList:
    return queries.OrderList(account_id=account_id, scope=scope, list_id=list_id, client_list_id=name)


def orders_of(account_id: int, scope: str, symbol: str) -> queries.Orders:
    return queries.Orders(account_id=account_id, scope=scope, symbol=symbol, limit=500)


class HistoryStoreContract(ABC):
    """Rows come back by the questions that are asked of them, and only to their owner."""

    @abstractmethod
    def write(self, rows: HistoryRows) -> None:
        """Add a batch, durable when it returns."""

    @abstractmethod
    def reader(self) -> HistoryReader:
        """Someone to ask."""

    def order_ids(
        self, from_id: int | None, start_ms: int | None, end_ms: int | None, limit: int = 500
    ) -> list[int]:
        found = self.reader().fetch(
            queries.Orders(
                account_id=1,
                scope="spot",
                symbol="BTCUSDT",
                from_id=from_id,
                start_ms=start_ms,
                end_ms=end_ms,
                limit=limit,
            )
        )
        return [view.spec.order_id for view in found]

    def trade_ids(
        self,
        order_id: int | None,
        from_id: int | None,
        start_ms: int | None,
        end_ms: int | None,
        limit: int = 500,
    ) -> list[int]:
        found = self.reader().fetch(
            queries.Trades(
                account_id=1,
                scope="spot",
                symbol="BTCUSDT",
                order_id=order_id,
                from_id=from_id,
                start_ms=start_ms,
                end_ms=end_ms,
                limit=limit,
            )
        )
        return [row.fill.trade_id for row in found]

    def test_an_order_is_found_by_id_by_name_and_by_both(self) -> None:
        self.write(rows_of(order(1, name="one"), order(2, name="two")))
        fetch = self.reader().fetch
        assert fetch(one_order(1, None)) == order(1, name="one")
        assert fetch(one_order(None, "two")) == order(2, name="two")
        assert fetch(one_order(2, "two")) == order(2, name="two")
        assert fetch(one_order(1, "two")) is None
        assert fetch(one_order(3, None)) is None

    def test_a_name_used_again_is_the_newest_order(self) -> None:
        self.write(rows_of(order(1, name="mine"), order(7, name="mine"), order(3, name="mine")))
        assert self.reader().fetch(one_order(None, "mine")) == order(7, name="mine")

    def test_an_order_shows_only_to_its_owner_in_its_scope_and_symbol(self) -> None:
        self.write(
            rows_of(order(1), order(1, account_id=2), order(1, scope="cross"), order(1, symbol="ETHUSDT"))
        )
        for view in (order(1), order(1, account_id=2), order(1, scope="cross"), order(1, symbol="ETHUSDT")):
            spec = view.spec
            assert self.reader().fetch(orders_of(spec.account_id, spec.scope, spec.symbol)) == [view]

    def test_an_order_that_changed_is_one_row(self) -> None:
        self.write(rows_of(order(1)))
        self.write(rows_of(order(1, status=OrderStatus.CANCELED)))
        found = self.reader().fetch(orders_of(1, "spot", "BTCUSDT"))
        assert found == [order(1, status=OrderStatus.CANCELED)]

    def test_orders_without_bounds_are_the_newest_oldest_first(self) -> None:
        self.write(rows_of(*(order(n, placed_at_ms=10 * n) for n in range(1, 10))))
        assert self.order_ids(None, None, None, limit=3) == [7, 8, 9]

    def test_orders_from_an_id_ascend_from_it(self) -> None:
        self.write(rows_of(*(order(n, placed_at_ms=10 * n) for n in range(1, 10))))
        assert self.order_ids(4, None, None, limit=3) == [4, 5, 6]
        assert self.order_ids(8, None, None) == [8, 9]
        assert self.order_ids(10, None, None) == []

    @pytest.mark.parametrize(
        ("start_ms", "end_ms", "expected"),
        [
            (30, None, [3, 4, 5]),
            (31, None, [4, 5, 6]),
            (30, 40, [3, 4]),
            (31, 39, []),
            (None, 40, [2, 3, 4]),
            (None, 39, [1, 2, 3]),
            (None, 9, []),
            (91, None, []),
            (0, 1000, [1, 2, 3]),
        ],
    )
    def test_orders_by_time_begin_at_the_start_or_end_at_the_end(
        self, start_ms: int | None, end_ms: int | None, expected: list[int]
    ) -> None:
        self.write(rows_of(*(order(n, placed_at_ms=10 * n) for n in range(1, 10))))
        assert self.order_ids(None, start_ms, end_ms, limit=3) == expected

    def test_orders_of_one_moment_belong_together(self) -> None:
        self.write(rows_of(*(order(n, placed_at_ms=n // 4) for n in range(1, 12))))
        assert self.order_ids(None, 1, 1) == [4, 5, 6, 7]

    def test_ids_with_gaps_do_not_mislead_the_search_by_time(self) -> None:
        self.write(rows_of(*(order(n * n * 1000, placed_at_ms=10 * n) for n in range(1, 30))))
        assert self.order_ids(None, 100, 120) == [100_000, 121_000, 144_000]

    def test_trades_follow_the_same_rules(self) -> None:
        rows = HistoryRows(trades=[trade(n, order_id=n // 2, at_ms=10 * n) for n in range(1, 10)])
        self.write(rows)
        assert self.trade_ids(None, None, None, None, limit=2) == [8, 9]
        assert self.trade_ids(None, 3, None, None, limit=2) == [3, 4]
        assert self.trade_ids(None, None, 35, 62) == [4, 5, 6]
        assert self.trade_ids(None, None, None, 35, limit=2) == [2, 3]
        assert self.trade_ids(3, None, None, None) == [6, 7]
        assert self.trade_ids(3, 7, None, None) == [7]
        assert self.trade_ids(3, None, 61, None) == [7]

    def test_both_sides_of_a_trade_with_oneself_are_kept(self) -> None:
        self.write(HistoryRows(trades=[trade(1, order_id=1), trade(1, order_id=2)]))
        assert self.trade_ids(None, None, None, None) == [1, 1]

    def test_a_trade_of_another_is_not_shown(self) -> None:
        self.write(HistoryRows(trades=[trade(1, account_id=2)]))
        assert self.trade_ids(None, None, None, None) == []

    def test_loans_are_pages_newest_first_with_a_total(self) -> None:
        self.write(HistoryRows(loans=[loan(n, 10 * n, "BTC" if n % 2 else "ETH") for n in range(1, 10)]))
        borrows = queries.Loans(account_id=1, scope="cross", kind=LoanKind.BORROW, limit=10)

        def ids(**changes: Any) -> tuple[list[int], int]:
            found, total = self.reader().fetch(replace(borrows, **changes))
            return [row.transaction_id for row in found], total

        assert ids(limit=2) == ([9, 8], 9)
        assert ids(asset="ETH", offset=1, limit=2) == ([6, 4], 4)
        assert ids(transaction_id=5) == ([5], 1)
        assert ids(start_ms=20, end_ms=40) == ([4, 3, 2], 3)
        assert ids(kind=LoanKind.REPAY) == ([], 0)
        assert ids(account_id=2, transaction_id=5) == ([], 0)

    def test_interest_is_asked_for_by_the_hour_it_is_booked_under(self) -> None:
        hours = [interest(n, 3600 * n, asset) for n, asset in enumerate(("BTC", "ETH", "BTC"), start=1)]
        self.write(HistoryRows(interest=hours))
        every = queries.Interest(account_id=1, scope="cross", limit=10)
        fetch = self.reader().fetch
        assert fetch(every) == (hours[::-1], 3)
        assert fetch(replace(every, asset="BTC", limit=1)) == ([hours[2]], 2)
        assert fetch(replace(every, start_ms=3600, end_ms=7200)) == ([hours[1], hours[0]], 2)
        assert fetch(replace(every, scope="spot")) == ([], 0)

    def test_transfers_are_asked_for_by_either_end(self) -> None:
        self.write(
            HistoryRows(transfers=[transfer(1, 10), transfer(2, 20, "cross", "spot"), transfer(3, 30)])
        )
        fetch = self.reader().fetch
        every = queries.Transfers(account_id=1, scope="cross", limit=10)
        into, out_of = replace(every, is_in=True), replace(every, is_in=False)
        back = transfer(2, 20, "cross", "spot")
        assert fetch(every) == ([transfer(3, 30), back, transfer(1, 10)], 3)
        assert fetch(into) == ([transfer(3, 30), transfer(1, 10)], 2)
        assert fetch(out_of) == ([back], 1)
        assert fetch(replace(into, start_ms=11, offset=1)) == ([], 1)
        assert fetch(replace(every, scope="spot", is_in=True)) == ([back], 1)
        assert fetch(replace(every, other="BTCUSDT")) == ([], 0)
        assert fetch(replace(every, other="spot", asset="USDT", limit=1)) == ([transfer(3, 30)], 3)
        assert fetch(replace(every, asset="BTC")) == ([], 0)

    def test_amounts_beyond_a_database_s_integers_are_kept(self) -> None:
        self.write(rows_of(order(1, price=2**64 - 1)))
        assert self.reader().fetch(one_order(1, None)) == order(1, price=2**64 - 1)

    def list_ids(
        self, from_id: int | None, start_ms: int | None, end_ms: int | None, limit: int = 500
    ) -> list[int]:
        found = self.reader().fetch(
            queries.OrderLists(
                account_id=1, scope="cross", from_id=from_id, start_ms=start_ms, end_ms=end_ms, limit=limit
            )
        )
        return [view.list_id for view in found]

    def test_a_list_is_found_by_id_by_name_and_by_both(self) -> None:
        self.write(lists_of(order_list(1, name="one"), order_list(2, name="two"), order_list(3, name="one")))
        fetch = self.reader().fetch
        assert fetch(one_list(1, None)) == order_list(1, name="one")
        assert fetch(one_list(None, "one")) == order_list(3, name="one")
        assert fetch(one_list(1, "one")) == order_list(1, name="one")
        assert fetch(one_list(1, "two")) is None
        assert fetch(one_list(1, None, scope="BTCUSDT")) is None
        assert fetch(one_list(1, None, account_id=2)) is None

    def test_a_list_that_ended_is_one_row(self) -> None:
        self.write(lists_of(order_list(1)))
        self.write(lists_of(order_list(1, is_done=True)))
        assert self.reader().fetch(queries.OrderLists(account_id=1, scope="cross", limit=500)) == [
            order_list(1, is_done=True)
        ]

    def test_lists_follow_the_rules_of_orders(self) -> None:
        self.write(lists_of(*(order_list(n, placed_at_ms=10 * n) for n in range(1, 10))))
        assert self.list_ids(None, None, None, limit=2) == [8, 9]
        assert self.list_ids(3, None, None, limit=2) == [3, 4]
        assert self.list_ids(None, 35, 62) == [4, 5, 6]
        assert self.list_ids(None, None, 35, limit=2) == [2, 3]

    def test_amendments_are_found_by_their_order_and_its_names_with_them(self) -> None:
        self.write(rows_of(order(1, name="first"), order(2, name="second"), order(3, name="third")))
        self.write(
            HistoryRows(
                orders=rows_of(order(1, name="last"), order(3, name="first")).orders,
                amendments=[
                    amendment(1, 1, "first", "next"),
                    amendment(2, 1, "next", "last"),
                    amendment(3, 3, "third", "first"),
                    amendment(4, 2, "second", "second"),
                ],
            )
        )

        def ids(order_id: int, from_id: int | None = None, limit: int = 500) -> list[int]:
            found = self.reader().fetch(
                queries.Amendments(**PAIR, order_id=order_id, from_id=from_id, limit=limit)
            )
            return [one.amendment_id for one in found]

        def by_name(name: str, order_id: int | None = None) -> int | None:
            found = self.reader().fetch(queries.Order(**PAIR, client_order_id=name, order_id=order_id))
            return found.spec.order_id if found is not None else None

        assert (ids(1), ids(1, 2), ids(1, limit=1), ids(2), ids(9)) == ([1, 2], [2], [1], [4], [])
        assert [by_name(name) for name in ("first", "next", "last", "second", "third")] == [
            3,
            None,
            1,
            2,
            None,
        ]
        assert (by_name("last", 1), by_name("last", 3), by_name("first", 1)) == (1, None, None)

    def test_prevented_matches_are_found_by_their_id_and_by_either_order(self) -> None:
        self.write(
            HistoryRows(
                prevented_matches=[
                    prevented(1, order_id=5),
                    prevented(1, order_id=3),
                    prevented(2, order_id=5),
                    prevented(3, order_id=5),
                    prevented(4, order_id=5, account_id=2),
                ]
            )
        )

        def ids(
            match_id: int | None, order_id: int | None, from_id: int | None, limit: int = 500
        ) -> list[int]:
            found = self.reader().fetch(
                queries.PreventedMatches(
                    account_id=1,
                    scope="cross",
                    symbol="BTCUSDT",
                    prevented_match_id=match_id,
                    order_id=order_id,
                    from_id=from_id,
                    limit=limit,
                )
            )
            return [match.prevented_match_id for match in found]

        assert ids(1, None, None) == [1]
        assert ids(None, 5, None) == [1, 2, 3]
        assert ids(None, 3, None) == [1]
        assert ids(None, 5, 2) == [2, 3]
        assert ids(None, 5, None, limit=2) == [1, 2]
        assert ids(4, None, None) == []

    def test_rates_are_the_changes_of_a_span_and_the_one_that_held_before(self) -> None:
        self.write(HistoryRows(rates=[rates("BTC", n) for n in (10, 20, 30)] + [rates("ETH", 15)]))

        def effective(start_ms: int, end_ms: int) -> list[int]:
            found = self.reader().fetch(queries.Rates(asset="BTC", start_ms=start_ms, end_ms=end_ms))
            return [row.effective_ms for row in found]

        assert effective(15, 30) == [30, 20, 10]
        assert effective(20, 29) == [20]
        assert effective(0, 10) == [10]
        assert effective(0, 9) == []
        assert effective(40, 50) == [30]

    def test_rates_set_again_for_the_same_moment_are_the_last(self) -> None:
        self.write(HistoryRows(rates=[rates("BTC", 10)]))
        again = RatesRow("BTC", (5, 5), 10)
        self.write(HistoryRows(rates=[again]))
        assert self.reader().fetch(queries.Rates(asset="BTC", start_ms=0, end_ms=50)) == [again]

    def test_small_debts_exchanged_are_pages(self) -> None:
        kept = [small(n, 10 * n) for n in range(1, 5)]
        self.write(HistoryRows(small_liabilities=[*kept, small(5, 50, account_id=2)]))
        every = queries.SmallLiabilities(account_id=1, limit=10)
        assert self.reader().fetch(every) == (kept[::-1], 4)
        assert self.reader().fetch(replace(every, end_ms=30, limit=2)) == ([kept[2], kept[1]], 3)

    def test_a_liquidation_has_an_end_once_it_ended(self) -> None:
        self.write(HistoryRows(liquidations_began=[began(1, 10), began(2, 20), began(3, 30, account_id=2)]))
        self.write(HistoryRows(liquidations_ended=[ended(1, 25)]))
        every = queries.Liquidations(account_id=1, limit=10)
        both = [LiquidationRow(began(2, 20), None), LiquidationRow(began(1, 10), ended(1, 25))]
        assert self.reader().fetch(every) == (both, 2)
        assert self.reader().fetch(replace(every, end_ms=15)) == (both[1:], 1)

    def test_a_repayment_is_one_row_as_it_stands(self) -> None:
        pending = repayment(2, 20, RepaymentStatus.PENDING)
        self.write(HistoryRows(loan_repayments=[repayment(1, 10), pending]))
        every = queries.LoanRepayments(account_id=1, limit=10)
        waiting = replace(every, status=RepaymentStatus.PENDING)
        assert self.reader().fetch(every) == ([pending, repayment(1, 10)], 2)
        assert self.reader().fetch(waiting) == ([pending], 1)
        self.write(HistoryRows(loan_repayments=[repayment(2, 20)]))
        assert self.reader().fetch(every) == ([repayment(2, 20), repayment(1, 10)], 2)
        assert self.reader().fetch(waiting) == ([], 0)

    def flows(self, **changes: Any) -> list[int]:
        asked = queries.Flows(
            account_id=1,
            scope="spot",
            pairs=(("BTCUSDT", "BTC", "USDT"), ("ETHUSDT", "ETH", "USDT")),
            start_ms=0,
            end_ms=1000,
            limit=500,
        )
        return [row.flow_id for row in self.reader().fetch(replace(asked, **changes))]

    def write_flows(self) -> None:
        """Three records at 100, 200 and 300: a flow; a loan and two fills; a repayment, a fill and a flow."""
        one, two, three = (n * FLOWS_PER_RECORD for n in (1, 2, 3))

        def filled(trade_id: int, flow_id: int, at_ms: int, symbol: str = "BTCUSDT") -> TradeRow:
            dear = Fill(trade_id, 100, 5, 500, 1, "BTC", False)
            return TradeRow(1, "spot", symbol, trade_id, Side.BUY, dear, at_ms, flow_id)

        def lent(kind: LoanKind, transaction_id: int, flow_id: int, at_ms: int) -> LoanRow:
            return LoanRow(transaction_id, 1, "spot", kind, "USDT", 5, 0, LoanSource.MANUAL, at_ms, flow_id)

        self.write(
            HistoryRows(
                flows=[flow(one + 4, 100), flow(three + 12, 300, "BTC"), flow(one + 8, 100, account_id=2)],
                loans=[lent(LoanKind.BORROW, 1, two + 4, 200), lent(LoanKind.REPAY, 2, three + 4, 300)],
                trades=[
                    filled(1, two + 8, 200),
                    filled(1, two + 12, 200, "ETHUSDT"),
                    filled(2, three + 8, 300),
                ],
            )
        )

    def test_flows_are_one_series_of_loans_fills_and_what_is_neither(self) -> None:
        self.write_flows()
        one, two, three = (n * FLOWS_PER_RECORD for n in (1, 2, 3))
        bought = [two + 8, two + 9, two + 10]
        also = [two + 12, two + 13, two + 14]
        later = [three + 8, three + 9, three + 10]
        every = [one + 4, two + 4, *bought, *also, three + 4, *later, three + 12]
        assert self.flows() == every
        assert self.flows(limit=5) == every[-5:]
        assert self.flows(start_ms=150, end_ms=250) == every[1:8]
        assert self.flows(pairs=(("BTCUSDT", "BTC", "USDT"),), end_ms=250) == [one + 4, two + 4, *bought]
        assert self.flows(kind=FlowKind.BORROW) == [two + 4]
        assert self.flows(kind=FlowKind.TRANSFER) == [one + 4, three + 12]
        assert self.flows(kind=FlowKind.BUY_EXPENSE) == [two + 9, two + 13, three + 9]
        assert self.flows(kind=FlowKind.LIQUIDATION_FEE) == []
        assert self.flows(asset="BTC", start_ms=250) == [three + 8, three + 10, three + 12]
        assert self.flows(account_id=2) == [one + 8]

    def test_flows_after_an_id_follow_without_gap_or_overlap(self) -> None:
        self.write_flows()
        every = self.flows()
        for place, after_id in enumerate(every):
            assert self.flows(after_id=after_id) == every[place + 1 :]
            assert self.flows(after_id=after_id, limit=2) == every[place + 1 : place + 3]
        assert self.flows(after_id=0, start_ms=150, limit=1) == every[1:2], "an id does not widen the span"
        assert self.flows(after_id=every[1], end_ms=150) == []

    def test_orders_of_liquidations_are_pages_by_their_last_change(self) -> None:
        def forced(order_id: int, at_ms: int, symbol: str = "BTCUSDT", account_id: int = 1) -> OrderView:
            return order(order_id, symbol=symbol, placed_at_ms=at_ms, account_id=account_id, liquidation_id=7)

        def write(*views: OrderView) -> None:
            kept = {(v.spec.account_id, "spot", v.spec.symbol, v.spec.order_id): v for v in views}
            self.write(HistoryRows(liquidation_orders=kept))

        one, two, three = forced(9, 10), forced(3, 20, "ETHUSDT"), forced(10, 30)
        write(one, two, three, forced(11, 40, account_id=2))
        every = queries.LiquidationOrders(account_id=1, scope="spot", limit=10)
        fetch = self.reader().fetch
        assert fetch(every) == ([three, two, one], 3)
        assert fetch(replace(every, limit=1, offset=1)) == ([two], 3)
        assert fetch(replace(every, start_ms=10, end_ms=20)) == ([two, one], 2)
        assert fetch(replace(every, scope="cross")) == ([], 0)
        later = replace(one, updated_at_ms=50, status=OrderStatus.FILLED)
        write(later)
        assert fetch(every) == ([later, three, two], 3)
