"""The orders of a list, as asked."""

from __future__ import annotations

from dataclasses import dataclass

from openmargin.api import params
from openmargin.api.order_params import LegAsked, LegNames
from openmargin.domain.enums import OrderType, Side, TimeInForce
from openmargin.domain.order_types import ORDER_TYPES
from openmargin.domain.orders import Leg as LegCommand
from openmargin.sdk.amounts import Amount, atoms, word


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One order of a list. What its type does not know must be left out; GTC where a time in force is not given."""

    side: Side | str
    type: OrderType | str
    quantity: Amount
    price: Amount | None = None
    stop_price: Amount | None = None
    trailing_delta: int | None = None
    """Basis points."""
    iceberg: Amount = 0
    time_in_force: TimeInForce | str | None = None
    client_id: str = ""

    def asked(self, prefix: str) -> LegAsked:
        """The order under the names that the wire has for its parameters."""
        kind = word(OrderType, "type", self.type)
        return LegAsked(
            names=LegNames.of(prefix),
            side=word(Side, "side", self.side),
            type=kind,
            quantity=atoms("quantity", self.quantity),
            price=optional("price", self.price),
            stop_price=optional("stop_price", self.stop_price),
            trailing_delta=self.trailing_delta,
            iceberg=atoms("iceberg", self.iceberg),
            time_in_force=time_in_force(kind, self.time_in_force),
            client_order_id=named(f"{prefix}ClientOrderId", self.client_id),
        )

    def command(self, prefix: str) -> LegCommand:
        """The order as the exchange knows it, or the first refusal of what does not fit its type."""
        asked = self.asked(prefix)
        asked.refuse_misfits()
        return asked.leg()


def named(name: str, value: str) -> str:
    """A client id as the wire takes it, or none; its refusal names the parameter. Raises ApiError."""
    if value:
        params.client_id(name).parse(value)
    return value


def optional(name: str, value: Amount | None) -> int | None:
    return None if value is None else atoms(name, value)


def time_in_force(kind: OrderType, given: TimeInForce | str | None) -> TimeInForce | None:
    """GTC for a type that has one, where none is given."""
    if given is not None:
        return word(TimeInForce, "time_in_force", given)
    return TimeInForce.GTC if ORDER_TYPES[kind].has_time_in_force else None
