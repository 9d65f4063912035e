"""Stops, trailing stops, icebergs and self-trade prevention over the wire."""

from __future__ import annotations

import pytest

from openmargin.config.venue_file import load_venue
from openmargin.domain.enums import SelfTradePrevention
from tests.api.world import World
from tests.api.worlds import with_symbol

ORDER = "/sapi/v1/margin/order"
PREVENTED = "/sapi/v1/margin/myPreventedMatches"
BUY: dict[str, object] = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.01"}
SELL: dict[str, object] = {**BUY, "side": "SELL"}
LIMIT: dict[str, object] = {**BUY, "type": "LIMIT", "timeInForce": "GTC", "price": "50000"}
STOP: dict[str, object] = {**BUY, "type": "STOP_LOSS", "stopPrice": "65000"}
STOP_LIMIT: dict[str, object] = {**STOP, "type": "STOP_LOSS_LIMIT", "price": "66000", "timeInForce": "GTC"}


def placed(world: World, order: dict[str, object], **more: object) -> int:
    answer = world.post(ORDER, **{**order, **more})
    assert answer.status == 200, answer.json
    return answer.json["orderId"]


def row(world: World, order_id: int, **more: object) -> dict[str, object]:
    return world.get(ORDER, symbol="BTCUSDT", orderId=order_id, **more).json


@pytest.mark.parametrize(
    "order",
    [
        STOP,
        {**SELL, "type": "STOP_LOSS", "stopPrice": "55000"},
        {**BUY, "type": "TAKE_PROFIT", "stopPrice": "55000"},
        {**SELL, "type": "TAKE_PROFIT", "stopPrice": "65000"},
        STOP_LIMIT,
        {**STOP_LIMIT, "type": "TAKE_PROFIT_LIMIT", "stopPrice": "55000", "price": "55000"},
        {**SELL, "type": "STOP_LOSS", "trailingDelta": "100"},
        {**SELL, "type": "TAKE_PROFIT", "stopPrice": "65000", "trailingDelta": "2000"},
    ],
)
def test_a_stop_waits_and_its_answer_is_short(world: World, order: dict[str, object]) -> None:
    answer = world.post(ORDER, **order)
    assert answer.status == 200, answer.json
    assert set(answer.json) == {"symbol", "orderId", "clientOrderId", "isIsolated", "transactTime"}
    found = row(world, answer.json["orderId"])
    assert (found["status"], found["isWorking"]) == ("NEW", False)
    assert float(str(found["stopPrice"])) == float(str(order.get("stopPrice", 0)))
    assert found["icebergQty"] == "0.00000000"
    full = world.post(ORDER, **{**order, "newOrderRespType": "FULL"}).json
    assert (full["status"], full["fills"]) == ("NEW", [])


def test_a_stop_works_when_its_price_comes(world: World) -> None:
    order_id = placed(world, STOP)
    world.set_index("BTCUSDT", "65100")
    found = row(world, order_id)
    assert (found["status"], found["isWorking"]) == ("FILLED", True)
    trades = world.get("/sapi/v1/margin/myTrades", symbol="BTCUSDT", orderId=order_id).json
    assert [trade["isMaker"] for trade in trades] == [False]


def test_a_trailing_stop_follows_the_best_price(world: World) -> None:
    order_id = placed(world, SELL, type="STOP_LOSS", trailingDelta=100)
    for price in ("61000", "62000", "61500"):
        world.set_index("BTCUSDT", price)
        assert row(world, order_id)["status"] == "NEW"
    world.set_index("BTCUSDT", "61300")
    assert row(world, order_id)["status"] == "FILLED"


def test_an_iceberg_shows_its_tip_and_rests_whole(world: World) -> None:
    order_id = placed(world, LIMIT, price="59999", quantity="1", icebergQty="0.1")
    found = row(world, order_id)
    assert (found["origQty"], found["icebergQty"]) == ("1.00000000", "0.10000000")
    depth = world.exchange.live.depth("BTCUSDT", 1)
    assert depth.bids[0] == (59_999 * 10**8, 10**7)


