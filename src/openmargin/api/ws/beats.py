"""When timed streams speak: at the full multiples of their speed, by the exchange's clock.

Where the clock runs, a timer sees to that. One that stands still is seen to pass in what happens: whatever is recorded
at or after the moment brings it, before it is itself told of, so that what is sent depends on the records alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from openmargin.runtime.exchange import Exchange

_NAP_SECONDS_MAX: Final = 60.0


class Beat:
    """One speed of one source. It comes only where somebody waits for it."""

    def __init__(self, exchange: Exchange, interval_ms: int, tell: Callable[[int], None]) -> None:
        """`tell` is called with the moment, at or after the multiple that was waited for."""
        self._exchange = exchange
        self._interval_ms = interval_ms
        self._tell = tell
        self._due_ms: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    def want(self, at_ms: int) -> None:
        """Wait for the next multiple after a moment, unless one is waited for already."""
        if self._due_ms is not None:
            return
        if self._exchange.clock.speed:
            at_ms = self._exchange.live.now_ms()
        self._due_ms = (at_ms // self._interval_ms + 1) * self._interval_ms
        self._exchange.speed_listeners[self._set_timer] = None
        self._set_timer()

    def reach(self, at_ms: int) -> None:
        """Time has come so far."""
        if self._due_ms is not None and at_ms >= self._due_ms:
            self.stop()
            self._tell(at_ms)

    def stop(self) -> None:
        """Wait for nothing."""
        self._due_ms = None
        self._exchange.speed_listeners.pop(self._set_timer, None)
        self._cancel()

    def _set_timer(self) -> None:
        self._cancel()
        speed = self._exchange.clock.speed
        if self._due_ms is not None and speed:
            seconds = max(0, self._due_ms - self._exchange.live.now_ms()) / 1000 / speed
            self._timer = asyncio.get_running_loop().call_later(min(seconds, _NAP_SECONDS_MAX), self._ring)

    def _ring(self) -> None:
        self._timer = None
        now_ms = self._exchange.live.now_ms()
        if self._due_ms is not None and now_ms < self._due_ms:
            self._set_timer()  # A timer may come a little early.
        else:
            self.reach(now_ms)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
