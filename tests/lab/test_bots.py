"""Trader bots: one seed is one tape, and nobody trades unasked."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from openmargin.domain.events import OrderFilled
from openmargin.history import queries
from tests.lab.bench import Served, served

START = datetime(2026, 1, 1, tzinfo=UTC)
BOTS = "/lab/bots"


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Served]:
    with served(monkeypatch, tmp_path, clock="virtual", start=START, virtual_walk_ms=1000) as running:
        running.exchange.subscribe()
        yield running


def tape(lab: Served) -> list[tuple[int, int, int]]:
    question = queries.PublicTrades(symbol="BTCUSDT", limit=1000)
    return [
        (trade.at_ms, trade.price, trade.quantity) for trade in lab.run(lab.exchange.past.fetch(question))
    ]


def played(lab: Served) -> list[tuple[int, int, int]]:
    body = {"symbols": ["BTCUSDT", "ETHUSDT"], "seed": 7, "everyMs": 500}
    begun = lab.post(BOTS, body).json()
    assert (begun["running"], begun["seed"], begun["orders"]) == (True, 7, 0)
    walked = lab.exchange.live.walk_step
    lab.post("/lab/clock/advance", {"seconds": 20.001})
    assert lab.exchange.live.walk_step == walked + 20, "the index walks on beside them"
    return tape(lab)


def test_one_seed_is_one_tape(lab: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = played(lab)
    assert lab.get(BOTS).json()["orders"] == 41
    assert len(first) > 30, "more than the house prints by itself"
    with served(monkeypatch, tmp_path, clock="virtual", start=START, virtual_walk_ms=1000) as other:
        other.exchange.subscribe()
        assert played(other) == first
        assert other.exchange.state_hash() == lab.exchange.state_hash()


def test_nobody_trades_unasked_nor_when_stopped(lab: Served) -> None:
    assert lab.get(BOTS).status_code == 404
    lab.post(BOTS, {"symbols": ["BTCUSDT"]})
    assert lab.post(BOTS, {"symbols": ["BTCUSDT"]}).status_code == 409
    assert lab.ask("DELETE", BOTS).json()["running"] is False
    lab.post("/lab/clock/advance", {"seconds": 10})
    assert lab.get(BOTS).json()["orders"] == 0
    assert lab.post(BOTS, {"symbols": ["XXX"]}).status_code == 404


def test_on_the_wall_clock_they_trade_by_themselves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with served(monkeypatch, tmp_path) as lab:
        watching = lab.exchange.subscribe()
        lab.post(BOTS, {"symbols": ["BTCUSDT"], "everyMs": 10})

        async def until_one_trades() -> None:
            async for happened in watching:
                if any(isinstance(event, OrderFilled) for event in happened.events):
                    return

        lab.run(until_one_trades())
        assert lab.ask("DELETE", BOTS).json()["orders"] >= 1


def test_bots_begin_whatever_an_asset_costs(lab: Served) -> None:
    """At that price a million's worth for each of a hundred would be more than there can be."""
    lab.post("/lab/prices/DOGEUSDT", {"price": "0.0001"})
    for _ in range(3):
        answer = lab.post(BOTS, {"symbols": ["DOGEUSDT"], "count": 100})
        assert answer.status_code == 200, answer.text
        lab.ask("DELETE", BOTS)
