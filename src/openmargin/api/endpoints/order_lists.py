"""Order lists on the margin account: place OCO, OTO and OTOCO, cancel, look up."""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import errors, order_params, params
from openmargin.api.endpoint import Call, Payer, Security, Weight, endpoint
from openmargin.api.errors import ApiError
from openmargin.api.order_params import MISFITS, PLACEMENT, PLACING, LegAsked, LegNames
from openmargin.api.render import STATUS_WORDS, Reply
from openmargin.api.render_lists import (
    CanceledList,
    ListRow,
    PlacedList,
    canceled_list,
    list_row,
    list_status,
    placed_list,
    transaction_time,
)
from openmargin.api.scopes import OF_SYMBOL, AccountParams, PairParams
from openmargin.api.windows import DAY_REFUSALS, DayQuery, Span
from openmargin.domain.commands import CancelOrderList, PlaceOrderList
from openmargin.domain.enums import (
    Contingency,
    OrderStatus,
    OrderType,
    SelfTradePrevention,
    Side,
    SideEffect,
    TimeInForce,
)
from openmargin.domain.events import (
    ListChanged,
    MatchPrevented,
    OrderActivated,
    OrderClosed,
    OrderFilled,
    OrderOpened,
)
from openmargin.domain.ids import CROSS
from openmargin.domain.money import Atoms
from openmargin.domain.orders import Fill, Leg, ListView, OrderView
from openmargin.domain.reasons import Reason
from openmargin.history import queries
from openmargin.runtime.commit import Outcome
from openmargin.runtime.live import Live

_PATH: Final = "/sapi/v1/margin/orderList"
_WITHOUT_REPAY: Final = params.words(
    (SideEffect.NO_SIDE_EFFECT, SideEffect.MARGIN_BUY, SideEffect.AUTO_BORROW_REPAY)
)
"""A list with a pending order has no order of which a repayment would be the whole purpose."""
_WORKING_TYPES: Final = params.words((OrderType.LIMIT, OrderType.LIMIT_MAKER))
_PAIR_TYPES: Final = {
    **dict.fromkeys(OrderType.__members__, errors.NOT_AN_OCO_TYPE),
    **params.words((OrderType.LIMIT_MAKER, OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)),
}
_PLACING_LIST: Final = (
    *MISFITS,
    *PLACING,
    Reason.MAX_NUM_ORDER_LISTS,
    Reason.DUPLICATE_CLIENT_LIST_ID,
)
_PAIR_MISFITS: Final = (
    errors.BOTH_CANNOT_BE_LIMIT,
    errors.BUY_LIMIT_MUST_BE_BELOW,
    errors.BUY_STOP_LOSS_MUST_BE_ABOVE,
    errors.SELL_LIMIT_MUST_BE_ABOVE,
    errors.SELL_STOP_LOSS_MUST_BE_BELOW,
)
_NAMES: Final = ("orderListId", "origClientOrderId")
_CANCEL_NAMES: Final = ("orderListId", "listClientOrderId")
_OF_LISTS: Final = (*OF_SYMBOL, errors.not_required("symbol"))
_REPORTS: Final = "The form of orderReports; RESULT where not sent."


class NewListParams(PairParams, frozen=True, kw_only=True):
    """What every list takes."""

    client_list_id: Annotated[str, params.client_id("listClientOrderId", "Unique among open lists.")] = ""
    response_type: Annotated[str, order_params.response_type(_REPORTS)] = "RESULT"
    self_trade_prevention: Annotated[SelfTradePrevention | None, order_params.self_trade_prevention()] = None
    auto_repay_at_cancel: Annotated[bool, order_params.auto_repay_at_cancel()] = True


async def _place(
    call: Call,
    asked: NewListParams,
    contingency: Contingency,
    legs: tuple[Leg, ...],
    side_effect: SideEffect,
) -> PlacedList:
    mode = asked.self_trade_prevention or call.catalogue.symbol(asked.symbol).self_trade_preventions[0]
    outcome = await call.submit(
        PlaceOrderList(
            account_id=call.sender.account_id,
            api_key=call.sender.api_key,
            expires_at_ms=call.sender.expires_at_ms,
            scope=asked.scope,
            symbol=asked.symbol,
            contingency=contingency,
            client_list_id=asked.client_list_id,
            legs=legs,
            self_trade_prevention=mode,
            side_effect=side_effect,
            auto_repay_at_cancel=asked.auto_repay_at_cancel,
        )
    )
    return _placed(outcome, asked.response_type)


