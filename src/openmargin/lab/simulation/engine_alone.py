"""The engine without anything around it, as a simulation wants it: fast, and reloaded where others are killed."""

from __future__ import annotations

from openmargin.lab.simulation.mishaps import Mishap
from openmargin.runtime.bare import BareExchange


class EngineAlone(BareExchange):
    """Whatever befalls it, it goes on from a snapshot."""

    options = " --engine-only"

    def meet(self, mishap: Mishap) -> None:
        del mishap  # All are one to it.
        if self.engine.seq >= 0:
            self.reload()

    def finish(self) -> None:
        """Nothing is kept, so nothing is left to be checked."""
