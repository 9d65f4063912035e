"""A socket that remembers, and a loop whose time a test moves."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, cast

from openmargin.api.ws.connection import Connection, ConnectionLimits
from openmargin.runtime.clock import VirtualClock


class MemoryWire:
    """What a connection says, as its client would see it."""

    def __init__(self) -> None:
        self.is_writable = True
        self.messages: list[bytes] = []
        self.writes = 0
        self.pings: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self.cuts: list[bool] = []
        """How often it was cut off, and whether only by half."""

    def write(self, messages: Sequence[bytes]) -> None:
        assert self.closed is None
        self.writes += 1
        self.messages.extend(messages)

    def ping(self, payload: bytes) -> None:
        self.pings.append(payload)

    def close(self, code: int, reason: str) -> None:
        assert self.closed is None
        self.closed = (code, reason)

    def cut_off(self, is_half: bool) -> None:
        self.cuts.append(is_half)


class HandLoop:
    """The part of an event loop that connections use, moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self._soon: deque[Callable[[], object]] = deque()
        self._later: list[tuple[float, int, _Handle]] = []

    def time(self) -> float:
        return self.now

    def call_soon(self, callback: Callable[[], object]) -> None:
        self._soon.append(callback)

    def call_later(self, seconds: float, callback: Callable[[], object]) -> _Handle:
        handle = _Handle(callback)
        heapq.heappush(self._later, (self.now + seconds, len(self._later), handle))
        return handle

    @property
    def has_timers(self) -> bool:
        return any(not handle.cancelled for _, _, handle in self._later)

    def turn(self) -> None:
        while self._soon:
            self._soon.popleft()()

    def sleep(self, seconds: float) -> None:
        """Let time pass, and whatever is due happen."""
        until = self.now + seconds
        while self._later and self._later[0][0] <= until:
            self.now, _, handle = heapq.heappop(self._later)
            if not handle.cancelled:
                handle.callback()
            self.turn()
        self.now = until


class _Handle:
    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Listener:
    """A handler that remembers."""

    def __init__(self) -> None:
        self.received_messages: list[bytes] = []
        self.ends = 0

    def received(self, message: bytes) -> None:
        if message == b"bug":
            raise ValueError("a bug")
        self.received_messages.append(message)

    def closed(self) -> None:
        self.ends += 1

    def farewell(self) -> bytes | None:
        return b"farewell"


class Line:
    """A connection with both of its ends in hand."""

    def __init__(self, limits: ConnectionLimits | None = None) -> None:
        self.wire = MemoryWire()
        self.loop = HandLoop()
        self.clock = VirtualClock(0)
        loop = cast(asyncio.AbstractEventLoop, cast(Any, self.loop))
        self.connection = Connection(self.wire, limits or ConnectionLimits(), self.clock, loop)
        self.handler = Listener()
        self.connection.handler = self.handler
