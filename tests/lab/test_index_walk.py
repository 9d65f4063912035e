"""When the index walks by itself, and when it stands still."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.lab.bench import Served, served

MINUTE_MS = 60_000


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Served]:
    with served(monkeypatch, tmp_path, clock="virtual", virtual_walk_ms=MINUTE_MS) as running:
        yield running


def steps_after(lab: Served, seconds: int) -> int:
    before = lab.exchange.live.walk_step
    assert lab.post("/lab/clock/advance", {"seconds": seconds}).status_code == 200
    return lab.exchange.live.walk_step - before


def test_nobody_trades_and_nobody_watches_so_nothing_walks(lab: Served) -> None:
    assert steps_after(lab, 3600) == 0


def test_somebody_watches_so_every_minute_is_a_step(lab: Served) -> None:
    lab.exchange.subscribe()
    assert steps_after(lab, 3600) == 60


def test_the_path_does_not_depend_on_how_the_time_is_cut_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    prices: list[list[int]] = []
    for seconds in ([600], [59, 1, 61, 200, 279]):
        start = datetime(2026, 1, 1, tzinfo=UTC)
        with served(monkeypatch, tmp_path, clock="virtual", virtual_walk_ms=MINUTE_MS, start=start) as lab:
            lab.exchange.subscribe()
            for part in seconds:
                steps_after(lab, part)
            views = [lab.exchange.live.index(symbol.name) for symbol in lab.exchange.venue.symbols]
            prices.append([view.price for view in views if view])
    assert prices[0] == prices[1]


def test_without_a_step_length_virtual_prices_stand_still(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with served(monkeypatch, tmp_path, clock="virtual") as lab:
        lab.exchange.subscribe()
        assert steps_after(lab, 3600) == 0


def test_without_a_house_prices_stand_still(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with served(monkeypatch, tmp_path, clock="virtual", virtual_walk_ms=MINUTE_MS, market="none") as lab:
        lab.exchange.subscribe()
        assert steps_after(lab, 3600) == 0


def test_on_the_wall_clock_the_index_moves_while_somebody_watches(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with served(monkeypatch, tmp_path) as lab:
        watching = lab.exchange.subscribe()
        lab.run(anext(watching))
        assert lab.exchange.live.walk_step == 1
