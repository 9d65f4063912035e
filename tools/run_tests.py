"""The tests, folder by folder, each against its time budget.

Owns: the order of folders, the printed seconds and the last line `N passed, N failed`.
Never: fails because of time. A budget is a promise to the reader; a slow machine breaks no promise.

    python tools/run_tests.py [FOLDER ...] [-- PYTEST-OPTION ...]

OPENMARGIN_BUILD=compiled runs them against build/compiled; HYPOTHESIS_PROFILE is dev, ci or nightly;
HYPOTHESIS_SEED repeats a run.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
RESULTS = ROOT / "build" / "test-results"


def folders(asked: list[str], budgets: dict[str, float]) -> list[str]:
    """Folders that hold tests: those with a budget in the order of the table, then the others."""
    if asked:
        return [name.removeprefix("tests/").rstrip("/") for name in asked]
    there = {path.relative_to(TESTS).parts[0] for path in TESTS.glob("*/**/test_*.py")}
    return [name for name in budgets if name in there] + sorted(there - set(budgets))


def environment(source: Path, seed: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(source), "HYPOTHESIS_SEED": seed, "PYTHONUNBUFFERED": "1"}


def counted(report: Path, status: int) -> tuple[int, int]:
    """Passed and failed. A run that died before it wrote its report is one failure."""
    passed = failed = 0
    if report.exists():
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            count = {name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")}
            failed += count["failures"] + count["errors"]
            passed += count["tests"] - count["failures"] - count["errors"] - count["skipped"]
    return passed, max(failed, 1) if status else failed


def main(arguments: list[str]) -> int:
    at = arguments.index("--") if "--" in arguments else len(arguments)
    asked, options = arguments[:at], arguments[at + 1 :]
    budgets: dict[str, float] = tomllib.loads((TESTS / "budgets.toml").read_text())["seconds"]
    build = os.environ.get("OPENMARGIN_BUILD", "pure")
    source = ROOT / ("build/compiled" if build == "compiled" else "src")
    seed = os.environ.get("HYPOTHESIS_SEED") or str(random.SystemRandom().randrange(2**32))
    RESULTS.mkdir(parents=True, exist_ok=True)

    rows: list[tuple[str, int, int, float]] = []
    for name in folders(asked, budgets):
        report = RESULTS / f"{build}-{name.replace('/', '-')}.xml"
        report.unlink(missing_ok=True)
        print(f"\n=== tests/{name} ({build}) ===", flush=True)
        started = time.perf_counter()
        command = [sys.executable, "-m", "pytest", f"tests/{name}", f"--junitxml={report}"]
        # Ours come before the reader's own, so that an option given by hand has the last word.
        command += ["-q", "-o", f"pythonpath={source} {ROOT}", *options]
        status = subprocess.run(command, cwd=ROOT, env=environment(source, seed)).returncode
        rows.append((name, *counted(report, status), time.perf_counter() - started))

    print(f"\n{'folder':<16}{'passed':>8}{'failed':>8}{'seconds':>10}{'budget':>8}")
    for name, passed, failed, seconds in rows:
        budget = f"{budgets[name]:g}" if name in budgets else "none"
        over = "  over budget" if name in budgets and seconds > budgets[name] else ""
        print(f"{name:<16}{passed:>8}{failed:>8}{seconds:>10.1f}{budget:>8}{over}")
    print(f"same run again: HYPOTHESIS_SEED={seed}")
    total_passed, total_failed = sum(row[1] for row in rows), sum(row[2] for row in rows)
    print(f"{total_passed} passed, {total_failed} failed")
    return 1 if total_failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
