"""Questions about orders, lists and trades, as far as both APIs ask them alike."""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import list_params, params
from openmargin.api.endpoint import Call
from openmargin.api.errors import BAD_COMBINATION, NO_SUCH_ORDER, ORDER_ARCHIVED, ApiError
from openmargin.api.intervals import interval_words
from openmargin.api.render import Reply
from openmargin.api.scopes import SymbolParams
from openmargin.api.single_orders import OneOrderParams
from openmargin.api.windows import DAY_MS
from openmargin.domain.enums import OrderStatus
from openmargin.domain.ids import Scope
from openmargin.domain.orders import ListView, OrderView, PreventedMatch
from openmargin.domain.views import OrderCountView
from openmargin.history import queries

_KEPT_MS: Final = 90 * DAY_MS
_UNDONE: Final = (OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.EXPIRED_IN_MATCH)


async def find_order(call: Call, asked: OneOrderParams, scope: Scope) -> OrderView:
    """An order that is open, or was; of several that ended under one name the newest.

    One that ended long ago without a trade is refused as archived.
    """
    asked.require_a_name()
    call.catalogue.symbol(asked.symbol)
    account_id = call.sender.account_id
    order = None
    if call.is_open(scope):
        order = await call.exchange.read(
            lambda live: live.order(account_id, scope, asked.symbol, asked.order_id, asked.client_order_id)
        )
    if order is None:
        order = await call.exchange.past.fetch(
            queries.Order(
                account_id=account_id,
                scope=scope,
                symbol=asked.symbol,
                order_id=asked.order_id or None,
                client_order_id=asked.client_order_id or None,
            )
        )
    if order is None or (asked.client_order_id and order.spec.client_order_id != asked.client_order_id):
        raise ApiError(NO_SUCH_ORDER)
    if _is_archived(order, call.exchange.clock.now_ms()):
        raise ApiError(ORDER_ARCHIVED)
    return order


def _is_archived(order: OrderView, now_ms: int) -> bool:
    """Was it cancelled, or did it expire, more than 90 days ago with nothing executed (semantics 3, -2026)?"""
    if order.status not in _UNDONE or order.executed_quantity:
        return False
    return order.updated_at_ms < now_ms - _KEPT_MS


async def open_orders(call: Call, scope: Scope, symbol: str | None) -> list[OrderView]:
    """Those of one symbol, or of all."""
    if symbol is not None:
        call.catalogue.symbol(symbol)
    return await call.read(scope, lambda live: live.open_orders(call.sender.account_id, scope, symbol))


class PreventedNames(SymbolParams, frozen=True, kw_only=True):
    """Which prevented matches are meant."""

    prevented_match_id: Annotated[
        int | None, params.number("preventedMatchId", "That one, and no other.")
    ] = None
    order_id: Annotated[int | None, params.number("orderId", "Those of this order.")] = None
    from_id: Annotated[
        int | None, params.number("fromPreventedMatchId", "With orderId: from this one on.")
    ] = None


async def prevented_matches(
    call: Call, asked: PreventedNames, scope: Scope, limit: int
) -> list[PreventedMatch]:
    """Prevented matches by their own id or by an order's."""
    by_match = asked.prevented_match_id is not None
    by_order = asked.order_id is not None
    if by_match == by_order or (asked.from_id is not None and not by_order):
        raise ApiError(BAD_COMBINATION)
    call.catalogue.symbol(asked.symbol)
    call.require_known(scope)
    return await call.exchange.past.fetch(
        queries.PreventedMatches(
            account_id=call.sender.account_id,
            scope=scope,
            symbol=asked.symbol,
            prevented_match_id=asked.prevented_match_id,
            order_id=asked.order_id,
            from_id=asked.from_id,
            limit=limit,
        )
    )


async def find_list(call: Call, scope: Scope, list_id: int | None, name: str | None) -> ListView:
    """A list that is open, or was; of several that ended under one name the newest."""
    if list_id is None and name is None:
        raise ApiError(list_params.UNNAMED)
    account_id = call.sender.account_id
    by_id = -1 if list_id is None else list_id
    found = None
    if call.is_open(scope):
        found = await call.exchange.read(lambda live: live.order_list(account_id, scope, by_id, name or ""))
    if found is None:
        found = await call.exchange.past.fetch(
            queries.OrderList(account_id=account_id, scope=scope, list_id=list_id, client_list_id=name)
        )
    if found is None or name not in (None, found.client_list_id):
        raise ApiError(NO_SUCH_ORDER)
    return found


class OrderCountRow(Reply):
    rate_limit_type: str
    interval: str
    interval_num: int
    limit: int
    count: int


async def order_counts(call: Call, scope: Scope) -> list[OrderCountRow]:
    """The use of each unfilled-order window."""
    counts = await call.read(scope, lambda live: live.order_counts(call.sender.account_id, scope))
    return [order_count_row(count) for count in counts]


def order_count_row(count: OrderCountView) -> OrderCountRow:
    return OrderCountRow("ORDERS", *interval_words(count.interval_ms), count.limit, count.count)


def show_order_counts(call: Call) -> None:
    """Tell a sender that placed something on the spot API how many unfilled orders each window counts.

    Asked of the present, which may count an order whose own answer has still to wait for the disk: a header that
    waits with it would cost every placement a second sync.
    """
    for row in call.exchange.live.order_counts(call.sender.account_id, call.sender.scope):
        unit, number = interval_words(row.interval_ms)
        call.headers.append((b"x-mbx-order-count-%d%c" % (number, ord(unit[0].lower())), b"%d" % row.count))