def _placed(outcome: Outcome, response_type: str) -> PlacedList:
    """The answer to a placement: the list as it stood before its pending orders came to life.

    Lists of others may end with it, where it traded with them.
    """
    placed = next(event for event in outcome.events if isinstance(event, ListChanged))
    order_list = placed.order_list
    orders: dict[int, OrderView] = {}
    fills: dict[int, list[Fill]] = {}
    for event in outcome.events:
        if isinstance(event, OrderActivated) and event.order.spec.order_id in orders:
            break
        if isinstance(event, OrderOpened):
            orders[event.order.spec.order_id] = event.order
        elif isinstance(event, OrderFilled) and event.order.spec.order_id in orders:
            orders[event.order.spec.order_id] = event.order
            fills.setdefault(event.order.spec.order_id, []).append(event.fill)
        elif isinstance(event, OrderClosed) and event.order.spec.order_id in orders:
            orders[event.order.spec.order_id] = event.order
        elif isinstance(event, MatchPrevented) and event.taker.spec.order_id in orders:
            orders[event.taker.spec.order_id] = event.taker
        elif isinstance(event, ListChanged) and event.order_list.list_id == order_list.list_id:
            order_list = event.order_list
    return placed_list(order_list, orders, fills, response_type, placed.borrowed, placed.borrowed_asset)


# --- OCO -------------------------------------------------------------------------------------------------------


class NewOcoParams(NewListParams, frozen=True, kw_only=True):
    side: Annotated[Side, order_params.side()]
    quantity: Annotated[Atoms, params.decimal("quantity", "Of both orders.")]
    limit_client_id: Annotated[str, params.client_id("limitClientOrderId")] = ""
    price: Annotated[int, params.decimal("price", "Of the LIMIT_MAKER order.")]
    limit_iceberg: Annotated[Atoms, params.decimal("limitIcebergQty")] = 0
    stop_client_id: Annotated[str, params.client_id("stopClientOrderId")] = ""
    stop_price: Annotated[int, params.decimal("stopPrice")]
    stop_limit_price: Annotated[
        int | None,
        params.decimal("stopLimitPrice", "Makes the stop a STOP_LOSS_LIMIT, else it is a STOP_LOSS."),
    ] = None
    stop_iceberg: Annotated[Atoms, params.decimal("stopIcebergQty")] = 0
    stop_time_in_force: Annotated[TimeInForce | None, order_params.time_in_force("stopLimitTimeInForce")] = (
        None
    )
    side_effect: Annotated[SideEffect, params.choice("sideEffectType", params.words(SideEffect))] = (
        SideEffect.NO_SIDE_EFFECT
    )


_OCO_LIMIT: Final = LegNames("quantity", "price", "", "", "limitIcebergQty", "")
_OCO_STOP: Final = LegNames(
    "quantity", "stopLimitPrice", "stopPrice", "", "stopIcebergQty", "stopLimitTimeInForce"
)


@endpoint(
    "POST",
    "/sapi/v1/margin/order/oco",
    Security.TRADE,
    PLACEMENT,
    params=NewOcoParams,
    refuses=(*_PLACING_LIST, Reason.LIST_PRICES_WRONG),
)
async def new_oco(call: Call, asked: NewOcoParams) -> PlacedList:
    """Place an OCO: a limit order and a stop, of which one cancels the other"""
    limit = LegAsked(
        names=_OCO_LIMIT,
        side=asked.side,
        type=OrderType.LIMIT_MAKER,
        quantity=asked.quantity,
        price=asked.price,
        iceberg=asked.limit_iceberg,
        client_order_id=asked.limit_client_id,
    )
    stop = LegAsked(
        names=_OCO_STOP,
        side=asked.side,
        type=OrderType.STOP_LOSS if asked.stop_limit_price is None else OrderType.STOP_LOSS_LIMIT,
        quantity=asked.quantity,
        price=asked.stop_limit_price,
        stop_price=asked.stop_price,
        iceberg=asked.stop_iceberg,
        time_in_force=asked.stop_time_in_force,
        client_order_id=asked.stop_client_id,
    )
    for leg in (limit, stop):
        leg.refuse_misfits()
    above, below = (limit, stop) if asked.side is Side.SELL else (stop, limit)
    return await _place(call, asked, Contingency.OCO, (above.leg(), below.leg()), asked.side_effect)


