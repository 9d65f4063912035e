"""(j) Snapshots: how long an exchange with many open orders takes to be bookmarked, and to go on from a bookmark."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from msgspec import structs

from bench.engine import is_compiled
from bench.venue import bench_venue
from openmargin.domain.commands import CreateAccount, Deposit, PlaceOrder
from openmargin.domain.enums import OrderType, SelfTradePrevention, Side, SideEffect, TimeInForce
from openmargin.domain.money import E8
from openmargin.lab.stage import Place, Stage
from openmargin.runtime.exchange import Exchange, ExchangeOptions, open_exchange
from openmargin.runtime.shelf import Start, shelf_of

ACCOUNTS = 100
TOGETHER = 1_000


def bid(number: int) -> PlaceOrder:
    """A buy that rests, each at one of four thousand prices."""
    return PlaceOrder(
        account_id=1 + number % ACCOUNTS,
        api_key="",
        expires_at_ms=0,
        scope="spot",
        symbol="BTCUSDT",
        side=Side.BUY,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        quantity=E8,
        quote_quantity=0,
        price=(5_000 + number % 4_000) * E8,
        client_order_id="",
        self_trade_prevention=SelfTradePrevention.NONE,
        side_effect=SideEffect.NO_SIDE_EFFECT,
        auto_repay_at_cancel=False,
    )


async def fill(exchange: Exchange, orders: int) -> None:
    for account_id in range(1, ACCOUNTS + 1):
        await exchange.submit(CreateAccount(f"trader-{account_id}"))
        await exchange.submit(Deposit(account_id, "spot", "USDT", 10**8 * E8))
    for start in range(0, orders, TOGETHER):
        numbers = range(start, min(start + TOGETHER, orders))
        outcomes = await asyncio.gather(*(exchange.submit(bid(number)) for number in numbers))
        assert all(outcome.rejection is None for outcome in outcomes), outcomes[0].rejection


async def measure(root: Path | None, orders: int) -> list[tuple[str, float]]:
    options = ExchangeOptions(
        directory=root, venue=bench_venue(), seed=1, virtual_start_ms=1, snapshot_every=10**9
    )

    async def open_start(start: Start) -> Exchange:
        return await open_exchange(
            structs.replace(options, directory=start.directory, resume=start.resume, is_guest=True)
        )

    async def nobody(*_: object) -> None:
        """No request comes."""

    exchange = await open_exchange(options)
    await fill(exchange, orders)
    stage = Stage(shelf_of(root), exchange, open_start, lambda found, _: Place(found, nobody, nobody))
    times = []
    for what, work in (
        ("bookmark", lambda: stage.keep("calm")),
        ("restore", lambda: stage.restore("calm", "")),
    ):
        began = time.perf_counter()
        await work()
        times.append((what, time.perf_counter() - began))
    await stage.close()
    return times


def run(orders: int = 100_000) -> None:
    """Print what a bookmark and a restore take, on disk and in memory."""
    build = "compiled" if is_compiled() else "plain Python"
    print(f"timelines: {orders} open orders ({build})")
    with tempfile.TemporaryDirectory() as name:
        for where, root in (("on disk", Path(name) / "exchange"), ("in memory", None)):
            for what, seconds in asyncio.run(measure(root, orders)):
                print(f"  {what:<9} {where:<10} {seconds:6.2f} s")
