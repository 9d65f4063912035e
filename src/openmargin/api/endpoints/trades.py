"""Trades of the margin account, and those that self-trade prevention kept from happening."""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import errors, params
from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.questions import PreventedNames, prevented_matches
from openmargin.api.render import is_isolated
from openmargin.api.render_trades import PreventedMatchReply, TradeReply, prevented_reply, trade_reply
from openmargin.api.scopes import isolated_flag, scope_of_pair
from openmargin.api.windows import DAY_REFUSALS, DayParams, DayQuery
from openmargin.history import queries
from openmargin.history.rows import TradeRow

_PREVENTED_MAX: Final = 500


class MyTradesParams(DayParams, frozen=True, kw_only=True):
    order_id: Annotated[int | None, params.number("orderId", "Trades of this order alone.")] = None
    from_id: Annotated[int | None, params.number("fromId", "Trades from this id on.")] = None
    limit: Annotated[int, params.count("limit", 1000)] = 500


@endpoint(
    "GET",
    "/sapi/v1/margin/myTrades",
    Security.USER_DATA,
    Weight(10),
    params=MyTradesParams,
    refuses=(errors.INVALID_SYMBOL, errors.NO_ISOLATED_ACCOUNT, *DAY_REFUSALS),
)
async def my_trades(call: Call, asked: MyTradesParams) -> list[TradeReply]:
    """Query the account's trades"""
    call.catalogue.symbol(asked.symbol)
    call.require_known(asked.scope)
    day = DayQuery.of(asked, call.exchange.clock.now_ms())
    by_id = asked.from_id is not None or asked.order_id is not None
    rows = await call.exchange.past.fetch(
        queries.Trades(
            account_id=call.sender.account_id,
            scope=asked.scope,
            symbol=asked.symbol,
            order_id=asked.order_id,
            from_id=asked.from_id,
            start_ms=asked.start_ms if by_id else day.span.start_ms,
            end_ms=asked.end_ms if by_id else day.span.end_ms,
            limit=asked.limit,
        )
    )
    return [_trade(row) for row in rows if by_id or row.at_ms >= day.not_before_ms]


def _trade(row: TradeRow) -> TradeReply:
    reply = trade_reply(row)
    reply.is_isolated = is_isolated(row.scope)
    return reply


class PreventedMatchesParams(PreventedNames, frozen=True, kw_only=True):
    is_isolated: Annotated[bool, isolated_flag()] = False


@endpoint(
    "GET",
    "/sapi/v1/margin/myPreventedMatches",
    Security.USER_DATA,
    Weight(10),
    params=PreventedMatchesParams,
    refuses=(errors.BAD_COMBINATION, errors.INVALID_SYMBOL, errors.NO_ISOLATED_ACCOUNT),
)
async def my_prevented_matches(call: Call, asked: PreventedMatchesParams) -> list[PreventedMatchReply]:
    """Query trades that self-trade prevention kept from happening, 500 at most"""
    scope = scope_of_pair(asked.symbol, asked.is_isolated)
    return [prevented_reply(match) for match in await prevented_matches(call, asked, scope, _PREVENTED_MAX)]
