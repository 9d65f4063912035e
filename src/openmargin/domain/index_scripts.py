"""What a script makes of an index, one stage after the other."""

from __future__ import annotations

from msgspec import Struct

from openmargin.domain.enums import Pace, StageKind


class IndexStage(Struct, frozen=True, array_like=True):
    """One stage of a script."""

    kind: StageKind
    lasts_ms: int = 0
    """0 only for one move, which then happens at once."""
    moves: int = 0
    """Into how many moves a MOVE is cut; they are spread evenly over its time, the last one at its end."""
    price: int = 0
    """Where it goes, for one symbol; 0 where `ratio` says it."""
    ratio: int = 0
    """The same as a multiple (1e-8) of the price at the stage's beginning."""
    pace: Pace = Pace.EVEN
