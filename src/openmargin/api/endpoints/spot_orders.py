"""Orders on the spot API: place, try, cancel, look up.

An ordinary key trades with the spot wallet of its account, a special key with the margin account that it was made
for. Neither can borrow here.
"""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import errors, order_params, params
from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.errors import ApiError, WireError, refusal
from openmargin.api.outcomes import Ended, all_ended, ended_list, ended_order, placed_order
from openmargin.api.questions import (
    OrderCountRow,
    find_order,
    order_counts,
    show_order_counts,
)
from openmargin.api.questions import open_orders as find_open_orders
from openmargin.api.render import Nothing, OrderReply, Reply
from openmargin.api.render_lists import ListReply
from openmargin.api.render_spot import canceled_list, canceled_order, order_row, shown_placed
from openmargin.api.scopes import SymbolParams
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
from openmargin.api.spot_fees import ForOrder, rates_for_order
from openmargin.api.weights import Heavier
from openmargin.api.windows import SPAN_REFUSALS, span_within_a_day
from openmargin.domain.commands import CancelReplace, PlaceOrder
from openmargin.domain.enums import CancelReplaceMode, CancelRestriction, SelfTradePrevention
from openmargin.domain.events import CancelReplaced
from openmargin.domain.ids import NO_LIST
from openmargin.domain.reasons import Reason, Rejected
from openmargin.history import queries
from openmargin.runtime.commit import Outcome

_PATH: Final = "/api/v3/order"
_TRUE: Final = ("true", "TRUE", "True")
_RESTRICTIONS: Final = {
    "ONLY_NEW": CancelRestriction.ONLY_NEW,
    "ONLY_PARTIALLY_FILLED": CancelRestriction.ONLY_PARTIALLY_FILLED,
}
_TESTED_BY_BOOK: Final = (
    Reason.TOO_MANY_ORDERS,
    Reason.WOULD_TAKE,
    Reason.WOULD_TRIGGER,
    Reason.INSUFFICIENT_BALANCE,
    Reason.ORDER_LEVEL_TOO_LOW,
)
"""What only the counts, the wallet and the book refuse: a test does not get so far."""
_AFTER_CANCEL: Final = (
    Reason.DUPLICATE_CLIENT_ORDER_ID,
    Reason.NO_LIQUIDITY_FOR_QUOTE_QUANTITY,
    Reason.WOULD_TAKE,
    Reason.WOULD_TRIGGER,
    Reason.INSUFFICIENT_BALANCE,
    Reason.ORDER_LEVEL_TOO_LOW,
)
"""What only half of a cancel-replace is refused with."""
_UNNAMED_CANCEL: Final = errors.missing_either("cancelOrigClientOrderId", "cancelOrderId")


class NewOrderParams(OrderParams, frozen=True, kw_only=True):
    self_trade_prevention: Annotated[SelfTradePrevention | None, order_params.any_self_trade_prevention()] = (
        None
    )
    strategy_id: Annotated[int | None, order_params.strategy_id()] = None
    strategy_type: Annotated[int | None, order_params.strategy_type()] = None

    def command(self, call: Call) -> PlaceOrder:
        return order_command(
            call.sender,
            call.catalogue,
            self,
            call.sender.scope,
            self.self_trade_prevention,
            strategy_id=self.strategy_id,
            strategy_type=self.strategy_type,
        )


@endpoint(
    "POST",
    _PATH,
    Security.TRADE,
    Weight(1, is_given_back=True),
    params=NewOrderParams,
    refuses=PLACING_ONE,
    unsupported=order_params.pegs(),
)
async def new_order(call: Call, asked: NewOrderParams) -> OrderReply:
    """Place an order"""
    outcome = await call.submit(asked.command(call))
    show_order_counts(call)
    return shown_placed(placed_order(outcome), asked.form, call.per_ms)


class TestOrderParams(NewOrderParams, frozen=True, kw_only=True):
    with_rates: Annotated[
        bool, params.boolean("computeCommissionRates", "Answer with the commission rates of the order.")
    ] = False


@endpoint(
    "POST",
    f"{_PATH}/test",
    Security.TRADE,
    Weight(1, heavier=Heavier(20, "computeCommissionRates", _TRUE)),
    params=TestOrderParams,
    refuses=tuple(refused for refused in PLACING_ONE if refused not in _TESTED_BY_BOOK),
    unsupported=order_params.pegs(),
)
async def test_order(call: Call, asked: TestOrderParams) -> ForOrder | Nothing:
    """Try an order against everything but the book, the counts and the wallet; nothing is placed"""
    command = asked.command(call)
    rejected = await call.exchange.read(lambda live: live.refuse_test(command))
    if rejected is not None:
        raise refusal(rejected, call.dialect)
    return await rates_for_order(call) if asked.with_rates else Nothing()


