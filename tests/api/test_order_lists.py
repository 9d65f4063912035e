"""Order lists over the wire: what each kind takes and answers, how they end, and how they are found."""

from __future__ import annotations

from typing import Any

import pytest

from openmargin.api.windows import DAY_MS
from tests.api.world import Answer, World
from tests.api.worlds import with_orders, with_symbol

ORDER = "/sapi/v1/margin/order"
OCO = "/sapi/v1/margin/order/oco"
OTO = "/sapi/v1/margin/order/oto"
OTOCO = "/sapi/v1/margin/order/otoco"
LIST = "/sapi/v1/margin/orderList"
OPEN = "/sapi/v1/margin/openOrderList"
OPEN_OTO = "/sapi/v1/margin/oto/openOrderList"
ALL = "/sapi/v1/margin/allOrderList"
OPEN_ORDERS = "/sapi/v1/margin/openOrders"

BUY_OCO: dict[str, object] = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "quantity": "0.01",
    "price": "50000",
    "stopPrice": "65000",
}
SELL_OCO: dict[str, object] = {**BUY_OCO, "side": "SELL", "price": "65000", "stopPrice": "50000"}
WORKING: dict[str, object] = {
    "symbol": "BTCUSDT",
    "workingType": "LIMIT",
    "workingSide": "BUY",
    "workingPrice": "59000",
    "workingQuantity": "0.02",
    "workingTimeInForce": "GTC",
}
NEW_OTO: dict[str, object] = {
    **WORKING,
    "pendingType": "LIMIT_MAKER",
    "pendingSide": "SELL",
    "pendingPrice": "65000",
    "pendingQuantity": "0.01",
}
NEW_OTOCO: dict[str, object] = {
    **WORKING,
    "pendingSide": "SELL",
    "pendingQuantity": "0.01",
    "pendingAboveType": "LIMIT_MAKER",
    "pendingAbovePrice": "65000",
    "pendingBelowType": "STOP_LOSS",
    "pendingBelowStopPrice": "50000",
}


def without(asked: dict[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in asked.items() if name not in names}


def place(world: World, path: str, asked: dict[str, object], **more: object) -> dict[str, Any]:
    answer = world.post(path, **{**asked, **more})
    assert answer.status == 200, answer.json
    return answer.json


def statuses(world: World, placed: dict[str, Any]) -> list[str]:
    """What became of the orders, in the order of the reports."""
    return [
        world.get(ORDER, symbol="BTCUSDT", orderId=report["orderId"]).json["status"]
        for report in placed["orderReports"]
    ]


def list_status(world: World, placed: dict[str, Any]) -> tuple[str, str]:
    found = world.get(LIST, orderListId=placed["orderListId"]).json
    return found["listStatusType"], found["listOrderStatus"]


def refused(answer: Answer) -> tuple[int, str]:
    assert answer.status == 400, answer.json
    return answer.json["code"], answer.json["msg"]


# --- placing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [BUY_OCO, SELL_OCO])
def test_an_oco_lists_the_stop_first(world: World, asked: dict[str, object]) -> None:
    placed = place(world, OCO, asked, limitClientOrderId="limit", stopClientOrderId="stop")
    assert placed["contingencyType"] == "OCO"
    assert (placed["listStatusType"], placed["listOrderStatus"]) == ("EXEC_STARTED", "EXECUTING")
    assert placed["isIsolated"] is False
    assert [order["clientOrderId"] for order in placed["orders"]] == ["stop", "limit"]
    stop, limit = placed["orderReports"]
    assert (stop["type"], stop["status"], stop["price"]) == ("STOP_LOSS", "NEW", "0.00000000")
    assert (limit["type"], limit["status"]) == ("LIMIT_MAKER", "NEW")
    assert float(stop["stopPrice"]) == float(str(asked["stopPrice"]))
    assert "stopPrice" not in limit
    assert stop["orderListId"] == limit["orderListId"] == placed["orderListId"]
    assert "marginBuyBorrowAmount" not in placed


@pytest.mark.parametrize(
    ("path", "asked"), [(OCO, BUY_OCO), (OCO, SELL_OCO), (OTO, NEW_OTO), (OTOCO, NEW_OTOCO)]
)
def test_every_answer_names_the_orders_alike(world: World, path: str, asked: dict[str, object]) -> None:
    placed = place(world, path, asked)
    named = placed["orders"]
    ids = [order["orderId"] for order in named]
    assert ids == sorted(ids)
    list_id = placed["orderListId"]
    assert world.get(LIST, orderListId=list_id).json["orders"] == named
    assert [row["orders"] for row in world.get(ALL).json] == [named]
    if path == OCO:
        assert [row["orders"] for row in world.get(OPEN).json] == [named]
    canceled = world.delete(LIST, symbol="BTCUSDT", orderListId=list_id).json
    assert canceled["orders"] == named
    assert [report["orderId"] for report in canceled["orderReports"]] == ids


def test_a_stop_limit_leg_has_its_price_and_time_in_force(world: World) -> None:
    placed = place(world, OCO, BUY_OCO, stopLimitPrice="65100", stopLimitTimeInForce="IOC")
    stop = placed["orderReports"][0]
    assert (stop["type"], stop["price"], stop["timeInForce"]) == ("STOP_LOSS_LIMIT", "65100.00000000", "IOC")


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ("ACK", {"symbol", "orderId", "orderListId", "clientOrderId", "transactTime"}),
        ("RESULT", None),
        ("FULL", {"fills"}),
    ],
)
def test_the_response_type_is_that_of_the_reports(world: World, form: str, fields: set[str] | None) -> None:
    usual = set(place(world, OCO, BUY_OCO)["orderReports"][1])
    asked = set(place(world, OCO, BUY_OCO, newOrderRespType=form)["orderReports"][1])
    if form == "ACK":
        assert asked == fields
    else:
        assert asked == usual | (fields or set())


