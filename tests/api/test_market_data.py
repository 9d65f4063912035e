"""What clients read before they trade."""

from __future__ import annotations

import pytest

from tests.api.world import World
from tests.api.worlds import with_margin

INFO = "/api/v3/exchangeInfo"


def test_ping_and_time_need_no_key(world: World) -> None:
    assert world.send("GET", "/api/v3/ping").json == {}
    assert world.send("GET", "/api/v3/time").json == {"serverTime": world.now_ms}


def test_all_symbols_with_their_filters(world: World) -> None:
    symbols = world.send("GET", INFO).json["symbols"]
    assert [row["symbol"] for row in symbols] == [symbol.name for symbol in world.exchange.venue.symbols]
    for row in symbols:
        kinds = [rules["filterType"] for rules in row["filters"]]
        assert {
            "PRICE_FILTER",
            "LOT_SIZE",
            "MARKET_LOT_SIZE",
            "NOTIONAL",
            "PERCENT_PRICE_BY_SIDE",
            "MAX_NUM_ORDERS",
        } <= {*kinds}
        assert row["permissionSets"] == [["SPOT", "MARGIN"]]
        assert (row["isSpotTradingAllowed"], row["isMarginTradingAllowed"]) == (True, True)


@pytest.mark.parametrize(
    ("query", "symbols"),
    [
        ("symbol=BTCUSDT", ["BTCUSDT"]),
        ("symbols=%5B%22ETHUSDT%22,%22BTCUSDT%22%5D", ["ETHUSDT", "BTCUSDT"]),
        ("permissions=LEVERAGED", []),
        ("permissions=TRD_GRP_004", []),
        ("symbolStatus=HALT", []),
    ],
)
def test_symbols_may_be_chosen(world: World, query: str, symbols: list[str]) -> None:
    assert [row["symbol"] for row in world.send("GET", INFO, query).json["symbols"]] == symbols


@pytest.mark.parametrize(
    "query", ["permissions=MARGIN", "permissions=%5B%22SPOT%22%2C%22MARGIN%22%5D", "symbolStatus=TRADING"]
)
def test_choices_that_all_symbols_meet(world: World, query: str) -> None:
    assert len(world.send("GET", INFO, query).json["symbols"]) == len(world.exchange.venue.symbols)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("symbol=XYZUSDT", -1121),
        ("symbol=btcusdt", -1100),
        ("symbols=%5B%22XYZUSDT%22%5D", -1121),
        ("symbols=%5B%22BTCUSDT%22,%22BTCUSDT%22%5D", -1151),
        ("symbols=BTCUSDT", -1135),
        ("symbol=BTCUSDT&symbols=%5B%22BTCUSDT%22%5D", -1128),
        ("symbol=BTCUSDT&permissions=SPOT", -1128),
        ("permissions=NOBODY", -1130),
        ("symbolStatus=OPEN", -1122),
    ],
)
def test_choices_that_are_refused(world: World, query: str, code: int) -> None:
    assert world.send("GET", INFO, query).code == code


def test_permission_sets_may_be_left_out(world: World) -> None:
    rows = world.send("GET", INFO, "symbol=BTCUSDT&showPermissionSets=false").json["symbols"]
    assert rows[0]["permissionSets"] == []


def test_pairs_and_assets(world: World) -> None:
    pairs = world.public("/sapi/v1/margin/allPairs").json
    assert len({row["id"] for row in pairs}) == len(pairs)
    one = world.public("/sapi/v1/margin/allPairs", symbol="ETHUSDT").json
    assert one == [row for row in pairs if row["symbol"] == "ETHUSDT"]
    assert world.public("/sapi/v1/margin/allPairs", symbol="XYZUSDT").code == -1121
    assert len(world.public("/sapi/v1/margin/allAssets").json) == len(world.exchange.venue.assets)
    assert world.public("/sapi/v1/margin/allAssets", asset="XYZ").code == -3027


def test_the_price_index_is_the_exchanges(world: World) -> None:
    world.advance(1000)
    world.set_index("BTCUSDT", "61000.5")
    assert world.public("/sapi/v1/margin/priceIndex", symbol="BTCUSDT").json == {
        "calcTime": world.now_ms,
        "price": "61000.50000000",
        "symbol": "BTCUSDT",
    }
    assert world.public("/sapi/v1/margin/priceIndex").code == -1102


def test_a_price_index_that_has_passed_its_age_is_none() -> None:
    world = World(with_margin(index_max_age_ms=1_000))
    world.advance(1_000)
    asked = {"symbol": "BTCUSDT"}
    assert world.public("/sapi/v1/margin/priceIndex", **asked).status == 200
    world.advance(1)
    assert world.public("/sapi/v1/margin/priceIndex", **asked).json == {
        "code": -3042,
        "msg": "PriceIndex not available for this margin pair.",
    }
    world.set_index("BTCUSDT", "60000")
    assert world.public("/sapi/v1/margin/priceIndex", **asked).json["calcTime"] == world.now_ms
    world.close()


def test_bars_are_the_accounts_leverage(world: World) -> None:
    """The reference also lists a mandatory `email`, which only brokers send."""
    assert world.get("/sapi/v1/margin/tradeCoeff").json == {
        "normalBar": "1.5",
        "marginCallBar": "1.3",
        "forceLiquidationBar": "1.1",
    }


def test_the_account_without_debt(world: World) -> None:
    account = world.get("/sapi/v1/margin/account").json
    assert account["marginLevel"] == "999.00000000"
    btc = next(row for row in account["userAssets"] if row["asset"] == "BTC")
    assert (btc["free"], btc["netAsset"]) == ("1.00000000", "1.00000000")
