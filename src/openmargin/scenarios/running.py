"""A scenario, played from its beginning to its end: what happened, what was expected, and what to draw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeAlias

from openmargin.scenarios import shapes
from openmargin.scenarios.questions import answer, holds
from openmargin.scenarios.reading import ScenarioError, span
from openmargin.scenarios.shapes import AnyStep, Expectation, Scenario
from openmargin.scenarios.stage import Stage, set_up
from openmargin.scenarios.steps import take, words
from openmargin.sdk import Refused
from openmargin.sdk.account import Account, Isolated, TradingAccount

DEBT_FREE_LEVEL: Final = 999
"""What an account without debt answers; drawn, it would hide all others."""


@dataclass(frozen=True)
class Told:
    """A step, and what came of it."""

    at: timedelta
    what: str
    came_of_it: str
    is_as_expected: bool


@dataclass(frozen=True)
class Judged:
    """An expectation, and what was found."""

    at: timedelta
    asked: Expectation
    found: str
    is_met: bool


@dataclass
class Curves:
    """What is drawn over time: by name, a value at each look, None where there was none."""

    at: list[timedelta] = field(default_factory=list[timedelta])
    prices: dict[str, list[Decimal | None]] = field(default_factory=dict[str, list[Decimal | None]])
    levels: dict[str, list[Decimal | None]] = field(default_factory=dict[str, list[Decimal | None]])
    debts: dict[str, list[Decimal | None]] = field(default_factory=dict[str, list[Decimal | None]])
    fund: dict[str, list[Decimal | None]] = field(default_factory=dict[str, list[Decimal | None]])


@dataclass(frozen=True)
class Report:
    """What became of a scenario."""

    scenario: Scenario
    began: datetime
    told: list[Told]
    judged: list[Judged]
    curves: Curves
    records: int
    hash: str
    """The running hash of all events: of two runs it is the same."""

    @property
    def passed(self) -> bool:
        return all(one.is_as_expected for one in self.told) and all(one.is_met for one in self.judged)


_Happening: TypeAlias = AnyStep | Expectation | None
"""A step, something to look at, or a moment to draw."""


def run(scenario: Scenario, keep: Path | None = None) -> Report:
    """Play it; raises ScenarioError where something in it makes no sense.

    `keep` is a new directory for its journal, which can then be verified and served.
    """
    stage = set_up(scenario)
    try:
        began = stage.exchange.now
        told: list[Told] = []
        judged: list[Judged] = []
        curves = Curves()
        pairs = _drawn(scenario, stage)
        for at, happening in _happenings(scenario):
            stage.exchange.advance_to(began + at)
            if happening is None:
                _look(stage, curves, at, pairs)
            elif isinstance(happening, Expectation):
                judged.append(_judge(stage, at, happening))
            else:
                told.append(_tell(stage, at, happening))
        if keep is not None:
            stage.exchange.save(keep)
        return Report(scenario, began, told, judged, curves, stage.exchange.mark() + 1, stage.exchange.hash())
    finally:
        stage.close()


def _happenings(scenario: Scenario) -> Iterator[tuple[timedelta, _Happening]]:
    """In the order of time: at one moment the steps first, then what is drawn, then what is expected."""
    end, every = span(scenario.ends), span(scenario.look)
    looks = [every * count for count in range(end // every + 1)]
    all_of_them: list[tuple[timedelta, int, _Happening]] = [
        *((span(step.at), 0, step) for step in scenario.steps),
        *((at, 1, None) for at in [*looks, end] if at <= end),
        *((end if one.at is None else span(one.at), 2, one) for one in scenario.expect),
    ]
    all_of_them.sort(key=lambda one: one[:2])
    for at, _, happening in all_of_them:
        yield at, happening


def _tell(stage: Stage, at: timedelta, step: AnyStep) -> Told:
    what = words(step)
    try:
        came_of_it = take(stage, step)
    except Refused as refused:
        return Told(at, what, f"refused: {refused}", step.refused == refused.code)
    if step.refused:
        return Told(at, what, f"{came_of_it}; it should have been refused with {step.refused}", False)
    return Told(at, what, came_of_it, True)


def _judge(stage: Stage, at: timedelta, asked: Expectation) -> Judged:
    try:
        found = answer(stage, asked)
    except Refused as refused:
        return Judged(at, asked, f"refused: {refused}", False)
    shown = found if isinstance(found, str) else f"{found.normalize():f}"
    return Judged(at, asked, shown, holds(found, asked.must))


def _look(stage: Stage, curves: Curves, at: timedelta, pairs: tuple[str, ...]) -> None:
    if curves.at and curves.at[-1] == at:
        return
    exchange = stage.exchange
    curves.at.append(at)
    for pair in pairs:
        _draw(curves, curves.prices, pair, exchange.price(pair))
    for account in exchange.accounts:
        for wallets in _margin_accounts(account):
            name = account.name if isinstance(wallets, Account) else f"{account.name} {wallets.scope}"
            margin = wallets.margin()
            if margin.liabilities or name in curves.levels:
                _draw(curves, curves.levels, name, margin.level if margin.level < DEBT_FREE_LEVEL else None)
                _draw(curves, curves.debts, name, margin.liabilities)
    for asset, amount in exchange.insurance_fund().items():
        _draw(curves, curves.fund, asset, amount)


def _draw(curves: Curves, lines: dict[str, list[Decimal | None]], name: str, value: Decimal | None) -> None:
    """One more point of a line, which may have begun late."""
    line = lines.setdefault(name, [])
    line += [None] * (len(curves.at) - 1 - len(line))
    line.append(value)


def _margin_accounts(account: Account) -> Iterator[TradingAccount]:
    yield account
    for view in account.exchange.live.isolated(account.id):
        isolated: Isolated = account.isolated(view.symbol)
        if isolated.is_open:
            yield isolated


def _drawn(scenario: Scenario, stage: Stage) -> tuple[str, ...]:
    """The pairs whose prices are drawn; what a step names and is none, the step itself will tell of."""
    known = {symbol.name for symbol in stage.exchange.venue.symbols}
    for pair in scenario.draw:
        if pair not in known:
            raise ScenarioError(f"draw: there is no pair {pair}")
    return scenario.draw or tuple(pair for pair in _pairs(scenario) if pair in known)


def _pairs(scenario: Scenario) -> dict[str, None]:
    """The pairs that the steps name, in their order."""
    named: dict[str, None] = {}
    for step in scenario.steps:
        match step:
            case shapes.Price():
                named |= dict.fromkeys(step.prices)
            case shapes.Script() | shapes.Order() | shapes.OrderList() if step.symbol:
                named[step.symbol] = None
            case _:
                pass
    return named
