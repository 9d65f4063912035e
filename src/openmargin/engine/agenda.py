"""What time alone will bring, and what an earlier step left over.

An item is (due, kind), at most one of each kind. A step does a bounded part of one item; what is left stays due, and
the next record goes on with it. Work that decides what the present is (interest of an hour that has passed, a delisting,
a scripted price, the end of a listen key or of a repayment) comes before any command; work that only follows from the past (moving quotes,
waking stops, liquidations) lets commands in between, so that a wave of it stalls nobody. Liquidations come last: they
trade in the market that the others make.
"""

from __future__ import annotations

from typing import Final

from openmargin.engine.state import State

HOUR_MS: Final = 3_600_000

REQUOTE: Final = 1
ACCRUE: Final = 2
WAKE: Final = 3
LIQUIDATE: Final = 4
DELIST: Final = 5
EXPIRE: Final = 6
SCRIPT: Final = 7
REPAY: Final = 8

COMES_FIRST: Final = (ACCRUE, DELIST, EXPIRE, SCRIPT, REPAY)


def full_hour(at_ms: int) -> int:
    """The full UTC hour that a moment lies in."""
    return at_ms - at_ms % HOUR_MS


def schedule(state: State, due_ms: int, kind: int) -> None:
    """Plan a kind of work; a kind that is planned already stays where it is."""
    for _, planned in state.agenda:
        if planned == kind:
            return
    state.agenda.append((due_ms, kind))
    state.agenda.sort()


def move(state: State, kind: int, due_ms: int) -> None:
    """Plan a kind of work for another moment, or for none where that is negative."""
    for place, item in enumerate(state.agenda):
        if item[1] == kind:
            if item[0] == due_ms:
                return
            del state.agenda[place]
            break
    if due_ms >= 0:
        state.agenda.append((due_ms, kind))
        state.agenda.sort()


def planned_ms(state: State, kind: int) -> int:
    """When a kind of work is planned for; -1 where it is not."""
    for due_ms, planned in state.agenda:
        if planned == kind:
            return due_ms
    return -1


def next_due_ms(state: State) -> int | None:
    return state.agenda[0][0] if state.agenda else None


def due(state: State) -> tuple[int, int] | None:
    """The item to see to now, as (due, kind): one that comes first, else the oldest, liquidations last.

    None where nothing is due.
    """
    agenda = state.agenda
    if not agenda or agenda[0][0] > state.at_ms:
        return None
    comes_first = blocking(state, state.at_ms)
    if comes_first is not None:
        return comes_first
    first = agenda[0]
    if first[1] == LIQUIDATE and len(agenda) > 1 and agenda[1][0] <= state.at_ms:
        return agenda[1]
    return first


def blocking(state: State, at_ms: int) -> tuple[int, int] | None:
    """An item due by then that no command may come before."""
    for item in state.agenda:
        if item[0] <= at_ms and item[1] in COMES_FIRST:
            return item
    return None


def done(state: State, item: tuple[int, int]) -> None:
    """An item has been seen to."""
    state.agenda.remove(item)
