"""Traders that keep a tape alive: ordinary accounts that send ordinary orders, drawn from a seed.

Owns: when one of them trades, and what. Off until somebody asks for them, and after each start of the server.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from openmargin.domain.commands import AnyCommand, PlaceOrder
from openmargin.domain.enums import OrderType, SelfTradePrevention, Side, SideEffect, TimeInForce
from openmargin.domain.ids import SPOT
from openmargin.domain.money import E8, ceil_div, floor_to_step
from openmargin.domain.venue import Symbol
from openmargin.runtime.errors import Draining, TimedOut, Unavailable
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.sequencer import Walk
from openmargin.runtime.timers import Periodic

_VALUE_MAX: Final = 200
"""Of one order, in times of the smallest that its pair takes."""
_REACH: Final = E8 // 200
"""How far beyond the index a limit order is willing to go."""


class Bots:
    """Some traders that take turns. In virtual time they trade as it passes, a millisecond after each full step."""

    def __init__(
        self, exchange: Exchange, accounts: Sequence[int], symbols: Sequence[Symbol], seed: int, every_ms: int
    ) -> None:
        self.accounts: Final = tuple(accounts)
        self.symbols: Final = tuple(symbols)
        self.seed: Final = seed
        self.every_ms: Final = every_ms
        self.steps = 0
        """How many orders they have sent."""
        self.is_running = False
        self._exchange = exchange
        self._inner: Walk | None = None
        self._periodic: Periodic | None = None

    def begin(self) -> None:
        """Trade from here on."""
        self.is_running = True
        if self._exchange.clock.is_virtual:
            self._inner = self._exchange.walk
            self._exchange.walk_with(self)
        else:
            self._periodic = self._exchange.every(self.every_ms, self._step, lambda: self.is_running)

    def stop(self) -> None:
        """Trade no more; the accounts stay."""
        self.is_running = False
        if self._periodic is not None:
            self._periodic.cancel()
        if self._exchange.walk is self:
            self._exchange.walk_with(self._inner)

    def next_ms(self, after_ms: int) -> int | None:
        """The next order of theirs, or the next move of the index, whichever is sooner."""
        index_ms = self._inner.next_ms(after_ms) if self._inner is not None else None
        own_ms = self._own_ms(after_ms) if self.is_running else None
        moments = [moment for moment in (index_ms, own_ms) if moment is not None]
        return min(moments) if moments else None

    def command(self, at_ms: int) -> AnyCommand:
        """What happens at a moment that `next_ms` named."""
        if self.is_running and at_ms == self._own_ms(at_ms - 1):
            return self._order()
        assert self._inner is not None, "only the index moves besides"
        return self._inner.command(at_ms)

    def _own_ms(self, after_ms: int) -> int:
        # Not at the full step: there the index moves, and one moment has one command here.
        return ((after_ms - 1) // self.every_ms + 1) * self.every_ms + 1

    async def _step(self) -> None:
        with suppress(TimedOut, Unavailable, Draining):
            await self._exchange.submit(self._order())

    def _order(self) -> PlaceOrder:
        """The next order: a pure function of the seed, its number and the market as it stands."""
        chance = random.Random(f"{self.seed}:{self.steps}")
        self.steps += 1
        account_id = chance.choice(self.accounts)
        symbol = chance.choice(self.symbols)
        live = self._exchange.live
        view = live.index(symbol.name)
        assert view is not None, "a symbol of the venue has an index"
        least = max(symbol.min_quantity, ceil_div(symbol.min_notional * E8 * 2, view.price))
        quantity = least * chance.randint(1, _VALUE_MAX)
        quantity = floor_to_step(min(quantity, symbol.max_quantity or quantity), symbol.step_size)
        free = {row.asset: row.free for row in live.balances(account_id, SPOT)}
        side = chance.choice((Side.BUY, Side.SELL))
        if free.get(symbol.base, 0) < quantity:
            side = Side.BUY
        elif free.get(symbol.quote, 0) < quantity * view.price // E8 * 11 // 10:
            side = Side.SELL
        is_market = chance.random() < 0.5
        reach = view.price * (E8 + int(side) * _REACH) // E8
        return PlaceOrder(
            account_id,
            "",
            0,
            SPOT,
            symbol.name,
            side,
            OrderType.MARKET if is_market else OrderType.LIMIT,
            TimeInForce.GTC if is_market else TimeInForce.IOC,
            quantity,
            0,
            0 if is_market else floor_to_step(reach, symbol.tick_size),
            "",
            SelfTradePrevention.NONE,
            SideEffect.NO_SIDE_EFFECT,
            False,
        )
