"""Tickers and average prices: once a second, of what was traded, and the same as requests answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.world import START_MS
from tests.streams.conftest import PitStation

DAY, WINDOW, AVERAGE = "/api/v3/ticker/24hr", "/api/v3/ticker", "/api/v3/avgPrice"
FULL = {
    "p": "priceChange",
    "P": "priceChangePercent",
    "w": "weightedAvgPrice",
    "c": "lastPrice",
    "o": "openPrice",
    "h": "highPrice",
    "l": "lowPrice",
    "v": "volume",
    "q": "quoteVolume",
    "O": "openTime",
    "C": "closeTime",
    "F": "firstId",
    "L": "lastId",
    "n": "count",
}
OF_DAY = {
    "x": "prevClosePrice",
    "Q": "lastQty",
    "b": "bidPrice",
    "B": "bidQty",
    "a": "askPrice",
    "A": "askQty",
}


def as_asked(event: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    assert event.keys() == {"e", "E", "s", *names}
    return {"symbol": event["s"], **{names[name]: event[name] for name in names}}


def market(station: PitStation) -> None:
    station.pit.trade("60000", "0.01")
    station.advance(7200_000)
    station.pit.trade("60060", "0.02")
    station.pit.trade("59940", "0.03", "SELL")
    station.pit.place("BUY", "59900", "0.5")


@pytest.mark.parametrize(
    ("stream", "word", "path", "asked", "names"),
    [
        ("btcusdt@ticker", "24hrTicker", DAY, {}, FULL | OF_DAY),
        ("btcusdt@ticker_1h", "1hTicker", WINDOW, {"windowSize": "1h"}, FULL),
        ("btcusdt@ticker_4h", "4hTicker", WINDOW, {"windowSize": "4h"}, FULL),
        ("btcusdt@ticker_1d", "1dTicker", WINDOW, {"windowSize": "1d"}, FULL),
    ],
)
def test_a_ticker_is_what_a_request_answers(
    station: PitStation, stream: str, word: str, path: str, asked: dict[str, str], names: dict[str, str]
) -> None:
    market(station)
    client = station.listen(stream)
    station.advance(1000)
    (event,) = client.read()
    assert (event["e"], event["E"]) == (word, START_MS + 7201_000)
    assert as_asked(event, names) == station.pit.ask(path, **asked)
    station.advance(5000)
    assert client.read() == []
    station.pit.trade("59000", "0.01", "SELL")
    station.advance(1000)
    (event,) = client.read()
    assert as_asked(event, names) == station.pit.ask(path, **asked)


def test_a_mini_ticker_is_the_short_form(station: PitStation) -> None:
    market(station)
    client = station.listen("btcusdt@miniTicker")
    station.advance(1000)
    (event,) = client.read()
    assert event.pop("e") == "24hrMiniTicker"
    assert event.pop("E") == START_MS + 7201_000
    asked = station.pit.ask(DAY)
    assert event.pop("s") == "BTCUSDT"
    assert event == {name: asked[FULL[name]] for name in "cohlvq"}


def test_arrays_hold_the_symbols_that_were_traded(station: PitStation) -> None:
    client = station.listen("!miniTicker@arr", "!ticker@arr", "!ticker_1h@arr")
    station.advance(5000)
    assert client.read() == []
    station.pit.trade("60000", "0.01")
    station.advance(1000)
    arrays = client.read()
    assert [[event["e"] for event in array] for array in arrays] == [
        ["24hrMiniTicker"],
        ["24hrTicker"],
        ["1hTicker"],
    ]
    assert {event["s"] for array in arrays for event in array} == {"BTCUSDT"}
    station.advance(5000)
    assert client.read() == []


def test_the_average_price_is_that_of_requests(station: PitStation) -> None:
    market(station)
    client = station.listen("btcusdt@avgPrice")
    station.advance(1000)
    (event,) = client.read()
    asked = station.pit.ask(AVERAGE)
    assert event == {
        "e": "avgPrice",
        "E": START_MS + 7201_000,
        "s": "BTCUSDT",
        "i": f"{asked['mins']}m",
        "w": asked["price"],
        "T": asked["closeTime"],
    }


def test_a_symbol_that_was_never_traded_is_told_of_in_zeros(station: PitStation) -> None:
    client = station.listen("ethusdt@ticker")
    station.advance(1000)
    (event,) = client.read()
    assert as_asked(event, FULL | OF_DAY) == station.pit.ask(DAY, symbol="ETHUSDT")
