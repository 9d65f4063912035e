"""(j) Real market data: rows a second of a replay, from the file to the journal, and what memory it took."""

from __future__ import annotations

import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from openmargin.config import load_venue
from openmargin.engine import engine as engine_module
from openmargin.lab.replay.play import commands, play
from openmargin.lab.replay.sequence import MarketData
from openmargin.runtime.in_process import Beginning, InProcessExchange

DAY_MS = 86_400_000
BEGIN_MS = 1_735_689_600_000
TRADES = 300_000
CANDLES = 44_640
"""A month of minutes."""


def _trades() -> Iterator[str]:
    chance = random.Random(1)
    cents = 6_000_000
    for number in range(TRADES):
        cents += chance.randint(-200, 200)
        lots = chance.randint(1, 50_000)
        at_us = (BEGIN_MS + number * DAY_MS // TRADES) * 1000
        yield f"{number},{cents / 100:.8f},{lots / 100_000:.8f},{cents * lots / 1e7:.8f},{at_us},True,True\n"


def _candles() -> Iterator[str]:
    chance = random.Random(1)
    cents = 6_000_000
    for number in range(CANDLES):
        opened, cents = cents, cents + chance.randint(-5000, 5000)
        ends = (max(opened, cents) + 500, min(opened, cents) - 500)
        prices = ",".join(f"{price / 100:.8f}" for price in (opened, *ends, cents))
        at_ms = BEGIN_MS + number * 60_000
        yield f"{at_ms},{prices},12.50000000,{at_ms + 59_999},1.0,9,1.0,1.0,0\n"


def run() -> None:
    print("replay of data files, " + ("compiled" if str(engine_module.__file__).endswith(".so") else "plain"))
    venue = load_venue()
    with tempfile.TemporaryDirectory() as place:
        for name, lines in (("trades", _trades()), ("1m", _candles())):
            file = Path(place) / f"BTCUSDT-{name}.csv"
            with file.open("w") as target:
                target.writelines(lines)
            began = time.process_time()
            data = MarketData([file], venue)
            for _ in commands(data):
                pass
            reading = data.rows / (time.process_time() - began)
            data = MarketData([file], venue)
            exchange = InProcessExchange(Path(place) / name, Beginning(venue, 1, data.first_ms))
            began = time.perf_counter()
            played = play(exchange, data)
            seconds = time.perf_counter() - began
            exchange.close()
            print(
                f"  {name:7} {played.rows:>9,} rows  read {reading:>9,.0f} rows/s"
                f"  played {played.rows / seconds:>8,.0f} rows/s, {played.records / seconds:>8,.0f} records/s"
            )
    print(f"  largest resident memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    run()
