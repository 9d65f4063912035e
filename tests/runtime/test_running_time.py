"""Virtual time that runs by itself, or until something is so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from openmargin.domain.commands import SetIndex, Tick
from openmargin.domain.enums import Side
from openmargin.domain.events import AnyEvent, InterestAccrued
from openmargin.runtime.clock import VirtualClock
from openmargin.runtime.errors import AdvanceRuns, PastMoment, WallClockRuns
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.verify import verify
from tests.runtime.desk import HOUR_MS, START_MS, levels, limit, run, turns, until
from tests.runtime.test_time import EveryMinute, next_hour, owe, records

FAST = 1_000_000.0
"""An hour in under four milliseconds."""


def test_a_clock_runs_at_its_speed_and_waits_while_it_is_held() -> None:
    host = [0]
    clock = VirtualClock(START_MS, lambda: host[0])

    def pass_by(milliseconds: int) -> int:
        host[0] += milliseconds * 1_000_000
        return clock.now_ms() - START_MS

    assert pass_by(10) == 0
    clock.run_at(60)
    assert pass_by(10) == 600
    clock.hold()
    clock.hold()
    assert pass_by(10) == 600
    clock.let_go()
    assert pass_by(10) == 600
    clock.let_go()
    assert pass_by(10) == 1200
    clock.run_at(0.5)
    assert pass_by(10) == 1205
    clock.move_to(START_MS + 5000)
    assert pass_by(2) == 5001
    clock.run_at(0)
    assert pass_by(10) == 5001


def test_time_that_runs_brings_each_hour_at_its_own_moment_and_replays_alike(tmp_path: Path) -> None:
    async def story(exchange: Exchange) -> None:
        await owe(exchange)
        before = exchange.state_hash()[0]
        await exchange.run_at(FAST)
        first = next_hour(START_MS)
        await until(lambda: exchange.clock.now_ms() > first + 5 * HOUR_MS)
        await exchange.submit(limit(Side.BUY, 1))
        await exchange.run_at(0)
        frozen_ms = exchange.clock.now_ms()
        assert exchange.state_hash()[2] == frozen_ms, "what was shown of the time is on disk"
        await turns()
        assert exchange.clock.now_ms() == frozen_ms
        found = records(tmp_path)[before + 1 :]
        hours = [at_ms for at_ms, command in found if command == Tick() and at_ms % HOUR_MS == 0]
        assert hours[:6] == [first + n * HOUR_MS for n in range(6)]
        assert [at_ms for at_ms, _ in found] == sorted(at_ms for at_ms, _ in found)

    run(story, tmp_path)
    assert verify(tmp_path).is_sound


def test_a_clock_that_runs_goes_on_after_a_restart_from_where_it_was_closed(tmp_path: Path) -> None:
    seen: list[int] = []

    async def story(exchange: Exchange) -> None:
        await exchange.run_at(FAST)
        await until(lambda: exchange.clock.now_ms() > START_MS + HOUR_MS)
        seen.append(exchange.clock.now_ms())

    async def later(exchange: Exchange) -> None:
        assert exchange.clock.now_ms() >= seen[0]
        assert exchange.clock.speed == 0

    run(story, tmp_path)
    run(later, tmp_path)


def test_the_index_walks_by_itself_while_the_clock_runs(tmp_path: Path) -> None:
    async def story(exchange: Exchange) -> None:
        exchange.walk_with(EveryMinute())
        await exchange.run_at(FAST / 10)
        await until(lambda: exchange.clock.now_ms() > START_MS + 10 * 60_000)
        await exchange.submit(limit(Side.BUY, 1))
        await exchange.run_at(0)
        walked = [at_ms for at_ms, command in records(tmp_path) if type(command) is SetIndex]
        first = (START_MS // 60_000 + 1) * 60_000
        assert walked[:10] == [first + n * 60_000 for n in range(10)]

    run(story, tmp_path)


class When:
    """A condition of a test's own."""

    def __init__(self, is_so: Callable[[Sequence[AnyEvent]], bool]) -> None:
        self._is_so = is_so

    def is_met(self, events: Sequence[AnyEvent]) -> bool:
        return self._is_so(events)


def test_a_run_stops_after_the_very_record_that_meets_its_condition(tmp_path: Path) -> None:
    async def story(exchange: Exchange) -> None:
        await owe(exchange)
        accrued: list[int] = []

        def third_hour(events: Sequence[AnyEvent]) -> bool:
            accrued.extend(1 for event in events if isinstance(event, InterestAccrued))
            return len(accrued) == 3

        stop = await exchange.run_to(None, 100 * HOUR_MS, When(third_hour))
        hour = next_hour(START_MS) + 2 * HOUR_MS
        assert (stop.is_met, stop.at_ms) == (True, hour)
        assert exchange.clock.now_ms() == hour
        assert exchange.state_hash()[::2] == (stop.seq, hour)

    run(story, tmp_path)
    assert verify(tmp_path).is_sound


def test_a_condition_that_is_met_already_moves_nothing() -> None:
    async def story(exchange: Exchange) -> None:
        before = exchange.state_hash()
        stop = await exchange.run_to(START_MS + 5, HOUR_MS, When(lambda _: True))
        assert (stop.is_met, stop.at_ms, exchange.state_hash()) == (True, START_MS, before)

    run(story)


def test_a_run_ends_at_its_moment_or_at_its_bound() -> None:
    async def story(exchange: Exchange) -> None:
        stop = await exchange.run_to(START_MS + 5000, HOUR_MS, When(lambda _: False))
        assert (stop.is_met, stop.at_ms) == (False, START_MS + 5000)
        stop = await exchange.run_to(None, HOUR_MS, When(lambda _: False))
        assert (stop.is_met, stop.at_ms) == (False, START_MS + 5000 + HOUR_MS)
        stop = await exchange.run_to(START_MS + 90 * HOUR_MS, 1000, None)
        assert stop.at_ms == START_MS + 6000 + HOUR_MS
        with pytest.raises(PastMoment):
            await exchange.run_to(START_MS, HOUR_MS, None)

    run(story)


def test_commands_are_obeyed_on_the_way_and_can_meet_the_condition() -> None:
    async def story(exchange: Exchange) -> None:
        await owe(exchange)
        running = asyncio.ensure_future(
            exchange.run_to(None, 1000 * HOUR_MS, When(lambda _: levels(exchange) == [1, 2]))
        )
        await turns(3)
        first = await exchange.submit(limit(Side.BUY, 1))
        second = await exchange.submit(limit(Side.BUY, 2))
        assert START_MS < first.at_ms < second.at_ms
        stop = await running
        assert (stop.is_met, stop.at_ms, stop.seq) == (True, second.at_ms, second.seq)

    run(story)


def test_one_move_at_a_time_and_none_on_the_wall_clock() -> None:
    async def story(exchange: Exchange) -> None:
        await owe(exchange)
        running = asyncio.ensure_future(exchange.run_to(None, 10 * HOUR_MS, None))
        await turns(3)
        assert exchange.is_moving
        for other in (exchange.advance(1), exchange.run_to(None, 1, None), exchange.run_at(1)):
            with pytest.raises(AdvanceRuns):
                await other
        await running
        assert not exchange.is_moving

    async def on_the_wall(exchange: Exchange) -> None:
        for move in (exchange.run_to(None, 1, None), exchange.run_at(1)):
            with pytest.raises(WallClockRuns):
                await move

    run(story)
    run(on_the_wall, virtual_start_ms=None)