# --- OTO and OTOCO ---------------------------------------------------------------------------------------------


class NewWorkingParams(NewListParams, frozen=True, kw_only=True):
    """What the lists take that begin with a working order."""

    side_effect: Annotated[SideEffect, params.choice("sideEffectType", _WITHOUT_REPAY)] = (
        SideEffect.NO_SIDE_EFFECT
    )
    working_type: Annotated[
        OrderType, params.choice("workingType", _WORKING_TYPES, errors.INVALID_ORDER_TYPE)
    ]
    working_side: Annotated[Side, order_params.side("workingSide")]
    working_client_id: Annotated[str, params.client_id("workingClientOrderId")] = ""
    working_price: Annotated[int, params.decimal("workingPrice")]
    working_quantity: Annotated[Atoms, params.decimal("workingQuantity")]
    # Mandatory in the reference, for orders that are no icebergs as well; some clients cannot leave it out.
    working_iceberg: Annotated[Atoms, params.decimal("workingIcebergQty", "0 for all of it.")] = 0
    working_time_in_force: Annotated[TimeInForce | None, order_params.time_in_force("workingTimeInForce")] = (
        None
    )
    pending_side: Annotated[Side, order_params.side("pendingSide")]
    pending_quantity: Annotated[Atoms, params.decimal("pendingQuantity")]

    def working(self) -> Leg:
        asked = LegAsked(
            names=LegNames.of("working"),
            side=self.working_side,
            type=self.working_type,
            quantity=self.working_quantity,
            price=self.working_price,
            iceberg=self.working_iceberg,
            time_in_force=self.working_time_in_force,
            client_order_id=self.working_client_id,
        )
        asked.refuse_misfits()
        return asked.leg()


class NewOtoParams(NewWorkingParams, frozen=True, kw_only=True):
    pending_type: Annotated[
        OrderType, params.choice("pendingType", params.words(OrderType), errors.INVALID_ORDER_TYPE)
    ]
    pending_client_id: Annotated[str, params.client_id("pendingClientOrderId")] = ""
    pending_price: Annotated[
        int | None, params.decimal("pendingPrice", "Mandatory with pendingTrailingDelta, whatever the type.")
    ] = None
    pending_stop_price: Annotated[int | None, params.decimal("pendingStopPrice")] = None
    pending_trailing_delta: Annotated[int | None, params.whole("pendingTrailingDelta")] = None
    pending_iceberg: Annotated[Atoms, params.decimal("pendingIcebergQty")] = 0
    pending_time_in_force: Annotated[TimeInForce | None, order_params.time_in_force("pendingTimeInForce")] = (
        None
    )

    def pending(self) -> Leg:
        asked = LegAsked(
            names=LegNames.of("pending"),
            side=self.pending_side,
            type=self.pending_type,
            quantity=self.pending_quantity,
            price=self.pending_price,
            stop_price=self.pending_stop_price,
            trailing_delta=self.pending_trailing_delta,
            iceberg=self.pending_iceberg,
            time_in_force=self.pending_time_in_force,
            client_order_id=self.pending_client_id,
        )
        asked.refuse_misfits(trails_with_price=True)
        return asked.leg()


@endpoint(
    "POST",
    "/sapi/v1/margin/order/oto",
    Security.TRADE,
    PLACEMENT,
    params=NewOtoParams,
    refuses=(*_PLACING_LIST, Reason.TRAILING_DELTA),
)
async def new_oto(call: Call, asked: NewOtoParams) -> PlacedList:
    """Place an OTO: a working order that brings a pending one to life when it is full"""
    legs = (asked.working(), asked.pending())
    return await _place(call, asked, Contingency.OTO, legs, asked.side_effect)


