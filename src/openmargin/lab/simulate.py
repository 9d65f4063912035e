"""Random markets judged step by step: an exchange does what a workload asks, and the twin says what is right.

Owns: the comparison, and the line that repeats a run that failed.
Never: knows what kind of exchange it drives; a `Target` is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import ceil
from typing import Protocol, cast

import msgspec
from msgspec import Struct

from openmargin.domain.commands import AnyCommand
from openmargin.domain.events import AnyEvent, CancelReplaced, Traded, WalletChanged
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.orders import ListView, OrderView
from openmargin.domain.reasons import Rejected
from openmargin.domain.views import (
    BalanceView,
    BorrowableView,
    DepthView,
    FundView,
    IndexScriptView,
    IndexView,
    IsolatedView,
    KeyView,
    LiquidationLoanView,
    MarginView,
    SmallLiabilityView,
    SwitchesView,
)
from openmargin.lab.fates import Fates
from openmargin.lab.simulation.mishaps import Mishap, Mishaps
from openmargin.lab.simulation.script import Play
from openmargin.lab.twin import Twin
from openmargin.lab.workload import Workload
from openmargin.runtime.bare import Step

CLOSER_LOOKS = 0.25
"""After this share of the commands, levels and limits are compared too; they cost more than the rest."""

EVERY_LEVEL = 1 << 20


class Questions(Protocol):
    """What is asked of the present, under the names that the runtime's `Live` has for it."""

    def balances(self, account_id: int, scope: Scope) -> tuple[BalanceView, ...]: ...
    def margin(self, account_id: int, scope: Scope) -> MarginView: ...
    def max_borrowable(self, account_id: int, scope: Scope, asset: str) -> BorrowableView | Rejected: ...
    def max_transferable(self, account_id: int, scope: Scope, asset: str) -> int | Rejected: ...
    def small_liabilities(self, account_id: int) -> list[SmallLiabilityView]: ...
    def open_orders(self, account_id: int, scope: Scope, symbol: str | None) -> list[OrderView]: ...
    def open_lists(self, account_id: int, scope: Scope) -> list[ListView]: ...
    def isolated(self, account_id: int) -> list[IsolatedView]: ...
    def special_keys(self, account_id: int, scope: Scope) -> list[KeyView]: ...
    def index(self, symbol: str) -> IndexView | None: ...
    def index_scripts(self) -> list[IndexScriptView]: ...
    def depth(self, symbol: str, limit: int) -> DepthView: ...
    def last_price(self, symbol: str) -> int: ...
    def switches(self, account_id: int, scope: Scope) -> SwitchesView: ...
    def liquidation_loan(self, account_id: int) -> LiquidationLoanView: ...
    def insurance_fund(self) -> tuple[FundView, ...]: ...


class Target(Protocol):
    """An exchange under test, on a clock that it is told."""

    @property
    def live(self) -> Questions: ...

    def submit(self, at_ms: int, command: AnyCommand) -> Sequence[Step]:
        """Carry out a command at a moment, and all work that is due by then, before it and after it.

        Every record that this took, in order; the command's own among them.
        """
        ...


class Playground(Target, Protocol):
    """A target that a whole market is played on: things befall it, and there is an end to it."""

    options: str
    """What the command that repeats a run says of it."""

    def meet(self, mishap: Mishap) -> None:
        """Have something happen to it: now, or during the next command."""
        ...

    def finish(self) -> None:
        """End, and see that what is left is sound."""
        ...


class Disagreement(AssertionError):
    """The exchange and the twin differ."""

    kind = ""
    """What about; two failures of one kind have one cause, mostly."""
    plays: tuple[Play, ...] = ()
    """What was played until then."""
    seed = -1
    """Of the market; -1 where it was a script."""


class Report(Struct, frozen=True):
    """What a run did."""

    seed: int
    steps: int
    records: int
    refused: int
    trades: int
    reasons: tuple[str, ...]
    """Every reason that something was refused for."""
    fates: tuple[tuple[str, int], ...]
    """How many accounts were called, liquidated and so on, in words."""
    mishaps: int = 0
    """How often the exchange was killed, restarted and so on."""


