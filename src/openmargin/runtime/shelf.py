"""Bookmarks of an exchange, and the timelines that begin at them.

Owns: where they lie, and how one appears whole or not at all. A bookmark is a record's place, with the state and the
database as they were there; a timeline is an exchange that goes on from one. On disk each is a data directory of its
own, so whatever serves, verifies or copies a data directory does so with these.
Never: touches the timeline that somebody goes on from.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Generator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from openmargin.runtime.directory import DataDirectory, sync_directory
from openmargin.runtime.errors import StartRefused
from openmargin.runtime.phases import Phase, PhaseHook, no_hook
from openmargin.runtime.snapshot_files import Snapshot, read_snapshot, snapshot_paths, write_snapshot
from openmargin.runtime.storage import Storage, connect_to_read, copied_memory

MAIN: Final = "main"
"""The timeline that every exchange begins with."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_POINTER: Final = "timeline"
ABOUT: Final = "bookmark.json"
"""What says of a directory that it is a bookmark."""


class Bookmark(Struct, frozen=True):
    """A place in a journal that somebody gave a name."""

    name: str
    timeline: str
    seq: int
    at_ms: int
    event_chain: str
    """The running hash of everything that had happened."""
    state_hash: str


class Resume(Struct, frozen=True):
    """What an exchange in memory goes on from."""

    snapshot: Snapshot
    connection: sqlite3.Connection


class Start(Struct, frozen=True):
    """A timeline that can be opened: the directory it lies in, or what is in memory."""

    timeline: str
    directory: Path | None = None
    resume: Resume | None = None


class ShelfRefused(Exception):
    """A bookmark or a timeline cannot be had, or made."""


class Unknown(ShelfRefused):
    """There is none of that name."""


class Taken(ShelfRefused):
    """There is one of that name already."""


class InUse(ShelfRefused):
    """Somebody goes on from there."""


class BadName(ShelfRefused):
    """Nothing can have that name."""


class Shelf(Protocol):
    """Where bookmarks lie, and timelines begin."""

    @property
    def current(self) -> str:
        """The timeline that is served."""
        ...

    def bookmarks(self) -> list[Bookmark]:
        """All of them, by their places."""
        ...

    def timelines(self) -> list[str]:
        """Those that can be gone on with."""
        ...

    def keep(self, bookmark: Bookmark, snapshot: Snapshot, storage: Storage) -> None:
        """Put a bookmark on the shelf. Nothing may be written meanwhile. Raises Taken or BadName."""
        ...

    def directory_for(self, name: str) -> AbstractContextManager[Path]:
        """The directory of a bookmark, to be read within. Raises Unknown."""
        ...

    def add(self, name: str, fill: Filler) -> Bookmark:
        """Put a bookmark on the shelf that somebody fills a directory with. Raises Taken or BadName."""
        ...

    def remove(self, name: str) -> Bookmark:
        """Take a bookmark away; timelines that began at it stay. Raises Unknown."""
        ...

    def load(self, name: str) -> Resume:
        """A bookmark as an exchange in memory can go on from it; whoever asked closes it. Raises Unknown."""
        ...

    def begin(self, name: str, timeline: str) -> Start:
        """Make a timeline that begins at a bookmark; `timeline` may be empty. Raises Unknown, Taken or BadName."""
        ...

    def find(self, timeline: str) -> Start:
        """A timeline that is there. Raises Unknown."""
        ...

    def make_current(self, timeline: str) -> None:
        """Have the next start serve this timeline."""
        ...

    def end(self, timeline: str) -> None:
        """Take a timeline away for good; bookmarks that were made on it stay. Raises Unknown or InUse."""
        ...


def bookmark_of(name: str, timeline: str, at_ms: int, snapshot: Snapshot) -> Bookmark:
    """The bookmark of the place where a snapshot was taken."""
    require_name(name)
    return Bookmark(name, timeline, snapshot.seq, at_ms, snapshot.event_chain.hex(), snapshot.state_hash)


def require_name(name: str) -> None:
    """Refuse what could not be the name of a directory everywhere."""
    if not _NAME.fullmatch(name):
        raise BadName(f'"{name}" is no name: write at most 64 letters, digits, dots, dashes and underscores')


