"""Orders on the margin account: place, cancel, look up."""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import errors, params
from openmargin.api.endpoint import Call, Heavier, Payer, Security, Weight, endpoint
from openmargin.api.errors import ApiError
from openmargin.api.intervals import interval_words
from openmargin.api.params import Params
from openmargin.api.render import (
    CanceledOrder,
    CanceledSingleOrder,
    OrderRow,
    Reply,
    canceled_order,
    canceled_single_order,
    order_ack,
    order_full,
    order_result,
    order_row,
)
from openmargin.api.windows import DayParams, DayQuery
from openmargin.domain.commands import CancelAllOrders, CancelOrder, PlaceOrder
from openmargin.domain.enums import OrderType, SelfTradePrevention, Side, SideEffect, TimeInForce
from openmargin.domain.events import OrderClosed, OrderFilled, OrderOpened
from openmargin.domain.ids import CROSS, Scope
from openmargin.domain.money import Atoms
from openmargin.domain.order_types import ORDER_TYPES, OrderTypeRow
from openmargin.domain.orders import Fill, OrderView
from openmargin.runtime.commit import Outcome

_PATH: Final = "/sapi/v1/margin/order"
_LOANS: Final = Heavier(1500, "sideEffectType", ("MARGIN_BUY", "AUTO_BORROW_REPAY"))
_SELF_TRADE_MODES: Final = {
    **dict.fromkeys(
        ("EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER"),
        errors.SELF_TRADE_MODE_NOT_ALLOWED,
    ),
    **params.words(SelfTradePrevention),
}


class NewOrderParams(Params, frozen=True, kw_only=True):
    symbol: Annotated[str, params.symbol()]
    scope: Annotated[Scope, params.account()] = CROSS
    side: Annotated[Side, params.choice("side", params.words(Side), errors.INVALID_SIDE)]
    type: Annotated[
        OrderType,
        params.choice(
            "type", {**errors.UNSUPPORTED_ORDER_TYPES, **params.words(OrderType)}, errors.INVALID_ORDER_TYPE
        ),
    ]
    quantity: Annotated[Atoms | None, params.decimal("quantity")] = None
    quote_quantity: Annotated[
        Atoms | None, params.decimal("quoteOrderQty", "MARKET only, in place of quantity.")
    ] = None
    price: Annotated[int | None, params.decimal("price")] = None
    stop_price: Annotated[
        None,
        params.refused(
            "stopPrice",
            "DECIMAL",
            errors.not_required("stopPrice"),
            "No order type that takes it is served yet.",
        ),
    ] = None
    client_order_id: Annotated[str, params.client_id("newClientOrderId", "Unique among open orders.")] = ""
    iceberg_quantity: Annotated[
        None, params.refused("icebergQty", "DECIMAL", errors.ICEBERG_NOT_SUPPORTED, "Not served yet.")
    ] = None
    response_type: Annotated[
        str | None,
        params.choice(
            "newOrderRespType",
            {"ACK": "ACK", "RESULT": "RESULT", "FULL": "FULL"},
            about="FULL by default for MARKET and LIMIT, else ACK.",
        ),
    ] = None
    side_effect: Annotated[SideEffect, params.choice("sideEffectType", params.words(SideEffect))] = (
        SideEffect.NO_SIDE_EFFECT
    )
    time_in_force: Annotated[
        TimeInForce | None,
        params.choice("timeInForce", params.words(TimeInForce), errors.INVALID_TIME_IN_FORCE),
    ] = None
    self_trade_prevention: Annotated[
        SelfTradePrevention | None,
        params.choice(
            "selfTradePreventionMode", _SELF_TRADE_MODES, about="The symbol's default where not sent."
        ),
    ] = None
    auto_repay_at_cancel: Annotated[
        bool, params.boolean("autoRepayAtCancel", "Does a cancel repay what the order borrowed?")
    ] = True
    trailing_delta: Annotated[
        None,
        params.refused(
            "trailingDelta",
            "INT",
            errors.not_required("trailingDelta"),
            "No order type that takes it is served yet.",
        ),
    ] = None


