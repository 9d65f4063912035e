"""Values as JSON: number formats, words, and the one record that every order is shown in.

Amounts and prices are strings with all eight decimals everywhere. The reference's own examples vary ("0", "0.001",
"1.00000000" for the same field), and clients parse them all alike, so one rule serves: eight decimals for what is
held or traded, the short form for limits and bars that somebody typed in ("60", "1.5").
"""

from __future__ import annotations

from typing import Final

from msgspec import UNSET, Raw, Struct, UnsetType

from openmargin.domain.enums import OrderStatus, OrderType, SelfTradePrevention, Side, TimeInForce
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.money import format_e8, format_short
from openmargin.domain.orders import Fill, OrderView

SIDE_WORDS: Final = {member: member.name for member in Side}
TYPE_WORDS: Final = {member: member.name for member in OrderType}
TIME_IN_FORCE_WORDS: Final = {member: member.name for member in TimeInForce}
STATUS_WORDS: Final = {member: member.name for member in OrderStatus}
SELF_TRADE_WORDS: Final = {member: member.name for member in SelfTradePrevention}

_NEITHER_ISOLATED: Final = (CROSS, SPOT)


def is_isolated(scope: Scope) -> bool:
    return scope not in _NEITHER_ISOLATED


class Reply(Struct, rename="camel"):
    """A JSON object; field names are the wire's in snake case."""


class Nothing(Reply):
    """The empty object."""


def json_number(value: int) -> Raw:
    """An amount as a JSON number, digit for digit: a float would round it."""
    return Raw(format_short(value).encode())


class FillReply(Reply):
    price: str
    qty: str
    commission: str
    commission_asset: str
    trade_id: int


def fill_replies(fills: list[Fill]) -> list[FillReply]:
    return [
        FillReply(
            format_e8(fill.price),
            format_e8(fill.quantity),
            format_e8(fill.commission),
            fill.commission_asset,
            fill.trade_id,
        )
        for fill in fills
    ]


class OwnPreventedMatch(Reply):
    """A match that was prevented while the order was placed."""

    prevented_match_id: int
    maker_order_id: int
    price: str
    taker_prevented_quantity: str | UnsetType
    maker_prevented_quantity: str | UnsetType


# --- orders ----------------------------------------------------------------------------------------------------


class OrderReply(Reply, kw_only=True):
    """An order in any answer. Each shape sets what it shows; what it leaves alone is not there.

    The margin shapes are in `render_margin`, those of the spot API in `render_spot`.
    """

    symbol: str
    is_isolated: bool | UnsetType = UNSET
    orig_client_order_id: str | UnsetType = UNSET
    order_id: int | str
    order_list_id: int | UnsetType = UNSET
    client_order_id: str
    transact_time: int | UnsetType = UNSET
    price: str | UnsetType = UNSET
    orig_qty: str | UnsetType = UNSET
    executed_qty: str | UnsetType = UNSET
    orig_quote_order_qty: str | UnsetType = UNSET
    cummulative_quote_qty: str | UnsetType = UNSET
    status: str | UnsetType = UNSET
    time_in_force: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    side: str | UnsetType = UNSET
    stop_price: str | UnsetType = UNSET
    iceberg_qty: str | UnsetType = UNSET
    trailing_delta: int | UnsetType = UNSET
    trailing_time: int | UnsetType = UNSET
    strategy_id: int | UnsetType = UNSET
    strategy_type: int | UnsetType = UNSET
    time: int | UnsetType = UNSET
    update_time: int | UnsetType = UNSET
    is_working: bool | UnsetType = UNSET
    working_time: int | UnsetType = UNSET
    self_trade_prevention_mode: str | UnsetType = UNSET
    prevented_match_id: int | UnsetType = UNSET
    prevented_quantity: str | UnsetType = UNSET
    trade_group_id: int | UnsetType = UNSET
    expiry_reason: str | UnsetType = UNSET
    margin_buy_borrow_amount: Raw | UnsetType = UNSET
    margin_buy_borrow_asset: str | UnsetType = UNSET
    fills: list[FillReply] | UnsetType = UNSET
    prevented_matches: list[OwnPreventedMatch] | UnsetType = UNSET


def identity(order: OrderView) -> OrderReply:
    """Which order it is."""
    spec = order.spec
    return OrderReply(symbol=spec.symbol, order_id=spec.order_id, client_order_id=spec.client_order_id)


def progress(order: OrderView) -> OrderReply:
    """Which order it is, what was asked, and how far it came."""
    spec = order.spec
    return OrderReply(
        symbol=spec.symbol,
        order_id=spec.order_id,
        client_order_id=spec.client_order_id,
        price=format_e8(spec.price),
        orig_qty=format_e8(spec.quantity),
        executed_qty=format_e8(order.executed_quantity),
        cummulative_quote_qty=format_e8(order.executed_quote),
        status=STATUS_WORDS[order.status],
        time_in_force=TIME_IN_FORCE_WORDS[spec.time_in_force],
        type=TYPE_WORDS[spec.type],
        side=SIDE_WORDS[spec.side],
    )


def canceled(order: OrderView, cancel_client_id: str) -> OrderReply:
    """The same of an order that was cancelled, under the name of the cancel."""
    reply = progress(order)
    reply.orig_client_order_id = reply.client_order_id
    reply.client_order_id = cancel_client_id
    return reply


def where_set(value: int) -> str | UnsetType:
    return format_e8(value) if value else UNSET


def prevention(order: OrderView) -> str:
    return SELF_TRADE_WORDS[order.spec.self_trade_prevention]