def test_a_list_that_borrows_says_so_in_a_string(world: World) -> None:
    placed = place(world, OCO, BUY_OCO, quantity="3", sideEffectType="MARGIN_BUY")
    assert placed["marginBuyBorrowAsset"] == "USDT"
    assert isinstance(placed["marginBuyBorrowAmount"], str)
    account = world.get("/sapi/v1/margin/account").json["userAssets"]
    [usdt] = [row for row in account if row["asset"] == "USDT"]
    assert usdt["borrowed"] == placed["marginBuyBorrowAmount"]
    world.delete(LIST, symbol="BTCUSDT", orderListId=placed["orderListId"])
    account = world.get("/sapi/v1/margin/account").json["userAssets"]
    [usdt] = [row for row in account if row["asset"] == "USDT"]
    assert float(usdt["borrowed"]) < 5, "what was not spent is repaid, but for the interest"


def test_an_oto_waits_for_its_working_order(world: World) -> None:
    placed = place(world, OTO, NEW_OTO, workingClientOrderId="first", pendingClientOrderId="second")
    assert placed["contingencyType"] == "OTO"
    assert [order["clientOrderId"] for order in placed["orders"]] == ["first", "second"]
    assert [report["status"] for report in placed["orderReports"]] == ["NEW", "PENDING_NEW"]
    assert statuses(world, placed) == ["NEW", "PENDING_NEW"]
    pending = world.get(ORDER, symbol="BTCUSDT", origClientOrderId="second").json
    assert pending["isWorking"] is False
    world.set_index("BTCUSDT", "58000")
    assert statuses(world, placed) == ["FILLED", "NEW"]
    assert world.get(ORDER, symbol="BTCUSDT", origClientOrderId="second").json["isWorking"] is True
    assert list_status(world, placed) == ("EXEC_STARTED", "EXECUTING")


def test_a_working_order_that_fills_at_once_shows_the_others_as_they_were(world: World) -> None:
    placed = place(world, OTOCO, NEW_OTOCO, workingPrice="61000", newOrderRespType="FULL")
    assert placed["contingencyType"] == "OTO"
    working, stop, limit = placed["orderReports"]
    assert (working["status"], stop["status"], limit["status"]) == ("FILLED", "PENDING_NEW", "PENDING_NEW")
    assert (stop["type"], limit["type"]) == ("STOP_LOSS", "LIMIT_MAKER")
    assert [bool(report["fills"]) for report in (working, stop, limit)] == [True, False, False]
    assert statuses(world, placed) == ["FILLED", "NEW", "NEW"]


