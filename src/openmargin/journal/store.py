"""What any journal store must do. `tests/journal` holds the contract that each one passes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from openmargin.journal.record import Entry, SealedRecord


class JournalStore(Protocol):
    """An append-only list of sealed records with one writer."""

    @property
    def last_seq(self) -> int:
        """The seq of the last durable record, -1 where there is none."""
        ...

    def append(self, records: Sequence[SealedRecord], expected_last_seq: int) -> None:
        """Add records behind `expected_last_seq`; raises FenceBroken where the journal does not end there.

        Nothing is durable, or seen by readers, before `sync`.
        """
        ...

    def sync(self) -> None:
        """Put on disk all that was appended, at once: after a crash either all of it is there or none."""
        ...

    def rollback(self) -> None:
        """Forget what was appended since the last `sync`."""
        ...

    def chain_at(self, seq: int) -> bytes:
        """The chain hash after record `seq`; GENESIS_CHAIN for -1. Raises JournalDamaged where none is."""
        ...

    def read_from(self, seq: int, previous_chain: bytes) -> Iterator[Entry]:
        """Every durable record from `seq` on, each checked; raises JournalDamaged at the first that fails.

        `previous_chain` is the chain after the record before `seq`.
        """
        ...
