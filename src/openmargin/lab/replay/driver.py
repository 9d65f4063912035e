"""Data files played to an exchange that is served: in the course of its virtual time, or by the host's clock.

Owns: one replay from its beginning to its end, and what becomes of the index walk meanwhile: it rests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from openmargin.domain.commands import SetIndex
from openmargin.lab.replay.files import BadData
from openmargin.lab.replay.play import commands, shift_ms
from openmargin.lab.replay.sequence import MarketData
from openmargin.runtime.errors import Draining, TimedOut, Unavailable
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.sequencer import Walk

_AT_ONCE_MAX: Final = 200
"""Moves that wait for the disk together, where the host's clock drives them."""
_NAP_SECONDS: Final = 0.01


class Replay:
    """One replay. On a virtual clock it is what makes the index walk; on the wall clock a task of its own."""

    def __init__(self, exchange: Exchange, data: MarketData, speed: float) -> None:
        self.data: Final = data
        self.speed: Final = speed
        self.shift_ms: Final = shift_ms(data, exchange.live.now_ms())
        self.records = 0
        self.state = "PLAYING"
        """PLAYING, ENDED, STOPPED or DAMAGED."""
        self.problem = ""
        self.at_ms = 0
        """The moment of the last move, by the exchange's clock."""
        self._exchange = exchange
        self._commands: Iterator[tuple[int, SetIndex]] = commands(data)
        self._pending: tuple[int, SetIndex] | None = None
        self._walk: Walk | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Play from here on."""
        self._fetch()
        self._walk = self._exchange.walk
        self._exchange.walk_with(self)
        if not self._exchange.clock.is_virtual:
            self._task = asyncio.get_running_loop().create_task(self._by_the_host())

    def stop(self) -> None:
        """Play no further; prices stay where they are."""
        if self.state == "PLAYING":
            self._end("STOPPED")
        if self._task is not None:
            self._task.cancel()

    def next_ms(self, after_ms: int) -> int | None:
        """When the next move is; one that should have been before is made at once."""
        if self._pending is None:
            return None
        return max(self._pending[0], after_ms)

    def command(self, at_ms: int) -> SetIndex:
        """The move of a moment of the virtual clock."""
        assert self._pending is not None, "nobody asks for a move that is not there"
        _, command = self._pending
        self.at_ms = at_ms
        self.records += 1
        self._fetch()
        return command

    def _fetch(self) -> None:
        self._pending = None
        try:
            found = next(self._commands, None)
        except BadData as damage:
            self.problem = str(damage)
            self._end("DAMAGED")
            return
        if found is None:
            self._end("ENDED")
        else:
            self._pending = (found[0] + self.shift_ms, found[1])

    def _end(self, state: str) -> None:
        self.state = state
        self._pending = None
        if self._exchange.walk is self:
            self._exchange.walk_with(self._walk)

    async def _by_the_host(self) -> None:
        """Play `speed` times as fast as it happened, however far the wall clock is from the data."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        first_ms = self._pending[0] if self._pending is not None else 0
        with suppress(TimedOut, Unavailable, Draining):
            while self._pending is not None:
                until_ms = first_ms + (loop.time() - began) * 1000 * self.speed
                due = [self._exchange.submit(command) for command in self._due_by(until_ms)]
                if due:
                    await asyncio.gather(*due)
                else:
                    await asyncio.sleep(_NAP_SECONDS)

    def _due_by(self, until_ms: float) -> Iterator[SetIndex]:
        for _ in range(_AT_ONCE_MAX):
            if self._pending is None or self._pending[0] > until_ms:
                return
            yield self.command(self._exchange.live.now_ms())
