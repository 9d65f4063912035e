"""A data directory, replayed for people to read: each record with what came of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

from openmargin.runtime.replaying import replayed
from openmargin.sdk.facts import Entry, entry_of


def entries(directory: Path) -> Iterator[Entry]:
    """Every record of the journal, in order; as `replayed` of the runtime, which says what it raises."""
    for step in replayed(directory):
        yield entry_of(step.record, step.events)


def last_entries(directory: Path, last: int) -> list[Entry]:
    """The last records."""
    return [entry_of(step.record, step.events) for step in deque(replayed(directory), last)]
