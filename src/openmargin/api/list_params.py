"""What the order lists take on both APIs, and the legs that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Final

from msgspec import Struct

from openmargin.api import errors, order_params, params
from openmargin.api.catalogue import Catalogue
from openmargin.api.endpoint import Sender
from openmargin.api.errors import ApiError
from openmargin.api.order_params import MISFITS, PLACING, LegAsked, LegNames
from openmargin.api.params import Field, Group, Param
from openmargin.api.scopes import SymbolParams
from openmargin.domain.commands import CancelOrderList, PlaceOrderList
from openmargin.domain.enums import (
    Contingency,
    OrderType,
    SelfTradePrevention,
    Side,
    SideEffect,
    TimeInForce,
)
from openmargin.domain.ids import Scope
from openmargin.domain.money import Atoms
from openmargin.domain.orders import Leg
from openmargin.domain.reasons import Reason

PLACING_LIST: Final = (
    *MISFITS,
    *PLACING,
    Reason.MAX_NUM_ORDER_LISTS,
    Reason.DUPLICATE_CLIENT_LIST_ID,
)
"""What placing a list is refused with, loans apart."""

PAIR_MISFITS: Final = (
    errors.BOTH_CANNOT_BE_LIMIT,
    errors.BUY_LIMIT_MUST_BE_BELOW,
    errors.BUY_STOP_LOSS_MUST_BE_ABOVE,
    errors.SELL_LIMIT_MUST_BE_ABOVE,
    errors.SELL_STOP_LOSS_MUST_BE_BELOW,
)
"""What `refuse_pair` refuses with, take-profits apart."""

_STOP_LOSSES: Final = (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
_TAKE_PROFITS: Final = (OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT)
_REPORTS: Final = "The form of orderReports; RESULT where not sent."


class ListParams(SymbolParams, frozen=True, kw_only=True):
    """What every list takes."""

    client_list_id: Annotated[str, params.client_id("listClientOrderId", "Unique among open lists.")] = ""
    response_type: Annotated[str, order_params.response_type(_REPORTS)] = "RESULT"


def list_command(
    sender: Sender,
    catalogue: Catalogue,
    asked: ListParams,
    scope: Scope,
    contingency: Contingency,
    legs: tuple[Leg, ...],
    mode: SelfTradePrevention | None,
    side_effect: SideEffect = SideEffect.NO_SIDE_EFFECT,
    *,
    auto_repay_at_cancel: bool = False,
) -> PlaceOrderList:
    """The placement that was asked for."""
    return PlaceOrderList(
        account_id=sender.account_id,
        api_key=sender.api_key,
        expires_at_ms=sender.expires_at_ms,
        scope=scope,
        symbol=asked.symbol,
        contingency=contingency,
        client_list_id=asked.client_list_id,
        legs=legs,
        self_trade_prevention=mode or catalogue.symbol(asked.symbol).self_trade_preventions[0],
        side_effect=side_effect,
        auto_repay_at_cancel=auto_repay_at_cancel,
    )


# --- legs ------------------------------------------------------------------------------------------------------


class LegSent(Struct, frozen=True, kw_only=True):
    """One order of a list, as sent."""

    names: LegNames
    type: OrderType
    client_order_id: str = ""
    price: int | None = None
    stop_price: int | None = None
    trailing_delta: int | None = None
    iceberg: Atoms = 0
    time_in_force: TimeInForce | None = None
    strategy_id: int | None = None
    strategy_type: int | None = None

    def leg(self, side: Side, quantity: Atoms, *, trails_with_price: bool = False) -> Leg:
        """The order as the exchange knows it, or the first refusal of what was sent."""
        asked = LegAsked(
            names=self.names,
            side=side,
            type=self.type,
            quantity=quantity,
            price=self.price,
            stop_price=self.stop_price,
            trailing_delta=self.trailing_delta,
            iceberg=self.iceberg,
            time_in_force=self.time_in_force,
            client_order_id=self.client_order_id,
            strategy_id=self.strategy_id,
            strategy_type=self.strategy_type,
        )
        asked.refuse_misfits(trails_with_price=trails_with_price)
        return asked.leg()


def working_leg(*, has_strategy: bool = False) -> Group:
    """The order that a list begins with. Only the spot API takes labels of a strategy."""
    types = params.words((OrderType.LIMIT, OrderType.LIMIT_MAKER))
    return _leg("working", types, params.decimal("workingPrice"), is_working=True, has_strategy=has_strategy)


def leg(
    prefix: str, types: Mapping[str, object], about_price: str = "", *, has_strategy: bool = False
) -> Group:
    """Any other order of a list, by the prefix of its parameters."""
    price = params.decimal(f"{prefix}Price", about_price)
    return _leg(prefix, types, price, is_working=False, has_strategy=has_strategy)


def _leg(
    prefix: str, types: Mapping[str, object], price: Param, *, is_working: bool, has_strategy: bool
) -> Group:
    names = LegNames.of(prefix)
    fields = {
        "type": Field(params.choice(f"{prefix}Type", types, errors.INVALID_ORDER_TYPE), True, None),
        "client_order_id": Field(params.client_id(f"{prefix}ClientOrderId"), False, ""),
        "price": Field(price, is_working, None),
    }
    if not is_working:
        fields["stop_price"] = Field(params.decimal(names.stop_price), False, None)
        fields["trailing_delta"] = Field(params.whole(names.trailing_delta), False, None)
    # Mandatory in the reference for some, icebergs or not; some clients cannot leave it out.
    fields["iceberg"] = Field(params.decimal(names.iceberg, "0 for all of it."), False, 0)
    fields["time_in_force"] = Field(order_params.time_in_force(names.time_in_force), False, None)
    if has_strategy:
        fields["strategy_id"] = Field(order_params.strategy_id(f"{prefix}StrategyId"), False, None)
        fields["strategy_type"] = Field(order_params.strategy_type(f"{prefix}StrategyType"), False, None)
    return Group(partial(LegSent, names=names), fields)


def pair_types(*types: OrderType) -> dict[str, object]:
    """What the orders of a pair may be; other types are no mistake in the word."""
    return {**dict.fromkeys(OrderType.__members__, errors.NOT_AN_OCO_TYPE), **params.words(types)}


def refuse_pair(side: Side, above: OrderType, below: OrderType) -> None:
    """A pair is a limit order or a take-profit on the side where it earns, and a stop loss on the other."""
    if above is OrderType.LIMIT_MAKER and below is OrderType.LIMIT_MAKER:
        raise ApiError(errors.BOTH_CANNOT_BE_LIMIT)
    if side is Side.BUY:
        if above is OrderType.LIMIT_MAKER:
            raise ApiError(errors.BUY_LIMIT_MUST_BE_BELOW)
        if above in _TAKE_PROFITS:
            raise ApiError(errors.BUY_TAKE_PROFIT_MUST_BE_BELOW)
        if below in _STOP_LOSSES:
            raise ApiError(errors.BUY_STOP_LOSS_MUST_BE_ABOVE)
    else:
        if below is OrderType.LIMIT_MAKER:
            raise ApiError(errors.SELL_LIMIT_MUST_BE_ABOVE)
        if below in _TAKE_PROFITS:
            raise ApiError(errors.SELL_TAKE_PROFIT_MUST_BE_ABOVE)
        if above in _STOP_LOSSES:
            raise ApiError(errors.SELL_STOP_LOSS_MUST_BE_BELOW)


class WorkingParams(ListParams, frozen=True, kw_only=True):
    """What the lists take that begin with a working order, its leg apart."""

    working_side: Annotated[Side, order_params.side("workingSide")]
    working_quantity: Annotated[Atoms, params.decimal("workingQuantity")]
    pending_side: Annotated[Side, order_params.side("pendingSide")]
    pending_quantity: Annotated[Atoms, params.decimal("pendingQuantity")]


# --- the old form of OCO ---------------------------------------------------------------------------------------


class LegacyOcoParams(ListParams, frozen=True, kw_only=True):
    """A limit order and a stop, told apart by what they are."""

    side: Annotated[Side, order_params.side()]
    quantity: Annotated[Atoms, params.decimal("quantity", "Of both orders.")]
    limit_client_id: Annotated[str, params.client_id("limitClientOrderId")] = ""
    price: Annotated[int, params.decimal("price", "Of the LIMIT_MAKER order.")]
    limit_iceberg: Annotated[Atoms, params.decimal("limitIcebergQty")] = 0
    stop_client_id: Annotated[str, params.client_id("stopClientOrderId")] = ""
    stop_price: Annotated[int, params.decimal("stopPrice")]
    stop_limit_price: Annotated[
        int | None,
        params.decimal("stopLimitPrice", "Makes the stop a STOP_LOSS_LIMIT, else it is a STOP_LOSS."),
    ] = None
    stop_iceberg: Annotated[Atoms, params.decimal("stopIcebergQty")] = 0
    stop_time_in_force: Annotated[TimeInForce | None, order_params.time_in_force("stopLimitTimeInForce")] = (
        None
    )

    def limit(self) -> LegAsked:
        return LegAsked(
            names=_OCO_LIMIT,
            side=self.side,
            type=OrderType.LIMIT_MAKER,
            quantity=self.quantity,
            price=self.price,
            iceberg=self.limit_iceberg,
            client_order_id=self.limit_client_id,
        )

    def stop(self) -> LegAsked:
        return LegAsked(
            names=_OCO_STOP,
            side=self.side,
            type=OrderType.STOP_LOSS if self.stop_limit_price is None else OrderType.STOP_LOSS_LIMIT,
            quantity=self.quantity,
            price=self.stop_limit_price,
            stop_price=self.stop_price,
            iceberg=self.stop_iceberg,
            time_in_force=self.stop_time_in_force,
            client_order_id=self.stop_client_id,
        )

    def legs(self) -> tuple[Leg, ...]:
        """The order above the market and the one below."""
        limit, stop = self.limit(), self.stop()
        for leg in (limit, stop):
            leg.refuse_misfits()
        above, below = (limit, stop) if self.side is Side.SELL else (stop, limit)
        return above.leg(), below.leg()


_OCO_LIMIT: Final = LegNames("price", "", "", "limitIcebergQty", "")
_OCO_STOP: Final = LegNames(
    "stopLimitPrice", "stopPrice", "trailingDelta", "stopIcebergQty", "stopLimitTimeInForce"
)


# --- which list is meant ---------------------------------------------------------------------------------------

UNNAMED_CANCEL: Final = errors.missing_either("orderListId", "listClientOrderId")
UNNAMED: Final = errors.missing_either("orderListId", "origClientOrderId")
CANCELLING_LIST: Final = (
    UNNAMED_CANCEL,
    Reason.UNKNOWN_SCOPE,
    Reason.UNKNOWN_SYMBOL,
    Reason.UNKNOWN_LIST,
    Reason.CLIENT_LIST_ID_MISMATCH,
)
"""What cancelling a list is refused with."""


class CancelListParams(SymbolParams, frozen=True, kw_only=True):
    list_id: Annotated[int | None, params.number("orderListId")] = None
    client_list_id: Annotated[str, params.client_id("listClientOrderId")] = ""
    cancel_client_id: Annotated[str, params.client_id("newClientOrderId", "Names the cancel itself.")] = ""


def cancel_list_command(sender: Sender, asked: CancelListParams, scope: Scope) -> CancelOrderList:
    if asked.list_id is None and not asked.client_list_id:
        raise ApiError(UNNAMED_CANCEL)
    return CancelOrderList(
        account_id=sender.account_id,
        api_key=sender.api_key,
        expires_at_ms=sender.expires_at_ms,
        scope=scope,
        symbol=asked.symbol,
        list_id=-1 if asked.list_id is None else asked.list_id,
        client_list_id=asked.client_list_id,
        cancel_client_id=asked.cancel_client_id,
    )
