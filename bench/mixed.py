"""(d) A mixed flow on our engine: a fifth order lists, a tenth stops, a tenth orders that borrow, the rest as in (a)."""

from __future__ import annotations

import random

from bench.engine import ACCOUNTS, begin, funded_engine, is_compiled
from bench.order_flow import MIDDLE
from openmargin.domain.commands import AnyCommand, CancelOrder, PlaceOrder, PlaceOrderList, Record, Tick
from openmargin.domain.enums import (
    Contingency,
    OrderType,
    SelfTradePrevention,
    Side,
    SideEffect,
    TimeInForce,
)
from openmargin.domain.money import E8
from openmargin.domain.orders import Leg

NONE = SelfTradePrevention.NONE
GTC = TimeInForce.GTC


def place(
    account_id: int,
    side: Side,
    order_type: OrderType,
    quantity: int,
    price: int = 0,
    stop_price: int = 0,
    side_effect: SideEffect = SideEffect.NO_SIDE_EFFECT,
) -> PlaceOrder:
    """An order in lots and ticks."""
    return PlaceOrder(
        account_id,
        "",
        0,
        "cross",
        "BTCUSDT",
        side,
        order_type,
        GTC,
        quantity * E8,
        0,
        price * E8,
        "",
        NONE,
        side_effect,
        True,
        stop_price * E8,
    )


def bracket(account_id: int, chance: random.Random) -> PlaceOrderList:
    """A buy with a take profit and a stop loss behind it, or a plain pair."""
    quantity = chance.randint(1, 20) * E8
    above = Leg(Side.SELL, OrderType.LIMIT_MAKER, GTC, quantity, (MIDDLE + chance.randint(210, 400)) * E8)
    below = Leg(Side.SELL, OrderType.STOP_LOSS, GTC, quantity, 0, (MIDDLE - chance.randint(210, 400)) * E8)
    legs: tuple[Leg, ...] = (above, below)
    contingency = Contingency.OCO
    if chance.random() < 0.5:
        working = Leg(Side.BUY, OrderType.LIMIT, GTC, quantity, (MIDDLE - chance.randint(4, 200)) * E8)
        legs, contingency = (working, above, below), Contingency.OTOCO
    return PlaceOrderList(
        account_id, "", 0, "cross", "BTCUSDT", contingency, "", legs, NONE, SideEffect.NO_SIDE_EFFECT, True
    )


def command(number: int, chance: random.Random) -> AnyCommand:
    account_id = 1 + number % ACCOUNTS
    side = chance.choice((Side.BUY, Side.SELL))
    draw = chance.random()
    if draw < 0.2:
        return bracket(account_id, chance)
    quantity = chance.randint(1, 20)
    if draw < 0.3:
        away = chance.randint(210, 400) * side
        return place(account_id, side, OrderType.STOP_LOSS, quantity, 0, MIDDLE + away)
    if draw < 0.4:
        effect = SideEffect.AUTO_BORROW_REPAY
        return place(account_id, side, OrderType.MARKET, quantity, side_effect=effect)
    if draw < 0.7:
        order_id = chance.randint(1, 1 + number)
        return CancelOrder(account_id, "", 0, "cross", "BTCUSDT", order_id, "", "cancel")
    depth = chance.randint(4, 200) if draw < 0.95 else -chance.randint(4, 40)
    return place(account_id, side, OrderType.LIMIT, quantity, MIDDLE - side * depth)


def run(operations: int = 100_000, seed: int = 1) -> None:
    engine = funded_engine()
    chance = random.Random(seed)
    commands = [command(number, chance) for number in range(operations)]
    refused = 0
    start = begin()
    for number, asked in enumerate(commands):
        at_ms = number // 20
        while (due_ms := engine.next_due_ms()) is not None and due_ms <= at_ms:
            engine.apply(Record(engine.seq + 1, max(engine.at_ms, due_ms), Tick()))
        refused += engine.apply(Record(engine.seq + 1, at_ms, asked)).rejection is not None
    seconds = begin() - start
    build = "compiled" if is_compiled() else "plain Python"
    book = engine.state.books["BTCUSDT"]
    print(
        f"mixed: {operations / seconds:,.0f} ops/s ({build}), {operations} operations, seed {seed},"
        f" {refused} refused, {book.next_trade_id - 1} trades, {len(engine.state.lists)} lists open"
    )
