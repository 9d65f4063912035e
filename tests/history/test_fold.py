"""Which events leave which rows."""

from __future__ import annotations

from msgspec.structs import replace

from openmargin.domain.enums import (
    Flow,
    InterestKind,
    LiquidationEnd,
    LiquidationKind,
    LoanSource,
    OrderStatus,
    RepaymentStatus,
    Side,
)
from openmargin.domain.events import (
    Borrowed,
    Deposited,
    Flowed,
    IndexFeedChanged,
    IndexMoved,
    IndexScriptBegan,
    IndexScriptEnded,
    InterestAccrued,
    IsolatedChanged,
    LiquidationBegan,
    LiquidationEnded,
    LiquidationLoanRepaid,
    ListChanged,
    MatchPrevented,
    OrderActivated,
    OrderAmended,
    OrderClosed,
    OrderFilled,
    OrderOpened,
    RatesChanged,
    Repaid,
    SmallLiabilityExchanged,
    Traded,
    Transferred,
    WalletChanged,
)
from openmargin.domain.orders import Amendment
from openmargin.domain.reasons import Reason, Rejected
from openmargin.history.candles import Candle
from openmargin.history.flows import flows_of_loan, flows_of_trade
from openmargin.history.fold import fold
from openmargin.history.market import AggregateTrade
from openmargin.history.rows import FLOWS_PER_RECORD as RECORD
from openmargin.history.rows import (
    AmendmentRow,
    FlowKind,
    FlowRow,
    HistoryRows,
    InterestRow,
    LiquidationBeganRow,
    LiquidationEndedRow,
    LoanKind,
    LoanRepaymentRow,
    LoanRow,
    PreventedRow,
    RatesRow,
    SmallLiabilityRow,
    TradeRow,
    TransferRow,
)
from tests.history.stories import fill, order, order_list, prevented_match


def test_of_an_order_the_last_view_is_kept() -> None:
    rows = HistoryRows()
    filled = order(5, status=OrderStatus.PARTIALLY_FILLED)
    canceled = order(5, status=OrderStatus.CANCELED)
    fold(rows, 1, 1000, [OrderOpened(order(5)), OrderFilled(filled, fill(9))])
    fold(rows, 2, 2000, [OrderOpened(order(6)), OrderClosed(canceled)])
    assert list(rows.orders.values()) == [canceled, order(6)]


def test_an_order_of_a_liquidation_is_kept_twice_and_its_fills_are_no_flows() -> None:
    rows = HistoryRows()
    forced = order(5, liquidation_id=2)
    fold(rows, 1, 1000, [OrderOpened(order(4)), OrderOpened(forced), OrderFilled(forced, fill(9))])
    assert list(rows.orders.values()) == [order(4), forced]
    assert list(rows.liquidation_orders.values()) == [forced]
    assert [trade.is_forced for trade in rows.trades] == [True]
    assert list(flows_of_trade(rows.trades[0], "BTC", "USDT")) == []
    assert list(flows_of_trade(replace(rows.trades[0], is_forced=False), "BTC", "USDT"))


def test_a_repayment_by_a_liquidation_has_flows_of_its_own() -> None:
    rows = HistoryRows()
    repaid = [Repaid(n, 3, "cross", "BTC", 40, 1, LoanSource(n)) for n in (1, 2, 3)]
    fold(rows, 1, 1000, repaid)
    assert [bool(list(flows_of_loan(row))) for row in rows.loans] == [True, True, False]


def test_a_fill_is_a_trade_of_the_order_s_owner() -> None:
    rows = HistoryRows()
    fold(rows, 1, 1000, [OrderFilled(order(5, account_id=3, scope="cross"), fill(9))])
    assert rows.trades == [TradeRow(3, "cross", "BTCUSDT", 5, Side.BUY, fill(9), 1000, 1 * RECORD + 4)]


def test_an_order_that_comes_to_life_is_kept_as_it_is_then() -> None:
    rows = HistoryRows()
    fold(rows, 1, 1000, [OrderOpened(order(5, status=OrderStatus.PENDING_NEW)), OrderActivated(order(5))])
    assert list(rows.orders.values()) == [order(5)]


