"""A record as the disk holds it, and what may be found wrong with it.

Owns: the shape of a sealed record, and the names of the checks that a damaged one fails.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

from openmargin.domain.commands import Record

CHAIN_BYTES: Final = 16
GENESIS_CHAIN: Final = bytes(CHAIN_BYTES)
"""What stands before record 0 in every chain."""


class SealedRecord(Struct, frozen=True, gc=False):
    """An encoded record with all that is needed to tell whether it is still what was written."""

    seq: int
    at_ms: int
    length: int
    crc: int
    chain: bytes
    """Hash of the previous record's chain and this body: fixes every record up to here."""
    event_chain: bytes
    """Hash of everything that happened up to here, as the first run decided it."""
    body: bytes


class Entry(Struct, frozen=True):
    """A record that passed every check, and the chains after it."""

    record: Record
    chain: bytes
    event_chain: bytes


class Check(StrEnum):
    """What a record can fail; the value completes the sentence "record 7: …"."""

    SEQ_GAP = "another record stands in its place, so records are missing"
    LENGTH = "the body is shorter or longer than what was written"
    CRC = "the body is not what was written (crc)"
    CHAIN = "it does not continue the record before it (chain hash)"
    BODY = "the body cannot be decoded"
    STAMP = "its place or time differs from what its body says"
    ENDS_EARLY = "it is missing although a snapshot holds its effects"
    DATABASE = "the database cannot be read"


class JournalDamaged(Exception):
    """The journal is not what was written. `seq` names the first record that fails `check`."""

    def __init__(self, seq: int, check: Check, detail: str = "") -> None:
        super().__init__(f"journal damaged at record {seq}: {check}" + (f" [{detail}]" if detail else ""))
        self.seq = seq
        self.check = check


class FenceBroken(Exception):
    """Another writer appended to this journal: what we hold is no longer its continuation."""

    def __init__(self, expected_last_seq: int, last_seq: int) -> None:
        super().__init__(
            f"the journal ends with record {last_seq}, not {expected_last_seq}: it has another writer"
        )
