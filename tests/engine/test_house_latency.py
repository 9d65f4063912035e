"""A house that sees the index late: its old quotes trade until then."""

import msgspec
import pytest

from openmargin.config import load_venue
from openmargin.domain.commands import (
    AnyCommand,
    ChangeVenue,
    CreateAccount,
    Deposit,
    Open,
    PlaceOrder,
    SetIndex,
    Tick,
)
from openmargin.domain.enums import OrderType, SelfTradePrevention, Side, SideEffect, TimeInForce
from openmargin.domain.ids import SPOT
from openmargin.domain.money import E8
from openmargin.domain.venue import Venue
from openmargin.engine.engine import EPOCH, Engine
from openmargin.runtime.bare import BareExchange

BEGIN = 1_767_225_600_000
VENUE = load_venue()


def lagging(milliseconds: int) -> Venue:
    return msgspec.structs.replace(VENUE, house=msgspec.structs.replace(VENUE.house, latency_ms=milliseconds))


class Market:
    def __init__(self, latency_ms: int = 500) -> None:
        self.exchange = BareExchange()
        self.at(0, Open(lagging(latency_ms), 1, EPOCH))
        self.at(0, CreateAccount("ann"))
        self.at(0, Deposit(1, SPOT, "USDT", 1_000_000 * E8))
        self.at(0, Deposit(1, SPOT, "BTC", 10 * E8))

    def at(self, milliseconds: int, command: AnyCommand | None = None) -> None:
        self.exchange.submit(BEGIN + milliseconds, command or Tick())

    def index(self, milliseconds: int, price: int) -> None:
        self.at(milliseconds, SetIndex((("BTCUSDT", price * E8),)))

    def order(self, milliseconds: int, side: Side, price: float, symbol: str = "BTCUSDT") -> None:
        words = (Side(side), OrderType.LIMIT, TimeInForce.GTC, E8 // 10, 0, round(price * E8), "")
        rest = (SelfTradePrevention.NONE, SideEffect.NO_SIDE_EFFECT, False)
        self.at(milliseconds, PlaceOrder(1, "", 0, SPOT, symbol, *words, *rest))

    @property
    def bid(self) -> int:
        return self.exchange.live.depth("BTCUSDT", 1).bids[0][0] // E8

    @property
    def last(self) -> int:
        return self.exchange.live.last_price("BTCUSDT") // E8


@pytest.mark.parametrize("rests", [False, True], ids=["empty book", "with a user's order"])
def test_old_quotes_stand_until_the_house_has_seen_the_move(rests: bool) -> None:
    market = Market()
    market.index(0, 60_000)
    market.at(1000)
    if rests:
        market.order(1000, Side.BUY, 40_000)
    market.index(2000, 50_000)
    assert (market.bid, market.last) == (59_994, 60_000)
    market.at(2499)
    assert market.bid == 59_994
    market.at(2500)
    assert (market.bid, market.last) == (49_995, 50_000)


def test_whoever_is_faster_trades_at_the_old_price() -> None:
    market = Market()
    market.index(0, 60_000)
    market.at(1000)
    market.index(2000, 50_000)
    market.order(2100, Side.SELL, 59_000)
    assert market.last == 59_994
    market.order(2600, Side.SELL, 49_000)
    assert market.last == 49_995


def test_moves_in_between_are_seen_as_the_last_of_them() -> None:
    market = Market()
    for step, price in enumerate([60_000, 50_000, 55_000]):
        market.index(1000 + 100 * step, price)
    market.at(1499)
    assert market.last != 55_000
    market.at(1500)
    assert (market.bid, market.last) == (54_994, 55_000)
    market.at(1600)  # Pairs against BTC follow the first move that made BTC worth something else.
    assert market.exchange.engine.next_due_ms() is None


@pytest.mark.parametrize("rests", [False, True], ids=["empty book", "with a user's order"])
def test_quotes_keep_their_size_until_the_house_has_seen_what_they_are_worth(rests: bool) -> None:
    market = Market()
    market.index(0, 60_000)
    market.at(1000)
    if rests:
        market.order(1000, Side.BUY, 0.04, "ETHBTC")
    old = market.exchange.live.depth("ETHBTC", 5)
    told = market.exchange.live.update_id("ETHBTC")
    market.index(2000, 30_000)
    assert market.exchange.live.depth("ETHBTC", 5) == old
    market.exchange.reload()
    assert market.exchange.live.depth("ETHBTC", 5) == old
    assert market.exchange.live.update_id("ETHBTC") == told
    market.at(2500)
    new = market.exchange.live.depth("ETHBTC", 5)
    assert new.bids[0][1] == pytest.approx(2 * old.bids[0][1], rel=0.01)
    assert market.exchange.live.update_id("ETHBTC") > told


def test_it_survives_a_restart_and_ends_with_the_rule() -> None:
    market = Market()
    market.index(0, 60_000)
    market.at(1000)
    market.index(2000, 50_000)
    kept = market.exchange.engine.dump()
    assert Engine.load(kept).dump() == kept
    market.exchange.reload()
    assert market.bid == 59_994
    market.at(2100, ChangeVenue(lagging(0)))
    assert market.bid == 49_995
    assert market.exchange.engine.next_due_ms() is None
    market.index(2200, 40_000)
    assert market.bid == 39_996


def test_a_house_that_is_switched_off_waits_for_nothing() -> None:
    market = Market()
    market.index(0, 60_000)
    market.at(1000)
    market.index(2000, 50_000)
    off = msgspec.structs.replace(VENUE, house=msgspec.structs.replace(VENUE.house, enabled=False))
    market.at(2100, ChangeVenue(off))
    assert market.exchange.engine.next_due_ms() is None
