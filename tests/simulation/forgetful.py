"""An exchange with a fault, for those who must find it."""

from __future__ import annotations

from openmargin.domain.commands import AnyCommand
from openmargin.domain.events import OrderFilled
from openmargin.lab.simulation.engine_alone import EngineAlone
from openmargin.runtime.bare import Step


class Forgetful(EngineAlone):
    """Loses its third trade."""

    trades = 0

    def submit(self, at_ms: int, command: AnyCommand) -> list[Step]:
        kept: list[Step] = []
        for step in super().submit(at_ms, command):
            self.trades += sum(isinstance(event, OrderFilled) for event in step.events)
            events = step.events if self.trades < 3 else step.events[:-1]
            kept.append(Step(step.record, events))
        return kept
