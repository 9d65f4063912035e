"""Index scripts as the lab takes them, on both clocks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from openmargin.domain.events import IndexScriptEnded
from tests.lab.bench import Served, served

START = datetime(2026, 1, 1, tzinfo=UTC)
BEGIN = int(START.timestamp() * 1000)
SCRIPTS = "/lab/index/scripts"


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Served]:
    with served(monkeypatch, tmp_path, clock="virtual", start=START) as running:
        running.post("/lab/prices/BTCUSDT", {"price": "50000"})
        yield running


def price(lab: Served, symbol: str = "BTCUSDT") -> float:
    view = lab.exchange.live.index(symbol)
    assert view is not None
    return view.price / 10**8


def prices_over(lab: Served, seconds: int) -> list[float]:
    """The index after each of so many seconds."""
    found: list[float] = []
    for _ in range(seconds):
        assert lab.post("/lab/clock/advance", {"seconds": 1}).status_code == 200
        found.append(price(lab))
    return found


@pytest.mark.parametrize(
    ("stages", "prices"),
    [
        ([{"do": "set", "price": "40000"}], [40000, 40000]),
        ([{"do": "gap", "percent": -12.5}], [43750, 43750]),
        ([{"do": "wait", "seconds": 1}, {"do": "gap", "percent": 10}], [55000, 55000]),
        ([{"do": "ramp", "price": "52000", "seconds": 2}], [51000, 52000]),
        ([{"do": "ramp", "percent": 8, "seconds": 4, "every": 2}], [50000, 52000, 52000, 54000]),
        ([{"do": "crash", "percent": 40, "seconds": 2}], [35000, 30000]),
        ([{"do": "pump", "percent": 40, "seconds": 2}], [55000, 70000]),
        ([{"do": "steps", "prices": ["51000", "49000", "50500"], "every": 1}], [49000, 50500, 50500]),
        ([{"do": "stop", "seconds": 1}, {"do": "gap", "percent": 1}], [50500, 50500]),
    ],
    ids=lambda value: value[0]["do"] if isinstance(value[0], dict) else "",
)
def test_each_word_moves_the_index_as_it_says(
    lab: Served, stages: list[dict[str, Any]], prices: list[float]
) -> None:
    assert lab.post(SCRIPTS, {"symbol": "BTCUSDT", "stages": stages}).json()["symbols"] == ["BTCUSDT"]
    assert prices_over(lab, len(prices)) == prices


def test_a_script_is_shown_while_it_goes_on_and_can_be_ended(lab: Served) -> None:
    made = lab.post(SCRIPTS, {"assets": ["LTC"], "stages": [{"do": "crash", "percent": 40, "seconds": 600}]})
    assert made.json() == {"scriptId": 1, "symbols": ["LTCUSDT", "LTCBTC"], "endsAt": BEGIN + 600_000}
    lab.post(SCRIPTS, {"symbol": "BTCUSDT", "stages": [{"do": "stop", "seconds": 5}]})
    crash, stop = lab.get(SCRIPTS).json()["scripts"]
    assert (crash["doing"], crash["stage"], crash["stages"]) == ("MOVE", 1, 1)
    assert (stop["doing"], stop["nextTime"]) == ("STOP", BEGIN + 5000)
    assert lab.ask("DELETE", f"{SCRIPTS}/1").json() == {"scriptIds": [1]}
    assert lab.ask("DELETE", f"{SCRIPTS}/1").status_code == 404
    assert lab.ask("DELETE", SCRIPTS).json() == {"scriptIds": [2]}
    assert lab.get(SCRIPTS).json() == {"scripts": []}


def test_a_stopped_feed_answers_3042(lab: Served) -> None:
    lab.post(SCRIPTS, {"symbol": "BTCUSDT", "stages": [{"do": "stop", "seconds": 60}]})
    index = "/sapi/v1/margin/priceIndex?symbol=BTCUSDT"
    key = {"X-MBX-APIKEY": lab.account()["apiKey"]}
    answer = lab.run(lab.client.get(index, headers=key))
    assert (answer.status_code, answer.json()["code"]) == (400, -3042)
    lab.post("/lab/clock/advance", {"seconds": 60})
    assert lab.run(lab.client.get(index, headers=key)).json()["price"] == "50000.00000000"


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"symbol": "BTCUSDT", "stages": []}, 400, "stages"),
        ({"symbol": "XXXUSDT", "stages": [{"do": "wait", "seconds": 1}]}, 404, "no such symbol"),
        ({"assets": ["XXX"], "stages": [{"do": "wait", "seconds": 1}]}, 404, "no such asset"),
        ({"symbol": "BTCUSDT", "stages": [{"do": "fly"}]}, 400, "fly"),
        ({"symbol": "BTCUSDT", "stages": [{"do": "wait", "seconds": 0.0001}]}, 400, "millisecond"),
        ({"symbol": "BTCUSDT", "stages": [{"do": "set", "price": "2000000"}]}, 422, "no order at that price"),
        ({"symbol": "BTCUSDT", "stages": [{"do": "ramp", "seconds": 1}]}, 400, "a ramp goes to a price"),
        ({"symbol": "BTCUSDT", "stages": [{"do": "gap", "percent": -100}]}, 400, "percent"),
        (
            {"assets": ["BTC"], "stages": [{"do": "set", "price": "1"}]},
            422,
            "be played: a price is that of a symbol",
        ),
        ({"stages": [{"do": "wait", "seconds": 1}]}, 400, "a symbol, or assets"),
        (
            {"symbol": "BTCUSDT", "assets": ["BTC"], "stages": [{"do": "wait", "seconds": 1}]},
            400,
            "a symbol, or assets",
        ),
        ({"symbol": "ETHUSDT", "stages": [{"do": "wait", "seconds": 1}]}, 409, "another script"),
        (
            {"symbol": "BTCUSDT", "stages": [{"do": "ramp", "percent": 1, "seconds": 200_000}]},
            422,
            "more than 100000",
        ),
    ],
)
def test_what_cannot_be_followed_is_refused(lab: Served, body: object, status: int, error: str) -> None:
    lab.post(SCRIPTS, {"symbol": "ETHUSDT", "stages": [{"do": "wait", "seconds": 60}]})
    answer = lab.post(SCRIPTS, body)
    assert (answer.status_code, error in answer.json()["error"]) == (status, True), answer.text


def test_on_the_wall_clock_it_goes_by_itself_and_the_walk_leaves_it_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with served(monkeypatch, tmp_path) as lab:
        watching = lab.exchange.subscribe()
        lab.post("/lab/prices/BTCUSDT", {"price": "50000"})
        script = {
            "symbol": "BTCUSDT",
            "stages": [{"do": "ramp", "price": "60000", "seconds": 0.05, "every": 0.01}],
        }
        lab.post(SCRIPTS, script)

        async def until_it_ends() -> None:
            async for happened in watching:
                if any(isinstance(event, IndexScriptEnded) for event in happened.events):
                    return

        lab.run(until_it_ends())
        assert price(lab) == 60_000
