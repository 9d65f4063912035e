"""Every pin is exact and carries its hashes; the development lock holds the versions that are served."""

import re
from pathlib import Path

import pytest

from tests.guards.repository import ROOT, files

LOCKS = [path for path in files() if path.suffix == ".lock"]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def entries(text: str) -> list[str]:
    """The lock's requirements, each with the hashes that follow it."""
    joined = text.replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_requirement_is_pinned_with_hashes(lock: Path) -> None:
    loose = [
        line[:80] for line in entries(lock.read_text()) if not PIN.match(line) or "--hash=sha256:" not in line
    ]
    assert loose == [], f"run `make lock`; without a version or a hash: {loose}"


def test_development_lock_holds_the_served_versions() -> None:
    served = set(PIN.findall((ROOT / "requirements.lock").read_text()))
    developed = set(PIN.findall((ROOT / "requirements-dev.lock").read_text()))
    assert served <= developed, f"run `make lock`; tests would run on other versions of {served - developed}"


def test_every_input_has_its_lock() -> None:
    missing = [
        path.name for path in files() if path.suffix == ".in" and not path.with_suffix(".lock").exists()
    ]
    assert missing == [], f"name it in tools/lock.py and run `make lock`: {missing}"
