"""What the exchange answers, with exact decimals and times in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from openmargin.domain.enums import (
    Contingency,
    LiquidationEnd,
    LiquidationKind,
    MarginStatus,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
)
from openmargin.domain.ids import NO_LIST, Scope
from openmargin.domain.orders import Fill, ListView, OrderView
from openmargin.domain.views import BalanceView, DepthView, MarginView
from openmargin.history.rows import LiquidationRow, TradeRow
from openmargin.sdk.amounts import decimal, moment


@dataclass(frozen=True)
class Balance:
    """One asset of one trading account."""

    asset: str
    free: Decimal
    locked: Decimal
    borrowed: Decimal
    interest: Decimal

    @property
    def owed(self) -> Decimal:
        """Principal and interest."""
        return self.borrowed + self.interest

    @property
    def net(self) -> Decimal:
        return self.free + self.locked - self.owed


def balance_of(view: BalanceView) -> Balance:
    return Balance(
        view.asset,
        decimal(view.free),
        decimal(view.locked),
        decimal(view.borrowed),
        decimal(view.interest),
    )


@dataclass(frozen=True)
class Margin:
    """A margin account and its levels. Values are in the venue's display asset, BTC unless it says otherwise."""

    level: Decimal
    """Assets by liabilities; the venue's cap, 999, without debt."""
    collateral_level: Decimal
    status: MarginStatus
    assets: Decimal
    liabilities: Decimal
    is_liquidating: bool


def margin_of(view: MarginView) -> Margin:
    return Margin(
        decimal(view.margin_level),
        decimal(view.collateral_level),
        view.status,
        decimal(view.assets_in_display),
        decimal(view.liabilities_in_display),
        view.switches.is_liquidating,
    )


@dataclass(frozen=True)
class Trade:
    """One side of one trade."""

    id: int
    order_id: int
    symbol: str
    side: Side
    price: Decimal
    quantity: Decimal
    quote_quantity: Decimal
    commission: Decimal
    commission_asset: str
    is_maker: bool
    at: datetime


def trade_of(row: TradeRow) -> Trade:
    return fill_of(row.fill, row.order_id, row.symbol, row.side, row.at_ms)


def fill_of(fill: Fill, order_id: int, symbol: str, side: Side, at_ms: int) -> Trade:
    return Trade(
        fill.trade_id,
        order_id,
        symbol,
        side,
        decimal(fill.price),
        decimal(fill.quantity),
        decimal(fill.quote_quantity),
        decimal(fill.commission),
        fill.commission_asset,
        fill.is_maker,
        moment(at_ms),
    )


@dataclass(frozen=True)
class Order:
    """An order and how far it has come."""

    id: int
    client_id: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    status: OrderStatus
    quantity: Decimal
    price: Decimal
    """0 where it has none."""
    stop_price: Decimal
    """0 where it has none."""
    executed: Decimal
    executed_quote: Decimal
    list_id: int | None
    is_forced: bool
    """Did a liquidation place it?"""
    placed_at: datetime
    updated_at: datetime
    fills: tuple[Trade, ...] = field(default=(), compare=False)
    """The trades of the call that answered; `trades` gives all."""
    borrowed: Decimal = field(default=Decimal(0), compare=False)
    """What the call that placed it borrowed for it."""

    @property
    def average_price(self) -> Decimal | None:
        """What it traded at; None before the first trade."""
        return self.executed_quote / self.executed if self.executed else None


def order_of(view: OrderView, fills: list[Fill] | None = None, borrowed: int = 0) -> Order:
    spec = view.spec
    return Order(
        spec.order_id,
        spec.client_order_id,
        spec.symbol,
        spec.side,
        spec.type,
        spec.time_in_force,
        view.status,
        decimal(spec.quantity),
        decimal(spec.price),
        decimal(spec.stop_price),
        decimal(view.executed_quantity),
        decimal(view.executed_quote),
        None if spec.list_id == NO_LIST else spec.list_id,
        spec.liquidation_id != 0,
        moment(spec.placed_at_ms),
        moment(view.updated_at_ms),
        tuple(
            fill_of(fill, spec.order_id, spec.symbol, spec.side, view.updated_at_ms) for fill in fills or ()
        ),
        decimal(borrowed),
    )


@dataclass(frozen=True)
class OrderList:
    """An OCO, OTO or OTOCO."""

    id: int
    client_id: str
    symbol: str
    contingency: Contingency
    is_done: bool
    order_ids: tuple[int, ...]
    """A working order first; of a pair, the stop."""
    orders: tuple[Order, ...] = field(default=(), compare=False)
    """The orders as the call that answered left them, in the order of their ids."""


def list_of(view: ListView, orders: list[Order] | None = None) -> OrderList:
    return OrderList(
        view.list_id,
        view.client_list_id,
        view.symbol,
        view.contingency,
        view.is_done,
        tuple(order_id for order_id, _ in view.orders),
        tuple(orders or ()),
    )


@dataclass(frozen=True)
class Liquidation:
    """A liquidation from its beginning to its end; what only the end tells is None while it lasts.

    Values are in the valuation asset, USDT unless the venue says otherwise, or in an isolated pair's quote.
    """

    id: int
    scope: Scope
    kind: LiquidationKind
    assets: Decimal
    liabilities: Decimal
    began_at: datetime
    end: LiquidationEnd | None
    fee: Decimal | None
    deficit: Decimal | None
    """What the insurance fund paid."""
    ended_at: datetime | None


def liquidation_of(row: LiquidationRow) -> Liquidation:
    began, ended = row.began, row.ended
    return Liquidation(
        began.liquidation_id,
        began.scope,
        began.kind,
        decimal(began.assets),
        decimal(began.liabilities),
        moment(began.at_ms),
        ended.end if ended is not None else None,
        decimal(ended.fee) if ended is not None else None,
        decimal(ended.deficit) if ended is not None else None,
        moment(ended.at_ms) if ended is not None else None,
    )


@dataclass(frozen=True)
class Depth:
    """Price levels from the best outwards, as (price, quantity)."""

    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]


def depth_of(view: DepthView) -> Depth:
    bids, asks = (
        tuple((decimal(price), decimal(quantity)) for price, quantity in side)
        for side in (view.bids, view.asks)
    )
    return Depth(bids, asks)
