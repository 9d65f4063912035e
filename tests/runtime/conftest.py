"""Processes that tests start see the same package as the tests do."""

from __future__ import annotations

import os
import sys

import pytest


@pytest.fixture(autouse=True)
def same_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