def _restriction() -> params.Param:
    return params.choice(
        "cancelRestrictions",
        _RESTRICTIONS,
        errors.INVALID_CANCEL_RESTRICTIONS,
        "In which status alone the order is cancelled.",
    )


class CancelOrderParams(CancelParams, frozen=True, kw_only=True):
    restriction: Annotated[CancelRestriction, _restriction()] = CancelRestriction.NONE


@endpoint(
    "DELETE",
    _PATH,
    Security.TRADE,
    Weight(1, is_given_back=True),
    params=CancelOrderParams,
    refuses=(*CANCELLING_ONE, Reason.CANCEL_RESTRICTED),
)
async def cancel_order(call: Call, asked: CancelOrderParams) -> OrderReply | ListReply:
    """Cancel an order, and its list with it; the WebSocket API then answers with the list"""
    outcome = await call.submit(cancel_command(call.sender, asked, call.sender.scope, asked.restriction))
    ended = ended_order(outcome, asked.means)
    if call.session is not None and ended.order.spec.list_id != NO_LIST:
        return canceled_list(ended_list(outcome), call.per_ms)
    return canceled_order(ended, call.per_ms)


# --- replacing -------------------------------------------------------------------------------------------------


class CancelReplaceParams(NewOrderParams, frozen=True, kw_only=True):
    mode: Annotated[
        CancelReplaceMode,
        params.choice(
            "cancelReplaceMode",
            params.words(CancelReplaceMode),
            about="Whether the new order is placed where the cancel fails.",
        ),
    ]
    cancel_order_id: Annotated[int, params.number("cancelOrderId")] = 0
    cancel_orig_client_id: Annotated[str, params.client_id("cancelOrigClientOrderId")] = ""
    cancel_client_id: Annotated[
        str, params.client_id("cancelNewClientOrderId", "Names the cancel itself.")
    ] = ""
    restriction: Annotated[CancelRestriction, _restriction()] = CancelRestriction.NONE
    cancels_over_limit: Annotated[
        bool,
        params.choice(
            "orderRateLimitExceededMode",
            {"DO_NOTHING": False, "CANCEL_ONLY": True},
            about="What to do where the order counts are full.",
        ),
    ] = False

    def canceled(self) -> CancelParams:
        """The half that is cancelled, as a cancel by itself."""
        return CancelParams(
            symbol=self.symbol,
            order_id=self.cancel_order_id,
            client_order_id=self.cancel_orig_client_id,
            cancel_client_id=self.cancel_client_id,
        )


class BothHalves(Reply):
    cancel_result: str
    new_order_result: str
    cancel_response: OrderReply | errors.ErrorBody
    new_order_response: OrderReply | errors.ErrorBody | None


@endpoint(
    "POST",
    f"{_PATH}/cancelReplace",
    Security.TRADE,
    Weight(1, is_given_back=True),
    params=CancelReplaceParams,
    refuses=(
        _UNNAMED_CANCEL,
        errors.REPLACED_IN_PART,
        errors.NOT_REPLACED,
        *(refused for refused in PLACING_ONE if refused not in _AFTER_CANCEL),
    ),
    unsupported=order_params.pegs(),
)
async def cancel_replace(call: Call, asked: CancelReplaceParams) -> BothHalves:
    """Cancel an order and place another; -2021 and -2022 have what became of each in their `data`"""
    meant = asked.canceled()
    if not meant.order_id and not meant.client_order_id:
        raise ApiError(_UNNAMED_CANCEL)
    outcome = await call.submit(
        CancelReplace(
            account_id=call.sender.account_id,
            api_key=call.sender.api_key,
            expires_at_ms=call.sender.expires_at_ms,
            mode=asked.mode,
            cancel=cancel_command(call.sender, meant, call.sender.scope, asked.restriction),
            order=asked.command(call),
            cancels_over_limit=asked.cancels_over_limit,
        )
    )
    show_order_counts(call)
    done = next(event for event in outcome.events if isinstance(event, CancelReplaced))
    halves = _halves(call, asked, meant, outcome, done)
    if done.not_canceled is None and done.not_placed is None:
        return halves
    both_failed = done.not_canceled is not None and (done.not_placed is not None or not done.is_attempted)
    error = errors.NOT_REPLACED if both_failed else errors.REPLACED_IN_PART
    stopped_by_counts = (
        done.not_placed is not None
        and done.not_placed.reason is Reason.TOO_MANY_ORDERS
        and asked.mode is CancelReplaceMode.STOP_ON_FAILURE
    )
    if stopped_by_counts and done.not_placed is not None:
        waiting = refusal(done.not_placed, call.dialect, outcome.at_ms)
        error = WireError(waiting.error.status, error.code, error.message)
        raise ApiError(error, waiting.retry, halves)
    raise ApiError(error, data=halves)


