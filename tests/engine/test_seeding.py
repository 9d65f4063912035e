"""A debt that comes from elsewhere: what it leaves, what it costs, and when it is refused."""

import msgspec
import pytest

from openmargin.config import load_venue
from openmargin.domain.commands import AnyCommand, ChangeVenue, CreateAccount, Deposit, Open, SeedDebt, Tick
from openmargin.domain.ids import CROSS, SPOT
from openmargin.domain.money import E8, SUPPLY_MAX
from openmargin.domain.reasons import Reason
from openmargin.domain.venue import LiquidationRules
from openmargin.engine.engine import EPOCH
from openmargin.runtime.bare import BareExchange

BEGIN = 1_767_225_600_000


@pytest.fixture
def exchange() -> BareExchange:
    made = BareExchange()
    made.submit(BEGIN, Open(load_venue(), 1, EPOCH))
    made.submit(BEGIN, CreateAccount("ann"))
    made.submit(BEGIN, Deposit(1, CROSS, "BTC", E8))
    return made


def do(exchange: BareExchange, command: AnyCommand) -> Reason | None:
    [step] = [
        step for step in exchange.submit(exchange.engine.at_ms, command) if step.record.command is command
    ]
    return None if step.rejection is None else step.rejection.reason


def test_it_is_owed_and_not_held_and_costs_interest_from_the_next_hour(exchange: BareExchange) -> None:
    assert do(exchange, SeedDebt(1, CROSS, "USDT", 50_000 * E8, 7 * E8)) is None
    [usdt] = [row for row in exchange.live.balances(1, CROSS) if row.asset == "USDT"]
    assert (usdt.free, usdt.borrowed, usdt.interest) == (0, 50_000 * E8, 7 * E8)
    exchange.submit(BEGIN + 3_600_000, Tick())
    [usdt] = [row for row in exchange.live.balances(1, CROSS) if row.asset == "USDT"]
    assert usdt.interest > 7 * E8
    exchange.reload()


def test_a_debt_above_the_liquidation_level_is_taken_over_and_liquidated(exchange: BareExchange) -> None:
    assert do(exchange, SeedDebt(1, CROSS, "USDT", 58_000 * E8, 0)) is None
    exchange.submit(BEGIN + 60_000, Tick())
    assert exchange.live.margin(1, CROSS).margin_level > 11 * E8 // 10


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (SeedDebt(9, CROSS, "USDT", E8, 0), Reason.UNKNOWN_SCOPE),
        (SeedDebt(1, SPOT, "USDT", E8, 0), Reason.UNKNOWN_SCOPE),
        (SeedDebt(1, "BTCUSDT", "USDT", E8, 0), Reason.UNKNOWN_SCOPE),
        (SeedDebt(1, CROSS, "XYZ", E8, 0), Reason.UNKNOWN_ASSET),
        (SeedDebt(1, CROSS, "USDT", 0, 0), Reason.AMOUNT_NOT_POSITIVE),
        (SeedDebt(1, CROSS, "USDT", -E8, 2 * E8), Reason.AMOUNT_NOT_POSITIVE),
        (SeedDebt(1, CROSS, "USDT", 10**10 * E8, 0), Reason.INVENTORY_SHORT),
        (SeedDebt(1, CROSS, "USDT", E8, SUPPLY_MAX), Reason.ABOVE_SUPPLY),
    ],
)
def test_what_cannot_be_owed_is_refused(exchange: BareExchange, command: AnyCommand, reason: Reason) -> None:
    assert do(exchange, command) is reason


def test_debts_that_add_up_stay_within_what_a_snapshot_can_hold(exchange: BareExchange) -> None:
    venue = exchange.engine.state.venue
    calm = msgspec.structs.replace(venue.margin, liquidation=LiquidationRules(enabled=False))
    assert do(exchange, ChangeVenue(msgspec.structs.replace(venue, margin=calm))) is None
    half = SeedDebt(1, CROSS, "ETH", 0, SUPPLY_MAX // 2 + 1)
    assert [do(exchange, half), do(exchange, half)] == [None, Reason.ABOVE_SUPPLY]
    exchange.reload()


def test_a_debt_of_what_nobody_lends_would_have_no_rate(exchange: BareExchange) -> None:
    venue = exchange.engine.state.venue
    bare = msgspec.structs.replace(venue.assets[0], name="GIFT", borrowable=False, loan_terms=())
    wider = msgspec.structs.replace(venue, assets=(*venue.assets, bare))
    assert do(exchange, ChangeVenue(wider)) is None
    assert do(exchange, SeedDebt(1, CROSS, "GIFT", E8, 0)) is Reason.ASSET_NOT_BORROWABLE