def test_lists_of_others_stay_out_of_the_answer(world: World) -> None:
    """The working order takes one leg of another's OCO, whose list ends in the same step."""
    bob = world.new_account()
    world.deposit("BTC", "1", account_id=bob)
    key = world.new_key(bob)
    theirs = world.signed("POST", OCO, {**SELL_OCO, "price": "60003"}, key=key).json
    placed = place(world, OTO, NEW_OTO, workingPrice="60003", workingQuantity="0.01")
    assert placed["orderListId"] != theirs["orderListId"]
    assert (placed["listOrderStatus"], placed["orderReports"][0]["status"]) == ("EXECUTING", "FILLED")
    assert len(placed["orders"]) == len(placed["orderReports"]) == 2
    ended = world.signed("GET", LIST, {"orderListId": theirs["orderListId"]}, key=key).json
    assert ended["listOrderStatus"] == "ALL_DONE"


def test_a_working_order_that_expires_at_once_ends_the_list_in_the_answer(world: World) -> None:
    placed = place(world, OTO, NEW_OTO, workingTimeInForce="FOK")
    assert (placed["listStatusType"], placed["listOrderStatus"]) == ("ALL_DONE", "ALL_DONE")
    assert [report["status"] for report in placed["orderReports"]] == ["EXPIRED", "EXPIRED"]
    assert world.get(OPEN_OTO).json == []


@pytest.mark.parametrize(
    "changes",
    [
        {"pendingType": "MARKET", "pendingPrice": None},
        {"pendingType": "LIMIT", "pendingTimeInForce": "GTC"},
        {"pendingType": "LIMIT_MAKER", "pendingIcebergQty": "0.001"},
        {"pendingType": "STOP_LOSS", "pendingPrice": None, "pendingStopPrice": "50000"},
        {"pendingType": "TAKE_PROFIT", "pendingPrice": None, "pendingStopPrice": "65000"},
        {"pendingType": "STOP_LOSS", "pendingTrailingDelta": "100.0"},
        {
            "pendingType": "STOP_LOSS_LIMIT",
            "pendingPrice": "49000",
            "pendingStopPrice": "50000",
            "pendingTimeInForce": "GTC",
        },
        {"pendingType": "TAKE_PROFIT_LIMIT", "pendingTrailingDelta": "100", "pendingTimeInForce": "IOC"},
        {"workingType": "LIMIT_MAKER", "workingTimeInForce": None},
        {"workingIcebergQty": "0.001"},
        {"workingIcebergQty": "0.0"},
    ],
)
def test_pending_orders_may_be_of_every_type(world: World, changes: dict[str, object]) -> None:
    asked = {name: value for name, value in {**NEW_OTO, **changes}.items() if value is not None}
    placed = place(world, OTO, asked)
    assert placed["orderReports"][1]["type"] == asked["pendingType"]
    assert statuses(world, placed) == ["NEW", "PENDING_NEW"]


MISSING = "Mandatory parameter '{}' was not sent, was empty/null, or malformed."
UNFIT = "Parameter '{}' sent when not required."


