"""Public trades and candles are what going through all trades would give, whatever came in which batch."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmargin.domain.enums import Side
from openmargin.domain.events import Traded
from openmargin.domain.money import E8
from openmargin.history.candles import Candle
from openmargin.history.compare import differences
from openmargin.history.fold import fold
from openmargin.history.periods import DAY_MS, HOUR_MS, MINUTE_MS, MONTH, SECOND, WEEK, Period
from openmargin.history.rows import HistoryRows
from openmargin.history.sqlite.market_answers import MarketReader
from openmargin.history.sqlite.reels import Winding
from openmargin.history.sqlite.store import SqliteHistoryWriter
from tests.history.naive_market import SYMBOL, NaiveMarket, Print, prints

START_MS = 1_709_164_800_000  # The 29th of February 2024.
MOST = 1 << 62
"""No trade moves more: there is no more of an asset."""

lengths = (1, 3, 5, 15, 30, 60, 120, 240, 360, 480, 720, 1440, 3 * 1440)
periods = st.sampled_from([SECOND, *(Period(minutes * MINUTE_MS) for minutes in lengths), WEEK, MONTH])
zones = st.sampled_from([0, 8 * HOUR_MS, 345 * MINUTE_MS, -210 * MINUTE_MS, 7 * MINUTE_MS, -12 * HOUR_MS])
pauses = st.one_of(
    st.just(0),
    st.integers(1, 3000),
    st.integers(1, 3 * MINUTE_MS),
    st.integers(1, 3 * HOUR_MS),
    st.integers(1, 40 * DAY_MS),
)
prices = st.integers(1, 10**16)
quantities = st.one_of(st.integers(1, 1000), st.integers(1, MOST // 32))
told_trades = st.lists(
    st.tuples(pauses, prices, quantities, st.booleans(), st.booleans()), min_size=1, max_size=30
)
moments = st.one_of(st.none(), st.integers(-1, 40 * DAY_MS).map(lambda later: START_MS + later))
limits = st.sampled_from([1, 2, 7, 1000])

WINDING = Winding(rows=3, least_ms=2_000)
"""Short enough that a few trades are on reels, and a few between them are not."""


class History:
    """A store that trades are written to in batches of some sizes, by writers that come and go."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.writer = SqliteHistoryWriter(self.connection, winding=WINDING)
        self.writer.create()

    def write(self, told: list[Print]) -> None:
        rows = HistoryRows()
        for at_ms, trade in told:
            fold(rows, 0, at_ms, [trade])
        self.writer.write(rows)

    def restart(self) -> None:
        self.writer = SqliteHistoryWriter(self.connection, winding=WINDING)

    @property
    def reader(self) -> MarketReader:
        return MarketReader(self.connection)


def batches(told: list[Print], sizes: list[int]) -> Iterator[list[Print]]:
    """The trades cut into pieces; what one taker has at one time is never cut, as in a journal."""
    batch: list[Print] = []
    for at, this in enumerate(told):
        batch.append(this)
        ends = at + 1 == len(told) or told[at + 1].trade.aggregate_id != this.trade.aggregate_id
        if ends and len(batch) >= sizes[at % len(sizes)]:
            yield batch
            batch = []
    yield batch


def begun(told: list[Print]) -> list[Print]:
    return [Print(START_MS + at_ms, trade) for at_ms, trade in told]


def kept(told: list[Print], sizes: list[int], *, restarts: bool = False) -> History:
    history = History()
    for batch in batches(told, sizes):
        history.write(batch)
        if restarts:
            history.restart()
    return history


sizes = st.lists(st.integers(1, 12), min_size=1, max_size=4)


@given(told_trades, sizes, st.booleans(), periods, zones, moments, moments, pauses, limits)
def test_candles_of_every_span_are_those_of_the_trades(
    told: list[tuple[int, int, int, bool, bool]],
    sizes: list[int],
    restarts: bool,
    period: Period,
    zone_ms: int,
    start_ms: int | None,
    end_ms: int | None,
    later_ms: int,
    limit: int,
) -> None:
    trades = begun(prints(*told))
    if period.length_ms and (trades[-1].at_ms + later_ms - START_MS) // period.length_ms > 2000:
        trades = trades[:2]
    now_ms = min(trades[-1].at_ms + later_ms, trades[0].at_ms + 3000 * (period.length_ms or DAY_MS))
    trades = [this for this in trades if this.at_ms <= now_ms]
    history = kept(trades, sizes, restarts=restarts)
    expected = NaiveMarket(trades).klines(period, zone_ms, start_ms, end_ms, now_ms, limit)
    assert history.reader.klines(SYMBOL, period, zone_ms, start_ms, end_ms, now_ms, limit) == expected
    history.connection.close()


