"""Events as people read them. That every number is known for what it counts, tests/guards/test_facts.py says."""

import copy
import pickle
from decimal import Decimal

import pytest

from openmargin import Exchange
from openmargin.sdk.facts import Event


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
    assert str(trade) == (
        "OrderFilled order=(#1 BUY 0.001 BTCUSDT MARKET FILLED 0.001 for 60.006 of account 1 cross)"
        " fill=(trade_id=2 price=60006 quantity=0.001 quote_quantity=60.006 commission=0.000001 commission_asset=BTC)"
    )
