"""What every run of an exchange begins with: the directory claimed, the storage open, the engine where it stopped."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from msgspec import Struct

from openmargin.runtime.directory import DataDirectory, DirectoryLock
from openmargin.runtime.phases import PhaseHook, no_hook
from openmargin.runtime.recovery import Recovered, loaded, recover
from openmargin.runtime.shelf import Resume
from openmargin.runtime.snapshot_files import remove_partial_snapshots
from openmargin.runtime.storage import Storage


class Opened(Struct, frozen=True):
    """A storage that nobody else writes to, and the engine that it leads to."""

    lock: DirectoryLock | None
    storage: Storage
    recovered: Recovered

    def close(self) -> None:
        """Close the storage, and let others have the directory."""
        self.storage.close()
        if self.lock is not None:
            self.lock.release()


def open_memory(resume: Resume, *, memory_rows_max: int | None, at: PhaseHook) -> Opened:
    """Go on in memory from a state that was kept there; its database belongs to whoever opens it."""
    storage = Storage(None, memory_rows_max=memory_rows_max, at=at, memory=resume.connection)
    return Opened(None, storage, loaded(resume.snapshot))


def open_storage(path: Path | None, *, memory_rows_max: int | None = None, at: PhaseHook = no_hook) -> Opened:
    """Claim a directory, or memory where there is none, and recover what is in it.

    `memory_rows_max` bounds journal and history in memory. Raises StartRefused, JournalDamaged or DecidesDifferently.
    """
    with ExitStack() as if_refused:
        directory: DataDirectory | None = None
        lock: DirectoryLock | None = None
        if path is not None:
            directory = DataDirectory(path)
            directory.create()
            lock = directory.lock()
            if_refused.callback(lock.release)
            remove_partial_snapshots(directory.snapshots)
        storage = Storage(directory, memory_rows_max=memory_rows_max, at=at)
        if_refused.callback(storage.close)
        recovered = recover(storage.journal, directory.snapshots if directory is not None else None)
        if_refused.pop_all()
    return Opened(lock, storage, recovered)
