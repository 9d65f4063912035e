"""The judges on trial: each mutant of the engine is found by a random market or by a story."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.engine.mutants import MUTANTS, Verdict, verdicts

pytestmark = pytest.mark.skipif(
    os.environ.get("OPENMARGIN_BUILD") == "compiled", reason="a mutant is an altered line of the sources"
)


@pytest.fixture(scope="module")
def found() -> dict[str, Verdict]:
    """All trials, as many at once as there are processors."""
    return {verdict.mutant.name: verdict for verdict in verdicts(MUTANTS, everywhere=False)}


@pytest.mark.timeout(600)
@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_is_found(mutant: Any, found: dict[str, Verdict]) -> None:
    verdict = found[mutant.name]
    assert verdict.markets or verdict.stories, (
        "neither a random market nor a story minds: write one that does"
    )


def test_names_are_told_apart() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 20
