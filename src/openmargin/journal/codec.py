"""Records and events as bytes, and the two running hashes over them.

Owns: the encoding, the seal of a record and the checks that break it.
Never: touches a disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from zlib import crc32

import msgspec

from openmargin.domain.commands import Record
from openmargin.domain.events import AnyEvent
from openmargin.journal.record import CHAIN_BYTES, Check, Entry, JournalDamaged, SealedRecord

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Record)

encode = _encoder.encode
"""The bytes of a record; raises where a number does not fit into 64 bits."""


def _chained(previous: bytes, content: bytes) -> bytes:
    return blake2b(previous + content, digest_size=CHAIN_BYTES).digest()


def chain_events(previous: bytes, events: Sequence[AnyEvent]) -> bytes:
    """The event chain after a record that caused `events`, rejections included."""
    return _chained(previous, _encoder.encode(events))


def seal(record: Record, body: bytes, previous_chain: bytes, event_chain: bytes) -> SealedRecord:
    """`record`, encoded as `body`, as the disk is to hold it."""
    return SealedRecord(
        record.seq, record.at_ms, len(body), crc32(body), _chained(previous_chain, body), event_chain, body
    )


def unseal(sealed: SealedRecord, expected_seq: int, previous_chain: bytes) -> Entry:
    """The record within, after every check; the first one that fails is raised with its place."""
    if sealed.seq != expected_seq:
        raise JournalDamaged(expected_seq, Check.SEQ_GAP, f"found {sealed.seq}")
    if len(sealed.body) != sealed.length:
        raise JournalDamaged(expected_seq, Check.LENGTH, f"{len(sealed.body)} bytes for {sealed.length}")
    if crc32(sealed.body) != sealed.crc:
        raise JournalDamaged(expected_seq, Check.CRC)
    if _chained(previous_chain, sealed.body) != sealed.chain:
        raise JournalDamaged(expected_seq, Check.CHAIN)
    try:
        record = _decoder.decode(sealed.body)
    except msgspec.MsgspecError as error:
        raise JournalDamaged(expected_seq, Check.BODY, str(error)) from error
    if (record.seq, record.at_ms) != (sealed.seq, sealed.at_ms):
        raise JournalDamaged(expected_seq, Check.STAMP)
    return Entry(record, sealed.chain, sealed.event_chain)
