"""Single orders and their ends."""

from __future__ import annotations

import msgspec

from openmargin.domain.commands import (
    AmendOrder,
    AnyCommand,
    CancelAllOrders,
    CancelOrder,
    CancelReplace,
    PlaceOrder,
)
from openmargin.domain.enums import (
    BORROWING,
    CancelReplaceMode,
    CancelRestriction,
    OrderType,
    SelfTradePrevention,
    Side,
    SideEffect,
    TimeInForce,
)
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.money import E8
from openmargin.domain.orders import Leg
from openmargin.domain.venue import Symbol
from openmargin.lab.workload.crowd import ACCOUNTS, MOST, STOPS, WITHOUT_PRICE, Crowd


class Trading(Crowd):
    """Orders that depend on nobody."""

    def _order(self) -> AnyCommand:
        account, scope = self._who()
        return self._order_of(account, scope, self._symbol(scope))

    def _order_of(self, account: int, scope: Scope, symbol: str) -> PlaceOrder:
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

    def _reckless(self) -> AnyCommand:
        """An order for all that can be had, at a price that nobody asks for."""
        account, scope = self._who()
        rules = self._rules(self._symbol(scope))
        if scope == SPOT or not self._exists(account, scope):
            return self._order()
        side = self.chance.choice((Side.BUY, Side.SELL))
        price = self.index[rules.name] * (100 + 28 * side) // 100
        price -= price % rules.tick_size
        asset = rules.quote if side is Side.BUY else rules.base
        means = self.window.free(account, scope, asset) + self._borrowable(account, scope, asset)
        quantity = means * E8 // price if side is Side.BUY else means
        quantity = quantity * self.chance.choice((100, 100, 80)) // 100
        return PlaceOrder(
            account,
            *self._signature(),
            scope,
            rules.name,
            side,
            OrderType.LIMIT,
            TimeInForce.GTC,
            quantity - quantity % rules.step_size,
            0,
            price,
            "",
            self._prevention(rules),
            SideEffect.MARGIN_BUY,
            self.chance.random() < 0.7,
        )

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

    def _replace(self) -> AnyCommand:
        """Another order in place of one, mostly of the same account and market, sometimes under the same name."""
        cancel = self._cancel()
        account, scope, symbol = cancel.account_id, cancel.scope, cancel.symbol
        if self.chance.random() < 0.02:
            symbol = self._symbol(scope)
        order = self._order_of(account, scope, symbol)
        if cancel.client_order_id and self.chance.random() < 0.3:
            order = msgspec.structs.replace(order, client_order_id=cancel.client_order_id)
        return CancelReplace(
            account if self.chance.random() < 0.99 else 1 + account % ACCOUNTS,
            *self._signature(),
            self.chance.choice(list(CancelReplaceMode)),
            cancel,
            order,
            self.chance.random() < 0.3,
        )

    def _amend(self) -> AnyCommand:
        """Less of an order that lives, sometimes no less, or less than what has traded."""
        live = self._live()
        if not live or self.chance.random() < 0.03:
            account, scope = self._who()
            name = self.chance.choice(("nothing", *self.names[-2:]))
            return AmendOrder(account, *self._signature(), scope, self._symbol(scope), 0, name, E8, "")
        view = self.chance.choice((live[0], self.chance.choice(live)))  # The same one again and again.
        spec, done = view.spec, view.executed_quantity + view.prevented_quantity
        whole, step = spec.quantity, self._rules(view.spec.symbol).step_size
        quantity = whole - int((whole - done) * self.chance.random() ** 2)
        if self.chance.random() < (0.6 if done else 0.2):
            quantity = self.chance.choice((0, whole, whole + step, done, done + step, spec.iceberg_quantity))
        if self.chance.random() < 0.97:
            quantity -= quantity % step
        number, name = self.chance.choice(
            (
                (spec.order_id, ""),
                (0, spec.client_order_id),
                (spec.order_id, spec.client_order_id),
                (spec.order_id, "not it" if self.chance.random() < 0.2 else ""),
            )
        )
        new_name = self.chance.choice(("", "", self._name(), spec.client_order_id, *self.names[-2:]))
        account = spec.account_id if self.chance.random() < 0.97 else 1 + spec.account_id % ACCOUNTS
        signature = self._signature()
        return AmendOrder(account, *signature, spec.scope, spec.symbol, number, name, quantity, new_name)

    def _cancel(self) -> CancelOrder:
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
