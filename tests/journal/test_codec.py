"""Records as bytes: all that a command says comes back, and the same events give the same hash."""

from __future__ import annotations

import pytest

from openmargin.domain.commands import Deposit, Record, SetIndex
from openmargin.domain.events import AnyEvent, Deposited
from openmargin.domain.reasons import Reason, Rejected
from openmargin.journal.codec import chain_events, encode, seal, unseal
from openmargin.journal.record import GENESIS_CHAIN, Check, JournalDamaged

DEPOSITED: AnyEvent = Deposited(1, "spot", "BTC", 5)
REFUSED: AnyEvent = Rejected(Reason.UNKNOWN_ASSET, "DOGE")


def test_a_record_comes_back_as_it_was() -> None:
    record = Record(7, 1234, SetIndex((("BTCUSDT", 6_000_000_000_000), ("ETHUSDT", 1)), walk_steps=3))
    sealed = seal(record, encode(record), b"before".ljust(16), b"events".ljust(16))
    entry = unseal(sealed, 7, b"before".ljust(16))
    assert (entry.record, entry.chain, entry.event_chain) == (record, sealed.chain, b"events".ljust(16))


def test_a_number_beyond_64_bits_is_refused_and_never_cut() -> None:
    with pytest.raises(OverflowError):
        encode(Record(1, 1, Deposit(1, "spot", "BTC", 2**64)))


def test_a_body_that_says_nothing_is_named() -> None:
    record = Record(0, 0, Deposit(1, "spot", "BTC", 1))
    with pytest.raises(JournalDamaged) as caught:
        unseal(seal(record, b"\xc1", GENESIS_CHAIN, GENESIS_CHAIN), 0, GENESIS_CHAIN)
    assert caught.value.check is Check.BODY


def test_the_event_chain_remembers_order_and_refusals() -> None:
    assert chain_events(GENESIS_CHAIN, [DEPOSITED]) != chain_events(GENESIS_CHAIN, [REFUSED])
    assert chain_events(GENESIS_CHAIN, [DEPOSITED, REFUSED]) != chain_events(
        GENESIS_CHAIN, [REFUSED, DEPOSITED]
    )
    assert chain_events(GENESIS_CHAIN, []) != GENESIS_CHAIN
    one_record = chain_events(GENESIS_CHAIN, [DEPOSITED, REFUSED])
    two_records = chain_events(chain_events(GENESIS_CHAIN, [DEPOSITED]), [REFUSED])
    assert one_record != two_records