def test_of_a_list_the_last_view_is_kept() -> None:
    rows = HistoryRows()
    done = order_list(1, is_done=True)
    fold(rows, 1, 1000, [ListChanged(order_list(1)), ListChanged(order_list(2)), ListChanged(done)])
    assert list(rows.order_lists.values()) == [done, order_list(2)]


def test_an_amendment_is_kept_with_the_order_and_its_list_as_they_are_then() -> None:
    rows = HistoryRows()
    amendment = Amendment(1, "BTCUSDT", 5, "old", "new", 50, 40, 1000)
    fold(rows, 1, 1000, [OrderAmended(order(5), amendment, order_list(1)), OrderAmended(order(6), amendment)])
    assert list(rows.orders.values()) == [order(5), order(6)]
    assert list(rows.order_lists.values()) == [order_list(1)]
    assert rows.amendments == [AmendmentRow(1, "spot", amendment)] * 2


def test_a_prevented_match_is_kept_for_both_orders_with_what_became_of_them() -> None:
    rows = HistoryRows()
    taker = order(5)
    maker = order(3, status=OrderStatus.EXPIRED_IN_MATCH, account_id=2)
    fold(rows, 1, 1000, [MatchPrevented(prevented_match(1), taker, maker)])
    assert list(rows.orders.values()) == [taker, maker]
    assert rows.prevented_matches == [
        PreventedRow(1, "spot", 5, Side.BUY, prevented_match(1), 1 * RECORD + 4),
        PreventedRow(2, "spot", 3, Side.BUY, prevented_match(1), 1 * RECORD + 8),
    ]


def test_loans_interest_and_transfers_are_kept() -> None:
    rows = HistoryRows()
    fold(
        rows,
        2,
        1000,
        [
            Borrowed(1, 3, "cross", "BTC", 50, LoanSource.MANUAL),
            InterestAccrued(2, 3, "cross", "BTC", 50, 1, 7, InterestKind.ON_BORROW, 900),
            InterestAccrued(3, 3, "cross", "BNB", 50, 2, 7, InterestKind.PERIODIC_CONVERTED, 900, "BTC"),
            Repaid(4, 3, "cross", "BTC", 40, 1, LoanSource.AUTO),
            Transferred(5, 3, "spot", "cross", "USDT", 12),
        ],
    )
    assert rows.loans == [
        LoanRow(1, 3, "cross", LoanKind.BORROW, "BTC", 50, 0, LoanSource.MANUAL, 1000, 2 * RECORD + 4),
        LoanRow(4, 3, "cross", LoanKind.REPAY, "BTC", 40, 1, LoanSource.AUTO, 1000, 2 * RECORD + 8),
    ]
    assert rows.interest == [
        InterestRow(2, 3, "cross", "BTC", 50, 1, 7, InterestKind.ON_BORROW, 900, "BTC"),
        InterestRow(3, 3, "cross", "BNB", 50, 2, 7, InterestKind.PERIODIC_CONVERTED, 900, "BTC"),
    ]
    assert rows.transfers == [TransferRow(5, 3, "spot", "cross", "USDT", 12, 1000)]


def test_what_no_other_row_tells_of_is_a_flow_of_each_margin_account() -> None:
    rows = HistoryRows()
    fold(
        rows,
        2,
        1000,
        [
            Transferred(5, 3, "cross", "BTCUSDT", "USDT", 12),
            Transferred(6, 3, "BTCUSDT", "spot", "USDT", 2),
            Deposited(3, "cross", "BTC", -1),
            Deposited(3, "spot", "BTC", 1),
            Flowed(7, 3, "cross", Flow.LIQUIDATION_FEE, "USDT", "BTCUSDT", -4),
        ],
    )
    at = 2 * RECORD
    transfer = FlowKind.TRANSFER
    assert rows.flows == [
        FlowRow(at + 4, 5, 3, "cross", transfer, "USDT", "", -12, 1000),
        FlowRow(at + 5, 5, 3, "BTCUSDT", transfer, "USDT", "", 12, 1000),
        FlowRow(at + 8, 6, 3, "BTCUSDT", transfer, "USDT", "", -2, 1000),
        FlowRow(at + 12, at + 12, 3, "cross", transfer, "BTC", "", -1, 1000),
        FlowRow(at + 20, 7, 3, "cross", FlowKind.LIQUIDATION_FEE, "USDT", "BTCUSDT", -4, 1000),
    ]


