"""Snapshots as files: the state at one record, sealed so that damage shows.

Owns: the format, the way a file appears whole or not at all, and which files are kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from openmargin.runtime.directory import sync_directory
from openmargin.runtime.phases import Phase, PhaseHook

_MAGIC: Final = b"OpenMargin snapshot 1\n"
_CHECKSUM_BYTES: Final = 16
_SUFFIX: Final = ".snap"
_KEPT: Final = 2
"""The newest and, should it be damaged, the one before."""


class Snapshot(Struct, frozen=True, array_like=True):
    """The engine's state after record `seq`, and both chains up to there."""

    epoch: int
    seq: int
    chain: bytes
    event_chain: bytes
    state_hash: str
    state: bytes


class SnapshotDamaged(Exception):
    """The file is not what was written."""


def hash_of_state(dump: bytes) -> str:
    """What the engine calls its state hash, of a dump that is at hand already."""
    return blake2b(dump, digest_size=16).hexdigest()


def _checksum(body: bytes) -> bytes:
    return blake2b(body, digest_size=_CHECKSUM_BYTES).digest()


def write_snapshot(directory: Path, snapshot: Snapshot, at: PhaseHook) -> Path:
    """Put a snapshot on disk, and remove those that two newer ones have made useless. Raises OSError."""
    body = msgspec.msgpack.encode(snapshot)
    content = _MAGIC + _checksum(body) + body
    path = directory / f"{snapshot.seq:020d}{_SUFFIX}"
    # The process id keeps a writer that outlived its exchange from meeting its successor.
    partial = path.with_suffix(f".{os.getpid()}.tmp")
    middle = len(content) // 2
    try:
        with partial.open("wb") as file:
            file.write(content[:middle])
            at(Phase.IN_SNAPSHOT)
            file.write(content[middle:])
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    except OSError:
        # Half a snapshot is of no use, and on a full disk the journal needs the room.
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
    sync_directory(directory)
    for old in list(snapshot_paths(directory))[_KEPT:]:
        old.unlink(missing_ok=True)
    return path


def snapshot_paths(directory: Path) -> Iterator[Path]:
    """Every snapshot, newest first, whether sound or not."""
    yield from sorted(directory.glob(f"*{_SUFFIX}"), reverse=True)


def read_snapshot(path: Path) -> Snapshot:
    """A snapshot, after its checks; raises SnapshotDamaged with the first that fails."""
    content = path.read_bytes()
    if not content.startswith(_MAGIC):
        raise SnapshotDamaged(f"{path} does not begin like a snapshot")
    body = content[len(_MAGIC) + _CHECKSUM_BYTES :]
    if _checksum(body) != content[len(_MAGIC) : len(_MAGIC) + _CHECKSUM_BYTES]:
        raise SnapshotDamaged(f"{path} is not what was written (checksum)")
    try:
        return msgspec.msgpack.decode(body, type=Snapshot)
    except msgspec.MsgspecError as error:
        raise SnapshotDamaged(f"{path} cannot be decoded: {error}") from error


def remove_partial_snapshots(directory: Path) -> None:
    """Remove what writers left behind that were killed."""
    for path in directory.glob("*.tmp"):
        path.unlink(missing_ok=True)
