"""Placing order lists over the wire: what each kind takes, and what it answers."""

from __future__ import annotations

import pytest

from tests.api.order_lists import (
    ALL,
    BUY_OCO,
    LIST,
    NEW_OTO,
    NEW_OTOCO,
    OCO,
    OPEN,
    OPEN_OTO,
    ORDER,
    OTO,
    OTOCO,
    SELL_OCO,
    list_status,
    place,
    statuses,
)
from tests.api.world import World


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