@pytest.mark.parametrize("order", [LIMIT, STOP_LIMIT, {**BUY, "type": "LIMIT_MAKER", "price": "50000"}])
def test_no_iceberg_is_an_iceberg_of_nothing(world: World, order: dict[str, object]) -> None:
    assert row(world, placed(world, order, icebergQty="0"))["icebergQty"] == "0.00000000"
    assert row(world, placed(world, order, icebergQty="0.001"))["icebergQty"] == "0.00100000"


@pytest.mark.parametrize(
    ("order", "code", "message"),
    [
        ({**STOP, "stopPrice": "55000"}, -2010, "Order would trigger immediately."),
        ({**STOP, "side": "SELL"}, -2010, "Order would trigger immediately."),
        ({**STOP, "type": "TAKE_PROFIT"}, -2010, "Order would trigger immediately."),
        (
            {**BUY, "type": "STOP_LOSS"},
            -1102,
            "Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!",
        ),
        ({**STOP, "stopPrice": "0"}, -1013, "Filter failure: PRICE_FILTER"),
        ({**STOP, "stopPrice": "65000.001"}, -1013, "Filter failure: PRICE_FILTER"),
        ({**STOP, "price": "66000"}, -1106, "Parameter 'price' sent when not required."),
        ({**STOP, "timeInForce": "GTC"}, -1106, "Parameter 'timeInForce' sent when not required."),
        ({**STOP, "quoteOrderQty": "10"}, -1106, "Parameter 'quoteOrderQty' sent when not required."),
        ({**STOP, "icebergQty": "0.001"}, -1106, "Parameter 'icebergQty' sent when not required."),
        (
            {name: value for name, value in STOP.items() if name != "quantity"},
            -1102,
            "Mandatory parameter 'quantity' was not sent, was empty/null, or malformed.",
        ),
        (
            {name: value for name, value in STOP_LIMIT.items() if name != "timeInForce"},
            -1102,
            "Mandatory parameter 'timeInForce' was not sent, was empty/null, or malformed.",
        ),
        (
            {name: value for name, value in STOP_LIMIT.items() if name != "price"},
            -1102,
            "Mandatory parameter 'price' was not sent, was empty/null, or malformed.",
        ),
        ({**LIMIT, "stopPrice": "1"}, -1106, "Parameter 'stopPrice' sent when not required."),
        ({**LIMIT, "trailingDelta": "10"}, -1106, "Parameter 'trailingDelta' sent when not required."),
        ({**STOP, "trailingDelta": "9"}, -1013, "Filter failure: TRAILING_DELTA"),
        ({**STOP, "trailingDelta": "2001"}, -1013, "Filter failure: TRAILING_DELTA"),
        ({**STOP, "trailingDelta": "0"}, -1013, "Filter failure: TRAILING_DELTA"),
        (
            {**STOP, "trailingDelta": "1.5"},
            -1100,
            "Illegal characters found in parameter 'trailingDelta'; "
            r"legal range is '^([0-9]{1,20})(\.0{1,20})?$'.",
        ),
        ({**LIMIT, "icebergQty": "0.01"}, -2010, "IcebergQty exceeds QTY."),
        ({**LIMIT, "icebergQty": "0.02"}, -2010, "IcebergQty exceeds QTY."),
        ({**LIMIT, "quantity": "0.02", "icebergQty": "0.0001"}, -1013, "Filter failure: ICEBERG_PARTS"),
        ({**LIMIT, "icebergQty": "0.000001"}, -1013, "Filter failure: LOT_SIZE"),
        (
            {**LIMIT, "icebergQty": "0.001", "timeInForce": "IOC"},
            -1160,
            "Parameter 'icebergQty' is not supported if `timeInForce` is not GTC.",
        ),
        ({**STOP_LIMIT, "price": "500000"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        ({**STOP, "quantity": "0.00001"}, -1013, "Filter failure: NOTIONAL"),
        ({**STOP, "quantity": "200"}, -1013, "Filter failure: MARKET_LOT_SIZE"),
        ({**STOP, "quantity": "5"}, -2010, "Account has insufficient balance for requested action."),
    ],
)
def test_refusals_say_what_is_wrong(world: World, order: dict[str, object], code: int, message: str) -> None:
    before = world.get("/sapi/v1/margin/account").json
    answer = world.post(ORDER, **order)
    assert (answer.status, answer.json) == (400, {"code": code, "msg": message})
    assert world.get("/sapi/v1/margin/openOrders").json == []
    assert world.get("/sapi/v1/margin/account").json == before


def test_only_so_many_may_wait_and_hide(world: World) -> None:
    for _ in range(5):
        placed(world, STOP)
    assert world.post(ORDER, **STOP).json == {"code": -1013, "msg": "Filter failure: MAX_NUM_ALGO_ORDERS"}
    for _ in range(10):
        placed(world, LIMIT, icebergQty="0.001")
    assert world.post(ORDER, **LIMIT, icebergQty="0.001").json == {
        "code": -1013,
        "msg": "Filter failure: MAX_NUM_ICEBERG_ORDERS",
    }


def test_a_limit_price_stays_near_the_index_where_the_pair_is_bound_to_it() -> None:
    world = World(with_symbol("BTCUSDT", limits_price_to_index=True))
    world.deposit("USDT", "100000")
    refused = {
        "code": -3064,
        "msg": "The limit price is out of the allowed range around the price index.",
    }
    assert world.post(ORDER, **{**LIMIT, "price": "69001"}).json == refused
    assert world.post(ORDER, **LIMIT).status == 200
    world.close()


# --- self-trade prevention -------------------------------------------------------------------------------------

INSIDE: dict[str, object] = {**LIMIT, "price": "60000"}


@pytest.mark.parametrize(
    ("mode", "taker", "maker", "told"),
    [
        ("EXPIRE_TAKER", "EXPIRED_IN_MATCH", "NEW", {"takerPreventedQuantity": "0.01000000"}),
        ("EXPIRE_MAKER", "NEW", "EXPIRED_IN_MATCH", {"makerPreventedQuantity": "0.01000000"}),
        (
            "EXPIRE_BOTH",
            "EXPIRED_IN_MATCH",
            "EXPIRED_IN_MATCH",
            {"takerPreventedQuantity": "0.01000000", "makerPreventedQuantity": "0.01000000"},
        ),
    ],
)
def test_the_takers_mode_decides(
    world: World, mode: str, taker: str, maker: str, told: dict[str, str]
) -> None:
    maker_id = placed(world, INSIDE)
    answer = world.post(ORDER, **{**INSIDE, "side": "SELL"}, selfTradePreventionMode=mode).json
    assert (answer["status"], answer["selfTradePreventionMode"], answer["fills"]) == (taker, mode, [])
    assert row(world, maker_id)["status"] == maker
    [match] = world.get(PREVENTED, symbol="BTCUSDT", orderId=maker_id).json
    assert match == {
        "symbol": "BTCUSDT",
        "preventedMatchId": match["preventedMatchId"],
        "takerOrderId": answer["orderId"],
        "makerSymbol": "BTCUSDT",
        "makerOrderId": maker_id,
        "tradeGroupId": -1,
        "selfTradePreventionMode": mode,
        "price": "60000.00000000",
        "transactTime": world.now_ms,
        **told,
    }


def test_without_prevention_one_trades_with_oneself(world: World) -> None:
    maker_id = placed(world, INSIDE)
    answer = world.post(ORDER, **{**INSIDE, "side": "SELL"}, selfTradePreventionMode="NONE").json
    assert (answer["status"], row(world, maker_id)["status"]) == ("FILLED", "FILLED")
    assert world.get(PREVENTED, symbol="BTCUSDT", orderId=maker_id).json == []


def test_the_default_mode_is_the_symbols(world: World) -> None:
    assert world.post(ORDER, **INSIDE).json["selfTradePreventionMode"] == "EXPIRE_MAKER"


def test_modes_are_refused_where_the_symbol_or_this_api_has_them_not() -> None:
    modes = (SelfTradePrevention.NONE, SelfTradePrevention.DECREMENT)
    world = World(with_symbol("BTCUSDT", self_trade_preventions=modes))
    world.deposit("USDT", "100000")
    refused = {"code": -1013, "msg": "This symbol does not allow the specified self-trade prevention mode."}
    for mode in ("EXPIRE_MAKER", "DECREMENT", "TRANSFER"):
        assert world.post(ORDER, **LIMIT, selfTradePreventionMode=mode).json == refused
    assert world.post(ORDER, **LIMIT).json["selfTradePreventionMode"] == "NONE"
    world.close()


def test_prevented_matches_are_asked_for_in_three_ways(world: World) -> None:
    makers = [placed(world, INSIDE) for _ in range(3)]
    taker_id = placed(world, {**INSIDE, "side": "SELL"}, quantity="0.03")

    def ask(**parameters: object) -> list[int]:
        answer = world.get(PREVENTED, symbol="BTCUSDT", **parameters)
        assert answer.status == 200, answer.json
        return [match["preventedMatchId"] for match in answer.json]

    ids = ask(orderId=taker_id)
    assert len(ids) == 3 == len(makers)
    assert ids == sorted(ids)
    assert ask(orderId=makers[1]) == ids[1:2]
    assert ask(preventedMatchId=ids[2]) == ids[2:]
    assert ask(orderId=taker_id, fromPreventedMatchId=ids[1]) == ids[1:]
    assert ask(orderId=99) == []
    key = world.new_key(world.new_account())
    other = world.signed("GET", PREVENTED, {"symbol": "BTCUSDT", "orderId": taker_id}, key=key)
    assert other.json == []


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"preventedMatchId": 1, "orderId": 1},
        {"fromPreventedMatchId": 1},
        {"preventedMatchId": 1, "fromPreventedMatchId": 1},
        {"preventedMatchId": 1, "orderId": 1, "fromPreventedMatchId": 1},
    ],
)
def test_other_ways_are_1128(world: World, parameters: dict[str, object]) -> None:
    assert world.get(PREVENTED, symbol="BTCUSDT", **parameters).json == {
        "code": -1128,
        "msg": "Combination of optional parameters invalid.",
    }


