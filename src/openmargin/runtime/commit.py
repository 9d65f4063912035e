"""Group commit: nothing leaves before it is on disk.

Owns: the batch that gathers while another is being synced, the thread that syncs, and the release of
replies, events and reads, in the order of their records.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from msgspec import Struct

from openmargin.domain.events import AnyEvent
from openmargin.domain.reasons import Rejected
from openmargin.history.fold import fold
from openmargin.history.rows import HistoryRows
from openmargin.journal.record import SealedRecord
from openmargin.runtime.errors import Unavailable
from openmargin.runtime.feed import Feed, Happened
from openmargin.runtime.storage import Storage

_log = logging.getLogger(__name__)

_HELD_EVENTS_MAX: Final = 50
"""What may gather before work that makes its own records (catching up, moving time) waits for the disk.

Whoever asks meanwhile shares the next sync, so this bounds how long it takes.
"""


class Outcome(Struct, frozen=True):
    """What became of a command."""

    seq: int
    at_ms: int
    rejection: Rejected | None
    events: tuple[AnyEvent, ...]
    """Its own events; those of due work that came first are not among them."""


class Position(Struct, frozen=True):
    """A place in the journal."""

    seq: int
    at_ms: int
    event_chain: bytes


class _Batch:
    """Records that become durable together, and all that waits for it."""

    def __init__(self) -> None:
        self.records: list[SealedRecord] = []
        self.happened: list[Happened] = []
        self.replies: list[tuple[asyncio.Future[Outcome], Outcome]] = []
        self.readers: list[asyncio.Future[None]] = []
        self.event_count = 0


class GroupCommit:
    """Holds what was applied until it is durable, then lets it go. After a failure it lets nothing go."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        storage: Storage,
        feed: Feed,
        durable: Position,
        on_durable: Callable[[int], None],
    ) -> None:
        self.durable = durable
        """Where the disk is."""
        self.failed = False
        """Did the disk refuse a batch? Then what the engine holds is ahead of the disk for good."""
        self.failure = ""
        """How it did."""
        self._loop = loop
        self._storage = storage
        self._feed = feed
        self._on_durable = on_durable
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="openmargin-sync")
        self._gathering = _Batch()
        self._syncing: _Batch | None = None
        self._start_planned = False

    @property
    def is_behind(self) -> bool:
        """Has so much gathered that whoever can wait should?"""
        return self._gathering.event_count > _HELD_EVENTS_MAX

    def hold(
        self,
        sealed: SealedRecord,
        happened: Happened,
        reply: asyncio.Future[Outcome] | None,
        outcome: Outcome,
    ) -> None:
        """Keep one applied record, and the answer to whoever sent it, until it is durable."""
        batch = self._gathering
        batch.records.append(sealed)
        batch.happened.append(happened)
        batch.event_count += len(happened.events)
        if reply is not None:
            batch.replies.append((reply, outcome))
        if self._syncing is None and not self._start_planned:
            # Not at once: what else this turn of the loop brings shares the sync.
            self._start_planned = True
            self._loop.call_soon(self._start)

    def settled(self) -> asyncio.Future[None] | None:
        """Done when all that is held now is durable; None where it is already."""
        if self.failed:
            raise Unavailable
        batch = self._gathering if self._gathering.records else self._syncing
        if batch is None:
            return None
        reader: asyncio.Future[None] = self._loop.create_future()
        batch.readers.append(reader)
        return reader

    def close(self) -> None:
        self._thread.shutdown(wait=True)

    def _start(self) -> None:
        self._start_planned = False
        batch = self._gathering
        if self.failed or not batch.records:
            return
        self._gathering = _Batch()
        self._syncing = batch
        # Folded here and not in the thread: two threads of Python code would only take turns.
        rows = HistoryRows()
        for happened in batch.happened:
            fold(rows, happened.seq, happened.at_ms, happened.events)
        done = self._loop.run_in_executor(self._thread, self._storage.commit, batch.records, rows)
        done.add_done_callback(self._finish)

    def _finish(self, done: asyncio.Future[None]) -> None:
        batch = self._syncing
        assert batch is not None
        self._syncing = None
        error = done.exception()
        if error is not None:
            self._fail(batch, error)
            return
        last = batch.records[-1]
        self.durable = Position(last.seq, last.at_ms, last.event_chain)
        # The next batch is on its way to the disk while this one's answers go out.
        self._start()
        for reply, outcome in batch.replies:
            if not reply.done():
                reply.set_result(outcome)
        for reader in batch.readers:
            if not reader.done():
                reader.set_result(None)
        if self._feed.has_subscribers:
            for happened in batch.happened:
                self._feed.publish(happened)
        self._on_durable(last.seq)

    def _fail(self, batch: _Batch, error: BaseException) -> None:
        """The disk refused: what waits will never be durable, and nothing may follow it."""
        _log.critical(
            "the journal cannot be written (%s): it ends before record %d, and the exchange has stopped",
            error,
            batch.records[0].seq,
        )
        self.failed = True
        self.failure = f"the journal cannot be written ({error})"
        for waiting in (batch, self._gathering):
            for future in (*(reply for reply, _ in waiting.replies), *waiting.readers):
                if not future.done():
                    future.set_exception(Unavailable())
        self._gathering = _Batch()
