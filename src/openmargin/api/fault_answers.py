"""What clients hear of faults that somebody asked for: Binance's own words for them, by the lab's names.

An answer of 5xx says nothing of whether the request was carried out (semantics, error codes).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from openmargin.api import errors
from openmargin.api.errors import WIRE_ERRORS, Dialect, WireError
from openmargin.domain.reasons import Reason

_ANSWERS: Final[dict[str, WireError]] = {
    "error": WireError(
        503, -1006, "An unexpected response was received from the message bus. Execution status unknown."
    ),
    "timeout": errors.TIMED_OUT,
    "pending": WireError(400, -3007, "You have pending transaction, please try again later."),
    "busy": WireError(400, -3044, "System busy."),
    "no-inventory": WIRE_ERRORS[Reason.INVENTORY_SHORT, Dialect.SAPI],
    "too-many-requests": WireError(429, -1003, "Too many requests queued."),
}


class StruckRequest(Protocol):
    """A request that a fault strikes, after it has waited."""

    @property
    def fault(self) -> str: ...

    @property
    def seconds(self) -> float:
        """How long what it hears of holds."""
        ...

    @property
    def is_executed(self) -> bool:
        """Is it carried out all the same, before anything is heard of the fault?"""
        ...

    def end(self, cut_off: Callable[[bool], None]) -> None:
        """What a fault does that says nothing; `cut_off` ends the socket, or only the server's half of it."""
        ...


class MeetFaults(Protocol):
    """Holds a request against the rules of faults; it may have it wait."""

    async def __call__(
        self, method: str, path: str, api_key: str | None, also: str = ""
    ) -> StruckRequest | None:
        """None where the request goes on as ever; `also` is another path that rules may know it by."""
        ...


async def no_faults(method: str, path: str, api_key: str | None, also: str = "") -> StruckRequest | None:  # noqa: ARG001
    """Nothing goes wrong."""
    return None


def fault_answer(name: str, until_ms: int) -> WireError | None:
    """What is heard of a fault, a ban ending at `until_ms`; None of one that says nothing."""
    return errors.banned(until_ms) if name == "ban" else _ANSWERS.get(name)


def says_when_to_retry(error: WireError) -> bool:
    """Does its answer have a Retry-After?"""
    return error.status in (418, 429)
