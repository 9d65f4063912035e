"""Questions about the public past, put to the tables of `market`.

Owns: how a moment or a trade is found on the tape, and how the candle of any span is put together: from the longest
candles that are kept, from shorter ones at its edges, and from trades where it begins within a minute.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
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
from openmargin.history.sqlite.reels import ReelReader
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
_NO_ID: Final = (1 << 63) - 1
"""Above the id of any aggregate trade."""


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
        self._reels = ReelReader(connection, number, symbol)
        self._found: dict[tuple[str, int], int] = {}
        """What `first_id` has answered already."""

    # --- the tape ----------------------------------------------------------------------------------------------

    def newest(self, until_id: int | None, limit: int) -> list[AggregateTrade]:
        """The last so many before an id, the oldest of them first."""
        until_id = _NO_ID if until_id is None else until_id
        loose = self._rows("AND aggregate_id < ? ORDER BY aggregate_id DESC LIMIT ?", until_id, limit)
        wound: list[AggregateTrade] = []
        for reel in self._reels.downwards(until_id):
            if len(wound) >= limit or (len(loose) >= limit and reel.last_id < loose[-1].aggregate_id):
                break
            rows = self._reels.rows_of(reel)
            wound += [row for row in reversed(rows) if row.aggregate_id < until_id]
        return sorted([*loose, *wound], key=_id_of)[-limit:]

    def between(self, from_id: int, until_id: int | None, limit: int) -> list[AggregateTrade]:
        """The first so many from an id on, and before another."""
        until_id = _NO_ID if until_id is None else until_id
        where = "AND aggregate_id >= ? AND aggregate_id < ? ORDER BY aggregate_id LIMIT ?"
        loose = self._rows(where, from_id, until_id, limit)
        wound: list[AggregateTrade] = []
        for reel in self._reels.upwards(from_id, until_id):
            if len(wound) >= limit or (len(loose) >= limit and reel.first_id > loose[-1].aggregate_id):
                break
            wound += [row for row in self._reels.rows_of(reel) if from_id <= row.aggregate_id < until_id]
        return sorted([*loose, *wound], key=_id_of)[:limit]

    def first_id(self, column: str, value: int) -> int:
        """The first aggregate trade whose `column`, which rises with the ids, is not below `value`.

        Their ids have no gaps: what a bounded history forgets is the oldest.
        """
        found = self._found.get((column, value))
        if found is None:
            found = self._found[column, value] = self._first_id(column, value)
        return found

    def _first_id(self, column: str, value: int) -> int:
        low, high = self._id_bounds()
        if column == "at_ms":
            begun = self._reels.begun_before(value)
            if begun is not None and begun.last_ms >= value:
                return begun.first_id + bisect_left(begun.times(), value)
            later = self._reels.first_id_from(value)
            low = low if begun is None else begun.last_id + 1
            high = high if later is None else later
        probe = f"SELECT {column} FROM tape WHERE symbol = ? AND aggregate_id = ?"
        while low < high:
            middle = (low + high) // 2
            found = self._connection.execute(probe, (self._number, middle)).fetchone()
            if found is None:
                reel = self._reels.holding(middle)
                assert reel is not None, f"{self._symbol} has no aggregate trade {middle}"
                # Moments were narrowed down to what is on no reel: it is a trade that is looked for.
                place = value - reel.trade_id
                if 0 < place <= reel.last_id - reel.first_id:
                    return reel.first_id + place
                if place > 0:
                    low = reel.last_id + 1
                else:
                    high = reel.first_id
            elif found[0] < value:
                low = middle + 1
            else:
                high = middle
        return low

    def _id_bounds(self) -> tuple[int, int]:
        """The first id that is kept, and the one behind the last."""
        low, high = self._connection.execute(
            "SELECT (SELECT min(aggregate_id) FROM tape WHERE symbol = ?1), "
            "(SELECT max(aggregate_id) FROM tape WHERE symbol = ?1)",
            (self._number,),
        ).fetchone()
        wound = self._reels.bounds()
        if wound is not None:
            low = wound[0] if low is None else min(low, wound[0])
            high = wound[1] if high is None else max(high, wound[1])
        return (0, 0) if high is None else (low, high + 1)

    def _rows(self, where: str, *values: int) -> list[AggregateTrade]:
        query = f"SELECT {TAPE_COLUMNS} FROM tape WHERE symbol = ? {where}"
        rows = self._connection.execute(query, (self._number, *values))
        return [aggregate_of(self._symbol, row) for row in rows]

    # --- candles -----------------------------------------------------------------------------------------------

    def newest_minute(self) -> tuple[int, Candle]:
        """The last minute in which anything was traded, and its candle."""
        return self._growing[MINUTE_MS]

    def begin_ms(self, period: Period) -> int:
        """When its first trade was, as far as is still known and a candle of that length needs to know."""
        if period.length_ms == SECOND_MS:
            rows = self.between(0, None, 1)
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
        pieces: list[tuple[int, Candle]] = []
        for reel in self._reels.upwards(first, until):
            pieces += self._of_loose(first, reel.first_id, span_ms)
            pieces += reel.candles(first, until, span_ms)
            first = reel.last_id + 1
        pieces += self._of_loose(first, until, span_ms)
        return _by_span(pieces, span_ms)

    def _of_loose(self, first_id: int, until_id: int, span_ms: int) -> list[tuple[int, Candle]]:
        """The same of what is on no reel, by ids."""
        if first_id >= until_id:
            return []
        return _summed(
            self._connection.execute(_CANDLES_OF_TAPE, (self._number, first_id, until_id, span_ms))
        )


def _summed(rows: Iterable[Sequence[Any]]) -> list[tuple[int, Candle]]:
    """Candles from a query that joins sums with where they begin and end."""
    return [(row[0], candle_of((row[1], row[5], row[6], row[2], *row[7:]))) for row in rows]


def _by_span(pieces: list[tuple[int, Candle]], span_ms: int) -> list[tuple[int, Candle]]:
    """Pieces in their order as one candle for each span, with the time of its first trade."""
    joined: list[tuple[int, Candle]] = []
    for at_ms, candle in pieces:
        if joined and joined[-1][0] // span_ms == at_ms // span_ms:
            joined[-1] = (joined[-1][0], joined[-1][1].then(candle))
        else:
            joined.append((at_ms, candle))
    return joined


def _id_of(row: AggregateTrade) -> int:
    return row.aggregate_id


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
