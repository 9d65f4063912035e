"""Capital flow leaves nothing out and tells nothing twice: its sum is what a margin account holds."""

from __future__ import annotations

import sqlite3
from collections import Counter

import pytest

from openmargin.domain.ids import SPOT
from openmargin.history import queries
from openmargin.history.fold import fold
from openmargin.history.rows import FlowRow, HistoryRows
from openmargin.history.sqlite.store import SqliteHistoryReader, SqliteHistoryWriter
from openmargin.lab.twin import Twin
from openmargin.lab.workload import commands
from openmargin.runtime.bare import BareExchange

SEEDS = range(12)
STEPS = 300
PAGE = 7


class Market:
    """A random market and its history."""

    def __init__(self, seed: int) -> None:
        self.exchange = BareExchange(check_everything=False)
        twin = Twin()
        rows = HistoryRows()
        for at_ms, command in commands(seed, STEPS, twin):
            for step in self.exchange.submit(at_ms, command):
                twin.apply(step.record)
                fold(rows, step.record.seq, step.record.at_ms, step.events)
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        writer = SqliteHistoryWriter(self.connection)
        writer.create()
        writer.write(rows)
        self.scopes = [(account, scope) for account, scope in twin.scopes() if scope != SPOT]
        symbols = self.exchange.live.venue.symbols
        self.pairs = tuple((rules.name, rules.base, rules.quote) for rules in symbols)

    def flows(self, account_id: int, scope: str, after_id: int | None, limit: int) -> list[FlowRow]:
        return SqliteHistoryReader(self.connection).fetch(
            queries.Flows(
                account_id=account_id,
                scope=scope,
                pairs=self.pairs,
                after_id=after_id,
                start_ms=0,
                end_ms=1 << 50,
                limit=limit,
            )
        )


@pytest.mark.parametrize("seed", SEEDS)
def test_flows_sum_to_the_wallets_and_pages_to_the_whole(seed: int) -> None:
    market = Market(seed)
    told = 0
    for account, scope in market.scopes:
        every = market.flows(account, scope, None, 1 << 30)
        total: Counter[str] = Counter()
        for row in every:
            total[row.asset] += row.amount
        wallets = {row.asset: row.free + row.locked for row in market.exchange.live.balances(account, scope)}
        assert {asset: n for asset, n in total.items() if n} == {a: n for a, n in wallets.items() if n}

        ids = [row.flow_id for row in every]
        assert ids == sorted(set(ids)), "an id is one flow, and later is larger"
        paged: list[FlowRow] = []
        while page := market.flows(account, scope, paged[-1].flow_id if paged else 0, PAGE):
            paged += page
        assert paged == every
        told += len(every)
    assert told > 30
    market.connection.close()
