"""What became of the two halves of a replacement."""

from __future__ import annotations

from dataclasses import dataclass

from openmargin.api import outcomes
from openmargin.domain.events import CancelReplaced
from openmargin.domain.ids import SPOT
from openmargin.domain.reasons import Rejected
from openmargin.runtime.commit import Outcome
from openmargin.sdk.answers import Order, order_of
from openmargin.sdk.refused import Refused


@dataclass(frozen=True)
class Replacement:
    """A cancel and the order in its place; what was not done has its refusal instead."""

    canceled: Order | None
    placed: Order | None
    not_canceled: Refused | None = None
    not_placed: Refused | None = None
    """None as well where it was not tried, because the cancel had failed."""


def replacement_of(outcome: Outcome, order_id: int) -> Replacement:
    """Read it from what happened to the order of that id, and after."""
    done = next(event for event in outcome.events if isinstance(event, CancelReplaced))
    canceled = placed = None
    if done.not_canceled is None:
        canceled = order_of(outcomes.ended_order(outcome, lambda spec: spec.order_id == order_id).order)
    if done.is_attempted and done.not_placed is None:
        new = outcomes.placed_order(outcome)
        placed = order_of(new.order, new.fills, new.borrowed)
    return Replacement(
        canceled, placed, _refused(done.not_canceled, outcome), _refused(done.not_placed, outcome)
    )


def _refused(rejected: Rejected | None, outcome: Outcome) -> Refused | None:
    return None if rejected is None else Refused.of(rejected, SPOT, outcome.at_ms)
