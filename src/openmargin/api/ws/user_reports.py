"""Events of user data streams as JSON, field by field as the reference has them.

Amounts and prices are strings, times and ids numbers. A field that the reference calls conditional is there only where
it says something. Fields of order routing, allocations and pegged orders never appear: there are none.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from openmargin.api.render import SELF_TRADE_WORDS, SIDE_WORDS, STATUS_WORDS, TIME_IN_FORCE_WORDS, TYPE_WORDS
from openmargin.api.render_lists import CONTINGENCY_WORDS, list_status, transaction_time
from openmargin.domain.enums import ExpiryReason, OrderStatus
from openmargin.domain.money import Atoms, format_e8, format_short, notional
from openmargin.domain.orders import Fill, ListView, OrderView, PreventedMatch

_NONE: Final = "NONE"
_NOTHING: Final = "0.00000000"
_NO_TRADE: Final = -1
_NEVER: Final = -1
_ON_BOOK: Final = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)

NEW: Final = "NEW"
CANCELED: Final = "CANCELED"
REPLACED: Final = "REPLACED"
TRADE: Final = "TRADE"
EXPIRED: Final = "EXPIRED"
TRADE_PREVENTION: Final = "TRADE_PREVENTION"


class Prevented(Struct, frozen=True):
    """What one order lost in a prevented match, and what it would have traded."""

    match: PreventedMatch
    counter_order_id: int
    lost: Atoms
    quantity: Atoms
    """What the two would have traded."""


class ExecutionReport(Struct, kw_only=True):
    """What became of an order (`executionReport`)."""

    event: str = msgspec.field(name="e")
    event_time: int = msgspec.field(name="E")
    symbol: str = msgspec.field(name="s")
    client_order_id: str = msgspec.field(name="c")
    side: str = msgspec.field(name="S")
    order_type: str = msgspec.field(name="o")
    time_in_force: str = msgspec.field(name="f")
    quantity: str = msgspec.field(name="q")
    price: str = msgspec.field(name="p")
    stop_price: str = msgspec.field(name="P")
    trailing_delta: int | UnsetType = msgspec.field(name="d", default=UNSET)
    trailing_time: int | UnsetType = msgspec.field(name="D", default=UNSET)
    iceberg_quantity: str = msgspec.field(name="F")
    order_list_id: int = msgspec.field(name="g")
    original_client_order_id: str = msgspec.field(name="C")
    execution_type: str = msgspec.field(name="x")
    status: str = msgspec.field(name="X")
    reject_reason: str = msgspec.field(name="r")
    order_id: int = msgspec.field(name="i")
    last_quantity: str = msgspec.field(name="l")
    executed_quantity: str = msgspec.field(name="z")
    last_price: str = msgspec.field(name="L")
    commission: str = msgspec.field(name="n")
    commission_asset: str | None = msgspec.field(name="N")
    transaction_time: int = msgspec.field(name="T")
    trade_id: int = msgspec.field(name="t")
    prevented_match_id: int | UnsetType = msgspec.field(name="v", default=UNSET)
    execution_id: int = msgspec.field(name="I")
    is_on_book: bool = msgspec.field(name="w")
    is_maker: bool = msgspec.field(name="m")
    ignored: bool = msgspec.field(name="M")
    created: int = msgspec.field(name="O")
    executed_quote: str = msgspec.field(name="Z")
    last_quote: str = msgspec.field(name="Y")
    quote_quantity: str = msgspec.field(name="Q")
    working_time: int | UnsetType = msgspec.field(name="W", default=UNSET)
    prevention_mode: str = msgspec.field(name="V")
    strategy_id: int | UnsetType = msgspec.field(name="j", default=UNSET)
    strategy_type: int | UnsetType = msgspec.field(name="J", default=UNSET)
    prevented_quantity: str | UnsetType = msgspec.field(name="A", default=UNSET)
    last_prevented_quantity: str | UnsetType = msgspec.field(name="B", default=UNSET)
    trade_group_id: int | UnsetType = msgspec.field(name="u", default=UNSET)
    counter_order_id: int | UnsetType = msgspec.field(name="U", default=UNSET)
    counter_symbol: str | UnsetType = msgspec.field(name="Cs", default=UNSET)
    prevented_execution_quantity: str | UnsetType = msgspec.field(name="pl", default=UNSET)
    prevented_execution_price: str | UnsetType = msgspec.field(name="pL", default=UNSET)
    prevented_execution_quote: str | UnsetType = msgspec.field(name="pY", default=UNSET)
    expiry_reason: str | UnsetType = msgspec.field(name="eR", default=UNSET)


def execution_report(
    order: OrderView,
    execution: str,
    execution_id: int,
    at_ms: int,
    per_ms: int,
    *,
    original: str = "",
    renamed: str = "",
    fill: Fill | None = None,
    prevented: Prevented | None = None,
) -> bytes:
    """One step of an order's life. `renamed` is what the report calls the order where that is not its name: a
    cancelled one goes by the name of the cancel, and `original` is its own."""
    spec = order.spec
    now = at_ms * per_ms
    report = ExecutionReport(
        event="executionReport",
        event_time=now,
        symbol=spec.symbol,
        client_order_id=renamed or spec.client_order_id,
        side=SIDE_WORDS[spec.side],
        order_type=TYPE_WORDS[spec.type],
        time_in_force=TIME_IN_FORCE_WORDS[spec.time_in_force],
        quantity=format_e8(spec.quantity),
        price=format_e8(spec.price),
        stop_price=format_e8(spec.stop_price),
        iceberg_quantity=format_e8(spec.iceberg_quantity),
        order_list_id=spec.list_id,
        original_client_order_id=original,
        execution_type=execution,
        status=STATUS_WORDS[order.status],
        reject_reason=_NONE,
        order_id=spec.order_id,
        last_quantity=_NOTHING,
        executed_quantity=format_e8(order.executed_quantity),
        last_price=_NOTHING,
        commission="0",
        commission_asset=None,
        transaction_time=now,
        trade_id=_NO_TRADE,
        execution_id=execution_id,
        is_on_book=order.working_at_ms > 0 and order.status in _ON_BOOK,
        is_maker=False,
        ignored=False,
        created=spec.placed_at_ms * per_ms,
        executed_quote=format_e8(order.executed_quote),
        last_quote=_NOTHING,
        quote_quantity=format_e8(spec.quote_quantity),
        prevention_mode=SELF_TRADE_WORDS[spec.self_trade_prevention],
    )
    if order.working_at_ms:
        report.working_time = order.working_at_ms * per_ms
    if spec.trailing_delta:
        report.trailing_delta = spec.trailing_delta
        report.trailing_time = order.trailing_at_ms * per_ms or _NEVER
    if spec.strategy_id is not None:
        report.strategy_id = spec.strategy_id
    if spec.strategy_type is not None:
        report.strategy_type = spec.strategy_type
    if order.prevented_quantity:
        report.prevented_match_id = order.prevented_match_id
        report.prevented_quantity = format_e8(order.prevented_quantity)
    if order.expiry_reason is not ExpiryReason.NONE:
        report.expiry_reason = order.expiry_reason.name
    if fill is not None:
        _add_fill(report, fill)
    if prevented is not None:
        _add_prevented(report, prevented)
    return msgspec.json.encode(report)


def _add_fill(report: ExecutionReport, fill: Fill) -> None:
    report.last_quantity = format_e8(fill.quantity)
    report.last_price = format_e8(fill.price)
    report.last_quote = format_e8(fill.quote_quantity)
    report.commission = format_e8(fill.commission)
    report.commission_asset = fill.commission_asset
    report.trade_id = fill.trade_id
    report.is_maker = fill.is_maker


def _add_prevented(report: ExecutionReport, prevented: Prevented) -> None:
    match = prevented.match
    report.last_prevented_quantity = format_e8(prevented.lost)
    if match.trade_group_id >= 0:
        report.trade_group_id = match.trade_group_id
    report.counter_order_id = prevented.counter_order_id
    report.counter_symbol = match.symbol
    report.prevented_execution_quantity = format_e8(prevented.quantity)
    report.prevented_execution_price = format_e8(match.price)
    report.prevented_execution_quote = format_e8(notional(prevented.quantity, match.price))


# --- order lists -----------------------------------------------------------------------------------------------


class ListedOrder(Struct):
    symbol: str = msgspec.field(name="s")
    order_id: int = msgspec.field(name="i")
    client_order_id: str = msgspec.field(name="c")


class ListStatus(Struct):
    """What became of an order list (`listStatus`)."""

    event: str = msgspec.field(name="e")
    event_time: int = msgspec.field(name="E")
    symbol: str = msgspec.field(name="s")
    order_list_id: int = msgspec.field(name="g")
    contingency: str = msgspec.field(name="c")
    status_type: str = msgspec.field(name="l")
    order_status: str = msgspec.field(name="L")
    reject_reason: str = msgspec.field(name="r")
    client_list_id: str = msgspec.field(name="C")
    transaction_time: int = msgspec.field(name="T")
    orders: list[ListedOrder] = msgspec.field(name="O")


def list_report(order_list: ListView, at_ms: int, per_ms: int, *, is_renamed: bool = False) -> bytes:
    """A list that was placed or ended, or one of whose orders has another name."""
    status_type, order_status = list_status(order_list)
    return msgspec.json.encode(
        ListStatus(
            "listStatus",
            at_ms * per_ms,
            order_list.symbol,
            order_list.list_id,
            CONTINGENCY_WORDS[order_list.contingency],
            "UPDATED" if is_renamed else status_type,
            order_status,
            _NONE,
            order_list.client_list_id,
            (at_ms if is_renamed else transaction_time(order_list)) * per_ms,
            [ListedOrder(order_list.symbol, order_id, name) for order_id, name in order_list.orders],
        )
    )


# --- balances --------------------------------------------------------------------------------------------------


class Balance(Struct):
    asset: str = msgspec.field(name="a")
    free: str = msgspec.field(name="f")
    locked: str = msgspec.field(name="l")


class AccountPosition(Struct):
    """The wallets that a record changed, as they are after it (`outboundAccountPosition`)."""

    event: str = msgspec.field(name="e")
    event_time: int = msgspec.field(name="E")
    changed: int = msgspec.field(name="u")
    balances: list[Balance] = msgspec.field(name="B")


class BalanceUpdate(Struct):
    """Value that came or went other than by trading (`balanceUpdate`)."""

    event: str = msgspec.field(name="e")
    event_time: int = msgspec.field(name="E")
    asset: str = msgspec.field(name="a")
    delta: str = msgspec.field(name="d")
    cleared: int = msgspec.field(name="T")


def account_position(wallets: list[tuple[str, Atoms, Atoms]], at_ms: int, per_ms: int) -> bytes:
    """Wallets as (asset, free, locked)."""
    balances = [Balance(asset, format_e8(free), format_e8(locked)) for asset, free, locked in wallets]
    now = at_ms * per_ms
    return msgspec.json.encode(AccountPosition("outboundAccountPosition", now, now, balances))


def balance_update(asset: str, delta: Atoms, at_ms: int, per_ms: int) -> bytes:
    now = at_ms * per_ms
    return msgspec.json.encode(BalanceUpdate("balanceUpdate", now, asset, format_e8(delta), now))


# --- risk ------------------------------------------------------------------------------------------------------


class MarginLevelStatus(Struct):
    event: str = msgspec.field(name="e")
    event_time: int = msgspec.field(name="E")
    level: str = msgspec.field(name="l")
    status: str = msgspec.field(name="s")


class LiabilityChange(Struct):
    event: str = msgspec.field(name="e")
    event_time: int = msgspec.field(name="E")
    asset: str = msgspec.field(name="a")
    kind: str = msgspec.field(name="t")
    principal: str = msgspec.field(name="p")
    interest: str = msgspec.field(name="i")


def margin_level_status(level: int, status: str, at_ms: int, per_ms: int) -> bytes:
    return msgspec.json.encode(
        MarginLevelStatus("MARGIN_LEVEL_STATUS_CHANGE", at_ms * per_ms, format_short(level), status)
    )


def liability_change(
    asset: str, kind: str, principal: Atoms, interest: Atoms, at_ms: int, per_ms: int
) -> bytes:
    """What a loan, a repayment or an hour's interest changed, each amount without a sign."""
    return msgspec.json.encode(
        LiabilityChange(
            "USER_LIABILITY_CHANGE",
            at_ms * per_ms,
            asset,
            kind,
            format_e8(principal),
            format_e8(interest),
        )
    )


# --- the ends of streams ---------------------------------------------------------------------------------------


class KeyExpired(Struct):
    event: str = msgspec.field(name="e")
    event_time: int | str = msgspec.field(name="E")
    listen_key: str = msgspec.field(name="listenKey")


class StreamTerminated(Struct):
    event: str = msgspec.field(name="e")
    event_time: int = msgspec.field(name="E")


def key_expired(listen_key: str, at_ms: int, per_ms: int, *, is_margin: bool) -> bytes:
    """A listen key that nobody kept. The margin reference has its time as a string, the spot reference as a number."""
    now = at_ms * per_ms
    return msgspec.json.encode(KeyExpired("listenKeyExpired", str(now) if is_margin else now, listen_key))


def stream_terminated(at_ms: int, per_ms: int) -> bytes:
    """A subscription ended, by its token or by whoever asked for it."""
    return msgspec.json.encode(StreamTerminated("eventStreamTerminated", at_ms * per_ms))
