"""How market stories say an order: its words, and the list that it is part of."""

from __future__ import annotations

import re
from typing import Any

from openmargin.domain.commands import PlaceOrder, PlaceOrderList
from openmargin.domain.enums import (
    CancelRestriction,
    Contingency,
    OrderType,
    SelfTradePrevention,
    Side,
    SideEffect,
    TimeInForce,
)
from openmargin.domain.orders import Leg
from tests.engine.story_venue import amount, time_of_day

SIDE_EFFECTS = {
    "margin-buy": SideEffect.MARGIN_BUY,
    "auto-repay": SideEffect.AUTO_REPAY,
    "borrow-repay": SideEffect.AUTO_BORROW_REPAY,
}
PREVENTIONS = {
    mode.name.lower().replace("_", "-"): mode
    for mode in SelfTradePrevention
    if mode is not SelfTradePrevention.NONE
}
RESTRICTIONS = {one.name.lower().replace("_", "-"): one for one in CancelRestriction if one}
SYMBOL = re.compile(r"[A-Z]{6,}$")


def options_of(words: list[str], midnight_ms: int) -> tuple[list[str], dict[str, Any]]:
    """Split off the words that say how; times are of the day that begins then."""
    left: list[str] = []
    options: dict[str, Any] = {}
    words = list(words)
    while words:
        word = words.pop(0)
        if word == "as":
            options["as"] = words.pop(0)
        elif word == "signed":
            options["key"] = words.pop(0)
        elif word == "until":
            options["until"] = midnight_ms + time_of_day(words.pop(0))
        elif word in SIDE_EFFECTS:
            options["effect"] = SIDE_EFFECTS[word]
        elif word in RESTRICTIONS:
            options["restriction"] = RESTRICTIONS[word]
        elif word in PREVENTIONS:
            options["prevention"] = PREVENTIONS[word]
        elif word == "showing":
            options["showing"] = amount(words.pop(0))
        elif word == "trails":
            options["trails"] = round(float(words.pop(0).removesuffix("%")) * 100)
        elif word in ("ioc", "fok", "maker", "keep-loan"):
            options[word] = True
        elif SYMBOL.match(word):
            options["symbol"] = word
        else:
            left.append(word)
    return left, options


def order(
    signed: tuple[int, str, int], scope: str, verb: str, words: list[str], options: dict[str, Any]
) -> PlaceOrder:
    leg, quote_quantity = leg_of(verb, words, options)
    return PlaceOrder(
        *signed,
        scope,
        options.get("symbol", "BTCUSDT"),
        leg.side,
        leg.type,
        leg.time_in_force,
        leg.quantity,
        quote_quantity,
        leg.price,
        leg.client_order_id,
        options.get("prevention", SelfTradePrevention.NONE),
        options.get("effect", SideEffect.NO_SIDE_EFFECT),
        not options.get("keep-loan", False),
        leg.stop_price,
        leg.trailing_delta,
        leg.iceberg_quantity,
    )


def leg_of(verb: str, words: list[str], options: dict[str, Any]) -> tuple[Leg, int]:
    """One order as asked, and what it is to spend or to earn where it is sized in quote."""
    assert verb in ("buys", "sells"), f"nobody can do this: {verb}"
    quantity = quote_quantity = price = stop_price = 0
    kind = OrderType.LIMIT_MAKER if options.get("maker") else OrderType.LIMIT
    stops = {
        "stop": (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT),
        "profit": (OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT),
    }
    match words:
        case [number, "@", limit]:
            quantity, price = amount(number), amount(limit)
        case [number, "at", "market"]:
            quantity, kind = amount(number), OrderType.MARKET
        case ["for", number, _]:
            quote_quantity, kind = amount(number), OrderType.MARKET
        case [number, ("stop" | "profit") as which]:
            quantity, kind = amount(number), stops[which][0]
        case [number, ("stop" | "profit") as which, "@", limit]:
            quantity, kind, price = amount(number), stops[which][1], amount(limit)
        case [number, ("stop" | "profit") as which, stop]:
            quantity, kind, stop_price = amount(number), stops[which][0], amount(stop)
        case [number, ("stop" | "profit") as which, stop, "@", limit]:
            quantity, kind = amount(number), stops[which][1]
            stop_price, price = amount(stop), amount(limit)
        case [
            number,
            "at",
            "market",
            "for",
            sum_of_quote,
            _,
        ]:  # What no client should send, and the next.
            quantity, quote_quantity, kind = amount(number), amount(sum_of_quote), OrderType.MARKET
        case [number, "at", "market", "stop", stop]:
            quantity, kind, stop_price = amount(number), OrderType.MARKET, amount(stop)
        case _:
            raise AssertionError(f"no order reads like this: {words}")
    time_in_force = TimeInForce.GTC
    if options.get("ioc"):
        time_in_force = TimeInForce.IOC
    if options.get("fok"):
        time_in_force = TimeInForce.FOK
    leg = Leg(
        Side.BUY if verb == "buys" else Side.SELL,
        kind,
        time_in_force,
        quantity,
        price,
        stop_price,
        options.get("trails", 0),
        options.get("showing", 0),
        options.get("as", ""),
    )
    return leg, quote_quantity


def list_of_orders(account: int, scope: str, text: str, midnight_ms: int) -> PlaceOrderList:
    head, _, body = text.partition(":")
    (contingency,), options = options_of(head.split(), midnight_ms)
    legs: list[Leg] = []
    for part in body.split(";"):
        verb, *rest = part.split()
        words, own = options_of(rest, midnight_ms)
        legs.append(leg_of(verb, words, own)[0])
    return PlaceOrderList(
        account,
        options.get("key", ""),
        options.get("until", 0),
        scope,
        options.get("symbol", "BTCUSDT"),
        Contingency[contingency],
        options.get("as", ""),
        tuple(legs),
        options.get("prevention", SelfTradePrevention.NONE),
        options.get("effect", SideEffect.NO_SIDE_EFFECT),
        not options.get("keep-loan", False),
    )
