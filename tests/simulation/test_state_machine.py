"""Hypothesis invents the story: any command at any moment, with every invariant on and the twin as judge.

Unlike the workload, what it finds it makes small: a failure is the shortest story that shows it.
"""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import settings, target
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from openmargin.domain.commands import (
    AmendOrder,
    AnyCommand,
    Borrow,
    CancelAllOrders,
    CancelOrder,
    CancelOrderList,
    CancelReplace,
    ChangeAccount,
    ChangeVenue,
    CloseIsolated,
    CreateAccount,
    CreateSpecialKey,
    DeleteSpecialKeys,
    Deposit,
    ExitSpecialKeyMode,
    Open,
    OpenIsolated,
    PlaceOrder,
    PlaceOrderList,
    Repay,
    SetIndex,
    Transfer,
    Withdraw,
)
from openmargin.domain.enums import (
    CancelReplaceMode,
    CancelRestriction,
    Contingency,
    KeyKind,
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
from openmargin.domain.orders import Leg
from openmargin.domain.venue import CommissionRates, OrderRules
from openmargin.lab.simulate import Judge
from openmargin.lab.workload import START_MS, small_venue
from openmargin.runtime.bare import BareExchange

STEPS = 60

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
            if account < 3:
                self.submit(OpenIsolated(account, "", 0, PAIR))
            for scope, part in ((CROSS, 1), (SPOT, 3), (PAIR, 4))[: 3 if account < 3 else 2]:
                self.submit(Deposit(account, scope, "USDT", 50_000 * E8 // part))
                self.submit(Deposit(account, scope, "BTC", E8 // part))
            self.submit(Deposit(account, SPOT, "ETH", 40 * E8))
            group = 5 if account < 3 else -1
            self.submit(ChangeAccount(account, terms_signed=account > 1, trade_group_id=group))

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
        mode=modes,
        parts_shown=pieces,
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
        mode: SelfTradePrevention,
        parts_shown: int,
    ) -> None:
        """A limit order that waits, mostly, some thousandths from the index; some of them are icebergs."""
        kind = OrderType.LIMIT_MAKER if is_maker else OrderType.LIMIT
        price = self.twin.index[symbol] * (1_000 - int(side) * away) // 1_000
        gtc = TimeInForce.GTC
        more = {"name": name, "mode": mode, "parts_shown": parts_shown}
        self.place(who, symbol, side, kind, gtc, price, part, effect, borrowed, repays, **more)

    @rule(
        who=traders,
        symbol=symbols,
        side=sides,
        kind=stops,
        away=st.integers(-1, 12),
        delta=deltas,
        has_stop=st.booleans(),
        limit_away=st.integers(-5, 5),
        part=parts,
        effect=effects,
        borrowed=st.booleans(),
        repays=st.booleans(),
        mode=modes,
    )
    def lie_in_wait(
        self,
        who: tuple[int, Scope],
        symbol: str,
        side: Side,
        kind: OrderType,
        away: int,
        delta: int,
        has_stop: bool,
        limit_away: int,
        part: tuple[int, int, int],
        effect: SideEffect,
        borrowed: bool,
        repays: bool,
        mode: SelfTradePrevention,
    ) -> None:
        """A stop some thousandths from the last price, on its own side of it, mostly."""
        stop_price = self.stop_price(symbol, side, kind, away) if has_stop or not delta else 0
        price = 0
        if kind in (OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT_LIMIT):
            price = self.twin.index[symbol] * (1_000 + limit_away) // 1_000
        gtc = TimeInForce.GTC
        more = {"mode": mode, "stop_price": stop_price, "delta": delta}
        self.place(who, symbol, side, kind, gtc, price, part, effect, borrowed, repays, **more)

    def stop_price(self, symbol: str, side: Side, kind: OrderType, away: int) -> int:
        last = self.twin.last_price(symbol) or self.twin.index[symbol]
        is_loss = kind in (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
        price = last * (1_000 + int(side) * (1 if is_loss else -1) * away) // 1_000
        return price - price % self.twin.rules(symbol).tick_size

    @rule(
        who=traders,
        symbol=symbols,
        side=sides,
        contingency=st.sampled_from(Contingency),
        aways=st.tuples(st.integers(-4, 12), st.integers(-1, 12), st.integers(-1, 12)),
        kinds=st.tuples(st.sampled_from(OrderType), st.booleans(), st.booleans()),
        delta=deltas,
        part=parts,
        effect=effects,
        borrowed=st.booleans(),
        repays=st.booleans(),
        mode=modes,
        name=st.sampled_from(["", "", "a", "b"]),
        working=st.sampled_from([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC]),
    )
    def place_list(
        self,
        who: tuple[int, Scope],
        symbol: str,
        side: Side,
        contingency: Contingency,
        aways: tuple[int, int, int],
        kinds: tuple[OrderType, bool, bool],
        delta: int,
        part: tuple[int, int, int],
        effect: SideEffect,
        borrowed: bool,
        repays: bool,
        mode: SelfTradePrevention,
        name: str,
        working: TimeInForce,
    ) -> None:
        """A pair around the market, or something that waits for a working order, or both."""
        account, scope = who
        rules = self.twin.rules(symbol)
        quantity = self.quantity(who, symbol, side, part, borrowed, self.twin.index[symbol])

        def leg(
            side: Side, kind: OrderType, away: int, delta: int = 0, tif: TimeInForce = TimeInForce.GTC
        ) -> Leg:
            price = self.twin.index[symbol] * (1_000 - int(side) * away) // 1_000
            price -= price % rules.tick_size
            if kind in (OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT):
                price = 0
            is_stop = kind not in (OrderType.LIMIT, OrderType.LIMIT_MAKER, OrderType.MARKET)
            stop_price = self.stop_price(symbol, side, kind, abs(away) + 1) if is_stop and not delta else 0
            return Leg(side, kind, tif, quantity, price, stop_price, delta if is_stop else 0)

        other = Side(-side)
        legs = [] if contingency is Contingency.OCO else [leg(side, OrderType.LIMIT, aways[0], 0, working)]
        if contingency is Contingency.OTO:
            legs.append(leg(other, kinds[0], aways[1], delta))
        else:
            pair_side = other if legs else side
            profit = leg(
                pair_side, OrderType.TAKE_PROFIT if kinds[1] else OrderType.LIMIT_MAKER, aways[1] + 2
            )
            loss = leg(
                pair_side, OrderType.STOP_LOSS_LIMIT if kinds[2] else OrderType.STOP_LOSS, aways[2], delta
            )
            legs += [profit, loss] if pair_side is Side.SELL else [loss, profit]
        if scope == SPOT:
            effect = SideEffect.NO_SIDE_EFFECT
        self.submit(
            PlaceOrderList(
                account, "", 0, scope, symbol, contingency, name, tuple(legs), mode, effect, repays
            )
        )

    @rule(pick=st.integers(0, 1_000), by_name=st.booleans())
    def cancel_list(self, pick: int, by_name: bool) -> None:
        lists = [
            view for account, scope in self.twin.scopes() for view in self.twin.open_lists(account, scope)
        ]
        if not lists:
            self.submit(CancelOrderList(1, "", 0, CROSS, "BTCUSDT", pick, "", ""))
            return
        view = lists[pick % len(lists)]
        number, name = (-1, view.client_list_id) if by_name else (view.list_id, "")
        self.submit(CancelOrderList(view.account_id, "", 0, view.scope, view.symbol, number, name, ""))

    @rule(account=accounts, opens=st.booleans())
    def open_or_close(self, account: int, opens: bool) -> None:
        self.submit((OpenIsolated if opens else CloseIsolated)(account, "", 0, PAIR))

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
        mode=modes,
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
        mode: SelfTradePrevention,
    ) -> None:
        """A limit order that reaches into the other side, mostly."""
        price = self.twin.index[symbol] * (1_000 + int(side) * away) // 1_000
        kind = OrderType.LIMIT
        self.place(who, symbol, side, kind, time_in_force, price, part, effect, borrowed, repays, mode=mode)

    @rule(
        who=traders,
        symbol=symbols,
        side=sides,
        part=parts,
        effect=effects,
        borrowed=st.booleans(),
        repays=st.booleans(),
        in_quote=st.booleans(),
        mode=modes,
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
        mode: SelfTradePrevention,
    ) -> None:
        gtc = TimeInForce.GTC
        more = {"in_quote": in_quote, "mode": mode}
        self.place(who, symbol, side, OrderType.MARKET, gtc, 0, part, effect, borrowed, repays, **more)

    @rule(
        buyer=traders,
        seller=traders,
        symbol=symbols,
        away=st.integers(-4, 4),
        parts=st.tuples(parts, parts),
        effects=st.tuples(effects, effects),
        buyer_first=st.booleans(),
        mode=modes,
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
        mode: SelfTradePrevention,
    ) -> None:
        """Two who name the same price."""
        price = self.twin.index[symbol] * (1_000 + away) // 1_000
        both = [(buyer, Side.BUY, parts[0], effects[0]), (seller, Side.SELL, parts[1], effects[1])]
        for who, side, part, effect in both if buyer_first else reversed(both):
            kind, gtc = OrderType.LIMIT, TimeInForce.GTC
            self.place(who, symbol, side, kind, gtc, price, part, effect, True, True, mode=mode)

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

    @rule(
        pick=st.integers(0, 1_000),
        mode=st.sampled_from(CancelReplaceMode),
        restriction=st.sampled_from([CancelRestriction.NONE, *CancelRestriction]),
        by_name=st.booleans(),
        cancels_over_limit=st.booleans(),
        side=sides,
        is_market=st.booleans(),
        away=st.integers(-3, 40),
        part=parts,
        same_name=st.booleans(),
        prevention=modes,
    )
    def replace(
        self,
        pick: int,
        mode: CancelReplaceMode,
        restriction: CancelRestriction,
        by_name: bool,
        cancels_over_limit: bool,
        side: Side,
        is_market: bool,
        away: int,
        part: tuple[int, int, int],
        same_name: bool,
        prevention: SelfTradePrevention,
    ) -> None:
        """Another order in place of one that lives; where none does, of one that there never was."""
        live = self.twin.live()
        spec = live[pick % len(live)].view().spec if live else None
        who = (spec.account_id, spec.scope) if spec is not None else (1, SPOT)
        symbol = spec.symbol if spec is not None else "BTCUSDT"
        old_name = spec.client_order_id if spec is not None else "nothing"
        number = spec.order_id if spec is not None and not by_name else 0
        cancel = CancelOrder(
            who[0], "", 0, who[1], symbol, number, old_name if not number else "", "", restriction
        )
        kind = OrderType.MARKET if is_market else OrderType.LIMIT
        price = 0 if is_market else self.twin.index[symbol] * (1_000 - int(side) * away) // 1_000
        name = old_name if same_name else ""
        more = {"name": name, "mode": prevention}
        nothing = SideEffect.NO_SIDE_EFFECT
        order = self.order(
            who, symbol, side, kind, TimeInForce.GTC, price, part, nothing, False, True, **more
        )
        self.submit(CancelReplace(who[0], "", 0, mode, cancel, order, cancels_over_limit))

    @rule(
        pick=st.integers(0, 1_000),
        by=st.sampled_from(["number", "name", "both", "mixed"]),
        part=parts,
        naming=st.sampled_from(["", "", "kept", "one", "two"]),
    )
    def amend(self, pick: int, by: str, part: tuple[int, int, int], naming: str) -> None:
        """Less of an order that lives, mostly: also as much as there was, more, or less than was traded."""
        live = self.twin.live()
        if not live:
            self.submit(AmendOrder(1, "", 0, SPOT, "BTCUSDT", pick, "", E8, ""))
            return
        spec = live[pick % len(live)].view().spec
        quantity = part_of(spec.quantity, part)
        if part[2] == 0:
            quantity -= quantity % self.twin.rules(spec.symbol).step_size
        number = spec.order_id if by != "name" else 0
        name = {"name": spec.client_order_id, "both": spec.client_order_id, "mixed": "other"}.get(by, "")
        new_name = spec.client_order_id if naming == "kept" else naming
        self.submit(
            AmendOrder(spec.account_id, "", 0, spec.scope, spec.symbol, number, name, quantity, new_name)
        )

    @rule(account=accounts, scope=scopes, symbol=symbols)
    def cancel_all(self, account: int, scope: Scope, symbol: str) -> None:
        self.submit(CancelAllOrders(account, "", 0, scope, symbol))

    @rule(account=accounts, scope=margins, asset=assets, part=parts)
    def borrow(self, account: int, scope: Scope, asset: str, part: tuple[int, int, int]) -> None:
        amount = part_of(self.twin.borrowable(account, scope, asset), part)
        self.submit(Borrow(account, "", 0, scope, asset, amount))

    @rule(account=accounts, scope=margins, asset=assets, part=parts)
    def repay(self, account: int, scope: Scope, asset: str, part: tuple[int, int, int]) -> None:
        amount = part_of(self.twin.owed(account, scope, asset), part)
        self.submit(Repay(account, "", 0, scope, asset, amount))

    @rule(account=accounts, scope=margins, asset=assets, part=parts, out=st.booleans(), away=st.booleans())
    def move(
        self, account: int, scope: Scope, asset: str, part: tuple[int, int, int], out: bool, away: bool
    ) -> None:
        source, target = (scope, SPOT) if out else (SPOT, scope)
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

    @rule(who=traders, key=special_keys, name=st.sampled_from(["bot", "desk"]), kind=st.sampled_from(KeyKind))
    def make_special_key(self, who: tuple[int, Scope], key: str, name: str, kind: KeyKind) -> None:
        account, scope = who
        ips = ("10.0.0.7",) if name == "desk" else ()
        self.submit(CreateSpecialKey(account, "", 0, scope, key, name, kind, "", ips, name == "bot"))

    @rule(who=traders, key=special_keys, symbol=symbols, side=sides, lots=st.integers(1, 9), effect=effects)
    def trade_with_special_key(
        self, who: tuple[int, Scope], key: str, symbol: str, side: Side, lots: int, effect: SideEffect
    ) -> None:
        (account, scope), key = self._owner_of_special_key(who, key)
        price = self.twin.index[symbol] // 10**6 * 10**6
        self.submit(
            PlaceOrder(
                account,
                key,
                0,
                scope,
                symbol,
                side,
                OrderType.LIMIT,
                TimeInForce.GTC,
                lots * 100_000,
                0,
                price,
                "",
                SelfTradePrevention.NONE,
                effect if lots == 3 else SideEffect.NO_SIDE_EFFECT,
                True,
            )
        )

    @rule(who=traders, key=st.one_of(st.just(""), special_keys))
    def delete_special_keys(self, who: tuple[int, Scope], key: str) -> None:
        (account, scope), key = self._owner_of_special_key(who, key) if key else (who, key)
        self.submit(DeleteSpecialKeys(account, "", 0, scope, key, "bot"))

    def _owner_of_special_key(self, who: tuple[int, Scope], key: str) -> tuple[tuple[int, Scope], str]:
        """A key that there is, with its account and scope; where there is none, what was asked for."""
        there_are = list(self.twin.keys.values())
        if not there_are:
            return who, key
        chosen = there_are[int(key[1:]) % len(there_are)]
        return (chosen.account_id, chosen.scope if who[1] != SPOT else who[1]), chosen.api_key

    @rule(account=accounts)
    def leave_special_mode(self, account: int) -> None:
        self.submit(ExitSpecialKeyMode(account, "", 0))

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
