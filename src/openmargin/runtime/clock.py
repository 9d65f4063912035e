"""Where time and chance enter.

Owns: every look at the host's clock and every random byte of the package. Everything below gets them as data.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final, Protocol

_MS: Final = 1_000_000
"""Nanoseconds of a millisecond."""


def _host_ms() -> int:
    return time.time_ns() // 1_000_000


def random_bytes(count: int) -> bytes:
    """Bytes that nobody can guess."""
    return os.urandom(count)


class Clock(Protocol):
    """The exchange's time beside the host's, both in milliseconds since 1970, UTC."""

    @property
    def is_virtual(self) -> bool: ...

    @property
    def speed(self) -> float:
        """How many milliseconds of the exchange pass in one of the host; 0 where only somebody moves it."""
        ...

    def now_ms(self) -> int:
        """Time as the exchange sees it."""
        ...

    def host_ms(self) -> int:
        """Time as the machine sees it."""
        ...


class WallClock:
    """The exchange lives by the host's clock."""

    is_virtual = False
    speed = 1.0

    def now_ms(self) -> int:
        return _host_ms()

    def host_ms(self) -> int:
        return _host_ms()


class VirtualClock:
    """The exchange's time stands still until somebody moves it, or lets it run at a speed of its own.

    It waits for the exchange: while it is held, no time passes. So what is due is done at its own moment even where
    the machine is slower than the speed, and time then runs slower instead of the exchange's answers coming later.
    """

    is_virtual = True

    def __init__(self, start_ms: int, elapsed_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._elapsed_ns = elapsed_ns
        self._base_ns = start_ms * _MS
        """The exchange's time when the host's counter last stood at `_since_ns`."""
        self._since_ns = 0
        self._speed = 0.0
        self._holds = 0

    @property
    def speed(self) -> float:
        return self._speed

    @property
    def is_running(self) -> bool:
        """Does time pass by itself?"""
        return self._speed > 0

    def now_ms(self) -> int:
        return self._now_ns() // _MS

    def host_ms(self) -> int:
        return _host_ms()

    def move_to(self, at_ms: int) -> None:
        """Time goes on, never back."""
        now_ms = self.now_ms()
        assert at_ms >= now_ms, f"time would go back from {now_ms} to {at_ms}"
        if at_ms > now_ms:
            self._rebase(at_ms * _MS)

    def run_at(self, speed: float) -> None:
        """Let time pass `speed` times as fast as the host's from now on; 0 stops it."""
        self._rebase(self._now_ns())
        self._speed = speed

    def hold(self) -> None:
        """Let no time pass until `let_go` has been called as often as this."""
        self._rebase(self._now_ns())
        self._holds += 1

    def let_go(self) -> None:
        """Undo one `hold`."""
        self._holds -= 1
        assert self._holds >= 0, "a clock is let go that nobody holds"
        self._rebase(self._base_ns)

    def _now_ns(self) -> int:
        if self._holds or not self._speed:
            return self._base_ns
        return self._base_ns + int((self._elapsed_ns() - self._since_ns) * self._speed)

    def _rebase(self, now_ns: int) -> None:
        self._base_ns = now_ns
        self._since_ns = self._elapsed_ns()
