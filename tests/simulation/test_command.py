"""`openmargin simulate`: many markets, and the line that repeats the one that failed."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from openmargin.cli import app
from openmargin.lab import campaign
from tests.simulation.forgetful import Forgetful


def simulate(*options: str) -> tuple[int, str, str]:
    ended = CliRunner().invoke(app, ["simulate", *options])
    return ended.exit_code, ended.stdout, ended.stderr


def test_markets_are_counted() -> None:
    code, told, _ = simulate("--seed", "3", "--seeds", "4", "--steps", "40", "--jobs", "1")
    assert code == 0
    assert told.startswith("4 markets agree: ")
    assert told.endswith(" seeds/s\n")


def test_processes_share_the_work_and_change_nothing() -> None:
    alone = list(campaign.campaign(range(6), 60, 1))
    shared = sorted(campaign.campaign(range(6), 60, 2), key=lambda report: report.seed)
    assert shared == alone


def test_a_failure_ends_with_the_command_that_repeats_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "BareExchange", Forgetful)
    code, told, failure = simulate("--seeds", "9", "--steps", "200", "--jobs", "1")
    assert (code, told) == (1, "")
    last = failure.splitlines()[-1].split()
    assert last[:2] == ["openmargin", "simulate"]
    assert simulate(*last[2:]) == (1, "", failure)
