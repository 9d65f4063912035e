"""Many random markets, one a seed, shared among processes; and what is done about one that fails.

Owns: the choice of what a market is played on, and the script that a failure leaves.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from openmargin.lab.fates import Fate
from openmargin.lab.simulate import Disagreement, Playground, Report, replay, run
from openmargin.lab.simulation.engine_alone import EngineAlone
from openmargin.lab.simulation.script import Play, written
from openmargin.lab.simulation.shrink import shrink
from openmargin.lab.simulation.whole_stack import WholeStack

_IN_MEMORY = Path("/dev/shm")
"""Where Linux keeps files that no disk has to sync: an exchange is killed there as well as anywhere."""


class Tally:
    """What the markets did together, and how fast."""

    def __init__(self) -> None:
        self.markets = self.records = self.trades = self.refused = self.mishaps = 0
        self.fates: dict[str, int] = {}
        self._began = time.monotonic()

    def add(self, report: Report) -> None:
        self.markets += 1
        self.records += report.records
        self.trades += report.trades
        self.refused += report.refused
        self.mishaps += report.mishaps
        for fate, count in report.fates:
            self.fates[fate] = self.fates.get(fate, 0) + count

    def progress(self, markets: int) -> str:
        """How far it is, and how long the rest may take."""
        seconds = time.monotonic() - self._began
        left = round(seconds / self.markets * (markets - self.markets)) if self.markets else 0
        return (
            f"{self.markets} of {markets} markets, {self.mishaps} mishaps, {self.markets / seconds:.1f} seeds/s,"
            f" {left // 60}:{left % 60:02} left"
        )

    def __str__(self) -> str:
        seconds = time.monotonic() - self._began
        fates = "".join(
            f"{self.fates[fate.value]} {fate.value}, " for fate in Fate if fate.value in self.fates
        )
        return (
            f"{self.markets} markets agree: {self.records} records, {self.trades} trades,"
            f" {self.refused} refusals, {self.mishaps} mishaps, {fates}{self.markets / seconds:.1f} seeds/s"
        )


@contextmanager
def playground(*, engine_only: bool) -> Generator[Playground]:
    """A blank exchange to play one market on."""
    if engine_only:
        yield EngineAlone()
        return
    with TemporaryDirectory(dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None) as root:
        stack = WholeStack(Path(root))
        try:
            yield stack
        finally:
            stack.give_up()


def campaign(seeds: Sequence[int], steps: int, jobs: int, *, engine_only: bool = False) -> Iterator[Report]:
    """What became of each seed, in the order in which they end; raises `Disagreement` where one is wrong."""
    play = partial(_play, steps, engine_only)
    jobs = min(jobs, len(seeds))
    if jobs == 1:
        yield from map(play, seeds)
        return
    # Spawned and not forked: each begins like the process that repeats its seed.
    with get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(play, seeds)


def replay_script(plays: Sequence[Play], again: str, *, engine_only: bool) -> Report:
    """Play a script; raises `Disagreement` where the exchange is wrong."""
    with playground(engine_only=engine_only) as exchange:
        return replay(plays, exchange, again)


def script_of(failure: Disagreement, *, engine_only: bool) -> str:
    """The shortest script found that fails in the same way, and what it shows."""
    last = failure

    def fails(plays: Sequence[Play]) -> bool:
        nonlocal last
        try:
            replay_script(plays, "", engine_only=engine_only)
        except Disagreement as difference:
            if difference.kind == failure.kind:
                last = difference
                return True
        return False

    plays = shrink(failure.plays, fails)
    return written(plays, (f"{len(plays)} of {len(failure.plays)} commands, and still:", str(last)))


def _play(steps: int, engine_only: bool, seed: int) -> Report:
    with playground(engine_only=engine_only) as exchange:
        return run(seed, steps, exchange)
