"""Placing, cancelling and finding one order, as far as both APIs do it alike."""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import errors, order_params, params
from openmargin.api.catalogue import Catalogue
from openmargin.api.endpoint import Sender
from openmargin.api.errors import ApiError
from openmargin.api.order_params import MISFITS, PLACING, SINGLE, LegAsked, refuse_sent, require
from openmargin.api.scopes import SymbolParams
from openmargin.domain.commands import CancelAllOrders, CancelOrder, PlaceOrder
from openmargin.domain.enums import (
    CancelRestriction,
    OrderType,
    SelfTradePrevention,
    Side,
    SideEffect,
    TimeInForce,
)
from openmargin.domain.ids import Scope
from openmargin.domain.money import Atoms
from openmargin.domain.order_types import ORDER_TYPES
from openmargin.domain.orders import OrderSpec
from openmargin.domain.reasons import Reason

PLACING_ONE: Final = (
    *MISFITS,
    errors.BAD_COMBINATION,
    *PLACING,
    Reason.TRAILING_DELTA,
    Reason.NO_LIQUIDITY_FOR_QUOTE_QUANTITY,
    Reason.WOULD_TRIGGER,
)
"""What placing one order is refused with, loans apart."""

UNNAMED: Final = errors.missing_either("origClientOrderId", "orderId")
OF_ORDERS: Final = (Reason.UNKNOWN_SCOPE, Reason.UNKNOWN_SYMBOL)
CANCELLING_ONE: Final = (UNNAMED, *OF_ORDERS, Reason.UNKNOWN_ORDER, Reason.CLIENT_ORDER_ID_MISMATCH)
"""What cancelling one order is refused with."""


class OrderParams(SymbolParams, frozen=True, kw_only=True):
    """One order."""

    side: Annotated[Side, order_params.side()]
    type: Annotated[OrderType, params.choice("type", params.words(OrderType), errors.INVALID_ORDER_TYPE)]
    quantity: Annotated[Atoms | None, params.decimal("quantity")] = None
    quote_quantity: Annotated[
        Atoms | None, params.decimal("quoteOrderQty", "MARKET only, in place of quantity.")
    ] = None
    price: Annotated[int | None, params.decimal("price")] = None
    stop_price: Annotated[int | None, params.decimal("stopPrice", "Stops only.")] = None
    client_order_id: Annotated[str, params.client_id("newClientOrderId", "Unique among open orders.")] = ""
    iceberg_quantity: Annotated[Atoms, params.decimal("icebergQty", "What is shown; 0 for all of it.")] = 0
    response_type: Annotated[
        str | None, order_params.response_type("FULL by default for MARKET and LIMIT, else ACK.")
    ] = None
    time_in_force: Annotated[TimeInForce | None, order_params.time_in_force()] = None
    trailing_delta: Annotated[int | None, params.whole("trailingDelta", "Stops only, in basis points.")] = (
        None
    )

    @property
    def form(self) -> str:
        """The form of the answer."""
        return self.response_type or ("FULL" if ORDER_TYPES[self.type].full_response else "ACK")

    def refuse_misfits(self) -> None:
        """What the order type needs must be there, and what it does not know must not."""
        LegAsked(
            names=SINGLE,
            side=self.side,
            type=self.type,
            quantity=self.quantity,
            price=self.price,
            stop_price=self.stop_price,
            trailing_delta=self.trailing_delta,
            iceberg=self.iceberg_quantity,
            time_in_force=self.time_in_force,
        ).refuse_misfits()
        if not ORDER_TYPES[self.type].takes_quote_quantity:
            refuse_sent(self.quote_quantity, "quoteOrderQty")
            require(self.quantity, "quantity")
        elif self.quantity is None:
            if self.quote_quantity is None:
                raise ApiError(errors.missing_either("quantity", "quoteOrderQty"))
        elif self.quote_quantity is not None:
            raise ApiError(errors.BAD_COMBINATION)
        if self.quote_quantity == 0:
            raise ApiError(errors.ZERO_ORDER)


def order_command(
    sender: Sender,
    catalogue: Catalogue,
    asked: OrderParams,
    scope: Scope,
    mode: SelfTradePrevention | None,
    side_effect: SideEffect = SideEffect.NO_SIDE_EFFECT,
    *,
    auto_repay_at_cancel: bool = False,
    strategy_id: int | None = None,
    strategy_type: int | None = None,
) -> PlaceOrder:
    """The placement that was asked for, or the first refusal of what was sent."""
    asked.refuse_misfits()
    return PlaceOrder(
        account_id=sender.account_id,
        api_key=sender.api_key,
        expires_at_ms=sender.expires_at_ms,
        scope=scope,
        symbol=asked.symbol,
        side=asked.side,
        type=asked.type,
        time_in_force=asked.time_in_force or TimeInForce.GTC,
        quantity=asked.quantity or 0,
        quote_quantity=asked.quote_quantity or 0,
        price=asked.price or 0,
        client_order_id=asked.client_order_id,
        self_trade_prevention=mode or catalogue.symbol(asked.symbol).self_trade_preventions[0],
        side_effect=side_effect,
        auto_repay_at_cancel=auto_repay_at_cancel,
        stop_price=asked.stop_price or 0,
        trailing_delta=asked.trailing_delta or 0,
        iceberg_quantity=asked.iceberg_quantity,
        strategy_id=strategy_id,
        strategy_type=strategy_type,
    )


class OneOrderParams(SymbolParams, frozen=True, kw_only=True):
    """Which order is meant: by id, by client id, or by both, which must then name the same one."""

    order_id: Annotated[int, params.number("orderId")] = 0
    client_order_id: Annotated[str, params.client_id("origClientOrderId")] = ""

    def require_a_name(self) -> None:
        if not self.order_id and not self.client_order_id:
            raise ApiError(UNNAMED)

    def means(self, spec: OrderSpec) -> bool:
        if self.order_id:
            return spec.order_id == self.order_id
        return spec.client_order_id == self.client_order_id


class CancelParams(OneOrderParams, frozen=True, kw_only=True):
    """The cancel of one order."""

    cancel_client_id: Annotated[str, params.client_id("newClientOrderId", "Names the cancel itself.")] = ""


def cancel_command(
    sender: Sender,
    asked: CancelParams,
    scope: Scope,
    restriction: CancelRestriction = CancelRestriction.NONE,
) -> CancelOrder:
    asked.require_a_name()
    return CancelOrder(
        account_id=sender.account_id,
        api_key=sender.api_key,
        expires_at_ms=sender.expires_at_ms,
        scope=scope,
        symbol=asked.symbol,
        order_id=asked.order_id,
        client_order_id=asked.client_order_id,
        cancel_client_id=asked.cancel_client_id,
        restriction=restriction,
    )


def cancel_all_command(sender: Sender, scope: Scope, symbol: str) -> CancelAllOrders:
    return CancelAllOrders(
        account_id=sender.account_id,
        api_key=sender.api_key,
        expires_at_ms=sender.expires_at_ms,
        scope=scope,
        symbol=symbol,
    )
