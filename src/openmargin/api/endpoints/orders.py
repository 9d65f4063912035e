"""Orders on the margin account: place, cancel, look up."""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import errors, order_params, params
from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.order_params import BORROWING, PLACEMENT
from openmargin.api.outcomes import Ended, all_ended, ended_order, placed_order
from openmargin.api.questions import OrderCountRow, find_order, order_counts
from openmargin.api.questions import open_orders as find_open_orders
from openmargin.api.render import OrderReply
from openmargin.api.render_lists import ListReply
from openmargin.api.render_margin import (
    canceled_list,
    canceled_order,
    canceled_single_order,
    order_row,
    shown_placed,
)
from openmargin.api.scopes import OF_SYMBOL, AccountParams, PairParams, isolated_flag, scope_of_pair
from openmargin.api.single_orders import (
    CANCELLING_ONE,
    OF_ORDERS,
    PLACING_ONE,
    UNNAMED,
    CancelParams,
    OneOrderParams,
    OrderParams,
    cancel_all_command,
    cancel_command,
    order_command,
)
from openmargin.api.windows import DAY_REFUSALS, DayParams, DayQuery
from openmargin.domain.enums import SelfTradePrevention, SideEffect
from openmargin.domain.reasons import Reason
from openmargin.history import queries

_PATH: Final = "/sapi/v1/margin/order"


class NewOrderParams(OrderParams, frozen=True, kw_only=True):
    is_isolated: Annotated[bool, isolated_flag()] = False
    side_effect: Annotated[SideEffect, params.choice("sideEffectType", params.words(SideEffect))] = (
        SideEffect.NO_SIDE_EFFECT
    )
    self_trade_prevention: Annotated[SelfTradePrevention | None, order_params.self_trade_prevention()] = None
    auto_repay_at_cancel: Annotated[bool, order_params.auto_repay_at_cancel()] = True


@endpoint("POST", _PATH, Security.TRADE, PLACEMENT, params=NewOrderParams, refuses=(*PLACING_ONE, *BORROWING))
async def new_order(call: Call, asked: NewOrderParams) -> OrderReply:
    """Place an order"""
    command = order_command(
        call.sender,
        call.catalogue,
        asked,
        scope_of_pair(asked.symbol, asked.is_isolated),
        asked.self_trade_prevention,
        asked.side_effect,
        auto_repay_at_cancel=asked.auto_repay_at_cancel,
    )
    return shown_placed(placed_order(await call.submit(command)), asked.form)


class CancelOrderParams(CancelParams, frozen=True, kw_only=True):
    is_isolated: Annotated[bool, isolated_flag()] = False


@endpoint("DELETE", _PATH, Security.TRADE, Weight(10), params=CancelOrderParams, refuses=CANCELLING_ONE)
async def cancel_order(call: Call, asked: CancelOrderParams) -> OrderReply:
    """Cancel an order"""
    scope = scope_of_pair(asked.symbol, asked.is_isolated)
    outcome = await call.submit(cancel_command(call.sender, asked, scope))
    ended = ended_order(outcome, asked.means)
    return canceled_single_order(ended.order, ended.cancel_client_id)


@endpoint(
    "DELETE",
    "/sapi/v1/margin/openOrders",
    Security.TRADE,
    Weight(1),
    params=PairParams,
    refuses=(*OF_ORDERS, Reason.NO_OPEN_ORDERS),
)
async def cancel_all_orders(call: Call, asked: PairParams) -> list[OrderReply | ListReply]:
    """Cancel all open orders and order lists on a symbol"""
    outcome = await call.submit(cancel_all_command(call.sender, asked.scope, asked.symbol))
    return [
        canceled_order(ended.order, ended.cancel_client_id)
        if isinstance(ended, Ended)
        else canceled_list(ended, with_prevention=False)
        for ended in all_ended(outcome)
    ]


class QueryOrderParams(OneOrderParams, frozen=True, kw_only=True):
    is_isolated: Annotated[bool, isolated_flag()] = False


@endpoint(
    "GET",
    _PATH,
    Security.USER_DATA,
    Weight(10),
    params=QueryOrderParams,
    refuses=(
        UNNAMED,
        errors.INVALID_SYMBOL,
        errors.NO_SUCH_ORDER,
        errors.ORDER_ARCHIVED,
        errors.NO_ISOLATED_ACCOUNT,
    ),
)
async def query_order(call: Call, asked: QueryOrderParams) -> OrderReply:
    """Query an order"""
    return order_row(await find_order(call, asked, scope_of_pair(asked.symbol, asked.is_isolated)))


@endpoint(
    "GET",
    "/sapi/v1/margin/openOrders",
    Security.USER_DATA,
    Weight(10),
    params=AccountParams,
    refuses=(*OF_SYMBOL, errors.INVALID_SYMBOL),
)
async def open_orders(call: Call, asked: AccountParams) -> list[OrderReply]:
    """Query open orders"""
    return [order_row(order) for order in await find_open_orders(call, asked.scope, asked.symbol)]


class AllOrdersParams(DayParams, frozen=True, kw_only=True):
    from_id: Annotated[int | None, params.number("orderId", "Orders from this id on.")] = None
    limit: Annotated[int, params.count("limit", 500)] = 500


@endpoint(
    "GET",
    "/sapi/v1/margin/allOrders",
    Security.USER_DATA,
    Weight(200),
    params=AllOrdersParams,
    requests_per_minute=60,
    refuses=(errors.INVALID_SYMBOL, errors.NO_ISOLATED_ACCOUNT, *DAY_REFUSALS),
)
async def all_orders(call: Call, asked: AllOrdersParams) -> list[OrderReply]:
    """Query all orders, open or not"""
    call.catalogue.symbol(asked.symbol)
    call.require_known(asked.scope)
    day = DayQuery.of(asked, call.exchange.clock.now_ms())
    by_id = asked.from_id is not None
    orders = await call.exchange.past.fetch(
        queries.Orders(
            account_id=call.sender.account_id,
            scope=asked.scope,
            symbol=asked.symbol,
            from_id=asked.from_id,
            start_ms=asked.start_ms if by_id else day.span.start_ms,
            end_ms=asked.end_ms if by_id else day.span.end_ms,
            limit=asked.limit,
        )
    )
    return [order_row(order) for order in orders if by_id or order.spec.placed_at_ms >= day.not_before_ms]


@endpoint(
    "GET",
    "/sapi/v1/margin/rateLimit/order",
    Security.TRADE,
    Weight(20),
    params=AccountParams,
    refuses=OF_SYMBOL,
)
async def order_count(call: Call, asked: AccountParams) -> list[OrderCountRow]:
    """Query the use of the order count limits"""
    return await order_counts(call, asked.scope)
