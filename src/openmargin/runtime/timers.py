"""What time alone sets going.

Owns: the loop timers behind due work and behind periodic jobs. Where nothing is due, nothing wakes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final

from openmargin.runtime.clock import Clock

_log = logging.getLogger(__name__)

_NAP_SECONDS_MAX: Final = 60.0
"""Timers do not count while the machine sleeps: a long wait is cut up, and the clock is asked in between."""


class DueTimer:
    """Calls back when a moment of the exchange's clock has come."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock, on_due: Callable[[], None]) -> None:
        self._loop = loop
        self._clock = clock
        self._on_due = on_due
        self._due_ms: int | None = None
        self._handle: asyncio.Handle | None = None

    def set(self, due_ms: int | None) -> None:
        """Wait for another moment, or for none."""
        if due_ms == self._due_ms:
            return
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self._due_ms = due_ms
        if due_ms is not None:
            self._wait(due_ms)

    def _wait(self, due_ms: int) -> None:
        seconds = (due_ms - self._clock.now_ms()) / 1000
        if seconds <= 0:
            self._handle = self._loop.call_soon(self._fire)
        elif self._clock.speed:
            # Only somebody who moves it makes a clock that stands still reach anything.
            nap = min(seconds / self._clock.speed, _NAP_SECONDS_MAX)
            self._handle = self._loop.call_later(nap, self._wait, due_ms)

    def _fire(self) -> None:
        self._due_ms = None
        self._handle = None
        self._on_due()


class Periodic:
    """Runs a job every so often, never twice at once, and only while there is a reason to."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        interval_ms: int,
        job: Callable[[], Coroutine[Any, Any, object]],
        only_if: Callable[[], bool],
    ) -> None:
        self._loop = loop
        self._interval = interval_ms / 1000
        self._job = job
        self._only_if = only_if
        self._task: asyncio.Task[None] | None = None
        self._handle = loop.call_later(self._interval, self._tick)

    def cancel(self) -> None:
        """Start no further run, and end the one that goes on."""
        self._handle.cancel()
        if self._task is not None:
            self._task.cancel()

    def _tick(self) -> None:
        self._handle = self._loop.call_later(self._interval, self._tick)
        if self._task is None and self._only_if():
            self._task = self._loop.create_task(self._run())

    async def _run(self) -> None:
        try:
            await self._job()
        except Exception:
            _log.exception("a periodic job failed; it will be tried again")
        finally:
            self._task = None
