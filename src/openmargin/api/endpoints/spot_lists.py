"""Order lists on the spot API: place OCO, OTO and OTOCO, cancel, look up."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from openmargin.api import errors, order_params, params
from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.errors import ApiError
from openmargin.api.list_params import (
    CANCELLING_LIST,
    PAIR_MISFITS,
    PLACING_LIST,
    UNNAMED,
    CancelListParams,
    LegacyOcoParams,
    LegSent,
    ListParams,
    WorkingParams,
    cancel_list_command,
    leg,
    list_command,
    pair_types,
    refuse_pair,
    working_leg,
)
from openmargin.api.order_params import LegAsked
from openmargin.api.outcomes import ended_list, placed_list
from openmargin.api.questions import find_list, show_order_counts
from openmargin.api.render_lists import ListReply
from openmargin.api.render_spot import canceled_list, list_row, shown_placed_list
from openmargin.api.windows import SPAN_REFUSALS, span_within_a_day
from openmargin.domain.enums import Contingency, OrderType, SelfTradePrevention, Side
from openmargin.domain.money import Atoms
from openmargin.domain.orders import Leg
from openmargin.domain.reasons import Reason
from openmargin.history import queries

_PATH: Final = "/api/v3/orderList"
_PAIR_TYPES: Final = pair_types(
    OrderType.LIMIT_MAKER,
    OrderType.STOP_LOSS,
    OrderType.STOP_LOSS_LIMIT,
    OrderType.TAKE_PROFIT,
    OrderType.TAKE_PROFIT_LIMIT,
)
_PAIR_MISFITS: Final = (
    *PAIR_MISFITS,
    errors.BUY_TAKE_PROFIT_MUST_BE_BELOW,
    errors.SELL_TAKE_PROFIT_MUST_BE_ABOVE,
)
_PLACING: Final = (*PLACING_LIST, Reason.TRAILING_DELTA)


async def _place(
    call: Call,
    asked: ListParams,
    contingency: Contingency,
    legs: tuple[Leg, ...],
    mode: SelfTradePrevention | None,
) -> ListReply:
    outcome = await call.submit(
        list_command(call.sender, call.catalogue, asked, call.sender.scope, contingency, legs, mode)
    )
    show_order_counts(call)
    return shown_placed_list(placed_list(outcome), asked.response_type, call.per_ms)


# --- OCO -------------------------------------------------------------------------------------------------------


class NewOcoParams(ListParams, frozen=True, kw_only=True):
    side: Annotated[Side, order_params.side()]
    quantity: Annotated[Atoms, params.decimal("quantity", "Of both orders.")]
    above: Annotated[LegSent, leg("above", _PAIR_TYPES, has_strategy=True)]
    below: Annotated[LegSent, leg("below", _PAIR_TYPES, has_strategy=True)]
    self_trade_prevention: Annotated[SelfTradePrevention | None, order_params.any_self_trade_prevention()] = (
        None
    )


@endpoint(
    "POST",
    f"{_PATH}/oco",
    Security.TRADE,
    Weight(1, is_given_back=True),
    params=NewOcoParams,
    refuses=(*_PAIR_MISFITS, *_PLACING, Reason.LIST_PRICES_WRONG),
    unsupported=order_params.pegs("above", "below"),
)
async def new_oco(call: Call, asked: NewOcoParams) -> ListReply:
    """Place an OCO: an order above the market and one below, of which one cancels the other"""
    refuse_pair(asked.side, asked.above.type, asked.below.type)
    legs = tuple(sent.leg(asked.side, asked.quantity) for sent in (asked.above, asked.below))
    return await _place(call, asked, Contingency.OCO, legs, asked.self_trade_prevention)


class NewLegacyOcoParams(LegacyOcoParams, frozen=True, kw_only=True):
    limit_strategy_id: Annotated[int | None, order_params.strategy_id("limitStrategyId")] = None
    limit_strategy_type: Annotated[int | None, order_params.strategy_type("limitStrategyType")] = None
    stop_strategy_id: Annotated[int | None, order_params.strategy_id("stopStrategyId")] = None
    stop_strategy_type: Annotated[int | None, order_params.strategy_type("stopStrategyType")] = None
    trailing_delta: Annotated[int | None, params.whole("trailingDelta", "Of the stop.")] = None
    self_trade_prevention: Annotated[SelfTradePrevention | None, order_params.any_self_trade_prevention()] = (
        None
    )

    def limit(self) -> LegAsked:
        return msgspec.structs.replace(
            super().limit(), strategy_id=self.limit_strategy_id, strategy_type=self.limit_strategy_type
        )

    def stop(self) -> LegAsked:
        return msgspec.structs.replace(
            super().stop(),
            trailing_delta=self.trailing_delta,
            strategy_id=self.stop_strategy_id,
            strategy_type=self.stop_strategy_type,
        )


@endpoint(
    "POST",
    "/api/v3/order/oco",
    Security.TRADE,
    Weight(1, is_given_back=True),
    params=NewLegacyOcoParams,
    refuses=(*_PLACING, Reason.LIST_PRICES_WRONG),
)
async def new_legacy_oco(call: Call, asked: NewLegacyOcoParams) -> ListReply:
    """Place an OCO in its old form, which Binance has deprecated"""
    return await _place(call, asked, Contingency.OCO, asked.legs(), asked.self_trade_prevention)


# --- OTO and OTOCO ---------------------------------------------------------------------------------------------


class NewWorkingParams(WorkingParams, frozen=True, kw_only=True):
    working: Annotated[LegSent, working_leg(has_strategy=True)]
    self_trade_prevention: Annotated[SelfTradePrevention | None, order_params.any_self_trade_prevention()] = (
        None
    )

    def legs(self, *pending: LegSent) -> tuple[Leg, ...]:
        working = self.working.leg(self.working_side, self.working_quantity)
        return (working, *(sent.leg(self.pending_side, self.pending_quantity) for sent in pending))


class NewOtoParams(NewWorkingParams, frozen=True, kw_only=True):
    pending: Annotated[LegSent, leg("pending", params.words(OrderType), has_strategy=True)]


@endpoint(
    "POST",
    f"{_PATH}/oto",
    Security.TRADE,
    Weight(1, is_given_back=True),
    params=NewOtoParams,
    refuses=_PLACING,
    unsupported=order_params.pegs("working", "pending"),
)
async def new_oto(call: Call, asked: NewOtoParams) -> ListReply:
    """Place an OTO: a working order that brings a pending one to life when it is full"""
    return await _place(call, asked, Contingency.OTO, asked.legs(asked.pending), asked.self_trade_prevention)


class NewOtocoParams(NewWorkingParams, frozen=True, kw_only=True):
    above: Annotated[LegSent, leg("pendingAbove", _PAIR_TYPES, has_strategy=True)]
    # Its type is optional in the reference, though a pair has two orders.
    below: Annotated[LegSent, leg("pendingBelow", _PAIR_TYPES, has_strategy=True)]


@endpoint(
    "POST",
    f"{_PATH}/otoco",
    Security.TRADE,
    Weight(1, is_given_back=True),
    params=NewOtocoParams,
    refuses=(*_PAIR_MISFITS, *_PLACING, Reason.LIST_PRICES_WRONG),
    unsupported=order_params.pegs("working", "pendingAbove", "pendingBelow"),
)
async def new_otoco(call: Call, asked: NewOtocoParams) -> ListReply:
    """Place an OTOCO: a working order that brings an OCO to life when it is full"""
    refuse_pair(asked.pending_side, asked.above.type, asked.below.type)
    legs = asked.legs(asked.above, asked.below)
    return await _place(call, asked, Contingency.OTOCO, legs, asked.self_trade_prevention)


# --- cancelling and looking up ---------------------------------------------------------------------------------


@endpoint(
    "DELETE",
    _PATH,
    Security.TRADE,
    Weight(1, is_given_back=True),
    params=CancelListParams,
    refuses=CANCELLING_LIST,
)
async def cancel_list(call: Call, asked: CancelListParams) -> ListReply:
    """Cancel an order list"""
    outcome = await call.submit(cancel_list_command(call.sender, asked, call.sender.scope))
    return canceled_list(ended_list(outcome), call.per_ms)


class OneListParams(params.Params, frozen=True, kw_only=True):
    list_id: Annotated[int | None, params.number("orderListId")] = None
    client_list_id: Annotated[str | None, params.client_id("origClientOrderId", "Of the list.")] = None


@endpoint(
    "GET",
    _PATH,
    Security.USER_DATA,
    Weight(4),
    params=OneListParams,
    refuses=(UNNAMED, errors.NO_SUCH_ORDER),
)
async def query_list(call: Call, asked: OneListParams) -> ListReply:
    """Query an order list"""
    found = await find_list(call, call.sender.scope, asked.list_id, asked.client_list_id)
    return list_row(found, call.per_ms)


@endpoint("GET", "/api/v3/openOrderList", Security.USER_DATA, Weight(6))
async def open_lists(call: Call, _asked: params.NoParams) -> list[ListReply]:
    """Query open order lists of every kind"""
    account_id, scope = call.sender.account_id, call.sender.scope
    lists = await call.read(scope, lambda live: live.open_lists(account_id, scope))
    return [list_row(found, call.per_ms) for found in lists]


class AllListsParams(params.Params, frozen=True, kw_only=True):
    from_id: Annotated[int | None, params.number("fromId", "Lists from this id on; excludes times.")] = None
    start_ms: Annotated[int | None, params.time("startTime")] = None
    end_ms: Annotated[int | None, params.time("endTime", "At most 24 hours after startTime.")] = None
    limit: Annotated[int, params.count("limit", 1000)] = 500


@endpoint(
    "GET",
    "/api/v3/allOrderList",
    Security.USER_DATA,
    Weight(20),
    params=AllListsParams,
    refuses=SPAN_REFUSALS,
)
async def all_lists(call: Call, asked: AllListsParams) -> list[ListReply]:
    """Query all order lists, open or not; the newest where neither an id nor a time was sent"""
    if asked.from_id is not None and (asked.start_ms is not None or asked.end_ms is not None):
        raise ApiError(errors.BAD_COMBINATION)
    span = span_within_a_day(asked)
    lists = await call.exchange.past.fetch(
        queries.OrderLists(
            account_id=call.sender.account_id,
            scope=call.sender.scope,
            from_id=asked.from_id,
            start_ms=span.start_ms,
            end_ms=span.end_ms,
            limit=asked.limit,
        )
    )
    return [list_row(found, call.per_ms) for found in lists]
