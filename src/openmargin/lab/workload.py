"""What a crowd might ask of an exchange: seeded, mixed, often sensible, sometimes wrong, sometimes at a limit.

Owns: the odds, and a small venue on which little happens without a consequence.
Never: decides what is right. It looks at a `Window` to pick orders that live and amounts that nearly fit.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import msgspec

from openmargin.domain.commands import (
    AnyCommand,
    Borrow,
    CancelAllOrders,
    CancelOrder,
    ChangeAccount,
    ChangeVenue,
    CreateAccount,
    CreateKey,
    Deposit,
    Open,
    PlaceOrder,
    Repay,
    SetIndex,
    Tick,
    Transfer,
    Withdraw,
)
from openmargin.domain.enums import (
    KeyKind,
    OrderType,
    Permission,
    SelfTradePrevention,
    Side,
    SideEffect,
    SymbolStatus,
    TimeInForce,
)
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.money import E8
from openmargin.domain.orders import OrderView
from openmargin.domain.venue import (
    Asset,
    CollateralTier,
    CommissionRates,
    HouseRules,
    LeverageLevels,
    LoanTerms,
    MarginRules,
    OrderRules,
    Symbol,
    Venue,
)

START_MS = 1_767_225_600_000 - 20_000
"""Just before a full hour, so that the first one strikes soon."""

ACCOUNTS = 4
MOST = 2**62
"""No command says more than a journal can write."""


class Window(Protocol):
    """What the crowd sees of the market."""

    def scopes(self) -> list[tuple[int, Scope]]: ...
    def open_orders(self, account: int, scope: Scope) -> list[OrderView]: ...
    def free(self, account: int, scope: Scope, asset: str) -> int: ...
    def owed(self, account: int, scope: Scope, asset: str) -> int: ...
    def borrowable(self, account: int, scope: Scope, asset: str) -> int: ...
    def transferable(self, account: int, scope: Scope, asset: str) -> int: ...
    def average_price(self, symbol: str) -> int: ...


def small_venue(*, house: bool) -> Venue:
    """Four assets, one of them without an index, three symbols, tight filters and limits within reach."""
    tiers = (
        CollateralTier(40_000 * E8, E8, E8),
        CollateralTier(90_000 * E8, 9 * E8 // 10, 8 * E8 // 10),
        CollateralTier(0, E8 // 2, 0),
    )
    terms = (LoanTerms(13_233, 130_000 * E8), LoanTerms(9_001, 200_000 * E8))
    coin_terms = (LoanTerms(24_077, 3 * E8), LoanTerms(20_000, 5 * E8))
    return Venue(
        "small",
        (
            Asset(
                "BTC",
                "Bitcoin",
                min_borrow=10_000,
                min_repay=10_000,
                min_debt_left=10_000,
                pool_capital=6 * E8,
                loan_terms=coin_terms,
                collateral_tiers=tiers,
            ),
            Asset(
                "ETH",
                "Ether",
                min_borrow=100_000,
                min_repay=100_000,
                min_debt_left=20_000,
                pool_capital=90 * E8,
                loan_terms=(LoanTerms(30_000, 60 * E8),),
                collateral_tiers=(CollateralTier(0, 95 * E8 // 100, 9 * E8 // 10),),
            ),
            Asset(
                "USDT",
                "Tether",
                min_borrow=E8,
                min_repay=E8,
                min_debt_left=E8,
                pool_capital=300_000 * E8,
                loan_terms=terms,
            ),
            Asset("ODD", "Odd one", collateral=False, loan_terms=terms, pool_capital=E8),
            Asset("GIFT", "Gift", borrowable=False),
        ),
        (
            _filtered(
                Symbol(
                    "BTCUSDT",
                    "BTC",
                    "USDT",
                    20_000 * E8,
                    tick_size=E8 // 100,
                    step_size=1_000,
                    max_quantity=30 * E8,
                    market_max_quantity=E8,
                    max_position=9 * E8,
                )
            ),
            _filtered(
                Symbol(
                    "ETHUSDT",
                    "ETH",
                    "USDT",
                    1_000 * E8,
                    tick_size=E8 // 100,
                    step_size=10_000,
                    average_price_minutes=1,
                )
            ),
            Symbol("ETHBTC", "ETH", "BTC", 5_000_000, tick_size=1_000, step_size=10_000, min_notional=20_000),
        ),
        (CommissionRates(100_000, 100_000), CommissionRates(20_000, 40_000)),
        MarginRules((LeverageLevels(3, 15 * E8 // 10, 13 * E8 // 10, 11 * E8 // 10),)),
        OrderRules(limit_10s=5, limit_day=9),
        HouseRules(
            enabled=house, levels=4, spread=E8 // 1_000, level_gap=E8 // 2_000, level_value=9_000 * E8
        ),
    )


def _filtered(symbol: Symbol) -> Symbol:
    """The symbol with filters that a busy crowd runs into."""
    return msgspec.structs.replace(
        symbol,
        min_notional=5 * E8,
        max_notional=400_000 * E8,
        max_num_orders=4,
        bid_multiplier_up=13 * E8 // 10,
        ask_multiplier_down=8 * E8 // 10,
    )


class Workload:
    """One crowd. The same seed before the same window asks the same."""

    def __init__(self, seed: int, window: Window) -> None:
        self.seed = seed
        self.window = window
        self.chance = random.Random(seed)
        self.venue = small_venue(house=self.chance.random() < 0.7)
        self.at_ms = START_MS
        self.index = {rules.name: rules.start_price for rules in self.venue.symbols}
        self.names: list[str] = []
        self.first: list[AnyCommand] = self._people()

    def opening(self) -> tuple[int, AnyCommand]:
        """The first thing asked of a blank exchange."""
        return self.at_ms, Open(self.venue, self.seed, 1)

    def _people(self) -> list[AnyCommand]:
        commands: list[AnyCommand] = []
        for number in range(1, ACCOUNTS + 1):
            commands.append(CreateAccount(f"trader {number}", vip=number % 3))
            for scope, worth in ((CROSS, 60_000), (SPOT, 20_000)):
                commands.append(Deposit(number, scope, "USDT", worth * E8))
                commands.append(Deposit(number, scope, "BTC", worth * E8 // 20_000))
                commands.append(Deposit(number, scope, "ETH", worth * E8 // 1_000))
        key = CreateKey(1, "reader", KeyKind.HMAC, "", (Permission.READ,), ())
        trader = CreateKey(1, "trader", KeyKind.HMAC, "", (Permission.READ, Permission.TRADE), ())
        return [*commands, key, trader]

    def draw(self) -> tuple[int, AnyCommand]:
        """The next thing that somebody asks, and when."""
        self.at_ms += self._pause()
        if self.first:
            return self.at_ms, self.first.pop(0)
        makers: tuple[tuple[int, Callable[[], AnyCommand]], ...] = (
            (46, self._order),
            (12, self._cancel),
            (3, self._cancel_all),
            (12, self._index),
            (8, self._borrow),
            (7, self._repay),
            (6, self._transfer),
            (2, self._deposit),
            (3, self._withdraw),
            (1, self._administer),
        )
        weights = [weight for weight, _ in makers]
        return self.at_ms, self.chance.choices([make for _, make in makers], weights)[0]()

    def _pause(self) -> int:
        """Mostly moments; now and then minutes, rarely hours, sometimes exactly to the full hour."""
        luck = self.chance.random()
        if luck < 0.90:
            return self.chance.choice((0, 0, 1, 7, 150, 900))
        if luck < 0.96:
            return self.chance.randrange(1_000, 180_000)
        if luck < 0.98:
            return 3_600_000 - self.at_ms % 3_600_000 - self.chance.choice((0, 1))
        return self.chance.randrange(1, 5 * 3_600_000)

    # --- Who, what and how much --------------------------------------------------------------------------------

    def _who(self) -> tuple[int, Scope]:
        if self.chance.random() < 0.01:
            return self.chance.choice((0, 1, 99)), self.chance.choice((CROSS, SPOT, "BTCUSDT", "world"))
        return self.chance.randint(1, ACCOUNTS), CROSS if self.chance.random() < 0.75 else SPOT

    def _symbol(self) -> str:
        if self.chance.random() < 0.005:
            return "NOPE"
        return self.chance.choices([rules.name for rules in self.venue.symbols], (5, 3, 2))[0]

    def _asset(self) -> str:
        if self.chance.random() < 0.03:
            return self.chance.choice(("ODD", "GIFT", "NOPE"))
        return self.chance.choice(("BTC", "ETH", "USDT", "USDT"))

    def _near(self, most: int) -> int:
        """Something up to `most`, often at the edge and sometimes over it."""
        luck = self.chance.random()
        if luck < 0.25:
            return most + self.chance.choice((-1, 0, 0, 1))
        if luck < 0.30:
            return min(self.chance.choice((0, -1, 1, 2 * most, most // 2 + 1)), MOST)
        return max(1, int(most * self.chance.random() ** 2))

    def _signature(self) -> tuple[str, int]:
        luck = self.chance.random()
        if luck < 0.985:
            return "", 0
        return self.chance.choice(
            (("reader", 0), ("trader", 0), ("nobody", 0), ("", self.at_ms - 1), ("", self.at_ms))
        )

    # --- What is asked -----------------------------------------------------------------------------------------

    def _order(self) -> AnyCommand:
        account, scope = self._who()
        symbol = self._symbol()
        rules = next((r for r in self.venue.symbols if r.name == symbol), self.venue.symbols[0])
        side = self.chance.choice((Side.BUY, Side.SELL))
        kind = self.chance.choices((OrderType.LIMIT, OrderType.MARKET, OrderType.LIMIT_MAKER), (6, 3, 1))[0]
        effect = self.chance.choice(list(SideEffect)) if scope == CROSS else SideEffect.NO_SIDE_EFFECT
        if self.chance.random() < 0.01:
            effect = SideEffect.MARGIN_BUY
        index = self.index[rules.name]
        price = self._price(rules, side, index, kind)
        quantity, quote_quantity = self._size(account, scope, rules, side, effect, price or index), 0
        if kind is OrderType.MARKET and self.chance.random() < 0.4:
            quantity, quote_quantity = 0, quantity * index // E8 + self.chance.randrange(3)
        limit = kind is OrderType.LIMIT
        name = ""
        if self.chance.random() < 0.3:
            name = (
                self.chance.choice(self.names) if self.names and self.chance.random() < 0.2 else self._name()
            )
        api_key, expires_at_ms = self._signature()
        return PlaceOrder(
            account,
            api_key,
            expires_at_ms,
            scope,
            symbol,
            side,
            kind,
            self.chance.choices(list(TimeInForce), (7, 2, 2))[0] if limit else TimeInForce.GTC,
            quantity,
            min(max(quote_quantity, 0), MOST),
            price,
            name,
            SelfTradePrevention.NONE,
            effect,
            self.chance.random() < 0.7,
        )

    def _name(self) -> str:
        self.names.append(f"mine-{len(self.names)}")
        return self.names[-1]

    def _price(self, rules: Symbol, side: Side, index: int, kind: OrderType) -> int:
        if kind is OrderType.MARKET:
            return 0
        luck = self.chance.random()
        if luck < 0.02:
            return self.chance.choice((0, 1, index * 9, rules.tick_size, index // 3))
        away = self.chance.choice((-1, 0, 1, 2, 5, 20, 80)) * self.chance.choice((-1, 1, 1))
        if kind is OrderType.LIMIT_MAKER:
            away = abs(away) + self.chance.choice((-1, 3, 3, 3))
        price = index - int(side) * index * away // 2_000
        price -= price % rules.tick_size
        return max(rules.tick_size, price + (1 if luck > 0.995 else 0))

    def _size(
        self, account: int, scope: Scope, rules: Symbol, side: Side, effect: SideEffect, price: int
    ) -> int:
        """Base that the purse nearly pays, in whole steps but for a few."""
        asset = rules.quote if side is Side.BUY else rules.base
        purse = self._free(account, scope, asset)
        if effect is not SideEffect.NO_SIDE_EFFECT and self.chance.random() < 0.6:
            purse += self._borrowable(account, scope, asset)
        if self.chance.random() < 0.7:
            purse //= self.chance.choice((3, 7, 20))
        quantity = min(self._near(purse * E8 // price if side is Side.BUY else purse), MOST)
        if self.chance.random() < 0.98:
            quantity -= quantity % rules.step_size
        return quantity

    def _free(self, account: int, scope: Scope, asset: str) -> int:
        return self.window.free(account, scope, asset) if self._exists(account, scope) else E8

    def _borrowable(self, account: int, scope: Scope, asset: str) -> int:
        known = self._exists(account, scope) and scope != SPOT
        return self.window.borrowable(account, scope, asset) if known else E8

    def _exists(self, account: int, scope: Scope) -> bool:
        return (account, scope) in self.window.scopes()

    def _live(self) -> Sequence[OrderView]:
        views: list[OrderView] = []
        for account, scope in self.window.scopes():
            views += self.window.open_orders(account, scope)
        return views

    def _cancel(self) -> AnyCommand:
        live = self._live()
        api_key, expires_at_ms = self._signature()
        cancel_name = self._name() if self.chance.random() < 0.2 else ""
        if not live or self.chance.random() < 0.1:
            account, scope = self._who()
            number = self.chance.choice((0, 1, 7, 10**9, -1))
            return CancelOrder(
                account,
                api_key,
                expires_at_ms,
                scope,
                self._symbol(),
                number,
                self.chance.choice(("", "", "nothing", *self.names[-3:])),
                cancel_name,
            )
        spec = self.chance.choice(live).spec
        number, name = self.chance.choice(
            (
                (spec.order_id, ""),
                (0, spec.client_order_id),
                (spec.order_id, spec.client_order_id),
                (spec.order_id, "not it"),
            )
        )
        account = spec.account_id if self.chance.random() < 0.95 else 1 + spec.account_id % ACCOUNTS
        return CancelOrder(
            account, api_key, expires_at_ms, spec.scope, spec.symbol, number, name, cancel_name
        )

    def _cancel_all(self) -> AnyCommand:
        account, scope = self._who()
        return CancelAllOrders(account, *self._signature(), scope, self._symbol())

    def _index(self) -> AnyCommand:
        """Mostly a small move of some symbols; now and then a jump that reaches into the books."""
        luck = self.chance.random()
        if luck < 0.02:
            return SetIndex((("BTCUSDT", self.chance.choice((0, -1))),))
        if luck < 0.03:
            return SetIndex((("BTCUSDT", self.index["BTCUSDT"]), ("NOPE", 1)))
        moved = self.chance.sample(self.venue.symbols, self.chance.randint(1, len(self.venue.symbols)))
        prices: list[tuple[str, int]] = []
        for rules in moved:
            width = self.chance.choice((2, 10, 40, 150))
            price = self.index[rules.name] * (10_000 + self.chance.randint(-width, width)) // 10_000
            price = min(max(price, rules.start_price // 3), rules.start_price * 3)
            self.index[rules.name] = price
            prices.append((rules.name, price))
        return SetIndex(tuple(prices), self.chance.choice((0, 1)))

    def _borrow(self) -> AnyCommand:
        account, scope = self._who()
        scope = CROSS if self.chance.random() < 0.97 else scope
        asset = self._asset()
        amount = self._near(self._borrowable(account, scope, asset))
        if self.chance.random() < 0.3:
            amount = max(amount, E8)  # Also where the level leaves no room for it.
        return Borrow(account, *self._signature(), scope, asset, amount)

    def _repay(self) -> AnyCommand:
        account, scope = self._who()
        asset = self._asset()
        known = self._exists(account, scope)
        owing = [
            (a, s, name)
            for a, s in self.window.scopes()
            for name in ("BTC", "ETH", "USDT")
            if self.window.owed(a, s, name)
        ]
        if owing and self.chance.random() < 0.85:
            account, scope, asset = self.chance.choice(owing)
            known = True
        owed = self.window.owed(account, scope, asset) if known else 0
        amount = (
            owed + self.chance.choice((-1, 0, 0, 0, 1)) if self.chance.random() < 0.4 else self._near(owed)
        )
        if self.chance.random() < 0.2:
            amount = self.chance.choice((5_000, 10_000, owed - 9_999, owed - 10_000))
        return Repay(account, *self._signature(), scope, asset, amount)

    def _transfer(self) -> AnyCommand:
        account, source = self._who()
        target = SPOT if source == CROSS else CROSS
        if self.chance.random() < 0.03:
            target = self.chance.choice((source, "ETHUSDT"))
        asset = self._asset()
        return Transfer(
            account, *self._signature(), source, target, asset, self._leaving(account, source, asset)
        )

    def _leaving(self, account: int, scope: Scope, asset: str) -> int:
        if not self._exists(account, scope):
            return E8
        free = self.window.free(account, scope, asset)
        if scope == SPOT or self.chance.random() < 0.2:
            return self._near(free)
        return self._near(self.window.transferable(account, scope, asset))

    def _deposit(self) -> AnyCommand:
        account, scope = self._who()
        asset = self._asset()
        worth = {"BTC": 20_000, "ETH": 1_000}.get(asset, 1)
        if self.chance.random() < 0.1:
            return Deposit(account, scope, asset, self.chance.choice((MOST, 2 * MOST - 1)))
        return Deposit(account, scope, asset, self._near(5_000 * E8 // worth))

    def _withdraw(self) -> AnyCommand:
        account, scope = self._who()
        asset = self._asset()
        return Withdraw(account, scope, asset, self._leaving(account, scope, asset))

    def _administer(self) -> AnyCommand:
        """What only an operator does."""
        account = self.chance.choice((1, 2, 3, 4, 4, 0, 99))
        change: Sequence[AnyCommand] = (
            Tick(),
            ChangeAccount(account, vip=self.chance.choice((0, 1, 2, 7, -1))),
            ChangeAccount(account, terms_signed=True, trade_group_id=5),
            CreateKey(account, self.chance.choice(("reader", f"key {self.at_ms}")), KeyKind.HMAC, "", (), ()),
            CreateAccount("late", vip=self.chance.choice((0, -1)), master_id=self.chance.choice((0, 1, 77))),
            self._other_rules(),
        )
        return self.chance.choice(change)

    def _other_rules(self) -> AnyCommand:
        venue = self.venue
        house = msgspec.structs.replace(
            venue.house, enabled=self.chance.random() < 0.6, levels=self.chance.randint(1, 6)
        )
        luck = self.chance.random()
        if luck < 0.2:
            return ChangeVenue(msgspec.structs.replace(venue, assets=venue.assets[1:]))
        if luck < 0.4:
            return ChangeVenue(msgspec.structs.replace(venue, symbols=venue.symbols[:-1]))
        rates = (CommissionRates(self.chance.randrange(200_000), self.chance.randrange(200_000)),)
        status = SymbolStatus.BREAK if self.chance.random() < 0.3 else SymbolStatus.TRADING
        last = msgspec.structs.replace(venue.symbols[-1], status=status)
        symbols = (*venue.symbols[:-1], last)
        self.venue = msgspec.structs.replace(venue, house=house, commissions=rates, symbols=symbols)
        return ChangeVenue(self.venue)


def commands(seed: int, steps: int, window: Window) -> Iterator[tuple[int, AnyCommand]]:
    """`steps` commands with their times, the opening first; what is drawn depends on what the window shows."""
    workload = Workload(seed, window)
    yield workload.opening()
    for _ in range(steps - 1):
        yield workload.draw()
