"""Trades, and prevented ones, in any answer."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from openmargin.api.render import SELF_TRADE_WORDS, Reply
from openmargin.domain.enums import Side
from openmargin.domain.money import format_e8
from openmargin.domain.orders import PreventedMatch
from openmargin.history.rows import TradeRow


class TradeReply(Reply, kw_only=True):
    """One of the account's fills. Each API sets what it shows besides."""

    symbol: str
    id: int
    order_id: int
    order_list_id: int | UnsetType = UNSET
    is_isolated: bool | UnsetType = UNSET
    price: str
    qty: str
    quote_qty: str | UnsetType = UNSET
    commission: str
    commission_asset: str
    time: int
    is_buyer: bool
    is_maker: bool
    is_best_match: bool


def trade_reply(row: TradeRow, per_ms: int = 1) -> TradeReply:
    fill = row.fill
    return TradeReply(
        symbol=row.symbol,
        id=fill.trade_id,
        order_id=row.order_id,
        price=format_e8(fill.price),
        qty=format_e8(fill.quantity),
        commission=format_e8(fill.commission),
        commission_asset=fill.commission_asset,
        time=row.at_ms * per_ms,
        is_buyer=row.side is Side.BUY,
        is_maker=fill.is_maker,
        is_best_match=True,  # Every trade here is at the best price that stood.
    )


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


def prevented_reply(match: PreventedMatch, per_ms: int = 1) -> PreventedMatchReply:
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
        transact_time=match.at_ms * per_ms,
    )
