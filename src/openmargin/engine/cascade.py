"""What one change brings after it: lists take their next step, and stops wake.

Lists follow at once, so that no two orders of a pair can both trade. Stops wake within a budget a step; the rest
stays in the state, and the agenda goes on with it.
"""

from __future__ import annotations

from typing import Final

from openmargin.engine import agenda, order_lists, triggers
from openmargin.engine.state import State

WAKES_PER_STEP: Final = 16
"""So many stops wake in one step: a bound on how long others wait."""


def follow_lists(state: State) -> None:
    """Let every list that an order moved take its next step."""
    while state.chosen:
        order_lists.follow(state, state.chosen.pop(0))


def run(state: State) -> bool:
    """Let what is left follow, within one step's budget; True when all is quiet."""
    budget = WAKES_PER_STEP
    while True:
        if state.chosen:
            follow_lists(state)
        elif not state.woken:
            return True
        elif budget == 0:
            agenda.schedule(state, state.at_ms, agenda.WAKE)
            return False
        else:
            book = state.books[state.woken[0]]
            order = triggers.next_woken(book)
            if order is None:
                state.woken.pop(0)
                continue
            budget -= 1
            order_lists.wake(state, book, order)
