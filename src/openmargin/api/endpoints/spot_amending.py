"""Amending orders on the spot API: less of an order, which keeps its place."""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import errors, params
from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.errors import ApiError
from openmargin.api.render_spot import Amended, AmendmentReply, amended, amendment_row
from openmargin.api.scopes import SymbolParams
from openmargin.api.single_orders import OF_ORDERS, UNNAMED, OneOrderParams
from openmargin.domain.commands import AmendOrder
from openmargin.domain.events import OrderAmended
from openmargin.domain.money import Atoms
from openmargin.domain.reasons import Reason
from openmargin.history import queries

_CODES: Final = {
    Reason.UNKNOWN_ORDER: errors.AMENDED_UNKNOWN,
    Reason.CLIENT_ORDER_ID_MISMATCH: errors.AMENDED_MISNAMED,
    Reason.DUPLICATE_CLIENT_ORDER_ID: errors.AMENDED_DUPLICATE,
}


class AmendParams(OneOrderParams, frozen=True, kw_only=True):
    new_client_order_id: Annotated[
        str, params.client_id("newClientOrderId", "The order's new name; the present one may stay.")
    ] = ""
    quantity: Annotated[
        Atoms, params.decimal("newQty", "All of it, what has traded included; less than now.")
    ]


@endpoint(
    "PUT",
    "/api/v3/order/amend/keepPriority",
    Security.TRADE,
    Weight(4),
    params=AmendParams,
    refuses=(
        UNNAMED,
        errors.NO_AMENDS,
        *OF_ORDERS,
        Reason.LIQUIDATING_NO_TRADE,
        Reason.SYMBOL_CLOSED,
        Reason.UNKNOWN_ORDER,
        Reason.CLIENT_ORDER_ID_MISMATCH,
        Reason.QUANTITY_UNCHANGED,
        Reason.QUANTITY_RAISED,
        Reason.LOT_SIZE,
        Reason.MARKET_LOT_SIZE,
        Reason.NOTIONAL,
        Reason.QUANTITY_DONE,
        Reason.MAX_NUM_ORDER_AMENDS,
        Reason.DUPLICATE_CLIENT_ORDER_ID,
    ),
    codes=_CODES,
)
async def amend_order(call: Call, asked: AmendParams) -> Amended:
    """Lower the quantity of an open order, which keeps its place; of a pair, of both"""
    asked.require_a_name()
    if not call.catalogue.symbol(asked.symbol).max_num_order_amends:
        raise ApiError(errors.NO_AMENDS)  # exchangeInfo says so of the symbol: `amendAllowed`.
    outcome = await call.submit(
        AmendOrder(
            account_id=call.sender.account_id,
            api_key=call.sender.api_key,
            expires_at_ms=call.sender.expires_at_ms,
            scope=call.sender.scope,
            symbol=asked.symbol,
            order_id=asked.order_id,
            client_order_id=asked.client_order_id,
            quantity=asked.quantity,
            new_client_order_id=asked.new_client_order_id,
        )
    )
    # The order that was asked for is told of before the other of its pair.
    return amended(next(one for one in outcome.events if isinstance(one, OrderAmended)), call.per_ms)


class AmendmentsParams(SymbolParams, frozen=True, kw_only=True):
    order_id: Annotated[int, params.number("orderId")]
    from_id: Annotated[int | None, params.number("fromExecutionId", "Amendments from this id on.")] = None
    limit: Annotated[int, params.count("limit", 1000)] = 500


@endpoint(
    "GET",
    "/api/v3/order/amendments",
    Security.USER_DATA,
    Weight(4),
    params=AmendmentsParams,
    refuses=(errors.INVALID_SYMBOL,),
)
async def order_amendments(call: Call, asked: AmendmentsParams) -> list[AmendmentReply]:
    """Query how an order was amended"""
    call.catalogue.symbol(asked.symbol)
    found = await call.exchange.past.fetch(
        queries.Amendments(
            account_id=call.sender.account_id,
            scope=call.sender.scope,
            symbol=asked.symbol,
            order_id=asked.order_id,
            from_id=asked.from_id,
            limit=asked.limit,
        )
    )
    return [amendment_row(amendment, call.per_ms) for amendment in found]
