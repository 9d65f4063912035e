"""Candles: as they grow, as they close, and where time jumps."""

from __future__ import annotations

import asyncio

import msgspec

from openmargin.api.ws.stream_requests import Method
from tests.api.world import START_MS, World
from tests.streams.conftest import PitStation
from tests.streams.station import Station

MINUTE = START_MS - START_MS % 60_000
DAY_MS = 86_400_000
HOUR_MS = 3_600_000


def row(event: dict[str, object]) -> list[object]:
    """A candle in the shape in which requests have it."""
    return [event[name] for name in ("t", "o", "h", "l", "c", "v", "T", "q", "n", "V", "Q", "B")]


def test_a_candle_goes_on_from_what_history_knows_and_is_told_every_two_seconds(station: PitStation) -> None:
    station.pit.trade("60000", "0.01")
    client = station.listen("btcusdt@kline_1h")
    station.pit.trade("60010", "0.02")
    station.pit.trade("59990", "0.03", "SELL")
    assert client.read() == []
    station.advance(2000)
    (event,) = client.read()
    assert (event["e"], event["E"], event["s"]) == ("kline", START_MS + 2000, "BTCUSDT")
    kline = event["k"]
    assert (kline["f"], kline["L"], kline["x"], kline["i"]) == (1, 3, False, "1h")
    assert row(kline) == station.pit.ask("/api/v3/klines", interval="1h")[-1]
    station.advance(60_000)
    assert client.read() == []
    station.pit.trade("60000", "0.01")
    station.advance(1999)
    assert client.read() == []
    station.advance(1)
    assert [event["k"]["n"] for event in client.read()] == [4]


def test_every_candle_closes_once_also_without_a_trade(station: PitStation) -> None:
    station.pit.trade("60000", "0.01")
    client = station.listen("btcusdt@kline_1m")
    station.advance(2000)
    client.read()
    station.advance(180_000)
    events = client.read()
    asked = station.pit.ask("/api/v3/klines", interval="1m")
    assert [row(event["k"]) for event in events] == asked
    assert [event["k"]["x"] for event in events] == [True, True, True, False]
    assert [event["k"]["f"] for event in events] == [1, -1, -1, -1]
    station.advance(60_000)
    closed, fresh = client.read()
    assert (closed["k"]["t"], closed["k"]["x"]) == (events[-1]["k"]["t"], True)
    assert (fresh["k"]["t"], fresh["k"]["n"]) == (closed["k"]["t"] + 60_000, 0)


def test_steps_of_time_tell_what_one_jump_tells(station: PitStation) -> None:
    station.pit.trade("60000", "0.01")
    one = station.listen("btcusdt@kline_1s")
    for _ in range(10):
        station.advance(500)
    told = [(event["k"]["t"], event["k"]["x"]) for event in one.read()]
    second = START_MS - START_MS % 1000
    assert [at for at, is_closed in told if is_closed] == [second + 1000 * step for step in range(5)]
    one.hang_up()
    two = station.listen("btcusdt@kline_1s")
    station.advance(5000)
    again = [event["k"]["t"] for event in two.read() if event["k"]["x"]]
    assert again == [second + 5000 + 1000 * step for step in range(5)]


def test_a_jump_of_a_year_tells_the_last_thousand(station: PitStation) -> None:
    station.pit.trade("60000", "0.01")
    client = station.listen("btcusdt@kline_1m")
    station.advance(365 * DAY_MS)
    events = client.read()
    assert len(events) == 1002
    assert events[0]["k"]["t"] == MINUTE
    opens = [event["k"]["t"] for event in events[1:]]
    assert opens == list(range(MINUTE + 365 * DAY_MS - 1000 * 60_000, MINUTE + 365 * DAY_MS + 1, 60_000))


def test_a_zone_has_days_of_its_own_and_times_stay_in_utc(station: PitStation) -> None:
    station.pit.trade("60000", "0.01")
    client = station.listen("btcusdt@kline_1d", "btcusdt@kline_1d@+08:00")
    station.advance(2000)
    utc, east = client.read()
    day = START_MS - START_MS % DAY_MS
    assert utc["k"]["t"] == day
    assert east["k"]["t"] == (START_MS + 8 * HOUR_MS) // DAY_MS * DAY_MS - 8 * HOUR_MS
    assert row(east["k"]) == station.pit.ask("/api/v3/klines", interval="1d", timeZone="8")[-1]


def test_a_symbol_that_was_never_traded_has_no_candle_until_it_is(station: PitStation) -> None:
    client = station.listen("btcusdt@kline_1m")
    station.advance(120_000)
    assert client.read() == []
    station.pit.trade("60000", "0.01")
    station.advance(2000)
    (event,) = client.read()
    assert (event["k"]["f"], event["k"]["n"], event["k"]["x"]) == (1, 1, False)


def test_a_plus_in_an_address_stays_one(station: PitStation) -> None:
    names = b"btcusdt@kline_1d@+08:00/btcusdt%40kline_1m"
    wire, _ = station.open("/stream", b"streams=" + names)
    request = {"method": Method.LIST_SUBSCRIPTIONS.value, "id": 1}
    (connection,) = station.gateway.connections
    station.within(lambda: connection.received(msgspec.json.encode(request)))
    assert msgspec.json.decode(wire.messages[-1])["result"] == ["btcusdt@kline_1d@+08:00", "btcusdt@kline_1m"]


def test_the_house_prints_candles_as_its_index_moves() -> None:
    world = World()
    station = Station(world=world)
    client = station.listen("btcusdt@kline_1m")
    for price in ("60000", "60100", "59900"):
        world.set_index("BTCUSDT", price)
        station.advance(30_000)
    told: dict[int, list[object]] = {}
    for event in client.read():
        told[event["k"]["t"]] = row(event["k"])
    assert list(told.values()) == world.public("/api/v3/klines", symbol="BTCUSDT", interval="1m").json
    station.close()


def test_a_virtual_clock_that_runs_brings_the_beats_by_itself(station: PitStation) -> None:
    client = station.listen("btcusdt@kline_1m")
    station.pit.trade("60000", "0.01")

    async def until_told() -> None:
        await station.world.exchange.run_at(10_000)
        while not client.wire.messages:
            await asyncio.sleep(0.001)
        await station.world.exchange.run_at(0)

    station.world.run(asyncio.wait_for(until_told(), 20))
    assert client.read()[0]["k"]["n"] == 1
