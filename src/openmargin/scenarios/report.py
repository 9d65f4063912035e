"""What became of a scenario, in lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from openmargin.scenarios.running import Judged, Report
from openmargin.scenarios.shapes import Expectation


def lines(report: Report) -> Iterator[str]:
    """The whole report."""
    yield report.scenario.title
    yield ""
    for one in report.told:
        mark = " " if one.is_as_expected else "✗"
        came_of_it = f" → {one.came_of_it}" if one.came_of_it else ""
        yield f"{mark} {clock(one.at)}  {one.what}{came_of_it}"
    yield ""
    for one in report.judged:
        yield f"{'✓' if one.is_met else '✗'} {clock(one.at)}  {sentence(one.asked)}{'' if one.is_met else ','} {_found(one)}"
    yield ""
    yield verdict(report)


def verdict(report: Report) -> str:
    """The last line."""
    met = sum(one.is_met for one in report.judged)
    wrong = sum(not one.is_as_expected for one in report.told)
    steps = f", {wrong} steps did not go as they should" if wrong else ""
    return (
        f"{'passed' if report.passed else 'FAILED'}: {met} of {len(report.judged)} expectations met{steps};"
        f" {report.records} records, hash {report.hash[:16]}"
    )


def sentence(asked: Expectation) -> str:
    """An expectation as one reads it."""
    return " ".join(word for word in (asked.who, asked.what, asked.must) if word)


def clock(at: timedelta) -> str:
    """Time since the beginning."""
    seconds, milliseconds = divmod(at // timedelta(milliseconds=1), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    fraction = f".{milliseconds:03}" if milliseconds else ""
    return f"{f'{days}d ' if days else ''}{hours:02}:{minutes:02}:{seconds:02}{fraction}"


def _found(one: Judged) -> str:
    return f"({one.found})" if one.is_met else f"but it is {one.found}"
