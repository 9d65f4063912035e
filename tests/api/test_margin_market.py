"""What is lent, restricted and counted as collateral."""

from __future__ import annotations

import msgspec
import pytest

from openmargin.domain.money import E8
from openmargin.domain.venue import CollateralTier
from tests.api.world import START_MS, World
from tests.api.worlds import with_asset, with_symbol

INVENTORY = "/sapi/v1/margin/available-inventory"
TRANSFERS = "/sapi/v1/margin/transfer"


def test_the_pool_has_less_after_a_loan(world: World) -> None:
    world.deposit("USDT", "100000")
    before = world.get(INVENTORY, type="MARGIN").json
    assert before["updateTime"] == world.now_ms // 1000
    assert before["assets"]["BTC"] == "10000"
    world.post("/sapi/v1/margin/borrow-repay", asset="BTC", amount="0.5", type="BORROW")
    for kind in ("MARGIN", "ISOLATED"):
        assert world.get(INVENTORY, type=kind).json["assets"]["BTC"] == "9999.5"
    assert world.get(INVENTORY, type="SPOT").code == -1130
    assert world.get(INVENTORY).code == -1102


def test_only_what_is_lent_is_inventory() -> None:
    world = World(with_asset("LINK", borrowable=False))
    assert "LINK" not in world.get(INVENTORY, type="MARGIN").json["assets"]
    world.close()


def test_isolated_inventory_is_of_the_pairs_with_isolated_accounts() -> None:
    world = World(with_symbol("LINKUSDT", isolated_margin=False))
    assert "LINK" in world.get(INVENTORY, type="MARGIN").json["assets"]
    assert "LINK" not in world.get(INVENTORY, type="ISOLATED").json["assets"]
    world.close()


def test_collateral_is_told_by_brackets_of_assets_that_are_alike() -> None:
    tiers = (
        CollateralTier(5 * E8, E8, E8),
        CollateralTier(7 * E8, E8 // 2, E8),
        CollateralTier(0, 0, 0, E8 // 4),
    )
    world = World(with_asset("LINK", collateral_tiers=tiers))
    rows = world.public("/sapi/v1/margin/crossMarginCollateralRatio").json
    assert [name for row in rows for name in row["assetNames"] if name in ("BTC", "ETH")] == ["BTC", "ETH"]
    [link] = [row for row in rows if "LINK" in row["assetNames"]]
    assert link == {
        "collaterals": [
            {"minUsdValue": "0", "maxUsdValue": "5", "discountRate": "1"},
            {"minUsdValue": "5", "maxUsdValue": "7", "discountRate": "0.5"},
            {"minUsdValue": "7", "discountRate": "0"},
        ],
        "assetNames": ["LINK"],
    }
    ratios = world.public("/sapi/v1/margin/risk-based-liquidation-ratio").json
    assert {"asset": "LINK", "riskBasedLiquidationRatio": "1"} in ratios
    assert len(ratios) == len(world.exchange.venue.assets)
    world.close()


def test_pairs_whose_limit_prices_are_bound() -> None:
    path = "/sapi/v1/margin/limit-price-pairs"
    for rules, expected in (
        (with_symbol("BTCUSDT", limits_price_to_index=True), ["BTCUSDT"]),
        (with_symbol("BTCUSDT", limits_price_to_index=True, cross_margin=False), []),
        (with_symbol("BTCUSDT"), []),
    ):
        world = World(rules)
        assert world.public(path).json == {"crossMarginSymbols": expected}
        world.close()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [("ROLL_OUT", "CROSS_MARGIN", "SPOT"), ("ROLL_IN", "SPOT", "CROSS_MARGIN")]),
        ({"type": "ROLL_IN"}, [("ROLL_IN", "SPOT", "CROSS_MARGIN")]),
        ({"type": "ROLL_OUT"}, [("ROLL_OUT", "CROSS_MARGIN", "SPOT")]),
        ({"asset": "BTC"}, []),
        ({"size": "1", "current": "2"}, [("ROLL_IN", "SPOT", "CROSS_MARGIN")]),
    ],
)
def test_transfers_are_told_from_the_margin_account_s_side(
    world: World, asked: dict[str, str], found: list[tuple[str, str, str]]
) -> None:
    world.deposit("USDT", "9", "spot")
    for kind in ("MAIN_MARGIN", "MARGIN_MAIN"):
        assert world.post("/sapi/v1/asset/transfer", type=kind, asset="USDT", amount="5").status == 200
    rows = world.get(TRANSFERS, **asked).json["rows"]
    assert [(row["type"], row["transFrom"], row["transTo"]) for row in rows] == found
    assert world.get(TRANSFERS, isolatedSymbol="BTCUSDT").code == -11001


