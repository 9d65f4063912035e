"""The market stories of `tables/`, each told straight through and with a restart after every line."""

from __future__ import annotations

import pytest

from openmargin.domain.reasons import Reason
from tests.engine.story import TABLES, Story, Teller, stories

ALL = {
    f"{path.stem}: {story.title}": story for path in sorted(TABLES.glob("*.txt")) for story in stories(path)
}


OF_INDEX_SCRIPTS = {Reason.SCRIPT_WRONG.name, Reason.SCRIPT_TAKEN.name, Reason.UNKNOWN_SCRIPT.name}
"""The twin follows no scripts: what they are refused for is provoked in test_index_scripts.py."""


@pytest.mark.parametrize("restarts", [False, True], ids=["straight", "restarts"])
@pytest.mark.parametrize("story", ALL.values(), ids=ALL.keys())
def test_story(story: Story, restarts: bool) -> None:
    Teller(restarts=restarts).tell(story)


def test_no_title_is_used_twice() -> None:
    assert len(ALL) == sum(len(list(stories(path))) for path in TABLES.glob("*.txt"))
    assert len(ALL) >= 350


def test_every_reason_is_provoked_by_a_story() -> None:
    provoked = {
        line.removeprefix("=> refused ")
        for story in ALL.values()
        for _, line in story.lines
        if line.startswith("=> refused ")
    }
    missing = {reason.name for reason in Reason} - provoked - OF_INDEX_SCRIPTS
    assert missing == set(), (
        f"write a story in tests/engine/tables whose last line is `=> refused …`: {missing}"
    )
