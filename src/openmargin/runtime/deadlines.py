"""Nobody waits for ever.

Owns: the time-out of everything that callers wait for. One timer serves all, because all wait equally long.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from openmargin.runtime.errors import TimedOut


class Deadlines:
    """Fails with TimedOut the futures that are not done in time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._loop = loop
        self._seconds = seconds
        self._waiting: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, future: asyncio.Future[Any]) -> None:
        """Start the future's time."""
        deadline = self._loop.time() + self._seconds
        waiting = self._waiting
        while waiting and waiting[0][1].done():
            # Answered in time: neither it nor the result that it holds is to be kept until then.
            waiting.popleft()
        waiting.append((deadline, future))
        if self._timer is None:
            self._timer = self._loop.call_at(deadline, self._expire)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        now = self._loop.time()
        waiting = self._waiting
        while waiting and (waiting[0][0] <= now or waiting[0][1].done()):
            _, future = waiting.popleft()
            if not future.done():
                future.set_exception(TimedOut())
        self._timer = self._loop.call_at(waiting[0][0], self._expire) if waiting else None
