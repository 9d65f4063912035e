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
    CancelOrderList,
    ChangeAccount,
    ChangeVenue,
    CloseIsolated,
    CreateAccount,
    CreateKey,
    CreateSpecialKey,
    DeleteSpecialKeys,
    Deposit,
    EditSpecialKeyIps,
    ExchangeSmallLiabilities,
    ExitSpecialKeyMode,
    Open,
    OpenIsolated,
    PlaceOrder,
    PlaceOrderList,
    Repay,
    SetBnbBurn,
    SetIndex,
    SetMaxLeverage,
    SetRates,
    Signed,
    Tick,
    Transfer,
    Withdraw,
)
from openmargin.domain.enums import (
    BORROWING,
    AccountType,
    CancelRestriction,
    Contingency,
    KeyKind,
    OrderType,
    Permission,
    Rounding,
    SelfTradePrevention,
    Side,
    SideEffect,
    SymbolStatus,
    TimeInForce,
)
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.money import E8
from openmargin.domain.orders import Leg, ListView, OrderView
from openmargin.domain.venue import (
    Asset,
    CollateralTier,
    CommissionRates,
    HouseRules,
    IsolatedTier,
    LeverageLevels,
    LiquidationRules,
    LoanTerms,
    MarginRules,
    OrderRules,
    SpecialKeyRules,
    Symbol,
    Venue,
)
from openmargin.domain.views import KeyView

START_MS = 1_767_225_600_000 - 20_000
"""Just before a full hour, so that the first one strikes soon."""

ACCOUNTS = 4
WORTH = {"BTC": 20_000, "ETH": 1_000, "BNB": 500}
STOPS = (
    OrderType.STOP_LOSS,
    OrderType.STOP_LOSS_LIMIT,
    OrderType.TAKE_PROFIT,
    OrderType.TAKE_PROFIT_LIMIT,
)
WITHOUT_PRICE = (OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT)
MOST = 2**62
"""No command says more than a journal can write."""


class Window(Protocol):
    """What the crowd sees of the market."""

    def scopes(self) -> list[tuple[int, Scope]]: ...
    def open_orders(self, account: int, scope: Scope) -> list[OrderView]: ...
    def open_lists(self, account: int, scope: Scope) -> list[ListView]: ...
    def free(self, account: int, scope: Scope, asset: str) -> int: ...
    def owed(self, account: int, scope: Scope, asset: str) -> int: ...
    def borrowable(self, account: int, scope: Scope, asset: str) -> int: ...
    def transferable(self, account: int, scope: Scope, asset: str) -> int: ...
    def last_price(self, symbol: str) -> int: ...
    def special_keys(self, account: int, scope: Scope) -> list[KeyView]: ...


