"""How order lists end, as the wire tells it."""

from __future__ import annotations

import pytest

from tests.api.order_lists import (
    LIST,
    NEW_OTO,
    NEW_OTOCO,
    OCO,
    OPEN,
    OPEN_ORDERS,
    ORDER,
    OTO,
    OTOCO,
    SELL_OCO,
    list_status,
    place,
    statuses,
)
from tests.api.world import World


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
