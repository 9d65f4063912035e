"""Orders over the wire: what each type takes, what the answers hold, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from openmargin.api.windows import DAY_MS
from tests.api.world import SPOT, World, resting_price

ORDER = "/sapi/v1/margin/order"
OPEN = "/sapi/v1/margin/openOrders"
MARKET: dict[str, object] = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET"}
LIMIT: dict[str, object] = {
    **MARKET,
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "50000",
}
MAKER: dict[str, object] = {**MARKET, "type": "LIMIT_MAKER", "quantity": "0.01", "price": "50000"}

ACK = {"symbol", "orderId", "clientOrderId", "isIsolated", "transactTime"}
RESULT = ACK | {
    "price",
    "origQty",
    "executedQty",
    "cummulativeQuoteQty",
    "status",
    "timeInForce",
    "type",
    "side",
    "selfTradePreventionMode",
}


def without(order: dict[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in order.items() if name not in names}


@pytest.mark.parametrize(
    ("order", "asked", "fields"),
    [
        (LIMIT, None, RESULT | {"fills"}),
        (LIMIT, "ACK", ACK),
        (LIMIT, "RESULT", RESULT),
        ({**MARKET, "quantity": "0.01"}, None, RESULT | {"fills"}),
        ({**MARKET, "quantity": "0.01"}, "RESULT", RESULT),
        (MAKER, None, ACK),
        (MAKER, "FULL", RESULT | {"fills"}),
    ],
)
def test_the_response_type_is_the_asked_one_or_the_types_own(
    world: World, order: dict[str, object], asked: str | None, fields: set[str]
) -> None:
    answer = world.post(ORDER, **order, **({"newOrderRespType": asked} if asked else {}))
    assert answer.status == 200, answer.json
    assert set(answer.json) == fields


@pytest.mark.parametrize(
    ("order", "message"),
    [
        (without(LIMIT, "price"), "Mandatory parameter 'price' was not sent, was empty/null, or malformed."),
        (
            without(LIMIT, "timeInForce"),
            "Mandatory parameter 'timeInForce' was not sent, was empty/null, or malformed.",
        ),
        (
            without(LIMIT, "quantity"),
            "Mandatory parameter 'quantity' was not sent, was empty/null, or malformed.",
        ),
        (
            without(LIMIT, "symbol"),
            "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.",
        ),
        (MARKET, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!"),
        ({**LIMIT, "quoteOrderQty": "10"}, "Parameter 'quoteOrderQty' sent when not required."),
        ({**LIMIT, "stopPrice": "1"}, "Parameter 'stopPrice' sent when not required."),
        ({**LIMIT, "trailingDelta": "10"}, "Parameter 'trailingDelta' sent when not required."),
        ({**MARKET, "quantity": "1", "price": "1"}, "Parameter 'price' sent when not required."),
        (
            {**MARKET, "quantity": "1", "timeInForce": "GTC"},
            "Parameter 'timeInForce' sent when not required.",
        ),
        ({**MARKET, "quantity": "1", "quoteOrderQty": "1"}, "Combination of optional parameters invalid."),
        ({**MAKER, "timeInForce": "GTC"}, "Parameter 'timeInForce' sent when not required."),
        ({**LIMIT, "timeInForce": "GTX"}, "Invalid timeInForce."),
        ({**LIMIT, "side": "LONG"}, "Invalid side."),
        ({**LIMIT, "type": "STOP"}, "Invalid orderType."),
        ({**LIMIT, "quantity": "0"}, "Price * QTY is zero or less."),
        ({**LIMIT, "price": "0.0"}, "Price * QTY is zero or less."),
        ({**LIMIT, "quantity": "0.000000001"}, "Parameter 'quantity' has too much precision."),
        ({**LIMIT, "symbol": "XYZUSDT"}, "Invalid symbol."),
        ({**LIMIT, "isIsolated": "TRUE"}, "Isolated margin account does not exist."),
        (
            {**LIMIT, "selfTradePreventionMode": "DECREMENT"},
            "This symbol does not allow the specified self-trade prevention mode.",
        ),
        (
            {**LIMIT, "selfTradePreventionMode": "MAYBE"},
            "Data sent for parameter 'selfTradePreventionMode' is not valid.",
        ),
        ({**LIMIT, "sideEffectType": "BORROW"}, "Data sent for parameter 'sideEffectType' is not valid."),
        ({**LIMIT, "price": "50000.001"}, "Filter failure: PRICE_FILTER"),
        ({**LIMIT, "quantity": "0.000001"}, "Filter failure: LOT_SIZE"),
        ({**LIMIT, "price": "1"}, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        ({**LIMIT, "quantity": "0.00001"}, "Filter failure: NOTIONAL"),
        ({**MAKER, "price": "70000"}, "Order would immediately match and take."),
        ({**LIMIT, "quantity": "3"}, "Account has insufficient balance for requested action."),
    ],
)
def test_refusals_say_what_is_wrong(world: World, order: dict[str, object], message: str) -> None:
    answer = world.post(ORDER, **order)
    assert (answer.status, answer.json["msg"]) == (400, message)


def test_a_fill_is_told_as_it_happened(world: World) -> None:
    bought = world.post(ORDER, **MARKET, quantity="2", sideEffectType="AUTO_BORROW_REPAY").json
    assert bought["status"] == "FILLED"
    assert bought["price"] == "0.00000000"
    quantities = [_atoms(fill["qty"]) for fill in bought["fills"]]
    assert sum(quantities) == _atoms(bought["executedQty"]) == 2 * 10**8
    assert len({fill["tradeId"] for fill in bought["fills"]}) == len(quantities) > 1
    assert bought["marginBuyBorrowAsset"] == "USDT"
    assert isinstance(bought["marginBuyBorrowAmount"], int | float)


def test_counterparties_stay_out_of_the_answer(world: World) -> None:
    """Two users meet inside the spread: the taker's answer holds the taker's fills alone."""
    bob = world.new_account()
    world.deposit("USDT", "100000", account_id=bob)
    price = {"price": "60000", "quantity": "0.5", "timeInForce": "GTC"}
    maker = world.signed("POST", ORDER, {**MARKET, "type": "LIMIT", **price}, key=world.new_key(bob)).json
    taker = world.post(ORDER, **{**MARKET, "side": "SELL", "type": "LIMIT"}, **price).json
    assert maker["status"] == "NEW"
    assert (taker["status"], len(taker["fills"])) == ("FILLED", 1)
    assert taker["fills"][0]["commissionAsset"] == "USDT"
    trade = world.get("/sapi/v1/margin/myTrades", symbol="BTCUSDT").json
    assert [(row["id"], row["isMaker"], row["isBuyer"]) for row in trade] == [
        (taker["fills"][0]["tradeId"], False, False)
    ]


def test_an_unfilled_fok_is_expired_in_the_answer(world: World) -> None:
    answer = world.order(timeInForce="FOK")
    assert (answer.json["status"], answer.json["fills"]) == ("EXPIRED", [])


def test_a_quote_quantity_sizes_a_market_order(world: World) -> None:
    answer = world.post(ORDER, **MARKET, quoteOrderQty="600.06")
    assert answer.json["status"] == "FILLED"
    assert _atoms(answer.json["cummulativeQuoteQty"]) <= _atoms("600.06")


def test_cancel_names_order_and_cancel(world: World) -> None:
    placed = world.order(newClientOrderId="mine").json
    answer = world.delete(
        ORDER, symbol="BTCUSDT", orderId=placed["orderId"], origClientOrderId="mine", newClientOrderId="bye"
    ).json
    assert answer["orderId"] == str(placed["orderId"])
    assert (answer["origClientOrderId"], answer["clientOrderId"]) == ("mine", "bye")
    assert answer["status"] == "CANCELED"
    again = world.delete(ORDER, symbol="BTCUSDT", orderId=placed["orderId"])
    assert again.json == {"code": -2011, "msg": "Unknown order sent."}


def test_cancel_by_both_names_needs_both_to_fit(world: World) -> None:
    placed = world.order(newClientOrderId="mine").json
    answer = world.delete(ORDER, symbol="BTCUSDT", orderId=placed["orderId"], origClientOrderId="other")
    assert answer.code == -2011


def test_one_of_the_two_names_must_be_sent(world: World) -> None:
    for ask in (world.get, world.delete):
        assert ask(ORDER, symbol="BTCUSDT").json == {
            "code": -1102,
            "msg": "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
        }


def test_cancel_all_answers_every_order_and_then_nothing(world: World) -> None:
    ids = [world.order().json["orderId"] for _ in range(3)]
    assert [row["orderId"] for row in world.delete(OPEN, symbol="BTCUSDT").json] == ids
    assert world.delete(OPEN, symbol="BTCUSDT").code == -2011


def test_an_order_is_found_open_and_after(world: World) -> None:
    placed = world.order(newClientOrderId="mine").json
    by_id: dict[str, Any] = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
    by_name: dict[str, Any] = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}
    for name in (by_id, by_name, {**by_id, **by_name}):
        assert world.get(ORDER, **name).json["status"] == "NEW"
    world.delete(ORDER, **by_id)
    for name in (by_id, by_name, {**by_id, **by_name}):
        assert world.get(ORDER, **name).json["status"] == "CANCELED"
    assert world.get(ORDER, **{**by_id, "origClientOrderId": "other"}).json == {
        "code": -2013,
        "msg": "Order does not exist.",
    }
    assert world.get(ORDER, symbol="ETHUSDT", orderId=placed["orderId"]).code == -2013


@pytest.mark.parametrize("path", [ORDER, "/api/v3/order"])
def test_an_order_that_came_to_nothing_is_archived_after_ninety_days(world: World, path: str) -> None:
    world.deposit("USDT", "10000", SPOT)
    order = {**LIMIT, "price": resting_price(world.exchange)}
    undone = {"symbol": "BTCUSDT", "orderId": world.post(path, **order).json["orderId"]}
    open_still = {"symbol": "BTCUSDT", "orderId": world.post(path, **order).json["orderId"]}
    market = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
    done = {"symbol": "BTCUSDT", "orderId": world.post(path, **market).json["orderId"]}
    world.delete(path, **undone)
    world.advance(90 * DAY_MS)
    assert world.get(path, **undone).json["status"] == "CANCELED"
    world.advance(1)
    assert world.get(path, **undone).json == {
        "code": -2026,
        "msg": "Order was canceled or expired with no executed qty over 90 days ago and has been archived.",
    }
    assert world.get(path, **open_still).json["status"] == "NEW"
    assert world.get(path, **done).json["status"] == "FILLED"


def test_an_open_order_hides_an_older_one_of_its_name(world: World) -> None:
    first = world.order(newClientOrderId="mine").json["orderId"]
    world.delete(ORDER, symbol="BTCUSDT", orderId=first)
    second = world.order(newClientOrderId="mine").json["orderId"]
    assert world.get(ORDER, symbol="BTCUSDT", origClientOrderId="mine").json["orderId"] == second
    assert world.order(newClientOrderId="mine").json == {"code": -2010, "msg": "Duplicate order sent."}


def test_another_accounts_orders_are_no_orders(world: World) -> None:
    placed = world.order().json["orderId"]
    key = world.new_key(world.new_account())
    name = {"symbol": "BTCUSDT", "orderId": placed}
    assert world.signed("GET", ORDER, name, key=key).code == -2013
    assert world.signed("DELETE", ORDER, name, key=key).code == -2011
    assert world.signed("GET", OPEN, key=key).json == []


def test_open_orders_of_one_symbol_or_of_all(world: World) -> None:
    world.order()
    world.order(symbol="ETHUSDT", price="3000", quantity="0.1")
    assert [row["symbol"] for row in world.get(OPEN).json] == ["BTCUSDT", "ETHUSDT"]
    assert [row["symbol"] for row in world.get(OPEN, symbol="ETHUSDT").json] == ["ETHUSDT"]
    assert world.get(OPEN, symbol="XYZUSDT").code == -1121


def test_placements_are_counted(world: World) -> None:
    world.order()
    rows = world.get("/sapi/v1/margin/rateLimit/order").json
    assert [(row["interval"], row["intervalNum"], row["count"]) for row in rows] == [
        ("SECOND", 10, 1),
        ("DAY", 1, 1),
    ]


def test_parameters_may_come_in_a_form_body(world: World) -> None:
    order = {**LIMIT, "price": resting_price(world.exchange)}
    assert world.signed("POST", ORDER, order, in_body=True).status == 200
    assert len(world.signed("DELETE", OPEN, {"symbol": "BTCUSDT"}, in_body=True).json) == 1


def _atoms(text: str) -> int:
    whole, fraction = text.split(".")
    return int(whole + fraction.ljust(8, "0"))