@given(told_trades, sizes, st.booleans(), st.data())
def test_trades_and_windows_are_found_by_id_and_by_time(
    told: list[tuple[int, int, int, bool, bool]], sizes: list[int], restarts: bool, data: st.DataObject
) -> None:
    trades = begun(prints(*told))
    history, naive = kept(trades, sizes, restarts=restarts), NaiveMarket(trades)
    reader = history.reader
    ids = st.one_of(st.none(), st.integers(0, 32), st.just(2**63 - 1))
    known_ms = st.sampled_from([at_ms for at_ms, _ in trades])
    some_ms = st.one_of(moments, known_ms)
    for _ in range(5):
        from_id, limit = data.draw(ids), data.draw(limits)
        assert reader.trades(SYMBOL, from_id, limit) == naive.trades(from_id, limit)
        assert reader.aggregates(SYMBOL, from_id, None, None, limit) == naive.aggregates(
            from_id, None, None, limit
        )
        start_ms, end_ms = data.draw(some_ms), data.draw(some_ms)
        assert reader.aggregates(SYMBOL, None, start_ms, end_ms, limit) == naive.aggregates(
            None, start_ms, end_ms, limit
        )
        since_ms = data.draw(known_ms) + data.draw(st.integers(-DAY_MS, DAY_MS))
        assert reader.windows([SYMBOL], since_ms) == [naive.window(since_ms)]
    history.connection.close()


@given(told_trades, sizes, sizes)
def test_the_same_trades_are_the_same_rows_in_any_batches(
    told: list[tuple[int, int, int, bool, bool]], sizes: list[int], others: list[int]
) -> None:
    """A journal that is folded again must come to what was folded on the way."""
    trades = begun(prints(*told))
    first, second = kept(trades, sizes), kept(trades, others, restarts=True)
    assert list(differences(first.connection, second.connection)) == []
    first.connection.close()
    second.connection.close()


@pytest.fixture
def history() -> Iterator[History]:
    history = History()
    yield history
    history.connection.close()


def test_a_symbol_that_was_never_traded_has_no_past(history: History) -> None:
    reader = history.reader
    assert reader.trades(SYMBOL, None, 10) == []
    assert reader.aggregates(SYMBOL, None, None, None, 10) == []
    assert reader.klines(SYMBOL, SECOND, 0, None, None, START_MS, 10) == []
    assert reader.windows([SYMBOL], 0) == [None]


def test_symbols_do_not_mix(history: History) -> None:
    here = begun(prints((0, 100, 1, False, False), (5, 101, 1, True, False)))
    there = [
        Print(at_ms, Traded("ETHUSDT", trade.trade_id, 7, 3, 0, Side.BUY, 0, 0, trade.aggregate_id))
        for at_ms, trade in here
    ]
    history.write([here[0], there[0], there[1], here[1]])
    assert [trade.price for trade in history.reader.trades(SYMBOL, None, 10)] == [100, 101]
    assert [trade.price for trade in history.reader.trades("ETHUSDT", None, 10)] == [7, 7]
    [kline] = history.reader.klines("ETHUSDT", MONTH, 0, None, None, START_MS, 10)
    assert (kline.candle.high, kline.candle.volume) == (7, 6)