class DiskShelf:
    """Bookmarks and timelines beside the exchange that they come from, in its data directory."""

    def __init__(self, root: Path, at: PhaseHook = no_hook) -> None:
        self._root = root
        self._bookmarks = root / "bookmarks"
        self._timelines = root / "timelines"
        self._at = at

    @property
    def current(self) -> str:
        pointer = self._root / _POINTER
        return pointer.read_text().strip() if pointer.exists() else MAIN

    def directory_of(self, timeline: str) -> Path:
        return self._root if timeline == MAIN else self._timelines / timeline

    def bookmark_directory(self, name: str) -> Path:
        """Where a bookmark lies. Raises Unknown."""
        path = self._bookmarks / name
        if not _NAME.fullmatch(name) or not path.is_dir():
            raise Unknown(f'there is no snapshot "{name}"')
        return path

    def bookmarks(self) -> list[Bookmark]:
        found = [_about(path) for path in _directories(self._bookmarks)]
        return sorted(found, key=lambda bookmark: (bookmark.seq, bookmark.name))

    def timelines(self) -> list[str]:
        return [MAIN, *(path.name for path in _directories(self._timelines))]

    def keep(self, bookmark: Bookmark, snapshot: Snapshot, storage: Storage) -> None:
        def fill(path: Path) -> None:
            data = DataDirectory(path)
            data.create()
            storage.copy_to(data)
            write_snapshot(data.snapshots, snapshot, no_hook)
            fingerprint = DataDirectory(self.directory_of(bookmark.timeline)).key_fingerprint
            if fingerprint.exists():
                shutil.copyfile(fingerprint, data.key_fingerprint)
            (path / ABOUT).write_bytes(msgspec.json.encode(bookmark))

        self.place(self._bookmarks, bookmark.name, fill)

    @contextmanager
    def directory_for(self, name: str) -> Generator[Path]:
        yield self.bookmark_directory(name)

    def add(self, name: str, fill: Filler) -> Bookmark:
        self.place(self._bookmarks, name, fill)
        return _about(self.bookmark_directory(name))

    def remove(self, name: str) -> Bookmark:
        path = self.bookmark_directory(name)
        bookmark = _about(path)
        _remove(path)
        return bookmark

    def load(self, name: str) -> Resume:
        return _loaded(DataDirectory(self.bookmark_directory(name)))

    def begin(self, name: str, timeline: str) -> Start:
        source = self.bookmark_directory(name)
        # What a bookmark says of itself stays true when its timeline is taken away.
        timeline = timeline or _free_name(
            name, [*self.timelines(), *(kept.timeline for kept in self.bookmarks())]
        )
        if timeline == MAIN:
            raise Taken(f'there is a timeline "{MAIN}" already')

        def fill(path: Path) -> None:
            shutil.copytree(source, path, ignore=shutil.ignore_patterns(ABOUT), dirs_exist_ok=True)

        self.place(self._timelines, timeline, fill)
        return self.find(timeline)

    def begin_main(self, source: Path) -> None:
        """Have a directory that holds no exchange yet begin with a bookmark; its database comes last."""
        data = DataDirectory(self._root)
        data.create()
        kept = DataDirectory(source)
        shutil.copytree(kept.snapshots, data.snapshots, dirs_exist_ok=True)
        if kept.key_fingerprint.exists():
            shutil.copyfile(kept.key_fingerprint, data.key_fingerprint)
        partial = data.database.with_suffix(".tmp")
        shutil.copyfile(kept.database, partial)
        _sync_file(partial)
        partial.rename(data.database)
        sync_directory(self._root)

    def find(self, timeline: str) -> Start:
        path = self.directory_of(timeline)
        if timeline not in self.timelines():
            raise Unknown(f'there is no timeline "{timeline}"')
        return Start(timeline, directory=path)

    def make_current(self, timeline: str) -> None:
        partial = self._root / f".{_POINTER}.{os.getpid()}.tmp"
        partial.write_text(f"{timeline}\n")
        _sync_file(partial)
        self._at(Phase.IN_SWAP)
        partial.rename(self._root / _POINTER)
        sync_directory(self._root)

    def end(self, timeline: str) -> None:
        path = self.find(timeline).directory
        assert path is not None, "what lies on a disk has a directory"
        if timeline == MAIN:
            raise InUse(f'"{MAIN}" is the data directory itself, which holds all others')
        if timeline == self.current:
            raise InUse(f'the timeline "{timeline}" is the one that is served')
        try:
            lock = DataDirectory(path).lock()
        except StartRefused as refusal:
            raise InUse(str(refusal)) from None
        try:
            _remove(path)
        finally:
            lock.release()

    def place(self, parent: Path, name: str, fill: Filler) -> None:
        """Have a directory filled, and give it its name when all of it is on disk. Raises Taken or BadName."""
        require_name(name)
        parent.mkdir(parents=True, exist_ok=True)
        sync_directory(self._root)
        if (parent / name).exists():
            raise Taken(f'there is a "{name}" already')
        partial = parent / f".{name}.{os.getpid()}.tmp"
        shutil.rmtree(partial, ignore_errors=True)
        try:
            partial.mkdir()
            fill(partial)
            for path in sorted(partial.rglob("*")):
                if path.is_file():
                    _sync_file(path)
                else:
                    sync_directory(path)
            sync_directory(partial)
            self._at(Phase.IN_SWAP)
            partial.rename(parent / name)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        sync_directory(parent)


class Filler(Protocol):
    """Fills an empty directory."""

    def __call__(self, path: Path, /) -> None: ...


