"""Trades of the margin account."""

from __future__ import annotations

from typing import Annotated

from openmargin.api import params
from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.render import Reply
from openmargin.api.windows import DayParams, DayQuery
from openmargin.domain.enums import Side
from openmargin.domain.ids import CROSS, Scope
from openmargin.domain.money import format_e8
from openmargin.history.rows import TradeRow


class MyTradesParams(DayParams, frozen=True, kw_only=True):
    symbol: Annotated[str, params.symbol()]
    scope: Annotated[Scope, params.account()] = CROSS
    order_id: Annotated[int | None, params.number("orderId", "Trades of this order alone.")] = None
    from_id: Annotated[int | None, params.number("fromId", "Trades from this id on.")] = None
    limit: Annotated[int, params.count("limit", 1000)] = 500


class TradeReply(Reply):
    commission: str
    commission_asset: str
    id: int
    is_best_match: bool
    is_buyer: bool
    is_maker: bool
    order_id: int
    price: str
    qty: str
    symbol: str
    is_isolated: bool
    time: int


def _trade(row: TradeRow) -> TradeReply:
    fill = row.fill
    return TradeReply(
        commission=format_e8(fill.commission),
        commission_asset=fill.commission_asset,
        id=fill.trade_id,
        is_best_match=True,  # Every trade here is at the best price that stood.
        is_buyer=row.side is Side.BUY,
        is_maker=fill.is_maker,
        order_id=row.order_id,
        price=format_e8(fill.price),
        qty=format_e8(fill.quantity),
        symbol=row.symbol,
        is_isolated=False,
        time=row.at_ms,
    )


@endpoint("GET", "/sapi/v1/margin/myTrades", Security.USER_DATA, Weight(10), params=MyTradesParams)
async def my_trades(call: Call, asked: MyTradesParams) -> list[TradeReply]:
    """Query the account's trades"""
    call.catalogue.symbol(asked.symbol)
    day = DayQuery.of(asked, call.exchange.clock.now_ms())
    by_id = asked.from_id is not None or asked.order_id is not None
    rows = await call.exchange.past.trades(
        call.sender.account_id,
        asked.scope,
        asked.symbol,
        asked.order_id,
        asked.from_id,
        asked.start_ms if by_id else day.span.start_ms,
        asked.end_ms if by_id else day.span.end_ms,
        asked.limit,
    )
    return [_trade(row) for row in rows if by_id or row.at_ms >= day.not_before_ms]
