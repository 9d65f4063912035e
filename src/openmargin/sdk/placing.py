"""An order as it is asked for in Python, and as the exchange takes it."""

from __future__ import annotations

from openmargin.api.catalogue import Catalogue
from openmargin.api.endpoint import Sender
from openmargin.api.single_orders import OrderParams, order_command
from openmargin.domain.commands import PlaceOrder
from openmargin.domain.enums import OrderType, SelfTradePrevention, Side, SideEffect, TimeInForce
from openmargin.sdk.amounts import Amount, atoms, word
from openmargin.sdk.legs import named, optional
from openmargin.sdk.legs import time_in_force as time_in_force_of
from openmargin.sdk.refused import refusals_of_the_rim


def placement(
    sender: Sender,
    catalogue: Catalogue,
    symbol: str,
    side: Side | str,
    quantity: Amount | None,
    price: Amount | None,
    *,
    type: OrderType | str | None,
    quote_quantity: Amount | None,
    stop_price: Amount | None,
    trailing_delta: int | None,
    iceberg: Amount,
    time_in_force: TimeInForce | str | None,
    side_effect: SideEffect | str,
    self_trade_prevention: SelfTradePrevention | str | None,
    auto_repay_at_cancel: bool,
    client_id: str,
) -> PlaceOrder:
    """The order that is meant, or the first refusal of what does not fit its type."""
    kind = word(OrderType, "type", type if type is not None else "LIMIT" if price is not None else "MARKET")
    mode = self_trade_prevention
    with refusals_of_the_rim():
        named("newClientOrderId", client_id)
    asked = OrderParams(
        symbol=symbol,
        side=word(Side, "side", side),
        type=kind,
        quantity=optional("quantity", quantity),
        quote_quantity=optional("quote_quantity", quote_quantity),
        price=optional("price", price),
        stop_price=optional("stop_price", stop_price),
        client_order_id=client_id,
        iceberg_quantity=atoms("iceberg", iceberg),
        time_in_force=time_in_force_of(kind, time_in_force),
        trailing_delta=trailing_delta,
    )
    with refusals_of_the_rim():
        return order_command(
            sender,
            catalogue,
            asked,
            sender.scope,
            None if mode is None else word(SelfTradePrevention, "self_trade_prevention", mode),
            word(SideEffect, "side_effect", side_effect),
            auto_repay_at_cancel=auto_repay_at_cancel,
        )
