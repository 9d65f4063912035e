"""Order lists on the margin account: place OCO, OTO and OTOCO, cancel, look up."""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import errors, order_params, params
from openmargin.api.endpoint import Call, Payer, Security, Weight, endpoint
from openmargin.api.errors import ApiError
from openmargin.api.list_params import (
    CANCELLING_LIST,
    PAIR_MISFITS,
    PLACING_LIST,
    UNNAMED,
    CancelListParams,
    LegacyOcoParams,
    LegSent,
    WorkingParams,
    cancel_list_command,
    leg,
    list_command,
    pair_types,
    refuse_pair,
    working_leg,
)
from openmargin.api.order_params import BORROWING, PLACEMENT
from openmargin.api.outcomes import ended_list, placed_list
from openmargin.api.questions import find_list
from openmargin.api.render import STATUS_WORDS, Reply
from openmargin.api.render_lists import ListReply, list_status, transaction_time
from openmargin.api.render_margin import canceled_list, list_row, shown_placed_list
from openmargin.api.scopes import OF_SYMBOL, AccountParams, isolated_flag, scope_of_pair
from openmargin.api.windows import DAY_REFUSALS, DayQuery, Span
from openmargin.domain.commands import PlaceOrderList
from openmargin.domain.enums import Contingency, OrderStatus, OrderType, SelfTradePrevention, SideEffect
from openmargin.domain.ids import CROSS
from openmargin.domain.orders import ListView, OrderView
from openmargin.domain.reasons import Reason
from openmargin.history import queries
from openmargin.runtime.live import Live