def _halves(
    call: Call, asked: CancelReplaceParams, meant: CancelParams, outcome: Outcome, done: CancelReplaced
) -> BothHalves:
    cancel: OrderReply | errors.ErrorBody
    order: OrderReply | errors.ErrorBody | None = None
    if done.not_canceled is None:
        cancel = canceled_order(ended_order(outcome, meant.means), call.per_ms)
    else:
        cancel = _failure(call, done.not_canceled, outcome)
    result = "NOT_ATTEMPTED"
    if done.is_attempted and done.not_placed is not None:
        result, order = "FAILURE", _failure(call, done.not_placed, outcome)
    elif done.is_attempted:
        result, order = "SUCCESS", shown_placed(placed_order(outcome), asked.form, call.per_ms)
    return BothHalves("SUCCESS" if done.not_canceled is None else "FAILURE", result, cancel, order)


def _failure(call: Call, rejected: Rejected, outcome: Outcome) -> errors.ErrorBody:
    error = refusal(rejected, call.dialect, outcome.at_ms).error
    return errors.ErrorBody(error.code, error.message)


# --- many orders, and looking up -------------------------------------------------------------------------------


@endpoint(
    "DELETE",
    "/api/v3/openOrders",
    Security.TRADE,
    Weight(1, is_given_back=True),
    params=SymbolParams,
    refuses=(*OF_ORDERS, Reason.NO_OPEN_ORDERS),
)
async def cancel_all_orders(call: Call, asked: SymbolParams) -> list[OrderReply | ListReply]:
    """Cancel all open orders and order lists on a symbol"""
    outcome = await call.submit(cancel_all_command(call.sender, call.sender.scope, asked.symbol))
    return [
        canceled_order(ended, call.per_ms) if isinstance(ended, Ended) else canceled_list(ended, call.per_ms)
        for ended in all_ended(outcome)
    ]


@endpoint(
    "GET",
    _PATH,
    Security.USER_DATA,
    Weight(4),
    params=OneOrderParams,
    refuses=(UNNAMED, errors.INVALID_SYMBOL, errors.NO_SUCH_ORDER, errors.ORDER_ARCHIVED),
)
async def query_order(call: Call, asked: OneOrderParams) -> OrderReply:
    """Query an order"""
    return order_row(await find_order(call, asked, call.sender.scope), call.per_ms)


class OpenOrdersParams(params.Params, frozen=True, kw_only=True):
    symbol: Annotated[str | None, params.symbol(about="All symbols where not sent.")] = None


@endpoint(
    "GET",
    "/api/v3/openOrders",
    Security.USER_DATA,
    Weight(6, heavier=Heavier(80, "symbol", (None,))),
    params=OpenOrdersParams,
    refuses=(errors.INVALID_SYMBOL,),
)
async def open_orders(call: Call, asked: OpenOrdersParams) -> list[OrderReply]:
    """Query open orders"""
    orders = await find_open_orders(call, call.sender.scope, asked.symbol)
    return [order_row(order, call.per_ms) for order in orders]


class AllOrdersParams(SymbolParams, frozen=True, kw_only=True):
    from_id: Annotated[int | None, params.number("orderId", "Orders from this id on.")] = None
    start_ms: Annotated[int | None, params.time("startTime")] = None
    end_ms: Annotated[int | None, params.time("endTime", "At most 24 hours after startTime.")] = None
    limit: Annotated[int, params.count("limit", 1000)] = 500


@endpoint(
    "GET",
    "/api/v3/allOrders",
    Security.USER_DATA,
    Weight(20),
    params=AllOrdersParams,
    refuses=(errors.INVALID_SYMBOL, *SPAN_REFUSALS),
)
async def all_orders(call: Call, asked: AllOrdersParams) -> list[OrderReply]:
    """Query all orders, open or not; the newest where neither an id nor a time was sent"""
    call.catalogue.symbol(asked.symbol)
    span = span_within_a_day(asked)
    orders = await call.exchange.past.fetch(
        queries.Orders(
            account_id=call.sender.account_id,
            scope=call.sender.scope,
            symbol=asked.symbol,
            from_id=asked.from_id,
            start_ms=span.start_ms,
            end_ms=span.end_ms,
            limit=asked.limit,
        )
    )
    return [order_row(order, call.per_ms) for order in orders]


@endpoint("GET", "/api/v3/rateLimit/order", Security.USER_DATA, Weight(40))
async def order_count(call: Call, _asked: params.NoParams) -> list[OrderCountRow]:
    """Query the use of the order count limits"""
    return await order_counts(call, call.sender.scope)
