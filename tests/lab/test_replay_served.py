"""Data files played to an exchange that is served, on both clocks, and by the command line."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openmargin.cli import app
from openmargin.runtime.verify import verify
from tests.lab.bench import Served, served
from tests.lab.data_files import BEGIN, MINUTE, candles, trades, write_csv, write_zip

START = datetime.fromtimestamp(BEGIN / 1000, UTC)
REPLAY = "/lab/replay"


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Served]:
    with served(monkeypatch, tmp_path, clock="virtual", start=START) as running:
        yield running


def price(lab: Served, symbol: str = "BTCUSDT") -> int:
    view = lab.exchange.live.index(symbol)
    assert view is not None
    return view.price


@pytest.fixture
def walking(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Served]:
    with served(monkeypatch, tmp_path, clock="virtual", start=START, virtual_walk_ms=1000) as running:
        running.exchange.subscribe()
        yield running


def test_it_is_played_as_virtual_time_passes_and_the_walk_rests(walking: Served, tmp_path: Path) -> None:
    lab = walking
    file = write_zip(tmp_path / "BTCUSDT-1m-2025-01.zip", candles(10, unit=1000), checksum=True)
    begun = lab.post(REPLAY, {"files": [str(file)]}).json()
    assert (begun["state"], begun["symbols"], begun["shiftedBy"]) == ("PLAYING", ["BTCUSDT"], 0)
    assert lab.post(REPLAY, {"files": [str(file)]}).status_code == 409
    walked = lab.exchange.live.walk_step
    lab.post("/lab/clock/advance", {"seconds": 90})
    shown = lab.get(REPLAY).json()
    assert (shown["state"], shown["records"], shown["time"]) == ("PLAYING", 6, BEGIN + MINUTE + 19_999)
    lab.post("/lab/clock/advance", {"seconds": 509.999})
    shown = lab.get(REPLAY).json()
    assert (shown["state"], shown["rows"], shown["share"]) == ("ENDED", 10, 1.0)
    assert price(lab) == round(float(candles(10)[-1].split(",")[4]) * 100) * 10**6
    assert lab.exchange.live.walk_step == walked
    lab.post("/lab/clock/advance", {"seconds": 10.001})
    assert lab.exchange.live.walk_step == walked + 11, "where it ends, the walk goes on"


def test_it_can_be_stopped(lab: Served, tmp_path: Path) -> None:
    assert lab.get(REPLAY).status_code == 404
    file = write_csv(tmp_path / "BTCUSDT-trades.csv", trades(100))
    lab.post(REPLAY, {"files": [str(file)]})
    lab.post("/lab/clock/advance", {"seconds": 3600})
    stopped = lab.ask("DELETE", REPLAY).json()
    assert (stopped["state"], stopped["records"]) == ("STOPPED", 5)
    lab.post("/lab/clock/advance", {"seconds": 3600})
    assert lab.get(REPLAY).json()["records"] == 5


def test_a_damaged_line_ends_it_and_is_told(lab: Served, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "BTCUSDT-trades.csv", [*trades(9)[:3], "1,2", *trades(9)[3:]])
    lab.post(REPLAY, {"files": [str(file)]})
    lab.post("/lab/clock/advance", {"seconds": 86_400})
    shown = lab.get(REPLAY).json()
    assert (shown["state"], shown["problem"]) == (
        "DAMAGED",
        f"{file}, line 4: it has 2 columns, and a trade 7",
    )
    lab.post(REPLAY, {"files": [str(file)], "onDamage": "skip"})
    lab.post("/lab/clock/advance", {"seconds": 86_400})
    shown = lab.get(REPLAY).json()
    assert (shown["state"], shown["skipped"], shown["shiftedBy"]) == ("ENDED", 1, 86_400_000)


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"files": []}, 400, "files"),
        ({"files": ["/nowhere/BTCUSDT-1m.csv"]}, 422, "cannot be read"),
        ({"files": [""]}, 422, "it is a directory"),
        ({"files": ["\0"]}, 422, "cannot be read"),
        ({"files": [__file__]}, 422, "no symbol test_replay_served"),
        ({"files": ["x"], "speed": 2}, 409, "no speed of its own"),
    ],
)
def test_what_cannot_be_played_is_refused(lab: Served, body: object, status: int, error: str) -> None:
    answer = lab.post(REPLAY, body)
    assert (answer.status_code, error in answer.json()["error"]) == (status, True), answer.text


def test_the_wall_clock_plays_it_at_a_speed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "BTCUSDT-trades.csv", trades(200))
    with served(monkeypatch, tmp_path) as lab:
        watching = lab.exchange.subscribe()
        lab.post(REPLAY, {"files": [str(file)], "speed": 1_000_000})

        async def until_it_ends() -> None:
            async for _ in watching:
                if lab.exchange.walk is None:
                    return

        lab.run(until_it_ends())
        assert lab.get(REPLAY).json()["state"] == "ENDED"
        assert price(lab) == round(float(trades(200)[-1].split(",")[1]) * 100) * 10**6


def test_the_command_makes_an_exchange_that_verifies(tmp_path: Path) -> None:
    files = [
        str(write_zip(tmp_path / "BTCUSDT-1m-2025-01.zip", candles(50, unit=1000), checksum=True)),
        str(write_csv(tmp_path / "ETHUSDT-trades.csv", [line.replace(",6", ",", 1) for line in trades(50)])),
    ]
    directory = tmp_path / "data"
    said = CliRunner().invoke(app, ["replay-data", *files, "--data", str(directory)])
    assert said.exit_code == 0, said.output
    assert "100 rows of BTCUSDT, ETHUSDT in 250 records" in said.output
    report = verify(directory, lambda _done, _total: None)
    assert report.is_sound
    assert report.event_chain in said.output
    again = CliRunner().invoke(app, ["replay-data", files[0], "--data", str(directory)])
    assert again.exit_code == 0, again.output
    assert verify(directory, lambda _done, _total: None).is_sound


def test_the_command_names_file_and_line_and_leaves_nothing_behind(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "BTCUSDT-trades.csv", ["1,2,3"])
    said = CliRunner().invoke(app, ["replay-data", str(file), "--data", str(tmp_path / "data")])
    assert said.exit_code == 1
    assert f"openmargin: {file}, line 1: it has 3 columns" in said.output
    assert not (tmp_path / "data").exists()
