"""Order lists that are refused over the wire: what is wrong with them, what they count and what they weigh."""

from __future__ import annotations

import pytest

from tests.api.order_lists import (
    ALL,
    BUY_OCO,
    LIST,
    NEW_OTO,
    NEW_OTOCO,
    OCO,
    OPEN_ORDERS,
    OTO,
    OTOCO,
    SELL_OCO,
    place,
    refused,
    without,
)
from tests.api.world import World
from tests.api.worlds import with_orders, with_symbol

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
