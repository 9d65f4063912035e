"""A hundred random markets, each judged step by step: most on the engine alone, which is reloaded now and then, and some
on the whole stack, which is killed."""

from __future__ import annotations

import pytest

from openmargin.domain.events import InterestAccrued, OrderFilled, Repaid, SmallLiabilityExchanged
from openmargin.domain.ids import FEES
from openmargin.domain.reasons import Reason
from openmargin.lab.campaign import campaign
from openmargin.lab.fates import Fate
from openmargin.lab.simulate import Disagreement, Report, run
from openmargin.lab.simulation.engine_alone import EngineAlone
from tests.simulation.forgetful import Forgetful

SEEDS = range(100)
ON_THE_WHOLE_STACK = SEEDS[::10]
STEPS = 250

reports: dict[int, Report] = {}


@pytest.mark.parametrize("seed", ON_THE_WHOLE_STACK)
def test_a_market_agrees_with_the_twin_through_every_kill(seed: int) -> None:
    (reports[seed],) = campaign([seed], STEPS, jobs=1)
    assert reports[seed].mishaps > 0


@pytest.mark.parametrize("seed", sorted(set(SEEDS) - set(ON_THE_WHOLE_STACK)))
def test_market_agrees_with_the_twin(seed: int) -> None:
    target = EngineAlone()
    reports[seed] = run(seed, STEPS, target)

    # What the engine's own list cannot see: what was told adds up to what is there.
    state = target.engine.state
    fees = {asset: wallet.free for asset, wallet in state.system(FEES).wallets.items()}
    told: dict[str, int] = {}
    accrued: dict[str, int] = {}
    for event in (event for step in target.log for event in step.events):
        match event:
            case OrderFilled(fill=fill):
                told[fill.commission_asset] = told.get(fill.commission_asset, 0) + fill.commission
            case InterestAccrued(asset=asset, interest=interest):
                accrued[asset] = accrued.get(asset, 0) + interest
            case (
                Repaid(asset=asset, interest=interest)
                | SmallLiabilityExchanged(asset=asset, interest=interest)
            ):
                accrued[asset] = accrued.get(asset, 0) - interest
            case _:
                pass
    assert {a: n for a, n in told.items() if n} == {a: n for a, n in fees.items() if n}
    owed: dict[str, int] = {}
    for debtor in state.debtors.values():
        for debt in debtor.debts.values():
            owed[debt.asset] = owed.get(debt.asset, 0) + debt.interest
    assert {a: n for a, n in accrued.items() if n} == {a: n for a, n in owed.items() if n}


def test_the_crowd_goes_everywhere() -> None:
    if len(reports) < len(SEEDS):
        pytest.skip("only where all the markets ran")
    reached = {reason for report in reports.values() for reason in report.reasons}
    assert {reason.name for reason in Reason} - reached == set(), "make the workload ask for these too"
    assert sum(report.trades for report in reports.values()) > 4_000
    met: dict[str, int] = {}
    for report in reports.values():
        for fate, count in report.fates:
            met[fate] = met.get(fate, 0) + count
    rare = {fate.value for fate in Fate if met.get(fate.value, 0) < 10}
    assert rare == set(), f"people must come to these more often: {met}"


def test_a_failure_says_how_to_see_it_again() -> None:
    line = r"openmargin simulate --seed 5 --steps (\d+) --engine-only$"
    with pytest.raises(Disagreement, match=line) as failure:
        run(5, STEPS, Forgetful())
    with pytest.raises(Disagreement) as again:
        run(5, len(failure.value.plays) - 1, Forgetful())
    assert str(again.value) == str(failure.value)
