"""A refusal as an exception."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from openmargin.api.errors import ApiError, Dialect, WireError, refusal
from openmargin.domain.ids import SPOT, Scope
from openmargin.domain.reasons import Reason, Rejected


class Refused(Exception):
    """The exchange said no, and changed nothing. `code` and `text` are what a client of Binance would have read."""

    def __init__(self, error: WireError, rejected: Rejected | None = None) -> None:
        self.code: int = error.code
        self.text: str = error.message
        self.reason: Reason | None = rejected.reason if rejected is not None else None
        """The rule that was broken; None where the request itself made no sense, such as a LIMIT order without a price."""
        self.detail: str = rejected.detail if rejected is not None else ""
        """What the rule adds, such as the limit that was passed; often empty."""
        named = f" ({self.reason.name})" if self.reason is not None else ""
        super().__init__(f"{error.code} {error.message}{named}")

    @classmethod
    def of(cls, rejected: Rejected, scope: Scope, at_ms: int) -> Refused:
        """What the engine refused, in the words of the API that serves the scope."""
        dialect = Dialect.SPOT if scope == SPOT else Dialect.SAPI
        return cls(refusal(rejected, dialect, at_ms).error, rejected)


@contextmanager
def refusals_of_the_rim() -> Generator[None]:
    """What a request can get wrong by itself is refused as on the wire."""
    try:
        yield
    except ApiError as wrong:
        raise Refused(wrong.error) from None
