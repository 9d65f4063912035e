"""Liquidations: the one that an owner asks for, and the orders of all."""

from __future__ import annotations

from typing import Annotated

from msgspec import Raw

from openmargin.api import errors, params
from openmargin.api.endpoint import Call, Payer, Security, Weight, endpoint
from openmargin.api.errors import ApiError
from openmargin.api.params import Params
from openmargin.api.render import SIDE_WORDS, TIME_IN_FORCE_WORDS, Reply, is_isolated, json_number
from openmargin.api.windows import PageParams
from openmargin.domain.commands import ManualLiquidate
from openmargin.domain.events import DebtLiquidated
from openmargin.domain.ids import CROSS, Scope
from openmargin.domain.money import format_e8, ratio
from openmargin.domain.orders import OrderView
from openmargin.domain.reasons import Reason
from openmargin.history import queries


class ManualParams(Params, frozen=True, kw_only=True):
    of_isolated: Annotated[bool, params.choice("type", {"MARGIN": False, "ISOLATED": True})]
    symbol: Annotated[
        str | None, params.symbol(about="The pair of the isolated account; mandatory for it.")
    ] = None

    @property
    def scope(self) -> Scope:
        if not self.of_isolated:
            if self.symbol is not None:
                raise ApiError(errors.not_required("symbol"))
            return CROSS
        if self.symbol is None:
            raise ApiError(errors.missing("symbol"))
        return self.symbol


class ManualReply(Reply):
    asset: str
    interest: str
    principal: str
    liability_asset: str
    liability_qty: Raw
    """A JSON number."""


@endpoint(
    "POST",
    "/sapi/v1/margin/manual-liquidation",
    Security.TRADE,
    Weight(3000, Payer.UID),
    params=ManualParams,
    refuses=(
        errors.missing("symbol"),
        errors.not_required("symbol"),
        Reason.UNKNOWN_SCOPE,
        Reason.LIQUIDATING,
        Reason.NOTHING_TO_LIQUIDATE,
    ),
)
async def manual_liquidation(call: Call, asked: ManualParams) -> ManualReply:
    """Repay all debts of a margin account out of its assets; the answer is about the largest debt"""
    sender = call.sender
    outcome = await call.submit(
        ManualLiquidate(sender.account_id, sender.api_key, sender.expires_at_ms, asked.scope)
    )
    done = next(event for event in outcome.events if isinstance(event, DebtLiquidated))
    return ManualReply(
        done.asset,
        format_e8(done.interest),
        format_e8(done.principal),
        done.repaid_in,
        json_number(done.repaid_quantity),
    )


class ForcedOrdersParams(PageParams, frozen=True, kw_only=True):
    isolated_symbol: Annotated[Scope | None, params.isolated_symbol()] = None


class ForcedOrder(Reply):
    avg_price: str
    executed_qty: str
    order_id: int
    price: str
    qty: str
    side: str
    symbol: str
    time_in_force: str
    is_isolated: bool
    updated_time: int


class ForcedOrderPage(Reply):
    rows: list[ForcedOrder]
    total: int


def _forced_order(order: OrderView) -> ForcedOrder:
    spec, executed = order.spec, order.executed_quantity
    return ForcedOrder(
        avg_price=format_e8(ratio(order.executed_quote, executed) if executed else 0),
        executed_qty=format_e8(executed),
        order_id=spec.order_id,
        price=format_e8(spec.price),
        qty=format_e8(spec.quantity),
        side=SIDE_WORDS[spec.side],
        symbol=spec.symbol,
        time_in_force=TIME_IN_FORCE_WORDS[spec.time_in_force],
        is_isolated=is_isolated(spec.scope),
        updated_time=order.updated_at_ms,
    )


@endpoint(
    "GET",
    "/sapi/v1/margin/forceLiquidationRec",
    Security.USER_DATA,
    Weight(1),
    params=ForcedOrdersParams,
    refuses=(errors.BAD_DATE_RANGE, errors.NO_ISOLATED_ACCOUNT),
)
async def forced_orders(call: Call, asked: ForcedOrdersParams) -> ForcedOrderPage:
    """Query the orders that liquidations placed, by their last change"""
    scope = asked.isolated_symbol or CROSS
    call.require_known(scope)
    if asked.start_ms is not None and asked.end_ms is not None and asked.end_ms < asked.start_ms:
        raise ApiError(errors.BAD_DATE_RANGE)
    rows, total = await call.exchange.past.fetch(
        queries.LiquidationOrders(
            account_id=call.sender.account_id,
            scope=scope,
            start_ms=asked.start_ms,
            end_ms=asked.end_ms,
            offset=asked.offset,
            limit=asked.size,
        )
    )
    return ForcedOrderPage([_forced_order(row) for row in rows], total)
