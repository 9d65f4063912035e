"""Where time and chance enter.

Owns: every look at the host's clock and every random byte of the package. Everything below gets them as data.
"""

from __future__ import annotations

import os
import time
from typing import Protocol


def _host_ms() -> int:
    return time.time_ns() // 1_000_000


def random_bytes(count: int) -> bytes:
    """Bytes that nobody can guess."""
    return os.urandom(count)


class Clock(Protocol):
    """The exchange's time beside the host's, both in milliseconds since 1970, UTC."""

    @property
    def is_virtual(self) -> bool: ...

    def now_ms(self) -> int:
        """Time as the exchange sees it."""
        ...

    def host_ms(self) -> int:
        """Time as the machine sees it."""
        ...


class WallClock:
    """The exchange lives by the host's clock."""

    is_virtual = False

    def now_ms(self) -> int:
        return _host_ms()

    def host_ms(self) -> int:
        return _host_ms()


class VirtualClock:
    """The exchange's time stands still until somebody moves it."""

    is_virtual = True

    def __init__(self, start_ms: int) -> None:
        self._now_ms = start_ms

    def now_ms(self) -> int:
        return self._now_ms

    def host_ms(self) -> int:
        return _host_ms()

    def move_to(self, at_ms: int) -> None:
        """Time goes on, never back."""
        assert at_ms >= self._now_ms, f"time would go back from {self._now_ms} to {at_ms}"
        self._now_ms = at_ms
