"""What a store of history must do."""

from __future__ import annotations

from typing import Protocol, TypeVar

from openmargin.history.queries import Query
from openmargin.history.rows import HistoryRows

Answer = TypeVar("Answer")


class HistoryWriter(Protocol):
    """The side that the writer of the journal drives."""

    def write(self, rows: HistoryRows) -> None:
        """Add the rows of a batch within the journal's transaction."""
        ...

    def clear(self) -> None:
        """Forget everything, within a transaction, so that it can be folded again."""
        ...


class HistoryReader(Protocol):
    """The side that questions about the past are put to."""

    def fetch(self, query: Query[Answer]) -> Answer:
        """The answer to any of `openmargin.history.queries`."""
        ...
