"""Why the exchange answers what it answers: over the lab, on the command line, and for every refusal there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs
from typer.testing import CliRunner

from openmargin import Exchange, Leg, Refused
from openmargin.cli import app
from openmargin.domain.commands import AmendOrder, AnyCommand, CancelOrder, CancelOrderList, Record
from openmargin.domain.enums import CancelRestriction
from openmargin.domain.ids import CROSS
from openmargin.domain.reasons import Reason
from openmargin.engine import refusals
from openmargin.engine.engine import Applied
from openmargin.lab.explain import exact
from openmargin.lab.simulate import run
from openmargin.lab.simulation.engine_alone import EngineAlone
from openmargin.sdk.account import Account
from tests.api.worlds import with_symbol
from tests.lab.bench import Served, served


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Served]:
    with served(monkeypatch, tmp_path, clock="virtual") as running:
        yield running


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(0, 8, "0"), (1, 8, "0.00000001"), (-15, 1, "-1.5"), (100, 1, "10"), (7, 0, "7"), (10**24, 24, "1")],
)
def test_a_number_is_told_exactly(value: int, decimals: int, text: str) -> None:
    assert exact(value, decimals) == text


def test_an_account_is_explained(lab: Served) -> None:
    account = lab.account()["accountId"]
    for wallet in ("SPOT", "CROSS"):
        lab.post(f"/lab/accounts/{account}/deposit", {"wallet": wallet, "asset": "USDT", "amount": "5"})
    lab.post(f"/lab/accounts/{account}/withdraw", {"wallet": "CROSS", "asset": "USDT", "amount": "6"})
    told = lab.get(f"/lab/accounts/{account}/explain").json()
    [cross] = told["margin"]
    assert (cross["wallet"], cross["level"], cross["assets"]) == ("CROSS", "999", "5")
    assert cross["levelBecause"] == "without debt it is the cap, 999"
    usdt = next(row for row in cross["borrowable"] if row["asset"] == "USDT")
    assert (
        usdt["levelBecause"]
        == "(collateral - initial * liabilities) = (5 - 1.5 * 0) / (1.5 - 1) / 1 = 10, rounded down"
    )
    [refusal] = told["refusals"]
    assert (refusal["reason"], refusal["figures"]) == (
        "WITHDRAW_BALANCE_SHORT",
        [{"name": "amount USDT", "value": "6"}, {"name": "free", "value": "5"}],
    )
    assert lab.get("/lab/accounts/99/explain").status_code == 404


def test_the_command_line_explains_a_directory(tmp_path: Path) -> None:
    with Exchange(tmp_path / "x") as exchange:
        ann = exchange.account("ann")
        ann.deposit("USDT", 1000)
        ann.borrow("USDT", 1900)
        ann.buy("BTCUSDT", "0.02")
        with pytest.raises(Refused):
            ann.place("BTCUSDT", "BUY", "0.2", side_effect="MARGIN_BUY", client_id="big")
        text = ann.explain()
    assert "assets / liabilities = 2898.68 / 1900.01425 = 1.52560961, rounded down" in text
    said = CliRunner().invoke(app, ["explain", str(tmp_path / "x"), "--account", "1"])
    assert said.stdout == text + "\n", "a replay tells the same, refusals included"
    said = CliRunner().invoke(app, ["explain", str(tmp_path / "x"), "--account", "1", "--order", "big"])
    assert "PlaceOrder CROSS BTCUSDT big: ABOVE_MAX_BORROWABLE" in said.stdout
    assert "margin level" not in said.stdout
    said = CliRunner().invoke(app, ["explain", str(tmp_path / "x"), "--account", "1", "--order", "small"])
    assert "nothing named small is among its last 1 refusals" in said.stdout
    said = CliRunner().invoke(app, ["explain", str(tmp_path / "x"), "--account", "9"])
    assert (said.exit_code, "there is no such account" in said.stderr) == (1, True)
    said = CliRunner().invoke(app, ["explain", str(tmp_path / "nothing"), "--account", "1"])
    assert (said.exit_code, "holds no exchange" in said.stderr) == (1, True)


UP = Leg(side="SELL", type="LIMIT_MAKER", quantity="0.01", price="70000")
DOWN = Leg(side="SELL", type="STOP_LOSS", quantity="0.01", stop_price="50000")
BUY = Leg(side="BUY", type="LIMIT", quantity="0.01", price="50000")


def place(contingency: str, *legs: Leg, side_effect: str = "NO_SIDE_EFFECT") -> Callable[[Account], object]:
    return lambda ann: ann.place_list(contingency, "BTCUSDT", legs, side_effect=side_effect)


def command(kind: Callable[..., AnyCommand], *rest: object) -> Callable[[Account], object]:
    return lambda ann: ann.exchange.do(kind(ann.id, "", 0, CROSS, "BTCUSDT", *rest))


@pytest.mark.parametrize(
    ("refused", "reason", "figures"),
    [
        (
            place("OCO", replace(UP, quantity="5"), replace(DOWN, quantity="5")),
            Reason.INSUFFICIENT_BALANCE,
            ["needed BTC 5", "free BTC 0.99"],
        ),
        (
            place("OTO", replace(BUY, quantity="9"), replace(UP, quantity="0.5"), side_effect="MARGIN_BUY"),
            Reason.ABOVE_MAX_BORROWABLE,
            ["needed USDT 450000", "free USDT 10000", "loan USDT 440000", "most by level 139988"],
        ),
        (
            place("OCO", UP, replace(DOWN, stop_price="50000.001")),
            Reason.PRICE_FILTER,
            ["order 1", "price 0"],
        ),
        (
            place("OTO", BUY, replace(UP, price="70000.001")),
            Reason.PRICE_FILTER,
            ["order 2", "price 70000.001"],
        ),
        (
            place("OCO", replace(UP, price="55000"), DOWN),
            Reason.LIST_PRICES_WRONG,
            ["above: price 55000", "above: stop price 0", "below: price 0", "below: stop price 50000"],
        ),
        (
            command(CancelOrder, 99, "", ""),
            Reason.UNKNOWN_ORDER,
            ["orderId 99", "open orders 1"],
        ),
        (command(CancelOrder, 0, "gone", ""), Reason.UNKNOWN_ORDER, ["open orders 1"]),
        (
            command(CancelOrder, 1, "gone", ""),
            Reason.CLIENT_ORDER_ID_MISMATCH,
            ["orderId 1"],
        ),
        (
            command(CancelOrder, 1, "", "", CancelRestriction.ONLY_PARTIALLY_FILLED),
            Reason.CANCEL_RESTRICTED,
            ["quantity 0.01", "executed 0"],
        ),
        (command(CancelOrderList, 7, "", ""), Reason.UNKNOWN_LIST, ["orderListId 7", "open lists 0"]),
        (
            command(AmendOrder, 1, "", 2_000_000, ""),
            Reason.QUANTITY_RAISED,
            ["quantity 0.02", "present quantity 0.01", "executed 0", "prevented 0"],
        ),
        (command(AmendOrder, 1, "", 1, ""), Reason.LOT_SIZE, ["quantity 0.00000001", "icebergQty 0"]),
    ],
)
def test_lists_cancels_and_amendments_are_explained(
    refused: Callable[[Account], object], reason: Reason, figures: list[str]
) -> None:
    with Exchange() as exchange:
        ann = exchange.account("ann")
        ann.deposit("USDT", 10_000)
        ann.deposit("BTC", 1)
        ann.sell("BTCUSDT", "0.01", 65_000)
        with pytest.raises(Refused) as caught:
            refused(ann)
        assert caught.value.reason is reason
        [told] = exchange.live.refusals(ann.id)
        said = [f"{figure.name} {exact(figure.number, figure.decimals)}" for figure in told.figures]
        assert said[: len(figures)] == figures


def test_what_has_no_room_is_explained() -> None:
    venue = with_symbol("BTCUSDT", max_num_order_lists=1)
    venue = structs.replace(venue, orders=structs.replace(venue.orders, limit_10s=3))
    with Exchange(venue=venue) as exchange:
        ann = exchange.account("ann")
        ann.deposit("BTC", 1)
        place("OCO", UP, DOWN)(ann)
        with pytest.raises(Refused):
            place("OTO", BUY, UP)(ann)
        ann.cancel_all("BTCUSDT")
        with pytest.raises(Refused):
            place("OCO", UP, DOWN)(ann)
        ann.sell("BTCUSDT", "0.01", 70_000)
        with pytest.raises(Refused):
            ann.sell("BTCUSDT", "0.01", 70_000)
        told = [
            [(figure.name, figure.number) for figure in one.figures] for one in exchange.live.refusals(ann.id)
        ]
    window = [("most", 3), ("window in milliseconds", 10_000)]
    assert told == [
        [("open lists", 1), ("most", 1)],
        [("unfilled", 2), ("more", 2), *window],
        [("unfilled", 3), ("more", 1), *window],
    ]


class Explaining(EngineAlone):
    """Explains whatever is refused, and sees that nothing changes by it."""

    def __init__(self) -> None:
        super().__init__()
        self.explained: set[Reason] = set()

    def _run(self, record: Record) -> Applied:
        applied = super()._run(record)
        if applied.rejection is not None:
            before = self.engine.state_hash()
            told = refusals.explain(self.engine.state, record, applied.rejection)
            assert self.engine.state_hash() == before, f"{told} changed something"
            if told.figures:
                self.explained.add(told.reason)
                figures = {figure.name.split()[0]: figure.number for figure in told.figures}
                if told.reason is Reason.INSUFFICIENT_BALANCE:
                    assert figures["needed"] > figures["free"]
                elif told.reason is Reason.INVENTORY_SHORT:
                    assert figures["loan"] > figures["inventory"]
        return applied


def test_every_refusal_of_random_markets_can_be_explained() -> None:
    explained: set[Reason] = set()
    for seed in range(3):
        exchange = Explaining()
        run(seed, 250, exchange)
        explained |= exchange.explained
    assert {Reason.INSUFFICIENT_BALANCE, Reason.LOT_SIZE, Reason.ABOVE_MAX_BORROWABLE} <= explained


def test_an_address_where_nobody_answers_is_told() -> None:
    said = CliRunner().invoke(app, ["explain", "http://127.0.0.1:1", "--account", "1"])
    assert (said.exit_code, "http://127.0.0.1:1 does not answer: " in said.output) == (1, True)
    served = CliRunner().invoke(app, ["explain", "http://127.0.0.1:1", "--account", "1", "--timeline", "x"])
    assert (served.exit_code, "--timeline is for a data directory" in served.output) == (1, True)
