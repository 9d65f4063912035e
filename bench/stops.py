"""(e) What 100,000 waiting stops cost a trade that wakes none of them, and how a gap that wakes all is borne.

Half of them trail, with an extreme that every measured trade moves.
"""

from __future__ import annotations

import time

from bench.engine import begin, funded_engine, is_compiled
from bench.mixed import place
from bench.order_flow import MIDDLE
from openmargin.domain.commands import PlaceOrder, Record, Tick
from openmargin.domain.enums import OrderType, Side
from openmargin.engine.engine import Engine

STOPS = 100_000
TRADES = 2_000


def trailing(account_id: int, delta: int) -> PlaceOrder:
    stop = place(account_id, Side.SELL, OrderType.STOP_LOSS, 1, 0, 1)
    fields = {name: getattr(stop, name) for name in stop.__struct_fields__}
    return PlaceOrder(**{**fields, "stop_price": 0, "trailing_delta": delta})


def apply(engine: Engine, command: PlaceOrder) -> None:
    rejection = engine.apply(Record(engine.seq + 1, engine.at_ms, command)).rejection
    assert rejection is None, rejection


def trade(engine: Engine, price: int) -> None:
    """One lot changes hands at a price."""
    apply(engine, place(1, Side.SELL, OrderType.LIMIT, 1, price))
    apply(engine, place(2, Side.BUY, OrderType.LIMIT, 1, price))


def prepared(stops: int) -> Engine:
    engine = funded_engine()
    trade(engine, MIDDLE)
    for number in range(stops // 2):
        account_id = 3 + number % 50
        price = MIDDLE // 2 - number % 2_000
        apply(engine, place(account_id, Side.SELL, OrderType.STOP_LOSS, 1, 0, price))
        apply(engine, trailing(account_id, 1_500 + number % 500))
    return engine


def seconds_a_trade(engine: Engine) -> float:
    trade(engine, MIDDLE + 1)  # The trailing ones begin.
    start = begin()
    for step in range(TRADES):
        trade(engine, MIDDLE + 2 + step // 4)
    return (begin() - start) / TRADES


def run() -> None:
    build = "compiled" if is_compiled() else "plain Python"
    alone = seconds_a_trade(prepared(0))
    engine = prepared(STOPS)
    beside = seconds_a_trade(engine)
    print(
        f"stops: a trade takes {beside * 1e6:.1f} us beside {STOPS:,} waiting stops, {alone * 1e6:.1f} us alone:"
        f" {beside / alone:.2f}x ({build})"
    )
    for price in range(1, 101):
        apply(engine, place(60 + price % 20, Side.BUY, OrderType.LIMIT, STOPS // 50, MIDDLE // 4 + price))
    steps: list[float] = []
    apply(engine, place(1, Side.BUY, OrderType.LIMIT, 1, MIDDLE // 4 + 200))
    watch = time.perf_counter()
    apply(engine, place(2, Side.SELL, OrderType.LIMIT, 1, MIDDLE // 4 + 200))
    steps.append(time.perf_counter() - watch)
    while (due_ms := engine.next_due_ms()) is not None and due_ms <= engine.at_ms:
        watch = time.perf_counter()
        engine.apply(Record(engine.seq + 1, engine.at_ms, Tick()))
        steps.append(time.perf_counter() - watch)
    left = len(engine.state.books["BTCUSDT"].orders)
    print(
        f"  a gap wakes all: {sum(steps):.2f} s in {len(steps)} steps, the longest {max(steps) * 1e3:.1f} ms;"
        f" {left:,} orders left, {engine.state.books['BTCUSDT'].next_trade_id - 1:,} trades"
    )
