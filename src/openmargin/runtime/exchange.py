"""The exchange as the rims see it: submit, read, ask about the past, listen.

Owns: how the parts of the writer are put together, and the order in which they start and stop.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, TypeVar

from msgspec import Struct

from openmargin.domain.commands import AnyCommand, Open
from openmargin.domain.venue import Venue
from openmargin.domain.views import DepthView
from openmargin.engine.book_watch import EVERY_LEVEL
from openmargin.engine.engine import EPOCH
from openmargin.journal.record import GENESIS_CHAIN
from openmargin.runtime import snapshot
from openmargin.runtime.clock import Clock, VirtualClock, WallClock
from openmargin.runtime.commit import GroupCommit, Outcome, Position
from openmargin.runtime.deadlines import Deadlines
from openmargin.runtime.errors import StartRefused, Unavailable
from openmargin.runtime.feed import Feed, Subscription
from openmargin.runtime.live import Live
from openmargin.runtime.opening import Opened, open_memory, open_storage
from openmargin.runtime.past import Past
from openmargin.runtime.phases import PhaseHook, no_hook
from openmargin.runtime.recovery import (
    Recovered,
    collect_rarely,
    freeze_what_was_loaded,
    snapshot_of,
)
from openmargin.runtime.sequencer import Condition, Sequencer, Stop, Walk, Witness
from openmargin.runtime.shelf import Resume
from openmargin.runtime.snapshot import Snapshotter
from openmargin.runtime.snapshot_files import Snapshot, write_snapshot
from openmargin.runtime.storage import Storage
from openmargin.runtime.timers import Periodic

T = TypeVar("T")

_log = logging.getLogger(__name__)

_TIMEOUT_SECONDS: Final = 10.0


def exit_process(code: int) -> None:
    """What poison does unless told otherwise."""
    raise SystemExit(code)


class ExchangeOptions(Struct, frozen=True, kw_only=True):
    """How to run an exchange. Venue and seed matter only to a new one: later they are in its journal."""

    directory: Path | None
    """Where it is kept; None for memory."""
    venue: Venue
    seed: int
    virtual_start_ms: int | None = None
    """Where the virtual clock of a new exchange starts; None for the wall clock."""
    snapshot_every: int = 100_000
    memory_history_rows: int = 1_000_000
    timeout_seconds: float = _TIMEOUT_SECONDS
    snapshot_command: Sequence[str] = snapshot.COMMAND
    on_poison: Callable[[int], None] = exit_process
    at: PhaseHook = no_hook
    witness: Witness | None = None
    """Sees every record as it is applied, before it is durable; for simulations."""
    check_everything: bool = False
    """Run every invariant after every record; for simulations."""
    tunes_collector: bool = True
    """Is the process the exchange's own, so that Python's collector may be tuned to it?"""
    resume: Resume | None = None
    """What an exchange in memory goes on from; None for a new one, or one in a directory."""
    is_guest: bool = False
    """Does another exchange of the process answer meanwhile? Then it is opened in a thread."""


class Exchange:
    """One exchange, open until `close`. Everything here runs in one event loop."""

    def __init__(self, options: ExchangeOptions, opened: Opened, recovered: Recovered) -> None:
        """Go on where `recovered` ends; `open_exchange` is what makes one."""
        loop = asyncio.get_running_loop()
        storage = opened.storage
        directory = storage.directory
        engine = recovered.engine
        self._options = options
        self._opened = opened
        self._directory = directory
        self._loop = loop
        self._storage = storage
        self.clock: Clock = _clock_for(options, engine.at_ms)
        self._snapshotter = (
            Snapshotter(directory, recovered.snapshot_seq, options.snapshot_every, options.snapshot_command)
            if directory is not None
            else None
        )
        self._feed = Feed()
        self._commit = GroupCommit(
            loop,
            storage,
            self._feed,
            Position(engine.seq, engine.at_ms, recovered.event_chain),
            self._snapshotter.on_durable if self._snapshotter is not None else _nobody_asked,
        )
        self._deadlines = Deadlines(loop, options.timeout_seconds)
        self._sequencer = Sequencer(
            loop,
            recovered,
            self.clock,
            self._commit,
            self._deadlines,
            directory.poison if directory is not None else None,
            options.on_poison,
            options.at,
            options.witness,
        )
        self._periodic: list[Periodic] = []
        self.live = Live(engine, self.clock, self._sequencer.refusals)
        """Questions about now, for checks that need not wait; what they see may not be durable yet."""
        self.speed_listeners: dict[Callable[[], None], None] = {}
        """Whom to tell when the virtual clock runs at another speed."""
        self.past = Past(loop, storage)
        """Questions about what happened."""

    @property
    def venue(self) -> Venue:
        """The rules that hold now."""
        return self.live.venue

    @property
    def seed(self) -> int:
        return self.live.seed

    def opened_ms(self) -> int:
        """When it was opened, by its own clock: what the first record says."""
        return next(self._storage.journal.read_from(0, GENESIS_CHAIN)).record.at_ms

    @property
    def directory(self) -> Path | None:
        """Where it is kept; None for memory."""
        return self._options.directory

    @property
    def is_new(self) -> bool:
        """Does the journal hold nothing yet but its opening?"""
        return self._sequencer.engine.seq <= 0

    async def submit(self, command: AnyCommand) -> Outcome:
        """Have a command obeyed or refused; durable when it returns.

        Raises Unavailable, TimedOut or Draining.
        """
        return await self._sequencer.submit(command)

    async def caught_up(self) -> None:
        """Wait until what is due by now has been done; durable when it returns. A move in time is not waited for.

        Raises Unavailable.
        """
        await self._sequencer.caught_up()

    async def read(self, question: Callable[[Live], T]) -> T:
        """Answer a question about now, once what it saw is durable: nobody sees what a crash may take back."""
        if self._sequencer.poisoned or self._commit.failed:
            raise Unavailable
        answer = question(self.live)
        settled = self._commit.settled()
        if settled is not None:
            self._deadlines.watch(settled)
            await settled
        return answer

    async def advance(self, milliseconds: int) -> None:
        """Move the virtual clock; raises WallClockRuns or AdvanceRuns."""
        await self._sequencer.advance(milliseconds)

    async def run_to(self, at_ms: int | None, at_most_ms: int, condition: Condition | None) -> Stop:
        """Move the virtual clock to a moment, or until a condition is met, and at most so many milliseconds on.

        Commands are obeyed on the way. Raises WallClockRuns, AdvanceRuns or PastMoment.
        """
        return await self._sequencer.run_to(at_ms, at_most_ms, condition)

    async def run_at(self, speed: float) -> None:
        """Let the virtual clock run at another speed, 0 for not at all; raises WallClockRuns or AdvanceRuns."""
        await self._sequencer.run_at(speed)
        for listener in tuple(self.speed_listeners):
            listener()

    @property
    def is_moving(self) -> bool:
        """Is somebody moving the virtual clock?"""
        return self._sequencer.is_moving

    @property
    def walk(self) -> Walk | None:
        """What moves the index in the course of virtual time."""
        return self._sequencer.walk

    def walk_with(self, walk: Walk | None) -> None:
        """Let something else move it."""
        self._sequencer.walk = walk

    def every(
        self, milliseconds: int, job: Callable[[], Coroutine[Any, Any, object]], only_if: Callable[[], bool]
    ) -> Periodic:
        """Run a job every so often of the host's time, while `only_if` says so, until the exchange closes."""
        periodic = Periodic(self._loop, milliseconds, job, only_if)
        self._periodic.append(periodic)
        return periodic

    def state_hash(self) -> tuple[int, str, int]:
        """What is durable: the last seq, the hash of all events up to it, and its time."""
        durable = self._commit.durable
        return durable.seq, durable.event_chain.hex(), durable.at_ms

    @property
    def disk_failure(self) -> str:
        """How the disk refused the journal; empty as long as it does not."""
        return self._commit.failure

    @property
    def stopped_because(self) -> str:
        """Why the writer has stopped by itself; empty as long as it has not."""
        return "a bug was met" if self._sequencer.poisoned else self.disk_failure

    def subscribe(self) -> Subscription:
        """Listen to what happens from here on, as it becomes durable."""
        return self._feed.subscribe()

    def watch_book(self, symbol: str, *, every_level: bool) -> tuple[int, DepthView]:
        """Have every change of a book told from the next record on; of its best levels, or of all.

        Gives its update id and the levels as they are now: show them to nobody before they are durable.
        """
        self._sequencer.books.begin(self._sequencer.engine.state, symbol, every_level)
        return self.live.update_id(symbol), self.live.depth(symbol, EVERY_LEVEL if every_level else 1)

    def unwatch_book(self, symbol: str, *, every_level: bool) -> None:
        """The end of one `watch_book`."""
        self._sequencer.books.end(symbol, every_level)

    @property
    def has_subscribers(self) -> bool:
        return self._feed.has_subscribers

    async def while_still(self, work: Callable[[Snapshot, Storage], T]) -> T:
        """Have the state and the database copied, in a thread, while commands wait.

        Raises AdvanceRuns while time is moved, and Unavailable or Draining.
        """
        writer = self._sequencer

        def copy() -> T:
            return work(snapshot_of(writer.engine, writer.chain, writer.event_chain), self._storage)

        return await writer.while_still(lambda: asyncio.to_thread(copy))

    async def snapshot_taken(self) -> None:
        """Wait for the snapshot that a second process is taking, if any."""
        if self._snapshotter is not None:
            await self._snapshotter.idle()

    async def close(self, *, beside_another: bool = False) -> None:
        """Drain: accept nothing more, finish what was accepted, snapshot, and let go of the directory.

        Where another exchange of the process answers meanwhile, the snapshot is taken in a thread.
        """
        for periodic in self._periodic:
            periodic.cancel()
        await self._sequencer.drain()
        if self._snapshotter is not None:
            await self._snapshotter.close()
        self._commit.close()
        self._deadlines.close()
        self._feed.close()
        self.past.close()
        try:
            if beside_another:
                await asyncio.to_thread(self._keep_state)
            else:
                self._keep_state()
        finally:
            self._opened.close()

    def abandon(self) -> None:
        """Let go of everything and finish nothing, as if the process were killed: for simulations."""
        for periodic in self._periodic:
            periodic.cancel()
        self._commit.close()
        self._deadlines.close()
        self._feed.close()
        self.past.close()
        self._opened.close()

    def _keep_state(self) -> None:
        """Leave a snapshot behind, so that the next start replays nothing; the journal needs none."""
        writer = self._sequencer
        if self._directory is None or writer.poisoned or self._commit.failed or writer.engine.seq < 0:
            return
        snapshot = snapshot_of(writer.engine, writer.chain, writer.event_chain)
        try:
            write_snapshot(self._directory.snapshots, snapshot, self._options.at)
        except OSError as error:
            _log.warning(
                "no snapshot could be written (%s): the journal is whole, and the next start replays more of it",
                error,
            )


