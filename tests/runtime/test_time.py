"""Time: what is due comes before what is asked, a virtual clock moves when told, and nothing goes back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from openmargin.domain.commands import Borrow, SetIndex, Tick, Transfer
from openmargin.domain.enums import Side
from openmargin.domain.events import InterestAccrued
from openmargin.domain.ids import CROSS, SPOT
from openmargin.domain.money import E8
from openmargin.history import queries
from openmargin.journal.record import GENESIS_CHAIN
from openmargin.journal.sqlite_store import SqliteJournal
from openmargin.runtime.clock import WallClock
from openmargin.runtime.directory import DataDirectory
from openmargin.runtime.errors import AdvanceRuns, Draining, WallClockRuns
from openmargin.runtime.exchange import Exchange, open_exchange
from openmargin.runtime.phases import Phase
from openmargin.runtime.storage import connect_to_read
from openmargin.runtime.timers import DueTimer, Periodic
from tests.runtime.desk import ACCOUNT, HOUR_MS, START_MS, funded, levels, limit, options, run, turns, until


async def owe(exchange: Exchange) -> None:
    """Let account 1 owe USDT, so that every full hour brings interest."""
    for command in (
        Transfer(ACCOUNT, "", 0, SPOT, CROSS, "BTC", E8),
        Borrow(ACCOUNT, "", 0, CROSS, "USDT", 100 * E8),
    ):
        assert (await exchange.submit(command)).rejection is None


def records(directory: Path) -> list[tuple[int, object]]:
    connection = connect_to_read(DataDirectory(directory))
    try:
        entries = SqliteJournal(connection).read_from(0, GENESIS_CHAIN)
        return [(entry.record.at_ms, entry.record.command) for entry in entries]
    finally:
        connection.close()


def next_hour(at_ms: int) -> int:
    return (at_ms // HOUR_MS + 1) * HOUR_MS


def test_a_virtual_clock_stands_still() -> None:
    async def story(exchange: Exchange) -> None:
        for level in range(5):
            assert (await exchange.submit(limit(Side.BUY, level))).at_ms == START_MS
        assert exchange.clock.now_ms() == START_MS

    run(story)


def test_an_advance_lands_where_it_was_told_and_is_durable(tmp_path: Path) -> None:
    async def story(exchange: Exchange) -> None:
        await exchange.advance(90_000)
        assert exchange.clock.now_ms() == START_MS + 90_000
        assert exchange.state_hash()[2] == START_MS + 90_000

    run(story, tmp_path)

    async def later(exchange: Exchange) -> None:
        assert exchange.clock.now_ms() == START_MS + 90_000

    run(later, tmp_path, virtual_start_ms=1)


def test_every_due_hour_is_a_step_of_its_own_at_its_own_time(tmp_path: Path) -> None:
    async def story(exchange: Exchange) -> None:
        await owe(exchange)
        first_hour = next_hour(START_MS)
        before = exchange.state_hash()[0]
        await exchange.advance(first_hour - START_MS + 5 * HOUR_MS + 1)
        hours = [first_hour + n * HOUR_MS for n in range(6)]
        assert records(tmp_path)[before + 1 :] == [(at_ms, Tick()) for at_ms in [*hours, hours[-1] + 1]]
        found, total = await exchange.past.fetch(
            queries.Interest(account_id=ACCOUNT, scope=CROSS, asset="USDT", limit=100)
        )
        assert [row.hour_ms for row in found[:6]] == hours[::-1]
        assert total == 7  # And the hour that a loan begins with.

    run(story, tmp_path)


def test_advances_of_one_and_of_many_pieces_give_the_same_interest(tmp_path: Path) -> None:
    async def whole(exchange: Exchange) -> object:
        await owe(exchange)
        await exchange.advance(12 * HOUR_MS)
        return await exchange.read(lambda live: live.balances(ACCOUNT, CROSS))

    async def pieces(exchange: Exchange) -> object:
        await owe(exchange)
        for _ in range(48):
            await exchange.advance(HOUR_MS // 4)
        return await exchange.read(lambda live: live.balances(ACCOUNT, CROSS))

    assert run(whole, tmp_path / "whole") == run(pieces, tmp_path / "pieces")


def test_what_comes_during_an_advance_waits_for_its_end_and_keeps_its_order() -> None:
    async def story(exchange: Exchange) -> None:
        await owe(exchange)
        advancing = asyncio.ensure_future(exchange.advance(100 * HOUR_MS))
        await turns(3)
        orders = [asyncio.ensure_future(exchange.submit(limit(Side.BUY, level))) for level in range(20)]
        await turns(3)
        # Reads are served in between: time is on its way, and no order is there yet.
        seen = await exchange.read(lambda _: (exchange.clock.now_ms(), levels(exchange)))
        assert START_MS < seen[0] < START_MS + 100 * HOUR_MS
        assert seen[1] == []
        outcomes = await asyncio.gather(*orders)
        assert [outcome.at_ms for outcome in outcomes] == [START_MS + 100 * HOUR_MS] * 20
        assert levels(exchange) == list(range(20))
        await advancing

    run(story)


def test_a_second_advance_is_refused_while_one_runs() -> None:
    async def story(exchange: Exchange) -> None:
        await owe(exchange)
        advancing = asyncio.ensure_future(exchange.advance(10 * HOUR_MS))
        await turns(3)
        with pytest.raises(AdvanceRuns):
            await exchange.advance(1)
        await advancing
        await exchange.advance(1)

    run(story)


def test_an_advance_goes_on_without_whoever_asked() -> None:
    async def story(exchange: Exchange) -> None:
        await owe(exchange)
        advancing = asyncio.ensure_future(exchange.advance(10 * HOUR_MS))
        await turns(3)
        advancing.cancel()
        outcome = await exchange.submit(limit(Side.BUY, 1))
        assert outcome.at_ms == START_MS + 10 * HOUR_MS

    run(story)


def test_a_stop_breaks_an_advance_off_between_two_steps(tmp_path: Path) -> None:
    async def story() -> None:
        exchange = await open_exchange(options(tmp_path))
        await funded(exchange)
        await owe(exchange)
        advancing = asyncio.ensure_future(exchange.advance(10_000 * HOUR_MS))
        await turns(3)
        await exchange.close()
        with pytest.raises(Draining):
            await advancing

    asyncio.run(story())

    async def later(exchange: Exchange) -> None:
        assert START_MS < exchange.clock.now_ms() < START_MS + 10_000 * HOUR_MS

    run(later, tmp_path)


def test_a_wall_clock_cannot_be_moved() -> None:
    async def story(exchange: Exchange) -> None:
        with pytest.raises(WallClockRuns):
            await exchange.advance(1)

    run(story, virtual_start_ms=None)


class EveryMinute:
    """An index walk of one symbol, a step a minute."""

    def next_ms(self, after_ms: int) -> int:
        return (after_ms // 60_000 + 1) * 60_000

    def command(self, at_ms: int) -> SetIndex:
        return SetIndex((("BTCUSDT", at_ms),), walk_steps=1)


def test_the_index_walks_on_the_way_and_after_what_is_due(tmp_path: Path) -> None:
    async def story(exchange: Exchange) -> None:
        await owe(exchange)
        await exchange.advance(next_hour(START_MS) - 120_000 - START_MS)
        exchange.walk_with(EveryMinute())
        before = exchange.state_hash()[0]
        await exchange.advance(150_000)
        hour = next_hour(START_MS)
        walked = [
            (at_ms, type(command).__name__)
            for at_ms, command in records(tmp_path)[before + 1 :]
            if type(command) is SetIndex or at_ms in (hour, hour + 30_000)
        ]
        assert walked == [
            (hour - 60_000, "SetIndex"),
            (hour, "Tick"),
            (hour, "SetIndex"),
            (hour + 30_000, "Tick"),
        ]
        view = exchange.live.index("BTCUSDT")
        assert view is not None
        assert view.price == hour

    run(story, tmp_path)


class SetClock(WallClock):
    """A wall clock in the test's hand."""

    def __init__(self) -> None:
        self.ms = START_MS

    def now_ms(self) -> int:
        return self.ms