@pytest.mark.parametrize(
    ("path", "asked", "code", "message"),
    [
        (OCO, without(BUY_OCO, "price"), -1102, MISSING.format("price")),
        (OCO, without(BUY_OCO, "stopPrice"), -1102, MISSING.format("stopPrice")),
        (OCO, without(BUY_OCO, "quantity"), -1102, MISSING.format("quantity")),
        (OCO, without(BUY_OCO, "side"), -1102, MISSING.format("side")),
        (OCO, {**BUY_OCO, "stopLimitPrice": "66000"}, -1102, MISSING.format("stopLimitTimeInForce")),
        (OCO, {**BUY_OCO, "stopLimitTimeInForce": "GTC"}, -1106, UNFIT.format("stopLimitTimeInForce")),
        (OCO, {**BUY_OCO, "stopIcebergQty": "0.001"}, -1106, UNFIT.format("stopIcebergQty")),
        (
            OCO,
            {
                **BUY_OCO,
                "stopLimitPrice": "66000",
                "stopLimitTimeInForce": "FOK",
                "stopIcebergQty": "0.001",
            },
            -1160,
            "Parameter 'stopIcebergQty' is not supported if `stopLimitTimeInForce` is not GTC.",
        ),
        (
            OCO,
            {**BUY_OCO, "price": "61000"},
            -2010,
            "The relationship of the prices for the orders is not correct.",
        ),
        (
            OCO,
            {**BUY_OCO, "stopPrice": "59000"},
            -2010,
            "The relationship of the prices for the orders is not correct.",
        ),
        (
            OCO,
            {**SELL_OCO, "price": "59000"},
            -2010,
            "The relationship of the prices for the orders is not correct.",
        ),
        (OCO, {**BUY_OCO, "limitIcebergQty": "0.02"}, -2010, "IcebergQty exceeds QTY."),
        (OCO, {**BUY_OCO, "quantity": "0"}, -2010, "Price * QTY is zero or less."),
        (OCO, {**BUY_OCO, "price": "50000.001"}, -1013, "Filter failure: PRICE_FILTER"),
        (OCO, {**BUY_OCO, "symbol": "XYZUSDT"}, -1121, "Invalid symbol."),
        (OCO, {**BUY_OCO, "isIsolated": "TRUE"}, -11001, "Isolated margin account does not exist."),
        (
            OCO,
            {**BUY_OCO, "selfTradePreventionMode": "TRANSFER"},
            -1013,
            "This symbol does not allow the specified self-trade prevention mode.",
        ),
        (
            OCO,
            {**BUY_OCO, "limitClientOrderId": "one", "stopClientOrderId": "one"},
            -2010,
            "Duplicate order sent.",
        ),
        (
            OCO,
            {**BUY_OCO, "quantity": "3"},
            -2010,
            "Account has insufficient balance for requested action.",
        ),
        (OTO, without(NEW_OTO, "workingTimeInForce"), -1102, MISSING.format("workingTimeInForce")),
        (OTO, without(NEW_OTO, "workingPrice"), -1102, MISSING.format("workingPrice")),
        (OTO, without(NEW_OTO, "pendingPrice"), -1102, MISSING.format("pendingPrice")),
        (OTO, without(NEW_OTO, "pendingType"), -1102, MISSING.format("pendingType")),
        (OTO, {**NEW_OTO, "workingType": "LIMIT_MAKER"}, -1106, UNFIT.format("workingTimeInForce")),
        (OTO, {**NEW_OTO, "workingType": "MARKET"}, -1116, "Invalid orderType."),
        (OTO, {**NEW_OTO, "pendingType": "STOP"}, -1116, "Invalid orderType."),
        (OTO, {**NEW_OTO, "pendingSide": "LONG"}, -1117, "Invalid side."),
        (OTO, {**NEW_OTO, "pendingStopPrice": "1"}, -1106, UNFIT.format("pendingStopPrice")),
        (
            OTO,
            {**without(NEW_OTO, "pendingPrice"), "pendingType": "STOP_LOSS"},
            -1102,
            "Param 'pendingStopPrice' or 'pendingTrailingDelta' must be sent, but both were empty/null!",
        ),
        (
            OTO,
            {
                **without(NEW_OTO, "pendingPrice"),
                "pendingType": "STOP_LOSS",
                "pendingTrailingDelta": "100",
            },
            -1102,
            MISSING.format("pendingPrice"),
        ),
        (
            OTO,
            {**NEW_OTO, "sideEffectType": "AUTO_REPAY"},
            -1130,
            "Data sent for parameter 'sideEffectType' is not valid.",
        ),
        (OTO, {**NEW_OTO, "workingIcebergQty": "0.02"}, -2010, "IcebergQty exceeds QTY."),
        (OTO, {**NEW_OTO, "pendingTrailingDelta": "100"}, -1106, UNFIT.format("pendingTrailingDelta")),
        (
            OTO,
            {**NEW_OTO, "workingType": "LIMIT_MAKER", "workingTimeInForce": "", "workingPrice": "61000"},
            -1105,
            "Parameter 'workingTimeInForce' was empty.",
        ),
        (
            OTO,
            {
                **without(NEW_OTO, "workingTimeInForce"),
                "workingType": "LIMIT_MAKER",
                "workingPrice": "61000",
            },
            -2010,
            "Order would immediately match and take.",
        ),
        (
            OTOCO,
            {**NEW_OTOCO, "sideEffectType": "AUTO_REPAY"},
            -1130,
            "Data sent for parameter 'sideEffectType' is not valid.",
        ),
        (OTOCO, without(NEW_OTOCO, "pendingBelowType"), -1102, MISSING.format("pendingBelowType")),
        (OTOCO, {**NEW_OTOCO, "pendingAboveStopPrice": "1"}, -1106, UNFIT.format("pendingAboveStopPrice")),
        *(
            (
                path,
                {**form, "workingIcebergQty": "0.001", "workingTimeInForce": "IOC"},
                -1160,
                "Parameter 'workingIcebergQty' is not supported if `workingTimeInForce` is not GTC.",
            )
            for path, form in ((OTO, NEW_OTO), (OTOCO, NEW_OTOCO))
        ),
        (OTOCO, without(NEW_OTOCO, "pendingAbovePrice"), -1102, MISSING.format("pendingAbovePrice")),
        (
            OTOCO,
            without(NEW_OTOCO, "pendingBelowStopPrice"),
            -1102,
            "Param 'pendingBelowStopPrice' or 'pendingBelowTrailingDelta' must be sent, "
            "but both were empty/null!",
        ),
        (
            OTOCO,
            {**without(NEW_OTOCO, "pendingBelowStopPrice"), "pendingBelowTrailingDelta": "100"},
            -1102,
            MISSING.format("pendingBelowPrice"),
        ),
        (
            OTOCO,
            {**NEW_OTOCO, "pendingAboveType": "TAKE_PROFIT"},
            -1158,
            "Order type not supported in OCO.",
        ),
        (
            OTOCO,
            {**NEW_OTOCO, "pendingBelowType": "LIMIT_MAKER"},
            -1168,
            "At least one OCO order must be contingent.",
        ),
        (
            OTOCO,
            {**NEW_OTOCO, "pendingSide": "BUY"},
            -1165,
            "A limit order in a buy OCO must be below.",
        ),
        (
            OTOCO,
            {**NEW_OTOCO, "pendingAboveType": "STOP_LOSS", "pendingBelowType": "LIMIT_MAKER"},
            -1166,
            "A limit order in a sell OCO must be above.",
        ),
        (
            OTOCO,
            {**NEW_OTOCO, "pendingSide": "BUY", "pendingAboveType": "STOP_LOSS"},
            -1196,
            "A stop loss order in a buy OCO must be above.",
        ),
        (
            OTOCO,
            {**NEW_OTOCO, "pendingAboveType": "STOP_LOSS"},
            -1197,
            "A stop loss order in a sell OCO must be below.",
        ),
        (
            OTOCO,
            {**NEW_OTOCO, "pendingBelowStopPrice": "66000"},
            -2010,
            "The relationship of the prices for the orders is not correct.",
        ),
    ],
)
def test_refusals_say_what_is_wrong_and_change_nothing(
    world: World, path: str, asked: dict[str, object], code: int, message: str
) -> None:
    before = world.get("/sapi/v1/margin/account").json
    assert refused(world.post(path, **asked)) == (code, message)
    assert world.get(OPEN_ORDERS).json == []
    assert world.get(ALL).json == []
    assert world.get("/sapi/v1/margin/account").json == before