@endpoint("POST", _PATH, Security.TRADE, Weight(6, Payer.UID, _LOANS), params=NewOrderParams)
async def new_order(call: Call, asked: NewOrderParams) -> Reply:
    """Place an order"""
    row = ORDER_TYPES[asked.type]
    _refuse_misfits(asked, row)
    modes = call.catalogue.symbol(asked.symbol).self_trade_preventions
    outcome = await call.submit(
        PlaceOrder(
            account_id=call.sender.account_id,
            api_key=call.sender.api_key,
            expires_at_ms=call.sender.expires_at_ms,
            scope=asked.scope,
            symbol=asked.symbol,
            side=asked.side,
            type=asked.type,
            time_in_force=asked.time_in_force or TimeInForce.GTC,
            quantity=asked.quantity or 0,
            quote_quantity=asked.quote_quantity or 0,
            price=asked.price or 0,
            client_order_id=asked.client_order_id,
            self_trade_prevention=asked.self_trade_prevention or modes[0],
            side_effect=asked.side_effect,
            auto_repay_at_cancel=asked.auto_repay_at_cancel,
        )
    )
    return _placed(outcome, asked.response_type or ("FULL" if row.full_response else "ACK"))


def _refuse_misfits(asked: NewOrderParams, row: OrderTypeRow) -> None:
    """What the order type needs must be there, and what it does not know must not."""
    if row.has_time_in_force:
        _require(asked.time_in_force, "timeInForce")
    else:
        _refuse_sent(asked.time_in_force, "timeInForce")
    if row.has_price:
        _require(asked.price, "price")
    else:
        _refuse_sent(asked.price, "price")
    if not row.takes_quote_quantity:
        _refuse_sent(asked.quote_quantity, "quoteOrderQty")
        _require(asked.quantity, "quantity")
    elif asked.quantity is None:
        if asked.quote_quantity is None:
            raise ApiError(errors.missing_either("quantity", "quoteOrderQty"))
    elif asked.quote_quantity is not None:
        raise ApiError(errors.BAD_COMBINATION)
    if 0 in (asked.quantity, asked.quote_quantity, asked.price):
        raise ApiError(errors.ZERO_ORDER)


def _require(value: object, name: str) -> None:
    if value is None:
        raise ApiError(errors.missing(name))


def _refuse_sent(value: object, name: str) -> None:
    if value is not None:
        raise ApiError(errors.not_required(name))


def _placed(outcome: Outcome, response_type: str) -> Reply:
    """The answer to a placement, from what happened to that order; its counterparties' events are not its own."""
    opened = next(event for event in outcome.events if isinstance(event, OrderOpened))
    if response_type == "ACK":
        return order_ack(opened.order)
    order = opened.order
    fills: list[Fill] = []
    for event in outcome.events:
        if isinstance(event, OrderFilled) and _is_same(event.order, order):
            fills.append(event.fill)
            order = event.order
        elif isinstance(event, OrderClosed) and _is_same(event.order, order):
            order = event.order
    if response_type == "RESULT":
        return order_result(order)
    return order_full(order, fills, opened.borrowed, opened.borrowed_asset)


def _is_same(one: OrderView, other: OrderView) -> bool:
    return one.spec.order_id == other.spec.order_id and one.spec.symbol == other.spec.symbol


class OneOrderParams(Params, frozen=True, kw_only=True):
    """Which order is meant: by id, by client id, or by both, which must then name the same one."""

    symbol: Annotated[str, params.symbol()]
    scope: Annotated[Scope, params.account()] = CROSS
    order_id: Annotated[int, params.number("orderId")] = 0
    client_order_id: Annotated[str, params.client_id("origClientOrderId")] = ""


def _require_a_name(asked: OneOrderParams) -> None:
    if not asked.order_id and not asked.client_order_id:
        raise ApiError(errors.missing_either("origClientOrderId", "orderId"))


class CancelOrderParams(OneOrderParams, frozen=True, kw_only=True):
    cancel_client_id: Annotated[str, params.client_id("newClientOrderId", "Names the cancel itself.")] = ""


@endpoint("DELETE", _PATH, Security.TRADE, Weight(10), params=CancelOrderParams)
async def cancel_order(call: Call, asked: CancelOrderParams) -> CanceledSingleOrder:
    """Cancel an order"""
    _require_a_name(asked)
    outcome = await call.submit(
        CancelOrder(
            account_id=call.sender.account_id,
            api_key=call.sender.api_key,
            expires_at_ms=call.sender.expires_at_ms,
            scope=asked.scope,
            symbol=asked.symbol,
            order_id=asked.order_id,
            client_order_id=asked.client_order_id,
            cancel_client_id=asked.cancel_client_id,
        )
    )
    closed = next(event for event in outcome.events if isinstance(event, OrderClosed))
    return canceled_single_order(closed.order, closed.cancel_client_id)