def test_sums_may_outgrow_64_bits(history: History) -> None:
    trades = begun(prints(*((HOUR_MS // 4, E8, MOST, False, False) for _ in range(100))))
    history.write(trades)
    [kline] = history.reader.klines(SYMBOL, MONTH, 0, None, None, trades[-1].at_ms, 1)
    [window] = history.reader.windows([SYMBOL], trades[0].at_ms + 1)
    assert window is not None
    assert kline.candle.volume == kline.candle.quote_volume == MOST * kline.candle.trades
    assert window.candle.volume == window.candle.buy_volume == MOST * 99


def test_nothing_is_sorted_or_scanned_to_find_it(history: History) -> None:
    """Except the trades of a few minutes at most, and the sums of candles that are to be summed."""
    history.write(begun(prints(*((MINUTE_MS, 100, 1, False, False) for _ in range(100)))))
    asked: list[str] = []
    history.connection.set_trace_callback(asked.append)
    reader = history.reader
    now_ms = START_MS + DAY_MS
    for period in (Period(MINUTE_MS), Period(HOUR_MS), Period(DAY_MS), MONTH):
        reader.klines(SYMBOL, period, 0, None, None, now_ms, 10)
        reader.klines(SYMBOL, period, 0, START_MS, now_ms, now_ms, 10)
    reader.trades(SYMBOL, None, 10)
    reader.trades(SYMBOL, 5, 10)
    reader.aggregates(SYMBOL, None, START_MS, now_ms, 10)
    reader.windows([SYMBOL], START_MS + HOUR_MS)
    history.connection.set_trace_callback(None)
    plans = [
        (query, row[3])
        for query in asked
        if query.startswith("SELECT") and "traded_symbols" not in query
        for row in history.connection.execute(f"EXPLAIN QUERY PLAN {query}")
    ]
    assert plans
    slow = [plan for plan in plans if "SCAN" in plan[1] or "TEMP B-TREE" in plan[1]]
    assert [plan for plan in slow if "SCAN CONSTANT ROW" not in plan[1]] == []


def test_a_bounded_history_forgets_the_oldest_trades(history: History) -> None:
    writer = SqliteHistoryWriter(history.connection, keep_rows=20)
    writer.create()
    history.writer = writer
    # Most of them at one moment: among these, too, the first must go first.
    told = [(HOUR_MS if number % 50 == 0 else 0, 100 + number, 1, False, False) for number in range(200)]
    trades = begun(prints(*told))
    for trade in trades:
        history.write([trade])
    reader = history.reader
    kept_trades = reader.trades(SYMBOL, None, 1000)
    assert 20 <= len(kept_trades) < 30
    assert [trade.trade_id for trade in kept_trades] == list(range(201 - len(kept_trades), 201))
    assert reader.trades(SYMBOL, 1, 1000) == kept_trades
    [window] = reader.windows([SYMBOL], START_MS)
    assert window == NaiveMarket(trades).window(START_MS)
    klines = reader.klines(SYMBOL, Period(HOUR_MS), 0, None, None, trades[-1].at_ms, 10)
    assert [kline.candle.close for kline in klines] == [149, 199, 249, 299]
    ethereum = Traded("ETHUSDT", 1, 7, 3, 0, Side.BUY, 0, 0, 1)
    for number in range(30):
        later = msgspec.structs.replace(ethereum, trade_id=number + 1, aggregate_id=number + 1)
        history.write([Print(trades[-1].at_ms + DAY_MS, later)])
    assert reader.trades(SYMBOL, None, 1000) == reader.aggregates(SYMBOL, 5, None, None, 10) == []
    [window] = reader.windows([SYMBOL], trades[-1].at_ms + MINUTE_MS)
    assert window is not None
    assert (window.candle, window.previous_close, window.last_quantity) == (Candle.flat(299), 299, 0)
    now_ms = trades[-1].at_ms + 2 * HOUR_MS
    assert reader.klines(SYMBOL, SECOND, 0, None, None, now_ms, 10) == []
    flat = reader.klines(SYMBOL, Period(HOUR_MS), 0, None, None, now_ms, 1)
    assert [kline.candle for kline in flat] == [Candle.flat(299)]


def test_a_slow_tape_is_wound_up_into_less_than_a_fifth(history: History) -> None:
    """A house that prints every second, with the jitter of a wall clock, around a walking price."""
    chance = random.Random(1)
    price = 60_000 * E8
    told: list[tuple[int, int, int, bool, bool]] = []
    for _ in range(3 * 3600):
        price += round(chance.gauss(0, 6)) * 1_000_000
        told.append((1000 + chance.randint(-3, 3), price, 9_000, False, False))
    trades = begun(prints(*told))
    loose, wound = History(), History()
    loose.writer = SqliteHistoryWriter(loose.connection, winding=Winding(rows=1 << 40))
    wound.writer = SqliteHistoryWriter(wound.connection)
    for one in (loose, wound):
        one.write(trades)
    empty = pages_of(history)
    assert (pages_of(wound) - empty) * 5 < pages_of(loose) - empty
    last = [trade.trade_id for trade in wound.reader.trades(SYMBOL, None, 1000)]
    assert last == list(range(len(trades) - 999, len(trades) + 1))
    for one in (loose, wound):
        one.connection.close()


def pages_of(history: History) -> int:
    history.connection.execute("DELETE FROM candles")
    history.connection.execute("VACUUM")
    (pages,) = history.connection.execute("PRAGMA page_count").fetchone()
    return pages