def test_names_are_unique_among_what_is_open(world: World) -> None:
    first = place(world, OCO, BUY_OCO, listClientOrderId="mine")
    again = world.post(OCO, **BUY_OCO, listClientOrderId="mine")
    assert refused(again) == (-2010, "Duplicate order sent.")
    world.delete(LIST, symbol="BTCUSDT", orderListId=first["orderListId"])
    second = place(world, OCO, BUY_OCO, listClientOrderId="mine")
    assert world.get(LIST, origClientOrderId="mine").json["orderListId"] == second["orderListId"]


def test_lists_have_a_filter_of_their_own() -> None:
    world = World(with_symbol("BTCUSDT", max_num_order_lists=2))
    world.deposit("USDT", "100000")
    for _ in range(2):
        place(world, OCO, BUY_OCO)
    assert refused(world.post(OCO, **BUY_OCO)) == (-1013, "Filter failure: MAX_NUM_ORDER_LISTS")
    world.close()


@pytest.mark.parametrize(
    ("path", "asked", "count"), [(OCO, BUY_OCO, 2), (OTO, NEW_OTO, 2), (OTOCO, NEW_OTOCO, 3)]
)
def test_lists_count_as_their_orders(world: World, path: str, asked: dict[str, object], count: int) -> None:
    place(world, path, asked)
    rows = world.get("/sapi/v1/margin/rateLimit/order").json
    assert [row["count"] for row in rows] == [count, count]


