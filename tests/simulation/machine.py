"""What a made-up market is made of: who there is, what may be drawn, and the judge who follows it all."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis import target
from hypothesis.stateful import RuleBasedStateMachine, initialize

from openmargin.domain.commands import (
    AnyCommand,
    ChangeAccount,
    CreateAccount,
    Deposit,
    Open,
    OpenIsolated,
    PlaceOrder,
)
from openmargin.domain.enums import OrderType, SelfTradePrevention, Side, SideEffect, TimeInForce
from openmargin.domain.events import OrderFilled
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.money import E8
from openmargin.domain.venue import OrderRules
from openmargin.lab.simulate import Judge
from openmargin.lab.workload import START_MS, small_venue
from openmargin.runtime.bare import BareExchange

accounts = st.integers(1, 3)
PAIR = "BTCUSDT"
margins = st.sampled_from([CROSS, CROSS, PAIR])
scopes = st.sampled_from([CROSS, CROSS, SPOT, PAIR])
symbols = st.sampled_from(["BTCUSDT", "ETHUSDT", "ETHBTC"])
assets = st.sampled_from(["USDT", "BTC", "ETH"])
special_keys = st.sampled_from(["s1", "s2", "s3"])
parts = st.one_of(
    st.tuples(st.integers(1, 50), st.just(50), st.just(0)),
    st.tuples(st.integers(1, 20), st.just(60), st.just(0)),
    st.sampled_from([(1, 1, 0), (1, 1, 1), (1, 1, -1), (3, 2, 0), (0, 1, 0)]),
)
"""A share of what there is, as (numerator, denominator, atoms on top)."""


traders = st.tuples(accounts, scopes)
sides = st.sampled_from(Side)
effects = st.sampled_from(SideEffect)
modes = st.sampled_from([SelfTradePrevention.NONE, *SelfTradePrevention])
stops = st.sampled_from(
    [OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT]
)
deltas = st.sampled_from([0, 0, 10, 50, 200])
pieces = st.sampled_from([0, 0, 0, 2, 5, 13])
"""Into how many parts an iceberg falls; 0 for an order that shows itself whole."""


def part_of(most: int, part: tuple[int, int, int]) -> int:
    return most * part[0] // part[1] + part[2]


class Machine(RuleBasedStateMachine):
    """Three traders, three symbols, and a judge: what is asked is asked by rules that come on top."""

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
            if account < 3:
                self.submit(OpenIsolated(account, "", 0, PAIR))
            for scope, part in ((CROSS, 1), (SPOT, 3), (PAIR, 4))[: 3 if account < 3 else 2]:
                self.submit(Deposit(account, scope, "USDT", 50_000 * E8 // part))
                self.submit(Deposit(account, scope, "BTC", E8 // part))
            self.submit(Deposit(account, SPOT, "ETH", 40 * E8))
            group = 5 if account < 3 else -1
            self.submit(ChangeAccount(account, terms_signed=account > 1, trade_group_id=group))

    def place(self, *asked: Any, **details: Any) -> None:
        """Submit an `order`."""
        self.submit(self.order(*asked, **details))

    def order(
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
        mode: SelfTradePrevention = SelfTradePrevention.NONE,
        parts_shown: int = 0,
        stop_price: int = 0,
        delta: int = 0,
    ) -> PlaceOrder:
        account, scope = who
        rules = self.twin.rules(symbol)
        index = self.twin.index[symbol]
        price -= price % rules.tick_size
        quantity = self.quantity(who, symbol, side, part, borrowed, price or index)
        quote_quantity = 0
        if in_quote:
            quote_quantity = max(0, quantity * index // E8)
            quantity = 0 if quote_quantity else quantity
        iceberg = quantity // parts_shown if parts_shown else 0
        return PlaceOrder(
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
            mode,
            effect if scope != SPOT else SideEffect.NO_SIDE_EFFECT,
            repays,
            stop_price,
            delta,
            iceberg - iceberg % rules.step_size,
        )

    def quantity(
        self,
        who: tuple[int, Scope],
        symbol: str,
        side: Side,
        part: tuple[int, int, int],
        borrowed: bool,
        price: int,
    ) -> int:
        """A part of what somebody could pay."""
        account, scope = who
        rules = self.twin.rules(symbol)
        asset = rules.quote if side is Side.BUY else rules.base
        purse = self.twin.free(account, scope, asset)
        if borrowed and scope != SPOT:
            purse += self.twin.borrowable(account, scope, asset)
        purse = part_of(purse, part)
        quantity = purse * E8 // price if side is Side.BUY and price else purse
        return quantity if part == (3, 2, 0) else quantity - quantity % rules.step_size

    def stop_price(self, symbol: str, side: Side, kind: OrderType, away: int) -> int:
        last = self.twin.last_price(symbol) or self.twin.index[symbol]
        is_loss = kind in (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
        price = last * (1_000 + int(side) * (1 if is_loss else -1) * away) // 1_000
        return price - price % self.twin.rules(symbol).tick_size
