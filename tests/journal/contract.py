"""What every journal store must pass. A new store inherits these tests and says how it is made and broken."""

from __future__ import annotations

from abc import ABC, abstractmethod

import pytest

from openmargin.domain.commands import CreateAccount, Record
from openmargin.journal.codec import encode, seal
from openmargin.journal.record import GENESIS_CHAIN, Check, FenceBroken, JournalDamaged, SealedRecord
from openmargin.journal.store import JournalStore


def sealed_records(count: int) -> list[SealedRecord]:
    """Records 0 to `count` - 1 of one chain, a second apart."""
    chain = GENESIS_CHAIN
    records: list[SealedRecord] = []
    for seq in range(count):
        record = Record(seq, 1000 * seq, CreateAccount(f"account {seq}"))
        sealed = seal(record, encode(record), chain, bytes([seq % 256]) * 16)
        chain = sealed.chain
        records.append(sealed)
    return records


class JournalStoreContract(ABC):
    """Order, fence, durability, and damage that is named."""

    @abstractmethod
    def make_store(self) -> JournalStore:
        """An empty store, the only writer of its journal."""

    @abstractmethod
    def other_view(self) -> JournalStore:
        """The same journal as another process would read it now, or after a crash of this one."""

    @abstractmethod
    def damage(self, seq: int, field: str, value: int | bytes) -> None:
        """Change one field of a durable record behind the store's back; "seq" of it included."""

    @abstractmethod
    def remove(self, seq: int) -> None:
        """Take a durable record away behind the store's back."""

    def filled(self, count: int) -> tuple[JournalStore, list[SealedRecord]]:
        store = self.make_store()
        records = sealed_records(count)
        store.append(records, -1)
        store.sync()
        return store, records

    def found(self, *, at: int | None = None) -> JournalDamaged:
        """What a reader from the beginning (or from `at`, with the right chain) complains of."""
        chain = sealed_records(at)[-1].chain if at else GENESIS_CHAIN
        with pytest.raises(JournalDamaged) as caught:
            list(self.other_view().read_from(at or 0, chain))
        return caught.value

    def test_an_empty_journal_has_no_last_record(self) -> None:
        store = self.make_store()
        assert store.last_seq == -1
        assert store.chain_at(-1) == GENESIS_CHAIN
        assert list(store.read_from(0, GENESIS_CHAIN)) == []

    def test_records_come_back_in_order_with_their_chains(self) -> None:
        store, records = self.filled(10)
        entries = list(store.read_from(0, GENESIS_CHAIN))
        assert [entry.record.seq for entry in entries] == list(range(10))
        assert [entry.record.command for entry in entries] == [
            CreateAccount(f"account {n}") for n in range(10)
        ]
        assert [(entry.chain, entry.event_chain) for entry in entries] == [
            (sealed.chain, sealed.event_chain) for sealed in records
        ]

    def test_reading_starts_anywhere(self) -> None:
        store, records = self.filled(10)
        assert [entry.record.seq for entry in store.read_from(7, records[6].chain)] == [7, 8, 9]
        assert store.chain_at(6) == records[6].chain
        assert list(store.read_from(10, records[9].chain)) == []

    def test_reading_spans_more_than_one_page(self) -> None:
        store, _ = self.filled(9000)
        assert sum(1 for _ in store.read_from(0, GENESIS_CHAIN)) == 9000

    def test_appending_needs_the_right_end(self) -> None:
        store, records = self.filled(5)
        for expected in (3, 5):
            with pytest.raises(FenceBroken):
                store.append(sealed_records(7)[5:], expected)
            store.rollback()
        assert store.last_seq == 4
        assert self.other_view().chain_at(4) == records[4].chain

    def test_nothing_is_seen_before_it_is_synced(self) -> None:
        store, _ = self.filled(5)
        store.append(sealed_records(8)[5:], 4)
        assert self.other_view().last_seq == 4
        store.sync()
        assert self.other_view().last_seq == 7

    def test_what_was_synced_survives_a_crash_and_what_was_not_does_not(self) -> None:
        store, _ = self.filled(5)
        store.append(sealed_records(8)[5:], 4)
        after_the_crash = self.other_view()
        assert [entry.record.seq for entry in after_the_crash.read_from(0, GENESIS_CHAIN)] == list(range(5))

    def test_a_batch_that_was_given_up_leaves_no_trace(self) -> None:
        store, _ = self.filled(5)
        store.append(sealed_records(8)[5:], 4)
        store.rollback()
        store.append(sealed_records(6)[5:], 4)
        store.sync()
        assert self.other_view().last_seq == 5

    def test_a_reader_goes_on_while_records_are_appended(self) -> None:
        store, _ = self.filled(6000)
        entries = self.other_view().read_from(0, GENESIS_CHAIN)
        first = next(entries)
        store.append(sealed_records(6010)[6000:], 5999)
        store.sync()
        assert first.record.seq == 0
        assert [entry.record.seq for entry in entries] == list(range(1, 6010))

    def test_a_flipped_bit_in_a_body_is_named(self) -> None:
        _, records = self.filled(10)
        body = bytearray(records[6].body)
        body[len(body) // 2] ^= 1
        self.damage(6, "body", bytes(body))
        assert (self.found().seq, self.found().check) == (6, Check.CRC)
        assert self.found(at=5).seq == 6

    def test_every_bit_of_a_body_counts(self) -> None:
        _, records = self.filled(4)
        for place in range(len(records[2].body) * 8):
            body = bytearray(records[2].body)
            body[place // 8] ^= 1 << place % 8
            self.damage(2, "body", bytes(body))
            assert self.found().seq == 2

    def test_a_torn_body_is_named(self) -> None:
        _, records = self.filled(10)
        self.damage(9, "body", records[9].body[:-3])
        assert (self.found().seq, self.found().check) == (9, Check.LENGTH)

    def test_a_body_that_was_exchanged_with_its_crc_breaks_the_chain(self) -> None:
        _, records = self.filled(10)
        forgery = Record(4, 4000, CreateAccount("mallory"))
        forged = encode(forgery)
        sealed = seal(forgery, forged, records[3].chain, records[4].event_chain)
        self.damage(4, "body", forged)
        self.damage(4, "length", len(forged))
        self.damage(4, "crc", sealed.crc)
        assert (self.found().seq, self.found().check) == (4, Check.CHAIN)
        # With its own chain put right, the next record still remembers the true one.
        self.damage(4, "chain", sealed.chain)
        assert (self.found().seq, self.found().check) == (5, Check.CHAIN)

    def test_a_missing_record_is_named(self) -> None:
        self.filled(10)
        self.remove(3)
        assert (self.found().seq, self.found().check) == (3, Check.SEQ_GAP)

    def test_a_record_in_the_wrong_place_is_named(self) -> None:
        self.filled(10)
        self.damage(9, "seq", 12)
        assert (self.found().seq, self.found().check) == (9, Check.SEQ_GAP)

    def test_a_time_that_is_not_the_body_s_is_named(self) -> None:
        self.filled(10)
        self.damage(4, "at_ms", 4001)
        assert (self.found().seq, self.found().check) == (4, Check.STAMP)

    def test_a_chain_asked_for_beyond_the_end_is_a_loss(self) -> None:
        store, _ = self.filled(10)
        with pytest.raises(JournalDamaged) as caught:
            store.chain_at(10)
        assert (caught.value.seq, caught.value.check) == (10, Check.ENDS_EARLY)
