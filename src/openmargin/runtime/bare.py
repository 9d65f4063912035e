"""An exchange without journal, clock or durability: the engine alone, on a clock that it is told.

Owns: nothing that outlives it. Records are stamped as the sequencer stamps them: work that is due comes first,
in steps of its own.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from openmargin.domain.commands import AnyCommand, Record, Tick
from openmargin.domain.events import AnyEvent
from openmargin.domain.reasons import Rejected
from openmargin.engine.engine import Applied, Engine
from openmargin.runtime.clock import VirtualClock
from openmargin.runtime.live import Live
from openmargin.runtime.refusals import RefusalLog

_NO_CLOCK: Final = VirtualClock(0)
"""Never ahead of the engine, whose own time is then the only one."""


class Step(Struct, frozen=True):
    """One record and everything that it brought about."""

    record: Record
    events: tuple[AnyEvent, ...]
    rejection: Rejected | None = None
    own: tuple[AnyEvent, ...] = ()
    """The command's own events; the others are of due work, and of the stops that woke."""


class BareExchange:
    """What a simulation and the Python API drive: blank at first; a simulation has every record checked."""

    def __init__(self, *, check_everything: bool = True) -> None:
        self.engine = Engine()
        self.engine.check_everything = check_everything
        self.log: list[Step] = []
        """Everything since the beginning."""
        self.refusals = RefusalLog()
        """Written where somebody may ask: a simulation is refused too often to pay for it."""

    @property
    def live(self) -> Live:
        """Questions about now; of whichever engine it has now."""
        return Live(self.engine, _NO_CLOCK, self.refusals)

    def submit(self, at_ms: int, command: AnyCommand) -> list[Step]:
        """Carry out a command at a moment, with the work that is due by then before it and after it."""
        steps: list[Step] = []
        self._do_due(at_ms, steps)
        self._apply(at_ms, command, steps)
        self._do_due(at_ms, steps)
        self.log += steps
        return steps

    def trial(self) -> BareExchange:
        """A copy without journal or log, on which anything may be tried."""
        copy = BareExchange(check_everything=False)
        copy.engine = Engine.load(self.engine.dump())
        return copy

    def reload(self) -> None:
        """Go on from a snapshot, as after a restart."""
        checked = self.engine.check_everything
        self.engine = Engine.load(self.engine.dump())
        self.engine.check_everything = checked

    def _do_due(self, at_ms: int, steps: list[Step]) -> None:
        while (due_ms := self.engine.next_due_ms()) is not None and due_ms <= at_ms:
            self._apply(max(self.engine.at_ms, due_ms), Tick(), steps)

    def _apply(self, at_ms: int, command: AnyCommand, steps: list[Step]) -> None:
        record = Record(self.engine.seq + 1, at_ms, command)
        applied = self._run(record)
        events = tuple(applied.events)
        own = events[applied.own_from : applied.own_until]
        steps.append(Step(record, events, applied.rejection, own))

    def _run(self, record: Record) -> Applied:
        """Have the engine obey; where records are kept, this is where."""
        return self.engine.apply(record)
