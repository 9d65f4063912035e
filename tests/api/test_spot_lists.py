"""Order lists on the spot API: what each kind takes and answers, how they end, and how they are found."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.world import SPOT, World

ORDER = "/api/v3/order"
LIST = "/api/v3/orderList"
OCO = "/api/v3/orderList/oco"
OTO = "/api/v3/orderList/oto"
OTOCO = "/api/v3/orderList/otoco"
LEGACY = "/api/v3/order/oco"
OPEN = "/api/v3/openOrderList"
ALL = "/api/v3/allOrderList"
BASE: dict[str, object] = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "0.01"}
SELL_OCO: dict[str, object] = {
    **BASE,
    "aboveType": "LIMIT_MAKER",
    "abovePrice": "65000",
    "belowType": "STOP_LOSS",
    "belowStopPrice": "55000",
}
BUY_OCO: dict[str, object] = {
    **BASE,
    "side": "BUY",
    "aboveType": "STOP_LOSS",
    "aboveStopPrice": "65000",
    "belowType": "LIMIT_MAKER",
    "belowPrice": "55000",
}
WORKING: dict[str, object] = {
    "symbol": "BTCUSDT",
    "workingType": "LIMIT",
    "workingSide": "BUY",
    "workingPrice": "59000",
    "workingQuantity": "0.01",
    "workingTimeInForce": "GTC",
    "pendingSide": "SELL",
    "pendingQuantity": "0.01",
}
NEW_OTO: dict[str, object] = {**WORKING, "pendingType": "MARKET"}
NEW_OTOCO: dict[str, object] = {
    **WORKING,
    "pendingAboveType": "TAKE_PROFIT_LIMIT",
    "pendingAboveStopPrice": "65000",
    "pendingAbovePrice": "64900",
    "pendingAboveTimeInForce": "GTC",
    "pendingBelowType": "STOP_LOSS",
    "pendingBelowStopPrice": "50000",
}
ACK = {"symbol", "orderId", "orderListId", "clientOrderId", "transactTime"}
RESULT = ACK | {
    "price",
    "origQty",
    "executedQty",
    "origQuoteOrderQty",
    "cummulativeQuoteQty",
    "status",
    "timeInForce",
    "type",
    "side",
    "workingTime",
    "selfTradePreventionMode",
}


@pytest.fixture
def world(world: World) -> World:
    """With a spot wallet besides the margin wallet."""
    world.deposit("USDT", "50000", SPOT)
    world.deposit("BTC", "1", SPOT)
    return world


def place(world: World, path: str, asked: dict[str, object], **more: object) -> dict[str, Any]:
    answer = world.post(path, **{**asked, **more})
    assert answer.status == 200, answer.json
    return answer.json


def statuses(world: World, placed: dict[str, Any]) -> dict[str, str]:
    """What became of the orders, by their types."""
    rows = [
        world.get(ORDER, symbol="BTCUSDT", orderId=report["orderId"]).json
        for report in placed["orderReports"]
    ]
    return {row["type"]: row["status"] for row in rows}


@pytest.mark.parametrize("asked", [SELL_OCO, BUY_OCO])
@pytest.mark.parametrize(("form", "fields"), [("ACK", ACK), ("RESULT", RESULT), ("FULL", RESULT | {"fills"})])
def test_an_oco_lists_the_stop_first_in_the_asked_form(
    world: World, asked: dict[str, object], form: str, fields: set[str]
) -> None:
    placed = place(
        world,
        OCO,
        asked,
        newOrderRespType=form,
        aboveClientOrderId="above",
        belowClientOrderId="below",
    )
    assert placed["contingencyType"] == "OCO"
    stop, limit = placed["orderReports"]
    assert [stop["clientOrderId"], limit["clientOrderId"]] == (
        ["below", "above"] if asked is SELL_OCO else ["above", "below"]
    )
    assert set(limit) == fields
    assert set(stop) == (fields if form == "ACK" else fields | {"stopPrice"})
    assert "isIsolated" not in placed


def test_an_oco_of_two_contingent_orders(world: World) -> None:
    placed = place(
        world,
        OCO,
        {
            **BASE,
            "aboveType": "TAKE_PROFIT",
            "aboveStopPrice": "61000",
            "belowType": "STOP_LOSS_LIMIT",
            "belowStopPrice": "59000",
            "belowPrice": "58900",
            "belowTimeInForce": "GTC",
        },
    )
    assert {report["type"] for report in placed["orderReports"]} == {"TAKE_PROFIT", "STOP_LOSS_LIMIT"}
    world.set_index("BTCUSDT", "61100")
    assert statuses(world, placed) == {"TAKE_PROFIT": "FILLED", "STOP_LOSS_LIMIT": "EXPIRED"}
    expired = next(r for r in placed["orderReports"] if r["type"] == "STOP_LOSS_LIMIT")
    row = world.get(ORDER, symbol="BTCUSDT", orderId=expired["orderId"]).json
    assert row["expiryReason"] == "OCO_TRIGGER"


@pytest.mark.parametrize(
    ("asked", "more", "code"),
    [
        (SELL_OCO, {"belowType": "LIMIT_MAKER", "belowPrice": "55000"}, -1168),
        (BUY_OCO, {"aboveType": "LIMIT_MAKER", "belowType": "STOP_LOSS"}, -1165),
        (SELL_OCO, {"belowType": "LIMIT_MAKER", "aboveType": "STOP_LOSS"}, -1166),
        (BUY_OCO, {"belowType": "STOP_LOSS"}, -1196),
        (SELL_OCO, {"aboveType": "STOP_LOSS_LIMIT"}, -1197),
        (BUY_OCO, {"aboveType": "TAKE_PROFIT"}, -1198),
        (SELL_OCO, {"belowType": "TAKE_PROFIT_LIMIT"}, -1199),
        (SELL_OCO, {"aboveType": "LIMIT"}, -1158),
        (SELL_OCO, {"belowType": "MARKET"}, -1158),
        (SELL_OCO, {"belowType": "STOP"}, -1116),
        (SELL_OCO, {"abovePrice": ""}, -1105),
        (SELL_OCO, {"belowPrice": "1"}, -1106),
        (SELL_OCO, {"belowStrategyType": "1"}, -1134),
        (SELL_OCO, {"abovePegPriceType": "PRIMARY_PEG"}, -2010),
        (SELL_OCO, {"abovePrice": "59000"}, -2010),
        (SELL_OCO, {"isIsolated": "TRUE"}, -1104),
        (SELL_OCO, {"sideEffectType": "MARGIN_BUY"}, -1104),
    ],
)
def test_orders_that_do_not_fit_are_refused(
    world: World, asked: dict[str, object], more: dict[str, object], code: int
) -> None:
    answer = world.post(OCO, **{**asked, **more})
    assert (answer.status, answer.code) == (400, code), answer.json
    assert world.get(OPEN).json == []


def test_labels_stay_with_their_orders(world: World) -> None:
    placed = place(
        world, OCO, SELL_OCO, aboveStrategyId="1", belowStrategyId="2", belowStrategyType="1000002"
    )
    stop, limit = placed["orderReports"]
    assert (stop["strategyId"], stop["strategyType"], limit["strategyId"]) == (2, 1_000_002, 1)
    assert "strategyType" not in limit
    legacy = place(
        world,
        LEGACY,
        {**BASE, "price": "65000", "stopPrice": "55000", "limitStrategyId": "3", "stopStrategyId": "4"},
    )
    assert [report["strategyId"] for report in legacy["orderReports"]] == [4, 3]
    listed = place(
        world, OTOCO, NEW_OTOCO, workingStrategyId="5", pendingAboveStrategyId="6", pendingBelowStrategyId="7"
    )
    assert [report["strategyId"] for report in listed["orderReports"]] == [5, 6, 7]


def test_the_old_form_may_trail(world: World) -> None:
    placed = place(world, LEGACY, {**BASE, "price": "65000", "stopPrice": "55000", "trailingDelta": "100"})
    stop = placed["orderReports"][0]
    assert (stop["trailingDelta"], stop["trailingTime"], stop["type"]) == (100, -1, "STOP_LOSS")


def test_an_oto_waits_for_its_working_order(world: World) -> None:
    placed = place(world, OTO, NEW_OTO)
    working, pending = placed["orderReports"]
    assert (working["status"], pending["status"]) == ("NEW", "PENDING_NEW")
    assert (working["workingTime"], pending["workingTime"]) == (world.now_ms, -1)
    world.set_index("BTCUSDT", "58900")
    assert statuses(world, placed) == {"LIMIT": "FILLED", "MARKET": "FILLED"}
    assert world.get(LIST, orderListId=placed["orderListId"]).json["listOrderStatus"] == "ALL_DONE"


def test_a_working_order_that_fills_at_once_shows_the_pending_one_pending(world: World) -> None:
    placed = place(world, OTO, NEW_OTO, workingPrice="61000", newOrderRespType="FULL")
    working, pending = placed["orderReports"]
    assert (working["status"], pending["status"]) == ("FILLED", "PENDING_NEW")
    assert len(working["fills"]) > 0
    assert pending["fills"] == []


def test_an_otoco_brings_a_pair_to_life(world: World) -> None:
    placed = place(world, OTOCO, NEW_OTOCO)
    assert placed["contingencyType"] == "OTO"
    assert len(placed["orderReports"]) == 3
    world.set_index("BTCUSDT", "58900")
    assert statuses(world, placed) == {"LIMIT": "FILLED", "TAKE_PROFIT_LIMIT": "NEW", "STOP_LOSS": "NEW"}


def test_a_trailing_pending_order_needs_no_price_here(world: World) -> None:
    """The margin API asks for one with every trailing delta."""
    asked = {**WORKING, "pendingType": "STOP_LOSS", "pendingTrailingDelta": "100"}
    assert place(world, OTO, asked)["orderReports"][1]["trailingDelta"] == 100
    refused = world.post("/sapi/v1/margin/order/oto", **asked)
    assert refused.code == -1102


def test_lists_are_found_and_counted(world: World) -> None:
    first = place(world, OCO, SELL_OCO, listClientOrderId="mine")
    world.advance(5_000)
    answer = world.post(OTO, **NEW_OTO)
    assert answer.headers["x-mbx-order-count-10s"] == "4"
    ids = [first["orderListId"], answer.json["orderListId"]]
    assert [row["orderListId"] for row in world.get(OPEN).json] == ids
    assert [row["orderListId"] for row in world.get(ALL).json] == ids
    assert [row["orderListId"] for row in world.get(ALL, fromId=ids[1]).json] == ids[1:]
    assert [row["orderListId"] for row in world.get(ALL, startTime=world.now_ms).json] == ids[1:]
    assert world.get(ALL, fromId=1, startTime=world.now_ms).code == -1128
    assert world.get(ALL, startTime=0, endTime=world.now_ms).code == -1127
    for name in ({"orderListId": ids[0]}, {"origClientOrderId": "mine"}):
        assert world.get(LIST, **name).json["orderListId"] == ids[0]
    assert world.get(LIST, orderListId=ids[0], origClientOrderId="other").code == -2013
    assert world.get(LIST).code == -1102
    assert world.get("/sapi/v1/margin/openOrderList").json == []


def test_a_list_is_cancelled_whole(world: World) -> None:
    placed = place(world, OCO, SELL_OCO, listClientOrderId="mine")
    assert world.delete(LIST, symbol="BTCUSDT").code == -1102
    world.advance(10)
    done = world.delete(LIST, symbol="BTCUSDT", listClientOrderId="mine", newClientOrderId="bye").json
    assert (done["listStatusType"], done["transactionTime"]) == ("ALL_DONE", world.now_ms)
    assert [(report["clientOrderId"], report["status"]) for report in done["orderReports"]] == [
        ("bye", "CANCELED")
    ] * 2
    assert statuses(world, placed) == {"LIMIT_MAKER": "CANCELED", "STOP_LOSS": "CANCELED"}


def test_a_special_key_lists_on_its_margin_account(world: World) -> None:
    key = world.special_key()
    answer = world.signed("POST", OCO, SELL_OCO, key=key)
    assert answer.status == 200, answer.json
    assert world.get(OPEN).json == []
    assert len(world.get("/sapi/v1/margin/openOrderList").json) == 1
    cancel = {"symbol": "BTCUSDT", "orderListId": answer.json["orderListId"]}
    assert world.signed("DELETE", LIST, cancel, key=key).status == 200
