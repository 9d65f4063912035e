"""The judges on trial: each mutant of the engine is found by a random market or by a story.

Every eighth of them is tried in `make test`, all in `make nightly`; that each is still a line of the engine is always seen.
"""

from __future__ import annotations

import os

import pytest

from tests.engine.mutants import MUTANTS, Mutant, Verdict, verdicts

pytestmark = pytest.mark.skipif(
    os.environ.get("OPENMARGIN_BUILD") == "compiled", reason="a mutant is an altered line of the sources"
)


TRIED = MUTANTS if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else MUTANTS[::8]


@pytest.fixture(scope="module")
def found() -> dict[str, Verdict]:
    """All trials, as many at once as there are processors."""
    return {verdict.mutant.name: verdict for verdict in verdicts(TRIED, everywhere=False)}


@pytest.mark.timeout(600)
@pytest.mark.slow
@pytest.mark.parametrize("mutant", TRIED, ids=lambda mutant: mutant.name)
def test_mutant_is_found(mutant: Mutant, found: dict[str, Verdict]) -> None:
    verdict = found[mutant.name]
    assert verdict.markets or verdict.stories, (
        "neither a random market nor a story minds: write one that does"
    )


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_what_a_mutant_changes_stands_once_in_the_engine(mutant: Mutant) -> None:
    assert mutant.source.count(mutant.right) == 1


def test_names_are_told_apart() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 20
