"""(a) The engine against other order books in Python, on one flow, and whether all did the same work.

Ours does more at each step: accounts, locked funds, commission, filters, order counts, events and invariants on what
it touched. The peers match, and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import lightmatchingengine.lightmatchingengine as light
import pyorderbook

from bench.order_flow import Operation, order_flow
from bench.venue import bench_venue
from openmargin.domain.commands import CancelOrder, CreateAccount, Deposit, Open, PlaceOrder, Record
from openmargin.domain.enums import OrderType, SelfTradePrevention, Side, SideEffect, TimeInForce
from openmargin.domain.events import AnyEvent, Traded
from openmargin.domain.money import E8
from openmargin.engine import engine as engine_module
from openmargin.engine.engine import EPOCH, Engine
from openmargin.runtime.recovery import collect_rarely, freeze_what_was_loaded

ACCOUNTS = 100
Work = tuple[float, int, int]
"""Processor seconds, which a busy machine disturbs least; trades; lots traded."""


def begin() -> float:
    """Start the watch, with the collector set as the exchange sets it: what is there already is not looked at."""
    collect_rarely()
    freeze_what_was_loaded()
    return time.process_time()


def is_compiled() -> bool:
    return str(engine_module.__file__).endswith(".so")


def funded_engine() -> Engine:
    """An exchange without a house, and accounts that can pay for anything."""
    engine = Engine()
    engine.apply(Record(0, 0, Open(bench_venue(), 1, EPOCH)))
    for account_id in range(1, ACCOUNTS + 1):
        engine.apply(Record(engine.seq + 1, 0, CreateAccount(f"trader-{account_id}")))
        for asset in ("BTC", "USDT"):
            engine.apply(Record(engine.seq + 1, 0, Deposit(account_id, "cross", asset, 3 * 10**8 * E8)))
    return engine


def records_of(flow: list[Operation], first_seq: int) -> list[Record]:
    """The flow as the gateway would hand it over; an order's id is one more than its number."""
    records: list[Record] = []
    adds = 0
    for seq, operation in enumerate(flow, first_seq):
        if operation.cancels >= 0:
            account_id = 1 + operation.cancels % ACCOUNTS
            cancel = CancelOrder(account_id, "", 0, "cross", "BTCUSDT", operation.cancels + 1, "", "cancel")
            records.append(Record(seq, seq // 20, cancel))
            continue
        records.append(Record(seq, seq // 20, _place(1 + adds % ACCOUNTS, f"order-{adds}", operation)))
        adds += 1
    return records


def ours(flow: list[Operation]) -> Work:
    engine = funded_engine()
    records = records_of(flow, engine.seq + 1)
    with_trades: list[list[AnyEvent]] = []
    start = begin()
    for record in records:
        events = engine.apply(record).events
        if len(events) > 3:  # Only a trade tells of more; the rest need not be kept alive.
            with_trades.append(events)
    seconds = time.process_time() - start
    traded = [event for events in with_trades for event in events if isinstance(event, Traded)]
    adds = sum(operation.cancels < 0 for operation in flow)
    assert engine.state.books["BTCUSDT"].next_order_id == adds + 1, "an order was refused"
    return seconds, len(traded), sum(event.quantity for event in traded) // E8


def _place(account_id: int, client_order_id: str, operation: Operation) -> PlaceOrder:
    return PlaceOrder(
        account_id,
        "",
        0,
        "cross",
        "BTCUSDT",
        Side.BUY if operation.sign > 0 else Side.SELL,
        OrderType.LIMIT,
        TimeInForce.GTC,
        operation.quantity * E8,
        0,
        operation.price * E8,
        client_order_id,
        SelfTradePrevention.NONE,
        SideEffect.NO_SIDE_EFFECT,
        True,
    )


def lightmatchingengine(flow: list[Operation]) -> Work:
    book = light.LightMatchingEngine()
    orders: list[light.Order] = []
    trades = volume = 0
    start = begin()
    for operation in flow:
        if operation.cancels >= 0:
            if orders[operation.cancels].leaves_qty:  # It fails on an order that is full.
                book.cancel_order(operation.cancels + 1, "BTCUSDT")
            continue
        side = light.Side.BUY if operation.sign > 0 else light.Side.SELL
        order, found = book.add_order("BTCUSDT", operation.price, operation.quantity, side)
        orders.append(order)
        for trade in found:
            if trade.order_id != order.order_id:
                trades += 1
                volume += trade.trade_qty
    return time.process_time() - start, trades, volume


def pyorderbook_book(flow: list[Operation]) -> Work:
    book = pyorderbook.Book()
    orders: list[pyorderbook.Order] = []
    trades = volume = 0
    start = begin()
    for operation in flow:
        if operation.cancels >= 0:
            order = orders[operation.cancels]
            if order.quantity:
                book.cancel(order)
            continue
        make = pyorderbook.bid if operation.sign > 0 else pyorderbook.ask
        order = make("BTCUSDT", operation.price, operation.quantity)
        orders.append(order)
        for trade in book.match(order).trades:
            trades += 1
            volume += trade.fill_quantity
    return time.process_time() - start, trades, volume


def run(operations: int = 200_000, seed: int = 1, rounds: int = 3) -> None:
    """Print the best of some rounds for each, turn and turn about."""
    flow = order_flow(operations, seed)
    contenders: dict[str, Callable[[list[Operation]], Work]] = {
        f"openmargin engine ({'compiled' if is_compiled() else 'plain Python'})": ours,
        "lightmatchingengine": lightmatchingengine,
        "pyorderbook": pyorderbook_book,
    }
    best: dict[str, Work] = {}
    for _ in range(rounds):
        for name, contender in contenders.items():
            work = contender(flow)
            if name not in best or work[0] < best[name][0]:
                best[name] = work
    print(f"engine: {operations} operations, seed {seed}, best of {rounds} rounds")
    fastest_peer = min(seconds for name, (seconds, _, _) in best.items() if not name.startswith("openmargin"))
    for name, (seconds, trades, volume) in best.items():
        rate = operations / seconds
        print(
            f"  {name:42} {rate:11,.0f} ops/s  {fastest_peer / seconds:6.2f}x the best peer"
            f"  {trades} trades, {volume} lots"
        )
    same = len({(trades, volume) for _, trades, volume in best.values()}) == 1
    print(f"  all did the same work: {'yes' if same else 'NO'}")
