"""(c) Recovery: how fast a journal is replayed where there is no snapshot, and how much disk an order takes.

The commands are those of the engine's measurement, with a loan, a repayment or a transfer after every fortieth. They
go through a real exchange on a real disk; replay then reads them back and checks each against both chains.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.disk import kept
from bench.engine import ACCOUNTS, begin, is_compiled, records_of
from bench.order_flow import order_flow
from bench.venue import bench_venue
from openmargin.domain.commands import AnyCommand, Borrow, CreateAccount, Deposit, PlaceOrder, Repay, Transfer
from openmargin.domain.money import E8
from openmargin.runtime.directory import DataDirectory
from openmargin.runtime.exchange import ExchangeOptions, open_exchange
from openmargin.runtime.recovery import recover
from openmargin.runtime.storage import Storage

TOGETHER = 1_000
"""Commands that are sent at once, so that they share a sync."""


def accounts() -> Iterator[AnyCommand]:
    for account_id in range(1, ACCOUNTS + 1):
        yield CreateAccount(f"trader-{account_id}")
        for asset in ("BTC", "USDT"):
            yield Deposit(account_id, "cross", asset, 3 * 10**8 * E8)


def commands(count: int, seed: int) -> Iterator[AnyCommand]:
    others = (
        lambda account_id: Borrow(account_id, "", 0, "cross", "USDT", 100 * E8),
        lambda account_id: Transfer(account_id, "", 0, "cross", "spot", "USDT", E8),
        lambda account_id: Repay(account_id, "", 0, "cross", "USDT", 50 * E8),
    )
    for number, record in enumerate(records_of(order_flow(count * 40 // 41, seed), 0)):
        yield record.command
        if number % 40 == 39:
            turn, account = divmod(number // 40, ACCOUNTS)
            yield others[turn % 3](1 + account)


async def write(directory: Path, wanted: list[AnyCommand]) -> int:
    """Have an exchange obey the commands, and leave no snapshot to its successor; how many orders there were."""
    options = ExchangeOptions(directory=directory, venue=bench_venue(), seed=1, snapshot_every=10**9)
    exchange = await open_exchange(options)
    for command in accounts():
        await exchange.submit(command)
    for start in range(0, len(wanted), TOGETHER):
        await asyncio.gather(*(exchange.submit(command) for command in wanted[start : start + TOGETHER]))
    await exchange.close()
    return sum(isinstance(command, PlaceOrder) for command in wanted)


def run(count: int = 200_000, seed: int = 1) -> None:
    """Print what one journal costs to keep and to replay."""
    wanted = list(commands(count, seed))
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "exchange"
        orders = asyncio.run(write(directory, wanted))
        size = kept(directory, pages=True)
        del wanted
        storage = Storage(DataDirectory(directory))
        wall = time.perf_counter()
        start = begin()
        recovered = recover(storage.journal, None)
        seconds, wall = time.process_time() - start, time.perf_counter() - wall
        storage.close()
    records = recovered.engine.seq + 1
    build = "compiled" if is_compiled() else "plain Python"
    print(f"recovery: a journal of {records} records, {orders} of them orders, seed {seed} ({build})")
    print(f"  replayed  {records / seconds:10,.0f} records/s of processor time, {wall:.1f} s by the clock")
    for what, mb in (("journal", size.journal / orders), ("history", size.history / orders)):
        print(f"  {what}   {mb:10,.0f} MB for a million orders and what goes with them")
