"""The crash as what is asked of an exchange: who is there, what they hold, and where the index goes.

Owns: every command, as a function of the seed alone, so that a bare exchange and a served one live through the same crash.
Never: looks at what came of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final

from msgspec import Struct

from openmargin.domain.commands import (
    AnyCommand,
    Borrow,
    ChangeAccount,
    ChangeVenue,
    CreateAccount,
    CreateSpecialKey,
    Deposit,
    OpenIsolated,
    PlaceOrder,
    PlaceOrderList,
    SetIndex,
    SetMaxLeverage,
)
from openmargin.domain.enums import (
    Contingency,
    KeyKind,
    OrderType,
    SelfTradePrevention,
    Side,
    SideEffect,
    TimeInForce,
)
from openmargin.domain.ids import CROSS, Scope
from openmargin.domain.money import E8, Atoms, floor_to_step, round_to_step
from openmargin.domain.orders import Leg
from openmargin.domain.venue import HouseRules, Venue
from openmargin.lab.stories.venue import COINS, PRICES, story_venue

MINUTE_MS: Final = 60_000
STEPS: Final = 60
GAPS: Final = {22: 830, 41: 880}
"""Steps in which the index jumps, and to how many thousandths of what it was."""
SHARE_LEFT: Final = E8 * 6 // 10
"""What the index comes to, as a share of what it was."""
MAKERS: Final = 12
THINNING: Final = {1: 100_000, 20: 25_000, 36: 5_000}
"""From which step on the house quotes how much on each of its levels, in USDT: the book thins out as the price falls."""
_TICK: Final = E8 // 100
_LOT: Final = E8 // 10_000
_NONE: Final = SelfTradePrevention.NONE
_GTC: Final = TimeInForce.GTC


class Kind(Enum):
    """What sort of account somebody has, and how many have it."""

    CROSS_3X = ("cross 3x", 50, CROSS, 3)
    CROSS_5X = ("cross 5x", 40, CROSS, 5)
    SPECIAL = ("cross 5x, special key", 20, CROSS, 5)
    ISOLATED_3X = ("isolated 3x", 25, "SOLUSDT", 3)
    ISOLATED_5X = ("isolated 5x", 30, "ETHUSDT", 5)
    ISOLATED_10X = ("isolated 10x", 35, "BTCUSDT", 10)

    def __init__(self, title: str, count: int, scope: Scope, leverage: int) -> None:
        self.title = title
        self.count = count
        self.scope = scope
        self.leverage = leverage


class Person(Struct, frozen=True):
    """One of those whom the crash may ruin."""

    account_id: int
    kind: Kind


def people() -> tuple[Person, ...]:
    """All of them; account ids start at 1."""
    kinds = [kind for kind in Kind for _ in range(kind.count)]
    return tuple(Person(number, kind) for number, kind in enumerate(kinds, 1))


def venue(level_value: int) -> Venue:
    """The venue with a house that quotes 25 levels of so many USDT within 3 % of the index."""
    gap = E8 * 12 // 10_000
    return story_venue(
        HouseRules(
            levels=25,
            spread=E8 // 2_000,
            level_gap=gap,
            level_value=level_value * E8,
            walk_step_ms=24 * 60 * MINUTE_MS,  # The story alone moves the index.
        )
    )


def calm_venue() -> Venue:
    """The venue before the crash, with depth for everybody."""
    return venue(5_000_000)


def opening(seed: int) -> Iterator[AnyCommand]:
    """Everybody comes, borrows, buys or sells short, and leaves orders behind."""
    chance = random.Random(f"{seed}:people")
    for person in people():
        yield from _Entrance(person, chance).commands()
    for maker_id in maker_ids():
        yield CreateAccount(f"maker {maker_id}")
        yield Deposit(maker_id, CROSS, "USDT", 2_000_000 * E8)
        for _ in range(4):
            coin = chance.choice(COINS)
            below = chance.randint(10, 350)
            yield _bid(maker_id, coin, PRICES[coin] * (1_000 - below) // 1_000, chance)


def maker_ids() -> range:
    first = len(people()) + 1
    return range(first, first + MAKERS)


def index_path(seed: int) -> list[SetIndex]:
    """The index after each step: two gaps and a slide, each coin a little by itself, 40 % lower in the end."""
    chance = random.Random(f"{seed}:index")
    slide = SHARE_LEFT
    for thousandths in GAPS.values():
        slide = slide * 1_000 // thousandths
    path: list[SetIndex] = []
    jumped = E8
    for step in range(1, STEPS + 1):
        jumped = jumped * GAPS.get(step, 1_000) // 1_000
        share = (E8 - (E8 - slide) * step // STEPS) * jumped // E8
        prices: list[tuple[str, int]] = []
        for coin in COINS:
            stray = chance.randint(-15, 15)
            end = PRICES[coin] * SHARE_LEFT // E8
            price = end if step == STEPS else PRICES[coin] * share // E8 * (10_000 + stray) // 10_000
            prices.append((f"{coin}USDT", round_to_step(price, _TICK)))
        prices.append(("USDCUSDT", E8 + chance.randint(-60, 60) * E8 // 100_000))
        path.append(SetIndex(tuple(prices)))
    return path


def crash(seed: int) -> Iterator[tuple[int, AnyCommand]]:
    """The hour itself, as (milliseconds since it began, command): the index, a book that thins out, and bids below it."""
    chance = random.Random(f"{seed}:bids")
    for step, move in enumerate(index_path(seed), 1):
        begin_ms = step * MINUTE_MS
        if step in THINNING:
            yield begin_ms - 1, ChangeVenue(venue(THINNING[step]))
        yield begin_ms, move
        prices = dict(move.prices)
        for at_ms in sorted(chance.randrange(1, MINUTE_MS - 1) for _ in range(5)):
            coin = chance.choice(COINS)
            price = prices[f"{coin}USDT"] * (1_000 - chance.randint(3, 60)) // 1_000
            yield begin_ms + at_ms, _bid(chance.choice(maker_ids()), coin, price, chance)


class _Entrance:
    """How one person comes to what he holds and owes."""

    def __init__(self, person: Person, chance: random.Random) -> None:
        self.chance = chance
        self.account_id = person.account_id
        self.kind = person.kind
        self.scope = person.kind.scope
        self.money = chance.randrange(2_000, 30_000) * E8
        """His own, in USDT."""
        careful = chance.random() < 0.25
        boldest = 85 if person.kind is Kind.SPECIAL else 60
        percent = chance.randint(10, 30) if careful else chance.randint(boldest, 96)
        self.lent = self.money * (person.kind.leverage - 1) * percent // 100
        """What he borrows, in USDT."""
        self.is_short = chance.random() < 0.12

    def commands(self) -> Iterator[AnyCommand]:
        yield CreateAccount(f"{self.kind.title} {self.account_id}", vip=7 if self.kind is Kind.SPECIAL else 0)
        if self.kind is Kind.SPECIAL:
            yield ChangeAccount(self.account_id, terms_signed=True)
            key = f"special-{self.account_id}"
            yield CreateSpecialKey(
                self.account_id, "", 0, CROSS, key, "desk", KeyKind.HMAC, "", (), may_trade=True
            )
        if self.scope != CROSS:
            yield OpenIsolated(self.account_id, "", 0, self.scope)
        elif self.kind.leverage != 3:
            yield SetMaxLeverage(self.account_id, "", 0, self.kind.leverage)
        yield Deposit(self.account_id, self.scope, "USDT", self.money)
        coins = [self.scope.removesuffix("USDT")]
        if self.scope == CROSS:
            coins = self.chance.sample(COINS, self.chance.randint(1, 2))
        if self.is_short:
            yield from self._sell_short(coins)
        else:
            yield from self._buy(coins)

    def _sell_short(self, coins: Sequence[str]) -> Iterator[AnyCommand]:
        for coin in coins:
            quantity = _lots(self.lent * 9 // 10 // len(coins), PRICES[coin])
            yield self._borrow(coin, quantity)
            yield self._order(coin, Side.SELL, OrderType.MARKET, quantity)

    def _buy(self, coins: Sequence[str]) -> Iterator[AnyCommand]:
        if self.scope == CROSS and self.chance.random() < 0.3:
            dollars = floor_to_step(self.lent // 2, E8)
            yield self._borrow("USDC", dollars)
            yield self._order("USDC", Side.SELL, OrderType.MARKET, dollars)
            yield self._borrow("USDT", self.lent - dollars)
        else:
            yield self._borrow("USDT", self.lent)
        for coin in coins:
            spent = (self.money + self.lent) * 98 // 100 // len(coins)
            quantity = _lots(spent, PRICES[coin])
            yield self._order(coin, Side.BUY, OrderType.MARKET, quantity)
            yield from self._orders_left(coin, quantity)

    def _orders_left(self, coin: str, held: Atoms) -> Iterator[AnyCommand]:
        """What waits in the book while the price falls: sales above it, stops below it, both, or nothing."""
        quantity = floor_to_step(held * self.chance.randint(15, 40) // 100, _LOT)
        above = _ticks(PRICES[coin] * self.chance.randint(1_020, 1_120) // 1_000)
        # The more somebody owes, the nearer his stops: one that would liquidate him if it sold is refused.
        below = _ticks(PRICES[coin] * (1_000 - self.chance.randint(20, 900 // self.kind.leverage)) // 1_000)
        luck = self.chance.random()
        if luck < 0.25:
            yield self._order(coin, Side.SELL, OrderType.LIMIT, quantity, price=above)
        elif luck < 0.45:
            repays = SideEffect.NO_SIDE_EFFECT if self.kind is Kind.SPECIAL else SideEffect.AUTO_REPAY
            yield self._order(coin, Side.SELL, OrderType.STOP_LOSS, quantity, stop=below, side_effect=repays)
        elif luck < 0.65:
            legs = (
                Leg(Side.SELL, OrderType.LIMIT_MAKER, _GTC, quantity, above),
                Leg(Side.SELL, OrderType.STOP_LOSS, _GTC, quantity, 0, below),
            )
            symbol = f"{coin}USDT"
            yield PlaceOrderList(
                self.account_id,
                "",
                0,
                self.scope,
                symbol,
                Contingency.OCO,
                "",
                legs,
                _NONE,
                SideEffect.NO_SIDE_EFFECT,
                auto_repay_at_cancel=True,
            )

    def _borrow(self, asset: str, amount: Atoms) -> Borrow:
        return Borrow(self.account_id, "", 0, self.scope, asset, amount)

    def _order(
        self,
        coin: str,
        side: Side,
        order_type: OrderType,
        quantity: Atoms,
        price: int = 0,
        stop: int = 0,
        side_effect: SideEffect = SideEffect.NO_SIDE_EFFECT,
    ) -> PlaceOrder:
        return _order(self.account_id, self.scope, coin, side, order_type, quantity, price, stop, side_effect)


def _order(
    account_id: int,
    scope: Scope,
    coin: str,
    side: Side,
    order_type: OrderType,
    quantity: Atoms,
    price: int,
    stop: int = 0,
    side_effect: SideEffect = SideEffect.NO_SIDE_EFFECT,
) -> PlaceOrder:
    return PlaceOrder(
        account_id,
        "",
        0,
        scope,
        f"{coin}USDT",
        side,
        order_type,
        _GTC,
        quantity,
        0,
        price,
        "",
        _NONE,
        side_effect,
        auto_repay_at_cancel=True,
        stop_price=stop,
    )


def _bid(maker_id: int, coin: str, price: int, chance: random.Random) -> PlaceOrder:
    quantity = _lots(chance.randint(500, 9_000) * E8, price)
    return _order(maker_id, CROSS, coin, Side.BUY, OrderType.LIMIT, quantity, _ticks(price))


def _lots(value: Atoms, price: int) -> Atoms:
    """What a value in USDT buys at a price, in whole lots."""
    return floor_to_step(value * E8 // price, _LOT)


def _ticks(price: int) -> int:
    return floor_to_step(price, _TICK)