def small_venue(*, house: bool) -> Venue:
    """Six assets, two of them without an index, four symbols, tight filters and limits within reach."""
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
            Asset("BNB", "BNB", min_borrow=1_000_000, pool_capital=40 * E8, loan_terms=terms),
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
                    isolated_tiers=(
                        _tier(10, 1_111, 1_050, 1, 25_000),
                        _tier(5, 1_250, 1_150, 2, 50_000),
                    ),
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
                    limits_price_to_index=True,
                    isolated_margin=False,
                )
            ),
            Symbol(
                "BNBUSDT",
                "BNB",
                "USDT",
                500 * E8,
                tick_size=E8 // 10,
                step_size=100_000,
                isolated_tiers=(_tier(3, 1_500, 1_180, 30, 9_000),),
            ),
            Symbol(
                "ETHBTC",
                "ETH",
                "BTC",
                5_000_000,
                tick_size=1_000,
                step_size=10_000,
                min_notional=20_000,
                isolated_tiers=(_tier(3, 1_500, 1_180, 30, 2),),
                self_trade_preventions=(SelfTradePrevention.NONE, SelfTradePrevention.EXPIRE_MAKER),
            ),
        ),
        (CommissionRates(100_000, 100_000), CommissionRates(20_000, 40_000)),
        MarginRules(
            (
                LeverageLevels(3, 15 * E8 // 10, 13 * E8 // 10, 11 * E8 // 10),
                LeverageLevels(5, 125 * E8 // 100, 116 * E8 // 100, 11 * E8 // 10),
            ),
            price_limit=4 * E8 // 100,
            small_liability_value=25 * E8,
            small_liabilities_max=2,
            small_liability_interval_ms=2 * 3_600_000,
            isolated_accounts_max=1,
            isolated_reclose_ms=6 * 3_600_000,
            # The twin does not liquidate yet.
            liquidation=LiquidationRules(enabled=False),
        ),
        OrderRules(limit_10s=7, limit_day=14),
        HouseRules(
            enabled=house, levels=4, spread=E8 // 1_000, level_gap=E8 // 2_000, level_value=9_000 * E8
        ),
        SpecialKeyRules(min_vip=1, keys_max=3, ips_max=2, name_max=10, cooldown_ms=3_600_000),
    )


def _tier(multiple: int, initial: int, liquidation: int, base: int, quote: int) -> IsolatedTier:
    """A tier of an isolated pair; its levels are given in thousandths."""
    thousandth = E8 // 1_000
    return IsolatedTier(multiple * E8, initial * thousandth, liquidation * thousandth, base * E8, quote * E8)


def _filtered(symbol: Symbol) -> Symbol:
    """The symbol with filters that a busy crowd runs into."""
    return msgspec.structs.replace(
        symbol,
        min_notional=5 * E8,
        max_notional=400_000 * E8,
        max_num_orders=5,
        max_num_algo_orders=3,
        max_num_iceberg_orders=1,
        max_num_order_lists=1,
        iceberg_parts=12,
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
        self.special: list[str] = []
        """Special keys that somebody asked for."""
        self.first: list[AnyCommand] = self._people()

    def opening(self) -> tuple[int, AnyCommand]:
        """The first thing asked of a blank exchange."""
        return self.at_ms, Open(self.venue, self.seed, 1)

    def _people(self) -> list[AnyCommand]:
        commands: list[AnyCommand] = []
        for number in range(1, ACCOUNTS + 1):
            master_id = 1 if number == ACCOUNTS else 0
            commands.append(CreateAccount(f"trader {number}", vip=number % 3, master_id=master_id))
            for scope, worth in ((CROSS, 60_000), (SPOT, 20_000)):
                commands.append(Deposit(number, scope, "USDT", worth * E8))
                commands.append(Deposit(number, scope, "BTC", worth * E8 // 20_000))
                commands.append(Deposit(number, scope, "ETH", worth * E8 // 1_000))
                commands.append(Deposit(number, scope, "BNB", self.chance.choice((1, 1_000_000, E8))))
        for number, pair in ((1, "BTCUSDT"), (2, "BTCUSDT"), (3, "ETHBTC"), (4, "BNBUSDT")):
            commands.append(OpenIsolated(number, "", 0, pair))
            for asset in (pair[:3], pair[3:]):
                commands.append(Deposit(number, pair, asset, 15_000 * E8 // WORTH.get(asset, 1)))
        if self.chance.random() < 0.8:
            commands += [ChangeAccount(number, trade_group_id=5) for number in (1, 2)]
        commands += [
            ChangeAccount(number, terms_signed=True) for number in (1, 2, 3) if self.chance.random() < 0.7
        ]
        key = CreateKey(1, "reader", KeyKind.HMAC, "", (Permission.READ,), ())
        trader = CreateKey(1, "trader", KeyKind.HMAC, "", (Permission.READ, Permission.TRADE), ())
        commands += [key, trader]
        for account in (1, 2):
            if self.chance.random() < 0.5:
                commands += [self._new_special_key(account, CROSS, ()) for _ in range(2)]
        if self.chance.random() < 0.2:  # As long as it owes nothing.
            commands.append(ExitSpecialKeyMode(2, "", 0))
        return commands

    def draw(self) -> tuple[int, AnyCommand]:
        """The next thing that somebody asks, and when."""
        self.at_ms += self._pause()
        if self.first:
            return self.at_ms, self.first.pop(0)
        makers: tuple[tuple[int, Callable[[], AnyCommand]], ...] = (
            (36, self._order),
            (6, self._against_self),
            (16, self._list),
            (9, self._cancel),
            (3, self._cancel_list),
            (3, self._cancel_all),
            (16, self._index),
            (8, self._borrow),
            (7, self._repay),
            (6, self._transfer),
            (2, self._deposit),
            (3, self._withdraw),
            (3, self._isolated),
            (2, self._leverage),
            (2, self._burn),
            (3, self._exchange),
            (2, self._administer),
            (5, self._special_key),
        )
        weights = [weight for weight, _ in makers]
        command = self.chance.choices([make for _, make in makers], weights)[0]()
        return self.at_ms, self._by_special_key(command)

    def _by_special_key(self, command: AnyCommand) -> AnyCommand:
        """Now and then what somebody asks is signed with a special key of his, mostly the right one."""
        if not isinstance(command, Signed) or self.chance.random() > 0.15:
            return command
        mine = [key for key in self._special_keys() if key.account_id == command.account_id]
        if not mine:
            return command
        key = self.chance.choice(mine)
        command = msgspec.structs.replace(command, api_key=key.api_key)
        if isinstance(command, PlaceOrder | PlaceOrderList | CancelAllOrders) and self.chance.random() < 0.9:
            command = msgspec.structs.replace(command, scope=key.special_scope)
        if isinstance(command, PlaceOrder | PlaceOrderList) and self.chance.random() < 0.9:
            command = msgspec.structs.replace(command, side_effect=SideEffect.NO_SIDE_EFFECT)
        return command

    def _special_keys(self) -> list[KeyView]:
        return [
            key for account, scope in self.window.scopes() for key in self.window.special_keys(account, scope)
        ]

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
        account = self.chance.randint(1, ACCOUNTS)
        pairs = [
            scope for owner, scope in self.window.scopes() if owner == account and scope not in (SPOT, CROSS)
        ]
        luck = self.chance.random()
        if pairs and luck < 0.2:
            return account, self.chance.choice(pairs)
        return account, CROSS if luck < 0.8 else SPOT

    def _symbol(self, scope: Scope = CROSS) -> str:
        luck = self.chance.random()
        if luck < 0.005:
            return "NOPE"
        if scope not in (SPOT, CROSS) and luck < 0.97:
            return scope
        return self.chance.choices([rules.name for rules in self.venue.symbols], (5, 3, 2, 2))[0]

    def _rules(self, symbol: str) -> Symbol:
        return next((rules for rules in self.venue.symbols if rules.name == symbol), self.venue.symbols[0])

    def _asset(self, scope: Scope = CROSS) -> str:
        luck = self.chance.random()
        if luck < 0.03:
            return self.chance.choice(("ODD", "GIFT", "NOPE"))
        if scope not in (SPOT, CROSS) and luck < 0.9:
            rules = self._rules(scope)
            return self.chance.choice((rules.base, rules.quote))
        return self.chance.choice(("BTC", "ETH", "USDT", "USDT", "BNB"))

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
        symbol = self._symbol(scope)
        rules = self._rules(symbol)
        side = self.chance.choice((Side.BUY, Side.SELL))
        kind = self.chance.choices(
            (OrderType.LIMIT, OrderType.MARKET, OrderType.LIMIT_MAKER, *STOPS), (10, 5, 2, 2, 2, 2, 2)
        )[0]
        effect = self._effect(scope)
        leg = self._leg(account, scope, rules, side, kind, effect)
        quantity, quote_quantity = leg.quantity, 0
        if kind is OrderType.MARKET and self.chance.random() < 0.4:
            quantity = 0 if self.chance.random() < 0.97 else leg.quantity
            quote_quantity = leg.quantity * self.index[rules.name] // E8 + self.chance.randrange(3)
        if kind is not OrderType.MARKET and self.chance.random() < 0.003:
            quote_quantity = E8
        api_key, expires_at_ms = self._signature()
        return PlaceOrder(
            account,
            api_key,
            expires_at_ms,
            scope,
            symbol,
            side,
            kind,
            leg.time_in_force,
            quantity,
            min(max(quote_quantity, 0), MOST),
            leg.price,
            leg.client_order_id,
            self._prevention(rules),
            effect,
            self.chance.random() < 0.7,
            leg.stop_price,
            leg.trailing_delta,
            leg.iceberg_quantity,
            *self._strategy(),
        )

    def _strategy(self) -> tuple[int | None, int | None]:
        return self.chance.choice(((None, None), (None, None), (0, None), (7, 1_000_000)))

    def _against_self(self) -> AnyCommand:
        """An order at the price of one that the same account, or one of its group, has in the book."""
        resting = [view for view in self._live() if view.spec.price and view.working_at_ms]
        if not resting:
            return self._order()
        view = self.chance.choice(resting)
        owner, scope = view.spec.account_id, view.spec.scope
        account = self.chance.choice((owner, 3 - owner if owner in (1, 2) else owner))
        mode = self.chance.choice(list(SelfTradePrevention))
        if view.spec.self_trade_prevention is SelfTradePrevention.TRANSFER and self.chance.random() < 0.7:
            mode = SelfTradePrevention.TRANSFER
        rules = self._rules(view.spec.symbol)
        left = view.spec.quantity - view.executed_quantity - view.prevented_quantity
        quantity = left * self.chance.choice((1, 1, 2, 3)) // self.chance.choice((1, 1, 2, 4))
        quantity -= quantity % rules.step_size
        kind = self.chance.choice((OrderType.LIMIT, OrderType.LIMIT, OrderType.MARKET))
        is_market = kind is OrderType.MARKET
        in_quote = is_market and self.chance.random() < 0.4
        side = Side(-view.spec.side)
        reach = self.chance.choice((0, 0, 5))
        price = view.spec.price * (2_000 + int(side) * reach) // 2_000
        return PlaceOrder(
            account,
            *self._signature(),
            scope if self.chance.random() < 0.8 else CROSS,
            view.spec.symbol,
            side,
            kind,
            TimeInForce.GTC if is_market else self.chance.choices(list(TimeInForce), (5, 2, 2))[0],
            0 if in_quote else quantity,
            quantity * view.spec.price // E8 if in_quote else 0,
            0 if is_market else price - price % rules.tick_size,
            "",
            mode,
            self._effect(scope),
            self.chance.random() < 0.7,
        )

    def _effect(self, scope: Scope) -> SideEffect:
        if scope == SPOT:
            return SideEffect.MARGIN_BUY if self.chance.random() < 0.03 else SideEffect.NO_SIDE_EFFECT
        return self.chance.choice(list(SideEffect))

    def _prevention(self, rules: Symbol) -> SelfTradePrevention:
        if self.chance.random() < 0.5:
            return SelfTradePrevention.NONE
        return self.chance.choice(
            (*rules.self_trade_preventions, rules.self_trade_preventions[-1])
            if self.chance.random() < 0.97
            else list(SelfTradePrevention)
        )

    def _leg(
        self,
        account: int,
        scope: Scope,
        rules: Symbol,
        side: Side,
        kind: OrderType,
        effect: SideEffect,
        quantity: int | None = None,
    ) -> Leg:
        """One order of a type, where such an order mostly stands."""
        price = self._price(rules, side, self.index[rules.name], kind)
        if quantity is None:
            quantity = self._size(account, scope, rules, side, effect, price or self.index[rules.name])
        stop_price = trailing_delta = iceberg = 0
        if kind in STOPS:
            stop_price, trailing_delta = self._stop(rules, side, kind)
        if self.chance.random() < (0.003 if kind in WITHOUT_PRICE else 0.2):
            iceberg = quantity // self.chance.choice((2, 3, 5, 9, 13, 40, 1))
            iceberg -= iceberg % rules.step_size if self.chance.random() < 0.97 else 0
        time_in_force = TimeInForce.GTC
        if kind not in WITHOUT_PRICE and kind is not OrderType.LIMIT_MAKER and not iceberg:
            time_in_force = self.chance.choices(list(TimeInForce), (7, 2, 2))[0]
        elif iceberg and self.chance.random() < 0.1:
            time_in_force = TimeInForce.IOC
        name = ""
        if self.chance.random() < 0.3:
            name = (
                self.chance.choice(self.names) if self.names and self.chance.random() < 0.2 else self._name()
            )
        return Leg(side, kind, time_in_force, quantity, price, stop_price, trailing_delta, iceberg, name)

    def _stop(self, rules: Symbol, side: Side, kind: OrderType) -> tuple[int, int]:
        """Stop price and trailing delta: near the market, mostly on the right side of it."""
        waits_above = (side is Side.BUY) == (kind in (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT))
        away = self.chance.choice((1, 1, 2, 4, 8, 15, 30)) * (1 if waits_above else -1)
        if self.chance.random() < 0.06:
            away = -away if self.chance.random() < 0.6 else 0
        last = self.window.last_price(rules.name) or self.index[rules.name]
        stop_price = last * (2_000 + away) // 2_000
        stop_price -= stop_price % rules.tick_size
        delta = self.chance.choice((10, 12, 25, 40, 70, 150, 9, 2_001))
        luck = self.chance.random()
        if luck < 0.55:
            return stop_price, 0
        if luck < 0.78:
            return 0, delta
        return (stop_price, delta) if luck < 0.99 else (0, 0)

    def _list(self) -> AnyCommand:
        """An order list whose legs stand where they should, or nearly."""
        account, scope = self._who()
        symbol = self._symbol(scope)
        rules = self._rules(symbol)
        effect = self._effect(scope)
        side = self.chance.choice((Side.BUY, Side.SELL))
        contingency = self.chance.choice(list(Contingency))
        legs: list[Leg] = []
        if contingency is not Contingency.OCO:
            working = self.chance.choice((OrderType.LIMIT, OrderType.LIMIT, OrderType.LIMIT_MAKER))
            legs.append(self._leg(account, scope, rules, side, working, effect))
        if contingency is Contingency.OTO:
            pending = self.chance.choice(list(OrderType))
            to_other = Side(-side) if self.chance.random() < 0.7 else side
            share = None if self.chance.random() < 0.3 else legs[0].quantity
            legs.append(self._leg(account, scope, rules, to_other, pending, effect, share))
        else:
            legs += self._pair(account, scope, rules, Side(-side) if legs else side, effect, legs)
        luck = self.chance.random()
        if luck < 0.02:
            legs.pop()
        elif luck < 0.04:
            legs.reverse()
        api_key, expires_at_ms = self._signature()
        return PlaceOrderList(
            account,
            api_key,
            expires_at_ms,
            scope,
            symbol,
            contingency,
            self.chance.choice(("", "list a", "list a", "list b")),
            tuple(legs),
            self._prevention(rules),
            effect,
            self.chance.random() < 0.7,
        )

    def _pair(
        self, account: int, scope: Scope, rules: Symbol, side: Side, effect: SideEffect, before: list[Leg]
    ) -> list[Leg]:
        """What takes the profit and what stops the loss, the one above the market first."""
        profit = self.chance.choice(
            (OrderType.LIMIT_MAKER, OrderType.LIMIT_MAKER, OrderType.LIMIT, *STOPS[2:])
        )
        loss = self.chance.choice(STOPS[:2])
        if self.chance.random() < 0.03:
            profit, loss = self.chance.choice(list(OrderType)), self.chance.choice(list(OrderType))
        share = before[0].quantity if before and self.chance.random() < 0.8 else None
        first = self._leg(account, scope, rules, side, profit, effect, share)
        again = first.quantity if self.chance.random() < 0.97 else None
        second = self._leg(account, scope, rules, side, loss, effect, again)
        return [first, second] if side is Side.SELL else [second, first]

    def _cancel_list(self) -> AnyCommand:
        lists = [
            view for account, scope in self.window.scopes() for view in self.window.open_lists(account, scope)
        ]
        api_key, expires_at_ms = self._signature()
        if not lists or self.chance.random() < 0.1:
            account, scope = self._who()
            number, name = self.chance.choice(((-1, ""), (-1, "nothing"), (1, ""), (10**9, "list a")))
            return CancelOrderList(
                account, api_key, expires_at_ms, scope, self._symbol(scope), number, name, ""
            )
        view = self.chance.choice(lists)
        number, name = self.chance.choice(
            (
                (view.list_id, ""),
                (-1, view.client_list_id),
                (view.list_id, view.client_list_id),
                (view.list_id, "not it"),
            )
        )
        cancel_name = self._name() if self.chance.random() < 0.2 else ""
        return CancelOrderList(
            view.account_id, api_key, expires_at_ms, view.scope, view.symbol, number, name, cancel_name
        )

    def _isolated(self) -> AnyCommand:
        """Open one, empty one, or close one."""
        account = self.chance.choice((1, 2, 3, 4, 4, 99))
        pairs = [
            scope for owner, scope in self.window.scopes() if owner == account and scope not in (SPOT, CROSS)
        ]
        luck = self.chance.random()
        if not pairs or luck < 0.2:
            return OpenIsolated(account, *self._signature(), self._symbol())
        pair = self.chance.choice(pairs)
        rules = self._rules(pair)
        for asset in (rules.base, rules.quote):
            owed = self.window.owed(account, pair, asset)
            free = self.window.free(account, pair, asset)
            if luck < 0.75 and owed and free >= owed:
                return Repay(account, *self._signature(), pair, asset, owed)
            if luck < 0.75 and free and not owed:
                return Transfer(account, *self._signature(), pair, SPOT, asset, free)
        if self.chance.random() < 0.3:  # And open it again, only to be refused another close.
            again = (OpenIsolated(account, "", 0, pair), CloseIsolated(account, "", 0, pair))
            self.first += again
        return CloseIsolated(account, *self._signature(), pair)

    def _special_key(self) -> AnyCommand:
        """Make one, edit it, delete some, or leave the mode."""
        account, scope = self._who()
        if scope == SPOT and self.chance.random() < 0.9:
            scope = CROSS
        luck = self.chance.random()
        signature = self._signature()
        key = self.chance.choice(self.special[-4:]) if self.special else "reader"
        known = self._special_keys()
        if known and luck < 0.35 and self.chance.random() < 0.8:
            view = self.chance.choice(known)
            account, scope, key = view.account_id, view.special_scope, view.api_key
        ips = tuple(f"10.0.0.{number}" for number in range(self.chance.choice((0, 0, 1, 2, 3))))
        if self.chance.random() < 0.3:
            ips = ("0.0.0.0", *ips)
        if luck < 0.15:
            return EditSpecialKeyIps(account, *signature, scope, key, ips)
        if luck < 0.27:
            return DeleteSpecialKeys(account, *signature, scope, key, "")
        if luck < 0.35:
            return DeleteSpecialKeys(account, *signature, scope, "", self.chance.choice(("bot", "desk")))
        if luck < 0.45:
            if known and self.chance.random() < 0.7:
                account = self.chance.choice(known).account_id
            if self.chance.random() < 0.6:  # Is there anybody who would come back at once?
                self.first.append(self._new_special_key(account, CROSS, ips))
            return ExitSpecialKeyMode(account, *signature)
        return self._new_special_key(account, scope, ips)

    def _new_special_key(self, account: int, scope: Scope, ips: tuple[str, ...]) -> AnyCommand:
        key = f"special {len(self.special)}"
        if self.special and self.chance.random() < 0.1:
            key = self.special[-1]
        self.special.append(key)
        return CreateSpecialKey(
            account,
            *self._signature(),
            scope,
            key,
            self.chance.choice(("bot", "bot", "desk", "desk", "", " x", "a name that is too long")),
            self.chance.choice((KeyKind.HMAC, KeyKind.RSA, KeyKind.ED25519)),
            "",
            ips,
            self.chance.random() < 0.7,
        )

    def _name(self) -> str:
        self.names.append(f"mine-{len(self.names)}")
        return self.names[-1]

    def _price(self, rules: Symbol, side: Side, index: int, kind: OrderType) -> int:
        luck = self.chance.random()
        if kind in WITHOUT_PRICE:
            return index if luck < 0.003 else 0
        if luck < 0.02:
            return self.chance.choice((0, 1, index * 9, rules.tick_size, index // 3))
        away = self.chance.choice((-1, 0, 1, 2, 5, 20, 80)) * self.chance.choice((-1, 1, 1))
        others = [view.spec.price for view in self._live() if view.spec.symbol == rules.name]
        if others and luck > 0.85:
            return self.chance.choice(others) or index - index % rules.tick_size
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
        if self.chance.random() < (0.4 if effect in BORROWING else 0.7):
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
                self._symbol(scope),
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
            account,
            api_key,
            expires_at_ms,
            spec.scope,
            spec.symbol,
            number,
            name,
            cancel_name,
            self.chance.choices(list(CancelRestriction), (8, 2, 1))[0],
        )

    def _cancel_all(self) -> AnyCommand:
        account, scope = self._who()
        return CancelAllOrders(account, *self._signature(), scope, self._symbol(scope))

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
            width = self.chance.choice((2, 10, 40, 40, 150, 500))
            price = self.index[rules.name] * (10_000 + self.chance.randint(-width, width)) // 10_000
            price = min(max(price, rules.start_price // 3), rules.start_price * 3)
            self.index[rules.name] = price
            prices.append((rules.name, price))
        return SetIndex(tuple(prices), self.chance.choice((0, 1)))

    def _borrow(self) -> AnyCommand:
        account, scope = self._who()
        scope = CROSS if scope == SPOT and self.chance.random() < 0.9 else scope
        asset = self._asset(scope)
        amount = self._near(self._borrowable(account, scope, asset))
        if self.chance.random() < 0.3:
            amount = max(amount, E8)  # Also where the level leaves no room for it.
        return Borrow(account, *self._signature(), scope, asset, amount)

    def _repay(self) -> AnyCommand:
        account, scope = self._who()
        asset = self._asset(scope)
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
            target = self.chance.choice((source, "ETHBTC"))
        pairs = [
            scope for owner, scope in self.window.scopes() if owner == account and scope not in (SPOT, CROSS)
        ]
        if pairs and self.chance.random() < 0.3:
            target = (
                self.chance.choice(pairs) if source in (SPOT, CROSS) else self.chance.choice((SPOT, CROSS))
            )
        asset = self._asset(source if source not in (SPOT, CROSS) else target)
        if self.chance.random() < 0.01:
            asset, source, target = "ODD", SPOT, CROSS
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
        asset = self._asset(scope)
        worth = WORTH.get(asset, 1)
        if self.chance.random() < 0.1:
            return Deposit(account, scope, asset, self.chance.choice((MOST, 2 * MOST - 1)))
        return Deposit(account, scope, asset, self._near(5_000 * E8 // worth))

    def _withdraw(self) -> AnyCommand:
        account, scope = self._who()
        asset = self._asset(scope)
        return Withdraw(account, scope, asset, self._leaving(account, scope, asset))

    def _leverage(self) -> AnyCommand:
        account, _ = self._who()
        return SetMaxLeverage(account, *self._signature(), self.chance.choice((3, 3, 3, 5, 5, 10)))

    def _burn(self) -> AnyCommand:
        account, _ = self._who()
        spot, interest = self.chance.choices((True, False, None), (3, 1, 1), k=2)
        return SetBnbBurn(account, *self._signature(), spot, interest)

    def _exchange(self) -> AnyCommand:
        """Mostly what somebody owes, whether or not it is small."""
        account, _ = self._who()
        names = ["BTC", "ETH", "BNB", "USDT", "ODD"]
        if self._exists(account, CROSS) and self.chance.random() < 0.8:
            names = [name for name in names if self.window.owed(account, CROSS, name)]
        self.chance.shuffle(names)
        assets = names[: self.chance.choice((0, 1, 1, 1, 2, 2, 3))]
        if assets and self.chance.random() < 0.03:
            assets.append(assets[0])
        return ExchangeSmallLiabilities(account, *self._signature(), tuple(assets))

    def _administer(self) -> AnyCommand:
        """What only an operator does."""
        account = self.chance.choice((1, 2, 3, 4, 4, 0, 99))
        change: Sequence[AnyCommand] = (
            Tick(),
            ChangeAccount(account, vip=self.chance.choice((0, 1, 2, 7, -1))),
            ChangeAccount(account, terms_signed=True, trade_group_id=self.chance.choice((5, 5, 6, -1))),
            ChangeAccount(account, account_type=self.chance.choice(list(AccountType))),
            CreateKey(account, self.chance.choice(("reader", f"key {self.at_ms}")), KeyKind.HMAC, "", (), ()),
            CreateAccount("late", vip=self.chance.choice((0, -1)), master_id=self.chance.choice((0, 1, 77))),
            self._other_rules(),
            self._rates(),
        )
        return self.chance.choice(change)

    def _margin(self) -> MarginRules:
        """The margin rules with some of the assumed ones altered."""
        pick = self.chance.choice
        return msgspec.structs.replace(
            self.venue.margin,
            interest_rounding=pick(list(Rounding)),
            burn_asset=pick(("BNB", "BNB", "BNB", "ETH", "ODD", "NOPE")),
            burn_interest_discount=pick((5 * E8 // 100, 0, E8 // 3)),
            burn_commission_discount=pick((25 * E8 // 100, 0, E8)),
        )

    def _rates(self) -> AnyCommand:
        asset = self.chance.choice(("BTC", "ETH", "USDT", "USDT", "GIFT", "NOPE"))
        daily = [self.chance.randrange(50_000) for _ in range(self.chance.randint(1, 3))]
        if self.chance.random() < 0.1:
            daily = self.chance.choice(([], [-1], [E8 + 1]))
        return SetRates(((asset, tuple(daily)),))

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
        assets = venue.assets
        if self.chance.random() < 0.3:
            terms = (LoanTerms(self.chance.randrange(50_000), 60 * E8),)
            assets = tuple(
                msgspec.structs.replace(asset, loan_terms=terms) if asset.name == "ETH" else asset
                for asset in assets
            )
        self.venue = msgspec.structs.replace(
            venue, house=house, commissions=rates, symbols=symbols, assets=assets, margin=self._margin()
        )
        return ChangeVenue(self.venue)


def commands(seed: int, steps: int, window: Window) -> Iterator[tuple[int, AnyCommand]]:
    """`steps` commands with their times, the opening first; what is drawn depends on what the window shows."""
    workload = Workload(seed, window)
    yield workload.opening()
    for _ in range(steps - 1):
        yield workload.draw()
