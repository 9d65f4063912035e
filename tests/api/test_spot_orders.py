"""Spot trading over the wire: whose wallets trade, what the answers hold, and what is not known there."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from openmargin.api.endpoints import ENDPOINTS
from openmargin.api.errors import Dialect
from openmargin.domain.commands import ChangeAccount
from openmargin.domain.enums import KeyKind, Permission
from tests.api.bankruptcy import SLOW, key_in_liquidation
from tests.api.refusals import holdings
from tests.api.world import SPOT, Answer, Key, World, sign
from tests.api.worlds import with_symbol

ORDER = "/api/v3/order"
TEST = "/api/v3/order/test"
OPEN = "/api/v3/openOrders"
ACCOUNT = "/api/v3/account"
TRADES = "/api/v3/myTrades"
MARKET: dict[str, object] = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET"}
LIMIT: dict[str, object] = {
    **MARKET,
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "50000",
}
ACK = {"symbol", "orderId", "orderListId", "clientOrderId", "transactTime"}
RESULT = ACK | {
    "price",
    "origQty",
    "executedQty",
    "origQuoteOrderQty",
    "cummulativeQuoteQty",
    "status",
    "timeInForce",
    "type",
    "side",
    "workingTime",
    "selfTradePreventionMode",
}


@pytest.fixture
def world(world: World) -> World:
    """With a spot wallet besides the margin wallet."""
    world.deposit("USDT", "50000", SPOT)
    world.deposit("BTC", "1", SPOT)
    return world


def free(world: World, asset: str, key: Key | None = None) -> float:
    answer = world.signed("GET", ACCOUNT, key=key)
    assert answer.status == 200, answer.json
    return next(float(row["free"]) for row in answer.json["balances"] if row["asset"] == asset)


def placed(world: World, order: dict[str, object], key: Key | None = None, **more: object) -> dict[str, Any]:
    answer = world.signed("POST", ORDER, {**order, **more}, key=key)
    assert answer.status == 200, answer.json
    return answer.json


# --- whose wallets ---------------------------------------------------------------------------------------------


def test_an_ordinary_key_trades_with_the_spot_wallet(world: World) -> None:
    margin_before = world.get("/sapi/v1/margin/account").json
    bought = placed(world, MARKET, quantity="0.5")
    assert bought["status"] == "FILLED"
    assert 20_000 - free(world, "USDT") == pytest.approx(float(bought["cummulativeQuoteQty"]) - 30_000)
    assert free(world, "BTC") == pytest.approx(1.4995)
    assert world.get("/sapi/v1/margin/account").json == margin_before
    assert world.get("/sapi/v1/margin/myTrades", symbol="BTCUSDT").json == []
    assert len(world.get(TRADES, symbol="BTCUSDT").json) == len(bought["fills"])


def test_a_special_key_trades_with_its_margin_account(world: World) -> None:
    key = world.special_key()
    assert free(world, "USDT", key) == 100_000
    resting = placed(world, LIMIT, key)
    assert world.get(OPEN).json == []
    row = world.get("/sapi/v1/margin/order", symbol="BTCUSDT", orderId=resting["orderId"]).json
    assert (row["status"], row["isIsolated"]) == ("NEW", False)
    assert [one["orderId"] for one in world.signed("GET", OPEN, key=key).json] == [resting["orderId"]]
    assert world.signed("DELETE", OPEN, {"symbol": "BTCUSDT"}, key=key).status == 200
    account = world.signed("GET", ACCOUNT, key=key).json
    assert (account["accountType"], account["permissions"]) == ("MARGIN", ["MARGIN"])


def test_a_special_key_of_an_isolated_account_trades_its_pair_alone(world: World) -> None:
    key = world.special_key("BTCUSDT")
    world.deposit("USDT", "1000", "BTCUSDT")
    account = world.signed("GET", ACCOUNT, key=key).json
    assert account["accountType"] == "ISOLATED_MARGIN"
    assert [(row["asset"], row["free"]) for row in account["balances"]] == [
        ("BTC", "0.00000000"),
        ("USDT", "1000.00000000"),
    ]
    assert placed(world, LIMIT, key)["status"] == "NEW"
    other = world.signed("POST", ORDER, {**LIMIT, "symbol": "ETHUSDT", "price": "2500"}, key=key)
    assert other.json == {"code": -2010, "msg": "This symbol is not permitted for this account."}


def test_a_special_key_whose_account_is_closed_is_no_key(world: World) -> None:
    key = world.orphaned_key()
    for answer in (
        world.signed("GET", ACCOUNT, key=key),
        world.signed("GET", OPEN, key=key),
        world.signed("POST", ORDER, LIMIT, key=key),
    ):
        assert (answer.status, answer.code) == (401, -2015)


def test_a_special_key_may_not_borrow_and_a_reading_key_may_not_trade(world: World) -> None:
    special = world.special_key()
    loan = {"type": "BORROW", "asset": "USDT", "amount": "100"}
    assert world.signed("POST", "/sapi/v1/margin/borrow-repay", loan, key=special).code == -2015
    reader = world.new_key(permissions=(Permission.READ,))
    assert world.signed("GET", ACCOUNT, key=reader).status == 200
    symbol: dict[str, object] = {"symbol": "BTCUSDT"}
    for method, path, parameters in (
        ("POST", ORDER, LIMIT),
        ("POST", TEST, LIMIT),
        ("DELETE", ORDER, {**symbol, "orderId": "1"}),
        ("DELETE", OPEN, symbol),
    ):
        assert world.signed(method, path, parameters, key=reader).code == -2015


def test_a_special_key_that_only_reads_sees_its_account(world: World) -> None:
    private = Ed25519PrivateKey.generate()
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    key = world.special_key(kind=KeyKind.ED25519, public_key=pem, may_trade=False)

    def signed(method: str, path: str, **parameters: object) -> Answer:
        payload = urlencode({"timestamp": world.now_ms, **parameters})
        signature = quote(b64encode(private.sign(payload.encode())), safe="")
        return world.send(method, path, f"{payload}&signature={signature}", api_key=key.api_key)

    assert signed("GET", ACCOUNT).json["accountType"] == "MARGIN"
    assert signed("POST", ORDER, **LIMIT).code == -2015


def test_spot_and_margin_of_one_account_meet_in_the_same_book(world: World) -> None:
    """They are different trading accounts, so nothing prevents the trade (A19)."""
    rest = placed(world, LIMIT, price="60000")
    sold = world.post("/sapi/v1/margin/order", **{**LIMIT, "side": "SELL", "price": "60000"}).json
    assert sold["status"] == "FILLED"
    assert world.get(ORDER, symbol="BTCUSDT", orderId=rest["orderId"]).json["status"] == "FILLED"


# --- answers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "asked", "fields"),
    [
        (LIMIT, None, RESULT | {"fills"}),
        (LIMIT, "ACK", ACK),
        (LIMIT, "RESULT", RESULT),
        ({**MARKET, "quantity": "0.01"}, None, RESULT | {"fills"}),
        ({**LIMIT, "type": "LIMIT_MAKER", "timeInForce": None}, None, ACK),
        ({**LIMIT, "icebergQty": "0.001"}, "RESULT", RESULT | {"icebergQty"}),
        ({**LIMIT, "timeInForce": "FOK"}, "RESULT", RESULT | {"expiryReason"}),
        (
            {**MARKET, "type": "STOP_LOSS", "quantity": "0.01", "trailingDelta": "100"},
            "FULL",
            RESULT | {"fills", "stopPrice", "trailingDelta", "trailingTime"},
        ),
        ({**LIMIT, "strategyId": "0"}, "RESULT", RESULT | {"strategyId"}),
        ({**LIMIT, "strategyType": "1000000"}, "RESULT", RESULT | {"strategyType"}),
    ],
)
def test_the_response_type_and_the_order_say_which_fields_there_are(
    world: World, order: dict[str, object], asked: str | None, fields: set[str]
) -> None:
    sent = {name: value for name, value in {**order, "newOrderRespType": asked}.items() if value is not None}
    assert set(placed(world, sent)) == fields


def test_a_trailing_order_says_when_it_began_to_follow(world: World) -> None:
    stop = {**MARKET, "type": "TAKE_PROFIT", "quantity": "0.01", "stopPrice": "59000", "trailingDelta": "100"}
    at_once = placed(world, {**stop, "stopPrice": "59000"}, newOrderRespType="RESULT")
    assert (at_once["trailingTime"], at_once["workingTime"]) == (-1, -1)
    world.advance(5_000)
    world.set_index("BTCUSDT", "58900")
    row = world.get(ORDER, symbol="BTCUSDT", orderId=at_once["orderId"]).json
    assert row["trailingTime"] == world.now_ms
    assert (row["isWorking"], row["workingTime"]) == (False, -1)


def test_a_prevented_match_is_told_by_both_orders(world: World) -> None:
    maker = placed(world, LIMIT, price="60000", quantity="0.03")
    sell = {**LIMIT, "side": "SELL", "price": "60000", "selfTradePreventionMode": "DECREMENT"}
    taker = placed(world, sell)
    assert taker["status"] == "EXPIRED_IN_MATCH"
    assert taker["preventedMatches"] == [
        {
            "preventedMatchId": 1,
            "makerOrderId": maker["orderId"],
            "price": "60000.00000000",
            "takerPreventedQuantity": "0.01000000",
            "makerPreventedQuantity": "0.01000000",
        }
    ]
    assert "tradeGroupId" not in taker
    row = world.get(ORDER, symbol="BTCUSDT", orderId=maker["orderId"]).json
    assert (row["status"], row["preventedMatchId"], row["preventedQuantity"]) == ("NEW", 1, "0.01000000")
    found = world.get("/api/v3/myPreventedMatches", symbol="BTCUSDT", orderId=maker["orderId"]).json
    assert [match["preventedMatchId"] for match in found] == [1]


def test_a_trade_group_is_named_where_it_prevented_a_match(world: World) -> None:
    bob = world.new_account()
    world.deposit("USDT", "10000", SPOT, bob)
    for account_id in (world.account_id, bob):
        world.submit(ChangeAccount(account_id, trade_group_id=7))
    placed(world, LIMIT, world.new_key(bob), price="60000")
    sell = {**LIMIT, "side": "SELL", "price": "60000", "selfTradePreventionMode": "TRANSFER"}
    assert placed(world, sell)["tradeGroupId"] == 7


def test_times_come_in_the_unit_that_was_asked_for(world: World) -> None:
    order_id = placed(world, MARKET, quantity="0.01")["orderId"]
    found: dict[str, dict[str, Any]] = {}
    for unit in ("MILLISECOND", "MICROSECOND"):
        answer = signed_in(world, unit, ORDER, symbol="BTCUSDT", orderId=order_id)
        found[unit] = answer.json
    for name in ("time", "updateTime", "workingTime"):
        assert found["MICROSECOND"][name] == found["MILLISECOND"][name] * 1000 == world.now_ms * 1000
    trade = signed_in(world, "MICROSECOND", TRADES, symbol="BTCUSDT").json[0]
    assert trade["time"] == world.now_ms * 1000


def signed_in(world: World, unit: str, path: str, **parameters: object) -> Answer:
    payload = urlencode({"timestamp": world.now_ms, **parameters})
    query = payload + "&signature=" + sign(world.key.secret, payload)
    return world.send("GET", path, query, api_key=world.key.api_key, time_unit=unit)


def test_placements_are_counted_in_the_headers(world: World) -> None:
    for number in (1, 2):
        answer = world.post(ORDER, **LIMIT)
        assert answer.headers["x-mbx-order-count-10s"] == str(number)
        assert answer.headers["x-mbx-order-count-1d"] == str(number)
    assert "x-mbx-order-count-10s" not in world.order().headers
    assert "x-mbx-order-count-10s" not in world.get(OPEN).headers
    rows = world.get("/api/v3/rateLimit/order").json
    assert [(row["interval"], row["count"]) for row in rows] == [("SECOND", 2), ("DAY", 2)]


@pytest.mark.parametrize(
    ("method", "path", "parameters", "weight"),
    [
        ("POST", ORDER, LIMIT, 0),
        ("POST", TEST, LIMIT, 1),
        ("POST", TEST, {**LIMIT, "computeCommissionRates": "true"}, 20),
        ("GET", OPEN, {"symbol": "BTCUSDT"}, 6),
        ("GET", OPEN, {}, 80),
        ("GET", "/api/v3/allOrders", {"symbol": "BTCUSDT"}, 20),
        ("GET", ACCOUNT, {}, 20),
        ("GET", "/api/v3/account/commission", {"symbol": "BTCUSDT"}, 20),
        ("GET", TRADES, {"symbol": "BTCUSDT"}, 20),
        ("GET", TRADES, {"symbol": "BTCUSDT", "orderId": "1"}, 5),
        ("GET", "/api/v3/myPreventedMatches", {"symbol": "BTCUSDT", "orderId": "1"}, 20),
        ("GET", "/api/v3/myPreventedMatches", {"symbol": "BTCUSDT", "preventedMatchId": "1"}, 2),
        ("GET", "/api/v3/rateLimit/order", {}, 40),
    ],
)
def test_weights_are_the_documented_ones(
    world: World, method: str, path: str, parameters: dict[str, object], weight: int
) -> None:
    answer = world.signed(method, path, parameters)
    assert answer.status == 200, answer.json
    assert answer.headers["x-mbx-used-weight-1m"] == str(weight)


def test_the_account_can_leave_out_what_is_empty(world: World) -> None:
    whole = world.get(ACCOUNT).json
    short = world.get(ACCOUNT, omitZeroBalances="true").json
    assert (
        {row["asset"] for row in short["balances"]}
        == {"BTC", "USDT"}
        < {row["asset"] for row in whole["balances"]}
    )
    assert (short["accountType"], short["permissions"], short["uid"]) == ("SPOT", ["SPOT"], world.account_id)
    assert short["updateTime"] == world.now_ms
    world.advance(1_000)
    assert world.get(ACCOUNT).json["updateTime"] == short["updateTime"]
    placed(world, LIMIT)
    assert world.get(ACCOUNT).json["updateTime"] == world.now_ms


def test_an_account_in_liquidation_may_do_nothing() -> None:
    world = World(SLOW)
    world.deposit("USDT", "100000")
    key = key_in_liquidation(world)
    names = ("canTrade", "canWithdraw", "canDeposit")
    for sender, expected in ((key, False), (world.key, True)):
        account = world.signed("GET", ACCOUNT, key=sender).json
        assert [account[name] for name in names] == [expected] * 3
    assert world.signed("POST", ORDER, LIMIT, key=key).json == {
        "code": -2010,
        "msg": "This account may not place or cancel orders.",
    }
    world.close()


def test_rates_are_those_of_the_vip_level(world: World) -> None:
    world.submit(ChangeAccount(world.account_id, vip=3))
    rates = world.exchange.venue.commissions[3]
    for shown in (
        world.get(ACCOUNT).json["commissionRates"],
        world.get("/api/v3/account/commission", symbol="BTCUSDT").json["standardCommission"],
        world.post(TEST, **LIMIT, computeCommissionRates="true").json["standardCommissionForOrder"],
    ):
        assert float(shown["maker"]) * 10**8 == pytest.approx(rates.maker)
        assert float(shown["taker"]) * 10**8 == pytest.approx(rates.taker)


# --- trying ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "order",
    [
        LIMIT,
        {**MARKET, "quantity": "0.01"},
        {**MARKET, "quoteOrderQty": "100"},
        {**MARKET, "type": "STOP_LOSS", "quantity": "0.01", "stopPrice": "65000"},
    ],
)
def test_a_test_changes_nothing_and_does_not_look_at_the_wallet(
    world: World, order: dict[str, object]
) -> None:
    poor = world.new_key(world.new_account())
    before = state_hash(world)
    for key in (world.key, poor):
        answer = world.signed("POST", TEST, order, key=key)
        assert (answer.status, answer.json) == (200, {})
        assert "x-mbx-order-count-10s" not in answer.headers
    assert state_hash(world) == before


def state_hash(world: World) -> str:
    return world.exchange.live._engine.state_hash()  # pyright: ignore[reportPrivateUsage]


# --- what is not known -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sideEffectType", "isIsolated", "autoRepayAtCancel", "whatever"])
@pytest.mark.parametrize(
    ("method", "path", "parameters"),
    [
        ("POST", ORDER, LIMIT),
        ("POST", TEST, LIMIT),
        ("DELETE", ORDER, {"symbol": "BTCUSDT", "orderId": "1"}),
        ("GET", OPEN, {}),
    ],
)
def test_margin_parameters_are_unread_and_refused(
    world: World, method: str, path: str, parameters: dict[str, object], name: str
) -> None:
    before = holdings(world)
    answer = world.signed(method, path, {**parameters, name: "NO_SIDE_EFFECT"})
    read = len(parameters) + 2  # timestamp and signature
    assert answer.json == {
        "code": -1104,
        "msg": f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{read + 1}'.",
    }
    assert holdings(world) == before


def test_no_endpoint_of_the_spot_api_knows_a_margin_parameter() -> None:
    spot = [row for row in ENDPOINTS if row.dialect is Dialect.SPOT]
    known = {name for row in spot for name in row.parameter_names}
    assert known.isdisjoint({"sideEffectType", "isIsolated", "autoRepayAtCancel"})


@pytest.mark.parametrize("name", ["pegPriceType", "pegOffsetType", "pegOffsetValue"])
def test_pegged_orders_are_refused_by_name(world: World, name: str) -> None:
    answer = world.post(ORDER, **LIMIT, **{name: "1"})
    assert answer.json == {"code": -2010, "msg": "Pegged orders are not supported for this symbol."}


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        ({"strategyType": "999999"}, -1134, "`strategyType` was less than 1000000."),
        (
            {"strategyId": "-1"},
            -1100,
            "Illegal characters found in parameter 'strategyId'; legal range is '^[0-9]{1,20}$'.",
        ),
        ({"quantity": "2"}, -2010, "Account has insufficient balance for requested action."),
        ({"type": "STOP"}, -1116, "Invalid orderType."),
        ({"side": "LONG"}, -1117, "Invalid side."),
        ({"timeInForce": "GTX"}, -1115, "Invalid timeInForce."),
    ],
)
def test_refusals_speak_the_spot_dialect(
    world: World, more: dict[str, object], code: int, message: str
) -> None:
    answer = world.post(ORDER, **{**LIMIT, **more})
    assert (answer.status, answer.json) == (400, {"code": code, "msg": message})


def test_every_mode_of_prevention_is_taken_where_the_symbol_allows_it(world: World) -> None:
    for mode in ("NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER"):
        assert placed(world, LIMIT, selfTradePreventionMode=mode)["selfTradePreventionMode"] == mode


# --- cancelling and looking up ---------------------------------------------------------------------------------


def test_cancel_names_order_and_cancel(world: World) -> None:
    order_id = placed(world, LIMIT, newClientOrderId="mine", strategyId="7")["orderId"]
    world.advance(10)
    answer = world.delete(
        ORDER, symbol="BTCUSDT", orderId=order_id, origClientOrderId="mine", newClientOrderId="bye"
    ).json
    assert (answer["orderId"], answer["origClientOrderId"], answer["clientOrderId"]) == (
        order_id,
        "mine",
        "bye",
    )
    assert (answer["status"], answer["transactTime"], answer["strategyId"]) == (
        "CANCELED",
        world.now_ms,
        7,
    )


def test_a_cancel_may_be_restricted(world: World) -> None:
    order_id = placed(world, LIMIT)["orderId"]
    name = {"symbol": "BTCUSDT", "orderId": order_id}
    assert world.delete(ORDER, **name, cancelRestrictions="SOMETIMES").code == -1145
    refused = world.delete(ORDER, **name, cancelRestrictions="ONLY_PARTIALLY_FILLED")
    assert refused.json == {"code": -2011, "msg": "Order was not canceled due to cancel restrictions."}
    assert world.delete(ORDER, **name, cancelRestrictions="ONLY_NEW").json["status"] == "CANCELED"


def test_an_order_is_found_open_and_after(world: World) -> None:
    order_id = placed(world, LIMIT, newClientOrderId="mine")["orderId"]
    by_id: dict[str, Any] = {"symbol": "BTCUSDT", "orderId": order_id}
    by_name: dict[str, Any] = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}
    for status in ("NEW", "CANCELED"):
        for name in (by_id, by_name, {**by_id, **by_name}):
            assert world.get(ORDER, **name).json["status"] == status
        world.delete(ORDER, **by_id)
    assert world.get(ORDER, **{**by_id, "origClientOrderId": "other"}).code == -2013
    assert world.get(ORDER, symbol="BTCUSDT").code == -1102


def test_all_orders_are_the_newest_or_those_from_an_id_or_a_time_on(world: World) -> None:
    ids: list[int] = []
    times: list[int] = []
    for _ in range(3):
        ids.append(placed(world, LIMIT)["orderId"])
        times.append(world.now_ms)
        world.advance(2 * 86_400_000)
    path = "/api/v3/allOrders"

    def found(**asked: object) -> list[int]:
        answer = world.get(path, symbol="BTCUSDT", **asked)
        assert answer.status == 200, answer.json
        return [row["orderId"] for row in answer.json]

    assert found() == ids
    assert found(limit="2") == ids[1:]
    assert found(orderId=ids[1]) == ids[1:]
    assert found(startTime=times[1], limit="1") == ids[1:2]
    assert found(endTime=times[1]) == ids[:2]
    assert found(startTime=times[1], endTime=times[1] + 86_400_000) == ids[1:2]
    assert world.get(path, symbol="BTCUSDT", startTime=times[0], endTime=times[1]).code == -1127
    assert world.get(path, symbol="BTCUSDT", startTime=times[1], endTime=times[0]).code == -1128


def test_trades_are_asked_for_in_the_documented_combinations(world: World) -> None:
    orders = [placed(world, MARKET, quantity="0.01") for _ in range(2)]
    first, second = (order["fills"][0]["tradeId"] for order in orders)

    def found(**asked: object) -> list[int]:
        answer = world.get(TRADES, symbol="BTCUSDT", **asked)
        assert answer.status == 200, answer.json
        return [row["id"] for row in answer.json]

    assert found() == [first, second]
    assert found(orderId=orders[1]["orderId"]) == [second]
    assert found(fromId=second) == [second]
    assert found(startTime=world.now_ms, endTime=world.now_ms) == [first, second]
    assert found(orderId=orders[0]["orderId"], fromId=second) == []
    for bad in ({"fromId": first}, {"orderId": orders[0]["orderId"]}):
        assert world.get(TRADES, symbol="BTCUSDT", startTime=world.now_ms, **bad).code == -1128
    row = world.get(TRADES, symbol="BTCUSDT", fromId=second).json[0]
    assert row["quoteQty"] == orders[1]["cummulativeQuoteQty"]


def test_a_symbol_without_margin_still_trades_on_spot() -> None:
    world = World(with_symbol("BTCUSDT", cross_margin=False, isolated_margin=False))
    world.deposit("USDT", "1000", SPOT)
    assert placed(world, LIMIT)["status"] == "NEW"
    listed = world.public("/api/v3/exchangeInfo", symbol="BTCUSDT").json["symbols"][0]
    assert (listed["isSpotTradingAllowed"], listed["isMarginTradingAllowed"]) == (True, False)
    assert listed["permissionSets"] == [["SPOT"]]
    world.close()


def test_a_discount_is_that_of_the_venue_where_it_has_the_asset(world: World) -> None:
    found = world.get("/api/v3/account/commission", symbol="BTCUSDT").json["discount"]
    assert found == {
        "enabledForAccount": False,
        "enabledForSymbol": True,
        "discountAsset": "BNB",
        "discount": "0.25000000",
    }
