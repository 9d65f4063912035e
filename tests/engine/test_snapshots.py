"""A snapshot forgets nothing: what was loaded goes on exactly as what was never stopped."""

from __future__ import annotations

import msgspec
import pytest

from openmargin.domain.commands import (
    AnyCommand,
    Borrow,
    CancelAllOrders,
    ChangeVenue,
    CloseListenKey,
    CreateAccount,
    CreateKey,
    Deposit,
    KeepListenKey,
    Open,
    OpenListenKey,
    PlaceOrder,
    SetIndex,
    Tick,
)
from openmargin.domain.enums import (
    KeyKind,
    OrderType,
    Permission,
    SelfTradePrevention,
    Side,
    SideEffect,
    TimeInForce,
    UserStream,
)
from openmargin.domain.ids import CROSS
from openmargin.domain.money import E8
from openmargin.lab.workload import START_MS, small_venue
from openmargin.runtime.bare import BareExchange

VENUE = small_venue(house=True)


def limit(symbol: str, side: Side, quantity: int, price: int) -> PlaceOrder:
    return PlaceOrder(
        1,
        "",
        0,
        CROSS,
        symbol,
        side,
        OrderType.LIMIT,
        TimeInForce.GTC,
        quantity,
        0,
        price,
        "",
        SelfTradePrevention.NONE,
        SideEffect.NO_SIDE_EFFECT,
        True,
    )


def key(name: str) -> CreateKey:
    return CreateKey(1, name, KeyKind.HMAC, "", (Permission.TRADE,), ())


BUY_BTC = limit("BTCUSDT", Side.BUY, E8 // 100, 19_000 * E8)
BUY_ETH = limit("ETHUSDT", Side.BUY, E8, 900 * E8)
REORDERED = msgspec.structs.replace(VENUE, symbols=VENUE.symbols[::-1], assets=VENUE.assets[::-1])

STORIES: dict[str, tuple[list[AnyCommand], list[AnyCommand]]] = {
    "keys go on counting": ([key("first"), key("second")], [key("third")]),
    "orders in a symbol that was left and comes back": (
        [BUY_BTC, CancelAllOrders(1, "", 0, CROSS, "BTCUSDT"), BUY_ETH],
        [BUY_BTC],
    ),
    "a venue that lists its symbols in another order": (
        [BUY_BTC, ChangeVenue(REORDERED)],
        [ChangeVenue(REORDERED), SetIndex((("BTCUSDT", 18_000 * E8),))],
    ),
    "a loan and its next hour": ([Borrow(1, "", 0, CROSS, "BTC", E8 // 10)], [key("late")]),
    "a queue with the house before and behind": (
        [
            BUY_BTC,
            SetIndex((("BTCUSDT", 19_100 * E8),)),
            BUY_BTC,
            limit("BTCUSDT", Side.SELL, E8, 19_000 * E8),
        ],
        [limit("BTCUSDT", Side.SELL, E8, 18_900 * E8), SetIndex((("BTCUSDT", 18_950 * E8),))],
    ),
    "listen keys, one of which is kept, and their ends": (
        [
            OpenListenKey(1, "", 0, CROSS, UserStream.TRADE, 8),
            OpenListenKey(1, "", 0, CROSS, UserStream.RISK, 9),
            KeepListenKey(1, "", 0, CROSS, UserStream.TRADE, 8),
        ],
        [CloseListenKey(1, "", 0, CROSS, UserStream.RISK, 0), Tick()],
    ),
}


@pytest.mark.parametrize("title", STORIES)
def test_a_loaded_engine_goes_on_alike(title: str) -> None:
    before, after = STORIES[title]
    opening: list[AnyCommand] = [
        Open(VENUE, 1, 1),
        CreateAccount("ann"),
        Deposit(1, CROSS, "USDT", 50_000 * E8),
        Deposit(1, CROSS, "BTC", 5 * E8),
    ]
    target = BareExchange()
    for command in opening + before:
        target.submit(START_MS, command)
    other = BareExchange()
    other.engine = target.engine.load(target.engine.dump())
    other.engine.check_everything = True
    assert other.engine.state_hash() == target.engine.state_hash()
    for hours, command in enumerate(after):
        at_ms = START_MS + hours * 3_600_000 + 60_000
        assert other.submit(at_ms, command) == target.submit(at_ms, command)
        assert other.engine.state_hash() == target.engine.state_hash()