class NewOtocoParams(NewWorkingParams, frozen=True, kw_only=True):
    above_type: Annotated[
        OrderType, params.choice("pendingAboveType", _PAIR_TYPES, errors.INVALID_ORDER_TYPE)
    ]
    above_client_id: Annotated[str, params.client_id("pendingAboveClientOrderId")] = ""
    above_price: Annotated[
        int | None, params.decimal("pendingAbovePrice", "Mandatory with pendingAboveTrailingDelta.")
    ] = None
    above_stop_price: Annotated[int | None, params.decimal("pendingAboveStopPrice")] = None
    above_trailing_delta: Annotated[int | None, params.whole("pendingAboveTrailingDelta")] = None
    above_iceberg: Annotated[Atoms, params.decimal("pendingAboveIcebergQty")] = 0
    above_time_in_force: Annotated[
        TimeInForce | None, order_params.time_in_force("pendingAboveTimeInForce")
    ] = None
    # Optional in the reference, though a pair has two orders.
    below_type: Annotated[
        OrderType, params.choice("pendingBelowType", _PAIR_TYPES, errors.INVALID_ORDER_TYPE)
    ]
    below_client_id: Annotated[str, params.client_id("pendingBelowClientOrderId")] = ""
    below_price: Annotated[
        int | None, params.decimal("pendingBelowPrice", "Mandatory with pendingBelowTrailingDelta.")
    ] = None
    below_stop_price: Annotated[int | None, params.decimal("pendingBelowStopPrice")] = None
    below_trailing_delta: Annotated[int | None, params.whole("pendingBelowTrailingDelta")] = None
    below_iceberg: Annotated[Atoms, params.decimal("pendingBelowIcebergQty")] = 0
    below_time_in_force: Annotated[
        TimeInForce | None, order_params.time_in_force("pendingBelowTimeInForce")
    ] = None

    def above(self) -> Leg:
        asked = LegAsked(
            names=LegNames.of("pendingAbove"),
            side=self.pending_side,
            type=self.above_type,
            quantity=self.pending_quantity,
            price=self.above_price,
            stop_price=self.above_stop_price,
            trailing_delta=self.above_trailing_delta,
            iceberg=self.above_iceberg,
            time_in_force=self.above_time_in_force,
            client_order_id=self.above_client_id,
        )
        asked.refuse_misfits(trails_with_price=True)
        return asked.leg()

    def below(self) -> Leg:
        asked = LegAsked(
            names=LegNames.of("pendingBelow"),
            side=self.pending_side,
            type=self.below_type,
            quantity=self.pending_quantity,
            price=self.below_price,
            stop_price=self.below_stop_price,
            trailing_delta=self.below_trailing_delta,
            iceberg=self.below_iceberg,
            time_in_force=self.below_time_in_force,
            client_order_id=self.below_client_id,
        )
        asked.refuse_misfits(trails_with_price=True)
        return asked.leg()


@endpoint(
    "POST",
    "/sapi/v1/margin/order/otoco",
    Security.TRADE,
    PLACEMENT,
    params=NewOtocoParams,
    refuses=(*_PAIR_MISFITS, *_PLACING_LIST, Reason.LIST_PRICES_WRONG, Reason.TRAILING_DELTA),
)
async def new_otoco(call: Call, asked: NewOtocoParams) -> PlacedList:
    """Place an OTOCO: a working order that brings an OCO to life when it is full"""
    _refuse_pair(asked.pending_side, asked.above_type, asked.below_type)
    legs = (asked.working(), asked.above(), asked.below())
    return await _place(call, asked, Contingency.OTOCO, legs, asked.side_effect)


def _refuse_pair(side: Side, above: OrderType, below: OrderType) -> None:
    """A pair is a limit order on the side where it earns, and a stop on the other."""
    limit = OrderType.LIMIT_MAKER
    if above is limit and below is limit:
        raise ApiError(errors.BOTH_CANNOT_BE_LIMIT)
    if side is Side.BUY:
        if above is limit:
            raise ApiError(errors.BUY_LIMIT_MUST_BE_BELOW)
        if below is not limit:
            raise ApiError(errors.BUY_STOP_LOSS_MUST_BE_ABOVE)
    else:
        if below is limit:
            raise ApiError(errors.SELL_LIMIT_MUST_BE_ABOVE)
        if above is not limit:
            raise ApiError(errors.SELL_STOP_LOSS_MUST_BE_BELOW)


