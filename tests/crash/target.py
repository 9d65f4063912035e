"""An exchange under load that kills itself in a phase: `-m tests.crash.target DIR PHASE OCCURRENCE ROUND`.

Each line it prints is something that somebody was told, so it must be true after the restart.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from pathlib import Path

from openmargin.domain.commands import Borrow, CreateAccount, Deposit, Transfer
from openmargin.domain.enums import Side
from openmargin.domain.ids import CROSS, SPOT
from openmargin.domain.money import E8
from openmargin.runtime.exchange import Exchange, open_exchange
from openmargin.runtime.phases import Phase
from tests.runtime.desk import ACCOUNT, HOUR_MS, VENUE, limit, options

CLIENTS = 16
RECORDS_BEFORE_A_STOP = 300


def say(line: str) -> None:
    """One write, so that a line is there whole or not at all."""
    os.write(1, f"{line}\n".encode())


class Killer:
    """The hook: at the chosen occurrence of the chosen phase, this process is no more."""

    def __init__(self, phase: Phase, occurrence: int) -> None:
        self._phase = phase
        self._left = occurrence

    def __call__(self, phase: Phase) -> None:
        if phase is not self._phase:
            return
        self._left -= 1
        if self._left == 0:
            say(f"killed {phase.value}")
            if phase is Phase.IN_SYNC:
                # The hook is called before the commit; the commit itself is what the kill should hit.
                threading.Timer(0.0002, self.kill).start()
            else:
                self.kill()

    @staticmethod
    def kill() -> None:
        os.kill(os.getpid(), signal.SIGKILL)


async def trade(exchange: Exchange, round_number: int, client: int) -> None:
    """Place one order after another, and say what became of each, with the hash of the moment."""
    number = 0
    while True:
        number += 1
        name = f"{round_number}-{client}-{number}"
        side = Side.BUY if (client + number) % 2 else Side.SELL
        # Ten levels apart: some orders rest, some meet, none is refused for being too far away.
        outcome = await exchange.submit(
            limit(side, 10_000 + (number * 7) % 10, name=name, quantity=E8 // 1000)
        )
        seq, event_chain, _ = exchange.state_hash()
        word = "placed" if outcome.rejection is None else "refused"
        say(f"{word} {outcome.seq} {name} {seq} {event_chain}")


async def live_fast(exchange: Exchange) -> None:
    """Move time on and on, a day at once."""
    while True:
        await exchange.advance(24 * HOUR_MS)
        say(f"time {exchange.clock.now_ms()}")


async def begin(exchange: Exchange) -> None:
    """Account 1, rich and in debt, so that time brings something."""
    for command in (
        CreateAccount("ann"),
        Deposit(ACCOUNT, SPOT, "BTC", 1_000_000 * E8),
        Deposit(ACCOUNT, SPOT, "USDT", 1_000_000_000 * E8),
        Transfer(ACCOUNT, "", 0, SPOT, CROSS, "BTC", 1000 * E8),
        Borrow(ACCOUNT, "", 0, CROSS, "USDT", 100 * E8),
    ):
        assert (await exchange.submit(command)).rejection is None


async def main(directory: Path, phase: Phase, occurrence: int, round_number: int) -> None:
    killer = Killer(phase, occurrence)
    # Every other kill in a snapshot meets the second process, which then takes its exchange along.
    by_second_process = phase is Phase.IN_SNAPSHOT and round_number % 2 == 1
    exchange = await open_exchange(
        options(
            directory,
            venue=VENUE,
            at=killer,
            snapshot_every=50 if by_second_process else 1_000_000,
            snapshot_command=(sys.executable, "-m", "tests.crash.killed_snapshot"),
        )
    )
    if exchange.is_new:
        await begin(exchange)
    work = [asyncio.ensure_future(trade(exchange, round_number, client)) for client in range(CLIENTS)]
    if phase is Phase.IN_ADVANCE:
        work.append(asyncio.ensure_future(live_fast(exchange)))
    elif phase is Phase.IN_SNAPSHOT and not by_second_process:
        first = exchange.state_hash()[0]
        while exchange.state_hash()[0] < first + RECORDS_BEFORE_A_STOP:
            await asyncio.sleep(0)
        await exchange.close()
    await asyncio.gather(*work)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Phase(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
