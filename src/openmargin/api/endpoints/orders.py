"""Orders on the margin account: place, cancel, look up."""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import errors, order_params, params
from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.errors import ApiError
from openmargin.api.intervals import interval_words
from openmargin.api.order_params import MISFITS, PLACEMENT, PLACING, SINGLE, LegAsked, refuse_sent, require
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
from openmargin.api.render_lists import CanceledList, canceled_list
from openmargin.api.scopes import OF_SYMBOL, AccountParams, PairParams
from openmargin.api.windows import DAY_REFUSALS, DayParams, DayQuery
from openmargin.domain.commands import CancelAllOrders, CancelOrder, PlaceOrder
from openmargin.domain.enums import OrderType, SelfTradePrevention, Side, SideEffect, TimeInForce
from openmargin.domain.events import ListChanged, MatchPrevented, OrderClosed, OrderFilled, OrderOpened
from openmargin.domain.ids import NO_LIST
from openmargin.domain.money import Atoms
from openmargin.domain.order_types import ORDER_TYPES, OrderTypeRow
from openmargin.domain.orders import Fill, OrderSpec, OrderView
from openmargin.domain.reasons import Reason
from openmargin.history import queries
from openmargin.runtime.commit import Outcome

_PATH: Final = "/sapi/v1/margin/order"
_NAMES: Final = ("origClientOrderId", "orderId")
_PLACING_ONE: Final = (
    *PLACING,
    Reason.TRAILING_DELTA,
    Reason.NO_LIQUIDITY_FOR_QUOTE_QUANTITY,
    Reason.WOULD_TRIGGER,
)
_CANCELLING: Final = (Reason.UNKNOWN_SCOPE, Reason.UNKNOWN_SYMBOL)


class NewOrderParams(PairParams, frozen=True, kw_only=True):
    side: Annotated[Side, order_params.side()]
    type: Annotated[OrderType, params.choice("type", params.words(OrderType), errors.INVALID_ORDER_TYPE)]
    quantity: Annotated[Atoms | None, params.decimal("quantity")] = None
    quote_quantity: Annotated[
        Atoms | None, params.decimal("quoteOrderQty", "MARKET only, in place of quantity.")
    ] = None
    price: Annotated[int | None, params.decimal("price")] = None
    stop_price: Annotated[int | None, params.decimal("stopPrice", "Stops only.")] = None
    client_order_id: Annotated[str, params.client_id("newClientOrderId", "Unique among open orders.")] = ""
    iceberg_quantity: Annotated[Atoms, params.decimal("icebergQty", "What is shown; 0 for all of it.")] = 0
    response_type: Annotated[
        str | None, order_params.response_type("FULL by default for MARKET and LIMIT, else ACK.")
    ] = None
    side_effect: Annotated[SideEffect, params.choice("sideEffectType", params.words(SideEffect))] = (
        SideEffect.NO_SIDE_EFFECT
    )
    time_in_force: Annotated[TimeInForce | None, order_params.time_in_force()] = None
    self_trade_prevention: Annotated[SelfTradePrevention | None, order_params.self_trade_prevention()] = None
    auto_repay_at_cancel: Annotated[bool, order_params.auto_repay_at_cancel()] = True
    trailing_delta: Annotated[int | None, params.whole("trailingDelta", "Stops only, in basis points.")] = (
        None
    )


@endpoint(
    "POST",
    _PATH,
    Security.TRADE,
    PLACEMENT,
    params=NewOrderParams,
    refuses=(*MISFITS, errors.BAD_COMBINATION, *_PLACING_ONE),
)
async def new_order(call: Call, asked: NewOrderParams) -> Reply:
    """Place an order"""
    row = ORDER_TYPES[asked.type]
    _refuse_misfits(asked, row)
    mode = asked.self_trade_prevention or call.catalogue.symbol(asked.symbol).self_trade_preventions[0]
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
            self_trade_prevention=mode,
            side_effect=asked.side_effect,
            auto_repay_at_cancel=asked.auto_repay_at_cancel,
            stop_price=asked.stop_price or 0,
            trailing_delta=asked.trailing_delta or 0,
            iceberg_quantity=asked.iceberg_quantity,
        )
    )
    return _placed(outcome, asked.response_type or ("FULL" if row.full_response else "ACK"))


def _refuse_misfits(asked: NewOrderParams, row: OrderTypeRow) -> None:
    """What the order type needs must be there, and what it does not know must not."""
    LegAsked(
        names=SINGLE,
        side=asked.side,
        type=asked.type,
        quantity=asked.quantity,
        price=asked.price,
        stop_price=asked.stop_price,
        trailing_delta=asked.trailing_delta,
        iceberg=asked.iceberg_quantity,
        time_in_force=asked.time_in_force,
    ).refuse_misfits()
    if not row.takes_quote_quantity:
        refuse_sent(asked.quote_quantity, "quoteOrderQty")
        require(asked.quantity, "quantity")
    elif asked.quantity is None:
        if asked.quote_quantity is None:
            raise ApiError(errors.missing_either("quantity", "quoteOrderQty"))
    elif asked.quote_quantity is not None:
        raise ApiError(errors.BAD_COMBINATION)
    if asked.quote_quantity == 0:
        raise ApiError(errors.ZERO_ORDER)


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
        elif isinstance(event, MatchPrevented) and _is_same(event.taker, order):
            order = event.taker
    if response_type == "RESULT":
        return order_result(order)
    return order_full(order, fills, opened.borrowed, opened.borrowed_asset)