class CancelAllParams(Params, frozen=True, kw_only=True):
    symbol: Annotated[str, params.symbol()]
    scope: Annotated[Scope, params.account()] = CROSS


@endpoint("DELETE", "/sapi/v1/margin/openOrders", Security.TRADE, Weight(1), params=CancelAllParams)
async def cancel_all_orders(call: Call, asked: CancelAllParams) -> list[CanceledOrder]:
    """Cancel all open orders on a symbol"""
    outcome = await call.submit(
        CancelAllOrders(
            account_id=call.sender.account_id,
            api_key=call.sender.api_key,
            expires_at_ms=call.sender.expires_at_ms,
            scope=asked.scope,
            symbol=asked.symbol,
        )
    )
    return [
        canceled_order(event.order, event.cancel_client_id)
        for event in outcome.events
        if isinstance(event, OrderClosed)
    ]


@endpoint("GET", _PATH, Security.USER_DATA, Weight(10), params=OneOrderParams)
async def query_order(call: Call, asked: OneOrderParams) -> OrderRow:
    """Query an order"""
    _require_a_name(asked)
    call.catalogue.symbol(asked.symbol)
    account_id = call.sender.account_id
    order = await call.exchange.read(
        lambda live: live.order(account_id, asked.scope, asked.symbol, asked.order_id, asked.client_order_id)
    )
    if order is None:
        order = await call.exchange.past.order(
            account_id, asked.scope, asked.symbol, asked.order_id or None, asked.client_order_id or None
        )
    if order is None or (asked.client_order_id and order.spec.client_order_id != asked.client_order_id):
        raise ApiError(errors.NO_SUCH_ORDER)
    return order_row(order)


class OpenOrdersParams(Params, frozen=True, kw_only=True):
    symbol: Annotated[str | None, params.symbol(about="All symbols where not sent.")] = None
    scope: Annotated[Scope, params.account()] = CROSS


@endpoint("GET", "/sapi/v1/margin/openOrders", Security.USER_DATA, Weight(10), params=OpenOrdersParams)
async def open_orders(call: Call, asked: OpenOrdersParams) -> list[OrderRow]:
    """Query open orders"""
    if asked.symbol is not None:
        call.catalogue.symbol(asked.symbol)
    orders = await call.exchange.read(
        lambda live: live.open_orders(call.sender.account_id, asked.scope, asked.symbol)
    )
    return [order_row(order) for order in orders]


class AllOrdersParams(DayParams, frozen=True, kw_only=True):
    symbol: Annotated[str, params.symbol()]
    scope: Annotated[Scope, params.account()] = CROSS
    from_id: Annotated[int | None, params.number("orderId", "Orders from this id on.")] = None
    limit: Annotated[int, params.count("limit", 500)] = 500


@endpoint(
    "GET",
    "/sapi/v1/margin/allOrders",
    Security.USER_DATA,
    Weight(200),
    params=AllOrdersParams,
    requests_per_minute=60,
)
async def all_orders(call: Call, asked: AllOrdersParams) -> list[OrderRow]:
    """Query all orders, open or not"""
    call.catalogue.symbol(asked.symbol)
    day = DayQuery.of(asked, call.exchange.clock.now_ms())
    by_id = asked.from_id is not None
    orders = await call.exchange.past.orders(
        call.sender.account_id,
        asked.scope,
        asked.symbol,
        asked.from_id,
        asked.start_ms if by_id else day.span.start_ms,
        asked.end_ms if by_id else day.span.end_ms,
        asked.limit,
    )
    return [order_row(order) for order in orders if by_id or order.spec.placed_at_ms >= day.not_before_ms]


class OrderCountParams(Params, frozen=True, kw_only=True):
    scope: Annotated[Scope, params.account()] = CROSS
    symbol: Annotated[str | None, params.symbol(about="For isolated accounts only.")] = None


class OrderCountRow(Reply):
    rate_limit_type: str
    interval: str
    interval_num: int
    limit: int
    count: int


@endpoint("GET", "/sapi/v1/margin/rateLimit/order", Security.TRADE, Weight(20), params=OrderCountParams)
async def order_count(call: Call, asked: OrderCountParams) -> list[OrderCountRow]:
    """Query the use of the order count limits"""
    counts = await call.exchange.read(lambda live: live.order_counts(call.sender.account_id, asked.scope))
    return [OrderCountRow("ORDERS", *interval_words(row.interval_ms), row.limit, row.count) for row in counts]