class Judge:
    """Follows an exchange with the twin, and raises `Disagreement` at the first difference."""

    def __init__(self, exchange: Target) -> None:
        self.exchange = exchange
        self.twin = Twin()
        self.records = 0
        self.purses: dict[tuple[int, Scope, str], tuple[int, int]] = {}
        """Free and locked, as the exchange last told."""

    def submit(self, at_ms: int, command: AnyCommand) -> list[AnyEvent]:
        """Have a command carried out and judged; everything that happened."""
        steps = self.exchange.submit(at_ms, command)
        expected: list[AnyEvent] = []
        found: list[AnyEvent] = []
        for step in steps:
            expected += self.twin.apply(step.record)
            found += step.events
        self.records += len(steps)
        for event in found:
            if isinstance(event, WalletChanged):
                self.purses[event.account_id, event.scope, event.asset] = (event.free, event.locked)
        self._compare_facts(expected, found)
        self._compare_wallets()
        return found

    def _compare_facts(self, expected: list[AnyEvent], found: list[AnyEvent]) -> None:
        facts = [_bare(event) for event in found if not isinstance(event, WalletChanged)]
        for number, (right, told) in enumerate(zip(expected, facts, strict=False)):
            if right != told:
                raise Disagreement(f"event {number} should be\n  {right}\nand is\n  {told}")
        if len(expected) > len(facts):
            raise Disagreement(f"missing: {expected[len(facts)]}")
        if len(facts) > len(expected):
            raise Disagreement(f"too much: {facts[len(expected)]}")

    def _compare_wallets(self) -> None:
        for account, scope in self.twin.scopes():
            right = self.twin.balances(account, scope)
            told = self.exchange.live.balances(account, scope)
            if right != told:
                rows = [f"{a} is {b}" for a, b in zip(right, told, strict=True) if a != b]
                raise Disagreement(f"balances of {account} {scope}: " + "; ".join(rows))
            for row in right:
                streamed = self.purses.get((account, scope, row.asset), (0, 0))
                if streamed != (row.free, row.locked):
                    raise Disagreement(
                        f"{account} {scope} {row.asset}: the last change told of {streamed}, there is {row}"
                    )

    def look_closer(self, account: int, scope: Scope) -> None:
        """Compare everything else that can be asked of one trading account."""
        twin, live = self.twin, self.exchange.live
        _same(
            f"open orders of {account} {scope}",
            twin.open_orders(account, scope),
            live.open_orders(account, scope, None),
        )
        _same(
            f"open lists of {account} {scope}",
            twin.open_lists(account, scope),
            live.open_lists(account, scope),
        )
        _same("index scripts", twin.index_scripts(), live.index_scripts())
        for rules in twin.venue.symbols:
            index = live.index(rules.name)
            right = (twin.index[rules.name], rules.name in twin.stopped)
            _same(f"index of {rules.name}", right, index and (index.price, index.is_stopped))
            _same(f"last price of {rules.name}", twin.last_price(rules.name), live.last_price(rules.name))
            _same(f"depth of {rules.name}", twin.depth(rules.name), live.depth(rules.name, EVERY_LEVEL))
        if scope == SPOT:
            return
        _same(
            f"special keys of {account} {scope}",
            twin.special_keys(account, scope),
            live.special_keys(account, scope),
        )
        margin = live.margin(account, scope)
        name = f"of {account} {scope}"
        _same(f"switches {name}", twin.switches(account, scope), live.switches(account, scope))
        loan = live.liquidation_loan(account)
        _same(f"liquidation loan {name}", twin.liquidation_loan(account), loan.amount - loan.repaid)
        # A fee of nothing opens a book that says nothing.
        fund = {view.asset: view for view in live.insurance_fund() if view.received or view.paid}
        _same("insurance fund", twin.insurance_fund(), fund)
        _same(f"margin level {name}", twin.margin_level(account, scope), margin.margin_level)
        _same(f"collateral level {name}", twin.collateral_level(account, scope), margin.collateral_level)
        _same(f"status {name}", twin.status(account, scope), margin.status)
        loss = ceil(twin.open_order_loss(account, scope))
        _same(f"open order loss {name}", loss, margin.open_order_loss_in_valuation)
        switches = twin.switches(account, scope)
        for asset in twin.assets_in(scope):
            borrowable = live.max_borrowable(account, scope, asset)
            amount = borrowable.amount if isinstance(borrowable, BorrowableView) else 0
            right = twin.borrowable(account, scope, asset) if switches.may_borrow else 0
            _same(f"borrowable {asset} {name}", right, amount)
            transferable = live.max_transferable(account, scope, asset)
            if isinstance(transferable, Rejected):
                _same(f"measure {name}", twin.cannot_measure(account, scope), True)
                continue
            right = twin.transferable(account, scope, asset) if switches.may_transfer_out else 0
            _same(f"transferable {asset} {name}", right, transferable)
        if scope == CROSS:
            small = {view.asset: view.target_amount for view in live.small_liabilities(account)}
            _same(f"small debts {name}", twin.small_debts(account), small)
        else:
            view = next(view for view in live.isolated(account) if view.symbol == scope)
            _same(f"liquidation price {name}", twin.liquidation_price(account, scope), view.liquidation_price)
            _same(f"isolated level {name}", twin.margin_level(account, scope), view.margin_level)
            _same(f"isolated status {name}", twin.status(account, scope), view.status)