class MemoryShelf:
    """Bookmarks of an exchange in memory. A timeline that nobody bookmarked is forgotten when another begins."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Bookmark, Resume]] = {}
        self._begun: dict[str, None] = {MAIN: None}
        """Every timeline that there ever was, so that none has another's name."""
        self.current = MAIN

    def bookmarks(self) -> list[Bookmark]:
        return [bookmark for bookmark, _ in self._kept.values()]

    def timelines(self) -> list[str]:
        return [self.current]

    def keep(self, bookmark: Bookmark, snapshot: Snapshot, storage: Storage) -> None:
        self._require_free(bookmark.name)
        self._kept[bookmark.name] = (bookmark, Resume(snapshot, storage.copy_in_memory()))

    @contextmanager
    def directory_for(self, name: str) -> Generator[Path]:
        bookmark, resume = self._find(name)
        with TemporaryDirectory(prefix="openmargin-") as path:
            data = DataDirectory(Path(path))
            data.create()
            with closing(sqlite3.connect(data.database)) as target:
                resume.connection.backup(target)
            write_snapshot(data.snapshots, resume.snapshot, no_hook)
            (data.path / ABOUT).write_bytes(msgspec.json.encode(bookmark))
            yield data.path

    def add(self, name: str, fill: Filler) -> Bookmark:
        self._require_free(name)
        with TemporaryDirectory(prefix="openmargin-") as path:
            fill(Path(path))
            bookmark = _about(Path(path))
            self._kept[name] = (bookmark, _loaded(DataDirectory(Path(path))))
        return bookmark

    def remove(self, name: str) -> Bookmark:
        bookmark, resume = self._find(name)
        del self._kept[name]
        resume.connection.close()
        return bookmark

    def load(self, name: str) -> Resume:
        _, resume = self._find(name)
        return Resume(resume.snapshot, copied_memory(resume.connection))

    def begin(self, name: str, timeline: str) -> Start:
        timeline = timeline or _free_name(name, list(self._begun))
        require_name(timeline)
        if timeline in self._begun:
            raise Taken(f'there was a timeline "{timeline}" already')
        resume = self.load(name)
        self._begun[timeline] = None
        return Start(timeline, resume=resume)

    def find(self, timeline: str) -> Start:
        raise Unknown(f'the timeline "{timeline}" is not kept: in memory, bookmarks are')

    def make_current(self, timeline: str) -> None:
        self.current = timeline

    def end(self, timeline: str) -> None:
        if timeline == self.current:
            raise InUse(f'the timeline "{timeline}" is the one that is served')
        self.find(timeline)

    def _require_free(self, name: str) -> None:
        require_name(name)
        if name in self._kept:
            raise Taken(f'there is a "{name}" already')

    def _find(self, name: str) -> tuple[Bookmark, Resume]:
        if name not in self._kept:
            raise Unknown(f'there is no snapshot "{name}"')
        return self._kept[name]


def shelf_of(root: Path | None, at: PhaseHook = no_hook) -> DiskShelf | MemoryShelf:
    """The shelf of an exchange that is kept in a directory, or in memory."""
    if root is None:
        return MemoryShelf()
    shelf = DiskShelf(root, at)
    _require_current(root, shelf)
    return shelf


def timeline_directory(root: Path, timeline: str = "") -> Path:
    """Where a timeline of a data directory lies; without a name, the one that would be served. Raises StartRefused."""
    shelf = DiskShelf(root)
    try:
        if not timeline:
            _require_current(root, shelf)
        names = shelf.timelines()
    except OSError as error:
        raise StartRefused(f"{root} cannot be read: {error}") from error
    if timeline and timeline not in names:
        raise StartRefused(f"{root} has no timeline {timeline}: there is {', '.join(names)}")
    return shelf.directory_of(timeline or shelf.current)


def _require_current(root: Path, shelf: DiskShelf) -> None:
    """Refuse a pointer to nowhere."""
    if shelf.current not in shelf.timelines():
        raise StartRefused(
            f"{root / _POINTER} names the timeline {shelf.current}, which is not there: remove that file to go on with"
            f" {MAIN}, or write another of {', '.join(shelf.timelines())} into it"
        )


def _remove(path: Path) -> None:
    """Take a directory away: gone from the list at once, and then from the disk."""
    doomed = path.with_name(f".{path.name}.removed.{os.getpid()}")
    path.rename(doomed)
    shutil.rmtree(doomed)


def _loaded(data: DataDirectory) -> Resume:
    [path] = snapshot_paths(data.snapshots)
    with closing(connect_to_read(data)) as connection:
        return Resume(read_snapshot(path), copied_memory(connection))


def _directories(parent: Path) -> list[Path]:
    """Those that are whole, by name; what a killed process left begins with a dot."""
    return sorted(path for path in parent.glob("*") if path.is_dir() and not path.name.startswith("."))


def _about(path: Path) -> Bookmark:
    return msgspec.json.decode((path / ABOUT).read_bytes(), type=Bookmark)


def _free_name(name: str, taken: list[str]) -> str:
    """The first of name-1, name-2 and so on that nobody has."""
    number = 1
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