def test_after_a_downtime_what_is_due_comes_first_each_at_its_own_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SetClock()
    monkeypatch.setattr("openmargin.runtime.exchange.WallClock", lambda: clock)
    run(owe, tmp_path, virtual_start_ms=None)
    clock.ms += 48 * HOUR_MS

    async def later(exchange: Exchange) -> None:
        outcome = await exchange.submit(limit(Side.BUY, 1))
        assert outcome.at_ms == clock.ms
        assert not any(isinstance(event, InterestAccrued) for event in outcome.events)

    run(later, tmp_path, virtual_start_ms=None)
    ticks = [at_ms for at_ms, command in records(tmp_path) if command == Tick()]
    assert ticks == [next_hour(START_MS) + n * HOUR_MS for n in range(48)]


def test_a_host_clock_that_goes_back_does_not_take_the_exchange_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = SetClock()
    monkeypatch.setattr("openmargin.runtime.exchange.WallClock", lambda: clock)

    async def story(exchange: Exchange) -> None:
        clock.ms += 5000
        assert (await exchange.submit(limit(Side.BUY, 1))).at_ms == START_MS + 5000
        clock.ms -= 3000
        assert (await exchange.submit(limit(Side.BUY, 2))).at_ms == START_MS + 5000

    run(story, virtual_start_ms=None)


