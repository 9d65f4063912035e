"""The moments at which a crash would meet the writer in a different state.

Tests kill the process in each of them; elsewhere the hook does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeAlias


class Phase(Enum):
    BEFORE_APPEND = "before_append"
    """A command has its place and time, and is nowhere else yet."""
    APPLIED_NOT_SYNCED = "applied_not_synced"
    IN_HISTORY_FLUSH = "in_history_flush"
    """The batch's records are in the open transaction, its history rows are not."""
    IN_SYNC = "in_sync"
    """The commit is about to begin."""
    IN_SNAPSHOT = "in_snapshot"
    """Half of a snapshot is written."""
    IN_ADVANCE = "in_advance"
    """Between two steps of a move in time."""
    IN_SWAP = "in_swap"
    """Another timeline is written, and does not count yet."""


PhaseHook: TypeAlias = Callable[[Phase], None]


def no_hook(_phase: Phase) -> None:
    """What runs in production."""
