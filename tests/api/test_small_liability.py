"""Small debts: the list, the exchange and its history."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.api.world import World, sign

SMALL = "/sapi/v1/margin/exchange-small-liability"
PAST = "/sapi/v1/margin/exchange-small-liability-history"
LOANS = "/sapi/v1/margin/borrow-repay"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def owe(world: World, asset: str, amount: str) -> None:
    assert world.post(LOANS, asset=asset, amount=amount, type="BORROW").status == 200


def debts(world: World) -> dict[str, tuple[str, str]]:
    assets = world.get("/sapi/v1/margin/account").json["userAssets"]
    return {row["asset"]: (row["borrowed"], row["interest"]) for row in assets if float(row["borrowed"])}


def test_the_list_has_small_debts_and_what_they_would_become(world: World) -> None:
    assert world.get(SMALL).json == []
    owe(world, "ETH", "0.002")
    owe(world, "BTC", "0.0001")
    owe(world, "SOL", "1")
    owe(world, "USDT", "5")
    # 0.002 ETH and 0.00000001 interest at 3000; the bitcoin are worth 6, the solana more than 10.
    assert world.get(SMALL).json == [
        {
            "asset": "ETH",
            "interest": "0.00000002",
            "principal": "0.00200000",
            "liabilityAsset": "USDT",
            "liabilityQty": 6.00006,
        },
        {
            "asset": "BTC",
            "interest": "0.00000001",
            "principal": "0.00010000",
            "liabilityAsset": "USDT",
            "liabilityQty": 6.0006,
        },
    ]


@pytest.mark.parametrize("form", ["ETH,BTC", '["ETH","BTC"]', ("ETH", "BTC")])
def test_exchanged_debts_are_one_of_another_asset_and_history(world: World, form: Any) -> None:
    owe(world, "ETH", "0.002")
    owe(world, "BTC", "0.0001")
    pairs = [("assetNames", name) for name in ((form,) if isinstance(form, str) else form)]
    payload = urlencode([*pairs, ("timestamp", world.now_ms)])
    payload += "&signature=" + sign(world.key.secret, payload)
    answer = world.send("POST", SMALL, payload, api_key=world.key.api_key)
    assert (answer.status, answer.json) == (200, {})
    assert debts(world) == {"USDT": ("12.00066000", "0.00000000")}
    assert world.get(SMALL).json == []
    page = world.get(PAST, current="1", size="10").json
    assert page["total"] == 2
    assert [(row["asset"], row["amount"], row["targetAmount"]) for row in page["rows"]] == [
        ("BTC", "0.00010001", "6.00060000"),
        ("ETH", "0.00200002", "6.00006000"),
    ]
    assert {(row["targetAsset"], row["bizType"], row["timestamp"]) for row in page["rows"]} == {
        ("USDT", "EXCHANGE_SMALL_LIABILITY", world.now_ms)
    }


def test_history_is_of_thirty_days_by_default(world: World) -> None:
    owe(world, "ETH", "0.002")
    assert world.post(SMALL, assetNames="ETH").status == 200
    world.advance(30 * DAY_MS)
    assert world.get(PAST).json["total"] == 1
    world.advance(1)
    assert world.get(PAST).json == {"total": 0, "rows": []}
    assert world.get(PAST, startTime=world.now_ms - 40 * DAY_MS).json["total"] == 1
    assert world.get(PAST, startTime=world.now_ms, endTime=world.now_ms - 1).code == -3011


def test_another_account_has_no_part_in_it(world: World) -> None:
    owe(world, "ETH", "0.002")
    key = world.new_key(world.new_account())
    assert world.signed("GET", SMALL, key=key).json == []
    assert world.signed("POST", SMALL, {"assetNames": "ETH"}, key=key).code == -1020
    assert world.post(SMALL, assetNames="ETH").status == 200
    assert world.signed("GET", PAST, key=key).json["total"] == 0
