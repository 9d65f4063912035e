"""Snapshots by a second process, so that the writer never pauses to dump its state.

`python -m openmargin.runtime.snapshot DIR` recovers the exchange as a restart would, from what is durable,
which checks the journal on the way, and writes the next snapshot. `Snapshotter` starts it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from openmargin.journal.record import JournalDamaged
from openmargin.journal.sqlite_store import SqliteJournal
from openmargin.runtime.directory import DataDirectory
from openmargin.runtime.errors import StartRefused
from openmargin.runtime.phases import PhaseHook, no_hook
from openmargin.runtime.recovery import DecidesDifferently, recover
from openmargin.runtime.snapshot_files import write_snapshot
from openmargin.runtime.storage import connect_to_read

_log = logging.getLogger(__name__)

COMMAND: Final = (sys.executable, "-m", "openmargin.runtime.snapshot")

_NICENESS: Final = 10
"""Orders come first: a snapshot may take its time."""


def take_snapshot(directory: DataDirectory, at: PhaseHook = no_hook) -> Path:
    """Write a snapshot of what is durable now."""
    connection = connect_to_read(directory)
    try:
        recovered = recover(SqliteJournal(connection), directory.snapshots)
        return write_snapshot(directory.snapshots, recovered.snapshot(), at)
    finally:
        connection.close()


class Snapshotter:
    """Starts the second process each time that enough records are durable; one at a time."""

    def __init__(
        self, directory: DataDirectory, last_seq: int, every: int, command: Sequence[str] = COMMAND
    ) -> None:
        """`last_seq` is that of the newest snapshot, -1 for none."""
        self._directory = directory
        self._every = every
        self._command = (*command, str(directory.path))
        self._next_seq = last_seq + every
        self._task: asyncio.Task[None] | None = None

    def on_durable(self, seq: int) -> None:
        """Take note that records up to `seq` are on disk."""
        if seq >= self._next_seq and self._task is None:
            self._next_seq = seq + self._every
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        process: asyncio.subprocess.Process | None = None
        try:
            process = await asyncio.create_subprocess_exec(*self._command)
            code = await process.wait()
            if code:
                _log.warning("the process for a snapshot ended with %d", code)
        except OSError as error:
            _log.warning("the process for a snapshot cannot be started: %s", error)
        finally:
            if process is not None and process.returncode is None:
                process.kill()
                await process.wait()
            self._task = None

    async def idle(self) -> None:
        """Wait for the snapshot that is being taken, if any."""
        if self._task is not None:
            await self._task

    async def close(self) -> None:
        """Give up the snapshot that is being taken, if any."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])


def main() -> None:
    """Take one snapshot, or say in one line why not."""
    os.nice(_NICENESS)
    try:
        take_snapshot(DataDirectory(Path(sys.argv[1])))
    except (JournalDamaged, DecidesDifferently, StartRefused, OSError, sqlite3.Error) as error:
        raise SystemExit(f"no snapshot was taken: {error}") from error


if __name__ == "__main__":
    main()
