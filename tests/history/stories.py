"""Orders and fills to tell histories with."""

from __future__ import annotations

from openmargin.domain.enums import (
    Contingency,
    OrderStatus,
    OrderType,
    SelfTradePrevention,
    Side,
    SideEffect,
    TimeInForce,
)
from openmargin.domain.orders import Fill, ListView, OrderSpec, OrderView, PreventedMatch


def order(
    order_id: int,
    *,
    account_id: int = 1,
    scope: str = "spot",
    symbol: str = "BTCUSDT",
    name: str = "",
    placed_at_ms: int = 0,
    status: OrderStatus = OrderStatus.NEW,
    price: int = 100,
    liquidation_id: int = 0,
) -> OrderView:
    """An order that says what a test is about."""
    spec = OrderSpec(
        symbol=symbol,
        order_id=order_id,
        account_id=account_id,
        scope=scope,
        client_order_id=name or f"order {order_id}",
        side=Side.BUY,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        quantity=10,
        quote_quantity=0,
        price=price,
        self_trade_prevention=SelfTradePrevention.NONE,
        side_effect=SideEffect.NO_SIDE_EFFECT,
        auto_repay_at_cancel=False,
        placed_at_ms=placed_at_ms,
        liquidation_id=liquidation_id,
    )
    return OrderView(spec, status, 0, 0, placed_at_ms)


def fill(trade_id: int, quantity: int = 1) -> Fill:
    return Fill(trade_id, 100, quantity, 0, 0, "BTC", False)


def order_list(
    list_id: int, *, name: str = "", placed_at_ms: int = 0, is_done: bool = False, account_id: int = 1
) -> ListView:
    return ListView(
        list_id,
        "BTCUSDT",
        account_id,
        "cross",
        Contingency.OCO,
        name or f"list {list_id}",
        ((2 * list_id, "above"), (2 * list_id + 1, "below")),
        is_done,
        placed_at_ms,
        placed_at_ms,
    )


def prevented_match(match_id: int, taker: int = 5, maker: int = 3) -> PreventedMatch:
    return PreventedMatch(
        "BTCUSDT", match_id, taker, maker, -1, SelfTradePrevention.EXPIRE_MAKER, 100, 0, 7, 1000
    )
