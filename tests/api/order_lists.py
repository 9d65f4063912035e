"""Order lists as tests ask for them over the wire, and what they read of the answers."""

from __future__ import annotations

from typing import Any

from tests.api.world import Answer, World

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
