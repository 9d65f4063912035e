"""An exchange that is over is gone, whoever still stood in its queues."""

import gc

from openmargin.config import load_venue
from openmargin.domain.commands import CreateAccount, Deposit, Open, PlaceOrder
from openmargin.domain.enums import OrderType, SelfTradePrevention, Side, SideEffect, TimeInForce
from openmargin.domain.ids import SPOT
from openmargin.domain.money import E8
from openmargin.engine.engine import EPOCH
from openmargin.engine.state import OpenOrders, TradingAccount
from openmargin.runtime.bare import BareExchange

BEGIN = 1_767_225_600_000


def one_life() -> int:
    """Orders of a user and of the house in one queue, and a stop that waits; how many of hers are open."""
    exchange = BareExchange()
    for command in (
        Open(load_venue(), 1, EPOCH),
        CreateAccount("ann"),
        Deposit(1, SPOT, "USDT", 100_000 * E8),
        Deposit(1, SPOT, "BTC", 10 * E8),
    ):
        exchange.submit(BEGIN, command)
    low = exchange.live.depth("BTCUSDT", 1).bids[0][0] - 100 * E8
    rest = ("", SelfTradePrevention.NONE, SideEffect.NO_SIDE_EFFECT, False)
    for price in (low, low, low - E8):
        words = (Side.BUY, OrderType.LIMIT, TimeInForce.GTC, E8 // 100, 0, price)
        exchange.submit(BEGIN, PlaceOrder(1, "", 0, SPOT, "BTCUSDT", *words, *rest))
    words = (Side.SELL, OrderType.STOP_LOSS_LIMIT, TimeInForce.GTC, E8 // 100, 0, low)
    exchange.submit(BEGIN, PlaceOrder(1, "", 0, SPOT, "BTCUSDT", *words, *rest, stop_price=low))
    return len(exchange.live.open_orders(1, SPOT, None))


def in_memory() -> int:
    gc.collect()
    return sum(type(one) in (TradingAccount, OpenOrders) for one in gc.get_objects())


def test_nothing_is_left_of_it() -> None:
    before = in_memory()
    for _ in range(3):
        assert one_life() == 4
    assert in_memory() <= before
