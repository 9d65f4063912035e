"""Keeps the index walking: step after step on the wall clock, or in the course of an advance of the virtual one.

Owns: when a step is taken. Nobody trades and nobody watches: no step, and no timer either.
Never: decides where prices go; `walk` does.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from openmargin.domain.commands import SetIndex
from openmargin.lab.walk import walk_step
from openmargin.runtime.errors import AdvanceRuns, Draining, TimedOut, Unavailable
from openmargin.runtime.exchange import Exchange


class Walker:
    """The index walk of one exchange."""

    def __init__(self, exchange: Exchange, virtual_step_ms: int) -> None:
        self._exchange: Final = exchange
        self._virtual_step_ms: Final = virtual_step_ms
        self._task: asyncio.Task[None] | None = None
        self._stirred = asyncio.Event()
        self._advancing = False

    def start(self) -> None:
        """Begin to walk, if the clock goes by itself and the house makes a market."""
        if not self._exchange.clock.is_virtual:
            self._task = asyncio.create_task(self._walk(), name="index walk")

    async def stop(self) -> None:
        """Take no further step."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def stir(self) -> None:
        """Somebody may have begun to trade or to watch: look whether to walk."""
        self._stirred.set()

    async def advance(self, milliseconds: int) -> None:
        """Move the virtual clock, with the steps that fall into the time; raises as Exchange.advance does."""
        if self._advancing:
            raise AdvanceRuns
        self._advancing = True
        try:
            await self._advance(milliseconds)
        finally:
            self._advancing = False

    async def _advance(self, milliseconds: int) -> None:
        clock, step_ms = self._exchange.clock, self._virtual_step_ms
        end_ms = clock.now_ms() + milliseconds
        if step_ms and self._exchange.venue.house.enabled:
            # Steps fall on multiples of their length, so the path does not depend on how an advance is cut up.
            while (next_ms := (clock.now_ms() // step_ms + 1) * step_ms) <= end_ms:
                await self._exchange.advance(next_ms - clock.now_ms())
                await self._step()
        if clock.now_ms() < end_ms:
            await self._exchange.advance(end_ms - clock.now_ms())

    async def _walk(self) -> None:
        with suppress(Unavailable, Draining):  # The exchange is at its end, and says so elsewhere.
            while True:
                house = self._exchange.venue.house
                if not house.enabled or self._is_idle():
                    self._stirred.clear()
                    await self._stirred.wait()
                    continue
                await asyncio.sleep(house.walk_step_ms / 1000)
                with suppress(TimedOut):  # A slow disk; the step may still come to be.
                    await self._step()

    def _is_idle(self) -> bool:
        return self._exchange.live.idle() and not self._exchange.has_subscribers

    async def _step(self) -> None:
        exchange = self._exchange
        prices = {symbol.name: exchange.live.last_index(symbol.name) for symbol in exchange.venue.symbols}
        step = exchange.live.walk_step() + 1
        await exchange.submit(SetIndex(walk_step(exchange.venue, exchange.seed, step, prices), walk_steps=1))
