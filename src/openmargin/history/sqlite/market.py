"""The public past as tables of an SQLite database.

Owns: the tape (aggregate trades with the trades that they are made of; see `reels`) and the candles of minutes, quarters of an
hour and hours. Candles of any other span are put together from these when they are asked for (`market_answers`).

The candles that still grow are rows of a small table of their own: a step of a market with many symbols would
otherwise touch two pages for each of them. Sums of amounts outgrow 64 bits, so they are kept in two halves that
SQLite can add up: exact for two thousand million trades.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import msgspec

from openmargin.domain.enums import Side
from openmargin.history.candles import Candle
from openmargin.history.market import AggregateTrade, MarketRows
from openmargin.history.periods import HOUR_MS, MINUTE_MS, QUARTER_MS
from openmargin.history.sqlite import reels

CANDLE_COLUMNS: Final = (
    "open, high, low, close, trades, trade_id, volume_high, volume_low, quote_high, quote_low, "
    "buy_volume_high, buy_volume_low, buy_quote_high, buy_quote_low"
)
TAPE_COLUMNS: Final = "aggregate_id, trade_id, at_ms, price, quantity, quote_quantity, is_sell, trades, parts"

SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS traded_symbols (symbol INTEGER PRIMARY KEY, name TEXT);

CREATE TABLE IF NOT EXISTS tape (symbol INTEGER, {TAPE_COLUMNS}, PRIMARY KEY (symbol, aggregate_id))
WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS candles (
    symbol INTEGER, span_ms INTEGER, open_ms INTEGER, {CANDLE_COLUMNS}, PRIMARY KEY (symbol, span_ms, open_ms)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS growing_candles (
    symbol INTEGER, span_ms INTEGER, open_ms INTEGER, {CANDLE_COLUMNS}, PRIMARY KEY (symbol, span_ms)
) WITHOUT ROWID;
{reels.SCHEMA}"""

KEYS: Final[dict[str, str]] = {
    "traded_symbols": "symbol",
    "tape": "symbol, aggregate_id",
    "reels": "symbol, first_id",
    "candles": "symbol, span_ms, open_ms",
    "growing_candles": "symbol, span_ms",
}
"""Every table and the columns of its key."""

YOUNGEST_FIRST: Final[dict[str, str]] = {"tape": "at_ms DESC, aggregate_id DESC", "candles": "open_ms DESC"}
"""What a bounded history keeps first. The other two tables have a few rows for each symbol."""

SPANS_MS: Final = (MINUTE_MS, QUARTER_MS, HOUR_MS)
"""The lengths of the candles that are kept; each is a multiple of the one before."""

HALF_BITS: Final = 32
LOW_HALF: Final = (1 << HALF_BITS) - 1

_SpanKey: TypeAlias = tuple[int, int]
"""Number of a symbol, and the length of the spans."""

_encode_parts: Final = msgspec.msgpack.Encoder().encode
_decode_parts: Final = msgspec.msgpack.Decoder(list[int]).decode


def aggregate_of(symbol: str, values: Sequence[Any]) -> AggregateTrade:
    """An aggregate trade from its row, without its symbol's number."""
    aggregate_id, trade_id, at_ms, price, quantity, quote_quantity, is_sell, _, parts = values
    return AggregateTrade(
        symbol,
        aggregate_id,
        trade_id,
        at_ms,
        price,
        Side.SELL if is_sell else Side.BUY,
        quantity,
        quote_quantity,
        _decode_parts(parts) if parts is not None else [quantity],
    )


def _candle_values(candle: Candle) -> tuple[int, ...]:
    values = [candle.open, candle.high, candle.low, candle.close, candle.trades, candle.first_trade_id]
    for amount in (candle.volume, candle.quote_volume, candle.buy_volume, candle.buy_quote_volume):
        values += (amount >> HALF_BITS, amount & LOW_HALF)
    return tuple(values)


def candle_of(values: Sequence[int]) -> Candle:
    """A candle from `CANDLE_COLUMNS`, or from the sums of them."""
    opening, high, low, close, trades, first_trade_id = values[:6]
    volume_high, volume_low, quote_high, quote_low, buy_high, buy_low, buy_quote_high, buy_quote_low = values[
        6:
    ]
    return Candle(
        opening,
        high,
        low,
        close,
        (volume_high << HALF_BITS) + volume_low,
        (quote_high << HALF_BITS) + quote_low,
        trades,
        first_trade_id,
        (buy_high << HALF_BITS) + buy_low,
        (buy_quote_high << HALF_BITS) + buy_quote_low,
    )