@pytest.mark.parametrize(("path", "asked"), [(OCO, BUY_OCO), (OTO, NEW_OTO), (OTOCO, NEW_OTOCO)])
def test_borrowing_weighs_more(world: World, path: str, asked: dict[str, object]) -> None:
    header = "x-sapi-used-uid-weight-1m"
    assert world.post(path, **asked).headers[header] == "6"
    assert world.post(path, **asked, sideEffectType="MARGIN_BUY").headers[header] == "1506"
    assert world.post(path, **asked, sideEffectType="AUTO_BORROW_REPAY").headers[header] == "3006"


def test_a_list_that_does_not_fit_the_counts_is_429() -> None:
    world = World(with_orders(limit_10s=4))
    world.deposit("USDT", "100000")
    world.deposit("BTC", "1")
    place(world, OTOCO, NEW_OTOCO)
    answer = world.post(OCO, **BUY_OCO)
    assert (answer.status, answer.json) == (
        429,
        {"code": -1015, "msg": "Too many new orders; current limit is 4 orders per 10 SECOND."},
    )
    assert 1 <= int(answer.headers["retry-after"]) <= 10
    here: dict[str, object] = {"isIsolated": "TRUE"}
    world.post("/sapi/v1/margin/isolated/account", symbol="BTCUSDT")
    world.deposit("USDT", "10000", "BTCUSDT")
    assert world.post(OCO, **BUY_OCO, **here).status == 200, "each account has counts of its own"
    world.advance(10_000)
    assert world.post(OCO, **BUY_OCO).status == 200
    world.close()


# --- how lists end ---------------------------------------------------------------------------------------------


def test_the_leg_that_triggers_sends_the_other_away(world: World) -> None:
    placed = place(world, OCO, SELL_OCO)
    world.set_index("BTCUSDT", "49000")
    assert statuses(world, placed) == ["FILLED", "EXPIRED"]
    assert list_status(world, placed) == ("ALL_DONE", "ALL_DONE")
    assert world.get(OPEN).json == []


def test_a_cancelled_list_reports_its_orders_the_stop_first(world: World) -> None:
    placed = place(world, OCO, SELL_OCO, stopLimitPrice="49900", stopLimitTimeInForce="GTC")
    world.advance(1000)
    answer = world.delete(
        LIST, symbol="BTCUSDT", orderListId=placed["orderListId"], newClientOrderId="bye"
    ).json
    assert (answer["listStatusType"], answer["listOrderStatus"]) == ("ALL_DONE", "ALL_DONE")
    assert answer["transactionTime"] == world.now_ms
    stop, limit = answer["orderReports"]
    assert (stop["type"], limit["type"]) == ("STOP_LOSS_LIMIT", "LIMIT_MAKER")
    assert answer["orders"] == placed["orders"]
    for report, order in zip(answer["orderReports"], placed["orders"], strict=True):
        assert (report["status"], report["clientOrderId"]) == ("CANCELED", "bye")
        assert report["origClientOrderId"] == order["clientOrderId"]
    assert statuses(world, placed) == ["CANCELED", "CANCELED"]


