"""The table of facts is whole, and every witness that it names is there."""

from __future__ import annotations

import re

import pytest

from tests.engine.story import TABLES, stories
from tests.margin.facts import FACTS, Fact

TESTS = TABLES.parents[1]
TITLES = {f"{path.stem}: {story.title}" for path in TABLES.glob("*.txt") for story in stories(path)}
ROWS = (
    *("1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.6b", "1.7"),
    *("2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8"),
    *("3.1", "3.2", "3.3", "3.4", "3.5"),
    *("4.1", "4.2", "4.3", "4.4", "4.4b", "4.5", "4.6", "4.7", "4.8", "4.9", "4.10"),
    *("5", "6", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "8", "9", "10"),
)
"""Every row of mechanics 1 to 6, 9 and 10, and the sections of 7 and 8."""


def test_every_row_of_the_mechanics_is_in_the_table() -> None:
    assert {fact.id.split()[0] for fact in FACTS} == set(ROWS)
    assert len({fact.id for fact in FACTS}) == len(FACTS), "an id is used once"


@pytest.mark.parametrize("fact", FACTS, ids=[fact.id for fact in FACTS])
def test_what_shows_a_fact_is_there(fact: Fact) -> None:
    assert fact.shown_by, f"{fact.id}: name a story or a test"
    for witness in fact.shown_by:
        if "::" not in witness:
            assert witness in TITLES, f"{fact.id}: there is no story {witness!r}"
            continue
        file, name = witness.split("::")
        text = (TESTS / file).read_text()
        assert re.search(rf"^(async )?def {re.escape(name)}\(", text, re.MULTILINE), (
            f"{fact.id}: no {witness}"
        )
