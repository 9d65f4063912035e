"""An exchange that is driven step by step, without an event loop, and that keeps its journal all the same.

Owns: what a caller of the same process gets in place of the single writer: records in order, sealed and chained as the
sequencer does it, folded into history, and durable before a call returns where there is a directory.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeVar

from msgspec import Struct

from openmargin.domain.commands import AnyCommand, Open, Record, Tick
from openmargin.domain.venue import Venue
from openmargin.engine.engine import EPOCH, Applied
from openmargin.history.fold import fold
from openmargin.history.queries import Query
from openmargin.history.rows import HistoryRows
from openmargin.journal.codec import chain_events, encode, seal
from openmargin.journal.record import Entry, SealedRecord
from openmargin.runtime.bare import BareExchange, Step
from openmargin.runtime.commit import Outcome
from openmargin.runtime.directory import DataDirectory
from openmargin.runtime.errors import StartRefused, Unavailable
from openmargin.runtime.opening import open_storage
from openmargin.runtime.phases import no_hook
from openmargin.runtime.recovery import snapshot_of
from openmargin.runtime.shelf import timeline_directory
from openmargin.runtime.snapshot_files import write_snapshot

Answer = TypeVar("Answer")

_HELD_RECORDS_MAX: Final = 1_000
"""What may gather in memory before it goes to the journal: there, nobody waits for a disk."""


class Beginning(Struct, frozen=True):
    """What a new exchange begins with."""

    venue: Venue
    seed: int
    start_ms: int


class InProcessExchange(BareExchange):
    """A journal and history behind a bare exchange; open until `close`."""

    def __init__(
        self, directory: Path | None, beginning: Beginning, *, check_everything: bool = False
    ) -> None:
        """Go on with the timeline that would be served from the directory, or begin; `beginning` is for a new exchange.

        Raises StartRefused, JournalDamaged or DecidesDifferently.
        """
        if sys.flags.optimize:
            raise StartRefused("assertions must stay on: start without -O and PYTHONOPTIMIZE")
        super().__init__(check_everything=check_everything)
        self._opened = open_storage(directory and timeline_directory(directory))
        self._storage = self._opened.storage
        recovered = self._opened.recovered
        self.engine = recovered.engine
        self.engine.check_everything = check_everything
        self.event_chain: bytes = recovered.event_chain
        self._chain: bytes = recovered.chain
        self._held: list[SealedRecord] = []
        self._rows = HistoryRows()
        self._is_open = True
        self.is_new: Final = self.engine.seq < 0
        try:
            if self.is_new:
                self.submit(beginning.start_ms, Open(beginning.venue, beginning.seed, EPOCH))
        except BaseException:
            self._opened.close()
            raise

    def submit(self, at_ms: int, command: AnyCommand) -> list[Step]:
        """As of a bare exchange; raises Unavailable when it is closed, or has met a bug or a full disk."""
        if not self._is_open:
            raise Unavailable("the exchange is closed, or has stopped at a bug or a full disk")
        steps = super().submit(at_ms, command)
        if self._storage.directory is not None or len(self._held) >= _HELD_RECORDS_MAX:
            self.settle()
        return steps

    def feed(self, at_ms: int, command: AnyCommand) -> None:
        """Have one of very many commands obeyed: it is on disk when `settle` returns, and no log keeps what came of it."""
        if not self._is_open:
            raise Unavailable("the exchange is closed, or has stopped at a bug or a full disk")
        steps: list[Step] = []
        self._do_due(at_ms, steps)
        self._apply(at_ms, command, steps)
        self._do_due(at_ms, steps)
        if len(self._held) >= _HELD_RECORDS_MAX:
            self.settle()

    def do(self, command: AnyCommand) -> Outcome:
        """Have a command obeyed or refused now, and whatever follows from it done."""
        steps = self.submit(self.engine.at_ms, command)
        [step] = [step for step in steps if step.record.command is command]
        return Outcome(step.record.seq, step.record.at_ms, step.rejection, step.own)

    def advance_to(self, at_ms: int) -> None:
        """Let time pass up to a moment, through all that falls due in it."""
        self.submit(at_ms, Tick())

    def steps_after(self, seq: int) -> list[Step]:
        """What came of every record after one, as far as it happened since the exchange was opened."""
        return self.log[bisect_right(self.log, seq, key=lambda step: step.record.seq) :]

    def fetch(self, query: Query[Answer]) -> Answer:
        """Put a question to history."""
        self.settle()
        return self._storage.fetch(query)

    def entries(self, from_seq: int) -> Iterator[Entry]:
        """The journal from a record on."""
        self.settle()
        journal = self._storage.journal
        return journal.read_from(from_seq, journal.chain_at(from_seq - 1))

    def save(self, path: Path) -> None:
        """Write all that happened into a new data directory; raises StartRefused where an exchange is in it already."""
        directory = DataDirectory(path)
        directory.create()
        if directory.database.exists():
            raise StartRefused(f"{path} holds an exchange already")
        self.settle()
        self._storage.copy_to(directory)

    def close(self) -> None:
        """Leave a snapshot behind where there is a directory, and let go of it."""
        directory = self._storage.directory
        try:
            if self._is_open and directory is not None:
                write_snapshot(
                    directory.snapshots, snapshot_of(self.engine, self._chain, self.event_chain), no_hook
                )
        finally:
            self._is_open = False
            self._opened.close()

    def _run(self, record: Record) -> Applied:
        body = encode(record)  # Before anything changes: what cannot be written must not happen.
        try:
            applied = super()._run(record)
        except BaseException:
            self._is_open = False  # A bug: the engine's state is not to be trusted.
            raise
        if applied.rejection is not None:
            self.refusals.add(self.engine, record, applied.rejection)
        self.event_chain = chain_events(self.event_chain, applied.events)
        sealed = seal(record, body, self._chain, self.event_chain)
        self._chain = sealed.chain
        self._held.append(sealed)
        fold(self._rows, record.seq, record.at_ms, applied.events)
        return applied

    def settle(self) -> None:
        """Have everything on disk that has happened."""
        if not self._held:
            return
        records, rows = self._held, self._rows
        self._held, self._rows = [], HistoryRows()
        try:
            self._storage.commit(records, rows)
        except BaseException:
            self._is_open = False  # The engine is ahead of the disk for good.
            raise
