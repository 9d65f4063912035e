"""The tests, folder by folder, as many at once as there are processors, each against its time budget.

Owns: the order of folders, the printed seconds and the last line `N passed, N failed`.
Never: fails because of time. A budget is a promise to the reader; a slow machine breaks no promise.

    python tools/run_tests.py [FOLDER ...] [-- PYTEST-OPTION ...]

OPENMARGIN_BUILD=compiled runs them against build/compiled: without a folder those of `compiled` in
tests/budgets.toml, unless it is nightly. HYPOTHESIS_PROFILE is dev or nightly; HYPOTHESIS_SEED repeats a run.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
RESULTS = ROOT / "build" / "test-results"


class Row(NamedTuple):
    folder: str
    passed: int
    failed: int
    seconds: float


def folders(asked: Sequence[str], budgets: dict[str, float]) -> list[str]:
    """Folders that hold tests: those with a budget in the order of the table, then the others."""
    if asked:
        return [name.removeprefix("tests/").rstrip("/") for name in asked]
    there = {path.relative_to(TESTS).parts[0] for path in TESTS.glob("*/**/test_*.py")}
    return [name for name in budgets if name in there] + sorted(there - set(budgets))


def environment(source: Path, seed: str) -> dict[str, str]:
    # Servers start by the dozen: compiling the sources anew each time would take longer than the tests.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**inherited, "PYTHONPATH": str(source), "HYPOTHESIS_SEED": seed, "PYTHONUNBUFFERED": "1"}


def counted(report: Path, status: int) -> tuple[int, int]:
    """Passed and failed. A run that died before it wrote its report is one failure."""
    passed = failed = 0
    if report.exists():
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            count = {name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")}
            failed += count["failures"] + count["errors"]
            passed += count["tests"] - count["failures"] - count["errors"] - count["skipped"]
    return passed, max(failed, 1) if status else failed


def tested(name: str, build: str, seed: str, options: Sequence[str], output: int | None) -> tuple[Row, str]:
    """Run one folder; what came of it, and what it printed where that was caught."""
    source = ROOT / ("build/compiled" if build == "compiled" else "src")
    report = RESULTS / f"{build}-{name.replace('/', '-')}.xml"
    report.unlink(missing_ok=True)
    started = time.perf_counter()
    command = [sys.executable, "-m", "pytest", f"tests/{name}", f"--junitxml={report}"]
    # Ours come before the reader's own, so that an option given by hand has the last word.
    command += ["-q", "-o", f"pythonpath={source} {ROOT}", *options]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(source, seed), stdout=output, stderr=subprocess.STDOUT, text=True
    )
    return Row(name, *counted(report, done.returncode), time.perf_counter() - started), done.stdout or ""


def run_all(names: Sequence[str], build: str, seed: str, options: Sequence[str]) -> Iterator[Row]:
    """Run folders side by side, and print each as soon as it and all before it have ended; one alone is seen live."""
    if len(names) == 1:
        print(f"\n=== tests/{names[0]} ({build}) ===", flush=True)
        yield tested(names[0], build, seed, options, None)[0]
        return
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for row, printed in pool.map(lambda name: tested(name, build, seed, options, subprocess.PIPE), names):
            print(f"\n=== tests/{row.folder} ({build}) ===\n{printed}", end="", flush=True)
            yield row


def main(arguments: list[str]) -> int:
    at = arguments.index("--") if "--" in arguments else len(arguments)
    asked, options = arguments[:at], arguments[at + 1 :]
    table = tomllib.loads((TESTS / "budgets.toml").read_text())
    budgets: dict[str, float] = table["seconds"]
    build = os.environ.get("OPENMARGIN_BUILD", "pure")
    if build == "compiled" and not asked and os.environ.get("HYPOTHESIS_PROFILE") != "nightly":
        asked = table["compiled"]["folders"]
    seed = os.environ.get("HYPOTHESIS_SEED") or str(random.SystemRandom().randrange(2**32))
    RESULTS.mkdir(parents=True, exist_ok=True)

    started = time.perf_counter()
    rows = list(run_all(folders(asked, budgets), build, seed, options))
    print(f"\n{'folder':<16}{'passed':>8}{'failed':>8}{'seconds':>10}{'budget':>8}")
    for name, passed, failed, seconds in rows:
        budget = f"{budgets[name]:g}" if name in budgets else "none"
        over = "  over budget" if name in budgets and seconds > budgets[name] else ""
        print(f"{name:<16}{passed:>8}{failed:>8}{seconds:>10.1f}{budget:>8}{over}")
    print(f"{time.perf_counter() - started:.0f} seconds; same run again: HYPOTHESIS_SEED={seed}")
    total_passed, total_failed = sum(row.passed for row in rows), sum(row.failed for row in rows)
    print(f"{total_passed} passed, {total_failed} failed")
    return 1 if total_failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
