"""Thirty days (docs/stories.md): 1,000 loans through 720 hours, each charge and each debt by the calculator."""

from __future__ import annotations

from functools import cache

import pytest

from openmargin.lab.stories.thirty_days import (
    END_MS,
    HOUR_MS,
    HOURS,
    START_MS,
    Loan,
    MonthReport,
    thirty_days,
    vip_at_first,
)
from tests.docs.snippets import ROOT
from tests.margin import calculator
from tests.margin.calculator import repayment_split
from tests.margin.exchange import atoms, exact

SEED = 1


@pytest.fixture(scope="module")
def month() -> MonthReport:
    return thirty_days(SEED)


@cache
def an_hour_of(principal: int, daily_rate: int) -> int:
    """The calculator's answer, in atoms; most hours are like the one before."""
    return atoms(calculator.hourly_interest(exact(principal), exact(daily_rate)))


class Rates:
    """The daily rate of a loan at a moment: a change of rates holds from the next full hour on (mechanics 4.3), one of the
    VIP level from the next charge on."""

    def __init__(self, month: MonthReport) -> None:
        self.by_hour: dict[str, list[tuple[int, ...]]] = {}
        for change in month.rate_changes:
            hours = self.by_hour.setdefault(change.asset, [change.daily_rates] * (HOURS + 1))
            first = (change.at_ms - START_MS) // HOUR_MS + 1
            hours[first:] = [change.daily_rates] * (HOURS + 1 - first)
        self.vip_changes: dict[int, list[tuple[int, int]]] = {}
        for change in sorted(month.vip_changes, key=lambda change: change.at_ms):
            self.vip_changes.setdefault(change.account_id, []).append((change.at_ms, change.vip))

    def at(self, loan: Loan, at_ms: int) -> int:
        vip = vip_at_first(loan.account_id)
        for changed_at_ms, later in self.vip_changes.get(loan.account_id, ()):
            if changed_at_ms < at_ms:
                vip = later
        return self.by_hour[loan.asset][(at_ms - START_MS) // HOUR_MS][vip]


def lived_through(loan: Loan, rates: Rates) -> tuple[int, int, int, int]:
    """What is left of a loan at the end by the calculator: principal, interest, all ever charged, and how often."""
    principal = loan.amount
    interest = charged = an_hour_of(principal, rates.at(loan, loan.at_ms))
    charges = 1
    first_hour_ms = loan.at_ms - loan.at_ms % HOUR_MS + HOUR_MS
    # At a full hour the charge comes first, and then whoever pays.
    hours = [(hour_ms, 0) for hour_ms in range(first_hour_ms, END_MS + 1, HOUR_MS)]
    for at_ms, paid in sorted(hours + list(loan.repayments)):
        if paid:
            of_principal, of_interest = repayment_split(exact(paid), exact(interest))
            principal -= atoms(of_principal)
            interest -= atoms(of_interest)
        else:
            due = an_hour_of(principal, rates.at(loan, at_ms))
            interest += due
            charged += due
            charges += 1
    assert charges == calculator.hours_charged(loan.at_ms, END_MS)
    return principal, interest, charged, charges


def test_every_debt_is_what_the_calculator_says_to_the_atom(month: MonthReport) -> None:
    rates = Rates(month)
    for loan, owed in zip(month.loans, month.owed, strict=True):
        said = (owed.principal, owed.interest, owed.charged, owed.charges)
        assert said == lived_through(loan, rates), loan


def test_the_month_is_long_and_full(month: MonthReport) -> None:
    assert len(month.loans) == 1_000
    assert HOURS == 720
    assert month.charges > 600_000
    assert {loan.asset for loan in month.loans} == {"BTC", "ETH", "SOL", "USDC", "USDT"}
    assert len({loan.scope for loan in month.loans}) == 4
    assert len({vip_at_first(loan.account_id) for loan in month.loans}) == 10
    paid = [loan for loan in month.loans if loan.repayments]
    assert len(paid) == 200
    assert any(owed.charged != owed.interest for owed in month.owed), "no repayment paid interest"
    assert any(owed.principal != loan.amount for loan, owed in zip(month.loans, month.owed, strict=True)), (
        "no repayment paid principal"
    )
    on_the_hour = [
        at_ms for loan in month.loans for at_ms in (loan.at_ms, *(at for at, _ in loan.repayments))
    ]
    assert any(at_ms % HOUR_MS == 0 for at_ms in on_the_hour), "nothing came at a full hour"


def test_the_page_shows_this_month(month: MonthReport) -> None:
    page = (ROOT / "docs" / "stories.md").read_text()
    assert month.table() in page, f"docs/stories.md: put this table there\n{month.table()}"