def test_the_default_venue_says_what_it_serves(world: World) -> None:
    [symbol] = world.public("/api/v3/exchangeInfo", symbol="BTCUSDT").json["symbols"]
    assert set(symbol["orderTypes"]) >= {"STOP_LOSS", "TAKE_PROFIT_LIMIT", "LIMIT_MAKER"}
    for flag in ("icebergAllowed", "ocoAllowed", "otoAllowed", "allowTrailingStop"):
        assert symbol[flag] is True
    assert symbol["defaultSelfTradePreventionMode"] == "EXPIRE_MAKER"
    assert len(symbol["allowedSelfTradePreventionModes"]) == len(SelfTradePrevention)
    rules = next(rules for rules in load_venue().symbols if rules.name == "BTCUSDT")
    filters = {found["filterType"]: found for found in symbol["filters"]}
    assert filters["MAX_NUM_ALGO_ORDERS"]["maxNumAlgoOrders"] == rules.max_num_algo_orders
    assert filters["ICEBERG_PARTS"]["limit"] == rules.iceberg_parts
    assert filters["TRAILING_DELTA"]["maxTrailingBelowDelta"] == rules.max_trailing_below_delta
    assert filters["MAX_NUM_ICEBERG_ORDERS"]["maxNumIcebergOrders"] == rules.max_num_iceberg_orders
    assert filters["MAX_NUM_ORDER_LISTS"]["maxNumOrderLists"] == rules.max_num_order_lists
