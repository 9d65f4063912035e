"""Orders and order lists of every kind, as Hypothesis makes them up: placed, amended, replaced and cancelled."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from openmargin.domain.commands import (
    AmendOrder,
    CancelAllOrders,
    CancelOrder,
    CancelOrderList,
    CancelReplace,
    PlaceOrderList,
)
from openmargin.domain.enums import (
    CancelReplaceMode,
    CancelRestriction,
    Contingency,
    OrderType,
    SelfTradePrevention,
    Side,
    SideEffect,
    TimeInForce,
)
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.money import E8
from openmargin.domain.orders import Leg
from tests.simulation.machine import (
    Machine,
    accounts,
    deltas,
    effects,
    modes,
    part_of,
    parts,
    pieces,
    scopes,
    sides,
    stops,
    symbols,
    traders,
)


class Ordering(Machine):
    """A market in which people do nothing but trade."""

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
