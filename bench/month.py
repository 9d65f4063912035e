"""(g) Thirty days of interest on 1,000 loans (docs/stories.md): virtual hours in a second of processor time."""

from __future__ import annotations

import time

from bench.engine import begin, is_compiled
from openmargin.lab.stories.thirty_days import HOURS, thirty_days


def run(seed: int = 1) -> None:
    """Print how fast a month goes by."""
    start = begin()
    month = thirty_days(seed)
    seconds = time.process_time() - start
    build = "compiled" if is_compiled() else "plain Python"
    print(
        f"month: {HOURS} virtual hours, {len(month.loans)} loans, {month.charges:,} charges, seed {seed} ({build})"
    )
    print(
        f"  {seconds:.1f} s of processor time: {HOURS / seconds:,.0f} virtual hours/s, {month.charges / seconds:,.0f} charges/s"
    )
