"""The capital flow of a margin account: names, signs, windows and pages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.world import SPOT, World

FLOWS = "/sapi/v1/margin/capital-flow"
DAY_MS = 86_400_000
LOANS = "/sapi/v1/margin/borrow-repay"
TRANSFER = "/sapi/v1/asset/transfer"


def told(rows: list[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    return [(row["type"], row["asset"], row["amount"], row["symbol"]) for row in rows]


def trade_on_credit(world: World) -> None:
    world.deposit("USDT", "1000")
    assert world.post(LOANS, asset="USDT", amount="500", type="BORROW").status == 200
    for side, quantity in (("BUY", "0.01"), ("SELL", "0.00999")):
        order = {"symbol": "BTCUSDT", "side": side, "type": "MARKET", "quantity": quantity}
        assert world.post("/sapi/v1/margin/order", **order).status == 200
    assert world.post(LOANS, asset="USDT", amount="100", type="REPAY").status == 200
    assert world.post(TRANSFER, type="MARGIN_MAIN", asset="USDT", amount="7").status == 200


def test_every_movement_has_its_name_and_sign(empty: World) -> None:
    trade_on_credit(empty)
    rows = empty.get(FLOWS).json
    assert told(rows) == [
        ("TRANSFER", "USDT", "1000", ""),
        ("BORROW", "USDT", "500", ""),
        ("BUY_INCOME", "BTC", "0.01", "BTCUSDT"),
        ("BUY_EXPENSE", "USDT", "-600.06", "BTCUSDT"),
        ("TRADING_COMMISSION", "BTC", "-0.00001", "BTCUSDT"),
        ("SELL_INCOME", "USDT", "599.34006", "BTCUSDT"),
        ("SELL_EXPENSE", "BTC", "-0.00999", "BTCUSDT"),
        ("TRADING_COMMISSION", "USDT", "-0.59934006", "BTCUSDT"),
        ("REPAY", "USDT", "-100", ""),
        ("TRANSFER", "USDT", "-7", ""),
    ]
    assert {row["note"] for row in rows} == {""}
    assert {row["timestamp"] for row in rows} == {empty.now_ms}
    ids = [row["id"] for row in rows]
    assert ids == sorted(set(ids))
    account = empty.get("/sapi/v1/margin/account").json
    for wallet in account["userAssets"]:
        moved = sum(round(float(row["amount"]) * 1e8) for row in rows if row["asset"] == wallet["asset"])
        assert moved == round(float(wallet["free"]) * 1e8), wallet


def test_choosing_by_type_asset_and_page(empty: World) -> None:
    trade_on_credit(empty)
    every = empty.get(FLOWS).json
    assert empty.get(FLOWS, type="TRANSFER").json == [every[0], every[-1]]
    assert empty.get(FLOWS, asset="BTC").json == [every[2], every[4], every[6]]
    assert empty.get(FLOWS, asset="BTC", type="REPAY").json == []
    assert empty.get(FLOWS, limit="2").json == every[-2:]
    paged: list[Any] = []
    while page := empty.get(FLOWS, fromId=paged[-1]["id"] if paged else 0, limit="3").json:
        paged += page
    assert paged == every
    assert empty.get(FLOWS, type="INTEREST").code == -1130
    assert empty.get(FLOWS, asset="XYZ").code == -3027
    assert empty.get(FLOWS, limit="1001").code == -1102


def test_an_isolated_account_has_its_own_flow_with_its_symbol(world: World) -> None:
    trade_on_credit(world)
    assert world.get(FLOWS, symbol="BTCUSDT").code == -11001
    world.post("/sapi/v1/margin/isolated/account", symbol="BTCUSDT")
    world.deposit("USDT", "50", SPOT)
    moved = {"type": "MAIN_ISOLATED_MARGIN", "asset": "USDT", "amount": "50", "toSymbol": "BTCUSDT"}
    assert world.post(TRANSFER, **moved).status == 200
    loan = {"asset": "USDT", "amount": "20", "isIsolated": "TRUE", "symbol": "BTCUSDT", "type": "BORROW"}
    assert world.post(LOANS, **loan).status == 200
    rows = world.get(FLOWS, symbol="BTCUSDT").json
    assert told(rows) == [("TRANSFER", "USDT", "50", "BTCUSDT"), ("BORROW", "USDT", "20", "BTCUSDT")]


def test_another_account_s_flow_is_not_shown(world: World) -> None:
    trade_on_credit(world)
    key = world.new_key(world.new_account())
    assert world.signed("GET", FLOWS, key=key).json == []


@pytest.mark.parametrize(
    ("start", "end", "code", "is_found"),
    [
        (None, None, None, True),
        (-7, None, None, True),
        (-8, None, None, False),
        (-7, 0, None, True),
        (-8, -1, None, False),
        (None, -1, None, False),
        (None, 0, None, True),
        (-8, 0, -4047, False),
        (0, -1, -4047, False),
        (-90, -83, None, False),
        (-91, -84, -3011, False),
        (None, -84, -3011, False),
    ],
)
def test_a_call_reaches_a_week_within_ninety_days(
    world: World, start: int | None, end: int | None, code: int | None, is_found: bool
) -> None:
    world.deposit("USDT", "1")
    asked = {
        name: world.now_ms + days * DAY_MS
        for name, days in (("startTime", start), ("endTime", end))
        if days is not None
    }
    answer = world.get(FLOWS, **asked)
    assert answer.code == code
    if code is None:
        assert bool(answer.json) == is_found
    else:
        assert code != -4047 or answer.json["msg"] == "Time interval must be within 0-7 days"
