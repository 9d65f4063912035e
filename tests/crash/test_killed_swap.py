"""A kill in the middle of a swap leaves one whole timeline or the other, and nothing that was acknowledged is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from openmargin.config import Settings
from openmargin.main import build
from openmargin.runtime.shelf import DiskShelf
from openmargin.runtime.verify import verify


@pytest.mark.parametrize(
    ("occurrence", "steps", "timeline"),
    [(2, 2, "main"), (3, 2, "main"), (99, 3, "second")],
    ids=["before it has its name", "before it counts", "after it counts"],
)
def test_either_timeline_is_whole(tmp_path: Path, occurrence: int, steps: int, timeline: str) -> None:
    root = tmp_path / "exchange"
    killed = subprocess.run(
        [sys.executable, "-m", "tests.crash.killed_swap", str(root), str(occurrence)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path)},
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    told = [line.split() for line in killed.stdout.splitlines()]
    assert len(told) == steps

    async def restarted() -> tuple[str, str]:
        exchange, application = await build(Settings(data=str(root), clock="virtual"))
        seq, state_hash, _ = exchange.state_hash()
        shelf = application.stage.shelf
        found = shelf.current, str(seq), state_hash
        assert [bookmark.name for bookmark in shelf.bookmarks()] == ["calm"]
        await application.close()
        return found[0], found[2]

    assert asyncio.run(restarted()) == (timeline, told[-1][2])
    shelf = DiskShelf(root)
    for name in shelf.timelines():
        report = verify(shelf.directory_of(name))
        assert report.problems == ()
    if timeline == "second":
        assert verify(root).event_chain == told[1][2], "the old timeline holds what it acknowledged"
        assert verify(shelf.directory_of("second")).event_chain == told[0][2]
