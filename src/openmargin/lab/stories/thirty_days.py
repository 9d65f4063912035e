"""Thirty days: a virtual month of interest on 1,000 loans, while rates and VIP levels change and some debts shrink.

Owns: what is asked of the exchange, and what it says was charged and is owed.
Never: works interest out; the report holds all that somebody else needs to do that.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from openmargin.domain.commands import (
    AnyCommand,
    Borrow,
    ChangeAccount,
    CreateAccount,
    Deposit,
    Open,
    OpenIsolated,
    Repay,
    SetRates,
    Tick,
)
from openmargin.domain.events import InterestAccrued
from openmargin.domain.ids import CROSS, Scope
from openmargin.domain.money import E8, Atoms, format_short
from openmargin.domain.reasons import Rejected
from openmargin.domain.venue import HouseRules
from openmargin.lab.stories.venue import PAIRS, PRICES, VIP_LEVELS, first_rates, story_venue
from openmargin.runtime.bare import BareExchange

START_MS: Final = 1_767_225_600_000
HOUR_MS: Final = 3_600_000
HOURS: Final = 30 * 24
END_MS: Final = START_MS + HOURS * HOUR_MS
EPOCH: Final = 1

ACCOUNTS: Final = 100
LOANS_OF_EACH: Final = (
    *((CROSS, asset) for asset in PRICES),
    ("BTCUSDT", "BTC"),
    ("BTCUSDT", "USDT"),
    ("ETHUSDT", "ETH"),
    ("ETHUSDT", "USDT"),
    ("SOLUSDT", "SOL"),
)
"""Where each account borrows what: no two loans make one debt."""
LOANS: Final = ACCOUNTS * len(LOANS_OF_EACH)
REPAYMENTS: Final = 200
RATE_CHANGES: Final = 150
VIP_CHANGES: Final = 60
COLLATERAL: Final = 100_000 * E8
"""USDT that each account and each pair of it begins with: far more than any loan needs."""


class Loan(Struct, frozen=True):
    """A loan as it was asked for, and every repayment of it, as (moment, amount)."""

    account_id: int
    scope: Scope
    asset: str
    amount: Atoms
    at_ms: int
    repayments: tuple[tuple[int, Atoms], ...]


class RateChange(Struct, frozen=True):
    """Daily rates by VIP level that somebody set at a moment; the very first ones hold from the beginning."""

    asset: str
    daily_rates: tuple[int, ...]
    at_ms: int


class VipChange(Struct, frozen=True):
    account_id: int
    vip: int
    at_ms: int


class Owed(Struct, frozen=True):
    """What the exchange says of one loan at the end."""

    principal: Atoms
    interest: Atoms
    charges: int
    """How often it was charged."""
    charged: Atoms
    """All interest ever charged, whether paid or not."""


class MonthReport(Struct, frozen=True):
    """What was asked, and what became of each loan."""

    seed: int
    loans: tuple[Loan, ...]
    owed: tuple[Owed, ...]
    """Loan for loan."""
    rate_changes: tuple[RateChange, ...]
    vip_changes: tuple[VipChange, ...]
    state_hash: str

    @property
    def charges(self) -> int:
        return sum(owed.charges for owed in self.owed)

    def table(self) -> str:
        """For people, as Markdown: what each asset's loans came to."""
        lines = [
            "| asset | loans | charges | interest charged | still owed of it | principal left |",
            "|---|---|---|---|---|---|",
        ]
        for asset in PRICES:
            rows = [owed for loan, owed in zip(self.loans, self.owed, strict=True) if loan.asset == asset]
            lines.append(
                f"| {asset} | {len(rows):,} | {sum(row.charges for row in rows):,}"
                f" | {format_short(sum(row.charged for row in rows))}"
                f" | {format_short(sum(row.interest for row in rows))}"
                f" | {format_short(sum(row.principal for row in rows))} |"
            )
        return "\n".join(lines)


