"""(d) Idling: what an exchange costs that nobody asks anything, for a day.

Measured over a short while and multiplied, once with nothing to do, and once with one client's order in the book, for
which the index walks and the house quotes.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path

from bench.disk import Kept, kept
from bench.engine import is_compiled
from openmargin.config import Settings
from openmargin.domain.commands import Deposit, PlaceOrder
from openmargin.domain.enums import OrderType, SelfTradePrevention, Side, SideEffect, TimeInForce
from openmargin.domain.money import E8
from openmargin.main import build
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.secrets import MASTER_KEY_BYTES, MASTER_KEY_VARIABLE
from openmargin.server.http_server import HttpServer
from openmargin.server.listening import listen

DAY_SECONDS = 86_400


async def idle(directory: Path, seconds: float) -> tuple[float, Kept]:
    """Processor seconds, and what was written meanwhile."""
    before, began = kept(directory, pages=False), time.process_time()
    await asyncio.sleep(seconds)
    return time.process_time() - began, kept(directory, pages=False).since(before)


async def leave_an_order(exchange: Exchange) -> None:
    """Far below the market, where it stays."""
    await exchange.submit(Deposit(1, "cross", "USDT", 1_000_000 * E8))
    outcome = await exchange.submit(
        PlaceOrder(
            *(1, "", 0, "cross", "BTCUSDT", Side.BUY, OrderType.LIMIT, TimeInForce.GTC),
            *(E8 // 100, 0, 20_000 * E8, "", SelfTradePrevention.NONE, SideEffect.NO_SIDE_EFFECT, True),
        )
    )
    assert outcome.rejection is None, outcome.rejection


async def measure(directory: Path, seconds: float) -> None:
    # Otherwise a first start would leave a key of its own with the user's settings.
    os.environ[MASTER_KEY_VARIABLE] = "00" * MASTER_KEY_BYTES
    settings = Settings(data=str(directory))
    exchange, application = await build(settings)
    with listen("127.0.0.1", 0) as listener:
        ready = asyncio.Event()
        server = HttpServer(application, settings.log_level, ready.set)
        serving = asyncio.create_task(server.serve([listener]))
        await ready.wait()
        for what in ("nothing to do", "one order rests"):
            if what == "one order rests":
                await leave_an_order(exchange)
            cpu, written = await idle(directory, seconds)
            days = DAY_SECONDS / seconds
            print(
                f"  {what:16} {cpu:8.3f} s of processor and {written.journal + written.history:,} bytes"
                f" in {seconds:g} s; for a day {cpu * days:8,.1f} s,"
                f" {written.journal * days / 1e6:.1f} MB of journal, {written.history * days / 1e6:.1f} MB of history"
            )
        server.stop()
        await serving
    await exchange.close()


def run(seconds: float = 10) -> None:
    print(
        f"idle: a served exchange with the default venue ({'compiled' if is_compiled() else 'plain Python'})"
    )
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(measure(Path(directory), seconds))
