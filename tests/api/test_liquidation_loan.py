"""The liquidation loan over the wire: what is owed, paid back, and shown of it later."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from openmargin.domain.commands import DelayLoanRepayments
from openmargin.domain.enums import Permission
from openmargin.domain.reasons import Reason
from tests.api.bankruptcy import bankrupt
from tests.api.world import CROSS, SPOT, World

LOAN = "/sapi/v1/margin/liquidation-loan"
REPAY = f"{LOAN}/repay"
HISTORY = f"{LOAN}/repay-history"
DAY_MS = 86_400_000


@pytest.fixture
def debtor(world: World) -> Iterator[World]:
    bankrupt(world)
    return world


def repay(world: World, amount: str) -> dict[str, Any]:
    answer = world.post(REPAY, asset="USDC", amount=amount)
    assert answer.status == 200, answer.json
    return answer.json


def amounts(world: World, **parameters: object) -> list[str]:
    return [row["amount"].partition(".")[0] for row in world.get(HISTORY, **parameters).json["rows"]]


def test_who_owes_nothing_sees_zeros(world: World) -> None:
    zero = "0.00000000"
    assert world.get(LOAN).json == {
        "asset": "USDC",
        "amount": zero,
        "repaidAmount": zero,
        "remainingAmount": zero,
    }
    assert world.get(HISTORY).json == {"total": 0, "rows": []}


def test_a_repayment_leaves_the_spot_wallet_and_the_loan(debtor: World) -> None:
    before = debtor.get(LOAN).json
    made = repay(debtor, "300.5")
    assert set(made) == {"repayId", "asset", "amount", "status", "createTime"}
    after = debtor.get(LOAN).json
    assert (after["amount"], after["repaidAmount"]) == (before["amount"], "300.50000000")
    assert Decimal(before["remainingAmount"]) - Decimal(after["remainingAmount"]) == Decimal("300.5")
    balances = {row.asset: row.free for row in debtor.exchange.live.balances(debtor.account_id, SPOT)}
    assert balances["USDC"] == (10_000 * 10 - 3005) * 10**7


def test_who_owes_the_fund_may_borrow_and_move_out_nothing(debtor: World) -> None:
    debtor.deposit("USDT", "1000")
    for name in ("maxBorrowable", "maxTransferable"):
        assert debtor.get(f"/sapi/v1/margin/{name}", asset="USDT").json["amount"] == "0.00000000"
    told = debtor.exchange.live.explain(debtor.account_id, CROSS)
    assert {loan.refused for loan in told.loans} == {Reason.LIQUIDATION_LOAN_OWED}
    assert {transfer.refused for transfer in told.transfers} == {Reason.LIQUIDATION_LOAN_OWED}


def test_repaying_moves_value_and_so_needs_the_permission_of_loans(debtor: World) -> None:
    key = debtor.new_key(permissions=(Permission.READ, Permission.TRADE))
    asked = {"asset": "USDC", "amount": "1"}
    assert debtor.signed("POST", REPAY, asked, key=key).code == -2015
    assert debtor.signed("GET", HISTORY, key=key).json["total"] == 0


def test_the_history_is_that_of_the_last_seven_days(debtor: World) -> None:
    repay(debtor, "1")
    debtor.advance(7 * DAY_MS)
    repay(debtor, "2")
    assert amounts(debtor) == ["2", "1"]
    debtor.advance(1)
    assert amounts(debtor) == ["2"]
    assert amounts(debtor, startTime=debtor.now_ms - 8 * DAY_MS) == ["2", "1"]
    assert amounts(debtor, startTime=debtor.now_ms - 8 * DAY_MS, endTime=debtor.now_ms - DAY_MS) == ["1"]


def test_a_start_too_far_back_is_that_of_ninety_days_ago(debtor: World) -> None:
    repay(debtor, "1")
    first_ms = debtor.now_ms
    debtor.advance(90 * DAY_MS)
    repay(debtor, "2")
    assert amounts(debtor, startTime=1) == ["2", "1"]
    debtor.advance(1)
    assert amounts(debtor, startTime=1) == ["2"]
    assert amounts(debtor, startTime=first_ms, endTime=first_ms + 1) == []


def test_pages_are_of_fifty_rows_from_the_newest(debtor: World) -> None:
    for number in range(1, 53):
        repay(debtor, str(number))
    page = debtor.get(HISTORY).json
    assert (page["total"], len(page["rows"]), page["rows"][0]["amount"]) == (52, 50, "52.00000000")
    assert amounts(debtor, current=2) == ["2", "1"]
    assert amounts(debtor, current=3) == []
    assert amounts(debtor, size=3, current=2) == ["49", "48", "47"]
    assert debtor.get(HISTORY, size=101).code == -1102


def test_a_repayment_that_is_pending_is_locked_shown_as_such_and_done_in_time(debtor: World) -> None:
    debtor.submit(DelayLoanRepayments(60_000))
    made = repay(debtor, "300")
    assert made["status"] == "PENDING"
    usdc = next(row for row in debtor.exchange.live.balances(debtor.account_id, SPOT) if row.asset == "USDC")
    assert usdc.locked == 300 * 10**8
    assert debtor.get(LOAN).json["repaidAmount"] == "0.00000000"
    refused = debtor.post(REPAY, asset="USDC", amount="1")
    assert (refused.status, refused.json["code"]) == (400, -3007)
    assert debtor.get(HISTORY).json["rows"] == [made]
    debtor.advance(60_000)
    assert debtor.get(HISTORY).json["rows"] == [{**made, "status": "SUCCESS"}]
    assert debtor.get(LOAN).json["repaidAmount"] == "300.00000000"
    assert repay(debtor, "1")["status"] == "PENDING"
