"""What the engine asserts of its caller, and the counter that no market sees."""

from __future__ import annotations

import pytest

from openmargin.domain.commands import Open, Record, SetIndex, Tick
from openmargin.engine.engine import Engine
from tests.engine.story_venue import MIDNIGHT, plain_venue

OPEN = Record(0, MIDNIGHT, Open(plain_venue(), 1, 1))


def opened() -> Engine:
    engine = Engine()
    engine.apply(OPEN)
    return engine


def test_a_blank_engine_has_no_past() -> None:
    engine = Engine()
    assert (engine.seq, engine.at_ms, engine.next_due_ms()) == (-1, 0, None)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (Record(0, MIDNIGHT, Tick()), "cannot follow"),
        (Record(2, MIDNIGHT, Tick()), "cannot follow"),
        (Record(1, MIDNIGHT - 1, Tick()), "back in time"),
        (Record(1, MIDNIGHT, OPEN.command), "open already"),
    ],
)
def test_a_record_out_of_place_is_a_bug(record: Record, words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        opened().apply(record)


def test_the_exchange_begins_with_its_venue() -> None:
    with pytest.raises(AssertionError, match="begins with an Open record"):
        Engine().apply(Record(0, MIDNIGHT, Tick()))


def test_steps_of_the_walk_are_counted_unless_refused() -> None:
    engine = opened()
    engine.apply(Record(1, MIDNIGHT, SetIndex((("BTCUSDT", 1),), walk_steps=2)))
    engine.apply(Record(2, MIDNIGHT, SetIndex((("BTCUSDT", 0),), walk_steps=5)))
    engine.apply(Record(3, MIDNIGHT, SetIndex((), walk_steps=1)))
    assert engine.state.walk_step == 3
