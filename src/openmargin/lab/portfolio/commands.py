"""A portfolio as commands on a new account.

Owns: their order. Money first, then orders, then debts: an order is checked before there is a debt that could refuse it,
and the level is looked at when all is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple, TypeVar

from openmargin.domain.commands import (
    AnyCommand,
    Deposit,
    OpenIsolated,
    PlaceOrder,
    PlaceOrderList,
    SeedDebt,
    SetIndex,
)
from openmargin.domain.enums import (
    Contingency,
    OrderType,
    SelfTradePrevention,
    Side,
    SideEffect,
    TimeInForce,
)
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.money import SUPPLY_MAX, parse_e8
from openmargin.domain.orders import Leg
from openmargin.domain.venue import Venue
from openmargin.lab.portfolio.answers import Holding, OpenOrder, Portfolio, Unreadable

_PLAIN: Final = re.compile(r"\d{1,18}(\.\d+)?")
_TRIGGERED: Final = {
    OrderType.STOP_LOSS_LIMIT: OrderType.LIMIT,
    OrderType.TAKE_PROFIT_LIMIT: OrderType.LIMIT,
}
"""What is left of an order whose stop has been reached."""


_Member = TypeVar("_Member", bound=IntEnum)


class Planned(NamedTuple):
    """A command, and what it is for."""

    what: str
    command: AnyCommand


class Plan:
    """What a portfolio becomes. Raises Unreadable where a part of it has no place in the venue."""

    def __init__(self, portfolio: Portfolio, venue: Venue, account_id: int) -> None:
        self.remarks: list[str] = []
        self.holdings: dict[tuple[Scope, str], tuple[int, int]] = {}
        """What each wallet should hold in the end, as (free, locked)."""
        self._account_id = account_id
        self._assets = {asset.name for asset in venue.assets}
        self._symbols = {symbol.name for symbol in venue.symbols}
        self._debts: list[Planned] = []
        self.commands: list[Planned] = [
            *self._prices(portfolio),
            *self._money(portfolio),
            *self._orders(portfolio),
        ]
        self.commands += self._debts

    def _prices(self, portfolio: Portfolio) -> Iterator[Planned]:
        saved = [(row.symbol, _amount(row.price)) for row in portfolio.prices if row.symbol in self._symbols]
        # A pair that has never traded, or no longer does, is told of with a price of zero.
        known = [(symbol, price) for symbol, price in saved if price]
        if known:
            yield Planned("prices", SetIndex(tuple(known)))

    def _money(self, portfolio: Portfolio) -> Iterator[Planned]:
        for holding in portfolio.spot.balances if portfolio.spot else ():
            yield from self._holding(SPOT, holding)
        for holding in portfolio.cross.user_assets if portfolio.cross else ():
            yield from self._holding(CROSS, holding)
        for row in portfolio.isolated.assets if portfolio.isolated else ():
            halves = (row.base_asset, row.quote_asset)
            if not row.enabled and not any(map(_is_there, halves)):
                continue
            self._require(row.symbol, self._symbols, "symbol")
            yield Planned(
                f"isolated account of {row.symbol}", OpenIsolated(self._account_id, "", 0, row.symbol)
            )
            for half in halves:
                yield from self._holding(row.symbol, half)

    def _holding(self, scope: Scope, holding: Holding) -> Iterator[Planned]:
        if not _is_there(holding):
            return
        self._require(holding.asset, self._assets, "asset")
        free, locked = _amount(holding.free), _amount(holding.locked)
        self.holdings[scope, holding.asset] = (free, locked)
        what = f"{holding.asset} in {scope}"
        if free + locked:
            yield Planned(what, Deposit(self._account_id, scope, holding.asset, free + locked))
        principal, interest = _amount(holding.borrowed), _amount(holding.interest)
        if principal + interest:
            debt = SeedDebt(self._account_id, scope, holding.asset, principal, interest)
            self._debts.append(Planned(f"debt of {what}", debt))

    def _orders(self, portfolio: Portfolio) -> Iterator[Planned]:
        lists: dict[int, list[OpenOrder]] = {}
        for order in portfolio.orders:
            if order.order_list_id >= 0:
                lists.setdefault(order.order_list_id, []).append(order)
        # An order's id says how long it has stood in its queue.
        for order in sorted(portfolio.orders, key=lambda one: one.order_id):
            self._require(order.symbol, self._symbols, "symbol")
            if _amount(order.executed_qty):
                self.remarks.append(
                    f"order {order.order_id}: {order.executed_qty} of {order.orig_qty} had been filled; what was left stands"
                )
            if order.order_list_id < 0:
                yield Planned(f"order {order.order_id} in {order.symbol}", self._order(order))
                continue
            legs = lists.pop(order.order_list_id, None)
            if legs is None:
                continue  # It came with the other one of its list.
            if not _is_oco(legs):
                raise Unreadable(
                    f"order list {order.order_list_id} is no OCO of two orders, and only these can be rebuilt"
                )
            yield Planned(f"order list {order.order_list_id} in {order.symbol}", self._oco(legs))

    def _order(self, order: OpenOrder) -> PlaceOrder:
        kind, stop_price = _kind(order), _amount(order.stop_price)
        if order.is_working and kind in _TRIGGERED:
            kind, stop_price = _TRIGGERED[kind], 0
            self.remarks.append(f"order {order.order_id}: its stop had been reached; it is a LIMIT order now")
        return PlaceOrder(
            self._account_id,
            "",
            0,
            _scope(order),
            order.symbol,
            _member(Side, order.side),
            kind,
            _member(TimeInForce, order.time_in_force),
            _left(order),
            0,
            _amount(order.price),
            order.client_order_id,
            _member(SelfTradePrevention, order.self_trade_prevention_mode),
            SideEffect.NO_SIDE_EFFECT,
            False,
            stop_price,
            0 if stop_price == 0 and kind is OrderType.LIMIT else max(order.trailing_delta, 0),
            _shown(order),
            order.strategy_id,
            order.strategy_type,
        )

    def _oco(self, orders: list[OpenOrder]) -> PlaceOrderList:
        above_first = sorted(
            orders, key=lambda one: _amount(one.stop_price) or _amount(one.price), reverse=True
        )
        first = orders[0]
        return PlaceOrderList(
            self._account_id,
            "",
            0,
            _scope(first),
            first.symbol,
            Contingency.OCO,
            "",
            tuple(_leg(order) for order in above_first),
            _member(SelfTradePrevention, first.self_trade_prevention_mode),
            SideEffect.NO_SIDE_EFFECT,
            False,
        )

    def _require(self, name: str, known: set[str], what: str) -> None:
        if name not in known:
            raise Unreadable(f"the exchange has no {what} {name}: give it a venue that has (`venue import`)")


def _is_oco(orders: list[OpenOrder]) -> bool:
    return len(orders) == 2 and orders[0].side == orders[1].side and _left(orders[0]) == _left(orders[1])


def _leg(order: OpenOrder) -> Leg:
    return Leg(
        _member(Side, order.side),
        _kind(order),
        _member(TimeInForce, order.time_in_force),
        _left(order),
        _amount(order.price),
        _amount(order.stop_price),
        max(order.trailing_delta, 0),
        _shown(order),
        order.client_order_id,
        order.strategy_id,
        order.strategy_type,
    )


def _scope(order: OpenOrder) -> Scope:
    if order.is_isolated is None:
        return SPOT
    return order.symbol if order.is_isolated else CROSS


def _left(order: OpenOrder) -> int:
    return _amount(order.orig_qty) - _amount(order.executed_qty)


def _shown(order: OpenOrder) -> int:
    """What an iceberg shows of itself; 0 where what is left of it hides nothing any more."""
    iceberg = _amount(order.iceberg_qty)
    return iceberg if iceberg < _left(order) else 0


def _is_there(holding: Holding) -> bool:
    return any(_amount(text) for text in (holding.free, holding.locked, holding.borrowed, holding.interest))


def _amount(text: str) -> int:
    amount = parse_e8(text) if _PLAIN.fullmatch(text) else None
    if amount is None:
        raise Unreadable(f'"{text}" is no amount of at most eight decimals')
    if amount > SUPPLY_MAX:
        raise Unreadable(f'"{text}" is more than there can be')
    return amount


def _kind(order: OpenOrder) -> OrderType:
    return _member(OrderType, order.type)


def _member(kind: type[_Member], name: str) -> _Member:
    if name not in kind.__members__:
        raise Unreadable(f"{name} is no {kind.__name__} that is known here")
    return kind[name]
