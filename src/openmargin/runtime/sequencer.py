"""The single writer: it gives every command its place and its time.

Owns: the order of records, the engine, the two chains, and the turn of work that is due. What it applies,
it hands to the group commit, which lets nothing out before it is durable.
"""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import msgspec
from msgspec import Struct

from openmargin.domain.commands import AnyCommand, Record, Tick
from openmargin.domain.events import AnyEvent
from openmargin.engine.book_watch import BookWatch
from openmargin.engine.engine import Engine
from openmargin.journal.codec import chain_events, encode, seal
from openmargin.runtime.clock import Clock, VirtualClock
from openmargin.runtime.commit import GroupCommit, Outcome
from openmargin.runtime.deadlines import Deadlines
from openmargin.runtime.errors import AdvanceRuns, Draining, PastMoment, Unavailable, WallClockRuns
from openmargin.runtime.feed import Happened
from openmargin.runtime.phases import Phase, PhaseHook
from openmargin.runtime.recovery import Recovered
from openmargin.runtime.refusals import RefusalLog
from openmargin.runtime.timers import DueTimer

T = TypeVar("T")


class _Never:
    """The condition that nothing meets: a move with it lets commands in, and goes on."""

    def is_met(self, events: Sequence[AnyEvent]) -> bool:  # noqa: ARG002 (nothing is looked at)
        return False


_NEVER: Final = _Never()
EXIT_POISON: Final = 70
"""EX_SOFTWARE: a bug, not a refusal."""


class Walk(Protocol):
    """Index moves that happen by themselves while a virtual clock is moved."""

    def next_ms(self, after_ms: int) -> int | None:
        """When the first move after a moment is, if there is one."""
        ...

    def command(self, at_ms: int) -> AnyCommand:
        """The move that happens at a moment."""
        ...


class Condition(Protocol):
    """What a move in time is to stop at."""

    def is_met(self, events: Sequence[AnyEvent]) -> bool:
        """Is it so now, after a record that brought `events`?"""
        ...


class Stop(Struct, frozen=True):
    """Where a move in time ended."""

    seq: int
    at_ms: int
    is_met: bool
    """Was it the condition that ended it?"""


class Witness(Protocol):
    """Whoever sees what each record does, before it is durable."""

    def __call__(self, record: Record, events: Sequence[AnyEvent]) -> None: ...


