"""What time alone will bring, and in which order.

An item is (due, kind). A step does a bounded part of the first item due; what is left stays due, and the next
record goes on with it.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Final

from openmargin.engine.state import State

REQUOTE: Final = 1
ACCRUE: Final = 2
WAKE: Final = 3


def schedule(state: State, due_ms: int, kind: int) -> None:
    """Plan a kind of work; a kind that is planned already stays where it is."""
    for _, planned in state.agenda:
        if planned == kind:
            return
    heappush(state.agenda, (due_ms, kind))


def next_due_ms(state: State) -> int | None:
    return state.agenda[0][0] if state.agenda else None


def is_due(state: State) -> bool:
    """Is any work due now?"""
    return bool(state.agenda) and state.agenda[0][0] <= state.at_ms


def first(state: State) -> tuple[int, int]:
    """The item that is due first, as (due, kind)."""
    return state.agenda[0]


def done(state: State) -> None:
    """The first item has been seen to."""
    heappop(state.agenda)
