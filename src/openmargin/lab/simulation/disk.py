"""The disk of an exchange under test: what a kill leaves of it, and what a power failure does.

Owns: the copy that the next life starts from. A process that is killed loses what it had not handed to the system; a
machine that loses power also loses what the disk had not confirmed, and may have half of it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from openmargin.lab.simulation.mishaps import Damage

_DATABASE = "openmargin.db"
_LOG = "openmargin.db-wal"
_LEFT_BEHIND = shutil.ignore_patterns("lock", "*-shm")
"""The lock goes with the process, and the index of the log is made anew."""


class Disk:
    """One data directory after another, each what its predecessor left."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._life = 0
        self._before: tuple[bytes, tuple[int, int]] | None = None
        self._left: Path | None = None
        self._damaged: Path | None = None

    @property
    def directory(self) -> Path:
        """Where the present life keeps its data."""
        return self._root / f"life-{self._life}"

    def remember(self) -> None:
        """A commit begins: what is on the disk now is confirmed."""
        self._before = (self._read_log(), self._stamp())

    def freeze(self, torn_share: int | None = None) -> None:
        """Keep the disk as it is at this moment; a share, in thousandths, tears what came since `remember`.

        What the database took over from its log was confirmed before, so nothing is torn then.
        """
        left = self._root / f"life-{self._life + 1}"
        shutil.copytree(self.directory, left, ignore=_LEFT_BEHIND)
        if torn_share is not None and self._before is not None and self._before[1] == self._stamp():
            (left / _LOG).write_bytes(_torn(self._before[0], self._read_log(), torn_share))
        self._left = left

    def next_life(self, damage: Damage, share: int) -> None:
        """Go on with what was frozen, or with the present directory where the end was orderly."""
        if self._left is not None:
            shutil.rmtree(self.directory)
            self._life += 1
            self._left = self._before = None
        snapshots = sorted((self.directory / "snapshots").glob("*.snap"))
        if not snapshots or damage is Damage.NONE:
            return
        if damage is Damage.LOST:
            snapshots[-1].unlink()
            return
        self._damaged = snapshots[-1]
        content = bytearray(self._damaged.read_bytes())
        content[(len(content) - 1) * share // 1_000] ^= 1
        self._damaged.write_bytes(content)

    def clear_damage(self) -> None:
        """Remove the snapshot that was damaged last, once nobody took it: it would be called unsound for good."""
        if self._damaged is not None:
            self._damaged.unlink()
            self._damaged = None

    def _read_log(self) -> bytes:
        log = self.directory / _LOG
        return log.read_bytes() if log.exists() else b""

    def _stamp(self) -> tuple[int, int]:
        """Changes when the database itself is written."""
        found = os.stat(self.directory / _DATABASE)
        return found.st_size, found.st_mtime_ns


def _torn(before: bytes, after: bytes, share: int) -> bytes:
    """What was written in order, up to a part of it; behind that is what was there before."""
    start = 0
    piece = 4_096
    while start < len(after) and before[start : start + piece] == after[start : start + piece]:
        start += piece
    cut = start + max(0, len(after) - start) * share // 1_000
    return after[:cut] + before[cut:]
