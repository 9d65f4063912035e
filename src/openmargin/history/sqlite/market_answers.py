"""Questions about the public past, put to the tables of `market`.

Owns: how a moment or a trade is found on the tape, and how the candle of any span is put together: from the longest
candles that are kept, from shorter ones at its edges, and from trades where it begins within a minute.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any, Final

from openmargin.history import queries
from openmargin.history.candles import Candle
from openmargin.history.market import AggregateTrade, Kline, PublicTrade, Window
from openmargin.history.periods import MINUTE_MS, SECOND_MS, Period
from openmargin.history.sqlite.market import (
    CANDLE_COLUMNS,
    HALF_BITS,
    LOW_HALF,
    SPANS_MS,
    TAPE_COLUMNS,
    aggregate_of,
    candle_of,
)
from openmargin.history.sqlite.tables import Answers

_CANDLES_BETWEEN: Final = "FROM candles WHERE symbol = ?1 AND span_ms = ?2 AND open_ms >= ?3 AND open_ms < ?4"
_CANDLE_SUMS: Final = (
    "max(high), min(low), sum(trades), min(trade_id), sum(volume_high), sum(volume_low), sum(quote_high), "
    "sum(quote_low), sum(buy_volume_high), sum(buy_volume_low), sum(buy_quote_high), sum(buy_quote_low)"
)
_ONE_CANDLE: Final = (
    f"SELECT (SELECT open {_CANDLES_BETWEEN} ORDER BY open_ms LIMIT 1), "
    f"(SELECT close {_CANDLES_BETWEEN} ORDER BY open_ms DESC LIMIT 1), {_CANDLE_SUMS} {_CANDLES_BETWEEN}"
)
_HALVES: Final = ", ".join(
    f"sum({share}({amount} >> {HALF_BITS})), sum({share}({amount} & {LOW_HALF}))"
    for share in ("", "(1 - is_sell) * ")
    for amount in ("quantity", "quote_quantity")
)
_CANDLES_OF_TAPE: Final = (
    "WITH spans AS (SELECT min(aggregate_id) AS first, max(aggregate_id) AS last, "
    f"max(price), min(price), sum(trades), min(trade_id), {_HALVES} FROM tape "
    "WHERE symbol = ?1 AND aggregate_id >= ?2 AND aggregate_id < ?3 GROUP BY at_ms / ?4) "
    "SELECT opening.at_ms, opening.price, closing.price, spans.* FROM spans "
    "JOIN tape AS opening ON opening.symbol = ?1 AND opening.aggregate_id = spans.first "
    "JOIN tape AS closing ON closing.symbol = ?1 AND closing.aggregate_id = spans.last ORDER BY spans.first"
)
_ALL_TIME_MS: Final = 1 << 62
"""A span that holds every moment."""


class MarketReader:
    """The public past over one connection, to be used by one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def trades(self, symbol: str, from_id: int | None, limit: int) -> list[PublicTrade]:
        with self._one_moment():
            tape = self._tape(symbol)
            if tape is None:
                return []
            if from_id is None:
                found = [trade for row in tape.newest(None, limit) for trade in row.trades()]
                return found[-limit:]
            # The one before may hold it among its own.
            first = tape.first_id("trade_id", from_id + 1) - 1
            rows = tape.between(first, None, limit + 1)
            return [trade for row in rows for trade in row.trades() if trade.trade_id >= from_id][:limit]

    def aggregates(
        self, symbol: str, from_id: int | None, start_ms: int | None, end_ms: int | None, limit: int
    ) -> list[AggregateTrade]:
        with self._one_moment():
            tape = self._tape(symbol)
            if tape is None:
                return []
            until = tape.first_id("at_ms", end_ms + 1) if end_ms is not None else None
            if from_id is not None:
                return tape.between(from_id, until, limit)
            if start_ms is not None:
                return tape.between(tape.first_id("at_ms", start_ms), until, limit)
            return tape.newest(until, limit)

    def klines(
        self,
        symbol: str,
        period: Period,
        zone_ms: int,
        start_ms: int | None,
        end_ms: int | None,
        now_ms: int,
        limit: int,
    ) -> list[Kline]:
        with self._one_moment():
            tape = self._tape(symbol)
            if tape is None:
                return []
            last_ms = period.open_of(now_ms if end_ms is None else min(end_ms, now_ms), zone_ms)
            begin_ms = period.open_of(tape.begin_ms(period), zone_ms)
            if start_ms is None:
                begin_ms = max(begin_ms, period.step(last_ms, 1 - limit, zone_ms))
            elif start_ms > begin_ms:
                open_ms = period.open_of(start_ms, zone_ms)
                begin_ms = period.step(open_ms, open_ms < start_ms, zone_ms)
            bounds = [begin_ms]
            while bounds[-1] <= last_ms and len(bounds) <= limit:
                bounds.append(period.step(bounds[-1], 1, zone_ms))
            return self._klines(tape, period, bounds) if len(bounds) > 1 else []

    def windows(self, symbols: Sequence[str], start_ms: int) -> list[Window | None]:
        with self._one_moment():
            return [self._window(symbol, start_ms) for symbol in symbols]

    def _klines(self, tape: _Tape, period: Period, bounds: list[int]) -> list[Kline]:
        begin_ms, until_ms = bounds[0], bounds[-1]
        found: dict[int, Candle] = {}
        if period.length_ms == SECOND_MS:
            found = tape.seconds(begin_ms, until_ms)
        elif period.length_ms in SPANS_MS and begin_ms % period.length_ms == 0:
            found = tape.kept(period.length_ms, begin_ms, until_ms)
        else:
            for open_ms, next_ms in pairwise(bounds):
                candle = tape.candle(open_ms, next_ms)
                if candle is not None:
                    found[open_ms] = candle
        klines: list[Kline] = []
        close = tape.close_before(begin_ms) if begin_ms not in found else 0
        for open_ms, next_ms in pairwise(bounds):
            candle = found.get(open_ms) or Candle.flat(close)
            klines.append(Kline(open_ms, next_ms, candle))
            close = candle.close
        return klines

    def _window(self, symbol: str, start_ms: int) -> Window | None:
        tape = self._tape(symbol)
        if tape is None:
            return None
        newest_ms, newest = tape.newest_minute()
        candle = tape.candle(start_ms, newest_ms + MINUTE_MS)
        last = tape.newest(None, 1)
        return Window(
            candle or Candle.flat(newest.close),
            last[0].parts[-1] if last else 0,
            tape.close_before(start_ms),
        )

    def _tape(self, symbol: str) -> _Tape | None:
        """None where the symbol was never traded."""
        found = self._connection.execute(
            "SELECT symbol FROM traded_symbols WHERE name = ?", (symbol,)
        ).fetchone()
        return _Tape(self._connection, found[0], symbol) if found is not None else None

    @contextmanager
    def _one_moment(self) -> Generator[None]:
        """Let all queries see the same past, whoever writes meanwhile."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.execute("COMMIT")


class _Tape:
    """What is kept of one symbol."""

    def __init__(self, connection: sqlite3.Connection, number: int, symbol: str) -> None:
        self._connection = connection
        self._number = number
        self._symbol = symbol
        self._growing: dict[int, tuple[int, Candle]] = {
            span_ms: (open_ms, candle_of(values))
            for span_ms, open_ms, *values in connection.execute(
                f"SELECT span_ms, open_ms, {CANDLE_COLUMNS} FROM growing_candles WHERE symbol = ?", (number,)
            )
        }
        """The candles that the next trade may change, by their length; nothing is kept that is newer."""

    # --- the tape ----------------------------------------------------------------------------------------------

    def newest(self, until_id: int | None, limit: int) -> list[AggregateTrade]:
        bound = "" if until_id is None else "AND aggregate_id < ? "
        values = [self._number, limit] if until_id is None else [self._number, until_id, limit]
        return self._rows(f"{bound}ORDER BY aggregate_id DESC LIMIT ?", values)[::-1]

    def between(self, from_id: int, until_id: int | None, limit: int) -> list[AggregateTrade]:
        bound = "" if until_id is None else "AND aggregate_id < ? "
        values = [from_id, limit] if until_id is None else [from_id, until_id, limit]
        return self._rows(
            f"AND aggregate_id >= ? {bound}ORDER BY aggregate_id LIMIT ?", [self._number, *values]
        )

    def first_id(self, column: str, value: int) -> int:
        """The first aggregate trade whose `column`, which rises with the ids, is not below `value`.

        Their ids have no gaps: what a bounded history forgets is the oldest.
        """
        low, high = self._connection.execute(
            "SELECT (SELECT min(aggregate_id) FROM tape WHERE symbol = ?1), "
            "(SELECT max(aggregate_id) FROM tape WHERE symbol = ?1)",
            (self._number,),
        ).fetchone()
        if high is None:
            return 0
        probe = f"SELECT {column} FROM tape WHERE symbol = ? AND aggregate_id = ?"
        high += 1
        while low < high:
            middle = (low + high) // 2
            if self._connection.execute(probe, (self._number, middle)).fetchone()[0] < value:
                low = middle + 1
            else:
                high = middle
        return low

    def _rows(self, where: str, values: list[int]) -> list[AggregateTrade]:
        query = f"SELECT {TAPE_COLUMNS} FROM tape WHERE symbol = ? {where}"
        return [aggregate_of(self._symbol, row) for row in self._connection.execute(query, values)]

    # --- candles -----------------------------------------------------------------------------------------------

    def newest_minute(self) -> tuple[int, Candle]:
        """The last minute in which anything was traded, and its candle."""
        return self._growing[MINUTE_MS]

    def begin_ms(self, period: Period) -> int:
        """When its first trade was, as far as is still known and a candle of that length needs to know."""
        if period.length_ms == SECOND_MS:
            rows = self._rows("ORDER BY aggregate_id LIMIT 1", [self._number])
            return rows[0].at_ms if rows else _ALL_TIME_MS
        (first_ms,) = self._connection.execute(
            "SELECT min(open_ms) FROM candles WHERE symbol = ? AND span_ms = ?", (self._number, MINUTE_MS)
        ).fetchone()
        return self._growing[MINUTE_MS][0] if first_ms is None else first_ms

    def seconds(self, begin_ms: int, until_ms: int) -> dict[int, Candle]:
        """Candles of single seconds, by their beginning."""
        return {
            at_ms - at_ms % SECOND_MS: candle
            for at_ms, candle in self._of_trades(begin_ms, until_ms, SECOND_MS)
        }

    def kept(self, span_ms: int, begin_ms: int, until_ms: int) -> dict[int, Candle]:
        """Candles as they are kept, by their beginning."""
        rows = self._connection.execute(
            f"SELECT open_ms, {CANDLE_COLUMNS} {_CANDLES_BETWEEN}",
            (self._number, span_ms, begin_ms, until_ms),
        )
        found = {open_ms: candle_of(values) for open_ms, *values in rows}
        growing_ms, growing = self._growing[span_ms]
        if begin_ms <= growing_ms < until_ms:
            found[growing_ms] = growing
        return found

    def candle(self, begin_ms: int, until_ms: int) -> Candle | None:
        """The candle of any span of time; None where nothing was traded."""
        if begin_ms >= self.newest_minute()[0] + MINUTE_MS:
            return None
        before: list[Candle | None] = []
        behind: list[Candle | None] = []
        take = self._candle_of_trades
        for span_ms in SPANS_MS:
            first_ms, last_ms = _up(begin_ms, span_ms), _down(until_ms, span_ms)
            if first_ms >= last_ms:
                break
            before.append(take(begin_ms, first_ms))
            behind.append(take(last_ms, until_ms))
            begin_ms, until_ms = first_ms, last_ms
            take = partial(self._candle_of, span_ms)
        return _joined([*before, take(begin_ms, until_ms), *reversed(behind)])

    def close_before(self, at_ms: int) -> int:
        """The price of the last trade before a moment; 0 where there was none."""
        newest_ms, newest = self.newest_minute()
        if newest_ms + MINUTE_MS <= at_ms:
            return newest.close
        rows = self.newest(self.first_id("at_ms", at_ms), 1)
        if rows:
            return rows[0].price
        # A bounded history may know the minute and not its trades any more.
        row = self._connection.execute(
            "SELECT close FROM candles WHERE symbol = ? AND span_ms = ? AND open_ms <= ? "
            "ORDER BY open_ms DESC LIMIT 1",
            (self._number, MINUTE_MS, at_ms - MINUTE_MS),
        ).fetchone()
        return row[0] if row is not None else 0

    def _candle_of(self, span_ms: int, begin_ms: int, until_ms: int) -> Candle | None:
        """From candles as they are kept."""
        if begin_ms >= until_ms:
            return None
        row = self._connection.execute(_ONE_CANDLE, (self._number, span_ms, begin_ms, until_ms)).fetchone()
        growing_ms, growing = self._growing[span_ms]
        return _joined(
            [
                candle_of((row[0], *row[2:4], row[1], *row[4:])) if row[0] is not None else None,
                growing if begin_ms <= growing_ms < until_ms else None,
            ]
        )

    def _candle_of_trades(self, begin_ms: int, until_ms: int) -> Candle | None:
        if begin_ms >= until_ms:
            return None
        return _joined([candle for _, candle in self._of_trades(begin_ms, until_ms, _ALL_TIME_MS)])

    def _of_trades(self, begin_ms: int, until_ms: int, span_ms: int) -> list[tuple[int, Candle]]:
        """Candles of spans in which anything was traded, with the time of their first trade."""
        first, until = self.first_id("at_ms", begin_ms), self.first_id("at_ms", until_ms)
        return _summed(self._connection.execute(_CANDLES_OF_TAPE, (self._number, first, until, span_ms)))


def _summed(rows: Iterable[Sequence[Any]]) -> list[tuple[int, Candle]]:
    """Candles from a query that joins sums with where they begin and end."""
    return [(row[0], candle_of((row[1], row[5], row[6], row[2], *row[7:]))) for row in rows]


def _joined(pieces: Sequence[Candle | None]) -> Candle | None:
    joined: Candle | None = None
    for piece in pieces:
        if piece is not None:
            joined = piece if joined is None else joined.then(piece)
    return joined


def _up(at_ms: int, span_ms: int) -> int:
    return -(-at_ms // span_ms) * span_ms


def _down(at_ms: int, span_ms: int) -> int:
    return at_ms - at_ms % span_ms


def _trades(connection: sqlite3.Connection, asked: queries.PublicTrades) -> list[PublicTrade]:
    return MarketReader(connection).trades(asked.symbol, asked.from_id, asked.limit)


def _aggregates(connection: sqlite3.Connection, asked: queries.AggregateTrades) -> list[AggregateTrade]:
    reader = MarketReader(connection)
    return reader.aggregates(asked.symbol, asked.from_id, asked.start_ms, asked.end_ms, asked.limit)


def _klines(connection: sqlite3.Connection, asked: queries.Klines) -> list[Kline]:
    return MarketReader(connection).klines(
        asked.symbol, asked.period, asked.zone_ms, asked.start_ms, asked.end_ms, asked.now_ms, asked.limit
    )


def _windows(connection: sqlite3.Connection, asked: queries.Windows) -> list[Window | None]:
    return MarketReader(connection).windows(asked.symbols, asked.start_ms)


ANSWERS: Final[Answers] = {
    queries.PublicTrades: _trades,
    queries.AggregateTrades: _aggregates,
    queries.Klines: _klines,
    queries.Windows: _windows,
}
