"""Trades of the margin account, and those that self-trade prevention kept from happening."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import UNSET, UnsetType

from openmargin.api import errors, params
from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.errors import ApiError
from openmargin.api.render import SELF_TRADE_WORDS, Reply, is_isolated
from openmargin.api.scopes import PairParams
from openmargin.api.windows import DAY_REFUSALS, DayParams, DayQuery
from openmargin.domain.enums import Side
from openmargin.domain.money import format_e8
from openmargin.domain.orders import PreventedMatch
from openmargin.history import queries
from openmargin.history.rows import TradeRow

_PREVENTED_MAX: Final = 500


class MyTradesParams(DayParams, frozen=True, kw_only=True):
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
        is_isolated=is_isolated(row.scope),
        time=row.at_ms,
    )


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


class PreventedMatchesParams(PairParams, frozen=True, kw_only=True):
    prevented_match_id: Annotated[
        int | None, params.number("preventedMatchId", "That one, and no other.")
    ] = None
    order_id: Annotated[int | None, params.number("orderId", "Those of this order.")] = None
    from_id: Annotated[
        int | None, params.number("fromPreventedMatchId", "With orderId: from this one on.")
    ] = None


class PreventedMatchReply(Reply):
    symbol: str
    prevented_match_id: int
    taker_order_id: int
    maker_symbol: str
    maker_order_id: int
    trade_group_id: int
    self_trade_prevention_mode: str
    price: str
    taker_prevented_quantity: str | UnsetType
    maker_prevented_quantity: str | UnsetType
    transact_time: int


def _prevented(match: PreventedMatch) -> PreventedMatchReply:
    """A side that lost nothing is not told of."""
    return PreventedMatchReply(
        symbol=match.symbol,
        prevented_match_id=match.prevented_match_id,
        taker_order_id=match.taker_order_id,
        maker_symbol=match.symbol,
        maker_order_id=match.maker_order_id,
        trade_group_id=match.trade_group_id,
        self_trade_prevention_mode=SELF_TRADE_WORDS[match.mode],
        price=format_e8(match.price),
        taker_prevented_quantity=format_e8(match.taker_quantity) if match.taker_quantity else UNSET,
        maker_prevented_quantity=format_e8(match.maker_quantity) if match.maker_quantity else UNSET,
        transact_time=match.at_ms,
    )


@endpoint(
    "GET",
    "/sapi/v1/margin/myPreventedMatches",
    Security.USER_DATA,
    Weight(10),
    params=PreventedMatchesParams,
    refuses=(errors.BAD_COMBINATION, errors.INVALID_SYMBOL, errors.NO_ISOLATED_ACCOUNT),
)
async def prevented_matches(call: Call, asked: PreventedMatchesParams) -> list[PreventedMatchReply]:
    """Query trades that self-trade prevention kept from happening, 500 at most"""
    by_match = asked.prevented_match_id is not None
    by_order = asked.order_id is not None
    if by_match == by_order or (asked.from_id is not None and not by_order):
        raise ApiError(errors.BAD_COMBINATION)
    call.catalogue.symbol(asked.symbol)
    call.require_known(asked.scope)
    matches = await call.exchange.past.fetch(
        queries.PreventedMatches(
            account_id=call.sender.account_id,
            scope=asked.scope,
            symbol=asked.symbol,
            prevented_match_id=asked.prevented_match_id,
            order_id=asked.order_id,
            from_id=asked.from_id,
            limit=_PREVENTED_MAX,
        )
    )
    return [_prevented(match) for match in matches]