async def open_exchange(options: ExchangeOptions) -> Exchange:
    """Start an exchange where the last run left it, or make a new one.

    Raises StartRefused, JournalDamaged or DecidesDifferently.
    """
    if sys.flags.optimize:
        raise StartRefused("assertions must stay on: start without -O and PYTHONOPTIMIZE")
    tunes = options.tunes_collector and not options.is_guest
    if tunes:
        collect_rarely()
    opened = await _open(options)
    if tunes:
        freeze_what_was_loaded()
    recovered = opened.recovered
    recovered.engine.check_everything = options.check_everything
    with ExitStack() as if_refused:
        if_refused.callback(opened.close)
        exchange = Exchange(options, opened, recovered)
        if_refused.pop_all()
    try:
        if recovered.engine.seq < 0:
            await exchange.submit(Open(options.venue, options.seed, EPOCH))
    except BaseException:
        await exchange.close()
        raise
    return exchange


async def _open(options: ExchangeOptions) -> Opened:
    """Recover what is there; beside another exchange in a thread, so that it can go on answering."""

    def opened() -> Opened:
        rows_max = options.memory_history_rows
        if options.resume is not None:
            return open_memory(options.resume, memory_rows_max=rows_max, at=options.at)
        return open_storage(options.directory, memory_rows_max=rows_max, at=options.at)

    is_loading = options.resume is not None or options.directory is not None
    return await asyncio.to_thread(opened) if options.is_guest and is_loading else opened()


def _clock_for(options: ExchangeOptions, last_ms: int) -> Clock:
    if options.virtual_start_ms is None:
        return WallClock()
    # Time resumes where the journal ends; only a new exchange can choose.
    return VirtualClock(last_ms or options.virtual_start_ms)


def _nobody_asked(_seq: int) -> None:
    """In memory there is nothing to take a snapshot of."""
