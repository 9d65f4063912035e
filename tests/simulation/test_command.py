"""`openmargin simulate`: many markets, and the line that repeats the one that failed."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from openmargin.cli import app
from openmargin.lab import campaign
from openmargin.lab.simulation import script
from tests.simulation.forgetful import Forgetful


def simulate(*options: str) -> tuple[int, str, str]:
    ended = CliRunner().invoke(app, ["simulate", *options])
    return ended.exit_code, ended.stdout, ended.stderr


def test_markets_are_counted() -> None:
    code, told, _ = simulate("--seed", "3", "--seeds", "3", "--steps", "40", "--jobs", "1")
    assert code == 0
    assert told.startswith("3 markets agree: ")
    assert told.endswith(" seeds/s\n")


def test_processes_share_the_work_and_change_nothing() -> None:
    alone = list(campaign.campaign(range(4), 60, 1))
    shared = sorted(campaign.campaign(range(4), 60, 2), key=lambda report: report.seed)
    assert shared == alone


def test_a_failure_leaves_the_command_that_repeats_it_and_a_script_that_fails_alike(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(campaign, "EngineAlone", Forgetful)
    monkeypatch.chdir(tmp_path)
    code, told, failure = simulate("--seeds", "9", "--steps", "200", "--jobs", "1", "--engine-only")
    assert (code, told) == (1, "")
    *_, again, shorter = failure.splitlines()
    assert again.startswith("openmargin simulate --seed ")
    assert simulate(*again.split()[2:]) == (1, "", failure)

    name = shorter.removeprefix("shorter, and fails alike: openmargin simulate --script ").split()[0]
    text = Path(name).read_text()
    plays = script.read(text)
    assert len(plays) < 25, "it takes a venue, two traders and three trades"
    code, told, alike = simulate("--script", name, "--engine-only")
    assert (code, told) == (1, "")
    first, second, *_ = alike.splitlines()
    assert first.startswith(f"step {len(plays) - 1} of {len(plays) - 1}, at ")
    assert f"# {second}" in text.splitlines()

    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert simulate("--script", name) == (0, f"{len(plays)} commands agree\n", "")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "there is no command in it"),
        ("17 Sell {}", "line 1: KeyError('Sell')"),
        ("# new\n17 Tick {", "line 2: JSONDecodeError"),
        ('17 Tick {"when":3}', "Tick has no when"),
        ("meet earthquake", "is not a valid MishapKind"),
        ("look 1 spot", "line 1: "),
    ],
)
def test_a_damaged_script_is_refused_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "script.txt"
    file.write_text(text)
    code, told, failure = simulate("--script", str(file))
    assert (code, told) == (1, "")
    assert problem in failure
    assert simulate("--script", str(tmp_path / "none"))[0] == 1