@pytest.mark.parametrize("leg", [0, 1, 2])
def test_cancelling_one_leg_ends_the_list(world: World, leg: int) -> None:
    placed = place(world, OTOCO, NEW_OTOCO)
    order = placed["orders"][leg]
    name = {"orderId": order["orderId"]} if leg else {"origClientOrderId": order["clientOrderId"]}
    answer = world.delete(ORDER, symbol="BTCUSDT", **name).json
    assert answer["orderId"] == str(order["orderId"])
    assert answer["origClientOrderId"] == order["clientOrderId"]
    assert statuses(world, placed) == ["CANCELED"] * 3
    assert list_status(world, placed) == ("ALL_DONE", "ALL_DONE")


def test_cancel_all_answers_orders_and_lists(world: World) -> None:
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    plain = world.post(ORDER, **order, quantity="0.01", price="50000").json
    lists = [place(world, OCO, SELL_OCO), place(world, OTO, NEW_OTO)]
    other = world.order(symbol="ETHUSDT", price="2900", quantity="0.1").json
    answer = world.delete(OPEN_ORDERS, symbol="BTCUSDT").json
    assert [row.get("orderId") for row in answer] == [plain["orderId"], None, None]
    assert answer[0]["orderListId"] == -1
    for found, placed in zip(answer[1:], lists, strict=True):
        assert found["orderListId"] == placed["orderListId"]
        assert found["orders"] == placed["orders"]
        assert found["listOrderStatus"] == "ALL_DONE"
        assert [report["status"] for report in found["orderReports"]] == ["CANCELED", "CANCELED"]
        assert all("selfTradePreventionMode" not in report for report in found["orderReports"])
    assert [row["orderId"] for row in world.get(OPEN_ORDERS).json] == [other["orderId"]]


def test_what_is_left_of_a_list_is_what_its_cancel_reports(world: World) -> None:
    placed = place(world, OTO, NEW_OTO, workingPrice="61000")
    answer = world.delete(LIST, symbol="BTCUSDT", orderListId=placed["orderListId"]).json
    assert answer["orders"] == placed["orders"]
    assert [report["orderId"] for report in answer["orderReports"]] == [placed["orders"][1]["orderId"]]
    assert statuses(world, placed) == ["FILLED", "CANCELED"]


# --- looking up ------------------------------------------------------------------------------------------------


def test_a_list_is_found_open_and_after(world: World) -> None:
    placed = place(world, OCO, BUY_OCO, listClientOrderId="mine")
    by_id: dict[str, Any] = {"orderListId": placed["orderListId"]}
    by_name: dict[str, Any] = {"origClientOrderId": "mine"}
    for name in (by_id, by_name, {**by_id, **by_name}):
        found = world.get(LIST, **name).json
        assert found["listOrderStatus"] == "EXECUTING"
        assert found["transactionTime"] == placed["transactionTime"]
        assert sorted(order["orderId"] for order in found["orders"]) == sorted(
            order["orderId"] for order in placed["orders"]
        )
    world.delete(LIST, symbol="BTCUSDT", listClientOrderId="mine")
    for name in (by_id, by_name, {**by_id, **by_name}):
        assert world.get(LIST, **name).json["listOrderStatus"] == "ALL_DONE"
    assert refused(world.get(LIST, **{**by_id, "origClientOrderId": "other"})) == (
        -2013,
        "Order does not exist.",
    )


def test_a_list_must_be_named(world: World) -> None:
    assert refused(world.get(LIST)) == (
        -1102,
        "Param 'orderListId' or 'origClientOrderId' must be sent, but both were empty/null!",
    )
    assert refused(world.delete(LIST, symbol="BTCUSDT")) == (
        -1102,
        "Param 'orderListId' or 'listClientOrderId' must be sent, but both were empty/null!",
    )


