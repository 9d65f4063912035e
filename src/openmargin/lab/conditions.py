"""What time may be run to: a level, a status, a price, an order.

Never: changes anything; each looks at what is so after a record, and remembers what it saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol, TypeAlias

from openmargin.domain.enums import MarginStatus, OrderStatus
from openmargin.domain.events import AnyEvent, OrderActivated, OrderAmended, OrderClosed, OrderFilled
from openmargin.domain.ids import CROSS, SPOT
from openmargin.domain.money import format_e8
from openmargin.domain.orders import OrderView
from openmargin.domain.reasons import Reason, Rejected
from openmargin.history import queries
from openmargin.lab import shapes
from openmargin.lab.amounts import positive_e8
from openmargin.lab.errors import Refused, refused
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.live import Live


class Bound(Protocol):
    """A bound in a direction."""

    def is_reached(self, value: int) -> bool:
        """Has the value reached it?"""
        ...


class AtMost:
    def __init__(self, bound: int) -> None:
        self._bound = bound

    def is_reached(self, value: int) -> bool:
        return value <= self._bound


class AtLeast:
    def __init__(self, bound: int) -> None:
        self._bound = bound

    def is_reached(self, value: int) -> bool:
        return value >= self._bound


class LevelCondition:
    """A margin level reaches a bound."""

    def __init__(self, live: Live, account_id: int, scope: str, bound: Bound) -> None:
        self._live = live
        self._account_id = account_id
        self._scope = scope
        self._bound = bound
        self.found = ""

    def is_met(self, events: Sequence[AnyEvent]) -> bool:  # noqa: ARG002 (time alone changes a level)
        level = self._live.margin(self._account_id, self._scope).margin_level
        self.found = format_e8(level)
        return self._bound.is_reached(level)


class StatusCondition:
    """A margin account comes to a status."""

    def __init__(self, live: Live, account_id: int, scope: str, status: MarginStatus) -> None:
        self._live = live
        self._account_id = account_id
        self._scope = scope
        self._status = status
        self.found = ""

    def is_met(self, events: Sequence[AnyEvent]) -> bool:  # noqa: ARG002 (prices and time change a status)
        status = self._live.margin(self._account_id, self._scope).status
        self.found = status.name
        return status is self._status


class PriceCondition:
    """An index price or a last price reaches a bound."""

    def __init__(self, live: Live, symbol: str, bound: Bound, *, of_index: bool) -> None:
        self._live = live
        self._symbol = symbol
        self._bound = bound
        self._of_index = of_index
        self.found = ""

    def is_met(self, events: Sequence[AnyEvent]) -> bool:  # noqa: ARG002 (the price itself is looked at)
        price = self._price()
        self.found = format_e8(price)
        return price > 0 and self._bound.is_reached(price)

    def _price(self) -> int:
        if not self._of_index:
            return self._live.last_price(self._symbol)
        index = self._live.index(self._symbol)
        return 0 if index is None else index.price


class OrderCondition:
    """An order comes to a status."""

    def __init__(self, order: OrderView, status: OrderStatus) -> None:
        self._symbol = order.spec.symbol
        self._order_id = order.spec.order_id
        self._status = status
        self._present = order.status
        self.found = order.status.name

    def is_met(self, events: Sequence[AnyEvent]) -> bool:
        """Its statuses pass within a record, so each that it had is looked at."""
        if self._present is self._status:
            return True
        for event in events:
            if isinstance(event, OrderFilled | OrderActivated | OrderAmended | OrderClosed):
                order = event.order
                if order.spec.order_id == self._order_id and order.spec.symbol == self._symbol:
                    self._present = order.status
                    self.found = order.status.name
                    if self._present is self._status:
                        return True
        return False


AnyCondition: TypeAlias = LevelCondition | StatusCondition | PriceCondition | OrderCondition


async def condition_of(exchange: Exchange, asked: shapes.AnyUntil) -> AnyCondition:
    """The condition that a request names; refused where it names nothing that is there."""
    live = exchange.live
    match asked:
        case shapes.UntilLevel():
            scope = _scope(live, asked.account_id, asked.symbol)
            return LevelCondition(live, asked.account_id, scope, bound_of(asked.at_most, asked.at_least))
        case shapes.UntilStatus():
            scope = _scope(live, asked.account_id, asked.symbol)
            return StatusCondition(live, asked.account_id, scope, MarginStatus[asked.status])
        case shapes.UntilIndex() | shapes.UntilLastPrice():
            _require_symbol(live, asked.symbol)
            bound = bound_of(asked.at_most, asked.at_least)
            return PriceCondition(live, asked.symbol, bound, of_index=isinstance(asked, shapes.UntilIndex))
        case shapes.UntilOrder():
            return OrderCondition(await _order(exchange, asked), OrderStatus[asked.status])


def _require_symbol(live: Live, symbol: str) -> None:
    if all(rules.name != symbol for rules in live.venue.symbols):
        raise refused(Rejected(Reason.UNKNOWN_SYMBOL))


def _scope(live: Live, account_id: int, symbol: str) -> str:
    """The margin account that an account and perhaps a pair name."""
    if live.account(account_id) is None:
        raise refused(Rejected(Reason.UNKNOWN_ACCOUNT))
    if not symbol:
        return CROSS
    _require_symbol(live, symbol)
    if live.has_wallets(account_id, symbol) is None:
        raise refused(Rejected(Reason.UNKNOWN_SCOPE))
    return symbol


def bound_of(at_most: Decimal | None, at_least: Decimal | None) -> Bound:
    """The one bound that a request names."""
    if at_most is not None and at_least is None:
        return AtMost(positive_e8("atMost", at_most))
    if at_least is not None and at_most is None:
        return AtLeast(positive_e8("atLeast", at_least))
    raise Refused(400, "one bound is needed", 'write either "atMost" or "atLeast"')


async def _order(exchange: Exchange, asked: shapes.UntilOrder) -> OrderView:
    """The order as it stands, wherever it lies."""
    live = exchange.live
    _require_symbol(live, asked.symbol)
    if live.account(asked.account_id) is None:
        raise refused(Rejected(Reason.UNKNOWN_ACCOUNT))
    for scope in (SPOT, CROSS, asked.symbol):
        if live.has_wallets(asked.account_id, scope) is None:
            continue
        order = live.order(asked.account_id, scope, asked.symbol, asked.order_id, "")
        if order is None:
            order = await exchange.past.fetch(
                queries.Order(
                    account_id=asked.account_id, scope=scope, symbol=asked.symbol, order_id=asked.order_id
                )
            )
        if order is not None:
            return order
    raise Refused(404, "the account has no such order", "POST /sapi/v1/margin/order answers its orderId")
