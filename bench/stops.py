"""(e) What 100,000 waiting stops cost a trade that wakes none of them, and how a gap that wakes all is borne.

Half of them trail, with an extreme that every measured trade moves.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.engine import begin, funded_engine, is_compiled
from bench.mixed import place
from bench.order_flow import MIDDLE
from bench.recovery import TOGETHER, accounts
from bench.venue import bench_venue
from openmargin.domain.commands import PlaceOrder, Record, Tick
from openmargin.domain.enums import OrderType, Side
from openmargin.engine.engine import Engine
from openmargin.runtime.exchange import ExchangeOptions, open_exchange

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


def waiting(stops: int) -> Iterator[PlaceOrder]:
    """So many stops below the market, half of them trailing, of fifty accounts."""
    for number in range(stops // 2):
        account_id = 3 + number % 50
        yield place(account_id, Side.SELL, OrderType.STOP_LOSS, 1, 0, MIDDLE // 2 - number % 2_000)
        yield trailing(account_id, 1_500 + number % 500)


def bids_below(stops: int) -> Iterator[PlaceOrder]:
    """Somebody who buys all that the stops will sell, and the bid that the price falls to."""
    for step in range(1, 101):
        yield place(60 + step % 20, Side.BUY, OrderType.LIMIT, stops // 50, MIDDLE // 4 + step)
    yield place(1, Side.BUY, OrderType.LIMIT, 1, MIDDLE // 4 + 200)


GAP = place(2, Side.SELL, OrderType.LIMIT, 1, MIDDLE // 4 + 200)
"""The sale whose price wakes them all."""


def prepared(stops: int) -> Engine:
    engine = funded_engine()
    trade(engine, MIDDLE)
    for stop in waiting(stops):
        apply(engine, stop)
    return engine


def seconds_a_trade(engine: Engine) -> float:
    trade(engine, MIDDLE + 1)  # The trailing ones begin.
    start = begin()
    for step in range(TRADES):
        trade(engine, MIDDLE + 2 + step // 4)
    return (begin() - start) / TRADES


async def through_the_writer(directory: Path) -> tuple[list[float], float, int]:
    """The same gap in a whole exchange on disk, while somebody else goes on placing orders.

    Gives the latencies of those orders, the seconds until all had woken, and the orders left.
    """
    options = ExchangeOptions(directory=directory, venue=bench_venue(), seed=1, snapshot_every=10**9)
    exchange = await open_exchange(options)
    for command in accounts():
        await exchange.submit(command)
    first = [place(1, side, OrderType.LIMIT, 1, MIDDLE) for side in (Side.SELL, Side.BUY)]
    then = [place(1, side, OrderType.LIMIT, 1, MIDDLE + 1) for side in (Side.SELL, Side.BUY)]
    setting: list[PlaceOrder] = [*first, *waiting(STOPS), *then, *bids_below(STOPS)]
    for start in range(0, len(setting), TOGETHER):
        await asyncio.gather(*(exchange.submit(command) for command in setting[start : start + TOGETHER]))
    other = place(90, Side.BUY, OrderType.LIMIT, 1, MIDDLE // 8)
    latencies: list[float] = []
    began = time.perf_counter()
    gap = asyncio.ensure_future(exchange.submit(GAP))
    await asyncio.sleep(0)
    while exchange.live.is_busy():
        sent = time.perf_counter()
        await exchange.submit(other)
        latencies.append(time.perf_counter() - sent)
    seconds = time.perf_counter() - began
    await gap
    left = sum(len(exchange.live.open_orders(account_id, "cross", None)) for account_id in range(3, 53))
    await exchange.close()
    return sorted(latencies), seconds, left


def run() -> None:
    build = "compiled" if is_compiled() else "plain Python"
    alone = seconds_a_trade(prepared(0))
    engine = prepared(STOPS)
    beside = seconds_a_trade(engine)
    print(
        f"stops: a trade takes {beside * 1e6:.1f} us beside {STOPS:,} waiting stops, {alone * 1e6:.1f} us alone:"
        f" {beside / alone:.2f}x ({build})"
    )
    for bid in bids_below(STOPS):
        apply(engine, bid)
    commands: list[PlaceOrder | Tick] = [GAP]
    steps: list[float] = []
    while commands:
        watch = time.perf_counter()
        engine.apply(Record(engine.seq + 1, engine.at_ms, commands.pop()))
        steps.append(time.perf_counter() - watch)
        due_ms = engine.next_due_ms()
        if due_ms is not None and due_ms <= engine.at_ms:
            commands.append(Tick())
    print(
        f"  a gap wakes all: {sum(steps):.2f} s in {len(steps)} steps, the longest {max(steps) * 1e3:.1f} ms"
    )
    with tempfile.TemporaryDirectory() as name:
        latencies, seconds, left = asyncio.run(through_the_writer(Path(name)))
    print(
        f"  through the writer: all have woken after {seconds:.1f} s, {left} left; meanwhile {len(latencies)} orders"
        f" of somebody else, p50 {latencies[len(latencies) // 2] * 1e3:.1f} ms,"
        f" p99 {latencies[len(latencies) * 99 // 100] * 1e3:.1f} ms, the longest {latencies[-1] * 1e3:.1f} ms"
    )
