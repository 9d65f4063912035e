"""Commands and events as people read them: names, decimals and times in place of the engine's integers.

Owns: which whole numbers of the domain stand for decimals, and which for moments. A test holds the three lists against
every command and event there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any, Final, cast, get_args

from msgspec import Struct

from openmargin.domain.commands import AnyCommand, ChangeVenue, Open, Record
from openmargin.domain.events import AnyEvent
from openmargin.domain.ids import NO_LIST
from openmargin.sdk.amounts import decimal, moment

DECIMALS: Final = frozenset(
    [
        "amount",
        "assets",
        "borrowed",
        "commission",
        "daily_rate",
        "daily_rates",
        "deficit",
        "executed_quantity",
        "executed_quote",
        "fee",
        "free",
        "iceberg_quantity",
        "interest",
        "level",
        "liabilities",
        "locked",
        "maker_quantity",
        "prevented_quantity",
        "previous_quantity",
        "price",
        "prices",
        "principal",
        "quantity",
        "quote_quantity",
        "rates",
        "ratio",
        "repaid",
        "repaid_quantity",
        "stop_price",
        "taker_quantity",
        "target_amount",
        "trades",
    ]
)
"""Fields that count in 0.00000001."""
MOMENTS: Final = frozenset(
    [
        "at_ms",
        "began_ms",
        "effective_ms",
        "expires_at_ms",
        "hour_ms",
        "placed_at_ms",
        "trailing_at_ms",
        "updated_at_ms",
        "working_at_ms",
    ]
)
"""Fields that count milliseconds since 1970; 0 is no moment."""
COUNTS: Final = frozenset(
    [
        "account_id",
        "aggregate_id",
        "amendment_id",
        "cross_leverage",
        "epoch",
        "lasts_ms",
        "leverage",
        "liquidation_id",
        "list_id",
        "maker_order_id",
        "master_id",
        "milliseconds",
        "moves",
        "nonce",
        "order_id",
        "orders",
        "prevented_match_id",
        "repay_id",
        "script_id",
        "strategy_id",
        "strategy_type",
        "taker_order_id",
        "trade_group_id",
        "trade_id",
        "trailing_delta",
        "transaction_id",
        "vip",
        "walk_steps",
    ]
)
"""Fields that are whole numbers."""

EVENTS: Final[Mapping[str, type[AnyEvent]]] = {kind.__name__: kind for kind in get_args(AnyEvent)}
"""Every kind of event, by its name."""


class Facts(dict[str, Any]):
    """Fields by name, as items and as attributes."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no {name}, only {', '.join(self)}") from None


def readable(name: str, value: object) -> Any:
    """A field's value with decimals and times; a struct becomes its fields by name."""
    match value:
        case None | bool() | IntEnum() | str():
            return value
        case int():
            if name in MOMENTS:
                return moment(value) if value else None
            if name == "list_id" and value == NO_LIST:
                return None
            return decimal(value) if name in DECIMALS else value
        case tuple() | list():
            return tuple(readable(name, one) for one in cast(tuple[object, ...], value))
        case Struct():
            return fields_of(value)
        case _:
            raise AssertionError(f"nobody can read {name}={value!r}")


def fields_of(of: Struct) -> Facts:
    """A command's or an event's fields, as people read them."""
    if isinstance(of, Open | ChangeVenue):
        return Facts(venue=of.venue.name)
    return Facts((name, readable(name, getattr(of, name))) for name in of.__struct_fields__)


def words_of(kind: str, fields: Mapping[str, Any]) -> str:
    """One line: the name, and whatever is not empty."""
    said = [
        f"{name}={_shown(value)}" for name, value in fields.items() if value not in (None, "", 0, False, ())
    ]
    return " ".join([kind, *said])


def _shown(value: object) -> str:
    if isinstance(value, Facts) and "spec" in value:
        return _order_shown(value)
    match value:
        case IntEnum():
            return value.name
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case dict():
            return f"({words_of('', cast(dict[str, Any], value)).strip()})"
        case tuple():
            return f"[{', '.join(_shown(one) for one in cast(tuple[object, ...], value))}]"
        case _:
            return str(value)


def _order_shown(order: Facts) -> str:
    """An order in a few words: what was asked, and how far it came."""
    spec = order.spec
    size = f"{spec.quote_quantity} worth of" if spec.quote_quantity else spec.quantity
    said = [f"#{spec.order_id}", spec.side.name, size, spec.symbol, spec.type.name]
    said += [f"@ {spec.price}"] if spec.price else []
    said += [f"stop {spec.stop_price}"] if spec.stop_price else []
    said += [order.status.name]
    said += [f"{order.executed_quantity} for {order.executed_quote}"] if order.executed_quantity else []
    said += [f"of account {spec.account_id} {spec.scope}"]
    said += [f"by liquidation {spec.liquidation_id}"] if spec.liquidation_id else []
    return f"({' '.join(map(str, said))})"


@dataclass(frozen=True)
class Event:
    """Something that happened. Its fields are attributes, with decimals and times: `event.price`."""

    seq: int
    """The record that caused it."""
    at: datetime
    kind: str
    fields: Facts = field(hash=False)

    def __getattr__(self, name: str) -> Any:
        if name == "fields" or name.startswith(
            "__"
        ):  # What copy and pickle look for before there is anything.
            raise AttributeError(name)
        return getattr(self.fields, name)

    def __str__(self) -> str:
        return words_of(self.kind, self.fields)


def event_of(seq: int, at_ms: int, event: AnyEvent) -> Event:
    return Event(seq, moment(at_ms), type(event).__name__, fields_of(event))


@dataclass(frozen=True)
class Entry:
    """A record of the journal: a command, its place and its time, and what came of it, where that is still known."""

    seq: int
    at: datetime
    kind: str
    fields: Facts = field(hash=False)
    events: tuple[Event, ...] = ()

    def __str__(self) -> str:
        head = f"#{self.seq} {_shown(self.at)} {words_of(self.kind, self.fields)}"
        if self.kind == Open.__name__:  # It tells of every rate of the venue.
            return head
        return "\n".join([head, *(f"    {event}" for event in self.events)])


def entry_of(record: Record, events: tuple[AnyEvent, ...]) -> Entry:
    command: AnyCommand = record.command
    return Entry(
        record.seq,
        moment(record.at_ms),
        type(command).__name__,
        fields_of(command),
        tuple(event_of(record.seq, record.at_ms, event) for event in events),
    )
