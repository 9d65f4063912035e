"""Amending orders over the wire: what changes, what does not, and what is remembered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.world import SPOT, Answer, World
from tests.api.worlds import with_symbol

ORDER = "/api/v3/order"
AMEND = "/api/v3/order/amend/keepPriority"
AMENDMENTS = "/api/v3/order/amendments"
LIMIT: dict[str, object] = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.05",
    "price": "50000",
}


@pytest.fixture
def world(world: World) -> World:
    """With a spot wallet besides the margin wallet."""
    world.deposit("USDT", "50000", SPOT)
    world.deposit("BTC", "1", SPOT)
    return world


def amend(world: World, **asked: object) -> Answer:
    return world.signed("PUT", AMEND, {"symbol": "BTCUSDT", **asked})


def amended(world: World, **asked: object) -> dict[str, Any]:
    answer = amend(world, **asked)
    assert answer.status == 200, answer.json
    return answer.json


def locked(world: World) -> float:
    rows = world.get("/api/v3/account").json["balances"]
    return next(float(row["locked"]) for row in rows if row["asset"] == "USDT")


def test_a_symbol_that_takes_no_amendments_says_so() -> None:
    """As exchangeInfo does: `amendAllowed` is false."""
    world = World(with_symbol("BTCUSDT", max_num_order_amends=0))
    world.deposit("USDT", "50000", SPOT)
    placed = world.post(ORDER, **LIMIT).json
    assert world.public("/api/v3/exchangeInfo", symbol="BTCUSDT").json["symbols"][0]["amendAllowed"] is False
    assert amend(world, orderId=placed["orderId"], newQty="0.02").json == {
        "code": -2038,
        "msg": "Order amend is not supported for this symbol.",
    }
    world.close()


def test_an_order_becomes_less_and_keeps_its_id(world: World) -> None:
    placed = world.post(ORDER, **LIMIT, newClientOrderId="mine", strategyId="7").json
    counts = world.get("/api/v3/rateLimit/order").json
    world.advance(10)
    answer = amended(world, orderId=placed["orderId"], newQty="0.02", newClientOrderId="less")
    order = answer["amendedOrder"]
    assert (order["orderId"], order["origClientOrderId"], order["clientOrderId"]) == (
        placed["orderId"],
        "mine",
        "less",
    )
    assert (order["qty"], order["status"], order["strategyId"]) == ("0.02000000", "NEW", 7)
    assert order["workingTime"] == placed["workingTime"]
    assert answer["transactTime"] == world.now_ms
    assert "listStatus" not in answer
    assert locked(world) == 1000
    row = world.get(ORDER, symbol="BTCUSDT", orderId=placed["orderId"]).json
    assert (row["origQty"], row["clientOrderId"], row["updateTime"]) == ("0.02000000", "less", world.now_ms)
    fresh = world.get("/api/v3/rateLimit/order").json
    assert [count["count"] for count in fresh] == [count["count"] for count in counts] == [1, 1]


def test_a_name_is_made_where_none_is_sent_and_kept_where_it_is_the_present_one(world: World) -> None:
    world.post(ORDER, **LIMIT, newClientOrderId="mine")
    kept = amended(world, origClientOrderId="mine", newQty="0.04", newClientOrderId="mine")
    assert kept["amendedOrder"]["clientOrderId"] == kept["amendedOrder"]["origClientOrderId"] == "mine"
    made = amended(world, origClientOrderId="mine", newQty="0.03")["amendedOrder"]["clientOrderId"]
    assert made != "mine"
    assert len(made) == 22


def test_an_order_is_found_by_the_name_that_it_has(world: World) -> None:
    """Also when it has ended, and when another order took the name that it gave up."""
    first = world.post(ORDER, **LIMIT, newClientOrderId="one").json["orderId"]
    amended(world, orderId=first, newQty="0.04", newClientOrderId="two")
    second = world.post(ORDER, **LIMIT, newClientOrderId="one").json["orderId"]
    amended(world, orderId=first, newQty="0.03", newClientOrderId="three")

    def found(name: str) -> int | None:
        return world.get(ORDER, symbol="BTCUSDT", origClientOrderId=name).json.get("orderId")

    for _ in ("open", "ended"):
        assert (found("one"), found("two"), found("three")) == (second, None, first)
        world.delete("/api/v3/openOrders", symbol="BTCUSDT")
    third = world.post(ORDER, **LIMIT, newClientOrderId="three").json["orderId"]
    world.delete("/api/v3/openOrders", symbol="BTCUSDT")
    assert found("three") == third
    named = world.get(ORDER, symbol="BTCUSDT", orderId=first, origClientOrderId="three").json
    assert named["orderId"] == first


def test_amendments_are_remembered_in_order(world: World) -> None:
    order_id = world.post(ORDER, **LIMIT, newClientOrderId="0").json["orderId"]
    for number, quantity in ((1, "0.04"), (2, "0.03"), (3, "0.02")):
        world.advance(1)
        amended(world, orderId=order_id, newQty=quantity, newClientOrderId=str(number))
    rows = world.get(AMENDMENTS, symbol="BTCUSDT", orderId=order_id).json
    assert [(row["origClientOrderId"], row["newClientOrderId"]) for row in rows] == [
        ("0", "1"),
        ("1", "2"),
        ("2", "3"),
    ]
    assert [(row["origQty"], row["newQty"]) for row in rows][1] == ("0.04000000", "0.03000000")
    assert rows[-1]["time"] == world.now_ms
    ids = [row["executionId"] for row in rows]
    assert ids == sorted(ids)
    later = world.get(AMENDMENTS, symbol="BTCUSDT", orderId=order_id, fromExecutionId=ids[1]).json
    assert [row["executionId"] for row in later] == ids[1:]
    first = world.get(AMENDMENTS, symbol="BTCUSDT", orderId=order_id, limit=1).json
    assert [row["executionId"] for row in first] == ids[:1]
    assert world.get(AMENDMENTS, symbol="BTCUSDT", orderId=order_id + 1).json == []
    assert world.get(AMENDMENTS, symbol="XYZUSDT", orderId=order_id).code == -1121


def test_both_orders_of_a_pair_become_less(world: World) -> None:
    placed = world.post(
        "/api/v3/orderList/oco",
        symbol="BTCUSDT",
        side="SELL",
        quantity="0.05",
        aboveType="LIMIT_MAKER",
        abovePrice="65000",
        belowType="STOP_LOSS",
        belowStopPrice="55000",
        belowClientOrderId="stop",
    ).json
    answer = amended(world, origClientOrderId="stop", newQty="0.02", newClientOrderId="less")
    assert (answer["amendedOrder"]["type"], answer["amendedOrder"]["stopPrice"]) == (
        "STOP_LOSS",
        "55000.00000000",
    )
    assert "workingTime" not in answer["amendedOrder"]
    listed = answer["listStatus"]
    assert (listed["contingencyType"], listed["listOrderStatus"]) == ("OCO", "EXECUTING")
    assert "less" in [order["clientOrderId"] for order in listed["orders"]]
    for report in placed["orderReports"]:
        row = world.get(ORDER, symbol="BTCUSDT", orderId=report["orderId"]).json
        assert row["origQty"] == "0.02000000"
        assert len(world.get(AMENDMENTS, symbol="BTCUSDT", orderId=report["orderId"]).json) == 1
    found = world.get("/api/v3/allOrderList").json[0]
    assert found["orders"] == listed["orders"]


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        (
            {"newQty": "0.05"},
            -2038,
            "The requested action would change no state; rejecting.",
        ),
        ({"newQty": "0.06"}, -2038, "Order amend (quantity increase) is not supported."),
        ({"newQty": "0.02", "orderId": "99"}, -2038, "Unknown order sent."),
        (
            {"newQty": "0.02", "origClientOrderId": "other"},
            -2039,
            "Client order ID is not correct for this order ID.",
        ),
        ({"newQty": "0.00001"}, -1013, "Filter failure: NOTIONAL"),
        ({"newQty": "0"}, -1013, "Filter failure: LOT_SIZE"),
        ({"newQty": "-1"}, -1100, None),
        ({}, -1102, "Mandatory parameter 'newQty' was not sent, was empty/null, or malformed."),
        ({"newQty": "0.02", "price": "1"}, -1104, None),
    ],
)
def test_what_may_not_be_is_refused_and_changes_nothing(
    world: World, asked: dict[str, object], code: int, message: str | None
) -> None:
    order_id = world.post(ORDER, **LIMIT).json["orderId"]
    answer = amend(world, **{"orderId": order_id, **asked})
    assert (answer.status, answer.code) == (400, code)
    assert message in (None, answer.json["msg"])
    assert world.get(ORDER, symbol="BTCUSDT", orderId=order_id).json["origQty"] == "0.05000000"


def test_an_order_is_named(world: World) -> None:
    assert amend(world, newQty="0.02").json["msg"].startswith("Param 'origClientOrderId' or 'orderId'")


def test_a_special_key_amends_what_its_account_has_open(world: World) -> None:
    key = world.special_key()
    order_id = world.order(quantity="0.05", price="50000").json["orderId"]
    asked = {"symbol": "BTCUSDT", "orderId": order_id, "newQty": "0.02"}
    assert world.signed("PUT", AMEND, asked).code == -2038
    assert world.signed("PUT", AMEND, asked, key=key).status == 200
    row = world.get("/sapi/v1/margin/openOrders").json[0]
    assert (row["orderId"], row["origQty"]) == (order_id, "0.02000000")