def test_cancels_that_name_no_open_list(world: World) -> None:
    placed = place(world, OCO, BUY_OCO, listClientOrderId="mine")
    cancel = {"symbol": "BTCUSDT", "orderListId": placed["orderListId"]}
    assert refused(world.delete(LIST, **{**cancel, "listClientOrderId": "other"})) == (
        -2011,
        "Cancel order is invalid. Check origClOrdId and orderId.",
    )
    unknown = (-2011, "Unknown order sent.")
    assert refused(world.delete(LIST, symbol="BTCUSDT", orderListId=999)) == unknown
    assert refused(world.delete(LIST, symbol="BTCUSDT", listClientOrderId="nobody")) == unknown
    assert refused(world.delete(LIST, **{**cancel, "symbol": "ETHUSDT"})) == unknown
    key = world.new_key(world.new_account())
    assert world.signed("DELETE", LIST, cancel, key=key).code == -2011
    assert world.signed("GET", LIST, {"orderListId": placed["orderListId"]}, key=key).code == -2013
    assert world.signed("GET", OPEN, key=key).json == []
    assert world.delete(LIST, **cancel).status == 200
    assert refused(world.delete(LIST, **cancel)) == unknown


def test_open_lists_are_told_apart_by_kind(world: World) -> None:
    oco = place(world, OCO, BUY_OCO)
    oto = place(world, OTO, NEW_OTO)
    otoco = place(world, OTOCO, NEW_OTOCO, workingPrice="61000")
    assert [found["orderListId"] for found in world.get(OPEN).json] == [oco["orderListId"]]
    waiting, alive = world.get(OPEN_OTO).json
    assert (waiting["orderListId"], waiting["contingencyType"]) == (oto["orderListId"], "OTO")
    assert [(order["orderId"] is None, order["status"]) for order in waiting["orders"]] == [
        (False, "NEW"),
        (True, "PENDING_NEW"),
    ]
    assert (alive["orderListId"], alive["contingencyType"]) == (otoco["orderListId"], "OTOCO")
    assert [(order["orderId"] is None, order["status"]) for order in alive["orders"]] == [
        (False, "FILLED"),
        (False, "NEW"),
        (False, "NEW"),
    ]
    assert "isIsolated" not in waiting
    assert len(world.get(OPEN_OTO, symbol="BTCUSDT").json) == 2
    assert world.get(OPEN_OTO, symbol="ETHUSDT").json == []
    assert world.get(OPEN_OTO, symbol="XYZUSDT").code == -1121


def test_all_lists_by_id_by_time_and_without_either(world: World) -> None:
    old = place(world, OCO, BUY_OCO)["orderListId"]
    world.advance(DAY_MS + 1)
    ids = [place(world, OCO, BUY_OCO)["orderListId"] for _ in range(2)]

    def ask(**parameters: object) -> list[int]:
        answer = world.get(ALL, **parameters)
        assert answer.status == 200, answer.json
        return [found["orderListId"] for found in answer.json]

    now = world.now_ms
    assert ask() == [old, *ids]
    assert ask(limit=2) == ids
    assert ask(fromId=old) == [old, *ids]
    assert ask(fromId=ids[0], limit=1) == ids[:1]
    assert ask(startTime=now - DAY_MS) == ids
    assert ask(startTime=now - DAY_MS - 1) == [old]
    assert ask(startTime=now - DAY_MS, endTime=now) == ids
    assert ask(endTime=now - 1) == [old]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"fromId": 1, "startTime": 1}, -1128),
        ({"fromId": 1, "endTime": 1}, -1128),
        ({"fromId": 1, "startTime": 1, "endTime": 2}, -1128),
        ({"startTime": 1, "endTime": DAY_MS + 2}, -1127),
        ({"startTime": 2, "endTime": 1}, -3011),
        ({"limit": 1001}, -1102),
        ({"limit": 0}, -1130),
        ({"symbol": "BTCUSDT"}, -1106),
        ({"isIsolated": "TRUE"}, -1102),
        ({"isIsolated": "TRUE", "symbol": "BTCUSDT"}, -11001),
    ],
)
def test_all_lists_are_refused_clearly(world: World, parameters: dict[str, object], code: int) -> None:
    assert refused(world.get(ALL, **parameters))[0] == code


@pytest.mark.parametrize("path", [OPEN, LIST])
def test_the_cross_account_takes_no_symbol(world: World, path: str) -> None:
    answer = world.get(path, symbol="BTCUSDT", **({"orderListId": 1} if path == LIST else {}))
    assert refused(answer) == (-1106, "Parameter 'symbol' sent when not required.")
