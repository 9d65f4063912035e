"""Hypothesis invents the story: any command at any moment, with every invariant on and the twin as judge.

Unlike the workload, what it finds it makes small: a failure is the shortest story that shows it.
"""

from __future__ import annotations

import msgspec
from hypothesis import settings, target
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from openmargin.domain.commands import (
    AnyCommand,
    Borrow,
    CancelAllOrders,
    CancelOrder,
    ChangeAccount,
    ChangeVenue,
    CreateAccount,
    Deposit,
    Open,
    PlaceOrder,
    Repay,
    SetIndex,
    Transfer,
    Withdraw,
)
from openmargin.domain.enums import (
    OrderType,
    SelfTradePrevention,
    Side,
    SideEffect,
    SymbolStatus,
    TimeInForce,
)
from openmargin.domain.events import OrderFilled
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.money import E8
from openmargin.domain.venue import CommissionRates, OrderRules
from openmargin.lab.simulate import Judge
from openmargin.lab.workload import START_MS, small_venue
from openmargin.runtime.bare import BareExchange

STEPS = 60

accounts = st.integers(1, 3)
scopes = st.sampled_from([CROSS, CROSS, SPOT])
symbols = st.sampled_from(["BTCUSDT", "ETHUSDT", "ETHBTC"])
assets = st.sampled_from(["USDT", "BTC", "ETH"])
parts = st.one_of(
    st.tuples(st.integers(1, 50), st.just(50), st.just(0)),
    st.tuples(st.integers(1, 20), st.just(60), st.just(0)),
    st.sampled_from([(1, 1, 0), (1, 1, 1), (1, 1, -1), (3, 2, 0), (0, 1, 0)]),
)
"""A share of what there is, as (numerator, denominator, atoms on top)."""


traders = st.tuples(accounts, scopes)
sides = st.sampled_from(Side)
effects = st.sampled_from(SideEffect)


def part_of(most: int, part: tuple[int, int, int]) -> int:
    return most * part[0] // part[1] + part[2]


