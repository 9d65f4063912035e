"""Interest: one hour at once with each loan, then one at each full hour while it is owed (mechanics 4)."""

from __future__ import annotations

from typing import Final

from openmargin.domain.enums import InterestKind
from openmargin.domain.events import InterestAccrued
from openmargin.domain.money import Atoms, hourly_interest
from openmargin.engine import agenda, rates
from openmargin.engine.state import Debt, State, TradingAccount

DEBTORS_PER_STEP: Final = 256
"""So many accounts are charged in one step: a bound on how long others wait."""


def charge(
    state: State, account: TradingAccount, debt: Debt, principal: Atoms, kind: InterestKind, hour_ms: int
) -> None:
    """Book one hour's interest on `principal`, under a full hour (mechanics 4.4b)."""
    rate = rates.daily_rate(state, account.owner.vip, debt.asset, hour_ms)
    due = hourly_interest(principal, rate)
    debt.interest += due
    state.events.append(
        InterestAccrued(
            state.next_transaction(),
            account.account_id,
            account.scope,
            debt.asset,
            principal,
            due,
            rate,
            kind,
            hour_ms,
        )
    )


def schedule(state: State) -> None:
    """See to it that the next full hour charges all debtors."""
    agenda.schedule(state, agenda.full_hour(state.at_ms) + agenda.HOUR_MS, agenda.ACCRUE)


def accrue(state: State, hour_ms: int) -> bool:
    """Charge the next debtors for a full hour; True when all have been."""
    left = state.accruals_left
    if not left:
        left.extend(reversed(state.debtors))
    for _ in range(min(DEBTORS_PER_STEP, len(left))):
        account = state.debtors[left.pop()]
        for debt in account.debts.values():
            if debt.principal:
                charge(state, account, debt, debt.principal, InterestKind.PERIODIC, hour_ms)
    return not left
