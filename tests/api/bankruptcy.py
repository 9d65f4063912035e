"""Accounts that go wrong: near their liquidation level, being liquidated, and owing the fund afterwards."""

from __future__ import annotations

from openmargin.domain.commands import DelayLoanRepayments
from openmargin.domain.money import E8
from tests.api.world import SPOT, Key, World
from tests.api.worlds import with_liquidation

LOANS = "/sapi/v1/margin/borrow-repay"
ORDER = "/sapi/v1/margin/order"
ACCOUNT = "/sapi/v1/margin/account"
ISOLATED = "/sapi/v1/margin/isolated/account"

SLOW = with_liquidation(band=E8 // 2, slip=0, slip_step=0, wait_ms=3_600_000)
"""A venue where a forced order waits for an hour for a price that nobody pays."""


def borrow_and_buy(world: World, borrowed: str, spent: str, **account: str) -> None:
    """Bitcoin that mostly a loan paid for."""
    loan = {"asset": "USDT", "amount": borrowed, "type": "BORROW", **account}
    answer = world.post(LOANS, **loan)
    assert answer.status == 200, answer.json
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": spent, **account}
    answer = world.post(ORDER, **order)
    assert answer.json["status"] == "FILLED", answer.json


def near_its_level(world: World) -> None:
    """An order that lost 35,000 USDT would bring the cross account to its liquidation level."""
    borrow_and_buy(world, "300000", "240000")
    world.set_index("BTCUSDT", "40000")


def indebted(world: World) -> Key:
    """In Special Key Mode, with USDC in the spot wallet; the special key."""
    key = world.special_key()
    world.deposit("USDT", "1000")
    world.deposit("USDC", "10000", SPOT)
    borrow_and_buy(world, "150000", "249000")
    return key


def key_in_liquidation(world: World) -> Key:
    """The special key of an account whose forced order rests, where the venue is `SLOW`."""
    key = indebted(world)
    world.set_index("BTCUSDT", "31500")
    world.advance(1_000)
    assert world.get(ACCOUNT).json["tradeEnabled"] is False
    return key


def in_liquidation(world: World) -> None:
    key_in_liquidation(world)


def isolated_in_liquidation(world: World) -> None:
    """The same of the isolated account of BTCUSDT."""
    assert world.post(ISOLATED, symbol="BTCUSDT").status == 200
    world.deposit("USDT", "6000", "BTCUSDT")
    borrow_and_buy(world, "50000", "55000", isIsolated="TRUE", symbol="BTCUSDT")
    world.set_index("BTCUSDT", "56000")
    world.advance(1_000)
    [account] = world.get(ISOLATED, symbols="BTCUSDT").json["assets"]
    assert account["tradeEnabled"] is False, account


def bankrupt(world: World) -> None:
    """What it had is sold or taken over, and it owes the fund what was not enough."""
    indebted(world)
    world.set_index("BTCUSDT", "25000")
    world.advance(60_000)
    assert float(world.get("/sapi/v1/margin/liquidation-loan").json["remainingAmount"]) > 0


def repaying(world: World) -> None:
    """The same, with a repayment on its way."""
    bankrupt(world)
    world.submit(DelayLoanRepayments(60_000))
    answer = world.post("/sapi/v1/margin/liquidation-loan/repay", asset="USDC", amount="1")
    assert answer.json["status"] == "PENDING", answer.json