def _is_same(one: OrderView, other: OrderView) -> bool:
    return one.spec.order_id == other.spec.order_id and one.spec.symbol == other.spec.symbol


class OneOrderParams(PairParams, frozen=True, kw_only=True):
    """Which order is meant: by id, by client id, or by both, which must then name the same one."""

    order_id: Annotated[int, params.number("orderId")] = 0
    client_order_id: Annotated[str, params.client_id("origClientOrderId")] = ""


def _require_a_name(asked: OneOrderParams) -> None:
    if not asked.order_id and not asked.client_order_id:
        raise ApiError(errors.missing_either(*_NAMES))


class CancelOrderParams(OneOrderParams, frozen=True, kw_only=True):
    cancel_client_id: Annotated[str, params.client_id("newClientOrderId", "Names the cancel itself.")] = ""


@endpoint(
    "DELETE",
    _PATH,
    Security.TRADE,
    Weight(10),
    params=CancelOrderParams,
    refuses=(
        errors.missing_either(*_NAMES),
        *_CANCELLING,
        Reason.UNKNOWN_ORDER,
        Reason.CLIENT_ORDER_ID_MISMATCH,
    ),
)
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
    for event in outcome.events:
        if isinstance(event, OrderClosed) and _is_meant(asked, event.order.spec):
            return canceled_single_order(event.order, event.cancel_client_id)
    raise AssertionError("an order that was cancelled is told to be")


def _is_meant(asked: OneOrderParams, spec: OrderSpec) -> bool:
    """Other orders of the same list end with the one that was meant."""
    if asked.order_id:
        return spec.order_id == asked.order_id
    return spec.client_order_id == asked.client_order_id


@endpoint(
    "DELETE",
    "/sapi/v1/margin/openOrders",
    Security.TRADE,
    Weight(1),
    params=PairParams,
    refuses=(*_CANCELLING, Reason.NO_OPEN_ORDERS),
)
async def cancel_all_orders(call: Call, asked: PairParams) -> list[CanceledOrder | CanceledList]:
    """Cancel all open orders and order lists on a symbol"""
    outcome = await call.submit(
        CancelAllOrders(
            account_id=call.sender.account_id,
            api_key=call.sender.api_key,
            expires_at_ms=call.sender.expires_at_ms,
            scope=asked.scope,
            symbol=asked.symbol,
        )
    )
    answer: list[CanceledOrder | CanceledList] = []
    of_lists: dict[int, tuple[OrderView, str]] = {}
    for event in outcome.events:
        if isinstance(event, OrderClosed):
            if event.order.spec.list_id == NO_LIST:
                answer.append(canceled_order(event.order, event.cancel_client_id))
            else:
                of_lists[event.order.spec.order_id] = (event.order, event.cancel_client_id)
        elif isinstance(event, ListChanged):
            answer.append(canceled_list(event.order_list, of_lists, with_prevention=False))
    return answer


@endpoint(
    "GET",
    _PATH,
    Security.USER_DATA,
    Weight(10),
    params=OneOrderParams,
    refuses=(
        errors.missing_either(*_NAMES),
        errors.INVALID_SYMBOL,
        errors.NO_SUCH_ORDER,
        errors.NO_ISOLATED_ACCOUNT,
    ),
)
async def query_order(call: Call, asked: OneOrderParams) -> OrderRow:
    """Query an order"""
    _require_a_name(asked)
    call.catalogue.symbol(asked.symbol)
    account_id = call.sender.account_id
    scope, order = asked.scope, None
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
        raise ApiError(errors.NO_SUCH_ORDER)
    return order_row(order)


@endpoint(
    "GET",
    "/sapi/v1/margin/openOrders",
    Security.USER_DATA,
    Weight(10),
    params=AccountParams,
    refuses=(*OF_SYMBOL, errors.INVALID_SYMBOL),
)
async def open_orders(call: Call, asked: AccountParams) -> list[OrderRow]:
    """Query open orders"""
    if asked.symbol is not None:
        call.catalogue.symbol(asked.symbol)
    scope = asked.scope
    orders = await call.read(
        scope, lambda live: live.open_orders(call.sender.account_id, scope, asked.symbol)
    )
    return [order_row(order) for order in orders]


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
async def all_orders(call: Call, asked: AllOrdersParams) -> list[OrderRow]:
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


class OrderCountRow(Reply):
    rate_limit_type: str
    interval: str
    interval_num: int
    limit: int
    count: int


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
    scope = asked.scope
    counts = await call.read(scope, lambda live: live.order_counts(call.sender.account_id, scope))
    return [OrderCountRow("ORDERS", *interval_words(row.interval_ms), row.limit, row.count) for row in counts]