class Market(RuleBasedStateMachine):
    """Three traders, three symbols, and a judge."""

    def __init__(self) -> None:
        super().__init__()
        self.target = BareExchange()
        self.judge = Judge(self.target)
        self.twin = self.judge.twin
        self.now = START_MS
        self.fills = 0

    def submit(self, command: AnyCommand) -> None:
        events = self.judge.submit(self.now, command)
        self.fills += sum(isinstance(event, OrderFilled) for event in events)

    def teardown(self) -> None:
        # Guides the search towards markets in which something happens.
        target(float(self.fills), label="fills")
        for account, scope in self.twin.scopes():
            self.judge.look_closer(account, scope)

    @initialize(house=st.booleans())
    def begin(self, house: bool) -> None:
        venue = small_venue(house=house)
        self.venue = msgspec.structs.replace(venue, orders=OrderRules(limit_10s=20, limit_day=40))
        self.submit(Open(self.venue, 1, 1))
        for account in (1, 2, 3):
            self.submit(CreateAccount("trader", vip=account - 1))
            for scope, part in ((CROSS, 1), (SPOT, 3)):
                self.submit(Deposit(account, scope, "USDT", 50_000 * E8 // part))
                self.submit(Deposit(account, scope, "BTC", E8 // part))
            self.submit(Deposit(account, SPOT, "ETH", 40 * E8))

    @rule(
        who=traders,
        symbol=symbols,
        side=sides,
        away=st.integers(-3, 40),
        part=parts,
        effect=effects,
        borrowed=st.booleans(),
        repays=st.booleans(),
        is_maker=st.booleans(),
        name=st.sampled_from(["", "", "", "one", "two"]),
    )
    def offer(
        self,
        who: tuple[int, Scope],
        symbol: str,
        side: Side,
        away: int,
        part: tuple[int, int, int],
        effect: SideEffect,
        borrowed: bool,
        repays: bool,
        is_maker: bool,
        name: str,
    ) -> None:
        """A limit order that waits, mostly, some thousandths from the index."""
        kind = OrderType.LIMIT_MAKER if is_maker else OrderType.LIMIT
        price = self.twin.index[symbol] * (1_000 - int(side) * away) // 1_000
        self.place(who, symbol, side, kind, TimeInForce.GTC, price, part, effect, borrowed, repays, name=name)

    @rule(
        who=traders,
        symbol=symbols,
        side=sides,
        time_in_force=st.sampled_from(TimeInForce),
        away=st.integers(-3, 40),
        part=parts,
        effect=effects,
        borrowed=st.booleans(),
        repays=st.booleans(),
    )
    def take(
        self,
        who: tuple[int, Scope],
        symbol: str,
        side: Side,
        time_in_force: TimeInForce,
        away: int,
        part: tuple[int, int, int],
        effect: SideEffect,
        borrowed: bool,
        repays: bool,
    ) -> None:
        """A limit order that reaches into the other side, mostly."""
        price = self.twin.index[symbol] * (1_000 + int(side) * away) // 1_000
        self.place(who, symbol, side, OrderType.LIMIT, time_in_force, price, part, effect, borrowed, repays)

    @rule(
        who=traders,
        symbol=symbols,
        side=sides,
        part=parts,
        effect=effects,
        borrowed=st.booleans(),
        repays=st.booleans(),
        in_quote=st.booleans(),
    )
    def take_at_market(
        self,
        who: tuple[int, Scope],
        symbol: str,
        side: Side,
        part: tuple[int, int, int],
        effect: SideEffect,
        borrowed: bool,
        repays: bool,
        in_quote: bool,
    ) -> None:
        gtc = TimeInForce.GTC
        self.place(
            who, symbol, side, OrderType.MARKET, gtc, 0, part, effect, borrowed, repays, in_quote=in_quote
        )

    @rule(
        buyer=traders,
        seller=traders,
        symbol=symbols,
        away=st.integers(-4, 4),
        parts=st.tuples(parts, parts),
        effects=st.tuples(effects, effects),
        buyer_first=st.booleans(),
    )
    def meet(
        self,
        buyer: tuple[int, Scope],
        seller: tuple[int, Scope],
        symbol: str,
        away: int,
        parts: tuple[tuple[int, int, int], tuple[int, int, int]],
        effects: tuple[SideEffect, SideEffect],
        buyer_first: bool,
    ) -> None:
        """Two who name the same price."""
        price = self.twin.index[symbol] * (1_000 + away) // 1_000
        both = [(buyer, Side.BUY, parts[0], effects[0]), (seller, Side.SELL, parts[1], effects[1])]
        for who, side, part, effect in both if buyer_first else reversed(both):
            self.place(who, symbol, side, OrderType.LIMIT, TimeInForce.GTC, price, part, effect, True, True)

    def place(
        self,
        who: tuple[int, Scope],
        symbol: str,
        side: Side,
        kind: OrderType,
        time_in_force: TimeInForce,
        price: int,
        part: tuple[int, int, int],
        effect: SideEffect,
        borrowed: bool,
        repays: bool,
        *,
        in_quote: bool = False,
        name: str = "",
    ) -> None:
        account, scope = who
        rules = self.twin.rules(symbol)
        index = self.twin.index[symbol]
        price -= price % rules.tick_size
        asset = rules.quote if side is Side.BUY else rules.base
        purse = self.twin.free(account, scope, asset)
        if borrowed and scope == CROSS:
            purse += self.twin.borrowable(account, scope, asset)
        purse = part_of(purse, part)
        quantity = purse * E8 // (price or index) if side is Side.BUY else purse
        if part != (3, 2, 0):
            quantity -= quantity % rules.step_size
        quote_quantity = 0
        if in_quote:
            quote_quantity = max(0, purse if side is Side.BUY else purse * index // E8)
            quantity = 0 if quote_quantity else quantity
        self.submit(
            PlaceOrder(
                account,
                "",
                0,
                scope,
                symbol,
                side,
                kind,
                time_in_force,
                quantity,
                quote_quantity,
                price,
                name,
                SelfTradePrevention.NONE,
                effect if scope == CROSS else SideEffect.NO_SIDE_EFFECT,
                repays,
            )
        )

    @rule(pick=st.integers(0, 1_000), by=st.sampled_from(["number", "name", "both", "neither", "mixed"]))
    def cancel(self, pick: int, by: str) -> None:
        live = self.twin.live()
        if not live:
            self.submit(CancelOrder(1, "", 0, CROSS, "BTCUSDT", pick, "", ""))
            return
        spec = live[pick % len(live)].view().spec
        number = spec.order_id if by in ("number", "both", "mixed") else 0
        name = {"name": spec.client_order_id, "both": spec.client_order_id, "mixed": "other"}.get(by, "")
        self.submit(CancelOrder(spec.account_id, "", 0, spec.scope, spec.symbol, number, name, ""))

    @rule(account=accounts, scope=scopes, symbol=symbols)
    def cancel_all(self, account: int, scope: Scope, symbol: str) -> None:
        self.submit(CancelAllOrders(account, "", 0, scope, symbol))

    @rule(account=accounts, asset=assets, part=parts)
    def borrow(self, account: int, asset: str, part: tuple[int, int, int]) -> None:
        amount = part_of(self.twin.borrowable(account, CROSS, asset), part)
        self.submit(Borrow(account, "", 0, CROSS, asset, amount))

    @rule(account=accounts, asset=assets, part=parts)
    def repay(self, account: int, asset: str, part: tuple[int, int, int]) -> None:
        amount = part_of(self.twin.owed(account, CROSS, asset), part)
        self.submit(Repay(account, "", 0, CROSS, asset, amount))

    @rule(account=accounts, asset=assets, part=parts, out=st.booleans(), away=st.booleans())
    def move(self, account: int, asset: str, part: tuple[int, int, int], out: bool, away: bool) -> None:
        source, target = (CROSS, SPOT) if out else (SPOT, CROSS)
        most = self.twin.free(account, source, asset)
        if out:
            most = min(most, self.twin.transferable(account, source, asset))
        amount = part_of(most, part)
        if away:
            self.submit(Withdraw(account, source, asset, amount))
        else:
            self.submit(Transfer(account, "", 0, source, target, asset, amount))

    @rule(moves=st.dictionaries(symbols, st.integers(-120, 120), min_size=1))
    def move_index(self, moves: dict[str, int]) -> None:
        prices = tuple(
            (symbol, max(1, self.twin.index[symbol] * (1_000 + move) // 1_000))
            for symbol, move in moves.items()
        )
        self.submit(SetIndex(prices, 1))

    @rule(milliseconds=st.one_of(st.integers(0, 90_000), st.sampled_from([3_600_000, 86_400_000])))
    def wait(self, milliseconds: int) -> None:
        self.now += milliseconds
        self.submit(SetIndex(()))

    @rule()
    def wait_for_the_hour(self) -> None:
        self.now += 3_600_000 - self.now % 3_600_000
        self.submit(SetIndex(()))

    @rule()
    def restart(self) -> None:
        self.target.reload()

    @rule(account=accounts, vip=st.integers(-1, 3))
    def promote(self, account: int, vip: int) -> None:
        self.submit(ChangeAccount(account, vip=vip))

    @rule(
        house=st.booleans(),
        levels=st.integers(1, 4),
        fee=st.integers(0, 1_000_000),
        closed=st.booleans(),
        backwards=st.booleans(),
    )
    def change_rules(self, house: bool, levels: int, fee: int, closed: bool, backwards: bool) -> None:
        replace = msgspec.structs.replace
        status = SymbolStatus.BREAK if closed else SymbolStatus.TRADING
        symbols = tuple(
            replace(rules, status=status) if rules.name == "ETHBTC" else rules for rules in self.venue.symbols
        )
        self.venue = replace(
            self.venue,
            house=replace(self.venue.house, enabled=house, levels=levels),
            commissions=(CommissionRates(fee // 2, fee),),
            symbols=symbols[::-1] if backwards else symbols,
        )
        self.submit(ChangeVenue(self.venue))


TestMarket = Market.TestCase
TestMarket.settings = settings(settings.default, stateful_step_count=STEPS)
