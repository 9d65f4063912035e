"""Real market data played to an exchange of this process: what each kind of file does, and which are refused."""

import io
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from openmargin import Exchange
from openmargin.config import load_venue
from openmargin.domain.enums import Side
from openmargin.history import queries
from openmargin.history.candles import Candle
from openmargin.history.periods import Period
from openmargin.lab.replay.files import BadData
from openmargin.lab.replay.play import Played, commands
from openmargin.lab.replay.progress import Progress
from openmargin.lab.replay.sequence import MarketData
from tests.lab.data_files import (
    BEGIN,
    DAY,
    KLINE_HEADER,
    MINUTE,
    TRADE_HEADER,
    candles,
    trades,
    write_csv,
    write_zip,
)

START = datetime.fromtimestamp(BEGIN / 1000, UTC)
VENUE = load_venue()


def played(*files: Path, skip_damaged: bool = False) -> tuple[Played, Exchange]:
    exchange = Exchange(start=START)
    return exchange.replay(*files, skip_damaged=skip_damaged), exchange


def test_a_day_of_trades_gives_the_same_hash_twice_and_the_tape_of_the_files(tmp_path: Path) -> None:
    lines = trades(2000)
    file = write_csv(tmp_path / "BTCUSDT-trades-2025-01-01.csv", lines)
    first, exchange = played(file)
    second, again = played(file)
    assert (first, exchange.hash(), exchange.state_hash()) == (second, again.hash(), again.state_hash())
    assert (first.rows, first.skipped, first.remarks) == (2000, 0, ())
    assert first.last_ms == BEGIN + DAY - DAY // 2000
    tape = [
        (
            trade.at_ms,
            Decimal(trade.price) / 10**8,
            Decimal(trade.quantity) / 10**8,
            trade.taker_side is Side.SELL,
        )
        for trade in exchange.fetch(queries.PublicTrades(symbol="BTCUSDT", limit=1000))
    ]
    told = [line.split(",") for line in lines[-1000:]]
    assert tape == [(int(row[4]), Decimal(row[1]), Decimal(row[2]), row[5] == "True") for row in told]


