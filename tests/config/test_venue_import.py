"""Venues made of saved answers: what each answer contributes, and every way in which one cannot."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from openmargin.config import ConfigError, load_venue
from openmargin.config.venue_import import MOST, Imported, import_venue
from openmargin.domain.enums import SelfTradePrevention, SymbolStatus
from openmargin.domain.money import E8
from openmargin.domain.venue import Asset, CollateralTier, IsolatedTier, LoanTerms, Symbol, Venue

FILTERS: list[dict[str, object]] = [
    {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000.00", "tickSize": "0.01"},
    {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "46116860414.00", "stepSize": "0.00001"},
    {"filterType": "ICEBERG_PARTS", "limit": 100},
    {"filterType": "MARKET_LOT_SIZE", "minQty": "0.00", "maxQty": "120.5", "stepSize": "0.00"},
    {
        "filterType": "TRAILING_DELTA",
        "minTrailingAboveDelta": 10,
        "maxTrailingAboveDelta": 1500,
        "minTrailingBelowDelta": 20,
        "maxTrailingBelowDelta": 2000,
    },
    {
        "filterType": "PERCENT_PRICE_BY_SIDE",
        "bidMultiplierUp": "5",
        "bidMultiplierDown": "0.2",
        "askMultiplierUp": "4",
        "askMultiplierDown": "0.25",
        "avgPriceMins": 3,
    },
    {
        "filterType": "NOTIONAL",
        "minNotional": "5.00",
        "applyMinToMarket": True,
        "maxNotional": "9000000.00",
        "applyMaxToMarket": False,
        "avgPriceMins": 5,
    },
    {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 150},
    {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 20},
    {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 7},
    {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": 6},
    {"filterType": "SOME_FILTER_OF_NEXT_YEAR", "limit": 3, "threshold": "0.5"},
]


def saved_symbol(base: str, quote: str, **changes: object) -> dict[str, object]:
    return {
        "symbol": base + quote,
        "status": "TRADING",
        "baseAsset": base,
        "quoteAsset": quote,
        "filters": FILTERS,
        "isMarginTradingAllowed": True,
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_TAKER", "EXPIRE_MAKER", "A_MODE_OF_NEXT_YEAR"],
        **changes,
    }


ANSWERS: dict[str, object] = {
    "exchangeInfo": {
        "timezone": "UTC",
        "symbols": [
            saved_symbol("BTC", "USDT"),
            saved_symbol("ETH", "BTC", status="BREAK"),
            saved_symbol("ABC", "XYZ"),
            saved_symbol("café", "USDT"),
        ],
    },
    "allPairs": [{"base": "BTC", "quote": "USDT", "id": 3, "isMarginTrade": True, "symbol": "BTCUSDT"}],
    "isolatedPairs": [{"base": "BTC", "quote": "USDT", "isMarginTrade": True, "symbol": "BTCUSDT"}],
    "allAssets": [
        {
            "assetFullName": "Bitcoin",
            "assetName": "BTC",
            "isBorrowable": True,
            "isMortgageable": True,
            "userMinBorrow": "0.001",
            "userMinRepay": "0.002",
        }
    ],
    "crossMarginData": [
        {"vipLevel": 1, "coin": "BTC", "dailyInterest": "0.0002", "borrowLimit": "200"},
        {"vipLevel": 0, "coin": "BTC", "dailyInterest": "0.00026125", "borrowLimit": "180"},
    ],
    "isolatedMarginTier": [
        {
            "symbol": "BTCUSDT",
            "tier": 1,
            "effectiveMultiple": "10",
            "initialRiskRatio": "1.111",
            "liquidationRiskRatio": "1.05",
            "baseAssetMaxBorrowable": "9",
            "quoteAssetMaxBorrowable": "70000",
        }
    ],
    "collateral": [
        {
            "collaterals": [
                {"minUsdValue": "0", "maxUsdValue": "13000000", "discountRate": "1"},
                {"minUsdValue": "13000000", "discountRate": "0.975"},
            ],
            "assetNames": ["BTC"],
        }
    ],
    "prices": [{"symbol": "BTCUSDT", "price": "61234.56700000"}],
}


def imported(folder: Path, **answers: object) -> Imported:
    files: list[Path] = []
    for name, answer in answers.items():
        file = folder / f"{name}.json"
        file.write_bytes(msgspec.json.encode(answer))
        files.append(file)
    return import_venue(files, "copy")


def venue_of(folder: Path, **answers: object) -> Venue:
    """The venue as `serve --config` would read it."""
    out = folder / "venue.json"
    out.write_bytes(msgspec.json.encode(imported(folder, **answers).tables))
    return load_venue(out)


def asset_of(venue: Venue, name: str) -> Asset:
    return next(asset for asset in venue.assets if asset.name == name)


def symbol_of(venue: Venue, name: str) -> Symbol:
    return next(symbol for symbol in venue.symbols if symbol.name == name)


def test_symbols_bring_their_filters_and_modes(tmp_path: Path) -> None:
    symbol = symbol_of(venue_of(tmp_path, **ANSWERS), "BTCUSDT")
    assert (symbol.base, symbol.quote, symbol.status) == ("BTC", "USDT", SymbolStatus.TRADING)
    assert (symbol.start_price, symbol.tick_size, symbol.step_size) == (6_123_456_000_000, 1_000_000, 1_000)
    assert (symbol.max_quantity, symbol.market_max_quantity) == (MOST, 12_050_000_000)
    assert (symbol.min_notional, symbol.max_notional) == (5 * E8, 9_000_000 * E8)
    assert (symbol.average_price_minutes, symbol.ask_multiplier_up) == (3, 4 * E8)
    assert (symbol.max_num_orders, symbol.max_num_algo_orders, symbol.iceberg_parts) == (150, 7, 100)
    assert symbol.max_num_order_amends == 6
    assert (symbol.max_trailing_above_delta, symbol.min_trailing_below_delta) == (1500, 20)
    assert symbol.self_trade_preventions == (
        SelfTradePrevention.EXPIRE_MAKER,
        SelfTradePrevention.EXPIRE_TAKER,
    )


def test_margin_terms_come_with_assets_and_pairs(tmp_path: Path) -> None:
    venue = venue_of(tmp_path, **ANSWERS)
    bitcoin, ether = asset_of(venue, "BTC"), asset_of(venue, "ETH")
    assert (bitcoin.full_name, bitcoin.borrowable, bitcoin.min_borrow, bitcoin.min_repay) == (
        "Bitcoin",
        True,
        100_000,
        200_000,
    )
    assert bitcoin.loan_terms == (LoanTerms(26_125, 180 * E8), LoanTerms(20_000, 200 * E8))
    assert bitcoin.pool_capital == 20_000 * E8
    assert bitcoin.collateral_tiers == (
        CollateralTier(13_000_000 * E8, E8, E8, E8),
        CollateralTier(0, 97_500_000, 97_500_000, 97_500_000),
    )
    # Nothing was saved of it, so it is as in the default venue.
    assert (ether.full_name, ether.borrowable, ether.collateral) == ("Ethereum", True, True)
    tether, cross = symbol_of(venue, "BTCUSDT"), symbol_of(venue, "ETHBTC")
    assert (tether.cross_margin, tether.isolated_margin, tether.isolated_margin_call) == (
        True,
        True,
        110_000_000,
    )
    assert tether.isolated_tiers == (IsolatedTier(10 * E8, 111_100_000, 105_000_000, 9 * E8, 70_000 * E8),)
    assert (cross.cross_margin, cross.isolated_margin, cross.status) == (False, False, SymbolStatus.BREAK)


def test_what_is_left_out_or_invented_is_said(tmp_path: Path) -> None:
    result = imported(tmp_path, **ANSWERS)
    assert result.symbols == 2
    assert result.remarks == [
        "left out, for their names or filters fit no venue here: caféUSDT",
        "no price was given, so the start price is invented (add ticker/price): ETHBTC, ABCXYZ",
        "left out, for an asset without a price in USDT or BTC: ABCXYZ",
        "there is no USDC, so liquidation loans are in USDT",
    ]


def test_exchange_information_alone_is_enough(tmp_path: Path) -> None:
    symbol = symbol_of(venue_of(tmp_path, exchangeInfo=ANSWERS["exchangeInfo"]), "BTCUSDT")
    assert symbol.cross_margin
    assert symbol.start_price == 100 * E8


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (ANSWERS["allAssets"], "none of them names symbols"),
        ({"code": -1121, "msg": "Invalid symbol."}, "none of the answers that are known here"),
        ([], "none of the answers that are known here"),
        ([{"assetName": 7}], "Expected `str`"),
        ([{"assetName": "BTC"}], "Object missing required field"),
        ({"symbols": [saved_symbol("BTC", "USDT", filters=[])]}, "there is no entry"),
    ],
)
def test_answers_that_make_no_venue_are_refused(tmp_path: Path, answer: object, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        imported(tmp_path, answer=answer)


@pytest.mark.parametrize("text", ["", "{", "\xff"])
def test_files_that_hold_no_json_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "answer.json"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError, match="it is no JSON"):
        import_venue([file], "copy")
    with pytest.raises(ConfigError, match="mend the"):
        load_venue(file)
