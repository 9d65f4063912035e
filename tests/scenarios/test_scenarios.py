"""What a scenario file may say, and what is said of one that cannot be run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openmargin.cli import app
from openmargin.runtime.verify import verify
from openmargin.scenarios.questions import QUESTIONS
from openmargin.scenarios.reading import ScenarioError, scenario_of, span
from openmargin.scenarios.report import clock, lines
from openmargin.scenarios.running import Report, run
from openmargin.scenarios.shapes import AnyStep
from tests.guards.repository import ROOT

HEAD = """
title = "A test"
ends = "1h"
[[accounts]]
name = "ann"
cross = { USDT = "1000" }
"""
STEP = '[[steps]]\nat = "1m"\nwho = "ann"\n'
EXPECT = "[[expect]]\n"
NOTHING = "[[steps]]\ndo = 'restart'\n[[expect]]\nwho = 'ann'\nwhat = 'level'\nmust = '> 1'\n"


def played(*parts: str) -> Report:
    return run(scenario_of("test.toml", HEAD + "\n".join(parts)))


def test_an_expectation_that_is_not_met_fails_with_what_was_found() -> None:
    report = played(
        STEP + 'do = "borrow"\nasset = "USDT"\namount = "500"',
        EXPECT + 'who = "ann"\nwhat = "free USDT"\nmust = "= 1500"',
        EXPECT + 'who = "ann"\nwhat = "status"\nmust = "= MARGIN_CALL"',
    )
    assert not report.passed
    assert [one.is_met for one in report.judged] == [True, False]
    assert "✗ 01:00:00  ann status = MARGIN_CALL, but it is EXCESSIVE" in "\n".join(lines(report))
    assert [*lines(report)][-1].startswith("FAILED: 1 of 2 expectations met; ")


def test_a_step_that_is_refused_fails_unless_it_was_to_be() -> None:
    borrowing = STEP + 'do = "borrow"\nasset = "USDT"\namount = "50000"\n'
    met = EXPECT + 'who = "ann"\nwhat = "owed USDT"\nmust = "= 0"'
    assert not played(borrowing, met).passed
    assert played(borrowing + "refused = -3006", met).passed
    assert not played(borrowing + "refused = -3012", met).passed
    done = STEP + 'do = "deposit"\nasset = "USDT"\namount = "1"\nrefused = -3006'
    report = played(done, met)
    assert not report.passed
    assert "it should have been refused with -3006" in report.told[0].came_of_it


def test_what_is_expected_at_a_moment_is_looked_at_after_its_steps() -> None:
    report = played(
        STEP + 'do = "deposit"\nasset = "USDT"\namount = "1"',
        EXPECT + 'at = "59s"\nwho = "ann"\nwhat = "net USDT"\nmust = "= 1000"',
        EXPECT + 'at = "1m"\nwho = "ann"\nwhat = "net USDT"\nmust = "= 1001"',
    )
    assert report.passed


def test_a_pair_that_there_is_not_is_told_by_its_step_and_by_what_is_drawn() -> None:
    report = played(STEP + 'do = "order"\nsymbol = "XXX"\nside = "BUY"\nquantity = "1"', NOTHING)
    assert (report.passed, "-1121" in report.told[1].came_of_it) == (False, True)
    with pytest.raises(ScenarioError, match="draw: there is no pair XXX"):
        run(scenario_of("test.toml", 'draw = ["XXX"]\n' + HEAD + NOTHING))
    with pytest.raises(ScenarioError, match=r"start: .* has no time zone"):
        run(scenario_of("test.toml", "start = 2026-01-01T00:00:00\n" + HEAD + NOTHING))


def test_an_order_that_is_not_there_is_absent() -> None:
    report = played(NOTHING, EXPECT + 'what = "order mine"\nmust = "= ABSENT"')
    assert report.passed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('title = "', "test.toml: Illegal character|test.toml: Unterminated|test.toml: Expected"),
        (HEAD, "test.toml: Object missing required field `steps`"),
        (HEAD + NOTHING + "colour = 'red'", "unknown field `colour` - at `\\$.expect"),
        (HEAD + NOTHING.replace("restart", "rest"), "Invalid value 'rest' - at `\\$.steps"),
        (HEAD.replace("1h", "one hour") + NOTHING, "test.toml: ends: 'one hour' is no time; write such as"),
        (HEAD + "look = '0s'\n" + NOTHING, "unknown field `look`"),
        (HEAD + NOTHING + "at = '2h'", "test.toml: expect\\[0\\].at: 2h is after the end; let it end later"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        scenario_of("test.toml", text)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (STEP.replace("ann", "bob") + 'do = "liquidate"', "'bob' is nobody: the accounts are ann"),
        (STEP + 'do = "deposit"\nasset = "USDT"\namount = "a lot"', "amount='a lot' is no number"),
        (
            STEP + 'do = "order"\nsymbol = "BTCUSDT"\nside = "BUY"\nquantity = "1"\ntype = "BEST"',
            "'BEST' is none",
        ),
        ('[[steps]]\ndo = "cancel"\norder = "mine"', "no step has placed an order named 'mine'"),
        ('[[steps]]\ndo = "delist"\nafter = "1h"', "name one asset or one symbol"),
        ('[[steps]]\ndo = "rules"\nchanges = { house = { levels = -1 } }', "house.levels"),
        (EXPECT + 'what = "mood"\nmust = "= good"', "'mood' is no question; there are level"),
        (EXPECT + 'what = "price BTCUSDT"\nmust = "about 5"', "is no comparison"),
        (EXPECT + 'what = "price BTCUSDT"\nmust = "> much"', "'much' is no number"),
        (
            EXPECT + 'who = "ann"\nwhat = "status"\nmust = "> NORMAL"',
            "is a word, which is equal to another or not",
        ),
        ('[[steps]]\ndo = "rates"\nasset = "XXX"\ndaily = ["0.1"]', "asset of the venue"),
        ('[[steps]]\ndo = "rates"\nasset = "USDT"\ndaily = []', "a rate at least"),
        (
            '[[steps]]\ndo = "script"\nsymbol = "BTCUSDT"\nstages = [{ do = "ramp", seconds = 5 }]',
            "a ramp goes to a price or by a percentage; write one of the two",
        ),
        ('[[accounts]]\nname = "bob"\ncross = { XXX = "1" }', "accounts: bob: -3027"),
        ('[[accounts]]\nname = "bob"\nspot = { BTC = "much" }', "accounts: bob: amount='much' is no number"),
        ('[[accounts]]\nname = "bob"\n[accounts.isolated]\nXXX = { BTC = "1" }', "accounts: bob: -1121"),
        ('[[accounts]]\nname = "ann"', "two of the name 'ann'"),
        (EXPECT + 'what = "events Traded colour=red"\nmust = "= 0"', "colour"),
        (EXPECT + 'what = "events Earthquake"\nmust = "= 0"', "'Earthquake' is none of"),
    ],
)
def test_what_makes_no_sense_is_said(parts: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        played(parts, NOTHING)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("1h30m", 5400), ("2d", 172_800), ("0s", 0), ("1.5s", 1.5)]
)
def test_a_span_of_time_is_read(text: str, seconds: float) -> None:
    assert span(text).total_seconds() == seconds
    assert clock(span("1d2h3m4.5s")) == "1d 02:03:04.500"


def test_the_page_names_every_step_and_every_question() -> None:
    page = (ROOT / "docs" / "scenarios.md").read_text()
    for step in AnyStep.__args__:
        assert f"| `{step.__struct_config__.tag}` |" in page
    for question in QUESTIONS:
        assert re.search(rf"`{question}( [A-Z]+)?`", page)


def test_the_command_exits_with_what_came_of_it_and_keeps_what_it_is_told_to(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(HEAD + NOTHING)
    keep, html = tmp_path / "kept", tmp_path / "report.html"
    done = CliRunner().invoke(app, ["run", str(file), "--keep", str(keep), "--html", str(html)])
    assert done.exit_code == 0, done.output
    assert "passed: 1 of 1 expectations met" in done.output
    assert "<h1>A test</h1>" in html.read_text()
    assert verify(keep, lambda _done, _total: None).is_sound
    nowhere = CliRunner().invoke(app, ["run", str(file), "--html", str(tmp_path / "nowhere" / "report.html")])
    assert isinstance(nowhere.exception, SystemExit)
    assert nowhere.exit_code == 1
    file.write_text(HEAD + NOTHING.replace("> 1", "< 1"))
    assert CliRunner().invoke(app, ["run", str(file)]).exit_code == 1
    file.write_text(HEAD + NOTHING + EXPECT + 'what = "mood"\nmust = "= good"')
    said = CliRunner().invoke(app, ["run", str(file)]).output
    assert said.startswith(f"openmargin: {file}: what: 'mood' is no question")
    missing = CliRunner().invoke(app, ["run", "nowhere.toml"])
    assert missing.exit_code == 1
    assert "openmargin run crash" in CliRunner().invoke(app, ["run"]).output
