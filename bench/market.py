"""(e) The market's past: a year of one symbol on disk, and how long the questions of chart makers take.

One trade every minute of the year, so that no candle is empty; written by history's own writer, asked through its
own reader. Each time is the best of several, by the clock.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from openmargin.domain.enums import Side
from openmargin.domain.events import Traded
from openmargin.domain.money import E8, notional
from openmargin.history.periods import DAY_MS, HOUR_MS, MINUTE_MS, MONTH, SECOND, WEEK, Period
from openmargin.history.rows import HistoryRows
from openmargin.history.sqlite.market import KEYS
from openmargin.history.sqlite.market_answers import MarketReader
from openmargin.history.sqlite.store import SqliteHistoryWriter

BEGIN_MS = 1_704_067_200_000
DAYS = 365
END_MS = BEGIN_MS + DAYS * DAY_MS
SYMBOL = "BTCUSDT"
ROUNDS = 5


def write(connection: sqlite3.Connection) -> None:
    writer = SqliteHistoryWriter(connection)
    writer.create()
    trade_id = 0
    for day in range(DAYS):
        rows = HistoryRows()
        for minute in range(DAY_MS // MINUTE_MS):
            trade_id += 1
            price, quantity = (60_000 + trade_id * 7919 % 1000) * E8, (1 + trade_id % 97) * E8 // 100
            side = Side.BUY if trade_id % 3 else Side.SELL
            rows.market.add(
                BEGIN_MS + day * DAY_MS + minute * MINUTE_MS,
                Traded(
                    *(SYMBOL, trade_id, price, quantity, notional(quantity, price), side),
                    *(trade_id, trade_id + 1, trade_id),
                ),
            )
        connection.execute("BEGIN")
        writer.write(rows)
        connection.execute("COMMIT")


def best_ms(ask: Callable[[], object]) -> float:
    times: list[float] = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        ask()
        times.append(time.perf_counter() - start)
    return min(times) * 1000


def questions(market: MarketReader) -> dict[str, Callable[[], int]]:
    """What is asked, and how many rows answer it."""
    quarter = 345 * MINUTE_MS

    def klines(period: Period, zone_ms: int = 0, start_ms: int | None = None) -> Callable[[], int]:
        return lambda: len(market.klines(SYMBOL, period, zone_ms, start_ms, None, END_MS - 1, 1000))

    return {
        "a year of 1d": klines(Period(DAY_MS), start_ms=BEGIN_MS),
        "a year of 1d at +05:45": klines(Period(DAY_MS), quarter),
        "a year of 1w": klines(WEEK, start_ms=BEGIN_MS),
        "a year of 1M": klines(MONTH, start_ms=BEGIN_MS),
        "a year of 1M at +05:45": klines(MONTH, quarter),
        "a year of 12h": klines(Period(12 * HOUR_MS), start_ms=BEGIN_MS),
        "1000 of 4h": klines(Period(4 * HOUR_MS)),
        "1000 of 1h": klines(Period(HOUR_MS)),
        "1000 of 1h at +05:45": klines(Period(HOUR_MS), quarter),
        "1000 of 15m": klines(Period(15 * MINUTE_MS)),
        "1000 of 1m": klines(Period(MINUTE_MS)),
        "1000 of 1s": klines(SECOND),
        "1000 trades from the middle": lambda: len(market.trades(SYMBOL, 250_000, 1000)),
        "a 24 hour window": lambda: len(market.windows([SYMBOL], END_MS - DAY_MS - 12_345)),
        "a 7 day window": lambda: len(market.windows([SYMBOL], END_MS - 7 * DAY_MS)),
    }


def run() -> None:
    """Print what a year costs to keep and to ask."""
    with (
        tempfile.TemporaryDirectory() as directory,
        closing(sqlite3.connect(Path(directory) / "market.db", isolation_level=None)) as connection,
    ):
        connection.execute("PRAGMA journal_mode = WAL")
        start = time.process_time()
        write(connection)
        seconds = time.process_time() - start
        sizes = dict(connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))
        trades = DAYS * DAY_MS // MINUTE_MS
        print(f"market: {trades:,} trades of one symbol in a year, one a minute")
        print(f"  written in {seconds / trades * 1e6:.1f} us of processor time a trade")
        for table in KEYS:
            print(f"  {table:16} {sizes[table] / 1e6:8.1f} MB, {sizes[table] / trades:6.1f} bytes a trade")
        for what, ask in questions(MarketReader(connection)).items():
            print(f"  {what:28} {best_ms(ask):8.2f} ms for {ask()} rows")
