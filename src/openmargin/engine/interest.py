"""Interest: one hour at once with each loan, then one at each full hour while it is owed (mechanics 4)."""

from __future__ import annotations

from typing import Final

from openmargin.domain.enums import InterestKind, Rounding
from openmargin.domain.events import InterestAccrued
from openmargin.domain.ids import CROSS
from openmargin.domain.money import Atoms, converted_interest, hourly_interest
from openmargin.engine import agenda, debts, rates, watch
from openmargin.engine.state import Debt, State, TradingAccount

HALF_UP: Final = Rounding.HALF_UP
CONVERTED: Final = {
    InterestKind.PERIODIC: InterestKind.PERIODIC_CONVERTED,
    InterestKind.ON_BORROW: InterestKind.ON_BORROW_CONVERTED,
}
DEBTORS_PER_STEP: Final = 256
"""So many accounts are charged in one step: a bound on how long others wait."""


def charge(
    state: State, account: TradingAccount, debt: Debt, principal: Atoms, kind: InterestKind, hour_ms: int
) -> None:
    """Book one hour's interest on `principal`, under a full hour (mechanics 4.4b).

    Of a cross account that chose BNB it is owed in BNB, whether or not any is held (mechanics 4.6, A6).
    """
    margin = state.venue.margin
    half_up = margin.interest_rounding is HALF_UP
    rate = rates.daily_rate(state, account.owner.vip, debt.asset, hour_ms)
    owed, raw_asset = debt, ""
    price = _price_of_burned(state, account, debt.asset)
    if price:
        due = converted_interest(
            principal, rate, state.marks[debt.asset], price, margin.burn_interest_discount, half_up=half_up
        )
        kind, raw_asset = CONVERTED[kind], debt.asset
        if due:
            owed = debts.of(state, account, margin.burn_asset)
    else:
        due = hourly_interest(principal, rate, half_up=half_up)
    owed.interest += due
    state.events.append(
        InterestAccrued(
            state.next_transaction(),
            account.account_id,
            account.scope,
            margin.burn_asset if price else debt.asset,
            principal,
            due,
            rate,
            kind,
            hour_ms,
            raw_asset,
        )
    )


def _price_of_burned(state: State, account: TradingAccount, asset: str) -> int:
    """The price of what the account pays interest on `asset` with; 0 where it pays in the asset itself."""
    if account.scope != CROSS or not account.owner.burns_bnb_for_interest or asset not in state.marks:
        return 0
    return state.marks.get(state.venue.margin.burn_asset, 0)


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
        for debt in list(account.debts.values()):  # A debt in BNB may come to them.
            if debt.principal:
                charge(state, account, debt, debt.principal, InterestKind.PERIODIC, hour_ms)
        watch.hour(state, account)
    return not left
