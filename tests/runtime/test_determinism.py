"""The same commands give the same bytes, whatever order a process's sets and dictionaries hash to."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from openmargin.domain.commands import CreateAccount, Deposit, SetIndex
from openmargin.domain.enums import Side
from openmargin.domain.ids import SPOT
from openmargin.domain.money import E8
from openmargin.runtime.exchange import Exchange
from tests.runtime.desk import ACCOUNT, HOUR_MS, VENUE, limit, run
from tests.runtime.test_time import owe


async def story(exchange: Exchange) -> None:
    """A bit of everything: users, the house, loans, time, prices."""
    await owe(exchange)
    for number in range(2, 12):
        await exchange.submit(CreateAccount(f"user {number}"))
        await exchange.submit(Deposit(number, SPOT, "ETH", number * E8))
    for number in range(200):
        side = Side.BUY if number % 3 else Side.SELL
        await exchange.submit(limit(side, 10_000 + number % 17 - 8, quantity=E8 // 1000))
        if number % 20 == 0:
            await exchange.submit(
                SetIndex((("BTCUSDT", (59_000 + number * 10) * E8), ("ETHUSDT", 3000 * E8)))
            )
    await exchange.advance(30 * HOUR_MS)
    await exchange.submit(Deposit(ACCOUNT, SPOT, "NOSUCH", 1))


def records(directory: Path) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(directory / "openmargin.db")
    found = connection.execute("SELECT * FROM records ORDER BY seq").fetchall()
    connection.close()
    return found


def test_two_processes_write_the_same_journal_byte_for_byte(tmp_path: Path) -> None:
    for hash_seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-m", "tests.runtime.test_determinism", tmp_path / hash_seed],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            check=True,
        )
    first = records(tmp_path / "1")
    assert len(first) > 200
    assert first == records(tmp_path / "2")


if __name__ == "__main__":
    run(story, Path(sys.argv[1]), venue=VENUE)