def test_every_flow_has_its_kind() -> None:
    assert {flow.name: flow.value for flow in Flow}.items() <= {
        kind.name: kind.value for kind in FlowKind
    }.items()


def test_what_becomes_of_debts_is_kept() -> None:
    rows = HistoryRows()
    fold(
        rows,
        1,
        1000,
        [
            RatesChanged("BTC", (7, 6), 3_600_000),
            SmallLiabilityExchanged(8, 3, "ETH", 5, 1, "USDT", 9),
            LiquidationBegan(1, 3, "cross", LiquidationKind.FORCED, 110, 100),
            LiquidationEnded(1, 3, "cross", LiquidationEnd.RECOVERED, 2, 0),
            LiquidationLoanRepaid(4, 3, "USDC", 50, RepaymentStatus.SUCCESS),
        ],
    )
    assert rows == HistoryRows(
        rates=[RatesRow("BTC", (7, 6), 3_600_000)],
        small_liabilities=[SmallLiabilityRow(8, 3, "ETH", 5, 1, "USDT", 9, 1000)],
        liquidations_began=[LiquidationBeganRow(1, 3, "cross", LiquidationKind.FORCED, 110, 100, 1000)],
        liquidations_ended=[LiquidationEndedRow(1, LiquidationEnd.RECOVERED, 2, 0, 1000)],
        loan_repayments=[LoanRepaymentRow(4, 3, "USDC", 50, RepaymentStatus.SUCCESS, 1000)],
    )


def test_trades_are_public_one_row_for_what_a_taker_has_of_a_price() -> None:
    rows = HistoryRows()
    fold(
        rows,
        1,
        61_000,
        [
            Traded("BTCUSDT", 9, 7, 2, 3, Side.BUY, 1, 5, 4),
            Traded("ETHUSDT", 1, 2, 1, 1, Side.BUY, 0, 0, 1),
            Traded("BTCUSDT", 10, 7, 1, 2, Side.BUY, 2, 5, 4),
        ],
    )
    fold(rows, 2, 62_000, [Traded("BTCUSDT", 11, 5, 4, 1, Side.SELL, 3, 6, 5)])
    assert rows.market.aggregates == [
        AggregateTrade("BTCUSDT", 4, 9, 61_000, 7, Side.BUY, 3, 5, [2, 1]),
        AggregateTrade("ETHUSDT", 1, 1, 61_000, 2, Side.BUY, 1, 1, [1]),
        AggregateTrade("BTCUSDT", 5, 11, 62_000, 5, Side.SELL, 4, 1, [4]),
    ]
    assert rows.market.minutes == {
        ("BTCUSDT", 60_000): Candle(7, 7, 5, 5, 7, 6, 3, 9, 3, 5),
        ("ETHUSDT", 60_000): Candle(2, 2, 2, 2, 1, 1, 1, 1, 1, 1),
    }


def test_the_present_leaves_no_rows() -> None:
    rows = HistoryRows()
    fold(
        rows,
        1,
        1000,
        [
            Rejected(Reason.LOT_SIZE),
            WalletChanged(3, "spot", "BTC", 1, 0),
            IndexMoved((("BTCUSDT", 1),)),
            IndexScriptBegan(1, ("BTCUSDT",)),
            IndexFeedChanged(("BTCUSDT",), True),
            IndexScriptEnded(1),
            Deposited(3, "spot", "BTC", 1),
            IsolatedChanged(3, "BTCUSDT", True),
        ],
    )
    assert rows == HistoryRows()