class Sequencer:
    """Stamps, applies and chains commands, in the order in which they were submitted."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        recovered: Recovered,
        clock: Clock,
        commit: GroupCommit,
        deadlines: Deadlines,
        poison_directory: Path | None,
        on_poison: Callable[[int], None],
        at: PhaseHook,
        witness: Witness | None = None,
    ) -> None:
        self.engine: Engine = recovered.engine
        self.chain: bytes = recovered.chain
        self.event_chain: bytes = recovered.event_chain
        self.books = BookWatch()
        """The books whose changes are told with what happened."""
        self.refusals = RefusalLog()
        self.walk: Walk | None = None
        self.poisoned = False
        """Did the engine fail? Then its state is not to be trusted."""
        self._loop = loop
        self._clock = clock
        self._commit = commit
        self._deadlines = deadlines
        self._poison_directory = poison_directory
        self._on_poison = on_poison
        self._at = at
        self._witness = witness
        self._draining = False
        self._advancing = False
        self._walked_ms = 0
        """Up to when the index has walked."""
        self._queue: deque[tuple[AnyCommand, asyncio.Future[Outcome]]] = deque()
        """Commands that wait for due work, or for the end of an advance."""
        self._turn: asyncio.Task[Any] | None = None
        """Whoever catches up or moves time; while it runs, commands queue, and a virtual clock waits."""
        self._waiters: list[asyncio.Future[None]] = []
        """Whoever looks again after the next step of a turn."""
        self._events: Sequence[AnyEvent] = ()
        """What the last record brought."""
        self._dying: asyncio.Task[None] | None = None
        self._timer = DueTimer(loop, clock, self._start_catching_up)
        self._plan()

    def submit(self, command: AnyCommand) -> asyncio.Future[Outcome]:
        """Give a command its place; the future is done when its outcome is durable."""
        self._require_open()
        reply: asyncio.Future[Outcome] = self._loop.create_future()
        self._deadlines.watch(reply)
        now_ms = self._now_ms()
        if self._turn is not None or self._is_blocked(now_ms):
            self._queue.append((command, reply))
            self._start_catching_up()
            return reply
        self._step(command, now_ms, reply)
        self._plan()
        return reply

    async def advance(self, milliseconds: int) -> None:
        """Move the virtual clock, step by step through all that falls due; durable when it returns."""
        await self._move(lambda now_ms: now_ms + milliseconds, None)

    async def run_to(self, at_ms: int | None, at_most_ms: int, condition: Condition | None) -> Stop:
        """Move the virtual clock to a moment, or until a condition is met, and at most so many milliseconds on.

        The condition is looked at before the first record and after each. Commands are served on the way, at the moment
        that has been reached. Durable when it returns. Raises WallClockRuns, AdvanceRuns or PastMoment.
        """
        if at_ms is not None and at_ms < self._now_ms():
            raise PastMoment

        def target_ms(now_ms: int) -> int:
            return now_ms + at_most_ms if at_ms is None else max(now_ms, min(at_ms, now_ms + at_most_ms))

        return await self._move(target_ms, condition or _NEVER)

    async def run_at(self, speed: float) -> None:
        """Let the virtual clock run at another speed; the moment of the change is durable when it returns."""
        clock = self._virtual_clock()
        clock.hold()
        try:
            if clock.now_ms() > self.engine.at_ms:
                # What people have seen of the time must not be taken back by a restart.
                await self.submit(Tick())
            self._walked_ms = max(self._walked_ms, clock.now_ms())
            clock.run_at(speed)
        finally:
            clock.let_go()
            self._timer.set(None)
            if self._turn is None:
                self._plan()

    async def caught_up(self) -> None:
        """Wait until what is due by now has been done; durable when it returns. A move in time is not waited for.

        Raises Unavailable.
        """
        now_ms = self._now_ms()
        while not self._advancing:
            if self._is_dead():
                raise Unavailable
            if not self._is_due(now_ms):
                break
            self._start_catching_up()
            waiter: asyncio.Future[None] = self._loop.create_future()
            self._waiters.append(waiter)
            await waiter
        await self._settled()

    async def while_still(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do something while all is on disk and nothing happens; commands wait. Raises AdvanceRuns while time is moved."""
        self._require_open()
        if self._advancing:
            raise AdvanceRuns
        # What has begun goes on without whoever asked for it, or commands would wait for ever.
        return await asyncio.shield(self._loop.create_task(self._still(work)))

    async def drain(self) -> None:
        """Accept nothing more, finish what was accepted, and break off a move in time."""
        self._draining = True
        while self._turn is not None:
            await asyncio.wait([self._turn])
        self._timer.set(None)
        self._keep_time()
        await self._let_out()

    @property
    def is_moving(self) -> bool:
        """Is somebody moving the clock?"""
        return self._advancing

    def _virtual_clock(self) -> VirtualClock:
        """The clock, where it is one that can be moved and nobody does."""
        if not isinstance(self._clock, VirtualClock):
            raise WallClockRuns
        if self._advancing:
            raise AdvanceRuns
        self._require_open()
        return self._clock

    async def _move(self, target_ms: Callable[[int], int], condition: Condition | None) -> Stop:
        clock = self._virtual_clock()
        self._advancing = True
        # A move that has begun goes on without whoever asked for it: half a move is nothing anybody wants.
        return await asyncio.shield(self._loop.create_task(self._moved(clock, target_ms, condition)))

    def _keep_time(self) -> None:
        """A clock that runs goes on from where it stood when the exchange was closed."""
        clock = self._clock
        if not isinstance(clock, VirtualClock) or self._is_dead() or self.engine.seq < 0:
            return
        clock.hold()
        now_ms = clock.now_ms()
        if now_ms > self.engine.at_ms and not self._is_due(now_ms):
            self._step(Tick(), now_ms, None)

    def _require_open(self) -> None:
        if self._is_dead():
            raise Unavailable
        if self._draining:
            raise Draining

    def _is_dead(self) -> bool:
        return self.poisoned or self._commit.failed

    def _now_ms(self) -> int:
        """The time of a record stamped now: a host's clock may go back, the exchange's never does."""
        return max(self.engine.at_ms, self._clock.now_ms())

    def _is_due(self, now_ms: int) -> bool:
        due_ms = self.engine.next_due_ms()
        return due_ms is not None and due_ms <= now_ms

    def _is_blocked(self, now_ms: int) -> bool:
        """Does other work come before any command?"""
        return self.engine.is_blocked(now_ms) or self._is_walk_due(now_ms)

    def _is_walk_due(self, now_ms: int) -> bool:
        """On a clock that runs, the index walks by itself; otherwise only in the course of a move."""
        walk_ms = self._walk_ms() if self._runs() else None
        return walk_ms is not None and walk_ms <= now_ms

    def _walk_ms(self) -> int | None:
        """When the next move of the index is, if there is one."""
        # A move of the index at the very time of the last record may still be to come.
        after_ms = max(self._walked_ms, self.engine.at_ms - 1)
        return self.walk.next_ms(after_ms) if self.walk is not None else None

    def _runs(self) -> bool:
        return isinstance(self._clock, VirtualClock) and self._clock.is_running

    def _plan(self) -> None:
        """Wake when the next work is due, should no command come first."""
        if self._is_dead() or self._draining:
            self._timer.set(None)
            return
        due_ms = self.engine.next_due_ms()
        walk_ms = self._walk_ms() if self._runs() else None
        if walk_ms is not None:
            due_ms = walk_ms if due_ms is None else min(due_ms, walk_ms)
        self._timer.set(due_ms)

    def _start_catching_up(self) -> None:
        if self._turn is None:
            self._hold_clock()
            self._turn = self._loop.create_task(self._catch_up())

    def _hold_clock(self) -> None:
        if isinstance(self._clock, VirtualClock):
            self._clock.hold()

    async def _catch_up(self) -> None:
        """Do what is due, and then what waits, with everybody else served between the steps."""
        try:
            while not self._is_dead():
                now_ms = self._now_ms()
                if self._serve(now_ms):
                    pass
                elif self._is_due(now_ms) or self._is_walk_due(now_ms):
                    self._do_next(now_ms)
                else:
                    break
                self._wake_waiters()
                await self._breathe()
        finally:
            self._end_turn()

    def _serve(self, now_ms: int) -> bool:
        """Obey the first command that waits, if one does and nothing comes before it."""
        if not self._queue or self._is_blocked(now_ms):
            return False
        command, reply = self._queue.popleft()
        self._step(command, now_ms, reply)
        return True

    async def _still(self, work: Callable[[], Awaitable[T]]) -> T:
        while self._turn is not None:
            await asyncio.wait([self._turn])
        self._require_open()
        self._hold_clock()
        self._turn = asyncio.current_task()
        try:
            await self._settled()
            return await work()
        finally:
            self._end_turn()

    async def _moved(
        self, clock: VirtualClock, target_of: Callable[[int], int], condition: Condition | None
    ) -> Stop:
        """Move the clock, and let commands in on the way where there is a condition that they may change."""
        is_mine = False
        is_met = False
        try:
            while self._turn is not None:
                await asyncio.wait([self._turn])
            self._hold_clock()
            self._turn = asyncio.current_task()
            is_mine = True
            now_ms = self._now_ms()
            # A clock that stood still has let no move of the index pass.
            self._walked_ms = max(self._walked_ms, now_ms) if self._runs() else now_ms
            target_ms = target_of(now_ms)
            is_met = condition is not None and condition.is_met(())
            while not is_met and (self.engine.at_ms < target_ms or self._is_due(target_ms)):
                self._require_open()
                if condition is None or not self._serve(self._now_ms()):
                    self._advance_one_step(clock, target_ms)
                self._at(Phase.IN_ADVANCE)
                is_met = condition is not None and not self._is_dead() and condition.is_met(self._events)
                await self._breathe()
            stop = Stop(self.engine.seq, self.engine.at_ms, is_met)
        finally:
            self._advancing = False
            if is_mine:
                self._end_turn()
        if self._is_dead():
            raise Unavailable
        await self._settled()
        return stop

    def _advance_one_step(self, clock: VirtualClock, target_ms: int) -> None:
        """Go to the next moment at which anything happens, at the latest to the target, and let it happen."""
        walk_ms = self._walk_ms()
        moment_ms = target_ms if walk_ms is None else min(walk_ms, target_ms)
        if self._is_due(moment_ms) or moment_ms == walk_ms:
            self._do_next(moment_ms)
        else:
            # A record even where nothing happens: after a restart, time resumes at the last one.
            self._step(Tick(), moment_ms, None)
        clock.move_to(max(clock.now_ms(), self.engine.at_ms))

    def _do_next(self, until_ms: int) -> None:
        """One step of what comes first, of all that is due by then and the moves of the index."""
        walk_ms = self._walk_ms()
        if walk_ms is None or walk_ms > until_ms or self._is_due(walk_ms):
            self._tick()
            return
        assert self.walk is not None, "there is a moment of the walk"
        self._step(self.walk.command(walk_ms), max(walk_ms, self.engine.at_ms), None)
        self._walked_ms = walk_ms

    def _tick(self) -> None:
        due_ms = self.engine.next_due_ms()
        assert due_ms is not None, "a tick without anything due"
        self._step(Tick(), max(self.engine.at_ms, due_ms), None)

    def _end_turn(self) -> None:
        self._turn = None
        if isinstance(self._clock, VirtualClock):
            self._clock.let_go()
        if self._is_dead():
            while self._queue:
                _, reply = self._queue.popleft()
                _refuse(reply, Unavailable())
        elif self._queue:
            self._start_catching_up()
        else:
            self._plan()
        self._wake_waiters()

    def _wake_waiters(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    async def _breathe(self) -> None:
        """Let others have the loop, and the disk catch up where it is far behind."""
        await asyncio.sleep(0)
        if self._commit.is_behind and not self._commit.failed:
            await self._settled()

    async def _settled(self) -> None:
        settled = self._commit.settled()
        if settled is not None:
            await settled

    async def _let_out(self) -> None:
        """Wait until everything held has left, or never will."""
        with suppress(Unavailable):
            await self._settled()

    def _step(self, command: AnyCommand, at_ms: int, reply: asyncio.Future[Outcome] | None) -> None:
        """Make a command the next record, and hand what it brings about to the group commit."""
        engine = self.engine
        record = Record(engine.seq + 1, at_ms, command)
        try:
            body = encode(record)
        except (OverflowError, TypeError, ValueError) as error:
            # Before anything changed: such a command is the sender's mistake, and not the exchange's end.
            if reply is None:
                raise
            _refuse(reply, error)
            return
        self._at(Phase.BEFORE_APPEND)
        try:
            applied = engine.apply(record)
            self.event_chain = chain_events(self.event_chain, applied.events)
        except Exception as breach:
            self._poison(record, body, breach, reply)
            return
        events = self._events = applied.events
        if self._witness is not None:
            self._witness(record, events)
        self._at(Phase.APPLIED_NOT_SYNCED)
        sealed = seal(record, body, self.chain, self.event_chain)
        self.chain = sealed.chain
        self._commit.hold(
            sealed,
            Happened(record.seq, at_ms, events, self.books.changes(engine.state)),
            reply,
            Outcome(
                record.seq, at_ms, applied.rejection, tuple(events[applied.own_from : applied.own_until])
            ),
        )
        if applied.rejection is not None:
            self.refusals.add(engine, record, applied.rejection)

    def _poison(
        self, record: Record, body: bytes, breach: Exception, reply: asyncio.Future[Outcome] | None
    ) -> None:
        """A bug: keep the record for whoever mends it, let out what came before, and end.

        The record is not journaled, so the next start does not meet it.
        """
        self.poisoned = True
        if reply is not None:
            _refuse(reply, Unavailable())
        self._dying = self._loop.create_task(self._die(record, body, breach))

    async def _die(self, record: Record, body: bytes, breach: Exception) -> None:
        await self._let_out()
        text = "".join(traceback.format_exception(breach))
        if self._poison_directory is not None:
            try:
                _set_aside(self._poison_directory, record, body, text)
            except OSError as error:  # The end must come all the same.
                print(f"record {record.seq} cannot be set aside: {error}", file=sys.stderr)
        print(f"record {record.seq} broke the engine\n{record.command}\n{text}", file=sys.stderr, flush=True)
        self._on_poison(EXIT_POISON)


def _set_aside(directory: Path, record: Record, body: bytes, breach: str) -> None:
    directory.mkdir(exist_ok=True)
    report = msgspec.json.format(msgspec.json.encode({"record": record, "breach": breach}), indent=2)
    (directory / f"{record.seq}.json").write_bytes(report)
    (directory / f"{record.seq}.bin").write_bytes(body)


def _refuse(reply: asyncio.Future[Outcome], error: Exception) -> None:
    """Tell whoever sent a command that it became nothing, should anybody still wait."""
    if not reply.done():
        reply.set_exception(error)
