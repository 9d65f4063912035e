"""One order of everything, and nothing leaves before it is on disk."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from openmargin.domain.commands import Deposit
from openmargin.domain.enums import Side
from openmargin.domain.events import AnyEvent, OrderOpened
from openmargin.domain.ids import SPOT
from openmargin.domain.reasons import Reason
from openmargin.history import queries
from openmargin.journal.codec import chain_events
from openmargin.journal.record import GENESIS_CHAIN
from openmargin.journal.sqlite_store import SqliteJournal
from openmargin.runtime.directory import DataDirectory
from openmargin.runtime.errors import Draining, TimedOut, Unavailable
from openmargin.runtime.exchange import Exchange, open_exchange
from openmargin.runtime.phases import Phase
from openmargin.runtime.storage import connect_to_read
from tests.runtime.desk import ACCOUNT, VENUE, Disk, funded, levels, limit, options, run, turns, until


def journaled(directory: Path) -> list[object]:
    """What another process finds in the journal now."""
    connection = connect_to_read(DataDirectory(directory))
    try:
        return [entry.record.command for entry in SqliteJournal(connection).read_from(0, GENESIS_CHAIN)]
    finally:
        connection.close()


def test_a_command_is_on_disk_when_its_outcome_arrives(tmp_path: Path) -> None:
    async def story(exchange: Exchange) -> None:
        for level in range(100, 120):
            command = limit(Side.BUY, level)
            outcome = await exchange.submit(command)
            assert journaled(tmp_path)[outcome.seq] == command
            assert exchange.state_hash()[0] == outcome.seq

    run(story, tmp_path)


def test_no_outcome_read_or_event_leaves_before_the_disk_has_it(tmp_path: Path) -> None:
    disk = Disk()

    async def story(exchange: Exchange) -> None:
        subscription = exchange.subscribe()
        disk.hold()
        order = asyncio.ensure_future(exchange.submit(limit(Side.BUY, 100)))
        await asyncio.to_thread(disk.reached.wait)
        read = asyncio.ensure_future(exchange.read(lambda _: levels(exchange)))
        event = asyncio.ensure_future(anext(subscription))
        await turns()
        assert [future.done() for future in (order, read, event)] == [False, False, False]
        disk.let_go()
        assert await read == [100]
        assert (await event).seq == (await order).seq

    run(story, tmp_path, at=disk)


def test_a_read_answers_for_the_moment_it_was_asked(tmp_path: Path) -> None:
    disk = Disk()

    async def story(exchange: Exchange) -> None:
        disk.hold()
        first = asyncio.ensure_future(exchange.submit(limit(Side.BUY, 100)))
        await turns()
        read = asyncio.ensure_future(exchange.read(lambda _: levels(exchange)))
        await turns()
        second = asyncio.ensure_future(exchange.submit(limit(Side.BUY, 101)))
        await turns()
        disk.let_go()
        assert await read == [100]
        await asyncio.gather(first, second)

    run(story, tmp_path, at=disk)


def test_a_read_of_what_is_durable_waits_for_nothing(tmp_path: Path) -> None:
    async def story(exchange: Exchange) -> None:
        read = exchange.read(lambda _: levels(exchange))
        with pytest.raises(StopIteration) as done:
            read.send(None)
        assert done.value.value == []

    run(story, tmp_path)


def test_the_order_of_submissions_is_the_order_of_records_and_of_answers() -> None:
    async def story(exchange: Exchange) -> None:
        answered: list[int] = []

        async def place(level: int) -> None:
            outcome = await exchange.submit(limit(Side.BUY, level))
            answered.append(outcome.seq)

        await asyncio.gather(*(place(level) for level in range(100, 200)))
        assert levels(exchange) == list(range(100, 200))
        assert answered == sorted(answered)

    run(story)


def test_events_and_replies_agree_on_what_happened() -> None:
    async def story(exchange: Exchange) -> None:
        subscription = exchange.subscribe()
        outcomes = await asyncio.gather(
            *(exchange.submit(limit(Side.BUY, level)) for level in range(100, 110))
        )
        for outcome in outcomes:
            happened = await anext(subscription)
            own = happened.events[: len(outcome.events)]
            assert (happened.seq, happened.at_ms, tuple(own)) == (
                outcome.seq,
                outcome.at_ms,
                outcome.events,
            )
            assert any(isinstance(event, OrderOpened) for event in outcome.events)

    run(story)


def test_a_refused_command_is_journaled_and_told() -> None:
    async def story(exchange: Exchange) -> None:
        before = exchange.state_hash()
        outcome = await exchange.submit(Deposit(ACCOUNT, SPOT, "NOSUCH", 1))
        assert outcome.rejection is not None
        assert outcome.rejection.reason is Reason.UNKNOWN_ASSET
        assert outcome.events == (outcome.rejection,)
        seq, event_chain, _ = exchange.state_hash()
        assert seq == before[0] + 1
        assert event_chain != before[1]

    run(story)


def test_a_number_that_no_journal_can_hold_is_the_sender_s_mistake() -> None:
    async def story(exchange: Exchange) -> None:
        before = exchange.state_hash()
        with pytest.raises(OverflowError):
            await exchange.submit(Deposit(ACCOUNT, SPOT, "BTC", 2**70))
        assert exchange.state_hash() == before
        assert (await exchange.submit(limit(Side.BUY, 100))).rejection is None

    run(story)


def test_a_sender_who_leaves_takes_nothing_along(tmp_path: Path) -> None:
    disk = Disk()

    async def story(exchange: Exchange) -> None:
        disk.hold()
        gone = asyncio.ensure_future(exchange.submit(limit(Side.BUY, 100)))
        stays = asyncio.ensure_future(exchange.submit(limit(Side.BUY, 101)))
        await turns()
        gone.cancel()
        disk.let_go()
        await stays
        assert levels(exchange) == [100, 101]

    run(story, tmp_path, at=disk)


def test_nobody_waits_for_the_disk_for_ever(tmp_path: Path) -> None:
    disk = Disk()

    async def story(exchange: Exchange) -> None:
        disk.hold()
        waiting = [asyncio.ensure_future(exchange.submit(limit(Side.BUY, level))) for level in (100, 101)]
        await turns()
        reads = [asyncio.ensure_future(exchange.read(lambda live: live.idle()))]
        for future in (*waiting, *reads):
            with pytest.raises(TimedOut):
                await future
        disk.let_go()
        # What timed out was not undone: its status was only unknown. A slow disk may need more than one try.
        found = None
        while found is None:
            with contextlib.suppress(TimedOut):
                found = await exchange.read(lambda _: levels(exchange))
        assert found == [100, 101]

    run(story, tmp_path, at=disk, timeout_seconds=0.5)


@pytest.mark.parametrize("phase", [Phase.IN_HISTORY_FLUSH, Phase.IN_SYNC])
def test_a_disk_that_refuses_stops_the_writer_and_loses_nothing_acknowledged(
    tmp_path: Path, phase: Phase, caplog: pytest.LogCaptureFixture
) -> None:
    disk = Disk(phase)

    async def story(exchange: Exchange) -> None:
        acknowledged = await exchange.submit(limit(Side.BUY, 100))
        disk.error = sqlite3.OperationalError("database or disk is full")
        waiting = [asyncio.ensure_future(exchange.submit(limit(Side.BUY, level))) for level in (101, 102)]
        await turns(1)
        reading = asyncio.ensure_future(exchange.read(lambda _: levels(exchange)))
        for future in (*waiting, reading):
            with pytest.raises(Unavailable):
                await future
        disk.error = None
        # The disk is well again, but the state is ahead of it: only a new start helps.
        with pytest.raises(Unavailable):
            await exchange.submit(limit(Side.BUY, 103))
        with pytest.raises(Unavailable):
            await exchange.read(lambda _: levels(exchange))
        assert exchange.state_hash()[0] == acknowledged.seq
        assert await exchange.past.fetch(
            queries.Orders(account_id=ACCOUNT, scope=SPOT, symbol="BTCUSDT", limit=500)
        )

    run(story, tmp_path, at=disk)
    assert "database or disk is full" in caplog.text
    assert run(lambda exchange: exchange.read(lambda _: levels(exchange)), tmp_path) == [100]


def test_a_batch_behind_the_one_that_failed_is_refused_too(tmp_path: Path) -> None:
    disk = Disk()

    async def story(exchange: Exchange) -> None:
        disk.hold()
        first = asyncio.ensure_future(exchange.submit(limit(Side.BUY, 100)))
        await asyncio.to_thread(disk.reached.wait)
        second = asyncio.ensure_future(exchange.submit(limit(Side.BUY, 101)))
        await turns()
        disk.error = OSError(30, "Read-only file system")
        disk.let_go()
        for future in (first, second):
            with pytest.raises(Unavailable):
                await future

    run(story, tmp_path, at=disk)
    assert run(lambda exchange: exchange.read(lambda _: levels(exchange)), tmp_path) == []


def test_a_stop_finishes_what_was_accepted_and_accepts_nothing_more(tmp_path: Path) -> None:
    disk = Disk()

    async def story() -> None:
        exchange = await open_exchange(options(tmp_path, at=disk))
        await funded(exchange)
        disk.hold()
        accepted = [asyncio.ensure_future(exchange.submit(limit(Side.BUY, level))) for level in (100, 101)]
        await turns()
        closing = asyncio.ensure_future(exchange.close())
        await turns()
        with pytest.raises(Draining):
            await exchange.submit(limit(Side.BUY, 102))
        disk.let_go()
        await closing
        assert [(await outcome).rejection for outcome in accepted] == [None, None]

    asyncio.run(story())
    assert run(lambda exchange: exchange.read(lambda _: levels(exchange)), tmp_path) == [100, 101]


def break_at(monkeypatch: pytest.MonkeyPatch, client_order_id: str) -> None:
    """Let an invariant fail, after the state has changed, when an order of this name is opened."""

    def breaking(previous: bytes, events: Sequence[AnyEvent]) -> bytes:
        for event in events:
            if isinstance(event, OrderOpened):
                assert event.order.spec.client_order_id != client_order_id, "wallets must sum to zero"
        return chain_events(previous, events)

    monkeypatch.setattr("openmargin.runtime.sequencer.chain_events", breaking)


class Codes:
    """Where a poisoned exchange would end the process."""

    def __init__(self) -> None:
        self.codes: list[int] = []

    def __call__(self, code: int) -> None:
        self.codes.append(code)


def test_a_record_that_breaks_the_engine_is_kept_aside_and_the_next_start_is_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    disk = Disk()
    codes = Codes()
    poison = limit(Side.SELL, 666, name="poison")

    async def story(exchange: Exchange) -> int:
        disk.hold()
        before = asyncio.ensure_future(exchange.submit(limit(Side.BUY, 100)))
        await turns()
        poisonous = asyncio.ensure_future(exchange.submit(poison))
        after = asyncio.ensure_future(exchange.submit(limit(Side.BUY, 101)))
        for future in (poisonous, after):
            with pytest.raises(Unavailable):
                await future
        with pytest.raises(Unavailable):
            await exchange.read(lambda live: live.idle())
        assert not before.done()
        assert codes.codes == []
        disk.let_go()
        outcome = await before
        await until(lambda: codes.codes != [])
        return outcome.seq + 1

    with monkeypatch.context() as patched:
        break_at(patched, "poison")
        seq = run(story, tmp_path, at=disk, on_poison=codes)

    assert codes.codes == [70]
    printed = capsys.readouterr().err
    assert f"record {seq} broke the engine" in printed
    assert "PlaceOrder" in printed
    assert "wallets must sum to zero" in printed
    assert "wallets must sum to zero" in (tmp_path / "poison" / f"{seq}.json").read_text()
    assert (tmp_path / "poison" / f"{seq}.bin").stat().st_size > 0
    assert list((tmp_path / "snapshots").iterdir()) == []
    assert run(lambda exchange: exchange.read(lambda _: levels(exchange)), tmp_path) == [100]


def test_poison_that_cannot_be_set_aside_ends_the_process_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = Codes()

    async def story(exchange: Exchange) -> None:
        (tmp_path / "poison").write_text("no directory")
        with pytest.raises(Unavailable):
            await exchange.submit(limit(Side.BUY, 100, name="poison"))
        await until(lambda: codes.codes != [])

    break_at(monkeypatch, "poison")
    run(story, tmp_path, on_poison=codes)
    printed = capsys.readouterr().err
    assert codes.codes == [70]
    assert "cannot be set aside: " in printed
    assert "wallets must sum to zero" in printed


def test_poison_ends_the_process_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    break_at(monkeypatch, "poison")

    async def story() -> None:
        exchange = await open_exchange(options())
        await funded(exchange)
        with pytest.raises(Unavailable):
            await exchange.submit(limit(Side.BUY, 100, name="poison"))
        await asyncio.Event().wait()

    with pytest.raises(SystemExit) as ended:
        asyncio.run(story())
    assert ended.value.code == 70


def test_the_house_trades_with_users_in_the_same_order_of_records() -> None:
    async def story(exchange: Exchange) -> None:
        outcome = await exchange.submit(limit(Side.BUY, 20_000))
        assert outcome.rejection is None
        trades = await exchange.past.fetch(
            queries.Trades(account_id=ACCOUNT, scope=SPOT, symbol="BTCUSDT", limit=10)
        )
        assert sum(trade.fill.quantity for trade in trades) == limit(Side.BUY, 1).quantity

    run(story, venue=VENUE)
