"""The bare engine as something that the simulator can drive."""

from __future__ import annotations

from functools import partial
from typing import Any

from openmargin.domain.commands import AnyCommand, Record, Tick
from openmargin.engine import views
from openmargin.engine.engine import Engine
from openmargin.lab.simulate import Step


class EngineLive:
    """The engine's views, bound to whatever state it has now."""

    def __init__(self, target: EngineTarget) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Any:
        return partial(getattr(views, name), self._target.engine.state)


class EngineTarget:
    """Stamps records as the runtime does: due work comes first, in steps of its own."""

    def __init__(self, *, check_everything: bool = True) -> None:
        self.engine = Engine()
        self.engine.check_everything = check_everything
        self.live: Any = EngineLive(self)
        self.log: list[Step] = []
        """Everything since the beginning."""

    def submit(self, at_ms: int, command: AnyCommand) -> list[Step]:
        steps: list[Step] = []
        self._do_due(at_ms, steps)
        self._apply(at_ms, command, steps)
        self._do_due(at_ms, steps)
        self.log += steps
        return steps

    def _do_due(self, at_ms: int, steps: list[Step]) -> None:
        while (due_ms := self.engine.next_due_ms()) is not None and due_ms <= at_ms:
            self._apply(max(self.engine.at_ms, due_ms), Tick(), steps)

    def _apply(self, at_ms: int, command: AnyCommand, steps: list[Step]) -> None:
        record = Record(self.engine.seq + 1, at_ms, command)
        steps.append(Step(record, tuple(self.engine.apply(record).events)))

    def reload(self) -> None:
        """Go on from a snapshot, as after a restart."""
        checked = self.engine.check_everything
        self.engine = Engine.load(self.engine.dump())
        self.engine.check_everything = checked
