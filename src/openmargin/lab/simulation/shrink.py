"""A market that fails, made small.

Owns: which parts are left out, in what order: halves first, then ever smaller pieces, until nothing more can go
(delta debugging, Zeller 1999).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from openmargin.lab.simulation.script import Play

TRIALS_MAX: Final = 400
"""A market that takes longer is small enough for a reader."""

Fails = Callable[[Sequence[Play]], bool]
"""Does it still fail, and in the same way?"""


class _Trials:
    """Counts what is tried, and stops trying."""

    def __init__(self, fails: Fails, most: int) -> None:
        self._fails = fails
        self.left = most

    def __call__(self, plays: Sequence[Play]) -> bool:
        if self.left <= 0:
            return False
        self.left -= 1
        return self._fails(plays)


def shrink(plays: Sequence[Play], fails: Fails, trials_max: int = TRIALS_MAX) -> list[Play]:
    """The shortest market found that still fails; its first command, which opens the exchange, is kept."""
    trials = _Trials(fails, trials_max)
    kept = _bared(_without_chunks(list(plays), trials), trials)
    return kept if len(kept) == len(plays) else _without_chunks(kept, trials)


def _without_chunks(plays: list[Play], trials: _Trials) -> list[Play]:
    size = max(1, (len(plays) - 1) // 2)
    while trials.left > 0:
        end = len(plays)
        while end > 1:
            begin = max(1, end - size)
            shorter = plays[:begin] + plays[end:]
            if trials(shorter):
                plays = shorter
            end = begin
        if size == 1:
            break
        size = max(1, min(size // 2, (len(plays) - 1) // 2))
    return plays


def _bared(plays: list[Play], trials: _Trials) -> list[Play]:
    """Without the mishaps and looks that do not matter."""
    for at in reversed(range(len(plays))):
        for without in ({"mishap": None}, {"look": None}):
            barer = msgspec.structs.replace(plays[at], **without)
            shorter = [*plays[:at], barer, *plays[at + 1 :]]
            if barer != plays[at] and trials(shorter):
                plays = shorter
    return plays
