"""Orders as values: what was asked, how far it came, and each fill."""

from __future__ import annotations

from msgspec import Struct

from openmargin.domain.enums import (
    Contingency,
    ExpiryReason,
    OrderStatus,
    OrderType,
    SelfTradePrevention,
    Side,
    SideEffect,
    TimeInForce,
)
from openmargin.domain.ids import NO_LIST, Scope
from openmargin.domain.money import Atoms


class OrderSpec(Struct, frozen=True, array_like=True, gc=False):
    """An accepted order as it was asked; only an amendment puts another in its place."""

    symbol: str
    order_id: int
    account_id: int
    scope: Scope
    client_order_id: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: Atoms
    """Base asked for; where `quote_quantity` sized the order, what that bought of the book at placement."""
    quote_quantity: Atoms
    """Quote to spend or to earn; 0 where the order was sized in base."""
    price: int
    """Limit price; 0 for an order without one."""
    self_trade_prevention: SelfTradePrevention
    side_effect: SideEffect
    auto_repay_at_cancel: bool
    placed_at_ms: int
    list_id: int = NO_LIST
    stop_price: int = 0
    trailing_delta: int = 0
    """How far the price must turn back from its extreme, in basis points; 0 for an order that does not trail."""
    iceberg_quantity: Atoms = 0
    """The part that is shown; 0 where all is."""
    liquidation_id: int = 0
    """The liquidation that placed it; 0 where its owner did."""
    strategy_id: int | None = None
    strategy_type: int | None = None
    """Labels of the client's own; None where it sent none."""


class OrderView(Struct, frozen=True, array_like=True, gc=False):
    """An order and how far it has come."""

    spec: OrderSpec
    status: OrderStatus
    executed_quantity: Atoms
    executed_quote: Atoms
    updated_at_ms: int
    working_at_ms: int = 0
    """When it came to the book; 0 while it waits for its stop or its working order."""
    prevented_quantity: Atoms = 0
    """What self-trade prevention took away."""
    expiry_reason: ExpiryReason = ExpiryReason.NONE
    prevented_match_id: int = 0
    """The last prevented match that took something from it; 0 for none."""
    trailing_at_ms: int = 0
    """When a trailing order began to follow the price; 0 before that, and for others."""


class Leg(Struct, frozen=True, array_like=True, gc=False):
    """One order of a list, as asked."""

    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: Atoms
    price: int = 0
    stop_price: int = 0
    trailing_delta: int = 0
    iceberg_quantity: Atoms = 0
    client_order_id: str = ""
    """Empty where the exchange is to name the order."""
    strategy_id: int | None = None
    strategy_type: int | None = None


class ListView(Struct, frozen=True, array_like=True, gc=False):
    """An order list and whether it is done."""

    list_id: int
    symbol: str
    account_id: int
    scope: Scope
    contingency: Contingency
    client_list_id: str
    orders: tuple[tuple[int, str], ...]
    """(order id, client order id) of each leg by id: a working order first, and of a pair the stop."""
    is_done: bool
    placed_at_ms: int
    updated_at_ms: int


class PreventedMatch(Struct, frozen=True, array_like=True, gc=False):
    """A trade that self-trade prevention kept from happening, and what each side lost by it."""

    symbol: str
    prevented_match_id: int
    taker_order_id: int
    maker_order_id: int
    trade_group_id: int
    mode: SelfTradePrevention
    price: int
    taker_quantity: Atoms
    """0 where the taker went on whole."""
    maker_quantity: Atoms
    """0 where the maker went on whole."""
    at_ms: int


class Amendment(Struct, frozen=True, array_like=True, gc=False):
    """How an order was altered in its place."""

    amendment_id: int
    symbol: str
    order_id: int
    previous_client_order_id: str
    client_order_id: str
    previous_quantity: Atoms
    quantity: Atoms
    at_ms: int


class Fill(Struct, frozen=True, array_like=True, gc=False):
    """One order's side of one trade."""

    trade_id: int
    price: int
    quantity: Atoms
    quote_quantity: Atoms
    commission: Atoms
    commission_asset: str
    is_maker: bool
