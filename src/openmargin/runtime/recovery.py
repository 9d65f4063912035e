"""From what is on disk back to a running engine.

Owns: which snapshot is taken, the replay of the records behind it, and the comparison of what happens now
with what happened then.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from openmargin.domain.commands import Open
from openmargin.engine.engine import EPOCH, Applied, Engine
from openmargin.journal.codec import chain_events
from openmargin.journal.record import GENESIS_CHAIN, Check, Entry, JournalDamaged
from openmargin.journal.store import JournalStore
from openmargin.runtime.errors import StartRefused
from openmargin.runtime.snapshot_files import (
    Snapshot,
    SnapshotDamaged,
    hash_of_state,
    read_snapshot,
    snapshot_paths,
)

_log = logging.getLogger(__name__)

_VERSION_OF_EPOCH: Final[dict[int, str]] = {1: "0.1", 2: "0.2"}
"""The last version that decides by the rules of each epoch."""


class DecidesDifferently(Exception):
    """Replay did not bring about what the first run did: the engine's code or the machine is at fault."""

    def __init__(self, seq: int, detail: str) -> None:
        super().__init__(
            f"the engine (epoch {EPOCH}) decides record {seq} differently from the run that wrote it:"
            f" {detail}"
        )
        self.seq = seq


class Recovered(Struct):
    """An engine at the end of a journal, and the chains that its next record continues."""

    engine: Engine
    chain: bytes
    event_chain: bytes
    snapshot_seq: int
    """-1 where replay began at the beginning."""

    def snapshot(self) -> Snapshot:
        """The state as a snapshot."""
        return snapshot_of(self.engine, self.chain, self.event_chain)


def snapshot_of(engine: Engine, chain: bytes, event_chain: bytes) -> Snapshot:
    """The engine's state with the chains that lead to it."""
    state = engine.dump()
    return Snapshot(EPOCH, engine.seq, chain, event_chain, hash_of_state(state), state)


def replay(engine: Engine, event_chain: bytes, entries: Iterable[Entry]) -> Iterator[tuple[Entry, Applied]]:
    """Apply `entries`, and raise DecidesDifferently at the first that does not do what it did."""
    apply = engine.apply
    for entry in entries:
        try:
            applied = apply(entry.record)
        except Exception as breach:
            raise DecidesDifferently(entry.record.seq, f"it fails with {breach!r}") from breach
        event_chain = chain_events(event_chain, applied.events)
        if event_chain != entry.event_chain:
            raise DecidesDifferently(entry.record.seq, "other events follow")
        yield entry, applied


def require_epoch(journal: JournalStore) -> None:
    """Refuse a journal that was written by other rules, and name the version that can replay it."""
    first = next(journal.read_from(0, GENESIS_CHAIN), None)
    if first is None:
        return
    if not isinstance(first.record.command, Open):
        raise JournalDamaged(0, Check.BODY, "it does not open an exchange")
    epoch = first.record.command.epoch
    if epoch != EPOCH:
        version = _VERSION_OF_EPOCH.get(epoch)
        raise StartRefused(
            f"the journal was written by engine epoch {epoch}, and this one is {EPOCH}: "
            + (f"openmargin {version} can replay it" if version else "a newer openmargin can replay it")
        )


def recover(journal: JournalStore, snapshots: Path | None) -> Recovered:
    """The engine after the last durable record; blank where there is none."""
    require_epoch(journal)
    recovered = _from_snapshot(journal, snapshots) if snapshots is not None else None
    if recovered is None:
        recovered = Recovered(Engine(), GENESIS_CHAIN, GENESIS_CHAIN, -1)
    entries = journal.read_from(recovered.engine.seq + 1, recovered.chain)
    for entry, _ in replay(recovered.engine, recovered.event_chain, entries):
        recovered.chain = entry.chain
        recovered.event_chain = entry.event_chain
    return recovered


def _from_snapshot(journal: JournalStore, directory: Path) -> Recovered | None:
    """The newest sound snapshot, where there is one and it belongs to this journal."""
    for path in snapshot_paths(directory):
        try:
            snapshot = read_snapshot(path)
        except SnapshotDamaged as damage:
            _log.warning("%s; trying the one before", damage)
            continue
        if snapshot.epoch != EPOCH:
            _log.warning("%s is of engine epoch %d; trying the one before", path, snapshot.epoch)
            continue
        if journal.chain_at(snapshot.seq) != snapshot.chain:
            raise JournalDamaged(snapshot.seq, Check.CHAIN, f"{path} was taken of another journal")
        return loaded(snapshot)
    return None


def loaded(snapshot: Snapshot) -> Recovered:
    """An engine with the state of a snapshot."""
    was_enabled = gc.isenabled()
    gc.disable()  # It would look again and again at what is all there to stay.
    try:
        engine = Engine.load(snapshot.state)
    finally:
        if was_enabled:
            gc.enable()
    return Recovered(engine, snapshot.chain, snapshot.event_chain, snapshot.seq)


def collect_rarely() -> None:
    """Let the collector look less often: an engine makes much, and little of it in cycles.

    Everybody waits while it looks, which takes a millisecond for every few thousand objects: ten thousand new ones at
    a time, fifty thousand that outlived this, and all hardly ever.
    """
    gc.set_threshold(10_000, 5, 2_000)


def freeze_what_was_loaded() -> None:
    """Take the loaded state out of the collector's sight: to walk it would be the longest pause of all."""
    gc.unfreeze()  # What was frozen may be garbage by now: an exchange that was closed.
    gc.collect()
    gc.freeze()
