"""The pages are complete, and what they say of the program is what the program says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from openmargin.cli import app
from openmargin.config import load_venue
from openmargin.config.toml_struct import write
from openmargin.domain.enums import Contingency
from openmargin.lab.routes import ROUTES
from openmargin.lab.shapes import Download, Upload
from tests.clients.sdk import OWN_WARNINGS
from tests.docs import life_cycles
from tests.docs.error_table import page as error_page
from tests.docs.error_table import unused_help
from tests.docs.snippets import ROOT

DOCS = ROOT / "docs"
RULES = (DOCS / "rules.md").read_text()
OPERATING = (DOCS / "operating.md").read_text()
LAB = (DOCS / "lab.md").read_text()
PLAIN_DEFAULT = re.compile(r"^[\w.]+$")


def test_decisions_are_numbered_one_by_one_and_each_has_its_place() -> None:
    names = sorted(path.name for path in (ROOT / "docs" / "adr").glob("0*.md"))
    assert [int(name.partition("-")[0]) for name in names] == list(range(1, len(names) + 1))
    navigation = (ROOT / "mkdocs.yml").read_text()
    assert [name for name in names if f"adr/{name}" not in navigation] == []
    for name in names:
        heading = (ROOT / "docs" / "adr" / name).read_text().splitlines()[0]
        assert heading.startswith(f"# {int(name.partition('-')[0])}. "), name


def test_the_site_builds_with_every_page_in_its_place(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mkdocs",
            "build",
            "--strict",
            "--quiet",
            "--site-dir",
            str(tmp_path / "site"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nname a new page under `nav` in mkdocs.yml"


def test_the_error_page_is_current() -> None:
    command = "PYTHONPATH=src .venv-dev/bin/python -m tests.docs.error_table > docs/errors.md"
    assert (DOCS / "errors.md").read_text() == error_page(), f"run: {command}"


def test_the_page_of_life_cycles_and_its_diagrams_are_current() -> None:
    written = {path: path.read_text() if path.exists() else "" for path in life_cycles.files()}
    command = "PYTHONPATH=src .venv-dev/bin/python -m tests.docs.life_cycles"
    assert written == life_cycles.files(), f"run: {command}"


def test_every_step_of_a_life_is_drawn() -> None:
    for name, steps in {
        "order": life_cycles.order_steps(),
        **{kind.name.lower(): life_cycles.list_steps(kind) for kind in Contingency},
    }.items():
        drawn = life_cycles.drawings()[f"life-cycle-{name}.svg"]
        arrows = {(step.before, step.after) for step in steps}
        assert drawn.count("marker-end") == len(arrows)
        assert all(step.move in drawn for step in steps)


def test_every_warning_that_a_client_makes_by_itself_is_told() -> None:
    page = (DOCS / "clients.md").read_text()
    missing = [why for _, why in OWN_WARNINGS.values() if why not in page]
    assert missing == [], f"docs/clients.md: a row of the second table for {missing}"


def test_no_code_is_explained_that_is_never_sent() -> None:
    assert unused_help() == set(), "take these out of tests/docs/error_table.py"


def _sent(route: Any) -> str:
    return "--data-binary " if route.body is Upload else "-d "


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_lab_request_is_shown(route: Any) -> None:
    path = re.sub(r"\\\{\w+\\\}", r"\\w+", re.escape(route.path))
    method = {"PATCH": "-X PATCH ", "DELETE": "-X DELETE ", "POST": _sent(route)}.get(route.method, "http")
    method = "-s -o " if route.answer is Download else method
    shown = [line for line in LAB.replace("\\\n", "").splitlines() if re.search(rf":8787{path}$", line)]
    assert any(f"$ curl {method}" in line for line in shown), f"docs/lab.md: add a curl line for {route.path}"


def test_every_measurement_that_is_named_exists() -> None:
    named = re.findall(r'make bench ARGS="(\w+)"', (DOCS / "bench.md").read_text())
    known = re.findall(r'"(\w+)": \w+\.run', (ROOT / "bench" / "__main__.py").read_text())
    assert named, "docs/bench.md names no measurement"
    assert set(named) <= set(known), f"docs/bench.md: make bench has only {known}"


def test_every_command_and_option_is_named() -> None:
    commands: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]  # typer makes a group of more than one command, and declares less.
    names = [
        " ".join((name, *sub)) for name, command in commands.items() for sub in _words_below(command) or [()]
    ]
    missing = [name for name in names if f"`openmargin {name}" not in OPERATING]
    assert missing == [], f"docs/operating.md: a row of the first table for {missing}"
    options = [option for parameter in commands["serve"].params for option in parameter.opts]
    missing = [option for option in options if option != "--help" and f"| `{option}` |" not in OPERATING]
    assert missing == [], f"docs/operating.md: a row of the second table for {missing}"


def _words_below(command: Any) -> list[tuple[str]]:
    return [(name,) for name in getattr(command, "commands", {})]


def rows_with_a_key() -> list[tuple[str, str]]:
    return re.findall(r"\| `([a-z_.]+)` \| ([^|]+) \|$", RULES, re.MULTILINE)


@pytest.mark.parametrize(("key", "said"), rows_with_a_key())
def test_a_rule_has_the_key_and_the_default_that_it_names(key: str, said: str) -> None:
    found = values_of(key)
    assert found, f"docs/rules.md: the default venue has no {key}"
    if PLAIN_DEFAULT.match(said):  # Others are words for people, such as "by asset".
        assert found == {said}, f"docs/rules.md: {key} is {found}"


def values_of(key: str) -> set[str]:
    """What the default venue says under a key; under one of assets or symbols, all that it says."""
    tables: list[Any] = [write(load_venue())]
    for name in key.split("."):
        tables = [
            inner
            for table in tables
            for inner in (table[name] if isinstance(table[name], list) else [table[name]])
        ]
    return {str(value).lower() if isinstance(value, bool) else str(value) for value in tables}