def thirty_days(seed: int) -> MonthReport:
    """Live through the month; the same seed is the same month."""
    chance = random.Random(seed)
    loans = _loans(chance)
    rate_changes = _rate_changes(chance)
    vip_changes = tuple(
        VipChange(chance.randint(1, ACCOUNTS), chance.randrange(VIP_LEVELS), _moment(chance))
        for _ in range(VIP_CHANGES)
    )
    exchange = BareExchange(check_everything=False)
    charges = dict.fromkeys(((loan.account_id, loan.scope, loan.asset) for loan in loans), 0)
    charged = dict(charges)
    for at_ms, command in (*_opening(seed), *_during(loans, rate_changes, vip_changes), (END_MS, Tick())):
        for step in exchange.submit(at_ms, command):
            for event in step.events:
                if type(event) is InterestAccrued:
                    key = (event.account_id, event.scope, event.asset)
                    charges[key] += 1
                    charged[key] += event.interest
                elif type(event) is Rejected:
                    raise AssertionError(f"the story is wrong: {command} was refused: {event}")
        exchange.log.clear()  # A month of events is more than anybody keeps in mind.
    balances = {
        (account_id, scope, row.asset): row
        for account_id in range(1, ACCOUNTS + 1)
        for scope in (CROSS, *PAIRS)
        for row in exchange.live.balances(account_id, scope)
    }
    keys = [(loan.account_id, loan.scope, loan.asset) for loan in loans]
    owed = tuple(
        Owed(balances[key].borrowed, balances[key].interest, charges[key], charged[key]) for key in keys
    )
    return MonthReport(seed, loans, owed, rate_changes, vip_changes, exchange.engine.state_hash())


def vip_at_first(account_id: int) -> int:
    return account_id % VIP_LEVELS


def _moment(chance: random.Random) -> int:
    """Any moment of the month; some are full hours, where it matters what comes first."""
    at_ms = chance.randrange(START_MS + 1, END_MS)
    return at_ms - at_ms % HOUR_MS if chance.random() < 0.2 else at_ms


def _loans(chance: random.Random) -> tuple[Loan, ...]:
    """All loans, most of them of the first day; and repayments, from a part of the interest up to half of the loan."""
    wanted: list[Loan] = []
    for account_id in range(1, ACCOUNTS + 1):
        for scope, asset in LOANS_OF_EACH:
            amount = chance.randrange(100 * E8, 5_000 * E8) * E8 // PRICES[asset]
            at_ms = _moment(chance) if chance.random() < 0.1 else START_MS + chance.randrange(24 * HOUR_MS)
            wanted.append(Loan(account_id, scope, asset, amount, max(at_ms, START_MS + 1), ()))
    repaid = sorted(chance.sample(range(len(wanted)), REPAYMENTS))
    for number in repaid:
        loan = wanted[number]
        repayments = tuple(
            sorted(
                (max(loan.at_ms, _moment(chance)), 1 + loan.amount * chance.choice((1, 100, 2_500)) // 10_000)
                for _ in range(chance.randint(1, 2))
            )
        )
        wanted[number] = Loan(loan.account_id, loan.scope, loan.asset, loan.amount, loan.at_ms, repayments)
    return tuple(wanted)


def _rate_changes(chance: random.Random) -> tuple[RateChange, ...]:
    """The first rates, and others that drift from them, some of them twice within an hour."""
    changes = [RateChange(asset, first_rates(asset), START_MS - HOUR_MS) for asset in PRICES]
    for at_ms in sorted(_moment(chance) for _ in range(RATE_CHANGES)):
        asset = chance.choice(tuple(PRICES))
        factor = chance.randint(50, 300)
        changes.append(RateChange(asset, tuple(r * factor // 100 for r in first_rates(asset)), at_ms))
    return tuple(changes)


def _opening(seed: int) -> Iterator[tuple[int, AnyCommand]]:
    yield START_MS, Open(story_venue(HouseRules(enabled=False)), seed, EPOCH)
    for account_id in range(1, ACCOUNTS + 1):
        yield START_MS, CreateAccount(f"debtor {account_id}", vip=vip_at_first(account_id))
        yield START_MS, Deposit(account_id, CROSS, "USDT", COLLATERAL)
        for pair in PAIRS:
            yield START_MS, OpenIsolated(account_id, "", 0, pair)
            yield START_MS, Deposit(account_id, pair, "USDT", COLLATERAL)


def _during(
    loans: tuple[Loan, ...], rate_changes: tuple[RateChange, ...], vip_changes: tuple[VipChange, ...]
) -> list[tuple[int, AnyCommand]]:
    """Everything that is asked in the month, in order; of one moment loans come first."""
    commands: list[tuple[int, AnyCommand]] = [
        (loan.at_ms, Borrow(loan.account_id, "", 0, loan.scope, loan.asset, loan.amount)) for loan in loans
    ]
    commands += [
        (at_ms, Repay(loan.account_id, "", 0, loan.scope, loan.asset, amount))
        for loan in loans
        for at_ms, amount in loan.repayments
    ]
    commands += [
        (change.at_ms, SetRates(((change.asset, change.daily_rates),)))
        for change in rate_changes
        if change.at_ms >= START_MS
    ]
    commands += [(change.at_ms, ChangeAccount(change.account_id, vip=change.vip)) for change in vip_changes]
    return sorted(commands, key=lambda planned: planned[0])