def test_what_is_restricted() -> None:
    world = World(with_asset("LINK", open_long_restricted=True, max_collateral=5 * E8))

    def restricted() -> tuple[list[str], list[str]]:
        answer = world.public("/sapi/v1/margin/restricted-asset").json
        return answer["openLongRestrictedAsset"], answer["maxCollateralExceededAsset"]

    world.deposit("LINK", "5")
    assert restricted() == (["LINK"], [])
    world.deposit("LINK", "0.00000001", account_id=world.new_account())
    assert restricted() == (["LINK"], ["LINK"])
    world.close()


def of_link(world: World) -> dict[str, bool]:
    """Where the asset and its pair are shown, and as what."""
    key = world.get("/sapi/v1/margin/crossMarginData", coin="LINK").json[0]
    [asset] = world.public("/sapi/v1/margin/allAssets", asset="LINK").json
    assert (key["borrowable"], key["transferIn"]) == (asset["isBorrowable"], asset["isMortgageable"])
    return {
        "cross": bool(world.public("/sapi/v1/margin/allPairs", symbol="LINKUSDT").json),
        "isolated": bool(world.public("/sapi/v1/margin/isolated/allPairs", symbol="LINKUSDT").json),
        "fees": "LINKUSDT" in {row["symbol"] for row in world.get("/sapi/v1/margin/isolatedMarginData").json},
        "marginable": "LINKUSDT" in key["marginablePairs"],
        "lent": key["borrowable"],
        "moved in": key["transferIn"],
        "inventory": "LINK" in world.get(INVENTORY, type="MARGIN").json["assets"],
    }


def test_what_comes_and_goes_is_on_the_schedules_and_then_is_there_or_not() -> None:
    coming, going = START_MS + 1000, START_MS + 5000
    asset = with_asset("LINK", list_at_ms=coming, delist_at_ms=going)
    symbols = tuple(
        msgspec.structs.replace(pair, list_at_ms=coming + 1000, delist_at_ms=going - 1000)
        if pair.name == "LINKUSDT"
        else pair
        for pair in asset.symbols
    )
    world = World(msgspec.structs.replace(asset, symbols=symbols))

    def schedule(kind: str) -> list[tuple[int, list[str], list[str]]]:
        rows = world.public(f"/sapi/v1/margin/{kind}-schedule").json
        return [(row[f"{kind}Time"], row["crossMarginAssets"], row["isolatedMarginSymbols"]) for row in rows]

    def delist_times() -> list[int | None]:
        pairs = world.public("/sapi/v1/margin/allPairs", symbol="LINKUSDT").json
        assets = world.public("/sapi/v1/margin/allAssets", asset="LINK").json
        return [row.get("delistTime") for row in (*pairs, *assets)]

    leaving = [(going - 1000, [], ["LINKUSDT"]), (going, ["LINK"], [])]
    assert schedule("list") == [(coming, ["LINK"], []), (coming + 1000, [], ["LINKUSDT"])]
    assert schedule("delist") == leaving
    assert not any(of_link(world).values())
    world.advance(1000)
    assert schedule("list") == [(coming + 1000, [], ["LINKUSDT"])]
    assert not any(of_link(world).values()), "nothing is lent or moved in that is to leave again"
    world.advance(1000)
    assert schedule("list") == []
    assert schedule("delist") == leaving
    on_margin = {"cross", "isolated", "fees", "marginable"}
    assert {name for name, shown in of_link(world).items() if shown} == on_margin
    assert delist_times() == [(going - 1000) // 1000, going // 1000]
    assert "delistTime" not in world.public("/sapi/v1/margin/allPairs", symbol="BTCUSDT").json[0]
    world.advance(2000)
    assert schedule("delist") == leaving[1:]
    assert not any(of_link(world).values())
    world.advance(1000)
    assert schedule("delist") == []
    world.close()