# --- cancelling and looking up ---------------------------------------------------------------------------------


class CancelListParams(PairParams, frozen=True, kw_only=True):
    list_id: Annotated[int | None, params.number("orderListId")] = None
    client_list_id: Annotated[str, params.client_id("listClientOrderId")] = ""
    cancel_client_id: Annotated[str, params.client_id("newClientOrderId", "Names the cancel itself.")] = ""


@endpoint(
    "DELETE",
    _PATH,
    Security.TRADE,
    Weight(1, Payer.UID),
    params=CancelListParams,
    refuses=(
        errors.missing_either(*_CANCEL_NAMES),
        Reason.UNKNOWN_SCOPE,
        Reason.UNKNOWN_SYMBOL,
        Reason.UNKNOWN_LIST,
        Reason.CLIENT_LIST_ID_MISMATCH,
    ),
)
async def cancel_list(call: Call, asked: CancelListParams) -> CanceledList:
    """Cancel an order list"""
    if asked.list_id is None and not asked.client_list_id:
        raise ApiError(errors.missing_either(*_CANCEL_NAMES))
    outcome = await call.submit(
        CancelOrderList(
            account_id=call.sender.account_id,
            api_key=call.sender.api_key,
            expires_at_ms=call.sender.expires_at_ms,
            scope=asked.scope,
            symbol=asked.symbol,
            list_id=-1 if asked.list_id is None else asked.list_id,
            client_list_id=asked.client_list_id,
            cancel_client_id=asked.cancel_client_id,
        )
    )
    done = next(event for event in outcome.events if isinstance(event, ListChanged))
    canceled = {
        event.order.spec.order_id: (event.order, event.cancel_client_id)
        for event in outcome.events
        if isinstance(event, OrderClosed)
    }
    return canceled_list(done.order_list, canceled, with_prevention=True)


class OneListParams(AccountParams, frozen=True, kw_only=True):
    list_id: Annotated[int | None, params.number("orderListId")] = None
    client_list_id: Annotated[str | None, params.client_id("origClientOrderId", "Of the list.")] = None


@endpoint(
    "GET",
    _PATH,
    Security.USER_DATA,
    Weight(10),
    params=OneListParams,
    refuses=(errors.missing_either(*_NAMES), *_OF_LISTS, errors.NO_SUCH_ORDER),
)
async def query_list(call: Call, asked: OneListParams) -> ListRow:
    """Query an order list"""
    if asked.list_id is None and asked.client_list_id is None:
        raise ApiError(errors.missing_either(*_NAMES))
    account_id, scope = call.sender.account_id, asked.scope_of_lists
    by_id = -1 if asked.list_id is None else asked.list_id
    found = None
    if call.is_open(scope):
        found = await call.exchange.read(
            lambda live: live.order_list(account_id, scope, by_id, asked.client_list_id or "")
        )
    if found is None:
        found = await call.exchange.past.fetch(
            queries.OrderList(
                account_id=account_id,
                scope=scope,
                list_id=asked.list_id,
                client_list_id=asked.client_list_id,
            )
        )
    if found is None or asked.client_list_id not in (None, found.client_list_id):
        raise ApiError(errors.NO_SUCH_ORDER)
    return list_row(found)


@endpoint(
    "GET",
    "/sapi/v1/margin/openOrderList",
    Security.USER_DATA,
    Weight(10),
    params=AccountParams,
    refuses=_OF_LISTS,
)
async def open_ocos(call: Call, asked: AccountParams) -> list[ListRow]:
    """Query open OCOs"""
    account_id, scope = call.sender.account_id, asked.scope_of_lists
    lists = await call.read(scope, lambda live: live.open_lists(account_id, scope))
    return [list_row(found) for found in lists if found.contingency is Contingency.OCO]


