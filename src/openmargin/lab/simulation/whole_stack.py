"""An exchange with writer, journal, history and disk, on a clock that it is told, killed where a simulation says.

Owns: its loop, in which nothing happens by itself, so that the same commands and mishaps always meet the same state;
and the check that whatever was told before an end is there after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from openmargin.domain.commands import AnyCommand, Open, Record
from openmargin.domain.events import AnyEvent
from openmargin.lab.simulation.disk import Disk
from openmargin.lab.simulation.mishaps import KILLED_IN, Mishap, MishapKind
from openmargin.runtime.bare import Step
from openmargin.runtime.clock import VirtualClock
from openmargin.runtime.directory import DataDirectory
from openmargin.runtime.errors import Unavailable
from openmargin.runtime.exchange import Exchange, ExchangeOptions, open_exchange
from openmargin.runtime.live import Live
from openmargin.runtime.phases import Phase
from openmargin.runtime.snapshot import take_snapshot
from openmargin.runtime.verify import verify

T = TypeVar("T")


class Killed(KeyboardInterrupt):
    """The process is no more. Like a real interrupt it passes every handler, and leaves the loop at once."""


class WholeStack:
    """One exchange through all its lives."""

    options = ""

    def __init__(self, root: Path) -> None:
        """Keeps its data in directories that it makes in `root`."""
        self._disk = Disk(root)
        self._loop = _OneThread(self._commit)
        self._exchange: Exchange | None = None
        self._opening: Open | None = None
        self._started_ms = 0
        self._mishap: Mishap | None = None
        self._left = 0
        """How often the phase of the present mishap is still to be met."""
        self._applied: list[Step] = []
        """What was applied since the last command was answered."""
        self._told: tuple[int, str, int] = (-1, "", 0)
        """Place, hash and time that somebody was told of last."""
        self._broken = asyncio.Event()

    @property
    def live(self) -> Live:
        """Questions about now; of whichever exchange there is now."""
        return self._running.live

    @property
    def _running(self) -> Exchange:
        assert self._exchange is not None, "the first command opens the exchange"
        return self._exchange

    # --- What is asked of it ------------------------------------------------------------------------------------

    def submit(self, at_ms: int, command: AnyCommand) -> list[Step]:
        """Carry out a command at a moment, with the work that is due by then, through whatever befalls it."""
        self._applied = []
        if self._exchange is None:
            assert isinstance(command, Open), "the first command opens the exchange"
            self._opening, self._started_ms = command, at_ms
            self._start()
        else:
            self._carry_out(at_ms, command)
        if self._mishap is not None:  # Its phase was not met so often.
            self._end_by(self._mishap)
            self._finish_due(at_ms)
        self._told = self._running.state_hash()
        return self._applied

    def meet(self, mishap: Mishap) -> None:
        """Have something happen to it: now, or during the next command."""
        match mishap.kind:
            case _ if self._exchange is None:
                return
            case MishapKind.RESTART:
                self._run(self._running.close())
                self._disk.next_life(mishap.damage, mishap.share)
                self._start()
            case MishapKind.KILL:
                self._end_by(mishap)
            case MishapKind.SNAPSHOT:
                with _quietly():
                    take_snapshot(DataDirectory(self._disk.directory))
            case MishapKind.KILL_IN_SNAPSHOT:
                self._arm(msgspec.structs.replace(mishap, occurrence=1))
                with contextlib.suppress(Killed), _quietly():
                    take_snapshot(DataDirectory(self._disk.directory), self._at)
                self._come_back(mishap)
            case _:
                self._arm(mishap)

    def finish(self) -> None:
        """End in order, and hold everything on the disk against the journal."""
        self._run(self._running.close())
        self._exchange = None
        self._loop.close()
        report = verify(self._disk.directory)
        assert report.is_sound, "; ".join(report.problems)
        assert report.event_chain == self._told[1], "the journal ends elsewhere than the exchange did"

    def give_up(self) -> None:
        """Close what is open, however it stands."""
        if self._exchange is not None:
            self._drop()
        self._loop.close()

    # --- A command ----------------------------------------------------------------------------------------------

    def _carry_out(self, at_ms: int, command: AnyCommand) -> None:
        """Whoever is not answered asks again, unless the first try turns out to have been heard."""
        while not any(step.record.command is command for step in self._applied):
            clock = self._running.clock
            assert isinstance(clock, VirtualClock)
            clock.move_to(max(at_ms, clock.now_ms()))
            if self._survives(lambda: self._run(self._running.submit(command))):
                break
        self._finish_due(at_ms)

    def _finish_due(self, at_ms: int) -> None:
        """Do what is due by then; a move of the clock by nothing does."""
        while True:
            clock = self._running.clock
            assert isinstance(clock, VirtualClock)
            clock.move_to(max(at_ms, clock.now_ms()))
            if self._survives(lambda: self._run(self._running.advance(0))):
                return

    def _survives(self, work: Callable[[], object]) -> bool:
        """Did it end as it should? Where it did not, the exchange is started again."""
        try:
            work()
        except Killed:
            pass
        except Unavailable:
            if self._running.disk_failure and self._mishap is not None:
                self._disk.freeze()
            else:
                raise AssertionError(self._why_it_stopped()) from None
        else:
            return True
        assert self._mishap is not None, "nobody said that it should be killed"
        self._come_back(self._mishap)
        return False

    def _why_it_stopped(self) -> str:
        """What the engine broke on, as it was set aside."""
        self._loop.run_until_complete(self._broken.wait())
        for path in sorted((self._disk.directory / "poison").glob("*.json")):
            lines: list[str] = msgspec.json.decode(path.read_bytes())["breach"].strip().splitlines()
            return lines[-1].removeprefix("AssertionError: ")
        return self._running.stopped_because

    # --- Ends and beginnings ------------------------------------------------------------------------------------

    def _end_by(self, mishap: Mishap) -> None:
        """Kill it between two commands."""
        self._disk.freeze()
        self._come_back(mishap)

    def _come_back(self, mishap: Mishap) -> None:
        """Start again from what the disk holds, and see what is left of what was applied."""
        self._mishap = None
        self._drop()
        self._disk.next_life(mishap.damage, mishap.share)
        self._start()
        last_seq = self._running.state_hash()[0]
        self._applied = [step for step in self._applied if step.record.seq <= last_seq]
        assert last_seq >= self._told[0], (
            f"record {self._told[0]} was answered, and the journal ends with {last_seq}"
        )
        assert not self._applied or self._applied[-1].record.seq == last_seq, "records come from nowhere"

    def _start(self) -> None:
        assert self._opening is not None
        self._exchange = self._run(
            open_exchange(
                ExchangeOptions(
                    directory=self._disk.directory,
                    venue=self._opening.venue,
                    seed=self._opening.seed,
                    virtual_start_ms=self._started_ms,
                    snapshot_every=1 << 60,
                    on_poison=lambda _: self._broken.set(),
                    at=self._at,
                    witness=self._saw,
                    check_everything=True,
                    tunes_collector=False,
                )
            )
        )
        self._disk.clear_damage()

    def _drop(self) -> None:
        """Forget the exchange with all that it was about to do."""
        self._loop.forget_tasks()
        self._running.abandon()
        self._exchange = None
        self._loop.close()
        self._loop = _OneThread(self._commit)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        with _quietly():
            return self._loop.run_until_complete(work)

    # --- Where it is met ----------------------------------------------------------------------------------------

    def _arm(self, mishap: Mishap) -> None:
        self._mishap, self._left = mishap, mishap.occurrence

    def _at(self, phase: Phase) -> None:
        mishap = self._mishap
        if mishap is None or KILLED_IN.get(mishap.kind) is not phase:
            return
        self._left -= 1
        if self._left:
            return
        if mishap.kind is MishapKind.FULL:
            raise sqlite3.OperationalError("database or disk is full")
        self._disk.freeze()
        raise Killed

    def _commit(self, work: Callable[[], None]) -> None:
        """Carry out a commit, or as much of it as there is power for."""
        mishap = self._mishap
        if mishap is None or mishap.kind is not MishapKind.TEAR:
            work()
            return
        self._left -= 1
        if self._left:
            work()
            return
        self._disk.remember()
        work()
        self._disk.freeze(mishap.share)
        raise Killed

    def _saw(self, record: Record, events: Sequence[AnyEvent]) -> None:
        self._applied.append(Step(record, tuple(events)))


def _quietly() -> contextlib.redirect_stderr[io.StringIO]:
    """What an exchange says of damage and of its own end is expected here."""
    return contextlib.redirect_stderr(io.StringIO())


class _OneThread(asyncio.SelectorEventLoop):
    """What others hand to a thread is done at once, so that everything happens in one order."""

    def __init__(self, commit: Callable[[Callable[[], None]], None]) -> None:
        super().__init__()
        self._commit = commit
        # What a killed process was waiting for is nobody's business.
        self.set_exception_handler(lambda _loop, _context: None)

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        del executor  # Its threads stay idle.
        done: asyncio.Future[Any] = self.create_future()
        try:
            self._commit(lambda: done.set_result(func(*args)))
        except Exception as error:
            done.set_exception(error)
        return done

    def forget_tasks(self) -> None:
        """End every task where it stands, and those that their ends begin."""
        ended: list[asyncio.Task[Any]] = []
        while left := [task for task in asyncio.all_tasks(self) if task not in ended]:
            for task in left:
                work = task.get_coro()
                assert isinstance(work, Coroutine)
                work.close()
            ended += left
