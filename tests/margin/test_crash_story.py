"""The crash (docs/stories.md): who ended how, and where every atom of every deficit came from.

The story is played once. Its records are then given to an engine of its own, which is looked at after each of them.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings

from openmargin.domain.commands import Tick
from openmargin.domain.enums import Flow, LiquidationEnd, LoanSource, MarginStatus, OrderStatus
from openmargin.domain.events import (
    AnyEvent,
    Flowed,
    LiquidationBegan,
    LiquidationEnded,
    LiquidationLoanChanged,
    LiquidationLoanRepaid,
    ListChanged,
    OrderClosed,
    OrderOpened,
    Repaid,
)
from openmargin.domain.ids import CROSS, INSURANCE, POOL
from openmargin.domain.money import E8, ceil_div
from openmargin.engine import invariants, risk
from openmargin.engine.engine import Engine
from openmargin.history import queries
from openmargin.history.fold import fold
from openmargin.history.rows import HistoryRows
from openmargin.history.sqlite.store import SqliteHistoryReader, SqliteHistoryWriter
from openmargin.lab.stories.crash import CrashReport, Deficit, Ending, crash
from openmargin.lab.stories.crash_market import COINS, PRICES, STEPS, Kind, index_path
from openmargin.runtime.bare import BareExchange, Step
from tests.docs.snippets import ROOT

SEED = 1
EVENTS_PER_STEP = 300
IS_NIGHT = settings().max_examples >= 1_000
CHECKED_EVERY = 1 if IS_NIGHT else 40
"""All invariants are checked after so many records; that sums are zero, after each."""
OTHER_SEEDS = range(2, 30 if IS_NIGHT else 4)


class Played:
    """The story as it was told."""

    def __init__(self, seed: int) -> None:
        self.exchange = BareExchange(check_everything=False)
        self.report = crash(seed, self.exchange)
        self.log = self.exchange.log

    def events(self) -> Iterator[AnyEvent]:
        for step in self.log:
            yield from step.events


@pytest.fixture(scope="module")
def played() -> Played:
    return Played(SEED)


@pytest.fixture(scope="module")
def report(played: Played) -> CrashReport:
    return played.report


def replayed(played: Played, look: Callable[[Engine, Step], None]) -> Engine:
    """The same records once more, with a look at the engine before each; the events must be the same, too."""
    engine = Engine()
    for step in played.log:
        if engine.seq >= 0:
            look(engine, step)
        assert tuple(engine.apply(step.record).events) == step.events
    return engine


# ---------------------------------------------------------------------------------------------------- the four ways


def test_the_index_falls_by_forty_percent_within_an_hour() -> None:
    path = index_path(SEED)
    assert len(path) == STEPS == 60
    last = dict(path[-1].prices)
    assert {last[f"{coin}USDT"] * 10 // 6 for coin in COINS} == {PRICES[coin] for coin in COINS}


def test_two_hundred_accounts_of_all_kinds_end_in_all_four_ways(report: CrashReport) -> None:
    assert len(report.survivors) == 200
    assert {one.kind for one in report.survivors} == set(Kind)
    assert {kind.leverage for kind in Kind} == {3, 5, 10}
    assert all(report.count(None, ending) > 0 for ending in Ending), report.table()
    assert report.count(Kind.SPECIAL, Ending.LIQUIDATION_LOAN) == report.count(None, Ending.LIQUIDATION_LOAN)


def test_everybody_is_done_with(played: Played, report: CrashReport) -> None:
    live = played.exchange.live
    for one in report.survivors:
        margin = live.margin(one.account_id, one.kind.scope)
        assert margin.status is not MarginStatus.FORCE_LIQUIDATION
        assert (one.liquidations == 0) == (one.ending is Ending.SOLVENT)
        loan = live.liquidation_loan(one.account_id)
        assert (loan.amount > 0) == (one.ending is Ending.LIQUIDATION_LOAN)
        if one.ending in (Ending.TAKEN_OVER, Ending.LIQUIDATION_LOAN):
            owed = sum(row.borrowed + row.interest for row in margin.balances)
            assert owed == 0, f"{one} owes {owed}"
    assert not played.exchange.engine.state.liquidations


def test_regular_liquidations_trade_in_the_book_and_end_what_waited_there(played: Played) -> None:
    locked: set[tuple[int, str]] = set()
    ended: Counter[str] = Counter()
    for event in played.events():
        if isinstance(event, LiquidationBegan):
            locked.add((event.account_id, event.scope))
        elif isinstance(event, LiquidationEnded):
            locked.remove((event.account_id, event.scope))
        elif isinstance(event, OrderClosed) and event.order.status is OrderStatus.CANCELED:
            spec = event.order.spec
            if (spec.account_id, spec.scope) in locked and not spec.liquidation_id:
                ended[spec.type.name] += 1
        elif isinstance(event, ListChanged) and event.order_list.is_done:
            order_list = event.order_list
            ended["list"] += (order_list.account_id, order_list.scope) in locked
    assert {"LIMIT", "STOP_LOSS", "LIMIT_MAKER", "list"} <= set(ended), ended
    ends = Counter(event.end for event in played.events() if isinstance(event, LiquidationEnded))
    assert set(ends) == set(LiquidationEnd)
    assert played.report.forced_fills > 100


def test_a_step_of_the_cascade_is_short_and_of_one_liquidation(played: Played) -> None:
    assert played.report.most_at_once > 50, "no cascade"
    for step in played.log:
        if isinstance(step.record.command, Tick):
            assert len(step.events) < EVENTS_PER_STEP
            placed = [event.order for event in step.events if isinstance(event, OrderOpened)]
            assert sum(order.spec.liquidation_id != 0 for order in placed) <= 1
            assert sum(isinstance(event, LiquidationEnded) for event in step.events) <= 1


@pytest.mark.parametrize("seed", OTHER_SEEDS)
def test_another_seed_is_another_crash_that_ends_in_all_four_ways(seed: int, report: CrashReport) -> None:
    other = crash(seed)
    assert other.event_chain != report.event_chain
    assert all(other.count(None, ending) > 0 for ending in Ending), other.table()


# ---------------------------------------------------------------------------------------------------- where value went


def test_all_assets_sum_to_zero_after_every_record(played: Played) -> None:
    def look(engine: Engine, step: Step) -> None:
        assert list(invariants.wallets_sum_to_zero(engine.state)) == [], step.record
        if step.record.seq % CHECKED_EVERY == 0:
            assert invariants.breaches(engine.state) == [], step.record

    engine = replayed(played, look)
    assert invariants.breaches(engine.state) == []
    assert engine.state_hash() == played.report.state_hash


class Postings:
    """What the fund and the pool hold and the marks of an account, before a record and after it."""

    def __init__(self, engine: Engine, account_id: int, scope: str) -> None:
        state = engine.state
        account = state.accounts[account_id].trading[scope]
        self.marks = {asset: risk.mark(state, account, asset) for asset in account.wallets}
        self.fund = {name: wallet.free for name, wallet in state.system(INSURANCE).wallets.items()}
        self.pool = {name: wallet.free for name, wallet in state.system(POOL).wallets.items()}
        self.paid = {name: fund.paid for name, fund in state.funds.items()}
        self.received = {name: fund.received for name, fund in state.funds.items()}
        self.loan = state.accounts[account_id].liquidation_loan
        self.debts = set(account.debts)


def test_every_row_of_deficit_is_traced_to_its_postings(played: Played) -> None:
    traced: list[Deficit] = []
    engine = Engine()
    for step in played.log:
        ended = [event for event in step.events if isinstance(event, LiquidationEnded) and event.deficit]
        before = [Postings(engine, event.account_id, event.scope) for event in ended]
        engine.apply(step.record)
        assert len(ended) <= 1, "a record takes one step of one liquidation"
        for event, old in zip(ended, before, strict=True):
            new = Postings(engine, event.account_id, event.scope)
            traced.append(trace(engine, step, event, old, new))
    assert tuple(traced) == played.report.deficits
    assert len(traced) > 20


def trace(engine: Engine, step: Step, ended: LiquidationEnded, old: Postings, new: Postings) -> Deficit:
    """Check one deficit against what moved in its record; the row that it must have in the report."""
    own: list[Any] = [event for event in step.events if getattr(event, "account_id", 0) == ended.account_id]
    flows = [(event.flow, event.asset, event.amount) for event in own if isinstance(event, Flowed)]
    repaid = [event for event in own if isinstance(event, Repaid)]
    assert all(event.source is LoanSource.LIQUIDATION for event in repaid)
    value = 0
    for asset in new.paid:
        paid = new.paid[asset] - old.paid.get(asset, 0)
        fees = new.received[asset] - old.received.get(asset, 0)
        assert fees == -sum(flow[2] for flow in flows if flow[:2] == (Flow.LIQUIDATION_FEE, asset))
        # What left the fund's wallet is what its books say, less the fee that came in.
        assert old.fund.get(asset, 0) - new.fund[asset] == paid - fees
        if paid:
            # It came to the account, went on to the pool in the same record, and with it the debt was gone.
            assert (Flow.OTHER_LIQUIDATION, asset, paid) in flows
            assert paid in [event.principal + event.interest for event in repaid if event.asset == asset]
            assert asset not in new.debts
            value += paid * old.marks[asset]
    for asset in {event.asset for event in repaid}:
        received = sum(event.principal + event.interest for event in repaid if event.asset == asset)
        assert new.pool[asset] - old.pool[asset] == received
    assert value // E8 == ended.deficit
    loan = new.loan - old.loan
    if ended.end is LiquidationEnd.BANKRUPT_WITH_LOAN:
        assert ended.scope == CROSS
        assert loan == ceil_div(value, engine.state.marks["USDC"])
        assert [event.amount for event in own if isinstance(event, LiquidationLoanChanged)] == [new.loan]
    else:
        assert loan == 0
    return Deficit(ended.liquidation_id, ended.account_id, ended.scope, ended.end, ended.deficit, loan)


def test_the_fund_holds_fees_and_loans_repaid_less_deficits(played: Played, report: CrashReport) -> None:
    fees: Counter[str] = Counter()
    for event in played.events():
        if isinstance(event, Flowed) and event.flow is Flow.LIQUIDATION_FEE:
            fees[event.asset] -= event.amount
    repaid: Counter[str] = Counter()
    for event in played.events():
        if isinstance(event, LiquidationLoanRepaid):
            repaid[event.asset] += event.amount
    for row in report.fund:
        assert row.received == fees[row.asset] + repaid[row.asset]
        assert row.balance == row.received - row.paid
    assert {row.asset for row in report.fund} >= set(fees)
    assert repaid["USDC"] == report.repaid > 0
    assert report.fees > 0


def test_loans_are_what_deficits_of_their_debtors_came_to(played: Played, report: CrashReport) -> None:
    lent: Counter[int] = Counter()
    for row in report.deficits:
        lent[row.account_id] += row.loan
    assert report.lent == sum(lent.values())
    left = 0
    for account_id, amount in lent.items():
        loan = played.exchange.live.liquidation_loan(account_id)
        assert loan.amount == amount
        left += loan.amount - loan.repaid
    assert left == report.lent - report.repaid > 0


# ---------------------------------------------------------------------------------------------------- what is kept of it


def test_history_shows_each_forced_order_and_each_liquidation(played: Played, report: CrashReport) -> None:
    rows = HistoryRows()
    for step in played.log:
        fold(rows, step.record.seq, step.record.at_ms, step.events)
    connection = sqlite3.connect(":memory:", isolation_level=None)
    writer = SqliteHistoryWriter(connection)
    writer.create()
    writer.write(rows)
    reader = SqliteHistoryReader(connection)
    placed: dict[tuple[int, str], set[tuple[str, int]]] = {}
    for event in played.events():
        if isinstance(event, OrderOpened) and event.order.spec.liquidation_id:
            spec = event.order.spec
            placed.setdefault((spec.account_id, spec.scope), set()).add((spec.symbol, spec.order_id))
    shown = 0
    for one in report.survivors:
        asked = queries.LiquidationOrders(account_id=one.account_id, scope=one.kind.scope, limit=1_000)
        found, total = reader.fetch(asked)
        assert total == len(found)
        expected = placed.get((one.account_id, one.kind.scope), set())
        assert {(view.spec.symbol, view.spec.order_id) for view in found} == expected
        assert all(view.status is not OrderStatus.NEW for view in found)
        shown += total
        whole, _ = reader.fetch(queries.Liquidations(account_id=one.account_id, limit=1_000))
        assert len(whole) == one.liquidations
        assert all(row.ended is not None for row in whole)
    assert shown == report.forced_orders
    connection.close()


def test_two_processes_live_through_the_same_crash(report: CrashReport) -> None:
    program = (
        "from openmargin.lab.stories.crash import crash;"
        f"told = crash({SEED}); print(told.state_hash, told.event_chain)"
    )
    package = ROOT / ("build/compiled" if os.environ.get("OPENMARGIN_BUILD") == "compiled" else "src")
    for hash_seed in ("1", "4242"):
        environment = {**os.environ, "PYTHONPATH": str(package), "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.split() == [report.state_hash, report.event_chain]


def test_the_page_shows_this_crash(report: CrashReport) -> None:
    page = (ROOT / "docs" / "stories.md").read_text()
    for said in (report.table(), report.fund_table(), report.deficit_table(), report.summary()):
        assert said in page, f"docs/stories.md: put this there\n{said}"
