"""The scenarios that come with the package: all pass, and are the same twice."""

from __future__ import annotations

import pytest

from openmargin.scenarios.html_report import page
from openmargin.scenarios.reading import load, shipped
from openmargin.scenarios.report import lines
from openmargin.scenarios.running import run


def test_there_are_ten_at_least() -> None:
    assert len(shipped()) >= 10


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_scenario_passes_and_is_the_same_twice(name: str) -> None:
    scenario = load(name)
    report = run(scenario)
    assert report.passed, "\n".join(lines(report))
    again = run(scenario)
    assert (again.hash, again.records) == (report.hash, report.records)
    assert [*lines(again)] == [*lines(report)]
    assert scenario.about
    assert page(report).count("<svg") >= 1
