"""`openmargin` is there for whoever has typed `make serve`, wherever the clone lies and whoever calls from where."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.guards.repository import ROOT

SCRIPT = ROOT / "tools" / "openmargin.sh"
PYTHON = """#!/bin/sh
printf '%s|' "$PYTHONPATH" "$@"
"""


def test_the_command_runs_the_clone_that_it_lies_in(tmp_path: Path) -> None:
    commands = tmp_path / "a clone" / ".venv" / "bin"
    commands.mkdir(parents=True)
    (commands / "python").write_text(PYTHON)
    (commands / "python").chmod(0o755)
    command = shutil.copy(SCRIPT, commands / "openmargin")
    done = subprocess.run(
        [command, "verify", "a b"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": "elsewhere", "CDPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    source, *words = done.stdout.split("|")
    assert (Path(source).resolve(), words) == (
        (tmp_path / "a clone" / "src").resolve(),
        ["-m", "openmargin", "verify", "a b", ""],
    )


def test_serve_leaves_the_command_behind() -> None:
    done = subprocess.run(["make", "-n", "serve"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "install -m 755 tools/openmargin.sh .venv/bin/openmargin" in done.stdout
