"""Work that is too much for one step goes on in the next, and ends as if it had been one."""

from __future__ import annotations

import msgspec
import pytest

from openmargin.domain.commands import (
    AnyCommand,
    Borrow,
    CancelAllOrders,
    CreateAccount,
    Deposit,
    Open,
    PlaceOrder,
    Record,
    SetIndex,
    Tick,
)
from openmargin.domain.enums import OrderType, SelfTradePrevention, Side, SideEffect, TimeInForce
from openmargin.domain.events import (
    InterestAccrued,
    LiquidationBegan,
    LiquidationEnded,
    OrderActivated,
    OrderFilled,
)
from openmargin.domain.ids import CROSS
from openmargin.domain.money import E8
from openmargin.engine.cascade import WAKES_PER_STEP
from openmargin.engine.engine import Applied, Engine
from openmargin.lab.simulate import Judge
from openmargin.lab.twin import Twin
from openmargin.runtime.bare import BareExchange
from tests.engine.story_venue import MIDNIGHT, plain_venue

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
    rules = msgspec.structs.replace(VENUE.symbols[0], max_num_orders=orders)
    venue = msgspec.structs.replace(VENUE, house=HOUSE, symbols=(rules, *VENUE.symbols[1:]))
    judge.submit(MIDNIGHT, Open(venue, 1, 1))
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


@pytest.mark.nightly
def test_a_command_between_two_steps_finds_a_book_that_waits_for_its_quotes() -> None:
    engine = crowded(600).exchange.engine  # They fill two steps, so that ether's turn has not come.

    def ask(command: AnyCommand) -> Applied:
        return engine.apply(Record(engine.seq + 1, MIDNIGHT, command))

    def fills_of_ether(applied: Applied) -> int:
        fills = [event for event in applied.events if isinstance(event, OrderFilled)]
        return sum(fill.order.spec.symbol == "ETHUSDT" for fill in fills)

    in_ether = msgspec.structs.replace(bid(1, 9 * E8), symbol="ETHUSDT")
    assert ask(in_ether).rejection is None
    ask(SetIndex((("BTCUSDT", 50 * E8), ("ETHUSDT", 5 * E8))))
    refused = ask(msgspec.structs.replace(in_ether, quantity=10**6 * E8))
    assert refused.rejection is not None
    assert fills_of_ether(refused) == 0
    assert fills_of_ether(ask(Tick())) == 1


def sleeping(stops: int) -> Judge:
    """A tape that follows the index, and one trader with stops of every kind close to each other."""
    judge = Judge(BareExchange(check_everything=False))
    rules = msgspec.structs.replace(VENUE.symbols[0], max_num_orders=stops, max_num_algo_orders=stops)
    venue = msgspec.structs.replace(
        VENUE,
        house=msgspec.structs.replace(HOUSE, levels=0),
        symbols=(rules, *VENUE.symbols[1:]),
    )
    judge.submit(MIDNIGHT, Open(venue, 1, 1))
    judge.submit(MIDNIGHT, CreateAccount("sleeper"))
    judge.submit(MIDNIGHT, Deposit(1, CROSS, "BTC", 100_000 * E8))
    for number in range(stops):
        stop = PlaceOrder(
            *(1, "", 0, CROSS, "BTCUSDT", Side.SELL, OrderType.STOP_LOSS_LIMIT, TimeInForce.GTC, E8, 0),
            price=90 * E8,
            client_order_id="",
            self_trade_prevention=SelfTradePrevention.NONE,
            side_effect=SideEffect.NO_SIDE_EFFECT,
            auto_repay_at_cancel=True,
            stop_price=(95 * E8 if number % 3 else 0),
            trailing_delta=(0 if number % 3 else 100 + number),
        )
        judge.submit(MIDNIGHT, stop)
    judge.submit(MIDNIGHT, SetIndex((("BTCUSDT", 101 * E8),)))
    return judge


@pytest.mark.parametrize(
    "stops", [WAKES_PER_STEP - 1, WAKES_PER_STEP, WAKES_PER_STEP + 1, 3 * WAKES_PER_STEP]
)
def test_a_gap_wakes_many_stops_in_steps_and_each_once(stops: int) -> None:
    judge = sleeping(stops)
    before = judge.records
    found = judge.submit(MIDNIGHT, SetIndex((("BTCUSDT", 80 * E8),)))
    assert sum(isinstance(event, OrderActivated) for event in found) == stops
    assert (judge.records - before > 1) == (stops >= WAKES_PER_STEP)


def test_no_record_wakes_more_than_one_step_may() -> None:
    engine = sleeping(3 * WAKES_PER_STEP).exchange.engine
    engine.check_everything = True
    woken: list[int] = []
    for command in (SetIndex((("BTCUSDT", 80 * E8),)), CreateAccount("passer-by"), Tick()):
        events = engine.apply(Record(engine.seq + 1, MIDNIGHT, command)).events
        woken.append(sum(isinstance(event, OrderActivated) for event in events))
    assert woken == [WAKES_PER_STEP] * 3


