"""One data file: a csv, or a zip that holds one, with its checksum where that lies beside it.

Owns: opening, lines with their numbers, and whether a file is whole.
Never: knows what a line says.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from lzma import LZMAError
from pathlib import Path
from typing import IO, Final, cast

_BLOCK: Final = 1 << 20
_READ_AHEAD: Final = 1 << 16
_ENCRYPTED: Final = 1
"""The flag of a zip's member."""
_CHECKSUM: Final = re.compile(r"([0-9a-fA-F]{64})\b")


class BadData(Exception):
    """A file or a line that cannot be replayed; says which, and what is wrong."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path}, line {line}: {problem}" if line else f"{path}: {problem}")
        self.path = path
        self.line = line
        """From 1; 0 where it is the file as a whole."""
        self.problem = problem


def check_whole(path: Path) -> None:
    """Hold a file against the checksum beside it, if there is one. Raises BadData."""
    beside = path.parent / (path.name + ".CHECKSUM")
    try:
        if not beside.exists():
            return
        found = _CHECKSUM.match(beside.read_text(encoding="ascii", errors="replace").strip())
        if found is None:
            raise BadData(beside, 1, "it does not begin with a SHA-256 sum")
        sha = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                sha.update(block)
    except OSError as error:
        raise _unreadable(path, error) from None
    if sha.hexdigest() != found[1].lower():
        raise BadData(path, 0, f"its SHA-256 sum is not the one in {beside.name}: fetch it again")


def size_of(path: Path) -> int:
    """How many bytes of lines a file holds. Raises BadData."""
    try:
        if path.is_dir():
            raise BadData(path, 0, "it is a directory: name the files in it")
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                return _member(path, archive).file_size
        return path.stat().st_size
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise _unreadable(path, error) from None


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Each line with its number, from 1, without its end; one at a time, whatever the file's size. Raises BadData."""
    number = 0
    try:
        with ExitStack() as stack:
            for number, line in enumerate(_opened(path, stack), 1):
                yield number, line.rstrip(b"\r\n")
    except (OSError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error, LZMAError) as error:
        raise BadData(path, number + 1, f"the file is damaged: {error}") from None


def _opened(path: Path, stack: ExitStack) -> IO[bytes]:
    if path.suffix != ".zip":
        return stack.enter_context(path.open("rb"))
    archive = stack.enter_context(zipfile.ZipFile(path))
    packed = stack.enter_context(archive.open(_member(path, archive)))
    return stack.enter_context(io.BufferedReader(cast(io.RawIOBase, packed), _READ_AHEAD))


def _member(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    inside = [entry for entry in archive.infolist() if entry.filename.endswith(".csv")]
    if len(inside) != 1:
        raise BadData(path, 0, f"a data file's zip holds one .csv, and this one {len(inside)}")
    if inside[0].flag_bits & _ENCRYPTED:
        raise BadData(path, 0, "it is encrypted")
    return inside[0]


def _unreadable(path: Path, error: Exception) -> BadData:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return BadData(path, 0, f"it cannot be read: {reason or error}")
