"""Every number of every command and event is known for what it counts."""

import copy
import pickle
from decimal import Decimal
from typing import Any, get_args, get_type_hints

import pytest
from msgspec import Struct

from openmargin import Exchange
from openmargin.domain.commands import AnyCommand, ChangeVenue, Open
from openmargin.domain.events import AnyEvent
from openmargin.sdk.facts import COUNTS, DECIMALS, MOMENTS, Event


def numbers(of: Any, name: str, seen: set[type]) -> set[str]:
    """Names of the fields that are, or hold, plain integers."""
    if of is int:
        return {name}
    if isinstance(of, type) and issubclass(of, Struct):
        if of in seen or of in (Open, ChangeVenue):
            return set()
        seen.add(of)
        return {found for field, kind in get_type_hints(of).items() for found in numbers(kind, field, seen)}
    return {found for part in get_args(of) for found in numbers(part, name, seen)}


def test_every_number_counts_one_known_thing() -> None:
    found = numbers(AnyCommand | AnyEvent, "", set())
    assert found == DECIMALS | MOMENTS | COUNTS, (
        "openmargin/sdk/facts.py: put a new field into one of the three"
    )
    assert len(DECIMALS) + len(MOMENTS) + len(COUNTS) == len(found)


@pytest.fixture
def trade() -> Event:
    with Exchange() as exchange:
        ann = exchange.account("ann")
        ann.deposit("USDT", 1000)
        ann.buy("BTCUSDT", "0.001")
        [filled] = exchange.events("OrderFilled")
    return filled


def test_fields_are_attributes_all_the_way_down(trade: Event) -> None:
    assert trade.fill.quantity == Decimal("0.001")
    assert trade.order.spec.symbol == "BTCUSDT"
    assert trade.order.spec.list_id is None
    assert trade.order.spec.placed_at_ms == trade.at


def test_a_field_that_is_not_there_is_told(trade: Event) -> None:
    with pytest.raises(AttributeError, match="no price, only order, fill"):
        _ = trade.price


def test_an_event_can_be_kept(trade: Event) -> None:
    assert pickle.loads(pickle.dumps(trade)) == copy.deepcopy(trade) == trade


def test_an_event_reads_as_one_line_without_what_is_empty(trade: Event) -> None:
    assert str(trade).startswith("OrderFilled order=(spec=(symbol=BTCUSDT order_id=")
    assert "stop_price" not in str(trade)
