"""What the owner of an account chooses, and what follows for what he is shown."""

from __future__ import annotations

from tests.api.world import World

LEVERAGE = "/sapi/v1/margin/max-leverage"
BURN = "/sapi/v1/bnbBurn"
LOANS = "/sapi/v1/margin/borrow-repay"


def test_the_leverage_chosen_sets_the_bars_and_the_limit(empty: World) -> None:
    empty.deposit("USDT", "1000")

    def bars() -> tuple[str, str]:
        bar = empty.get("/sapi/v1/margin/tradeCoeff").json["normalBar"]
        return bar, empty.get("/sapi/v1/margin/maxBorrowable", asset="USDT").json["amount"]

    assert bars() == ("1.5", "2000.00000000")
    assert empty.post(LEVERAGE, maxLeverage="5").json == {"success": True}
    assert bars() == ("1.25", "4000.00000000")


def test_the_leverage_may_be_chosen_once_a_minute_from_one_address(world: World) -> None:
    assert world.post(LEVERAGE, maxLeverage="5").status == 200
    again = world.post(LEVERAGE, maxLeverage="3")
    assert (again.status, again.code) == (429, -1003)
    assert world.signed("POST", LEVERAGE, {"maxLeverage": "3"}, ip="127.0.0.2").status == 200


def test_each_switch_is_turned_by_itself(world: World) -> None:
    def switches() -> tuple[bool, bool]:
        answer = world.get(BURN).json
        return answer["spotBNBBurn"], answer["interestBNBBurn"]

    assert switches() == (False, False)
    assert world.post(BURN, spotBNBBurn="true").json == {"spotBNBBurn": True, "interestBNBBurn": False}
    assert world.post(BURN, interestBNBBurn="TRUE").json == {"spotBNBBurn": True, "interestBNBBurn": True}
    assert world.post(BURN, spotBNBBurn="false").json == {"spotBNBBurn": False, "interestBNBBurn": True}
    assert switches() == (False, True)
    refused = world.post(BURN)
    assert refused.json["msg"] == (
        "Param 'spotBNBBurn' or 'interestBNBBurn' must be sent, but both were empty/null!"
    )


def test_interest_paid_in_bnb_is_told_with_the_asset_of_the_loan(world: World) -> None:
    world.post(BURN, interestBNBBurn="true")
    world.post(LOANS, asset="USDT", amount="1000", type="BORROW")
    world.advance(3_600_000)
    rows = world.get("/sapi/v1/margin/interestHistory").json["rows"]
    assert [(row["type"], row["asset"], row["rawAsset"], row["principal"]) for row in rows] == [
        ("PERIODIC_CONVERTED", "BNB", "USDT", "1000.00000000"),
        ("ON_BORROW_CONVERTED", "BNB", "USDT", "1000.00000000"),
    ]
    assert world.get("/sapi/v1/margin/interestHistory", asset="BNB").json["total"] == 2


def test_commission_paid_in_bnb_is_told_so_in_the_capital_flow(world: World) -> None:
    world.deposit("BNB", "1")
    world.post(BURN, spotBNBBurn="true")
    market = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
    assert world.post("/sapi/v1/margin/order", **market).status == 200
    [row] = world.get("/sapi/v1/margin/capital-flow", type="TRADING_COMMISSION").json
    assert (row["asset"], row["symbol"]) == ("BNB", "BTCUSDT")
    assert world.get("/sapi/v1/margin/capital-flow", asset="BNB", type="TRADING_COMMISSION").json == [row]
