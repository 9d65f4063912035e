"""A naive client that only listens knows as much as one that asks: balances, open orders, open lists and what it owes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from openmargin.api.render import progress
from openmargin.api.ws.user_events import told
from openmargin.domain.enums import SelfTradePrevention
from openmargin.domain.events import AnyEvent, MatchPrevented
from openmargin.domain.ids import CROSS, Scope
from openmargin.domain.money import format_e8, notional, parse_e8
from openmargin.domain.orders import OrderView
from openmargin.lab.twin import Twin
from openmargin.lab.workload import commands
from openmargin.runtime.bare import BareExchange
from openmargin.runtime.feed import Happened

SEEDS = range(5)
STEPS = 250
OPEN = ("NEW", "PARTIALLY_FILLED", "PENDING_NEW")
SHOWN = {
    "q": "origQty",
    "p": "price",
    "z": "executedQty",
    "Z": "cummulativeQuoteQty",
    "X": "status",
    "S": "side",
    "o": "type",
    "f": "timeInForce",
    "i": "orderId",
    "s": "symbol",
}


class Client:
    """What one stream of one trading account leaves behind."""

    def __init__(self) -> None:
        self.balances: dict[str, tuple[str, str]] = {}
        self.orders: dict[tuple[str, int], dict[str, Any]] = {}
        self.lists: set[int] = set()
        self.totals: dict[str, int] = {}
        """What was told to come and go, by trades and otherwise."""
        self.owed: dict[str, list[int]] = {}
        """Principal and interest."""
        self.executions: list[int] = []

    def hear(self, event: dict[str, Any]) -> None:
        match event["e"]:
            case "outboundAccountPosition":
                assert len({row["a"] for row in event["B"]}) == len(event["B"])
                self.balances |= {row["a"]: (row["f"], row["l"]) for row in event["B"]}
            case "executionReport":
                self._hear_of_order(event)
            case "listStatus" if event["l"] == "ALL_DONE":
                self.lists.remove(event["g"])
            case "listStatus":
                self.lists.add(event["g"])
            case "balanceUpdate":
                self._add(event["a"], atoms(event["d"]))
            case "USER_LIABILITY_CHANGE":
                sign = -1 if event["t"] == "REPAY" else 1
                debt = self.owed.setdefault(event["a"], [0, 0])
                debt[0] += sign * atoms(event["p"])
                debt[1] += sign * atoms(event["i"])
            case _:
                assert event["e"] == "MARGIN_LEVEL_STATUS_CHANGE"

    def _hear_of_order(self, event: dict[str, Any]) -> None:
        key = (event["s"], event["i"])
        if event["x"] != "REPLACED":  # Amendments are counted by themselves.
            self.executions.append(event["I"])
        if event["x"] == "NEW":
            known = self.orders.get(key)
            assert known is None or not known["w"], "new once, and once more when it comes to the book"
        else:
            assert key in self.orders, f"{event['x']} of an order that was never new: {event}"
        if event["x"] == "TRADE":
            self._trade(event)
        if event["X"] in OPEN:
            self.orders[key] = event
        else:
            del self.orders[key]

    def _trade(self, event: dict[str, Any]) -> None:
        sign = 1 if event["S"] == "BUY" else -1
        base = next(name for name in ("BTC", "ETH", "BNB", "ODD") if event["s"].startswith(name))
        self._add(base, sign * atoms(event["l"]))
        self._add(event["s"].removeprefix(base), -sign * atoms(event["Y"]))
        self._add(event["N"], -atoms(event["n"]))

    def hand_over(self, order: OrderView, quantity: int, price: int) -> None:
        """Value that prevention moved within a trade group: no report says whether it did."""
        sign = int(order.spec.side)
        base = next(name for name in ("BTC", "ETH", "BNB", "ODD") if order.spec.symbol.startswith(name))
        self._add(base, sign * quantity)
        self._add(order.spec.symbol.removeprefix(base), -sign * notional(quantity, price))

    def _add(self, asset: str, amount: int) -> None:
        self.totals[asset] = self.totals.get(asset, 0) + amount


def atoms(text: str) -> int:
    value = parse_e8(text.removeprefix("-"))
    assert value is not None
    return -value if text.startswith("-") else value


class Audience:
    """One client for every trading account."""

    def __init__(self) -> None:
        self.clients: dict[tuple[int, Scope], Client] = {}

    def of(self, account_id: int, scope: Scope) -> Client:
        return self.clients.setdefault((account_id, scope), Client())

    def hear(self, happened: Happened) -> None:
        for one in told(happened):
            self.of(one.account_id, one.scope).hear(msgspec.json.decode(one.render(1)))
        for event in happened.events:
            self._see_transfers(event)

    def _see_transfers(self, event: AnyEvent) -> None:
        if isinstance(event, MatchPrevented) and event.match.mode is SelfTradePrevention.TRANSFER:
            match = event.match
            for order in (event.taker, event.maker):
                self.of(order.spec.account_id, order.spec.scope).hand_over(
                    order, match.taker_quantity, match.price
                )


@pytest.mark.parametrize("seed", SEEDS)
def test_who_only_listens_knows_what_is(seed: int) -> None:
    target = BareExchange(check_everything=False)
    twin = Twin()
    audience = Audience()
    for at_ms, command in commands(seed, STEPS, twin):
        for step in target.submit(at_ms, command):
            twin.apply(step.record)
            audience.hear(Happened(step.record.seq, step.record.at_ms, list(step.events)))
    live = target.live
    scopes = twin.scopes()
    for account_id, scope in scopes:
        client = audience.of(account_id, scope)
        rows = live.balances(account_id, scope)
        asked = {row.asset: (format_e8(row.free), format_e8(row.locked)) for row in rows}
        told_of = {asset: pair for asset, pair in client.balances.items() if asset in asked}
        nothing = (format_e8(0), format_e8(0))
        assert told_of == {
            asset: pair for asset, pair in asked.items() if pair != nothing or asset in told_of
        }
        orders = live.open_orders(account_id, scope, None)
        assert sorted(client.orders) == sorted((o.spec.symbol, o.spec.order_id) for o in orders)
        for order in orders:
            report = client.orders[order.spec.symbol, order.spec.order_id]
            shown = msgspec.to_builtins(progress(order))
            assert {letter: report[letter] for letter in SHOWN} == {k: shown[n] for k, n in SHOWN.items()}
            assert report["c"] == shown["clientOrderId"]
            assert report["w"] == (order.working_at_ms > 0)
        assert client.lists == {view.list_id for view in live.open_lists(account_id, scope)}
        totals = {row.asset: row.free + row.locked for row in rows}
        assert {a: n for a, n in client.totals.items() if n} == {a: n for a, n in totals.items() if n}
        if scope == CROSS:
            owed = {row.asset: [row.borrowed, row.interest] for row in rows if row.borrowed or row.interest}
            assert {a: n for a, n in client.owed.items() if any(n)} == owed
        assert len(set(client.executions)) == len(client.executions)
        assert client.executions == sorted(client.executions)
    assert any(client.executions for client in audience.clients.values())
