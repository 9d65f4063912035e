"""Orders as values: what was asked, how far it came, and each fill."""

from __future__ import annotations

from msgspec import Struct

from openmargin.domain.enums import OrderStatus, OrderType, SelfTradePrevention, Side, SideEffect, TimeInForce
from openmargin.domain.ids import NO_LIST, Scope
from openmargin.domain.money import Atoms


class OrderSpec(Struct, frozen=True, array_like=True, gc=False):
    """An accepted order as it was asked; fixed for its whole life."""

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


class OrderView(Struct, frozen=True, array_like=True, gc=False):
    """An order and how far it has come."""

    spec: OrderSpec
    status: OrderStatus
    executed_quantity: Atoms
    executed_quote: Atoms
    updated_at_ms: int


class Fill(Struct, frozen=True, array_like=True, gc=False):
    """One order's side of one trade."""

    trade_id: int
    price: int
    quantity: Atoms
    quote_quantity: Atoms
    commission: Atoms
    commission_asset: str
    is_maker: bool