def test_due_work_wakes_an_exchange_that_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SetClock()
    clock.ms = next_hour(START_MS) - 20
    monkeypatch.setattr("openmargin.runtime.exchange.WallClock", lambda: clock)

    async def story(exchange: Exchange) -> None:
        subscription = exchange.subscribe()
        await owe(exchange)
        clock.ms += 20
        async for happened in subscription:
            if happened.at_ms == clock.ms:
                assert any(isinstance(event, InterestAccrued) for event in happened.events)
                return

    run(story, virtual_start_ms=None)


def test_a_timer_that_wakes_too_early_asks_the_clock_again() -> None:
    async def story() -> None:
        clock = SetClock()
        rung: list[int] = []
        timer = DueTimer(asyncio.get_running_loop(), clock, lambda: rung.append(clock.ms))
        timer.set(START_MS + 5)
        await asyncio.sleep(0.02)  # Host time passes; the exchange's does not, as when a clock was set back.
        assert rung == []
        clock.ms += 5
        await until(lambda: rung != [])
        assert rung == [START_MS + 5]

    asyncio.run(story())


def test_a_periodic_job_runs_one_at_a_time_and_only_with_a_reason() -> None:
    async def story() -> None:
        running: list[int] = []
        most: list[int] = []
        wanted = [False]
        gate = asyncio.Event()

        async def job() -> None:
            running.append(1)
            most.append(len(running))
            await gate.wait()
            running.pop()
            raise RuntimeError("a job that fails is tried again")

        periodic = Periodic(asyncio.get_running_loop(), 1, job, lambda: wanted[0])
        await asyncio.sleep(0.01)
        assert most == []
        wanted[0] = True
        await until(lambda: most != [])
        await asyncio.sleep(0.01)
        assert most == [1]
        gate.set()
        await until(lambda: len(most) > 2)
        periodic.cancel()
        assert max(most) == 1

    asyncio.run(story())


def test_the_phase_between_two_steps_of_an_advance_is_announced() -> None:
    phases: list[Phase] = []

    async def story(exchange: Exchange) -> None:
        await owe(exchange)
        await exchange.advance(3 * HOUR_MS)

    run(story, at=phases.append)
    assert phases.count(Phase.IN_ADVANCE) == 4
