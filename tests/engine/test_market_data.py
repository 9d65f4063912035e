"""What the engine keeps for those who only watch: update ids of the book, aggregate trades, the average price."""

from __future__ import annotations

import pytest

from openmargin.domain.events import Traded
from openmargin.lab.twin import Twin
from openmargin.lab.workload import Workload
from openmargin.runtime.bare import BareExchange

EVERY_LEVEL = 1 << 20


@pytest.mark.parametrize("seed", range(6))
def test_two_equal_update_ids_are_two_equal_depths(seed: int) -> None:
    """What whoever joins a snapshot of depth with its changes relies on."""
    exchange, twin = BareExchange(check_everything=False), Twin()
    workload = Workload(seed, twin)
    at_ms, command = workload.opening()
    seen: dict[str, tuple[int, object]] = {}
    changes = 0
    for _ in range(300):
        for step in exchange.submit(at_ms, command):
            twin.apply(step.record)
        live = exchange.live
        for symbol in [rules.name for rules in live.venue.symbols]:
            update_id, depth = live.update_id(symbol), live.depth(symbol, EVERY_LEVEL)
            before_id, before = seen.get(symbol, (-1, None))
            assert update_id >= before_id
            if depth != before:
                assert update_id > before_id
                changes += 1
            seen[symbol] = (update_id, depth)
        at_ms, command = workload.draw()
        if workload.chance.random() < 0.05:
            exchange.reload()
    assert changes > 20


def test_an_aggregate_trade_is_one_price_of_one_taker_at_one_time() -> None:
    found = [aggregates_and_trades(seed) for seed in range(8)]
    assert sum(aggregates for aggregates, _ in found) < sum(trades for _, trades in found)


def aggregates_and_trades(seed: int) -> tuple[int, int]:
    """How many of each a random market makes; their numbers rise one by one."""
    exchange, twin = BareExchange(check_everything=False), Twin()
    workload = Workload(seed, twin)
    at_ms, command = workload.opening()
    runs: dict[tuple[str, int], set[tuple[int, int, int, int]]] = {}
    last: dict[str, tuple[int, int]] = {}
    for _ in range(300):
        for step in exchange.submit(at_ms, command):
            twin.apply(step.record)
            for event in step.events:
                if not isinstance(event, Traded):
                    continue
                trade_id, aggregate_id = last.get(event.symbol, (0, 0))
                assert event.trade_id == trade_id + 1
                assert event.aggregate_id in (aggregate_id, aggregate_id + 1)
                last[event.symbol] = (event.trade_id, event.aggregate_id)
                shared = (step.record.seq, event.price, int(event.taker_side), event.taker_order_id)
                runs.setdefault((event.symbol, event.aggregate_id), set()).add(shared)
        at_ms, command = workload.draw()
        if workload.chance.random() < 0.05:
            exchange.reload()
    assert all(len(shared) == 1 for shared in runs.values())
    return len(runs), sum(trade_id for trade_id, _ in last.values())