def test_a_restart_between_two_steps_wakes_the_same() -> None:
    engine = sleeping(2 * WAKES_PER_STEP).exchange.engine
    engine.apply(Record(engine.seq + 1, MIDNIGHT, SetIndex((("BTCUSDT", 80 * E8),))))
    again = Engine.load(engine.dump())
    again.check_everything = True
    tick = Record(engine.seq + 1, MIDNIGHT, Tick())
    assert again.apply(tick).events == engine.apply(tick).events
    assert again.state_hash() == engine.state_hash()


def test_a_stop_that_was_to_wake_may_still_be_cancelled() -> None:
    engine = sleeping(2 * WAKES_PER_STEP).exchange.engine
    engine.check_everything = True
    engine.apply(Record(engine.seq + 1, MIDNIGHT, SetIndex((("BTCUSDT", 80 * E8),))))
    engine.apply(Record(engine.seq + 1, MIDNIGHT, CancelAllOrders(1, "", 0, CROSS, "BTCUSDT")))
    ticked = engine.apply(Record(engine.seq + 1, MIDNIGHT, Tick()))
    assert [event for event in ticked.events if isinstance(event, OrderActivated)] == []
    assert engine.next_due_ms() is None


def indebted(debtors: int) -> BareExchange:
    """So many accounts with a loan each."""
    exchange = BareExchange(check_everything=False)
    exchange.submit(MIDNIGHT, Open(VENUE, 1, 1))
    for account in range(1, debtors + 1):
        exchange.submit(MIDNIGHT, CreateAccount("debtor"))
        exchange.submit(MIDNIGHT, Deposit(account, CROSS, "USDT", 100 * E8))
        exchange.submit(MIDNIGHT, Borrow(account, "", 0, CROSS, "USDT", account * E8 // 2))
    return exchange


@pytest.mark.nightly
def test_many_debtors_are_charged_in_steps_and_each_once() -> None:
    exchange = indebted(300)
    twin = Twin()
    for step in exchange.log:
        twin.apply(step.record)
    steps = exchange.submit(MIDNIGHT + 3_600_000, Tick())
    expected = [event for step in steps for event in twin.apply(step.record)]
    told = [event for step in steps for event in step.events]
    assert told == expected
    assert sum(isinstance(event, InterestAccrued) for event in told) == 300
    assert len(steps) == 3


def test_a_restart_between_two_steps_of_an_hour_charges_nobody_twice() -> None:
    engine = indebted(300).engine
    hour = MIDNIGHT + 3_600_000
    first = engine.apply(Record(engine.seq + 1, hour, Tick()))
    again = Engine.load(engine.dump())
    tick = Record(engine.seq + 1, hour, Tick())
    rest = again.apply(tick)
    assert len(first.events) + len(rest.events) == 300
    assert rest.events == engine.apply(tick).events
    assert again.state_hash() == engine.state_hash()
    assert again.next_due_ms() == hour + 3_600_000


def leveraged(accounts: int) -> Engine:
    """A house, and long accounts that all break at one price; the last one is a client without debt."""
    engine = Engine()
    engine.check_everything = True
    venue = msgspec.structs.replace(VENUE, house=msgspec.structs.replace(HOUSE, level_value=50_000 * E8))
    commands: list[AnyCommand] = [Open(venue, 1, 1)]
    for account in range(1, accounts + 1):
        commands += [
            CreateAccount(f"debtor {account}"),
            Deposit(account, CROSS, "BTC", E8),
            Borrow(account, "", 0, CROSS, "ETH", 9 * E8),
        ]
    commands += [CreateAccount("client"), Deposit(accounts + 1, CROSS, "USDT", 1_000 * E8)]
    for seq, command in enumerate(commands):
        assert engine.apply(Record(seq, MIDNIGHT, command)).rejection is None
    return engine


def count(applied: Applied, kind: type) -> int:
    return sum(isinstance(event, kind) for event in applied.events)


def test_a_crash_marks_all_at_once_and_liquidates_one_step_a_record() -> None:
    accounts = 60
    engine = leveraged(accounts)
    # Netting repays the 9 ETH: what is left to do is one step for each account, and nobody waits for the others.
    marked = engine.apply(Record(engine.seq + 1, MIDNIGHT, SetIndex((("BTCUSDT", 5 * E8),))))
    assert (count(marked, LiquidationBegan), count(marked, LiquidationEnded)) == (accounts, 0)

    for number in range(accounts):
        command = bid(accounts + 1, 20 * E8) if number % 3 == 0 else Tick()
        applied = engine.apply(Record(engine.seq + 1, MIDNIGHT, command))
        assert applied.rejection is None
        assert count(applied, LiquidationEnded) == 1
        assert len(engine.state.liquidations) == accounts - number - 1
        if number == accounts // 2:
            again = Engine.load(engine.dump())
            assert again.state_hash() == engine.state_hash()
            engine = again
    assert engine.next_due_ms() == MIDNIGHT + 3_600_000


def test_an_index_that_moves_looks_at_those_whom_it_concerns() -> None:
    engine = leveraged(30)
    concerned: list[int] = []
    engine.apply(Record(engine.seq + 1, MIDNIGHT, SetIndex((("BNBUSDT", 5 * E8),))))
    for asset in ("BTC", "ETH", "BNB", "USDT"):
        concerned.append(len(engine.state.exposed.get(asset, {})))
    assert concerned == [30, 30, 0, 0]
