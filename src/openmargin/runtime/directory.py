"""The data directory of one exchange.

Owns: the names of what lies in it, and the lock that keeps a second process out.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

from openmargin.runtime.errors import StartRefused

_DATABASE: Final = "openmargin.db"
_LOCK: Final = "lock"
_SNAPSHOTS: Final = "snapshots"
_POISON: Final = "poison"
_KEY_FINGERPRINT: Final = "server-key.fingerprint"


class DataDirectory:
    """Where everything durable of one exchange lies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / _DATABASE
        self.snapshots = path / _SNAPSHOTS
        self.poison = path / _POISON
        self.key_fingerprint = path / _KEY_FINGERPRINT

    def create(self) -> None:
        """Make the directories where they are missing."""
        for path in (self.path, self.snapshots):
            path.mkdir(parents=True, exist_ok=True)

    def require_database(self) -> None:
        """Refuse a directory that holds no exchange, before anything is made in it."""
        if not self.database.is_file():
            raise StartRefused(f"{self.path} holds no exchange: there is no {_DATABASE} in it")

    def lock(self) -> DirectoryLock:
        """Claim the directory for this process, or refuse and name the process that has it."""
        return DirectoryLock(self.path / _LOCK)


class DirectoryLock:
    """Held until released, or until the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(self._descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._descriptor)
            raise StartRefused(f"{path.parent} is in use by process {holder}") from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._descriptor)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable: a new file is lost without its name."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
