"""Work that is too much for one step goes on in the next, and ends as if it had been one."""

from __future__ import annotations

import msgspec
import pytest

from openmargin.domain.commands import (
    Borrow,
    CreateAccount,
    Deposit,
    Open,
    PlaceOrder,
    Record,
    SetIndex,
    Tick,
)
from openmargin.domain.enums import OrderType, SelfTradePrevention, Side, SideEffect, TimeInForce
from openmargin.domain.events import InterestAccrued, OrderFilled
from openmargin.domain.ids import CROSS
from openmargin.domain.money import E8
from openmargin.engine.engine import Engine
from openmargin.lab.simulate import Judge
from openmargin.runtime.bare import BareExchange
from tests.engine.story import MIDNIGHT, plain_venue

VENUE = plain_venue()
HOUSE = msgspec.structs.replace(VENUE.house, enabled=True, level_value=100_000 * E8)


def bid(account: int, price: int) -> PlaceOrder:
    return PlaceOrder(
        account,
        "",
        0,
        CROSS,
        "BTCUSDT",
        Side.BUY,
        OrderType.LIMIT,
        TimeInForce.GTC,
        E8,
        0,
        price,
        "",
        SelfTradePrevention.NONE,
        SideEffect.AUTO_REPAY,
        True,
    )


def crowded(orders: int) -> Judge:
    """A house and two traders who wait below it with many orders, both in debt."""
    judge = Judge(BareExchange(check_everything=False))
    judge.submit(MIDNIGHT, Open(msgspec.structs.replace(VENUE, house=HOUSE), 1, 1))
    for account in (1, 2):
        judge.submit(MIDNIGHT, CreateAccount(f"trader {account}"))
        judge.submit(MIDNIGHT, Deposit(account, CROSS, "USDT", 100_000 * E8))
    judge.submit(MIDNIGHT, Borrow(1, "", 0, CROSS, "BTC", 7 * E8))
    judge.submit(MIDNIGHT, Borrow(2, "", 0, CROSS, "ETH", E8))
    for number in range(orders):
        judge.submit(MIDNIGHT, bid(1 + number % 2, (9_500 - number) * E8 // 100))
    return judge


def test_an_index_that_falls_through_many_orders_yields_between_steps() -> None:
    judge = crowded(300)
    before = judge.records
    found = judge.submit(MIDNIGHT, SetIndex((("BTCUSDT", 50 * E8),)))
    assert judge.records - before == 2
    assert sum(isinstance(event, OrderFilled) for event in found) == 300


@pytest.mark.parametrize("orders", [255, 256, 257])
def test_the_edge_of_a_step(orders: int) -> None:
    judge = crowded(orders)
    found = judge.submit(MIDNIGHT, SetIndex((("BTCUSDT", 50 * E8),)))
    assert sum(isinstance(event, OrderFilled) for event in found) == orders
    judge.submit(MIDNIGHT, SetIndex((("BTCUSDT", 60 * E8),)))


def test_a_restart_between_two_steps_changes_nothing() -> None:
    engine = crowded(300).exchange.engine
    engine.apply(Record(engine.seq + 1, MIDNIGHT, SetIndex((("BTCUSDT", 50 * E8),))))
    assert engine.next_due_ms() == MIDNIGHT
    again = Engine.load(engine.dump())
    again.check_everything = True
    tick = Record(engine.seq + 1, MIDNIGHT, Tick())
    assert again.apply(tick).events == engine.apply(tick).events
    assert again.state_hash() == engine.state_hash()
    assert again.next_due_ms() == engine.next_due_ms() == MIDNIGHT + 3_600_000


def test_no_command_overtakes_work_that_is_due() -> None:
    engine = crowded(300).exchange.engine
    engine.apply(Record(engine.seq + 1, MIDNIGHT, SetIndex((("BTCUSDT", 50 * E8),))))
    engine.apply(Record(engine.seq + 1, MIDNIGHT, Tick()))
    with pytest.raises(AssertionError, match="some work comes before any command"):
        engine.apply(Record(engine.seq + 1, MIDNIGHT + 3 * 3_600_000, CreateAccount("too early")))


def indebted(debtors: int) -> Judge:
    """So many accounts with a loan each."""
    judge = Judge(BareExchange(check_everything=False))
    judge.submit(MIDNIGHT, Open(VENUE, 1, 1))
    for account in range(1, debtors + 1):
        for command in (
            CreateAccount("debtor"),
            Deposit(account, CROSS, "USDT", 100 * E8),
            Borrow(account, "", 0, CROSS, "USDT", account * E8 // 2),
        ):
            # Looking at all accounts after each of these would take long.
            judge.twin.apply(judge.exchange.submit(MIDNIGHT, command)[-1].record)
    return judge


def test_many_debtors_are_charged_in_steps_and_each_once() -> None:
    judge = indebted(300)
    steps = judge.exchange.submit(MIDNIGHT + 3_600_000, Tick())
    expected = [event for step in steps for event in judge.twin.apply(step.record)]
    told = [event for step in steps for event in step.events]
    assert told == expected
    assert sum(isinstance(event, InterestAccrued) for event in told) == 300
    assert len(steps) == 3


def test_a_restart_between_two_steps_of_an_hour_charges_nobody_twice() -> None:
    engine = indebted(300).exchange.engine
    hour = MIDNIGHT + 3_600_000
    first = engine.apply(Record(engine.seq + 1, hour, Tick()))
    again = Engine.load(engine.dump())
    tick = Record(engine.seq + 1, hour, Tick())
    rest = again.apply(tick)
    assert len(first.events) + len(rest.events) == 300
    assert rest.events == engine.apply(tick).events
    assert again.state_hash() == engine.state_hash()
    assert again.next_due_ms() == hour + 3_600_000
