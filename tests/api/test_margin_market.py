"""What is lent, restricted and counted as collateral."""

from __future__ import annotations

import pytest

from openmargin.domain.money import E8
from openmargin.domain.venue import CollateralTier
from tests.api.world import World
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