@pytest.mark.parametrize(
    "write",
    [
        lambda at: write_zip(at / "BTCUSDT-trades-2025-01-01.zip", trades(50), checksum=True),
        lambda at: write_zip(at / "BTCUSDT-trades-2025-01-01.zip", trades(50, unit=1000)),
        lambda at: write_csv(at / "BTCUSDT-trades-2025-01-01.csv", trades(50), TRADE_HEADER),
        lambda at: write_csv(at / "BTCUSDT.csv", [line.lower() + "\r" for line in trades(50)]),
        lambda at: write_csv(at / "BTCUSDT-trades.csv", [line.rpartition(",")[0] for line in trades(50)]),
        lambda at: write_csv(
            at / "BTCUSDT-aggTrades-2025-01-01.csv",
            [
                f"{number},{price},{quantity},{number},{number},{moment},{side},{best}"
                for number, price, quantity, _, moment, side, best in (line.split(",") for line in trades(50))
            ],
        ),
    ],
    ids=["zip with checksum", "microseconds", "header", "lower case", "futures", "aggTrades"],
)
def test_every_form_of_the_same_trades_is_the_same_market(
    tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    plain, _ = played(write_csv(tmp_path / "BTCUSDT-plain.csv", trades(50)))
    assert played(write(tmp_path))[0].event_chain == plain.event_chain


def moves(*files: Path) -> list[tuple[int, str, int, int, Side]]:
    data = MarketData(files, VENUE)
    return [(at, symbol, move.price, move.quantity, move.side) for at, symbol, move in data]


@pytest.mark.parametrize(
    ("prices", "path"),
    [("100,110,90,105", [100, 90, 110, 105]), ("100,110,90,95", [100, 110, 90, 95])],
    ids=["rising", "falling"],
)
def test_a_candle_goes_to_the_far_extreme_first(tmp_path: Path, prices: str, path: list[int]) -> None:
    row = f"{BEGIN * 1000},{prices},10,{(BEGIN + MINUTE) * 1000 - 1},1000,9,5,500,0"
    found = moves(write_csv(tmp_path / "BTCUSDT-1m-2025-01.csv", [row], KLINE_HEADER))
    assert [at - BEGIN for at, *_ in found] == [0, 19_999, 39_999, 59_999]
    assert [price // 10**8 for _, _, price, _, _ in found] == path
    assert sum(quantity for *_, quantity, _ in found) == 10 * 10**8


def test_a_month_of_minute_candles_becomes_the_candles_of_the_exchange(tmp_path: Path) -> None:
    lines = candles(600, unit=1000)
    files = [
        write_zip(tmp_path / name, part, KLINE_HEADER, checksum=True)
        for name, part in (("BTCUSDT-1m-2025-02.zip", lines[250:]), ("BTCUSDT-1m-2025-01.zip", lines[:250]))
    ]
    report, exchange = played(*files)
    assert (report.rows, report.remarks) == (600, ())
    question = queries.Klines(
        symbol="BTCUSDT", period=Period(MINUTE), zone_ms=0, now_ms=exchange.now_ms, limit=599
    )
    told = [
        (kline.open_ms, *(Decimal(number) / 10**8 for number in _numbers(kline.candle)))
        for kline in exchange.fetch(question)
    ]
    written = [line.split(",") for line in lines[1:]]
    # The first candle also has the trade that every exchange begins with.
    assert told == [(int(cells[0]) // 1000, *map(Decimal, cells[1:6])) for cells in written]


def _numbers(candle: Candle) -> tuple[int, ...]:
    return candle.open, candle.high, candle.low, candle.close, candle.volume


def test_several_symbols_are_played_side_by_side(tmp_path: Path) -> None:
    found = moves(
        write_csv(tmp_path / "ETHUSDT-trades.csv", trades(20, begin=BEGIN + 1000)),
        write_csv(tmp_path / "BTCUSDT-trades.csv", trades(20)),
    )
    assert [at for at, *_ in found] == sorted(at for at, *_ in found)
    assert [symbol for _, symbol, *_ in found[:3]] == ["BTCUSDT", "ETHUSDT", "BTCUSDT"]


def test_gaps_and_doubled_rows_are_told_and_each_row_is_played_once(tmp_path: Path) -> None:
    lines = trades(100)
    files = [
        write_csv(tmp_path / "BTCUSDT-trades-b.csv", lines[40:70]),
        write_csv(tmp_path / "BTCUSDT-trades-c.csv", lines[75:]),
        write_csv(tmp_path / "BTCUSDT-trades-a.csv", lines[:50]),
    ]
    report, _ = played(*files)
    assert (report.rows, report.doubled) == (95, 10)
    assert [remark.rpartition("/")[2] for remark in report.remarks] == [
        "BTCUSDT-trades-b.csv: 10 rows were told already; passed over",
        "BTCUSDT-trades-c.csv, line 1: 5 trades are missing before it",
    ]


def test_a_gap_of_candles_is_told_in_time(tmp_path: Path) -> None:
    lines = candles(10)
    report, _ = played(write_csv(tmp_path / "BTCUSDT-1m-2025-01.csv", [*lines[:4], *lines[6:]]))
    assert [remark.rpartition("/")[2] for remark in report.remarks] == [
        "BTCUSDT-1m-2025-01.csv, line 5: 120000 ms of candles are missing before it"
    ]


def test_what_trades_in_one_millisecond_at_one_price_is_one_record(tmp_path: Path) -> None:
    told = [("0.1", "True"), ("0.2", "True"), ("0.3", "False"), ("0.4", "True")]
    lines = [f"{n},60000.00,{quantity},1,{BEGIN},{side},True" for n, (quantity, side) in enumerate(told)]
    data = MarketData([write_csv(tmp_path / "BTCUSDT-trades.csv", lines)], VENUE)
    traded = [command.trades for _, command in commands(data)]
    assert [(quantity, side) for ((_, quantity, side),) in traded] == [
        (30_000_000, Side.SELL),
        (30_000_000, Side.BUY),
        (40_000_000, Side.SELL),
    ]


DAMAGE = {
    "3,60000": "it has 2 columns, and a trade 7",
    "3,sixty,0.1,1,1735689600000,True,True": "its price is no decimal of at most eight places",
    "3,0,0.1,1,1735689600000,True,True": "its price is not above zero",
    "3,60000.000000001,0.1,1,1735689600000,True,True": "its price is no decimal of at most eight places",
    "3,60000,-0.1,1,1735689600000,True,True": "its qty is no decimal of at most eight places",
    "3,60000,0.1,1,yesterday,True,True": "its time is no whole number of at most 18 digits",
    f"3,60000,0.1,1,{'9' * 5000},True,True": "its time is no whole number of at most 18 digits",
    "3,60000,0.1,1,1735689600000000000,True,True": "its time is no whole number of at most 18 digits",
    "3,60000,0.1,1,99999999999999,True,True": "its time lies after the year 2099",
    "1002,60000,800000000000,1,1735698240000,True,True": "more is traded in its minute than an exchange can count:"
    " 46116860184 of the base asset, or of the quote asset, at most",
    "1002,60000,800000,1,1735698240000,True,True": "more is traded in its minute than an exchange can count:"
    " 46116860184 of the base asset, or of the quote asset, at most",
    "3,60000,0.1,1,1735689600000,perhaps,True": "whether the buyer was the maker is neither true nor false",
    "x3,60000,0.1,1,1735689600000,True,True": "its trade id is no whole number of at most 18 digits",
    "3,60000000,0.1,1,1735689600000,True,True": "no order at its price may stand in BTCUSDT",
    "\xff\xff": "it has 1 columns, and a trade 7",
}


@pytest.mark.parametrize("line", DAMAGE)
def test_a_damaged_line_ends_the_replay_there_or_is_passed_over(tmp_path: Path, line: str) -> None:
    lines = trades(20)
    file = write_csv(tmp_path / "BTCUSDT-trades.csv", [*lines[:2], line, *lines[3:]])
    exchange = Exchange(start=START)
    before = exchange.mark()
    with pytest.raises(BadData) as refused:
        exchange.replay(file)
    assert str(refused.value) == f"{file}, line 3: {DAMAGE[line]}"
    assert exchange.mark() == before + 1, (
        "the row before it waits for its like, and nothing after it is played"
    )
    report, _ = played(file, skip_damaged=True)
    assert (report.rows, report.skipped) == (19, 1)
    assert report.remarks[0] == f"{file}, line 3: {DAMAGE[line]}; passed over"


def test_a_minute_takes_no_more_than_can_be_counted_and_the_next_one_does(tmp_path: Path) -> None:
    lines = [f"{number},60000,700000,1,{BEGIN + number},True,True" for number in (1, 2)]
    lines.append(f"3,60000,700000,1,{BEGIN + MINUTE},True,True")
    report, exchange = played(write_csv(tmp_path / "BTCUSDT-trades.csv", lines), skip_damaged=True)
    assert (report.rows, report.skipped) == (2, 1)
    assert exchange.state_hash()


def test_candles_of_months_are_of_one_kind(tmp_path: Path) -> None:
    def month(begin: int, days: int, name: str) -> Path:
        cells = f"{begin},60000,60000,60000,60000,1.5,{begin + days * DAY - 1},1,1,1,1,0"
        return write_csv(tmp_path / name, [cells])

    january = month(BEGIN, 31, "BTCUSDT-1mo-2025-01.csv")
    february = month(BEGIN + 31 * DAY, 28, "BTCUSDT-1mo-2025-02.csv")
    data = MarketData([february, january], VENUE)
    assert [at_ms for at_ms, _, _ in data][::4] == [BEGIN, BEGIN + 31 * DAY]
    assert data.remarks == []


def test_a_damaged_candle_is_found(tmp_path: Path) -> None:
    good = candles(1)[0].split(",")
    for change, problem in (
        ({2: "1.00"}, "open and close do not lie between low and high"),
        ({6: str(BEGIN - 1)}, "it closes before it opens"),
    ):
        cells = [change.get(place, cell) for place, cell in enumerate(good)]
        file = write_csv(tmp_path / "BTCUSDT-1m.csv", [",".join(cells)])
        with pytest.raises(BadData, match=problem):
            MarketData([file], VENUE)


def test_a_file_that_is_not_whole_is_refused_before_anything_is_played(tmp_path: Path) -> None:
    good = write_csv(tmp_path / "BTCUSDT-trades-1.csv", trades(5))
    file = write_zip(tmp_path / "BTCUSDT-trades-2.zip", trades(5, begin=BEGIN + DAY), checksum=True)
    beside = tmp_path / "BTCUSDT-trades-2.zip.CHECKSUM"
    exchange = Exchange(start=START)
    before = exchange.mark()
    for words, problem in (("0" * 64, "its SHA-256 sum is not the one in"), ("?", "does not begin with")):
        beside.write_text(f"{words}  {file.name}\n")
        with pytest.raises(BadData, match=problem):
            exchange.replay(good, file)
    beside.unlink()
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(BadData, match="cannot be read"):
        exchange.replay(good, file)
    assert exchange.mark() == before


def test_a_zip_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    """The standard library packs no such zips, so two bytes of a good one are changed, in both of its lists."""
    file = write_zip(tmp_path / "BTCUSDT-trades.zip", trades(5))
    good = file.read_bytes()
    second = good.find(b"PK\x01\x02")
    for first, of_list, value, problem in ((6, 8, 1, "it is encrypted"), (8, 10, 99, "not supported")):
        content = bytearray(good)
        content[first] = content[second + of_list] = value
        file.write_bytes(content)
        with pytest.raises(BadData, match=problem):
            MarketData([file], VENUE)


@pytest.mark.parametrize("name", ["", "/", "a\0b", "."])
def test_what_is_no_file_is_refused(name: str) -> None:
    with pytest.raises(BadData, match=r"it is a directory|cannot be read"):
        MarketData([Path(name)], VENUE)


def test_a_zip_that_breaks_off_inside_is_found(tmp_path: Path) -> None:
    file = write_zip(tmp_path / "BTCUSDT-trades.zip", trades(5000))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(BadData, match=r"line \d+: "):
        played(file)


@pytest.mark.parametrize(
    ("name", "lines", "problem"),
    [
        ("NOTHING-trades.csv", trades(1), "no symbol NOTHING"),
        ("BTCUSDT-trades.csv", [], "no row to replay"),
        ("BTCUSDT-trades.csv", ["1,2,3"], "it has 3 columns: klines have 12"),
    ],
)
def test_what_is_no_data_file_is_refused(tmp_path: Path, name: str, lines: list[str], problem: str) -> None:
    with pytest.raises(BadData, match=problem):
        MarketData([write_csv(tmp_path / name, lines)], VENUE)


def test_two_kinds_of_one_symbol_are_one_too_many(tmp_path: Path) -> None:
    files = [
        write_csv(tmp_path / "BTCUSDT-trades.csv", trades(5)),
        write_csv(tmp_path / "BTCUSDT-1m.csv", candles(5)),
    ]
    with pytest.raises(BadData, match="files of more than one kind"):
        MarketData(files, VENUE)


def test_a_users_order_is_met_by_real_prices_and_a_fall_liquidates(tmp_path: Path) -> None:
    rows = [
        f"{number},{price}.0,0.5,1,{BEGIN + number * 1000},True,True"
        for number, price in enumerate([60000, 59000, 58000, 20000])
    ]
    exchange = Exchange(start=START)
    ann, bob = exchange.account("ann"), exchange.account("bob")
    exchange.price("BTCUSDT", "60000")
    ann.deposit("USDT", "100000")
    order = ann.buy("BTCUSDT", "1", price="58500")
    bob.deposit("BTC", "1")
    bob.borrow("USDT", "39000")
    bob.buy("BTCUSDT", "0.6")
    exchange.replay(write_csv(tmp_path / "BTCUSDT-trades.csv", rows))
    assert ann.order("BTCUSDT", order.id).status.name == "FILLED"
    assert len(bob.liquidations()) == 1


def test_it_happens_later_where_the_exchange_is_ahead_of_the_files(tmp_path: Path) -> None:
    exchange = Exchange(start=datetime(2026, 1, 1, tzinfo=UTC))
    now = exchange.now_ms
    report = exchange.replay(write_csv(tmp_path / "BTCUSDT-trades.csv", trades(10)))
    assert (report.first_ms, report.last_ms) == (now, now + DAY - DAY // 10)


def test_memory_stays_flat_however_long_the_files_are(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        file = write_zip(tmp_path / "BTCUSDT-trades.zip", trades(count))
        data = MarketData([file], VENUE)
        tracemalloc.start()
        try:
            for _ in commands(data):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(40_000) < peak(10_000) + 200_000


class Terminal(io.StringIO):
    """Where somebody watches."""

    def isatty(self) -> bool:
        return True


def test_whoever_watches_sees_a_bar_and_a_log_gets_a_line_for_each_tenth(tmp_path: Path) -> None:
    watched, log = Terminal(), io.StringIO()
    data = MarketData([write_csv(tmp_path / "BTCUSDT-trades.csv", trades(100))], VENUE)
    bars = [Progress(data, watched), Progress(data, log)]
    for at_ms, _, _ in data:
        for bar in bars:
            bar(at_ms)
    for bar in bars:
        bar(BEGIN + DAY)
        bar.end()
    *_, last = watched.getvalue().split("\r")
    assert last.startswith(f"[{'#' * 30}] 100%  2025-01-02 00:00:00  100 rows, ")
    assert last.endswith("\n")
    lines = log.getvalue().splitlines()
    assert len(lines) == 11
    assert (lines[0][:4], lines[-1][:4]) == ("  1%", "100%")
