"""Values as JSON: number formats, words, and the order shapes that several endpoints share.

Amounts and prices are strings with all eight decimals everywhere. The reference's own examples vary ("0", "0.001",
"1.00000000" for the same field), and clients parse them all alike, so one rule serves: eight decimals for what is
held or traded, the short form for limits and bars that somebody typed in ("60", "1.5").
"""

from __future__ import annotations

from typing import Final, TypeAlias

from msgspec import UNSET, Raw, Struct, UnsetType

from openmargin.domain.enums import OrderStatus, OrderType, SelfTradePrevention, Side, TimeInForce
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.money import Atoms, format_e8, format_short
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


# --- placing ---------------------------------------------------------------------------------------------------


class OrderAck(Reply):
    symbol: str
    order_id: int
    client_order_id: str
    is_isolated: bool
    transact_time: int


class OrderResult(OrderAck):
    price: str
    orig_qty: str
    executed_qty: str
    cummulative_quote_qty: str
    status: str
    time_in_force: str
    type: str
    side: str
    self_trade_prevention_mode: str


class FillReply(Reply):
    price: str
    qty: str
    commission: str
    commission_asset: str
    trade_id: int


class OrderFull(OrderResult, kw_only=True):
    margin_buy_borrow_amount: Raw | UnsetType = UNSET
    margin_buy_borrow_asset: str | UnsetType = UNSET
    fills: list[FillReply]


def order_ack(order: OrderView) -> OrderAck:
    spec = order.spec
    return OrderAck(
        spec.symbol, spec.order_id, spec.client_order_id, is_isolated(spec.scope), spec.placed_at_ms
    )


_Result: TypeAlias = tuple[str, int, str, bool, int, str, str, str, str, str, str, str, str, str]


def _result(order: OrderView) -> _Result:
    """The fields that RESULT and FULL begin with."""
    spec = order.spec
    return (
        spec.symbol,
        spec.order_id,
        spec.client_order_id,
        is_isolated(spec.scope),
        spec.placed_at_ms,
        format_e8(spec.price),
        format_e8(spec.quantity),
        format_e8(order.executed_quantity),
        format_e8(order.executed_quote),
        STATUS_WORDS[order.status],
        TIME_IN_FORCE_WORDS[spec.time_in_force],
        TYPE_WORDS[spec.type],
        SIDE_WORDS[spec.side],
        SELF_TRADE_WORDS[spec.self_trade_prevention],
    )


def order_result(order: OrderView) -> OrderResult:
    return OrderResult(*_result(order))


def order_full(order: OrderView, fills: list[Fill], borrowed: Atoms, borrowed_asset: str) -> OrderFull:
    """The whole story; the loan is named only where there was one."""
    return OrderFull(
        *_result(order),
        margin_buy_borrow_amount=json_number(borrowed) if borrowed else UNSET,
        margin_buy_borrow_asset=borrowed_asset if borrowed else UNSET,
        fills=fill_replies(fills),
    )


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


# --- cancelling ------------------------------------------------------------------------------------------------


class CanceledOrder(Reply):
    """One order in the answer to a cancel of all."""

    symbol: str
    is_isolated: bool
    orig_client_order_id: str
    order_id: int
    order_list_id: int
    client_order_id: str
    price: str
    orig_qty: str
    executed_qty: str
    cummulative_quote_qty: str
    status: str
    time_in_force: str
    type: str
    side: str
    self_trade_prevention_mode: str


class CanceledSingleOrder(Reply):
    """The answer to a cancel of one order: the only place where Binance writes `orderId` as a string."""

    symbol: str
    is_isolated: bool
    order_id: str
    orig_client_order_id: str
    client_order_id: str
    price: str
    orig_qty: str
    executed_qty: str
    cummulative_quote_qty: str
    status: str
    time_in_force: str
    type: str
    side: str


def canceled_order(order: OrderView, cancel_client_id: str) -> CanceledOrder:
    spec = order.spec
    return CanceledOrder(
        spec.symbol,
        is_isolated(spec.scope),
        spec.client_order_id,
        spec.order_id,
        spec.list_id,
        cancel_client_id,
        format_e8(spec.price),
        format_e8(spec.quantity),
        format_e8(order.executed_quantity),
        format_e8(order.executed_quote),
        STATUS_WORDS[order.status],
        TIME_IN_FORCE_WORDS[spec.time_in_force],
        TYPE_WORDS[spec.type],
        SIDE_WORDS[spec.side],
        SELF_TRADE_WORDS[spec.self_trade_prevention],
    )


def canceled_single_order(order: OrderView, cancel_client_id: str) -> CanceledSingleOrder:
    spec = order.spec
    return CanceledSingleOrder(
        spec.symbol,
        is_isolated(spec.scope),
        str(spec.order_id),
        spec.client_order_id,
        cancel_client_id,
        format_e8(spec.price),
        format_e8(spec.quantity),
        format_e8(order.executed_quantity),
        format_e8(order.executed_quote),
        STATUS_WORDS[order.status],
        TIME_IN_FORCE_WORDS[spec.time_in_force],
        TYPE_WORDS[spec.type],
        SIDE_WORDS[spec.side],
    )


# --- looking up ------------------------------------------------------------------------------------------------


class OrderRow(Reply):
    """An order in the answer to a query."""

    client_order_id: str
    cummulative_quote_qty: str
    executed_qty: str
    iceberg_qty: str
    is_working: bool
    order_id: int
    orig_qty: str
    price: str
    side: str
    status: str
    stop_price: str
    symbol: str
    is_isolated: bool
    time: int
    time_in_force: str
    type: str
    self_trade_prevention_mode: str
    update_time: int


def order_row(order: OrderView) -> OrderRow:
    spec = order.spec
    return OrderRow(
        spec.client_order_id,
        format_e8(order.executed_quote),
        format_e8(order.executed_quantity),
        format_e8(spec.iceberg_quantity),
        order.working_at_ms > 0,
        spec.order_id,
        format_e8(spec.quantity),
        format_e8(spec.price),
        SIDE_WORDS[spec.side],
        STATUS_WORDS[order.status],
        format_e8(spec.stop_price),
        spec.symbol,
        is_isolated(spec.scope),
        spec.placed_at_ms,
        TIME_IN_FORCE_WORDS[spec.time_in_force],
        TYPE_WORDS[spec.type],
        SELF_TRADE_WORDS[spec.self_trade_prevention],
        order.updated_at_ms,
    )
