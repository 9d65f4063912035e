"""A bookmark as one file, to be carried to another machine.

Owns: the format (a tar.gz with a list of what is in it), and the checks without which nothing is taken in: every byte by
its hash, the journal by its chain, and the state by its own hash.
"""

from __future__ import annotations

import sqlite3
import tarfile
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import IO, Final

import msgspec
from msgspec import Struct

from openmargin.engine.engine import EPOCH
from openmargin.journal.record import GENESIS_CHAIN, JournalDamaged
from openmargin.journal.sqlite_store import SqliteJournal
from openmargin.runtime.directory import DataDirectory
from openmargin.runtime.shelf import ABOUT, Bookmark, DiskShelf, ShelfRefused
from openmargin.runtime.snapshot_files import SnapshotDamaged, hash_of_state, read_snapshot, snapshot_paths
from openmargin.runtime.storage import connect_to_read

_FORMAT: Final = "openmargin snapshot 1"
_LIST: Final = "contents.json"
_LEVEL: Final = 3
"""Of compression: more takes long, and gains little."""
_PIECE: Final = 1 << 20


class ArchiveRefused(ShelfRefused):
    """The file is no bookmark, or not what was written, or of other rules."""


class _Contents(Struct, frozen=True):
    format: str
    bookmark: Bookmark
    files: dict[str, str]
    """Each file's place in the data directory, and its hash."""


def pack(directory: Path, target: Path) -> Bookmark:
    """Write the bookmark that lies in a directory into one file. Raises OSError or ArchiveRefused."""
    bookmark = msgspec.json.decode((directory / ABOUT).read_bytes(), type=Bookmark)
    _require_whole_journal(directory)
    paths = sorted(path for path in directory.rglob("*") if path.is_file() and path.name != ABOUT)
    files = {str(path.relative_to(directory)): _hash_of(path) for path in paths}
    with tarfile.open(target, "w:gz", compresslevel=_LEVEL) as archive:
        listed = msgspec.json.encode(_Contents(_FORMAT, bookmark, files))
        about = tarfile.TarInfo(_LIST)
        about.size = len(listed)
        archive.addfile(about, BytesIO(listed))
        for name in files:
            archive.add(directory / name, name)
    return bookmark


def unpack(source: Path, directory: Path, name: str) -> Bookmark:
    """Fill an empty directory with the bookmark in a file, under a name. Raises ArchiveRefused, and leaves what is there."""
    try:
        with tarfile.open(source, "r|gz") as archive:
            contents = _extract(archive, directory)
    except (tarfile.TarError, OSError, EOFError, msgspec.MsgspecError) as error:
        raise ArchiveRefused(f"the file cannot be read: {error}") from error
    bookmark = contents.bookmark
    _check(directory, bookmark)
    named = msgspec.structs.replace(bookmark, name=name)
    (directory / ABOUT).write_bytes(msgspec.json.encode(named))
    return named


def unpack_into(shelf: DiskShelf, root: Path, source: Path, name: str) -> tuple[Bookmark, bool]:
    """Put the bookmark of a file beside an exchange, or have a directory without one begin with it, and say which.

    Raises ArchiveRefused, OSError and the refusals of the shelf.
    """
    source.open("rb").close()  # A file that is not there leaves nothing behind.
    is_new = not DataDirectory(root).database.exists()
    root.mkdir(parents=True, exist_ok=True)

    def fill(path: Path) -> None:
        unpack(source, path, name)

    bookmark = shelf.add(name, fill)
    if is_new:
        with shelf.directory_for(name) as directory:
            shelf.begin_main(directory)
    return bookmark, is_new


def _extract(archive: tarfile.TarFile, directory: Path) -> _Contents:
    contents: _Contents | None = None
    missing: dict[str, str] = {}
    for member in archive:
        file = archive.extractfile(member)
        if file is None:
            raise ArchiveRefused(f"{member.name} is no file")
        if contents is None:
            if member.name != _LIST:
                raise ArchiveRefused("the file is no snapshot of an exchange")
            contents = msgspec.json.decode(file.read(), type=_Contents)
            if contents.format != _FORMAT:
                raise ArchiveRefused(f'"{contents.format}" is not known here: a newer openmargin can read it')
            missing = dict(contents.files)
        elif missing.pop(member.name, None) != _copied(file, _inside(directory, member.name)):
            raise ArchiveRefused(f"{member.name} is not what was written")
    if contents is None or missing:
        raise ArchiveRefused(f"the file ends early: {', '.join(missing) or 'everything'} is missing")
    return contents


def _inside(directory: Path, name: str) -> Path:
    path = (directory / name).resolve()
    if not path.is_relative_to(directory.resolve()):
        raise ArchiveRefused(f"{name} would lie elsewhere")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _check(directory: Path, bookmark: Bookmark) -> None:
    """Is it the state that its journal says, by the rules of this version?"""
    data = DataDirectory(directory)
    try:
        [path] = snapshot_paths(data.snapshots)
        snapshot = read_snapshot(path)
    except (ValueError, SnapshotDamaged) as damage:
        raise ArchiveRefused(f"its state cannot be read: {damage}") from damage
    if snapshot.epoch != EPOCH:
        raise ArchiveRefused(
            f"it is of engine epoch {snapshot.epoch}, and this one is {EPOCH}: take the version that made it"
        )
    if not hash_of_state(snapshot.state) == snapshot.state_hash == bookmark.state_hash:
        raise ArchiveRefused("its state is not the one that it names")
    ends = (-1, GENESIS_CHAIN, GENESIS_CHAIN)
    connection = connect_to_read(data)
    try:
        for entry in SqliteJournal(connection).read_from(0, GENESIS_CHAIN):
            ends = (entry.record.seq, entry.chain, entry.event_chain)
    except (JournalDamaged, sqlite3.Error) as damage:
        raise ArchiveRefused(str(damage)) from damage
    finally:
        connection.close()
    if ends != (bookmark.seq, snapshot.chain, snapshot.event_chain):
        raise ArchiveRefused("its journal does not lead to its state")


def _require_whole_journal(directory: Path) -> None:
    """A journal in memory may have dropped its beginning, and cannot be checked then."""
    connection = connect_to_read(DataDirectory(directory))
    try:
        (first,) = connection.execute("SELECT min(seq) FROM records").fetchone()
    finally:
        connection.close()
    if first != 0:
        raise ArchiveRefused(
            "the beginning of its journal was dropped: raise memory_history_rows, or serve with --data"
        )


def _hash_of(path: Path) -> str:
    digest = blake2b(digest_size=32)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _copied(source: IO[bytes], target: Path) -> str:
    """Write a file, and give its hash."""
    digest = blake2b(digest_size=32)
    with target.open("wb") as file:
        while piece := source.read(_PIECE):
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()
