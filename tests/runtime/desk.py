"""An exchange with one funded account, and a hand on its disk."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from openmargin.config.venue_file import load_venue
from openmargin.domain.commands import CreateAccount, Deposit, PlaceOrder
from openmargin.domain.enums import OrderType, SelfTradePrevention, Side, SideEffect, TimeInForce
from openmargin.domain.ids import SPOT
from openmargin.domain.money import E8
from openmargin.runtime.exchange import Exchange, ExchangeOptions, open_exchange
from openmargin.runtime.phases import Phase

T = TypeVar("T")

START_MS = 1_700_000_000_000
HOUR_MS = 3_600_000
ACCOUNT = 1
FLOOR = 50_000
VENUE = load_venue()
QUIET_VENUE = msgspec.structs.replace(VENUE, house=msgspec.structs.replace(VENUE.house, enabled=False))
"""Without a house, nothing happens that a test did not ask for."""


def options(directory: Path | None = None, **changes: Any) -> ExchangeOptions:
    """A quiet exchange on a virtual clock, unless a test says otherwise."""
    chosen = {"venue": QUIET_VENUE, "seed": 1, "virtual_start_ms": START_MS, **changes}
    return ExchangeOptions(directory=directory, **chosen)


async def funded(exchange: Exchange) -> None:
    """Account 1, rich in BTC and USDT."""
    await exchange.submit(CreateAccount("ann"))
    for asset in ("BTC", "USDT"):
        await exchange.submit(Deposit(ACCOUNT, SPOT, asset, 1_000_000 * E8))


def limit(side: Side, level: int, *, name: str = "", quantity: int = E8 // 100) -> PlaceOrder:
    """A limit order of account 1 in BTCUSDT, `level` USDT above 50,000."""
    return PlaceOrder(
        account_id=ACCOUNT,
        api_key="",
        expires_at_ms=0,
        scope=SPOT,
        symbol="BTCUSDT",
        side=side,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        quantity=quantity,
        quote_quantity=0,
        price=(FLOOR + level) * E8,
        client_order_id=name,
        self_trade_prevention=SelfTradePrevention.NONE,
        side_effect=SideEffect.NO_SIDE_EFFECT,
        auto_repay_at_cancel=False,
    )


def run(
    story: Callable[[Exchange], Coroutine[Any, Any, T]], directory: Path | None = None, **changes: Any
) -> T:
    """Open an exchange, fund its account if it is new, let the story happen, and close."""

    async def whole() -> T:
        exchange = await open_exchange(options(directory, **changes))
        try:
            if exchange.is_new:
                await funded(exchange)
            return await story(exchange)
        finally:
            await exchange.close()

    return asyncio.run(whole())


async def turns(count: int = 20) -> None:
    """Let everybody else have the loop a few times."""
    for _ in range(count):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until something has happened."""
    while not condition():
        await asyncio.sleep(0)


class Disk:
    """A hook that holds the sync thread in a phase until it is let go, or makes the disk fail there."""

    def __init__(self, phase: Phase = Phase.IN_SYNC) -> None:
        self._phase = phase
        self._free = threading.Event()
        self._free.set()
        self.reached = threading.Event()
        """Is the sync thread waiting?"""
        self.error: Exception | None = None

    def __call__(self, phase: Phase) -> None:
        if phase is not self._phase:
            return
        if not self._free.is_set():
            self.reached.set()
            assert self._free.wait(60)
        if self.error is not None:
            raise self.error

    def hold(self) -> None:
        self._free.clear()

    def let_go(self) -> None:
        self._free.set()


def levels(exchange: Exchange) -> list[int]:
    """The levels of account 1's open orders."""
    return [view.spec.price // E8 - FLOOR for view in exchange.live.open_orders(ACCOUNT, SPOT, "BTCUSDT")]