class AllListsParams(AccountParams, frozen=True, kw_only=True):
    start_ms: Annotated[int | None, params.time("startTime")] = None
    end_ms: Annotated[int | None, params.time("endTime", "At most 24 hours after startTime.")] = None
    from_id: Annotated[int | None, params.number("fromId", "Lists from this id on; excludes times.")] = None
    limit: Annotated[int, params.count("limit", 1000)] = 500


@endpoint(
    "GET",
    "/sapi/v1/margin/allOrderList",
    Security.USER_DATA,
    Weight(200),
    params=AllListsParams,
    refuses=(*_OF_LISTS, *DAY_REFUSALS, errors.BAD_COMBINATION),
)
async def all_lists(call: Call, asked: AllListsParams) -> list[ListRow]:
    """Query all order lists, open or not"""
    scope = asked.scope_of_lists
    span = _span_of(asked, call.exchange.clock.now_ms())
    call.require_known(scope)
    lists = await call.exchange.past.fetch(
        queries.OrderLists(
            account_id=call.sender.account_id,
            scope=scope,
            from_id=asked.from_id,
            start_ms=span.start_ms,
            end_ms=span.end_ms,
            limit=asked.limit,
        )
    )
    return [list_row(found) for found in lists]


def _span_of(asked: AllListsParams, now_ms: int) -> Span:
    """An id excludes times. A start reaches a day; without one the newest lists are wanted, however old."""
    if asked.start_ms is not None:
        if asked.from_id is not None:
            raise ApiError(errors.BAD_COMBINATION)
        return DayQuery.of(asked, now_ms).span
    if asked.from_id is not None and asked.end_ms is not None:
        raise ApiError(errors.BAD_COMBINATION)
    return Span(None, asked.end_ms)


class OpenOtosParams(params.Params, frozen=True, kw_only=True):
    symbol: Annotated[str | None, params.symbol(about="All symbols where not sent.")] = None


class WaitingOrder(Reply):
    symbol: str
    order_id: int | None
    status: str
    client_order_id: str


class OpenOto(Reply):
    order_list_id: int
    contingency_type: str
    list_status_type: str
    list_order_status: str
    list_client_order_id: str
    transaction_time: int
    symbol: str
    orders: list[WaitingOrder]


@endpoint(
    "GET",
    "/sapi/v1/margin/oto/openOrderList",
    Security.USER_DATA,
    Weight(10, Payer.UID),
    params=OpenOtosParams,
    refuses=(errors.INVALID_SYMBOL,),
)
async def open_otos(call: Call, asked: OpenOtosParams) -> list[OpenOto]:
    """Query open OTOs and OTOCOs of the cross account"""
    if asked.symbol is not None:
        call.catalogue.symbol(asked.symbol)
    account_id = call.sender.account_id

    def question(live: Live) -> list[tuple[ListView, list[OrderView | None]]]:
        return [
            (
                found,
                [live.order(account_id, CROSS, found.symbol, order_id, "") for order_id, _ in found.orders],
            )
            for found in live.open_lists(account_id, CROSS)
            if found.contingency is not Contingency.OCO and asked.symbol in (None, found.symbol)
        ]

    lists = await call.read(CROSS, question)
    return [await _open_oto(call, found, orders) for found, orders in lists]


async def _open_oto(call: Call, found: ListView, orders: list[OrderView | None]) -> OpenOto:
    """A list with what became of each order; one that is not open any more is looked up in history."""
    waiting: list[WaitingOrder] = []
    for (order_id, name), still_open in zip(found.orders, orders, strict=True):
        order = still_open or await call.exchange.past.fetch(
            queries.Order(
                account_id=found.account_id, scope=found.scope, symbol=found.symbol, order_id=order_id
            )
        )
        assert order is not None, "an order of a list is open or remembered"
        is_pending = order.status is OrderStatus.PENDING_NEW
        waiting.append(
            WaitingOrder(found.symbol, None if is_pending else order_id, STATUS_WORDS[order.status], name)
        )
    return OpenOto(
        found.list_id,
        found.contingency.name,
        *list_status(found),
        found.client_list_id,
        transaction_time(found),
        found.symbol,
        waiting,
    )
