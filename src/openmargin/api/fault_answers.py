"""What clients hear of faults that somebody asked for: Binance's own words for them, by the lab's names.

An answer of 5xx says nothing of whether the request was carried out (semantics, error codes).
"""

from __future__ import annotations

from typing import Final

from openmargin.api import errors
from openmargin.api.errors import WIRE_ERRORS, Dialect, WireError
from openmargin.domain.reasons import Reason

_ANSWERS: Final[dict[str, WireError]] = {
    "error": WireError(
        503, -1006, "An unexpected response was received from the message bus. Execution status unknown."
    ),
    "timeout": errors.TIMED_OUT,
    "pending": WireError(400, -3007, "You have pending transaction, please try again later."),
    "no-inventory": WIRE_ERRORS[Reason.INVENTORY_SHORT, Dialect.SAPI],
    "too-many-requests": WireError(429, -1003, "Too many requests queued."),
}


def fault_answer(name: str, until_ms: int) -> WireError | None:
    """What is heard of a fault, a ban ending at `until_ms`; None of one that says nothing."""
    return errors.banned(until_ms) if name == "ban" else _ANSWERS.get(name)


def says_when_to_retry(error: WireError) -> bool:
    """Does its answer have a Retry-After?"""
    return error.status in (418, 429)