_PATH: Final = "/sapi/v1/margin/orderList"
_WITHOUT_REPAY: Final = params.words(
    (SideEffect.NO_SIDE_EFFECT, SideEffect.MARGIN_BUY, SideEffect.AUTO_BORROW_REPAY)
)
"""A list with a pending order has no order of which a repayment would be the whole purpose."""
_PAIR_TYPES: Final = pair_types(OrderType.LIMIT_MAKER, OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
_PLACING: Final = (*PLACING_LIST, *BORROWING)
_OF_LISTS: Final = (*OF_SYMBOL, errors.not_required("symbol"))


async def _place(call: Call, command: PlaceOrderList, response_type: str) -> ListReply:
    return shown_placed_list(placed_list(await call.submit(command)), response_type)


# --- OCO -------------------------------------------------------------------------------------------------------


class NewOcoParams(LegacyOcoParams, frozen=True, kw_only=True):
    is_isolated: Annotated[bool, isolated_flag()] = False
    side_effect: Annotated[SideEffect, params.choice("sideEffectType", params.words(SideEffect))] = (
        SideEffect.NO_SIDE_EFFECT
    )
    self_trade_prevention: Annotated[SelfTradePrevention | None, order_params.self_trade_prevention()] = None
    auto_repay_at_cancel: Annotated[bool, order_params.auto_repay_at_cancel()] = True


@endpoint(
    "POST",
    "/sapi/v1/margin/order/oco",
    Security.TRADE,
    PLACEMENT,
    params=NewOcoParams,
    refuses=(*_PLACING, Reason.LIST_PRICES_WRONG),
)
async def new_oco(call: Call, asked: NewOcoParams) -> ListReply:
    """Place an OCO: a limit order and a stop, of which one cancels the other"""
    command = list_command(
        call.sender,
        call.catalogue,
        asked,
        scope_of_pair(asked.symbol, asked.is_isolated),
        Contingency.OCO,
        asked.legs(),
        asked.self_trade_prevention,
        asked.side_effect,
        auto_repay_at_cancel=asked.auto_repay_at_cancel,
    )
    return await _place(call, command, asked.response_type)


# --- OTO and OTOCO ---------------------------------------------------------------------------------------------


class NewWorkingParams(WorkingParams, frozen=True, kw_only=True):
    working: Annotated[LegSent, working_leg()]
    is_isolated: Annotated[bool, isolated_flag()] = False
    side_effect: Annotated[SideEffect, params.choice("sideEffectType", _WITHOUT_REPAY)] = (
        SideEffect.NO_SIDE_EFFECT
    )
    self_trade_prevention: Annotated[SelfTradePrevention | None, order_params.self_trade_prevention()] = None
    auto_repay_at_cancel: Annotated[bool, order_params.auto_repay_at_cancel()] = True


async def _place_working(
    call: Call, asked: NewWorkingParams, contingency: Contingency, pending: tuple[LegSent, ...]
) -> ListReply:
    """The working order, and what comes to life after it. A trailing delta asks for a price here."""
    legs = [asked.working.leg(asked.working_side, asked.working_quantity)]
    for sent in pending:
        legs.append(sent.leg(asked.pending_side, asked.pending_quantity, trails_with_price=True))
    command = list_command(
        call.sender,
        call.catalogue,
        asked,
        scope_of_pair(asked.symbol, asked.is_isolated),
        contingency,
        tuple(legs),
        asked.self_trade_prevention,
        asked.side_effect,
        auto_repay_at_cancel=asked.auto_repay_at_cancel,
    )
    return await _place(call, command, asked.response_type)


class NewOtoParams(NewWorkingParams, frozen=True, kw_only=True):
    pending: Annotated[
        LegSent,
        leg("pending", params.words(OrderType), "Mandatory with pendingTrailingDelta, whatever the type."),
    ]


@endpoint(
    "POST",
    "/sapi/v1/margin/order/oto",
    Security.TRADE,
    PLACEMENT,
    params=NewOtoParams,
    refuses=(*_PLACING, Reason.TRAILING_DELTA),
)
async def new_oto(call: Call, asked: NewOtoParams) -> ListReply:
    """Place an OTO: a working order that brings a pending one to life when it is full"""
    return await _place_working(call, asked, Contingency.OTO, (asked.pending,))


class NewOtocoParams(NewWorkingParams, frozen=True, kw_only=True):
    above: Annotated[LegSent, leg("pendingAbove", _PAIR_TYPES, "Mandatory with pendingAboveTrailingDelta.")]
    # Its type is optional in the reference, though a pair has two orders.
    below: Annotated[LegSent, leg("pendingBelow", _PAIR_TYPES, "Mandatory with pendingBelowTrailingDelta.")]


@endpoint(
    "POST",
    "/sapi/v1/margin/order/otoco",
    Security.TRADE,
    PLACEMENT,
    params=NewOtocoParams,
    refuses=(*PAIR_MISFITS, *_PLACING, Reason.LIST_PRICES_WRONG, Reason.TRAILING_DELTA),
)
async def new_otoco(call: Call, asked: NewOtocoParams) -> ListReply:
    """Place an OTOCO: a working order that brings an OCO to life when it is full"""
    refuse_pair(asked.pending_side, asked.above.type, asked.below.type)
    return await _place_working(call, asked, Contingency.OTOCO, (asked.above, asked.below))


# --- cancelling and looking up ---------------------------------------------------------------------------------


class CancelMarginListParams(CancelListParams, frozen=True, kw_only=True):
    is_isolated: Annotated[bool, isolated_flag()] = False


@endpoint(
    "DELETE",
    _PATH,
    Security.TRADE,
    Weight(1, Payer.UID),
    params=CancelMarginListParams,
    refuses=CANCELLING_LIST,
)
async def cancel_list(call: Call, asked: CancelMarginListParams) -> ListReply:
    """Cancel an order list"""
    scope = scope_of_pair(asked.symbol, asked.is_isolated)
    outcome = await call.submit(cancel_list_command(call.sender, asked, scope))
    return canceled_list(ended_list(outcome), with_prevention=True)


class OneListParams(AccountParams, frozen=True, kw_only=True):
    list_id: Annotated[int | None, params.number("orderListId")] = None
    client_list_id: Annotated[str | None, params.client_id("origClientOrderId", "Of the list.")] = None


@endpoint(
    "GET",
    _PATH,
    Security.USER_DATA,
    Weight(10),
    params=OneListParams,
    refuses=(UNNAMED, *_OF_LISTS, errors.NO_SUCH_ORDER),
)
async def query_list(call: Call, asked: OneListParams) -> ListReply:
    """Query an order list"""
    return list_row(await find_list(call, asked.scope_of_lists, asked.list_id, asked.client_list_id))


@endpoint(
    "GET",
    "/sapi/v1/margin/openOrderList",
    Security.USER_DATA,
    Weight(10),
    params=AccountParams,
    refuses=_OF_LISTS,
)
async def open_ocos(call: Call, asked: AccountParams) -> list[ListReply]:
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
async def all_lists(call: Call, asked: AllListsParams) -> list[ListReply]:
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
