"""What befalls an exchange in a simulation: ends, orderly and not, and what the disk makes of them.

Owns: which mishaps there are, and how often each is drawn.
Never: makes one happen; whoever is under test does that.
"""

from __future__ import annotations

import random
from enum import Enum
from typing import Final

from msgspec import Struct

from openmargin.runtime.phases import Phase

ODDS: Final = 0.04
"""Of a mishap, before each command."""


class MishapKind(Enum):
    """In the words of a script."""

    RESTART = "restart"
    """It drains, leaves a snapshot, and starts again."""
    KILL = "kill"
    """Between two commands."""
    KILL_BEFORE_APPEND = "kill-before-append"
    KILL_APPLIED = "kill-applied"
    KILL_IN_HISTORY = "kill-in-history"
    KILL_IN_SYNC = "kill-in-sync"
    TEAR = "tear"
    """The power fails in a commit: what it wrote is on the disk up to some byte."""
    FULL = "disk-full"
    """A commit is refused, and the exchange stops; somebody makes room and starts it again."""
    SNAPSHOT = "snapshot"
    """The second process takes one."""
    KILL_IN_SNAPSHOT = "kill-in-snapshot"
    """It takes half of one, and both are killed."""


KILLED_IN: Final = {
    MishapKind.KILL_BEFORE_APPEND: Phase.BEFORE_APPEND,
    MishapKind.KILL_APPLIED: Phase.APPLIED_NOT_SYNCED,
    MishapKind.KILL_IN_HISTORY: Phase.IN_HISTORY_FLUSH,
    MishapKind.KILL_IN_SYNC: Phase.IN_SYNC,
    MishapKind.KILL_IN_SNAPSHOT: Phase.IN_SNAPSHOT,
    MishapKind.FULL: Phase.IN_HISTORY_FLUSH,
}
"""Where each hits the writer, of those that the writer notices."""


class Damage(Enum):
    """What becomes of the newest snapshot while nobody looks."""

    NONE = "sound"
    FLIPPED = "flipped"
    """One of its bits changes."""
    LOST = "lost"


class Mishap(Struct, frozen=True):
    """One mishap with all its chance."""

    kind: MishapKind
    occurrence: int = 1
    """It comes when the phase is met for this time, or after the command where it is met less often."""
    share: int = 0
    """In thousandths: up to where a torn write came, or which byte is flipped."""
    damage: Damage = Damage.NONE


class Mishaps:
    """One run of bad luck; it depends on the seed alone, and not on what the crowd draws."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(f"mishaps {seed}")

    def draw(self) -> Mishap | None:
        """What happens before, or during, the next command."""
        chance = self._chance
        if chance.random() >= ODDS:
            return None
        return Mishap(
            chance.choice(tuple(MishapKind)),
            chance.choice((1, 1, 1, 2, 3)),
            chance.randrange(1_001),
            chance.choices(tuple(Damage), (8, 1, 1))[0],
        )
