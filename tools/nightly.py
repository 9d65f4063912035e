"""The long run: every test on both builds with many examples, then many random markets; a summary at the end.

Owns: what belongs to it, and how much of it fits into two hours on two cores.
Never: stops at a failure. What fails at night is read in the morning, all of it at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SEEDS = 10_000

STEPS: dict[str, tuple[str, ...]] = {
    "tests, plain": ("test-pure", "ARGS=--timeout=3600"),
    "tests, compiled": ("test-compiled", "ARGS=--timeout=3600"),
    "markets, compiled": ("simulate", "OPENMARGIN_BUILD=compiled", f"SEEDS={SEEDS}"),
}
"""What is run, as words of make."""


def done(words: tuple[str, ...]) -> tuple[int, str]:
    """Run one step in sight; its exit code and the last line that it said."""
    environment = {**os.environ, "HYPOTHESIS_PROFILE": "nightly"}
    command = ["make", "--no-print-directory", *words]
    last = ""
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line.strip() or last
    return process.returncode, last


def main() -> int:
    rows: list[tuple[str, int, str, float]] = []
    for name, words in STEPS.items():
        started = time.perf_counter()
        rows.append((name, *done(words), time.perf_counter() - started))
    print("\nnightly")
    for name, code, last, seconds in rows:
        print(f"  {name:<18} {seconds / 60:5.1f} min  {'' if code == 0 else 'FAILED: '}{last}")
    failed = sum(code != 0 for _, code, _, _ in rows)
    minutes = sum(seconds for *_, seconds in rows) / 60
    print(f"{len(rows) - failed} of {len(rows)} steps passed in {minutes:.1f} minutes")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
