"""From a file to a scenario, or to a sentence about what is wrong in it."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec

from openmargin.scenarios.shapes import Scenario

_SPAN: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d{1,3})?)s)?")
_SHIPPED: Final = resources.files("openmargin.scenarios") / "shipped"


class ScenarioError(Exception):
    """A scenario cannot be run; the message names the file, the place and the remedy."""


def shipped() -> list[str]:
    """The names of the scenarios that come with the package."""
    return sorted(
        entry.name.removesuffix(".toml") for entry in _SHIPPED.iterdir() if entry.name.endswith(".toml")
    )


def load(name: str) -> Scenario:
    """The scenario in a file, or the shipped one of that name; raises ScenarioError."""
    if name in shipped():
        return scenario_of(name, (_SHIPPED / f"{name}.toml").read_text(encoding="utf-8"))
    try:
        return scenario_of(name, Path(name).read_text(encoding="utf-8"))
    except OSError as problem:
        raise ScenarioError(
            f"{name}: {problem.strerror}; name a file, or one of {', '.join(shipped())}"
        ) from None
    except UnicodeDecodeError as problem:
        raise ScenarioError(f"{name}: {problem}; write UTF-8") from None


def scenario_of(file: str, text: str) -> Scenario:
    """The scenario that a text describes; `file` is what messages call it."""
    try:
        scenario = msgspec.convert(tomllib.loads(text), Scenario, strict=True)
    except tomllib.TOMLDecodeError as problem:
        raise ScenarioError(f"{file}: {problem}; mend the TOML there") from None
    except msgspec.ValidationError as problem:
        raise ScenarioError(f"{file}: {problem}; docs/scenarios.md names what there is") from None
    spans = [("ends", scenario.ends), ("look", scenario.look)]
    spans += [(f"steps[{place}].at", step.at) for place, step in enumerate(scenario.steps)]
    spans += [
        (f"expect[{place}].at", one.at) for place, one in enumerate(scenario.expect) if one.at is not None
    ]
    end = _span(file, *spans[0])
    for place, text_of_span in spans:
        length = _span(file, place, text_of_span)
        if length > end:
            raise ScenarioError(f"{file}: {place}: {text_of_span} is after the end; let it end later")
    if not span(scenario.look):
        raise ScenarioError(f"{file}: look: it is no time at all; write such as 1m")
    return scenario


def span(text: str) -> timedelta:
    """How long "1h30m" is; ValueError where it is no time."""
    found = _SPAN.fullmatch(text)
    if not text or found is None:
        raise ValueError(f'{text!r} is no time; write such as "90s", "1h30m" or "2d"')
    days, hours, minutes, seconds = found.groups(default="0")
    milliseconds = round(float(seconds) * 1000)
    return timedelta(days=int(days), hours=int(hours), minutes=int(minutes), milliseconds=milliseconds)


def _span(file: str, place: str, text: str) -> timedelta:
    try:
        return span(text)
    except ValueError as problem:
        raise ScenarioError(f"{file}: {place}: {problem}") from None
