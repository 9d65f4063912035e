"""What clients ask around the margin account: coins, fees, rights of keys; and paths that Binance has removed."""

from __future__ import annotations

import pytest

from openmargin.domain.commands import ChangeAccount
from openmargin.domain.enums import Permission
from openmargin.domain.ids import SPOT
from tests.api.world import START_MS, World

RIGHTS = "/sapi/v1/account/apiRestrictions"
TRANSFER = "/sapi/v1/margin/isolated/transfer"
INTO = {"asset": "USDT", "symbol": "BTCUSDT", "transFrom": "SPOT", "transTo": "ISOLATED_MARGIN"}


def test_a_key_is_told_what_it_may_do(world: World) -> None:
    world.advance(5_000)
    reader = world.new_key(permissions=(Permission.READ,), ips=("10.0.0.7",))
    told = world.signed("GET", RIGHTS, {}, key=reader, ip="10.0.0.7").json
    allowed = {name for name, value in told.items() if value is True}
    assert allowed == {"ipRestrict", "enableReading"}
    assert told["createTime"] == START_MS + 5_000
    told = world.get(RIGHTS).json
    assert told["enableMargin"]
    assert told["permitsUniversalTransfer"]
    assert not told["ipRestrict"]


def test_coins_show_the_spot_wallet(world: World) -> None:
    world.deposit("USDT", "7", SPOT)
    held = {coin["coin"]: coin["free"] for coin in world.get("/sapi/v1/capital/config/getall").json}
    assert held["USDT"] == "7.00000000"
    assert held["BTC"] == "0.00000000"


def test_user_assets_are_those_above_zero_in_bitcoin_where_asked(world: World) -> None:
    world.deposit("USDT", "30000", SPOT)
    world.deposit("BTC", "2", SPOT)
    path = "/sapi/v3/asset/getUserAsset"
    valued = {row["asset"]: row["btcValuation"] for row in world.post(path, needBtcValuation="true").json}
    assert valued == {"USDT": "0.50000000", "BTC": "2.00000000"}
    [only] = world.post(path, asset="BTC").json
    assert (only["free"], only["btcValuation"]) == ("2.00000000", "0.00000000")


def test_fees_follow_the_level(world: World) -> None:
    path = "/sapi/v1/asset/tradeFee"
    before = world.get(path, symbol="BTCUSDT").json
    world.submit(ChangeAccount(world.account_id, vip=9))
    [after] = world.get(path, symbol="BTCUSDT").json
    assert before[0]["symbol"] == "BTCUSDT"
    assert float(after["makerCommission"]) < float(before[0]["makerCommission"])
    assert len(world.get(path).json) > 1


@pytest.mark.parametrize(
    ("asked", "amounts"),
    [
        ({}, ["2.00000000", "1.00000000", "5.00000000"]),
        ({"transFrom": "SPOT"}, ["5.00000000"]),
        ({"transTo": "SPOT"}, ["2.00000000"]),
        ({"transTo": "ISOLATED_MARGIN"}, ["1.00000000", "5.00000000"]),
        ({"transFrom": "ISOLATED_MARGIN", "transTo": "SPOT"}, ["2.00000000"]),
    ],
)
def test_isolated_transfers_by_their_ends(world: World, asked: dict[str, str], amounts: list[str]) -> None:
    world.deposit("USDT", "5", SPOT)
    world.post("/sapi/v1/margin/isolated/create", base="BTC", quote="USDT")
    assert world.post(TRANSFER, amount="5", **INTO).status == 200
    moved = {"type": "MARGIN_ISOLATEDMARGIN", "asset": "USDT", "amount": "1", "toSymbol": "BTCUSDT"}
    assert world.post("/sapi/v1/asset/transfer", **moved).status == 200
    back = {**INTO, "transFrom": "ISOLATED_MARGIN", "transTo": "SPOT"}
    assert world.post(TRANSFER, amount="2", **back).status == 200
    rows = world.get(TRANSFER, symbol="BTCUSDT", **asked).json["rows"]
    assert [row["amount"] for row in rows] == amounts


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_transfer_has_two_ends(world: World, method: str) -> None:
    asked = {**INTO, "transTo": "SPOT", "amount": "1"}
    assert world.signed(method, TRANSFER, asked).code == -1128


def test_a_pair_that_is_not_on_margin_is_refused(world: World) -> None:
    assert world.public("/sapi/v1/margin/pair", symbol="XYZUSDT").code == -1121
    assert world.public("/sapi/v1/margin/asset", asset="XYZ").code == -3027
