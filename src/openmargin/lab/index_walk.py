"""Keeps the index walking: every so often on the wall clock, and in the course of an advance of the virtual one.

Owns: when a step is taken. Where nobody trades and nobody watches, none is.
Never: decides where prices go; `walk` does.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from openmargin.domain.commands import SetIndex
from openmargin.lab.replay.driver import Replay
from openmargin.lab.walk import walk_step
from openmargin.runtime.errors import Draining, TimedOut, Unavailable
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.timers import Periodic


class IndexWalk:
    """The index walk of one exchange."""

    def __init__(self, exchange: Exchange, virtual_step_ms: int) -> None:
        self._exchange: Final = exchange
        self._virtual_step_ms: Final = virtual_step_ms
        self._step_ms = 0
        self._periodic: Periodic | None = None

    def begin(self) -> None:
        """Walk from here on, if the house makes a market and the clock is one that the walk knows."""
        house = self._exchange.venue.house
        if not house.enabled:
            return
        if not self._exchange.clock.is_virtual:
            self._keep_pace(house.walk_step_ms)
        elif self._virtual_step_ms:
            self._exchange.walk_with(self)

    def next_ms(self, after_ms: int) -> int | None:
        """Steps fall on multiples of their length, so the path does not depend on how an advance is cut up."""
        return (after_ms // self._virtual_step_ms + 1) * self._virtual_step_ms if self._is_wanted() else None

    def command(self, at_ms: int) -> SetIndex:  # noqa: ARG002 (the exchange stamps it)
        """The step at a moment of the virtual clock."""
        return self._next_step()

    def _keep_pace(self, step_ms: int) -> None:
        self._step_ms = step_ms
        self._periodic = self._exchange.every(step_ms, self._step, self._is_due)

    def _is_due(self) -> bool:
        """On the wall clock; where the venue now says another pace, from here on at that."""
        step_ms = self._exchange.venue.house.walk_step_ms
        if step_ms != self._step_ms and self._periodic is not None:
            self._periodic.cancel()
            self._keep_pace(step_ms)
            return False
        return self._is_wanted()

    async def _step(self) -> None:
        # A slow disk, or the end: both are told to whoever asked for something.
        with suppress(TimedOut, Unavailable, Draining):
            await self._exchange.submit(self._next_step())

    def _is_wanted(self) -> bool:
        if isinstance(self._exchange.walk, Replay):
            return False  # Real prices are being replayed.
        return self._exchange.has_subscribers or not self._exchange.live.idle()

    def _next_step(self) -> SetIndex:
        live = self._exchange.live
        prices = {
            view.symbol: view.price for symbol in live.venue.symbols if (view := live.index(symbol.name))
        }
        return SetIndex(walk_step(live.venue, live.seed, live.walk_step + 1, prices), walk_steps=1)
