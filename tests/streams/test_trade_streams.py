"""Trades and aggregate trades: each once, in order, as soon as it is durable."""

from __future__ import annotations

from tests.api.world import START_MS
from tests.streams.conftest import PitStation


def test_one_taker_of_two_makers_at_one_price_is_two_trades_and_one_aggregate(station: PitStation) -> None:
    client = station.listen("btcusdt@trade", "btcusdt@aggTrade")
    for price in ("60000", "60000", "60001"):
        station.pit.place("SELL", price, "0.5")
    assert client.read() == []
    station.pit.take("BUY", "60001", "1.5")
    events = client.read()
    trades = [event for event in events if event["e"] == "trade"]
    assert [(trade["t"], trade["p"], trade["q"], trade["m"]) for trade in trades] == [
        (1, "60000.00000000", "0.50000000", False),
        (2, "60000.00000000", "0.50000000", False),
        (3, "60001.00000000", "0.50000000", False),
    ]
    aggregates = [event for event in events if event["e"] == "aggTrade"]
    assert [(one["a"], one["p"], one["q"], one["f"], one["l"]) for one in aggregates] == [
        (1, "60000.00000000", "1.00000000", 1, 2),
        (2, "60001.00000000", "0.50000000", 3, 3),
    ]
    assert {event["T"] for event in events} == {event["E"] for event in events} == {START_MS}


def test_streams_tell_the_same_as_requests(station: PitStation) -> None:
    client = station.listen("btcusdt@aggTrade")
    for step in range(5):
        station.pit.trade(str(60_000 + step), "0.01", "SELL" if step % 2 else "BUY")
        station.advance(700)
    told = client.read()
    asked = station.pit.ask("/api/v3/aggTrades")
    assert [{name: one[name] for name in asked[0]} for one in told] == asked


def test_who_unsubscribes_hears_no_more_and_who_subscribes_hears_from_then_on(station: PitStation) -> None:
    client = station.listen("btcusdt@trade")
    station.pit.trade("60000", "0.01")
    assert len(client.read()) == 1
    assert client.ask(method="UNSUBSCRIBE", params=["btcusdt@trade", "ethusdt@trade"], id=1) == {
        "result": None,
        "id": 1,
    }
    assert not station.world.exchange.has_subscribers
    station.pit.trade("60000", "0.01")
    assert client.read() == []
    answer = client.ask(method="SUBSCRIBE", params=["btcusdt@trade", "btcusdt@trade"], id="a")
    assert answer == {"result": None, "id": "a"}
    assert client.ask(method="LIST_SUBSCRIPTIONS", id=2)["result"] == ["btcusdt@trade"]
    station.pit.trade("60000", "0.01")
    assert [event["t"] for event in client.read()] == [3]


def test_unknown_streams_are_refused_and_nothing_is_subscribed(station: PitStation) -> None:
    client = station.listen("btcusdt@trade")
    for name in (
        "btcusdt@Trade",
        "BTCUSDT@trade",
        "nothing@trade",
        "btcusdt",
        "",
        "btcusdt@depth7",
        "btcusdt@depth@50ms",
        "btcusdt@kline_7m",
        "btcusdt@kline_1m@+09:00",
        "btcusdt@ticker_2h",
        "!ticker_2h@arr",
        "!bookTicker",
    ):
        refused = client.ask(method="SUBSCRIBE", params=["ethusdt@trade", name], id=1)
        assert (refused["code"], refused["id"]) == (2, 1)
        assert refused["msg"] == f"Invalid request: There is no stream {name}"
    assert client.ask(method="LIST_SUBSCRIPTIONS", id=2)["result"] == ["btcusdt@trade"]


def test_a_connection_has_a_most_of_streams(station: PitStation) -> None:
    client = station.listen()
    names = [f"btcusdt@kline_1m{number}" for number in range(1025)]
    refused = client.ask(method="SUBSCRIBE", params=names, id=1)
    assert refused["msg"] == "Invalid request: A connection can listen to at most 1024 streams."


def test_properties_choose_the_form(station: PitStation) -> None:
    client = station.listen("btcusdt@trade")
    assert client.ask(method="GET_PROPERTY", params=["combined"], id=1) == {"result": False, "id": 1}
    assert client.ask(method="SET_PROPERTY", params=["combined", True], id=2) == {"result": None, "id": 2}
    station.pit.trade("60000", "0.01")
    (event,) = client.read()
    assert (event["stream"], event["data"]["e"]) == ("btcusdt@trade", "trade")
    assert client.ask(method="SET_PROPERTY", params=["color", True], id=3) == {
        "code": 0,
        "msg": "Unknown property",
        "id": 3,
    }


def test_times_may_be_in_microseconds(station: PitStation) -> None:
    client = station.listen("btcusdt@trade", query="timeUnit=MICROSECOND")
    station.pit.trade("60000", "0.01")
    (event,) = client.read()
    assert event["E"] == event["T"] == START_MS * 1000
