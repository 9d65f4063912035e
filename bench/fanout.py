"""(k) Streams: events a second to many subscribers, and how long after an order is durable its execution report comes.

The exchange is on disk, and its server in this process; those who listen are in another, so that each has a core. Orders
are submitted to the exchange itself: what HTTP costs is measured elsewhere.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop

from bench.engine import is_compiled
from bench.venue import bench_venue
from openmargin.config import Settings
from openmargin.domain.commands import Deposit, OpenListenKey, PlaceOrder
from openmargin.domain.enums import OrderType, SelfTradePrevention, Side, SideEffect, TimeInForce, UserStream
from openmargin.domain.events import ListenKeyKept, OrderOpened
from openmargin.domain.ids import SPOT
from openmargin.domain.money import E8
from openmargin.main import build
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.feed import Happened
from openmargin.runtime.listen_names import listen_key
from openmargin.runtime.secrets import MASTER_KEY_BYTES, MASTER_KEY_VARIABLE, SecretKeeper
from openmargin.server.http_server import HttpServer
from openmargin.server.listening import listen

SUBSCRIBERS = (1, 50, 200)
TRADES = 5_000
TOGETHER = 32
"""Trades that share a sync of the disk."""
REPORTS = 1_000
PACE_SECONDS = 0.005
STREAM = "/ws/btcusdt@trade"
MAKER, TAKER = 1, 2
_KEY = bytes(MASTER_KEY_BYTES)


def order(account_id: int, side: Side, name: str = "", price: int = 10_000) -> PlaceOrder:
    return PlaceOrder(
        *(account_id, "", 0, SPOT, "BTCUSDT", side, OrderType.LIMIT, TimeInForce.GTC),
        *(E8, 0, price * E8, name, SelfTradePrevention.NONE, SideEffect.NO_SIDE_EFFECT, False),
    )


@asynccontextmanager
async def served(directory: Path) -> AsyncIterator[tuple[Exchange, int]]:
    """An exchange with two rich accounts, and its port."""
    os.environ[MASTER_KEY_VARIABLE] = _KEY.hex()
    settings = Settings(data=str(directory), market="none")
    exchange, application = await build(settings, bench_venue())
    for account_id in (MAKER, TAKER):
        for asset in ("BTC", "USDT"):
            await exchange.submit(Deposit(account_id, SPOT, asset, 4 * 10**8 * E8))
    with listen("127.0.0.1", 0) as listener:
        ready = asyncio.Event()
        server = HttpServer(application, settings.log_level, ready.set, sockets=application.sockets)
        serving = asyncio.create_task(server.serve([listener]))
        await ready.wait()
        try:
            yield exchange, listener.getsockname()[1]
        finally:
            server.stop()
            await serving
            await exchange.close()


class Listeners:
    """Clients in a process of their own."""

    def __init__(self, port: int, connections: int, messages: int, path: str) -> None:
        command = (sys.executable, "-m", "bench.listen", "127.0.0.1")
        self._process = subprocess.Popen(
            (*command, *map(str, (port, connections, messages)), path), stdout=subprocess.PIPE, text=True
        )

    async def line(self) -> str:
        assert self._process.stdout is not None
        line = await asyncio.to_thread(self._process.stdout.readline)
        assert line, "the listeners ended: see what they said"
        return line

    async def ready(self) -> None:
        assert await self.line() == "ready\n"

    async def end(self) -> tuple[int, dict[str, int]]:
        """When the last message came, and when each report did."""
        said = json.loads(await self.line())
        self._process.wait()
        return said["end_ns"], said["reports"]


async def trade(exchange: Exchange) -> None:
    """One order rests and one takes it, many times."""
    for _ in range(0, TRADES, TOGETHER):
        pair = (order(MAKER, Side.SELL), order(TAKER, Side.BUY))
        outcomes = await asyncio.gather(*(exchange.submit(command) for command in pair * TOGETHER))
        assert all(outcome.rejection is None for outcome in outcomes), outcomes[0]


async def fan_out(directory: Path, subscribers: int) -> None:
    trades = -(-TRADES // TOGETHER) * TOGETHER
    async with served(directory) as (exchange, port):
        listeners = Listeners(port, subscribers, trades, STREAM) if subscribers else None
        if listeners is not None:
            await listeners.ready()
        start_ns, began = time.perf_counter_ns(), time.process_time()
        await trade(exchange)
        end_ns = time.perf_counter_ns() if listeners is None else (await listeners.end())[0]
        seconds, processor = (end_ns - start_ns) / 1e9, time.process_time() - began
    events = trades * subscribers
    print(
        f"  {subscribers:4} subscribers {trades / seconds:9,.0f} trades/s {events / seconds:11,.0f} events/s"
        f"  {processor / seconds:5.2f} of a processor"
    )


async def reports(directory: Path, others: int) -> None:
    """Orders one by one, on a server whose market others listen to."""
    async with served(directory) as (exchange, port):
        durable: dict[str, int] = {}
        note = exchange.subscribe()
        # Called where a record becomes durable; whoever reads a subscription is a turn of the loop later.
        note.put = lambda happened: _note(durable, happened)
        opened = await exchange.submit(OpenListenKey(MAKER, "", 0, SPOT, UserStream.TRADE, 1 << 40))
        kept = next(event for event in opened.events if isinstance(event, ListenKeyKept))
        path = "/ws/" + listen_key(SecretKeeper(_KEY), kept.nonce)
        crowd = Listeners(port, others, 1 << 30, STREAM) if others else None
        if crowd is not None:
            await crowd.ready()
        # A resting order brings two messages: its report, and what its account holds.
        listener = Listeners(port, 1, 2 * REPORTS, path)
        await listener.ready()
        for number in range(REPORTS):
            await exchange.submit(order(MAKER, Side.BUY, f"bench-{number}", price=9_000))
            if others:
                await exchange.submit(order(TAKER, Side.SELL))
                await exchange.submit(order(TAKER, Side.BUY))
            await asyncio.sleep(PACE_SECONDS)
        _, came = await listener.end()
        if crowd is not None:
            crowd._process.kill()
        note.close()
    waits = sorted(came[name] - at for name, at in durable.items() if name in came)
    assert len(waits) == REPORTS, f"{len(waits)} reports of {REPORTS} came"
    print(
        f"  {others:4} others listen: execution report after p50 {waits[len(waits) // 2] / 1e6:6.3f} ms"
        f"  p99 {waits[len(waits) * 99 // 100] / 1e6:6.3f} ms"
    )


def _note(durable: dict[str, int], happened: Happened) -> None:
    now = time.perf_counter_ns()
    for event in happened.events:
        if isinstance(event, OrderOpened) and event.order.spec.client_order_id.startswith("bench-"):
            durable[event.order.spec.client_order_id] = now


def run() -> None:
    print(f"fanout: streams over WebSockets ({'compiled' if is_compiled() else 'plain Python'})")
    for subscribers in (0, *SUBSCRIBERS):
        with tempfile.TemporaryDirectory() as directory:
            uvloop.run(fan_out(Path(directory), subscribers))
    for others in (0, SUBSCRIBERS[-1]):
        with tempfile.TemporaryDirectory() as directory:
            uvloop.run(reports(Path(directory), others))
