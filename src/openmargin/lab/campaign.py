"""Many random markets, one a seed, shared among processes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import partial
from multiprocessing import get_context

from openmargin.lab.fates import Fate
from openmargin.lab.simulate import Report, run
from openmargin.runtime.bare import BareExchange


class Tally:
    """What the markets did together, and how fast."""

    def __init__(self) -> None:
        self.markets = self.records = self.trades = self.refused = 0
        self.fates: dict[str, int] = {}
        self._began = time.monotonic()

    def add(self, report: Report) -> None:
        self.markets += 1
        self.records += report.records
        self.trades += report.trades
        self.refused += report.refused
        for fate, count in report.fates:
            self.fates[fate] = self.fates.get(fate, 0) + count

    def __str__(self) -> str:
        seconds = time.monotonic() - self._began
        fates = "".join(
            f"{self.fates[fate.value]} {fate.value}, " for fate in Fate if fate.value in self.fates
        )
        return (
            f"{self.markets} markets agree: {self.records} records, {self.trades} trades,"
            f" {self.refused} refusals, {fates}{self.markets / seconds:.1f} seeds/s"
        )


def campaign(seeds: Sequence[int], steps: int, jobs: int) -> Iterator[Report]:
    """What became of each seed, in the order in which they end; raises `Disagreement` where one is wrong."""
    play = partial(_play, steps)
    jobs = min(jobs, len(seeds))
    if jobs == 1:
        yield from map(play, seeds)
        return
    # Spawned and not forked: each begins like the process that repeats its seed.
    with get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(play, seeds)


def _play(steps: int, seed: int) -> Report:
    return run(seed, steps, BareExchange())
