"""Order books: what changed, at its speed, with ids that join the snapshot."""

from __future__ import annotations

from typing import Any

from tests.api.world import START_MS, World
from tests.streams.conftest import PitStation
from tests.streams.local_book import LocalBook
from tests.streams.station import Station

DEPTH = "/api/v3/depth"


def test_the_best_levels_are_told_whenever_they_change_and_only_then(station: PitStation) -> None:
    station.pit.place("BUY", "60000", "0.5")
    client = station.listen("btcusdt@bookTicker")
    station.pit.place("BUY", "59999", "0.5")
    assert client.read() == []
    station.pit.place("SELL", "60001", "0.25")
    update_id = station.pit.ask(DEPTH)["lastUpdateId"]
    assert client.read() == [
        {
            "u": update_id,
            "s": "BTCUSDT",
            "b": "60000.00000000",
            "B": "0.50000000",
            "a": "60001.00000000",
            "A": "0.25000000",
        }
    ]
    station.pit.take("SELL", "60000", "0.1")
    station.pit.take("BUY", "60001", "0.25")
    assert [(one["B"], one["a"]) for one in client.read()] == [
        ("0.40000000", "60001.00000000"),
        ("0.40000000", "0.00000000"),
    ]


def test_changes_wait_for_their_beat_and_join_the_snapshot(station: PitStation) -> None:
    station.pit.place("BUY", "60000", "0.5")
    client = station.listen("btcusdt@depth@100ms", "btcusdt@depth")
    before = station.pit.ask(DEPTH)["lastUpdateId"]
    station.pit.place("BUY", "59999", "0.5")
    station.pit.take("SELL", "60000", "0.1")
    station.advance(99)
    assert client.read() == []
    station.advance(1)
    (event,) = client.read()
    now = station.pit.ask(DEPTH)["lastUpdateId"]
    assert event == {
        "e": "depthUpdate",
        "E": START_MS + 100,
        "s": "BTCUSDT",
        "U": before + 1,
        "u": now,
        "b": [["60000.00000000", "0.40000000"], ["59999.00000000", "0.50000000"]],
        "a": [],
    }
    station.pit.take("SELL", "60000", "0.4")
    station.advance(900)
    fast, slow = client.read()
    assert fast["U"] == now + 1
    assert fast["b"] == [["60000.00000000", "0.00000000"]]
    assert (slow["U"], slow["u"]) == (before + 1, fast["u"])
    assert slow["b"] == [["60000.00000000", "0.00000000"], ["59999.00000000", "0.50000000"]]
    station.advance(5000)
    assert client.read() == []


def test_a_level_that_comes_and_goes_between_two_beats_is_told(station: PitStation) -> None:
    """A snapshot that was taken in between has it."""
    client = station.listen("btcusdt@depth")
    station.pit.place("SELL", "60000", "0.5")
    snapshot = station.pit.ask(DEPTH)
    assert snapshot["asks"] == [["60000.00000000", "0.50000000"]]
    station.pit.take("BUY", "60000", "0.5")
    station.advance(1000)
    (event,) = client.read()
    assert event["a"] == [["60000.00000000", "0.00000000"]]
    book = LocalBook(snapshot)
    book.apply(event)
    assert book.shown() == station.pit.ask(DEPTH)


def test_the_top_of_a_book_comes_at_first_and_whenever_the_book_changed(station: PitStation) -> None:
    for step in range(7):
        station.pit.place("BUY", str(60_000 - step), "0.5")
        station.pit.place("SELL", str(60_001 + step), "0.5")
    client = station.listen("btcusdt@depth5", "btcusdt@depth20@100ms")
    station.advance(100)
    (fast,) = client.read()
    assert fast == station.pit.ask(DEPTH, limit="20")
    station.pit.take("SELL", "60000", "0.1")
    station.advance(900)
    assert client.read() == [station.pit.ask(DEPTH, limit="20"), station.pit.ask(DEPTH, limit="5")]
    station.advance(10_000)
    assert client.read() == []


def follow(station: Station, symbol: str, step: Any) -> None:
    """Keep a local book through a step, and find the exchange's at its end."""
    client = station.listen(f"{symbol.lower()}@depth@100ms")
    book = LocalBook(station.world.public(DEPTH, symbol=symbol, limit="5000").json)
    step()
    station.advance(100)
    for event in client.read():
        book.apply(event)
    assert book.shown() == station.world.public(DEPTH, symbol=symbol, limit="5000").json
    client.hang_up()


def test_quotes_of_the_house_are_told_like_any_others() -> None:
    world = World()
    world.deposit("USDT", "100000")
    station = Station(world=world)
    follow(station, "BTCUSDT", lambda: world.set_index("BTCUSDT", "61000"))
    follow(station, "BTCUSDT", lambda: station.buy(quantity="0.5"))
    follow(
        station,
        "BTCUSDT",
        lambda: station.buy(type="LIMIT", timeInForce="GTC", price="60000", quantity="0.5"),
    )
    follow(station, "BTCUSDT", lambda: world.set_index("BTCUSDT", "59000"))
    station.close()
