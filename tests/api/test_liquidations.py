"""The orders that liquidations place, the liquidation that an owner asks for, and what a locked account shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.bankruptcy import SLOW
from tests.api.world import SPOT, World

RECORDS = "/sapi/v1/margin/forceLiquidationRec"
MANUAL = "/sapi/v1/margin/manual-liquidation"
LOANS = "/sapi/v1/margin/borrow-repay"
ORDER = "/sapi/v1/margin/order"
ACCOUNT = "/sapi/v1/margin/account"
ISOLATED = "/sapi/v1/margin/isolated/account"
FLOWS = "/sapi/v1/margin/capital-flow"


@pytest.fixture
def patient() -> Iterator[World]:
    """A forced order asks for the index itself, which nobody pays, and waits."""
    world = World(SLOW)
    yield world
    world.close()


def buy_on_credit(world: World, **where: str) -> None:
    """Seven bitcoin out of 150,000 dollars and a loan of 300,000."""
    loan = {"asset": "USDT", "amount": "300000", "type": "BORROW"}
    market = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "7"}
    for path, asked in ((LOANS, loan), (ORDER, market)):
        answer = world.post(path, **asked, **where)
        assert answer.status == 200, answer.json


def fall(world: World, price: str = "42000", seconds: int = 60) -> None:
    world.set_index("BTCUSDT", price)
    world.advance(1000 * seconds)


def switches(world: World) -> list[bool]:
    account = world.get(ACCOUNT).json
    names = ("borrowEnabled", "tradeEnabled", "transferInEnabled", "transferOutEnabled")
    return [account[name] for name in names]


def records(world: World, **asked: object) -> list[dict[str, Any]]:
    answer = world.get(RECORDS, **asked)
    assert answer.status == 200, answer.json
    return answer.json["rows"]


def test_forced_orders_are_told_the_newest_first(empty: World) -> None:
    empty.deposit("USDT", "150000")
    buy_on_credit(empty)
    assert records(empty) == []
    fall(empty)
    rows = records(empty)
    assert rows
    assert {(row["symbol"], row["side"], row["isIsolated"], row["timeInForce"]) for row in rows} == {
        ("BTCUSDT", "SELL", False, "GTC")
    }
    times = [row["updatedTime"] for row in rows]
    assert times == sorted(times, reverse=True)
    first = rows[-1]
    # One percent below the index is the limit, and the house pays more.
    assert first["price"] == "41580.00000000"
    assert 41580 < float(first["avgPrice"]) < 42000
    assert 0 < float(first["executedQty"]) <= float(first["qty"])
    kept = empty.get(ORDER, symbol="BTCUSDT", orderId=first["orderId"]).json
    assert (kept["origQty"], kept["executedQty"]) == (first["qty"], first["executedQty"])
    page = empty.get(RECORDS, size="1", current="1").json
    assert (page["rows"], page["total"]) == (rows[:1], len(rows))
    before = {"endTime": times[-1] - 1}
    assert records(empty, **before) == []
    assert records(empty, startTime=times[-1]) == rows
    assert empty.get(RECORDS, startTime=2, endTime=1).code == -3011
    assert empty.get(RECORDS, isolatedSymbol="BTCUSDT").code == -11001
    other = empty.new_key(empty.new_account())
    assert empty.signed("GET", RECORDS, key=other).json == {"rows": [], "total": 0}


def test_the_capital_flow_of_a_liquidation_is_what_is_left(empty: World) -> None:
    empty.deposit("USDT", "150000")
    buy_on_credit(empty)
    fall(empty)
    rows = empty.get(FLOWS, limit="1000").json
    kinds = {row["type"] for row in rows}
    assert {"SELL_LIQUIDATION", "REPAY_LIQUIDATION", "LIQUIDATION_FEE"} <= kinds
    assert {"SELL_INCOME", "REPAY"}.isdisjoint(kinds), "what a liquidation did is told once"
    for wallet in empty.get(ACCOUNT).json["userAssets"]:
        total = sum(round(float(row["amount"]) * 1e8) for row in rows if row["asset"] == wallet["asset"])
        assert total == round(float(wallet["free"]) * 1e8), wallet
    [repaid] = empty.get(LOANS, type="REPAY", size="1").json["rows"]
    assert repaid["type"] == "AUTO"


def test_a_locked_account_says_so_and_lets_nothing_through(patient: World) -> None:
    patient.deposit("USDT", "150000")
    buy_on_credit(patient)
    assert switches(patient) == [True] * 4
    fall(patient, seconds=1)
    assert switches(patient) == [False] * 4
    [order] = patient.get("/sapi/v1/margin/openOrders", symbol="BTCUSDT").json
    assert [row["orderId"] for row in records(patient)] == [order["orderId"]]
    assert patient.delete(ORDER, symbol="BTCUSDT", orderId=order["orderId"]).code == -2011
    assert patient.post(MANUAL, type="MARGIN").code == -1020
    # The index comes back, somebody buys, and the account is its owner's again.
    fall(patient, "70000")
    assert patient.get(ACCOUNT).json["marginLevel"] > "1.5"


def test_an_isolated_account_is_locked_by_itself(patient: World) -> None:
    patient.deposit("USDT", "150000", SPOT)
    patient.deposit("USDT", "10")
    patient.post(ISOLATED, symbol="BTCUSDT")
    moved = {"type": "MAIN_ISOLATED_MARGIN", "asset": "USDT", "amount": "150000", "toSymbol": "BTCUSDT"}
    assert patient.post("/sapi/v1/asset/transfer", **moved).status == 200
    loan = {"asset": "USDT", "amount": "300000", "type": "BORROW", "isIsolated": "TRUE", "symbol": "BTCUSDT"}
    assert patient.post(LOANS, **loan).status == 200
    market = {"side": "BUY", "type": "MARKET", "quantity": "7", "isIsolated": "TRUE", "symbol": "BTCUSDT"}
    assert patient.post(ORDER, **market).status == 200
    fall(patient, "40000", seconds=1)
    [found] = patient.get(ISOLATED).json["assets"]
    assert (found["enabled"], found["tradeEnabled"], found["marginLevelStatus"]) == (
        True,
        False,
        "FORCE_LIQUIDATION",
    )
    assert (found["baseAsset"]["borrowEnabled"], found["baseAsset"]["repayEnabled"]) == (False, False)
    assert switches(patient) == [True] * 4
    [row] = records(patient, isolatedSymbol="BTCUSDT")
    assert row["isIsolated"] is True
    assert records(patient) == []


def test_an_owner_sells_what_repays_his_debts(empty: World) -> None:
    empty.deposit("USDT", "160000")
    buy_on_credit(empty)
    assert empty.post(LOANS, asset="BTC", amount="0.01", type="BORROW").status == 200
    answer = empty.post(MANUAL, type="MARGIN")
    assert answer.status == 200, answer.json
    said = answer.json
    assert (said["asset"], said["principal"], said["liabilityAsset"]) == ("USDT", "300000.00000000", "BTC")
    assert isinstance(said["liabilityQty"], float)
    assert 0 < said["liabilityQty"] < 7
    account = empty.get(ACCOUNT).json
    owed = [row for row in account["userAssets"] if float(row["borrowed"]) or float(row["interest"])]
    assert owed == []
    assert records(empty)[0]["side"] == "SELL"
    assert "LIQUIDATION_FEE" not in {row["type"] for row in empty.get(FLOWS).json}
    assert empty.post(MANUAL, type="MARGIN").code == -1020


def test_which_account_is_to_be_liquidated(empty: World) -> None:
    assert empty.post(MANUAL, type="ISOLATED").code == -1102
    assert empty.post(MANUAL, type="ISOLATED", symbol="BTCUSDT").code == -11001
    assert empty.post(MANUAL, type="MARGIN", symbol="BTCUSDT").code == -1106
    assert empty.post(MANUAL, type="SPOT").code == -1130
    assert empty.post(MANUAL).code == -1102
