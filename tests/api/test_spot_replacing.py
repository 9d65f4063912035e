"""Cancel-replace over the wire: every row of the reference's table of outcomes, and what the answers hold."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.world import SPOT, Answer, World
from tests.api.worlds import with_orders

ORDER = "/api/v3/order"
REPLACE = "/api/v3/order/cancelReplace"
OPEN = "/api/v3/openOrders"
LIMIT: dict[str, object] = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "50000",
}
POOR: dict[str, object] = {"quantity": "20"}
"""More than the wallet can pay: the new order fails in the book."""
UNKNOWN = {"code": -2011, "msg": "Unknown order sent."}
TOO_POOR = {"code": -2010, "msg": "Account has insufficient balance for requested action."}
FULL = {"code": -1015, "msg": "Too many new orders; current limit is 1 orders per 10 SECOND."}


def funded(limit_10s: int = 10_000) -> World:
    world = World(with_orders(limit_10s=limit_10s))
    world.deposit("USDT", "50000", SPOT)
    return world


def replace(world: World, cancel: object, **asked: object) -> Answer:
    return world.post(
        REPLACE, **{**LIMIT, "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": cancel, **asked}
    )


def rest(world: World) -> int:
    answer = world.post(ORDER, **LIMIT)
    assert answer.status == 200, answer.json
    return answer.json["orderId"]


def halves(data: dict[str, Any]) -> tuple[str, str]:
    return data["cancelResult"], data["newOrderResult"]


def test_both_halves_are_served(world: World) -> None:
    world.deposit("USDT", "50000", SPOT)
    order_id = rest(world)
    world.advance(10)
    answer = replace(
        world,
        order_id,
        price="51000",
        newClientOrderId="new",
        cancelNewClientOrderId="bye",
        strategyId="7",
        newOrderRespType="RESULT",
    )
    assert answer.status == 200, answer.json
    assert halves(answer.json) == ("SUCCESS", "SUCCESS")
    canceled, placed = answer.json["cancelResponse"], answer.json["newOrderResponse"]
    assert (canceled["orderId"], canceled["clientOrderId"], canceled["status"]) == (
        order_id,
        "bye",
        "CANCELED",
    )
    assert (placed["clientOrderId"], placed["price"], placed["strategyId"]) == ("new", "51000.00000000", 7)
    assert "fills" not in placed
    assert canceled["transactTime"] == placed["transactTime"] == world.now_ms
    assert [row["orderId"] for row in world.get(OPEN).json] == [placed["orderId"]]
    assert answer.headers["x-mbx-order-count-10s"] == "2"


@pytest.mark.parametrize(
    ("mode", "is_there", "new", "status", "code", "results"),
    [
        ("STOP_ON_FAILURE", False, {}, 400, -2022, ("FAILURE", "NOT_ATTEMPTED")),
        ("STOP_ON_FAILURE", True, POOR, 409, -2021, ("SUCCESS", "FAILURE")),
        ("ALLOW_FAILURE", False, POOR, 400, -2022, ("FAILURE", "FAILURE")),
        ("ALLOW_FAILURE", False, {}, 409, -2021, ("FAILURE", "SUCCESS")),
        ("ALLOW_FAILURE", True, POOR, 409, -2021, ("SUCCESS", "FAILURE")),
    ],
)
@pytest.mark.parametrize("over_limit", ["DO_NOTHING", "CANCEL_ONLY"])
def test_what_fails_is_told_half_by_half(
    mode: str,
    is_there: bool,
    new: dict[str, object],
    status: int,
    code: int,
    results: tuple[str, str],
    over_limit: str,
) -> None:
    world = funded()
    order_id = rest(world)
    cancel = order_id if is_there else 99
    answer = replace(world, cancel, cancelReplaceMode=mode, orderRateLimitExceededMode=over_limit, **new)
    assert (answer.status, answer.code) == (status, code)
    message = "Order cancel-replace partially failed." if code == -2021 else "Order cancel-replace failed."
    assert answer.json["msg"] == message
    data = answer.json["data"]
    assert halves(data) == results
    canceled, placed = data["cancelResponse"], data["newOrderResponse"]
    assert canceled == UNKNOWN if results[0] == "FAILURE" else canceled["orderId"] == order_id
    if results[1] == "NOT_ATTEMPTED":
        assert placed is None
    else:
        assert placed == TOO_POOR if results[1] == "FAILURE" else placed["status"] == "NEW"
    still_open = {row["orderId"] for row in world.get(OPEN).json}
    assert (order_id in still_open) is not is_there
    assert len(still_open) == (not is_there) + (results[1] == "SUCCESS")
    world.close()


@pytest.mark.parametrize(
    ("mode", "is_there", "status", "code", "results"),
    [
        ("STOP_ON_FAILURE", False, 429, -2022, ("FAILURE", "NOT_ATTEMPTED")),
        ("STOP_ON_FAILURE", True, 429, -2021, ("SUCCESS", "FAILURE")),
        ("ALLOW_FAILURE", False, 400, -2022, ("FAILURE", "FAILURE")),
        ("ALLOW_FAILURE", True, 409, -2021, ("SUCCESS", "FAILURE")),
    ],
)
def test_full_counts_may_stop_the_new_order_alone(
    mode: str, is_there: bool, status: int, code: int, results: tuple[str, str]
) -> None:
    world = funded(limit_10s=1)
    order_id = rest(world)
    cancel = order_id if is_there else 99
    answer = replace(world, cancel, cancelReplaceMode=mode, orderRateLimitExceededMode="CANCEL_ONLY")
    assert (answer.status, answer.code) == (status, code)
    data = answer.json["data"]
    assert halves(data) == results
    assert data["newOrderResponse"] == (None if results[1] == "NOT_ATTEMPTED" else FULL)
    assert ("retry-after" in answer.headers) is (status == 429)
    assert len(world.get(OPEN).json) == (not is_there)
    world.close()


@pytest.mark.parametrize("mode", ["STOP_ON_FAILURE", "ALLOW_FAILURE"])
def test_full_counts_stop_both_halves_otherwise(mode: str) -> None:
    world = funded(limit_10s=1)
    order_id = rest(world)
    answer = replace(world, order_id, cancelReplaceMode=mode)
    assert (answer.status, answer.json) == (429, FULL)
    assert answer.headers["retry-after"] == "10"
    assert [row["orderId"] for row in world.get(OPEN).json] == [order_id]
    world.close()


def test_a_new_order_that_is_not_attempted_is_counted() -> None:
    world = funded()
    assert replace(world, 99).headers["x-mbx-order-count-10s"] == "1"
    assert world.get("/api/v3/rateLimit/order").json[0]["count"] == 1
    world.close()


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"cancelOrderId": None}, -1102),
        ({"cancelReplaceMode": None}, -1102),
        ({"cancelReplaceMode": "PERHAPS"}, -1130),
        ({"orderRateLimitExceededMode": "PERHAPS"}, -1130),
        ({"cancelRestrictions": "PERHAPS"}, -1145),
        ({"price": None}, -1102),
        ({"quantity": "0.000001"}, -1013),
        ({"sideEffectType": "MARGIN_BUY"}, -1104),
        ({"pegPriceType": "PRIMARY_PEG"}, -2010),
    ],
)
def test_a_bad_request_keeps_the_old_order(asked: dict[str, object], code: int) -> None:
    world = funded()
    order_id = rest(world)
    sent = {**LIMIT, "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": order_id, **asked}
    answer = world.post(REPLACE, **{name: value for name, value in sent.items() if value is not None})
    assert (answer.status, answer.code) == (400, code)
    assert "data" not in answer.json
    assert [row["orderId"] for row in world.get(OPEN).json] == [order_id]
    world.close()


def test_a_cancel_may_be_restricted() -> None:
    world = funded()
    order_id = rest(world)
    answer = replace(world, order_id, cancelRestrictions="ONLY_PARTIALLY_FILLED")
    assert answer.json["data"]["cancelResponse"] == {
        "code": -2011,
        "msg": "Order was not canceled due to cancel restrictions.",
    }
    assert replace(world, order_id, cancelRestrictions="ONLY_NEW").status == 200
    world.close()


def test_a_special_key_replaces_on_its_margin_account(world: World) -> None:
    key = world.special_key()
    placed = world.signed("POST", ORDER, LIMIT, key=key).json
    asked = {**LIMIT, "price": "51000", "cancelReplaceMode": "STOP_ON_FAILURE"}
    answer = world.signed("POST", REPLACE, {**asked, "cancelOrderId": placed["orderId"]}, key=key)
    assert answer.status == 200, answer.json
    row = world.get("/sapi/v1/margin/openOrders").json[0]
    assert row["orderId"] == answer.json["newOrderResponse"]["orderId"]
