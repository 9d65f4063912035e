"""Questions about the past: windows, pages and orders of rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from openmargin.api.errors import ApiError
from openmargin.api.windows import DAY_MS, DayParams, DayQuery, PageParams, Span, latest_span, span_of
from tests.api.world import SPOT, World

ALL = "/sapi/v1/margin/allOrders"
TRADES = "/sapi/v1/margin/myTrades"
LOANS = "/sapi/v1/margin/borrow-repay"
INTEREST = "/sapi/v1/margin/interestHistory"
TRANSFERS = "/sapi/v1/asset/transfer"
NOW = 1000 * DAY_MS


def code_of(work: Callable[[], object]) -> int:
    with pytest.raises(ApiError) as caught:
        work()
    return caught.value.error.code


@pytest.mark.parametrize(
    ("start", "end", "span", "not_before"),
    [
        (None, None, Span(None, NOW), NOW - DAY_MS),
        (None, 500, Span(None, 500), 500 - DAY_MS),
        (500, None, Span(500, 500 + DAY_MS), 500),
        (500, 900, Span(500, 900), 500),
        (500, 500 + DAY_MS, Span(500, 500 + DAY_MS), 500),
    ],
)
def test_a_day(start: int | None, end: int | None, span: Span, not_before: int) -> None:
    assert DayQuery.of(DayParams(symbol="BTCUSDT", start_ms=start, end_ms=end), NOW) == DayQuery(
        span, not_before
    )


def test_more_than_a_day_is_refused() -> None:
    assert (
        code_of(lambda: DayQuery.of(DayParams(symbol="BTCUSDT", start_ms=0, end_ms=DAY_MS + 1), NOW)) == -1127
    )
    assert code_of(lambda: DayQuery.of(DayParams(symbol="BTCUSDT", start_ms=2, end_ms=1), NOW)) == -3011


def days(*numbers: int) -> tuple[int, ...]:
    return tuple(NOW - number * DAY_MS for number in numbers)


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [
        (None, None, Span(*days(7, 0))),
        (None, days(3)[0], Span(*days(10, 3))),
        (days(20)[0], None, Span(*days(20, 0))),
        (days(80)[0], None, Span(*days(30, 0))),
        (days(40)[0], days(10)[0], Span(*days(40, 10))),
    ],
)
def test_paged_spans(start: int | None, end: int | None, span: Span) -> None:
    assert span_of(PageParams(start_ms=start, end_ms=end), NOW, 7, 30, 90) == span


@pytest.mark.parametrize(
    ("start", "end"), [(days(41)[0], days(10)[0]), (days(91)[0], days(89)[0]), (days(1)[0], days(2)[0])]
)
def test_spans_that_are_refused(start: int, end: int) -> None:
    assert code_of(lambda: span_of(PageParams(start_ms=start, end_ms=end), NOW, 7, 30, 90)) == -3011


def test_loan_records_clamp_instead() -> None:
    assert latest_span(PageParams(start_ms=days(50)[0]), NOW, 7, 30) == Span(*days(30, 0))
    assert latest_span(PageParams(end_ms=days(5)[0]), NOW, 7, 30) == Span(*days(12, 5))


# --- over the wire ---------------------------------------------------------------------------------------------


def test_orders_of_the_last_day_oldest_first(world: World) -> None:
    old = world.order().json["orderId"]
    world.advance(DAY_MS + 1)
    ids = [world.order().json["orderId"] for _ in range(3)]

    def ask(**parameters: object) -> list[int]:
        return [row["orderId"] for row in world.get(ALL, symbol="BTCUSDT", **parameters).json]

    assert ask() == ids
    assert ask(limit=2) == ids[1:]
    assert ask(orderId=old) == [old, *ids]
    assert ask(orderId=ids[1], limit=1) == [ids[1]]
    assert ask(startTime=world.now_ms - DAY_MS - 1) == [old, *ids][:1]
    assert ask(endTime=world.now_ms - 1) == [old]
    assert ask(startTime=world.now_ms * 1000, endTime=world.now_ms * 1000) == ids


@pytest.mark.parametrize("path", [ALL, TRADES])
def test_a_wide_window_is_1127(world: World, path: str) -> None:
    answer = world.get(path, symbol="BTCUSDT", startTime=world.now_ms - DAY_MS - 1, endTime=world.now_ms)
    assert answer.json == {"code": -1127, "msg": "More than 24 hours between startTime and endTime."}


def test_limits_have_maxima(world: World) -> None:
    assert world.get(ALL, symbol="BTCUSDT", limit=501).code == -1102
    assert world.get(TRADES, symbol="BTCUSDT", limit=1000).status == 200


def test_trades_by_order_and_by_id(world: World) -> None:
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET"}
    first = world.post("/sapi/v1/margin/order", **order, quantity="0.6").json
    second = world.post("/sapi/v1/margin/order", **order, quantity="0.01").json

    def ask(**parameters: object) -> list[int]:
        return [row["id"] for row in world.get(TRADES, symbol="BTCUSDT", **parameters).json]

    ids = [fill["tradeId"] for answer in (first, second) for fill in answer["fills"]]
    assert len(ids) > 2
    assert ask() == ids
    assert ask(limit=1) == ids[-1:]
    assert ask(fromId=ids[1]) == ids[1:]
    assert ask(orderId=second["orderId"]) == ids[-1:]
    world.advance(DAY_MS + 1)
    assert ask() == []
    assert ask(fromId=ids[0]) == ids


def test_loans_are_paged_newest_first(world: World) -> None:
    for amount in ("100", "200", "300"):
        assert world.post(LOANS, asset="USDT", type="BORROW", amount=amount).status == 200
    repaid = world.post(LOANS, asset="USDT", type="REPAY", amount="50", isIsolated="FALSE").json["tranId"]
    page = world.get(LOANS, type="BORROW", size=2).json
    assert page["total"] == 3
    assert [row["principal"] for row in page["rows"]] == ["300.00000000", "200.00000000"]
    rest = world.get(LOANS, type="BORROW", size=2, current=2).json
    assert [row["principal"] for row in rest["rows"]] == ["100.00000000"]
    by_id = world.get(LOANS, type="REPAY", txId=repaid).json["rows"]
    assert [(row["amount"], row["type"], row["status"]) for row in by_id] == [
        ("50.00000000", "MANUAL", "CONFIRMED")
    ]
    assert world.get(LOANS, type="REPAY", asset="BTC").json == {"rows": [], "total": 0}


def test_interest_is_booked_by_the_hour(world: World) -> None:
    world.post(LOANS, asset="USDT", type="BORROW", amount="45.3313")
    world.advance(3_600_000)
    rows = world.get(INTEREST, asset="USDT").json["rows"]
    assert [row["type"] for row in rows] == ["PERIODIC", "ON_BORROW"]
    assert all(row["interestAccuredTime"] % 3_600_000 == 0 for row in rows)
    assert world.get(INTEREST, archived="true").code == -1020
    assert world.get(INTEREST, isolatedSymbol="BTCUSDT").code == -11001


def test_transfers_move_and_are_remembered(world: World) -> None:
    world.deposit("USDT", "5", SPOT)
    moved = world.post(TRANSFERS, type="MAIN_MARGIN", asset="USDT", amount="5")
    assert moved.status == 200
    assert world.get(TRANSFERS, type="MAIN_MARGIN").json["rows"][0]["tranId"] == moved.json["tranId"]
    assert world.get(TRANSFERS, type="MARGIN_MAIN").json == {"total": 0, "rows": []}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, -5013),
        ({"type": "MARGIN_MAIN", "amount": "1000000"}, -5013),
        ({"type": "MAIN_UMFUTURE"}, -1020),
        ({"type": "FUNDING_MARGIN"}, -1020),
        ({"type": "MARGIN_ISOLATEDMARGIN", "toSymbol": "BTCUSDT"}, -11001),
        ({"type": "NONSENSE"}, -1130),
        ({"toSymbol": "BTCUSDT"}, -1106),
        ({"asset": "XYZ"}, -3027),
        ({"amount": "0"}, -3026),
        ({"amount": "-1"}, -1100),
    ],
)
def test_transfers_are_refused_clearly(world: World, changes: dict[str, str], code: int) -> None:
    answer = world.post(TRANSFERS, **{"type": "MAIN_MARGIN", "asset": "USDT", "amount": "1", **changes})
    assert (answer.status, answer.code) == (400, code)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": "0"}, -3026),
        ({"amount": "0.00000001"}, -3013),
        ({"amount": "100000000"}, -3006),
        ({"asset": "XYZ"}, -3027),
        ({"type": "REPAY"}, -3015),
        ({"type": "LEND"}, -1130),
        ({"isIsolated": "TRUE", "symbol": "BTCUSDT"}, -11001),
        ({"amount": ""}, -1102),
    ],
)
def test_loans_are_refused_clearly(world: World, changes: dict[str, str], code: int) -> None:
    answer = world.post(LOANS, **{"asset": "USDT", "type": "BORROW", "amount": "10", **changes})
    assert (answer.status, answer.code) == (400, code)


def test_what_may_be_borrowed_may_be_borrowed(world: World) -> None:
    most = world.get("/sapi/v1/margin/maxBorrowable", asset="USDT").json["amount"]
    assert world.post(LOANS, asset="USDT", type="BORROW", amount=most).status == 200


def test_what_may_leave_may_leave(world: World) -> None:
    world.post(LOANS, asset="USDT", type="BORROW", amount="50000")
    most = world.get("/sapi/v1/margin/maxTransferable", asset="USDT").json["amount"]
    assert world.post(TRANSFERS, type="MARGIN_MAIN", asset="USDT", amount=most).status == 200
    assert world.get("/sapi/v1/margin/maxTransferable", asset="XYZ").code == -3027
