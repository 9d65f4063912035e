"""Isolated accounts over the wire: opened, funded, traded, borrowed on, closed, and apart from all others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.world import SPOT, Answer, World
from tests.api.worlds import with_margin, with_symbol

ACCOUNT = "/sapi/v1/margin/isolated/account"
LIMIT = "/sapi/v1/margin/isolated/accountLimit"
TIERS = "/sapi/v1/margin/isolatedMarginTier"
FEES = "/sapi/v1/margin/isolatedMarginData"
TRANSFER = "/sapi/v1/asset/transfer"
LOANS = "/sapi/v1/margin/borrow-repay"
ORDER = "/sapi/v1/margin/order"
OCO = "/sapi/v1/margin/order/oco"
HERE = {"symbol": "BTCUSDT", "isIsolated": "TRUE"}
BUY: dict[str, object] = {**HERE, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
RESTING = {**BUY, "price": "50000"}
NEW_OCO: dict[str, object] = {
    **HERE,
    "side": "BUY",
    "quantity": "0.01",
    "price": "50000",
    "stopPrice": "65000",
}


@pytest.fixture
def opened(world: World) -> World:
    """A user with 10000 USDT in the isolated account of BTCUSDT, and none in the cross account."""
    assert world.post(ACCOUNT, symbol="BTCUSDT").json == {"success": True, "symbol": "BTCUSDT"}
    move(world, "MARGIN_ISOLATEDMARGIN", "USDT", "10000", toSymbol="BTCUSDT")
    move(world, "MARGIN_MAIN", "USDT", "90000")
    return world


def move(world: World, kind: str, asset: str, amount: str, **symbols: str) -> None:
    answer = world.post(TRANSFER, type=kind, asset=asset, amount=amount, **symbols)
    assert answer.status == 200, answer.json


def account(world: World, symbol: str = "BTCUSDT") -> dict[str, Any]:
    [found] = world.get(ACCOUNT, symbols=symbol).json["assets"]
    return found


def refused(answer: Answer) -> tuple[int, str]:
    assert answer.status == 400, answer.json
    return answer.json["code"], answer.json["msg"]


# --- the account -----------------------------------------------------------------------------------------------


def test_an_account_shows_what_it_holds_and_owes(opened: World) -> None:
    world = opened
    world.post(LOANS, **HERE, asset="BTC", amount="0.1", type="BORROW")
    found = account(world)
    base, quote = found["baseAsset"], found["quoteAsset"]
    assert (base["asset"], base["free"], base["borrowed"]) == ("BTC", "0.10000000", "0.10000000")
    assert (quote["asset"], quote["free"], quote["totalAsset"]) == (
        "USDT",
        "10000.00000000",
        "10000.00000000",
    )
    assert base["netAsset"] == "-" + base["interest"]
    assert base["netAssetOfBtc"] == base["netAsset"]
    assert quote["netAssetOfBtc"] == "0.16666666"
    owed = 0.1 + float(base["interest"])
    assert float(found["marginLevel"]) == pytest.approx((10000 + 6000) / (owed * 60000), abs=1e-7)
    assert (found["marginLevelStatus"], found["marginRatio"]) == ("EXCESSIVE", "10.00000000")
    liquidation = 10000 / (1.05 * owed - 0.1)
    assert float(found["liquidatePrice"]) == pytest.approx(liquidation, rel=1e-9)
    assert float(found["liquidateRate"]) == pytest.approx(liquidation / 60000 - 1, rel=1e-6)
    total = world.get(ACCOUNT).json
    assert total["totalAssetOfBtc"] == "0.26666666"
    assert float(total["totalNetAssetOfBtc"]) == pytest.approx(1 / 6, abs=1e-5)


def test_without_debt_nothing_liquidates(opened: World) -> None:
    found = account(opened)
    assert (found["marginLevel"], found["liquidatePrice"], found["liquidateRate"]) == (
        "999",
        "0.00000000",
        "0.00000000",
    )


def test_accounts_are_listed_all_or_by_name(opened: World) -> None:
    opened.post(ACCOUNT, symbol="ETHUSDT")
    rows = opened.get(ACCOUNT).json["assets"]
    assert [(row["symbol"], row["isolatedCreated"], row["enabled"]) for row in rows] == [
        ("BTCUSDT", True, True),
        ("ETHUSDT", True, True),
    ]
    rows = opened.get(ACCOUNT, symbols="BNBUSDT,BTCUSDT").json["assets"]
    assert [(row["symbol"], row["isolatedCreated"], row["enabled"]) for row in rows] == [
        ("BNBUSDT", False, False),
        ("BTCUSDT", True, True),
    ]


@pytest.mark.parametrize(
    ("symbols", "code"),
    [
        ("BTCUSDT,ETHUSDT,BNBUSDT,SOLUSDT,XRPUSDT,ADAUSDT", -1130),
        ("BTCUSDT,BTCUSDT", -1151),
        ("BTCUSDT,NONSENSE", -1121),
        ("BTCUSDT,", -1121),
    ],
)
def test_lists_of_names_are_checked(world: World, symbols: str, code: int) -> None:
    assert world.get(ACCOUNT, symbols=symbols).code == code


def test_only_so_many_may_be_open() -> None:
    world = World(with_margin(isolated_accounts_max=2))
    assert world.get(LIMIT).json == {"enabledAccount": 0, "maxAccount": 2}
    for symbol in ("BTCUSDT", "ETHUSDT"):
        assert world.post(ACCOUNT, symbol=symbol).status == 200
    assert world.get(LIMIT).json == {"enabledAccount": 2, "maxAccount": 2}
    assert refused(world.post(ACCOUNT, symbol="BNBUSDT")) == (
        -1020,
        "This operation is not supported: as many isolated accounts are enabled as may be.",
    )
    world.delete(ACCOUNT, symbol="BTCUSDT")
    assert world.get(LIMIT).json == {"enabledAccount": 1, "maxAccount": 2}
    assert world.post(ACCOUNT, symbol="BNBUSDT").status == 200
    world.close()


def test_opening_and_closing_have_their_refusals(opened: World) -> None:
    assert refused(opened.post(ACCOUNT, symbol="BTCUSDT"))[0] == -1020
    assert refused(opened.post(ACCOUNT, symbol="XYZUSDT"))[0] == -1121
    assert refused(opened.delete(ACCOUNT, symbol="XYZUSDT"))[0] == -1121
    assert refused(opened.delete(ACCOUNT, symbol="ETHUSDT")) == (
        -11001,
        "Isolated margin account does not exist.",
    )
    assert refused(opened.delete(ACCOUNT, symbol="BTCUSDT")) == (
        -1020,
        "This operation is not supported: the isolated account is not empty.",
    )


def test_an_account_closes_once_a_day_and_keeps_its_past(opened: World) -> None:
    world = opened
    placed = world.post(ORDER, **RESTING).json["orderId"]
    world.delete("/sapi/v1/margin/openOrders", **HERE)
    move(world, "ISOLATED_MARGIN_MAIN", "USDT", "10000", fromSymbol="BTCUSDT")
    assert world.delete(ACCOUNT, symbol="BTCUSDT").json == {"success": True, "symbol": "BTCUSDT"}
    found = account(world)
    assert (found["isolatedCreated"], found["enabled"], found["tradeEnabled"]) == (True, False, False)
    assert refused(world.post(ORDER, **RESTING))[0] == -11001
    assert refused(world.get("/sapi/v1/margin/openOrders", **HERE))[0] == -11001
    assert world.get(ORDER, **HERE, orderId=placed).json["status"] == "CANCELED"
    assert len(world.get("/sapi/v1/margin/allOrders", **HERE).json) == 1
    assert world.post(ACCOUNT, symbol="BTCUSDT").status == 200
    assert refused(world.delete(ACCOUNT, symbol="BTCUSDT")) == (
        -1020,
        "This operation is not supported: an isolated account may be disabled once in 24 hours.",
    )
    world.advance(86_400_000)
    assert world.delete(ACCOUNT, symbol="BTCUSDT").status == 200


def test_a_pair_may_be_kept_from_isolated_accounts() -> None:
    world = World(with_symbol("BTCUSDT", isolated_margin=False))
    refusal = (-3028, "Not a valid margin pair.")
    assert refused(world.post(ACCOUNT, symbol="BTCUSDT")) == refusal
    assert refused(world.get(TIERS, symbol="BTCUSDT")) == refusal
    assert refused(world.get(FEES, symbol="BTCUSDT")) == refusal
    pairs = world.public("/sapi/v1/margin/isolated/allPairs").json
    assert "BTCUSDT" not in {pair["symbol"] for pair in pairs}
    world.close()


# --- orders ----------------------------------------------------------------------------------------------------


def test_orders_and_trades_are_the_accounts_own(opened: World) -> None:
    world = opened
    placed = world.post(ORDER, **{**BUY, "price": "61000"}).json
    assert (placed["status"], placed["isIsolated"]) == ("FILLED", True)
    resting = world.post(ORDER, **RESTING).json
    for path in ("/sapi/v1/margin/openOrders", "/sapi/v1/margin/allOrders", "/sapi/v1/margin/myTrades"):
        inside = world.get(path, **HERE).json
        assert inside
        assert all(row["isIsolated"] for row in inside)
        assert world.get(path, symbol="BTCUSDT").json == []
    assert world.get(ORDER, **HERE, orderId=resting["orderId"]).json["isIsolated"] is True
    assert world.get(ORDER, symbol="BTCUSDT", orderId=resting["orderId"]).code == -2013
    assert world.delete(ORDER, symbol="BTCUSDT", orderId=resting["orderId"]).code == -2011
    canceled = world.delete(ORDER, **HERE, orderId=resting["orderId"]).json
    assert (canceled["isIsolated"], canceled["status"]) == (True, "CANCELED")
    assert account(world)["baseAsset"]["free"] == "0.00999000"


def test_words_for_isolated_are_read_in_any_case(opened: World) -> None:
    assert opened.post(ORDER, **{**RESTING, "isIsolated": "true"}).json["isIsolated"] is True
    assert opened.post(ORDER, **{**RESTING, "isIsolated": "yes"}).code == -1130


def test_lists_are_the_accounts_own(opened: World) -> None:
    world = opened
    placed = world.post(OCO, **NEW_OCO, listClientOrderId="mine").json
    assert placed["isIsolated"] is True
    named = {"orderListId": placed["orderListId"]}
    assert world.get("/sapi/v1/margin/orderList", **HERE, **named).json["isIsolated"] is True
    assert world.get("/sapi/v1/margin/orderList", **named).code == -2013
    assert len(world.get("/sapi/v1/margin/openOrderList", **HERE).json) == 1
    assert world.get("/sapi/v1/margin/openOrderList").json == []
    assert len(world.get("/sapi/v1/margin/allOrderList", **HERE).json) == 1
    assert world.get("/sapi/v1/margin/allOrderList").json == []
    [answer] = world.delete("/sapi/v1/margin/openOrders", **HERE).json
    assert (answer["orderListId"], answer["isIsolated"]) == (placed["orderListId"], True)
    again = world.post(OCO, **NEW_OCO).json
    assert (
        world.delete("/sapi/v1/margin/orderList", symbol="BTCUSDT", orderListId=again["orderListId"]).code
        == -2011
    )
    canceled = world.delete("/sapi/v1/margin/orderList", **HERE, orderListId=again["orderListId"]).json
    assert canceled["isIsolated"] is True


def test_orders_are_counted_for_each_account(opened: World) -> None:
    world = opened
    world.post(ORDER, **RESTING)
    path = "/sapi/v1/margin/rateLimit/order"
    assert [row["count"] for row in world.get(path, **HERE).json] == [1, 1]
    assert [row["count"] for row in world.get(path).json] == [0, 0]


def test_prevented_matches_are_the_accounts_own(opened: World) -> None:
    world = opened
    maker = world.post(ORDER, **{**BUY, "price": "60000"}).json["orderId"]
    sell = {**BUY, "side": "SELL", "price": "60000", "sideEffectType": "MARGIN_BUY"}
    assert world.post(ORDER, **sell).status == 200
    path = "/sapi/v1/margin/myPreventedMatches"
    assert len(world.get(path, **HERE, orderId=maker).json) == 1
    assert world.get(path, symbol="BTCUSDT", orderId=maker).json == []


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("GET", "/sapi/v1/margin/openOrders", {}),
        ("GET", "/sapi/v1/margin/rateLimit/order", {}),
        ("GET", "/sapi/v1/margin/openOrderList", {}),
        ("GET", "/sapi/v1/margin/allOrderList", {}),
        ("GET", "/sapi/v1/margin/orderList", {"orderListId": "1"}),
        ("POST", LOANS, {"asset": "USDT", "amount": "1", "type": "BORROW"}),
    ],
)
def test_an_isolated_account_is_named_by_its_symbol(
    world: World, method: str, path: str, more: dict[str, object]
) -> None:
    answer = world.signed(method, path, {"isIsolated": "TRUE", **more})
    assert refused(answer) == (
        -1102,
        "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.",
    )


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("POST", ORDER, RESTING),
        ("POST", OCO, NEW_OCO),
        ("GET", ORDER, {"orderId": "1"}),
        ("DELETE", ORDER, {"orderId": "1"}),
        ("DELETE", "/sapi/v1/margin/openOrders", {}),
        ("GET", "/sapi/v1/margin/openOrders", {}),
        ("GET", "/sapi/v1/margin/allOrders", {}),
        ("GET", "/sapi/v1/margin/myTrades", {}),
        ("GET", "/sapi/v1/margin/myPreventedMatches", {"orderId": "1"}),
        ("GET", "/sapi/v1/margin/rateLimit/order", {}),
        ("GET", "/sapi/v1/margin/orderList", {"orderListId": "1"}),
        ("DELETE", "/sapi/v1/margin/orderList", {"orderListId": "1"}),
        ("GET", "/sapi/v1/margin/openOrderList", {}),
        ("GET", "/sapi/v1/margin/allOrderList", {}),
        ("POST", LOANS, {"asset": "USDT", "amount": "1", "type": "BORROW"}),
        ("GET", LOANS, {"isolatedSymbol": "BTCUSDT", "type": "BORROW"}),
        ("GET", "/sapi/v1/margin/interestHistory", {"isolatedSymbol": "BTCUSDT"}),
        ("GET", "/sapi/v1/margin/maxBorrowable", {"isolatedSymbol": "BTCUSDT", "asset": "USDT"}),
        ("GET", "/sapi/v1/margin/maxTransferable", {"isolatedSymbol": "BTCUSDT", "asset": "USDT"}),
    ],
)
def test_an_account_that_was_never_opened_is_11001(
    world: World, method: str, path: str, more: dict[str, object]
) -> None:
    answer = world.signed(method, path, {**HERE, **more})
    assert refused(answer) == (-11001, "Isolated margin account does not exist.")


# --- loans and transfers ---------------------------------------------------------------------------------------


def test_loans_and_interest_are_booked_under_the_pair(opened: World) -> None:
    world = opened
    assert world.post(LOANS, **HERE, asset="USDT", amount="500", type="BORROW").status == 200
    [row] = world.get(LOANS, isolatedSymbol="BTCUSDT", type="BORROW").json["rows"]
    assert (row["isolatedSymbol"], row["principal"]) == ("BTCUSDT", "500.00000000")
    [row] = world.get("/sapi/v1/margin/interestHistory", isolatedSymbol="BTCUSDT").json["rows"]
    assert (row["isolatedSymbol"], row["type"]) == ("BTCUSDT", "ON_BORROW")
    assert world.get(LOANS, type="BORROW").json["total"] == 0
    assert world.get("/sapi/v1/margin/interestHistory").json["total"] == 0
    assert world.post(LOANS, **HERE, asset="USDT", amount="100", type="REPAY").status == 200
    assert world.get(LOANS, isolatedSymbol="BTCUSDT", type="REPAY").json["total"] == 1


def test_records_of_the_cross_account_name_no_pair(world: World) -> None:
    world.post(LOANS, asset="USDT", amount="500", type="BORROW")
    assert "isolatedSymbol" not in world.get(LOANS, type="BORROW").json["rows"][0]
    assert "isolatedSymbol" not in world.get("/sapi/v1/margin/interestHistory").json["rows"][0]


def test_what_may_be_borrowed_may_be_borrowed(opened: World) -> None:
    world = opened
    most = world.get("/sapi/v1/margin/maxBorrowable", isolatedSymbol="BTCUSDT", asset="BTC").json
    assert most["borrowLimit"] == "270"
    loan = {**HERE, "asset": "BTC", "type": "BORROW"}
    assert refused(world.post(LOANS, **loan, amount="10"))[0] == -3006
    assert world.post(LOANS, **loan, amount=most["amount"]).status == 200
    assert (
        refused(world.get("/sapi/v1/margin/maxBorrowable", isolatedSymbol="BTCUSDT", asset="ETH"))[0] == -3027
    )
    assert refused(world.post(LOANS, **HERE, asset="ETH", amount="1", type="BORROW"))[0] == -3027


def test_what_may_leave_may_leave(opened: World) -> None:
    world = opened
    world.post(LOANS, **HERE, asset="USDT", amount="8000", type="BORROW")
    most = world.get("/sapi/v1/margin/maxTransferable", isolatedSymbol="BTCUSDT", asset="USDT").json["amount"]
    assert 0 < float(most) < 10000
    more = f"{float(most) + 1:.8f}"
    out = {"type": "ISOLATED_MARGIN_MAIN", "asset": "USDT", "fromSymbol": "BTCUSDT"}
    assert refused(world.post(TRANSFER, **out, amount=more))[0] == -3020
    assert world.post(TRANSFER, **out, amount=most).status == 200


@pytest.mark.parametrize(
    ("kind", "symbols"),
    [
        ("MAIN_ISOLATED_MARGIN", {"toSymbol": "ETHUSDT"}),
        ("ISOLATED_MARGIN_MAIN", {"fromSymbol": "BTCUSDT"}),
        ("MARGIN_ISOLATEDMARGIN", {"toSymbol": "ETHUSDT"}),
        ("ISOLATEDMARGIN_MARGIN", {"fromSymbol": "BTCUSDT"}),
        ("ISOLATEDMARGIN_ISOLATEDMARGIN", {"fromSymbol": "BTCUSDT", "toSymbol": "ETHUSDT"}),
    ],
)
def test_transfers_move_and_are_remembered(opened: World, kind: str, symbols: dict[str, str]) -> None:
    world = opened
    world.post(ACCOUNT, symbol="ETHUSDT")
    world.deposit("USDT", "5", SPOT)
    world.deposit("USDT", "5")
    moved = world.post(TRANSFER, type=kind, asset="USDT", amount="5", **symbols)
    assert moved.status == 200, moved.json
    page = world.get(TRANSFER, type=kind, **symbols).json
    assert (page["rows"][0]["type"], page["rows"][0]["tranId"]) == (kind, moved.json["tranId"])
    for name in symbols:
        rest = {other: symbol for other, symbol in symbols.items() if other != name}
        for ask in (world.get, world.post):
            answer = ask(TRANSFER, type=kind, asset="USDT", amount="5", **rest)
            assert refused(answer) == (
                -1102,
                f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
            )


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"type": "MAIN_ISOLATED_MARGIN", "toSymbol": "ETHUSDT"}, -11001),
        ({"type": "MAIN_ISOLATED_MARGIN", "toSymbol": "BTCUSDT", "fromSymbol": "BTCUSDT"}, -1106),
        ({"type": "MAIN_ISOLATED_MARGIN", "toSymbol": "BTCUSDT", "asset": "ETH"}, -3027),
        ({"type": "ISOLATED_MARGIN_MAIN", "fromSymbol": "BTCUSDT", "amount": "99999"}, -5013),
        (
            {"type": "ISOLATEDMARGIN_ISOLATEDMARGIN", "fromSymbol": "BTCUSDT", "toSymbol": "BTCUSDT"},
            -3029,
        ),
    ],
)
def test_transfers_are_refused_clearly(opened: World, asked: dict[str, object], code: int) -> None:
    opened.deposit("ETH", "5", SPOT)
    assert refused(opened.post(TRANSFER, **{"asset": "USDT", "amount": "1", **asked}))[0] == code


# --- the pairs -------------------------------------------------------------------------------------------------


def test_tiers_are_all_or_one(world: World) -> None:
    rows = world.get(TIERS, symbol="BTCUSDT").json
    assert [row["tier"] for row in rows] == list(range(1, 11))
    assert rows[0] == {
        "symbol": "BTCUSDT",
        "tier": 1,
        "effectiveMultiple": "10",
        "initialRiskRatio": "1.111",
        "liquidationRiskRatio": "1.05",
        "baseAssetMaxBorrowable": "9",
        "quoteAssetMaxBorrowable": "70000",
    }
    assert world.get(TIERS, symbol="BTCUSDT", tier=3).json == rows[2:3]
    assert world.get(TIERS, symbol="BTCUSDT", tier=99).json == []
    assert world.get(TIERS, symbol="XYZUSDT").code == -1121


def test_fees_go_by_level(world: World) -> None:
    header = "x-sapi-used-ip-weight-1m"
    answer = world.get(FEES, symbol="BTCUSDT", vipLevel=9)
    assert answer.headers[header] == "1"
    assert answer.json == [
        {
            "vipLevel": 9,
            "symbol": "BTCUSDT",
            "leverage": "10",
            "data": [
                {"coin": "BTC", "dailyInterest": "0.0000794", "borrowLimit": "270"},
                {"coin": "USDT", "dailyInterest": "0.000108", "borrowLimit": "2100000"},
            ],
        }
    ]
    every = world.get(FEES)
    assert every.headers[header] == "11"
    assert {row["vipLevel"] for row in every.json} == {0}
    assert len(every.json) == len(world.exchange.venue.symbols)


def test_pairs_are_all_or_one(world: World) -> None:
    path = "/sapi/v1/margin/isolated/allPairs"
    assert len(world.public(path).json) == len(world.exchange.venue.symbols)
    [pair] = world.public(path, symbol="BTCUSDT").json
    assert (pair["base"], pair["quote"], pair["isMarginTrade"]) == ("BTC", "USDT", True)
    assert world.public(path, symbol="XYZUSDT").code == -1121
