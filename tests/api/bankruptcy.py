"""Accounts that went wrong in Special Key Mode: one that is being liquidated, and one that owes the fund."""

from __future__ import annotations

from openmargin.domain.money import E8
from tests.api.world import SPOT, World
from tests.api.worlds import with_liquidation

LOANS = "/sapi/v1/margin/borrow-repay"
ORDER = "/sapi/v1/margin/order"
ACCOUNT = "/sapi/v1/margin/account"

SLOW = with_liquidation(band=E8 // 2, slip=0, slip_step=0, wait_ms=3_600_000)
"""A venue where a forced order waits for an hour for a price that nobody pays."""


def indebted(world: World) -> None:
    """In Special Key Mode, with bitcoin that mostly was paid for by a loan, and with USDC in the spot wallet."""
    world.special_key()
    world.deposit("USDT", "1000")
    world.deposit("USDC", "10000", SPOT)
    borrowed = world.post(LOANS, asset="USDT", amount="150000", type="BORROW")
    assert borrowed.status == 200, borrowed.json
    bought = world.post(ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quoteOrderQty="249000")
    assert bought.json["status"] == "FILLED", bought.json


def in_liquidation(world: World) -> None:
    """Its forced order rests, where the venue is `SLOW`."""
    indebted(world)
    world.set_index("BTCUSDT", "31500")
    world.advance(1_000)
    assert world.get(ACCOUNT).json["tradeEnabled"] is False


def bankrupt(world: World) -> None:
    """What it had is sold or taken over, and it owes the fund what was not enough."""
    indebted(world)
    world.set_index("BTCUSDT", "25000")
    world.advance(60_000)
    assert float(world.get("/sapi/v1/margin/liquidation-loan").json["remainingAmount"]) > 0