def _same(what: str, right: object, told: object) -> None:
    if right != told:
        raise Disagreement(f"{what} should be\n  {right}\nand is\n  {told}")


def _bare(event: AnyEvent) -> AnyEvent:
    """An event without what only a message needs."""
    if isinstance(event, CancelReplaced):
        halves = (event.not_canceled, event.not_placed)
        bare = [Rejected(half.reason) if half is not None else None for half in halves]
        return msgspec.structs.replace(event, not_canceled=bare[0], not_placed=bare[1])
    return Rejected(event.reason) if isinstance(event, Rejected) else event


def run(seed: int, steps: int, exchange: Playground) -> Report:
    """Drive a blank exchange through one random market; raises `Disagreement` where it is wrong.

    What the exchange itself asserts, or breaks on, comes out with the same words around it.
    """
    judge = Judge(exchange)
    workload = Workload(seed, judge.twin)
    mishaps = Mishaps(seed)
    course = Course(judge)
    at_ms, command = workload.opening()
    play = Play(at_ms, command)
    try:
        for number in range(steps + 1):
            if number:
                at_ms, command = workload.draw()
                play = Play(at_ms, command, mishaps.draw())
            course.go_on(play)
            if judge.twin.accounts and workload.chance.random() < CLOSER_LOOKS:
                course.look(*workload.chance.choice(judge.twin.scopes()))
        exchange.finish()
    except Exception as difference:
        number = len(course.plays) - 1
        again = f"openmargin simulate --seed {seed} --steps {number}{exchange.options}"
        found = course.failure(f"seed {seed}, step {number}", difference, again)
        found.seed = seed
        raise found from difference
    return course.report(seed, steps)


def replay(plays: Sequence[Play], exchange: Playground, again: str = "") -> Report:
    """Play what was written down; raises `Disagreement` where the exchange is wrong."""
    course = Course(Judge(exchange))
    try:
        for play in plays:
            course.go_on(play)
            if play.look is not None and play.look in course.judge.twin.scopes():
                course.judge.look_closer(*play.look)
        exchange.finish()
    except Exception as difference:
        step = f"step {len(course.plays) - 1} of {len(plays) - 1}"
        raise course.failure(step, difference, again) from difference
    return course.report(-1, len(plays) - 1)


class Course:
    """One market as it goes on: what was played, and what came of it."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.plays: list[Play] = []
        self._refused: dict[str, int] = {}
        self._trades = 0
        self._fates = Fates()

    def go_on(self, play: Play) -> None:
        """Play one command, with what befalls the exchange meanwhile."""
        self.plays.append(play)
        exchange = self.judge.exchange
        if play.mishap is not None:
            cast(Playground, exchange).meet(play.mishap)
        events = self.judge.submit(play.at_ms, play.command)
        self._fates.add(events, self.judge.twin)
        for event in events:
            self._trades += isinstance(event, Traded)
            if isinstance(event, Rejected):
                self._refused[event.reason.name] = self._refused.get(event.reason.name, 0) + 1

    def look(self, account: int, scope: Scope) -> None:
        """Look closer, and note it, for it is part of what was played."""
        self.plays[-1] = msgspec.structs.replace(self.plays[-1], look=(account, scope))
        self.judge.look_closer(account, scope)

    def failure(self, place: str, difference: Exception, again: str) -> Disagreement:
        """The difference with its place, its command, and the line that repeats it."""
        words = str(difference) if isinstance(difference, AssertionError) else repr(difference)
        last = self.plays[-1]
        met = f" ({last.mishap.kind.value})" if last.mishap is not None else ""
        found = Disagreement(f"{place}, at {last.at_ms}{met}: {last.command}\n{words}\n{again}".rstrip())
        found.kind = _kind(difference, words)
        found.plays = tuple(self.plays)
        return found

    def report(self, seed: int, steps: int) -> Report:
        return Report(
            seed,
            steps,
            self.judge.records,
            sum(self._refused.values()),
            self._trades,
            tuple(sorted(self._refused)),
            self._fates.counts(),
            sum(play.mishap is not None for play in self.plays),
        )


def _kind(difference: Exception, words: str) -> str:
    """The words of a failure without its numbers: shorter markets that fail in the same way have the same."""
    first, *others = words.splitlines()
    named = (
        [line.strip().partition("(")[0] for line in others if "(" in line]
        if first.startswith("event")
        else []
    )
    bare = re.sub(r"\d+", "#", first.partition("(")[0])
    return " ".join((type(difference).__name__, bare, *named))