class SqliteMarketWriter:
    """Adds to the public past over the connection whose transactions the journal owns.

    It remembers the candles that grow, three for each symbol, and the numbers that symbols are known by.
    """

    def __init__(self, connection: sqlite3.Connection, winding: reels.Winding | None) -> None:
        """Slow stretches of the tape are wound up, unless `winding` is None."""
        self._connection = connection
        self._winding = winding
        self._numbers: dict[str, int] = {}
        self._growing: dict[_SpanKey, tuple[int, Candle]] = {}
        self._knows_what_is_kept = False

    def write(self, rows: MarketRows) -> None:
        if not rows.aggregates:
            return
        self._recall()
        self._number_new_symbols(rows)
        self._connection.executemany(
            "INSERT OR FAIL INTO tape VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    self._numbers[row.symbol],
                    row.aggregate_id,
                    row.first_trade_id,
                    row.at_ms,
                    row.price,
                    row.quantity,
                    row.quote_quantity,
                    row.taker_side is Side.SELL,
                    len(row.parts),
                    _encode_parts(row.parts) if len(row.parts) > 1 else None,
                )
                for row in rows.aggregates
            ],
        )
        self._write_candles(rows)
        if self._winding is not None:
            for row in rows.aggregates:
                number = self._numbers[row.symbol]
                if reels.ends_reel(number, row.aggregate_id, self._winding):
                    reels.wind(self._connection, number, row.aggregate_id, self._winding)

    def create(self, keep_rows: int | None) -> None:
        """Make the tables where they are missing, with what a bound on them needs."""
        self._connection.executescript(SCHEMA)
        if keep_rows is not None:
            for table, age in YOUNGEST_FIRST.items():
                self._connection.execute(f"CREATE INDEX IF NOT EXISTS {table}_by_age ON {table} ({age})")

    def trim(self, keep_rows: int) -> None:
        """Drop all but so many of the youngest rows of each table that grows."""
        for table, age in YOUNGEST_FIRST.items():
            self._connection.execute(
                f"DELETE FROM {table} WHERE ({KEYS[table]}) IN "
                f"(SELECT {KEYS[table]} FROM {table} ORDER BY {age} LIMIT -1 OFFSET ?)",
                (keep_rows,),
            )

    def clear(self) -> None:
        """Empty the tables, and forget what is remembered of them."""
        for table in KEYS:
            self._connection.execute(f"DELETE FROM {table}")
        self._numbers.clear()
        self._growing.clear()

    def _recall(self) -> None:
        """Remember what an earlier run wrote."""
        if self._knows_what_is_kept:
            return
        self._knows_what_is_kept = True
        for number, name in self._connection.execute("SELECT symbol, name FROM traded_symbols"):
            self._numbers[name] = number
        for number, span_ms, open_ms, *values in self._connection.execute("SELECT * FROM growing_candles"):
            self._growing[number, span_ms] = (open_ms, candle_of(values))

    def _number_new_symbols(self, rows: MarketRows) -> None:
        known = len(self._numbers)
        for row in rows.aggregates:
            if row.symbol not in self._numbers:
                self._numbers[row.symbol] = len(self._numbers) + 1
        new = list(self._numbers.items())[known:]
        if new:
            self._connection.executemany(
                "INSERT OR FAIL INTO traded_symbols VALUES (?, ?)", [(number, name) for name, number in new]
            )

    def _write_candles(self, rows: MarketRows) -> None:
        """Let the candles grow, and keep for good those that a later one has followed."""
        followed: list[tuple[int, ...]] = []
        touched: dict[_SpanKey, None] = {}
        for (symbol, minute_ms), minute in rows.minutes.items():
            for span_ms in SPANS_MS:
                key = (self._numbers[symbol], span_ms)
                open_ms = minute_ms - minute_ms % span_ms
                growing = self._growing.get(key)
                grown = minute
                if growing is not None and growing[0] == open_ms:
                    grown = growing[1].then(minute)
                elif growing is not None:
                    followed.append((*key, growing[0], *_candle_values(growing[1])))
                self._growing[key] = (open_ms, grown)
                touched[key] = None
        places = ", ".join("?" * 17)
        if followed:
            self._connection.executemany(f"INSERT OR FAIL INTO candles VALUES ({places})", followed)
        self._connection.executemany(
            f"INSERT OR REPLACE INTO growing_candles VALUES ({places})",
            [
                (*key, open_ms, *_candle_values(candle))
                for key in touched
                for open_ms, candle in [self._growing[key]]
            ],
        )
