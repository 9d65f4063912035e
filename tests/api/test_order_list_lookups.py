"""How order lists are found over the wire: one by its name, those that are open, and all."""

from __future__ import annotations

from typing import Any

import pytest

from openmargin.api.windows import DAY_MS
from tests.api.order_lists import (
    ALL,
    BUY_OCO,
    LIST,
    NEW_OTO,
    NEW_OTOCO,
    OCO,
    OPEN,
    OPEN_OTO,
    OTO,
    OTOCO,
    place,
    refused,
)
from tests.api.world import World


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
