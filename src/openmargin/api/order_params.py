"""What single orders and the legs of lists take on both APIs, and which of it their type needs or refuses."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from openmargin.api import errors, params
from openmargin.api.endpoint import Payer, Weight
from openmargin.api.errors import ApiError, WireError
from openmargin.api.params import Param
from openmargin.api.weights import Heavier
from openmargin.domain.enums import OrderType, SelfTradePrevention, Side, TimeInForce
from openmargin.domain.money import Atoms
from openmargin.domain.order_types import ORDER_TYPES
from openmargin.domain.orders import Leg
from openmargin.domain.reasons import Reason

PLACEMENT: Final = Weight(6, Payer.UID, Heavier(1500, "sideEffectType", ("MARGIN_BUY", "AUTO_BORROW_REPAY")))
"""On the margin API; the spot API charges 1."""

MISFITS: Final = (
    errors.missing("timeInForce"),
    errors.missing_either("stopPrice", "trailingDelta"),
    errors.not_required("price"),
    errors.needs_gtc("icebergQty", "timeInForce"),
    errors.ZERO_ORDER,
    errors.filter_failure("PRICE_FILTER"),
)
"""What `refuse_misfits` refuses with, under whatever names."""

PLACING: Final = (
    Reason.UNKNOWN_SCOPE,
    Reason.UNKNOWN_SYMBOL,
    Reason.SYMBOL_CLOSED,
    Reason.SYMBOL_NOT_ON_MARGIN,
    Reason.LIQUIDATING_NO_TRADE,
    Reason.SELF_TRADE_PREVENTION_NOT_ALLOWED,
    Reason.PRICE_FILTER,
    Reason.PERCENT_PRICE,
    Reason.LOT_SIZE,
    Reason.MARKET_LOT_SIZE,
    Reason.ICEBERG_ABOVE_QUANTITY,
    Reason.ICEBERG_PARTS,
    Reason.NOTIONAL,
    Reason.MAX_NUM_ORDERS,
    Reason.MAX_NUM_ALGO_ORDERS,
    Reason.MAX_NUM_ICEBERG_ORDERS,
    Reason.MAX_POSITION,
    Reason.LIMIT_PRICE_FAR_FROM_INDEX,
    Reason.LONG_RESTRICTED,
    Reason.COLLATERAL_CAP,
    Reason.NO_INDEX_PRICE,
    Reason.DUPLICATE_CLIENT_ORDER_ID,
    Reason.TOO_MANY_ORDERS,
    Reason.WOULD_TAKE,
    Reason.INSUFFICIENT_BALANCE,
    Reason.ORDER_LEVEL_TOO_LOW,
)
"""What the engine refuses any placement with, of one order or of a list."""

BORROWING: Final = (
    Reason.LIQUIDATION_LOAN_OWED,
    Reason.ASSET_NOT_BORROWABLE,
    Reason.BORROW_LEVEL_TOO_LOW,
    Reason.ABOVE_MAX_BORROWABLE,
    Reason.INVENTORY_SHORT,
)
"""And what besides where it may borrow."""

_SELF_TRADE_MODES: Final = {
    **params.words(SelfTradePrevention),
    # The margin API takes neither, though the symbol may allow both: they are for the spot API.
    **dict.fromkeys(("DECREMENT", "TRANSFER"), errors.SELF_TRADE_MODE_NOT_ALLOWED),
}


def response_type(about: str) -> Param:
    return params.choice("newOrderRespType", {word: word for word in ("ACK", "RESULT", "FULL")}, about=about)


def self_trade_prevention() -> Param:
    """On the margin API."""
    return params.choice(
        "selfTradePreventionMode", _SELF_TRADE_MODES, about="The symbol's default where not sent."
    )


def any_self_trade_prevention() -> Param:
    """On the spot API: every mode, where the symbol allows it."""
    return params.choice(
        "selfTradePreventionMode",
        params.words(SelfTradePrevention),
        about="The symbol's default where not sent.",
    )


def auto_repay_at_cancel() -> Param:
    return params.boolean("autoRepayAtCancel", "Does a cancel repay what was borrowed?")


def side(name: str = "side") -> Param:
    return params.choice(name, params.words(Side), errors.INVALID_SIDE)


def time_in_force(name: str = "timeInForce") -> Param:
    return params.choice(name, params.words(TimeInForce), errors.INVALID_TIME_IN_FORCE)


def strategy_id(name: str = "strategyId") -> Param:
    """On the spot API."""
    return params.number(name, "A label of the client's own.")


def strategy_type(name: str = "strategyType") -> Param:
    """On the spot API."""
    return params.at_least(name, 1_000_000, errors.BAD_STRATEGY_TYPE, "A label of the client's own.")


def pegs(*prefixes: str) -> dict[str, WireError]:
    """The parameters of pegged orders, which no symbol takes here; without a prefix, those of a single order."""
    names = ("PegPriceType", "PegOffsetType", "PegOffsetValue")
    if not prefixes:
        return dict.fromkeys(("pegPriceType", "pegOffsetType", "pegOffsetValue"), errors.NO_PEGGED_ORDERS)
    return {f"{prefix}{name}": errors.NO_PEGGED_ORDERS for prefix in prefixes for name in names}


class LegNames(Struct, frozen=True):
    """What the parameters of one order are called."""

    price: str
    stop_price: str
    trailing_delta: str
    iceberg: str
    time_in_force: str

    @classmethod
    def of(cls, prefix: str) -> LegNames:
        """`pendingAbovePrice` and the like."""
        return cls(
            f"{prefix}Price",
            f"{prefix}StopPrice",
            f"{prefix}TrailingDelta",
            f"{prefix}IcebergQty",
            f"{prefix}TimeInForce",
        )


SINGLE: Final = LegNames("price", "stopPrice", "trailingDelta", "icebergQty", "timeInForce")


class LegAsked(Struct, frozen=True, kw_only=True):
    """One order as sent: None is what was not sent."""

    names: LegNames
    side: Side
    type: OrderType
    quantity: Atoms | None
    price: int | None = None
    stop_price: int | None = None
    trailing_delta: int | None = None
    iceberg: Atoms = 0
    time_in_force: TimeInForce | None = None
    client_order_id: str = ""
    strategy_id: int | None = None
    strategy_type: int | None = None

    def refuse_misfits(self, *, trails_with_price: bool = False) -> None:
        """What the type needs must be there, and what it does not know must not.

        `trails_with_price`: the legs of lists must name a price with their trailing delta, whatever their type.
        """
        row, names = ORDER_TYPES[self.type], self.names
        if row.has_time_in_force:
            require(self.time_in_force, names.time_in_force)
        else:
            refuse_sent(self.time_in_force, names.time_in_force)
        if row.has_price or (trails_with_price and self.trailing_delta is not None):
            require(self.price, names.price)
        else:
            refuse_sent(self.price, names.price)
        if not row.waits:
            refuse_sent(self.stop_price, names.stop_price)
            refuse_sent(self.trailing_delta, names.trailing_delta)
        elif self.stop_price is None and self.trailing_delta is None:
            raise ApiError(errors.missing_either(names.stop_price, names.trailing_delta))
        if self.iceberg:
            if not row.may_be_iceberg:
                raise ApiError(errors.not_required(names.iceberg))
            if self.time_in_force not in (None, TimeInForce.GTC):
                raise ApiError(errors.needs_gtc(names.iceberg, names.time_in_force))
        if 0 in (self.quantity, self.price):
            raise ApiError(errors.ZERO_ORDER)
        if self.stop_price == 0:
            raise ApiError(errors.filter_failure("PRICE_FILTER"))
        if self.trailing_delta == 0:
            raise ApiError(errors.filter_failure("TRAILING_DELTA"))

    def leg(self) -> Leg:
        """The order as the exchange knows it. A stop that ends as a market order has no use for a price."""
        return Leg(
            self.side,
            self.type,
            self.time_in_force or TimeInForce.GTC,
            self.quantity or 0,
            (self.price or 0) if ORDER_TYPES[self.type].has_price else 0,
            self.stop_price or 0,
            self.trailing_delta or 0,
            self.iceberg,
            self.client_order_id,
            self.strategy_id,
            self.strategy_type,
        )


def require(value: object, name: str) -> None:
    if value is None:
        raise ApiError(errors.missing(name))


def refuse_sent(value: object, name: str) -> None:
    if value is not None:
        raise ApiError(errors.not_required(name))
