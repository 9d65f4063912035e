"""What everybody may see of the market: books, trades, candles, tickers, and how asking for them is refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from openmargin.domain.enums import SymbolStatus
from tests.api.pit import Pit
from tests.api.world import START_MS, World
from tests.api.worlds import with_symbol

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000

DEPTH, TRADES, OLD, AGGREGATES = (
    f"/api/v3/{name}" for name in ("depth", "trades", "historicalTrades", "aggTrades")
)
KLINES, AVERAGE = "/api/v3/klines", "/api/v3/avgPrice"
TICKER, DAY, TRADING_DAY, PRICE, BOOK = (
    f"/api/v3/ticker{name}" for name in ("", "/24hr", "/tradingDay", "/price", "/bookTicker")
)
TWO = '["BTCUSDT","ETHUSDT"]'


@pytest.fixture
def pit() -> Any:
    pit = Pit()
    yield pit
    pit.close()


def closes(klines: list[list[Any]]) -> list[tuple[int, str, int]]:
    return [(row[0], row[4], row[8]) for row in klines]


# --- the book --------------------------------------------------------------------------------------------------


def test_depth_has_the_best_levels_and_an_id_that_grows_with_every_change(pit: Pit) -> None:
    for price in ("60000", "59999", "59998"):
        pit.place("BUY", price, "0.5")
    pit.place("SELL", "60001", "0.25")
    first = pit.ask(DEPTH, limit="2")
    assert first["bids"] == [["60000.00000000", "0.50000000"], ["59999.00000000", "0.50000000"]]
    assert first["asks"] == [["60001.00000000", "0.25000000"]]
    assert pit.ask(DEPTH, limit="2") == first
    pit.take("SELL", "60000", "0.1")
    second = pit.ask(DEPTH, limit="999999")
    assert second["bids"][0] == ["60000.00000000", "0.40000000"]
    assert len(second["bids"]) == 3
    assert second["lastUpdateId"] > first["lastUpdateId"]


def test_a_sleeping_book_shows_the_quotes_of_the_house(world: World) -> None:
    deep = world.public(DEPTH, symbol="ETHUSDT").json
    best = world.public(BOOK, symbol="ETHUSDT").json
    assert [best["bidPrice"], best["bidQty"]] == deep["bids"][0]
    assert [best["askPrice"], best["askQty"]] == deep["asks"][0]
    assert len(deep["bids"]) == len(deep["asks"]) == 20
    world.set_index("ETHUSDT", "2500")
    moved = world.public(DEPTH, symbol="ETHUSDT").json
    assert moved["lastUpdateId"] > deep["lastUpdateId"]
    assert moved["bids"] != deep["bids"]


def test_an_empty_book_has_zeros_for_best_prices(pit: Pit) -> None:
    assert pit.ask(BOOK) == {
        "symbol": "BTCUSDT",
        "bidPrice": "0.00000000",
        "bidQty": "0.00000000",
        "askPrice": "0.00000000",
        "askQty": "0.00000000",
    }
    assert pit.ask(DEPTH)["bids"] == []


# --- trades ----------------------------------------------------------------------------------------------------


def test_a_taker_who_meets_many_at_one_price_is_one_aggregate_trade(pit: Pit) -> None:
    for quantity in ("0.1", "0.2"):
        pit.place("SELL", "60000", quantity)
    pit.place("SELL", "60001", "0.3")
    pit.take("BUY", "60001", "0.6")
    pit.advance(5)
    pit.trade("59000", "0.5", "SELL")
    trades = pit.ask(TRADES)
    assert [(row["id"], row["price"], row["qty"], row["isBuyerMaker"]) for row in trades] == [
        (1, "60000.00000000", "0.10000000", False),
        (2, "60000.00000000", "0.20000000", False),
        (3, "60001.00000000", "0.30000000", False),
        (4, "59000.00000000", "0.50000000", True),
    ]
    assert trades[1]["quoteQty"] == "12000.00000000"
    assert trades[3]["time"] == START_MS + 5
    aggregates = pit.ask(AGGREGATES)
    assert [(row["a"], row["q"], row["f"], row["l"], row["m"]) for row in aggregates] == [
        (1, "0.30000000", 1, 2, False),
        (2, "0.30000000", 3, 3, False),
        (3, "0.50000000", 4, 4, True),
    ]
    assert pit.ask(OLD, fromId="2", limit="2") == trades[1:3]
    assert pit.ask(OLD) == trades
    assert pit.ask(TRADES, limit="3") == trades[1:]
    assert pit.ask(AGGREGATES, fromId="2") == aggregates[1:]
    assert pit.ask(AGGREGATES, startTime=str(START_MS + 1)) == aggregates[2:]
    assert pit.ask(AGGREGATES, endTime=str(START_MS), limit="1") == aggregates[1:2]
    assert pit.ask(AGGREGATES, startTime=str(START_MS), endTime=str(START_MS), limit="1") == aggregates[:1]
    assert pit.ask(AGGREGATES, startTime=str(START_MS + 6)) == []


def test_the_house_with_itself_is_a_trade_like_any_other(world: World) -> None:
    before = world.public(TRADES, symbol="BTCUSDT").json
    world.advance(1000)
    world.set_index("BTCUSDT", "61000")
    [last] = world.public(TRADES, symbol="BTCUSDT", limit="1").json
    assert (last["id"], last["price"]) == (before[-1]["id"] + 1, "61000.00000000")
    assert world.public(PRICE, symbol="BTCUSDT").json == {"symbol": "BTCUSDT", "price": "61000.00000000"}
    assert world.public(KLINES, symbol="BTCUSDT", interval="1s", limit="1").json[0][4] == "61000.00000000"


# --- candles ---------------------------------------------------------------------------------------------------


def test_a_candle_sums_up_its_trades_and_an_empty_one_is_flat(pit: Pit) -> None:
    minute = START_MS - START_MS % MINUTE_MS
    pit.trade("60000", "0.5")
    pit.trade("60100", "0.25", "SELL")
    pit.advance(3 * MINUTE_MS)
    pit.trade("59000", "1")
    first, second, third, fourth = pit.ask(KLINES, interval="1m")
    assert first == [
        minute,
        "60000.00000000",
        "60100.00000000",
        "60000.00000000",
        "60100.00000000",
        "0.75000000",
        minute + MINUTE_MS - 1,
        "45025.00000000",
        2,
        "0.50000000",
        "30000.00000000",
        "0",
    ]
    flat = "60100.00000000"
    empty = [flat, flat, flat, flat, "0.00000000"]
    assert second[1:6] == third[1:6] == empty
    assert second[8] == 0
    assert closes([fourth]) == [(minute + 3 * MINUTE_MS, "59000.00000000", 1)]
    assert pit.ask("/api/v3/uiKlines", interval="1m") == [first, second, third, fourth]
    [day] = pit.ask(KLINES, interval="1d")
    assert (day[1], day[2], day[3], day[4], day[8]) == (
        "60000.00000000",
        "60100.00000000",
        "59000.00000000",
        "59000.00000000",
        3,
    )
    assert day[0] % DAY_MS == 0
    assert (pit.ask(KLINES, interval="1w")[0][0] // DAY_MS + 3) % 7 == 0, "weeks begin on Monday"
    assert pit.ask(KLINES, interval="1M")[0][0] == 1_698_796_800_000, "November 2023"


def test_candles_are_chosen_by_when_they_open(pit: Pit) -> None:
    minute = START_MS - START_MS % MINUTE_MS
    for price in range(60_000, 60_010):
        pit.trade(str(price), "0.1")
        pit.advance(MINUTE_MS)

    def opens(**parameters: str) -> list[int]:
        return [(row[0] - minute) // MINUTE_MS for row in pit.ask(KLINES, interval="1m", **parameters)]

    assert opens() == list(range(11))
    assert opens(limit="3") == [8, 9, 10]
    assert opens(startTime="0", limit="2") == [0, 1]
    assert opens(startTime=str(minute + MINUTE_MS), limit="2") == [1, 2]
    assert opens(startTime=str(minute + 1), limit="2") == [1, 2]
    assert opens(endTime=str(minute + 5 * MINUTE_MS), limit="2") == [4, 5]
    assert opens(endTime=str(minute + 5 * MINUTE_MS - 1), limit="2") == [3, 4]
    assert opens(startTime=str(minute + 2 * MINUTE_MS), endTime=str(minute + 3 * MINUTE_MS)) == [2, 3]
    assert opens(startTime=f"{minute + 2 * MINUTE_MS}000", endTime=f"{minute + 3 * MINUTE_MS}000") == [2, 3]
    assert opens(startTime=str(minute + 3 * MINUTE_MS), endTime=str(minute)) == []
    assert opens(startTime="9" * 20) == opens(endTime="0") == []
    assert len(opens(limit="5000")) == 11


@pytest.mark.parametrize(
    ("zone", "minutes"),
    [("0", 0), ("8", 480), ("-1:00", -60), ("05:45", 345), ("-12:00", -720), ("14:00", 840)],
)
def test_a_day_begins_where_its_zone_says(pit: Pit, zone: str, minutes: int) -> None:
    pit.trade("60000", "0.1")
    [day] = pit.ask(KLINES, interval="1d", timeZone=zone)
    assert (day[0] + minutes * MINUTE_MS) % DAY_MS == 0
    assert day[0] <= START_MS <= day[6] == day[0] + DAY_MS - 1
    trading_day = pit.ask(TRADING_DAY, timeZone=zone)
    assert (trading_day["openTime"], trading_day["closeTime"]) == (day[0], day[6])


# --- tickers ---------------------------------------------------------------------------------------------------


def test_the_day_ticker_looks_back_exactly_a_day(pit: Pit) -> None:
    pit.trade("50000", "1")
    pit.advance(1)
    pit.trade("60000", "0.5")
    pit.advance(DAY_MS)
    pit.trade("57000", "0.25", "SELL")
    pit.place("BUY", "56999", "0.1")
    assert pit.ask(DAY) == {
        "symbol": "BTCUSDT",
        "priceChange": "-3000.00000000",
        "priceChangePercent": "-5.000",
        "weightedAvgPrice": "59000.00000000",
        "prevClosePrice": "50000.00000000",
        "lastPrice": "57000.00000000",
        "lastQty": "0.25000000",
        "bidPrice": "56999.00000000",
        "bidQty": "0.10000000",
        "askPrice": "0.00000000",
        "askQty": "0.00000000",
        "openPrice": "60000.00000000",
        "highPrice": "60000.00000000",
        "lowPrice": "57000.00000000",
        "volume": "0.75000000",
        "quoteVolume": "44250.00000000",
        "openTime": pit.now_ms - DAY_MS,
        "closeTime": pit.now_ms,
        "firstId": 2,
        "lastId": 3,
        "count": 2,
    }
    pit.advance(1)
    assert (pit.ask(DAY)["firstId"], pit.ask(DAY)["prevClosePrice"]) == (3, "60000.00000000")


def test_a_window_begins_on_a_full_minute(pit: Pit) -> None:
    for price in ("60000", "60600", "61206"):
        pit.trade(price, "0.1")
        pit.advance(HOUR_MS)
    ticker = pit.ask(TICKER, windowSize="2h")
    begin = pit.now_ms - 2 * HOUR_MS
    assert (ticker["openTime"], ticker["closeTime"]) == (begin - begin % MINUTE_MS, pit.now_ms)
    assert (ticker["firstId"], ticker["lastId"], ticker["count"]) == (2, 3, 2)
    assert (ticker["priceChange"], ticker["priceChangePercent"]) == ("606.00000000", "1.000")
    assert pit.ask(TICKER)["count"] == pit.ask(TICKER, windowSize="1d")["count"] == 3
    mini = pit.ask(TICKER, windowSize="59m", type="MINI")
    last = "61206.00000000"
    assert mini == {
        "symbol": "BTCUSDT",
        **dict.fromkeys(("openPrice", "highPrice", "lowPrice", "lastPrice"), last),
        "volume": "0.00000000",
        "quoteVolume": "0.00000000",
        "openTime": mini["openTime"],
        "closeTime": pit.now_ms,
        "firstId": -1,
        "lastId": -1,
        "count": 0,
    }


def test_what_was_never_traded_has_a_day_of_zeros_and_no_window(pit: Pit) -> None:
    day = pit.ask(DAY)
    assert (day["lastPrice"], day["priceChangePercent"], day["firstId"]) == ("0.00000000", "0.000", -1)
    assert pit.public(TICKER, symbol="BTCUSDT").code == -2016
    assert pit.public(TRADING_DAY, symbols=TWO).code == -2016
    assert pit.ask(PRICE) == {"symbol": "BTCUSDT", "price": "0.00000000"}
    assert pit.ask(TRADES) == pit.ask(AGGREGATES) == pit.ask(KLINES, interval="1h") == []


def test_one_symbol_is_an_object_and_several_are_a_list(world: World) -> None:
    every = [symbol.name for symbol in world.exchange.venue.symbols]
    for path in (DAY, PRICE, BOOK):
        assert world.public(path, symbol="ETHUSDT").json["symbol"] == "ETHUSDT"
        assert [row["symbol"] for row in world.public(path, symbols='["ETHUSDT"]').json] == ["ETHUSDT"]
        assert [row["symbol"] for row in world.public(path).json] == every
    for path in (TICKER, TRADING_DAY):
        assert world.public(path, symbol="ETHUSDT").json["symbol"] == "ETHUSDT"
        assert [row["symbol"] for row in world.public(path, symbols=TWO).json] == ["BTCUSDT", "ETHUSDT"]


def test_the_average_price_is_the_one_that_filters_use(pit: Pit) -> None:
    index = pit.exchange.live.index("BTCUSDT")
    assert index is not None
    assert pit.ask(AVERAGE) == {"mins": 5, "price": f"{index.price // 10**8}.00000000", "closeTime": 0}
    pit.trade("60000", "0.3")
    pit.trade("61000", "0.1")
    at_ms = pit.now_ms
    pit.advance(2 * MINUTE_MS)
    assert pit.ask(AVERAGE) == {"mins": 5, "price": "60250.00000000", "closeTime": at_ms}
    pit.advance(10 * MINUTE_MS)
    assert pit.ask(AVERAGE)["price"] == "61000.00000000"


# --- statuses, units, weights ----------------------------------------------------------------------------------


def test_a_status_chooses_among_many_and_is_required_of_one() -> None:
    world = World(with_symbol("ETHUSDT", status=SymbolStatus.BREAK))
    for path in (DAY, PRICE, BOOK, TICKER, TRADING_DAY):
        assert world.public(path, symbol="ETHUSDT", symbolStatus="TRADING").code == -1220
        assert world.public(path, symbol="ETHUSDT", symbolStatus="BREAK").status == 200
        found = world.public(path, symbols=TWO, symbolStatus="TRADING").json
        assert [row["symbol"] for row in found] == ["BTCUSDT"]
    assert world.public(DEPTH, symbol="ETHUSDT", symbolStatus="HALT").code == -1220
    assert [row["symbol"] for row in world.public(PRICE, symbolStatus="BREAK").json] == ["ETHUSDT"]
    assert world.public(DAY, symbolStatus="HALT").json == []
    world.close()


def test_times_may_be_asked_for_in_microseconds(pit: Pit) -> None:
    pit.trade("60000", "0.1")

    def ask(path: str, query: str = "") -> Any:
        return pit.send("GET", path, f"symbol=BTCUSDT{query}", time_unit="MICROSECOND").json

    assert ask(TRADES)[0]["time"] == ask(AGGREGATES)[0]["T"] == START_MS * 1000
    [kline] = ask(KLINES, "&interval=1s")
    assert (kline[0], kline[6]) == (START_MS * 1000, START_MS * 1000 + 999_999)
    day = ask(DAY)
    assert (day["openTime"], day["closeTime"]) == ((START_MS - DAY_MS) * 1000, START_MS * 1000)
    trading_day = ask(TRADING_DAY)
    assert trading_day["closeTime"] - trading_day["openTime"] == DAY_MS * 1000 - 1
    assert ask(AVERAGE)["closeTime"] == START_MS * 1000


def many(count: int) -> str:
    return msgspec.json.encode([f"X{number}" for number in range(count)]).decode()


@pytest.mark.parametrize(
    ("path", "parameters", "weight"),
    [
        (DEPTH, {}, 5),
        (DEPTH, {"limit": "100"}, 5),
        (DEPTH, {"limit": "101"}, 25),
        (DEPTH, {"limit": "501"}, 50),
        (DEPTH, {"limit": "1001"}, 250),
        (DEPTH, {"limit": "x"}, 5),
        (DEPTH, {"limit": "9" * 5000}, 5),
        (TRADES, {}, 25),
        (OLD, {}, 25),
        (AGGREGATES, {}, 4),
        (KLINES, {}, 2),
        ("/api/v3/uiKlines", {}, 2),
        (AVERAGE, {}, 2),
        (DAY, {"symbol": "BTCUSDT"}, 2),
        (DAY, {"symbols": many(20)}, 2),
        (DAY, {"symbols": many(21)}, 40),
        (DAY, {"symbols": many(101)}, 80),
        (DAY, {}, 80),
        (PRICE, {"symbol": "BTCUSDT"}, 2),
        (PRICE, {"symbols": many(1)}, 4),
        (BOOK, {}, 4),
        (TICKER, {"symbol": "BTCUSDT"}, 4),
        (TICKER, {"symbols": many(3)}, 12),
        (TICKER, {"symbols": many(60)}, 200),
        (TRADING_DAY, {"symbols": "nonsense"}, 4),
    ],
)
def test_a_request_weighs_what_it_asks_for(
    world: World, path: str, parameters: dict[str, str], weight: int
) -> None:
    answer = world.public(path, **parameters)
    assert answer.headers["x-mbx-used-weight-1m"] == str(weight)


# --- refusals --------------------------------------------------------------------------------------------------

BTC = {"symbol": "BTCUSDT"}
KLINE = {**BTC, "interval": "1m"}


@pytest.mark.parametrize(
    ("path", "parameters", "code"),
    [
        *[
            (path, {}, -1102)
            for path in (DEPTH, TRADES, OLD, AGGREGATES, KLINES, AVERAGE, TICKER, TRADING_DAY)
        ],
        *[(path, {"symbol": "XYZUSDT"}, -1121) for path in (DEPTH, TRADES, OLD, AGGREGATES, AVERAGE)],
        *[(path, {"symbol": "XYZUSDT"}, -1121) for path in (TICKER, DAY, TRADING_DAY, PRICE, BOOK)],
        *[(path, {"symbol": "btcusdt"}, -1100) for path in (DEPTH, TICKER, PRICE)],
        *[(path, {**BTC, "symbols": TWO}, -1128) for path in (TICKER, DAY, TRADING_DAY, PRICE, BOOK)],
        *[(path, {"symbols": "BTCUSDT"}, -1135) for path in (TICKER, DAY, TRADING_DAY, PRICE, BOOK)],
        *[(path, {"symbols": "[1]"}, -1135) for path in (TICKER, PRICE)],
        *[(path, {"symbols": "[]"}, -1105) for path in (TICKER, PRICE)],
        *[(path, {"symbols": '["XYZUSDT"]'}, -1121) for path in (TICKER, DAY, TRADING_DAY, PRICE, BOOK)],
        *[(path, {"symbols": '["BTCUSDT","BTCUSDT"]'}, -1151) for path in (TICKER, DAY, PRICE, BOOK)],
        *[(path, {"symbols": many(101)}, -1101) for path in (TICKER, TRADING_DAY)],
        *[(path, {**BTC, "type": "full"}, -1139) for path in (TICKER, DAY, TRADING_DAY)],
        *[(path, {**BTC, "symbolStatus": "OPEN"}, -1122) for path in (DEPTH, TICKER, DAY, PRICE, BOOK)],
        *[(path, {**BTC, "limit": "0"}, -1130) for path in (DEPTH, TRADES, OLD, AGGREGATES)],
        *[(path, {**BTC, "limit": "-1"}, -1100) for path in (DEPTH, TRADES, OLD, AGGREGATES)],
        *[(path, {**BTC, "limit": ""}, -1105) for path in (DEPTH, TRADES)],
        *[(path, {**BTC, "window": "1"}, -1104) for path in (DEPTH, TRADES, KLINES, AVERAGE, DAY)],
        (OLD, {**BTC, "fromId": "x"}, -1100),
        (OLD, {**BTC, "fromId": "9" * 20}, -1108),
        (TRADES, {**BTC, "fromId": "1"}, -1104),
        (AGGREGATES, {**BTC, "fromId": "1", "startTime": "1"}, -1128),
        (AGGREGATES, {**BTC, "fromId": "1", "endTime": "1"}, -1128),
        (AGGREGATES, {**BTC, "startTime": "x"}, -1100),
        (KLINES, BTC, -1102),
        *[(KLINES, {**BTC, "interval": word}, -1120) for word in ("1", "2m", "1D", "1y", "60")],
        *[(KLINES, {**KLINE, "timeZone": zone}, -1130) for zone in ("UTC", "15", "-12:01", "14:01", "1:60")],
        *[(TICKER, {**BTC, "windowSize": size}, -1130) for size in ("0m", "60m", "24h", "8d", "1d2h", "1w")],
        (TRADING_DAY, {**BTC, "timeZone": "x"}, -1130),
    ],
)
def test_what_is_refused_has_its_code(world: World, path: str, parameters: dict[str, str], code: int) -> None:
    answer = world.public(path, **parameters)
    assert (answer.status, answer.code) == (400, code), answer.json


def test_too_many_symbols_are_told_how_many_may_be_sent(world: World) -> None:
    answer = world.public(TICKER, symbols=many(101))
    assert answer.json["msg"] == "Too many values sent for parameter 'symbols', maximum allowed up to 100."
