"""Order lists whose legs stand where they should, or nearly."""

from __future__ import annotations

from openmargin.domain.commands import AnyCommand, CancelOrderList, PlaceOrderList
from openmargin.domain.enums import Contingency, OrderType, Side, SideEffect
from openmargin.domain.ids import Scope
from openmargin.domain.orders import Leg
from openmargin.domain.venue import Symbol
from openmargin.lab.workload.crowd import STOPS
from openmargin.lab.workload.trading import Trading


class Lists(Trading):
    """Orders that depend on each other."""

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
            self.chance.choice(("", "list a", "list a")),
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
