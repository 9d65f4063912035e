"""The published facts of special keys and of the liquidation loan, row by row, over the wire.

`FACTS` has a row for each fact of mechanics 8, 7.4 and 13b that is about them; a test says in its decorator which row
it shows, and each row has one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from openmargin.domain.commands import ChangeAccount, CreateAccount, OpenIsolated
from openmargin.domain.enums import AccountType
from openmargin.domain.money import format_e8
from tests.api.bankruptcy import bankrupt
from tests.api.test_special_keys import ED25519, EXIT, IPS, KEYS, LIST, RSA, make, names
from tests.api.world import CROSS, SPOT, Key, World

FACTS = {
    "8 created": "Created by /sapi; trades through /api/v3; without symbol for cross, with it for that pair",
    "8 orders only": "The key only places, cancels and queries orders; loans need the ordinary key",
    "8 eligibility": "VIP 7 and above; terms signed at the master bind its sub-accounts",
    "8 products": "Cross Classic and isolated, not Portfolio Margin",
    "8 limits": "30 keys, 30 addresses; HMAC, RSA, Ed25519; secretKey null for key pairs; READ for Ed25519; first ip 0.0.0.0",
    "8 delete": "apiKey wins over apiName; apiName alone deletes every key of that name",
    "8 mode": "The first key of the cross account puts it into Special Key Mode, where checks before orders differ",
    "8 deficit": "Whether a deficit becomes a liquidation loan depends on whether a special key was created",
    "8 exit": "Silent outside of the mode; no liability; deletes the keys; 24 hours without new ones; deleting is no exit",
    "7.4 loan": "The shortfall is a loan in USDC: asset, amount, repaidAmount, remainingAmount",
    "7.4 repay": "From the spot wallet, above zero and up to what remains; insufficient USDC fails; SUCCESS",
    "7.4 history": "The last 7 days by default, pages of 50",
    "13b addresses": "Entries other than 0.0.0.0 are enforced; 0.0.0.0 alone is unrestricted; it is not counted",
    "13b neither": "DELETE apiKey with neither apiKey nor apiName is -1102",
    "13b scope": "List and query without symbol answer for the cross keys alone, with it for that pair's",
    "13b void": "DELETE apiKey, PUT apiKey/ip and the exit answer 200 with {}",
}
LOAN = "/sapi/v1/margin/liquidation-loan"
DAY_MS = 86_400_000

Test = TypeVar("Test", bound=Callable[..., Any])


def shows(fact: str) -> Callable[[Test], Test]:
    """Which fact a test is about."""
    assert fact in FACTS, fact

    def mark(test: Test) -> Test:
        vars(test)["fact"] = fact
        return test

    return mark


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    world.deposit("USDT", "100000")
    world.deposit("BTC", "1")
    world.submit(ChangeAccount(world.account_id, vip=7, terms_signed=True))
    yield world
    world.close()


def as_key(made: dict[str, str]) -> Key:
    return Key(made["apiKey"], made["secretKey"])


def usdt(world: World, key: Key) -> str:
    """What the key has to trade with."""
    account = world.signed("GET", "/api/v3/account", key=key).json
    return next(row["free"] for row in account["balances"] if row["asset"] == "USDT")


@shows("8 created")
def test_a_key_trades_for_its_account_through_the_spot_api(world: World) -> None:
    world.submit(OpenIsolated(world.account_id, "", 0, "BTCUSDT"))
    world.deposit("USDT", "77", "BTCUSDT")
    cross, pair = as_key(make(world)), as_key(make(world, symbol="BTCUSDT"))
    assert (usdt(world, cross), usdt(world, pair)) == ("100000.00000000", "77.00000000")
    assert world.signed("GET", "/sapi/v1/margin/account", key=cross).code == -2015


@shows("8 orders only")
def test_a_key_orders_and_nothing_else(world: World) -> None:
    key = as_key(make(world))
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
    placed = world.signed("POST", "/api/v3/order", {**order, "newOrderRespType": "RESULT"}, key=key)
    assert placed.json["status"] == "FILLED"
    borrowing = {**order, "sideEffectType": "MARGIN_BUY"}
    assert world.signed("POST", "/api/v3/order", borrowing, key=key).code == -1104
    loan = {"asset": "USDT", "amount": "1", "type": "BORROW"}
    assert world.signed("POST", "/sapi/v1/margin/borrow-repay", loan, key=key).code == -2015
    assert world.post("/sapi/v1/margin/borrow-repay", **loan).status == 200


@shows("8 eligibility")
def test_level_and_terms_decide_who_may_have_a_key(world: World) -> None:
    world.submit(ChangeAccount(world.account_id, vip=6))
    assert world.post(KEYS, apiName="bot").code == -3999
    world.submit(CreateAccount("sub", 7, master_id=world.account_id))
    sub = world.new_key(world.exchange.live.account_ids()[-1])
    assert world.signed("POST", KEYS, {"apiName": "bot"}, key=sub).status == 200
    stranger = world.new_account()
    world.submit(ChangeAccount(stranger, vip=9))
    key = world.new_key(stranger)
    assert world.signed("POST", KEYS, {"apiName": "bot"}, key=key).code == -3999


@shows("8 products")
def test_portfolio_margin_has_no_special_keys(world: World) -> None:
    make(world)
    world.submit(ChangeAccount(world.account_id, account_type=AccountType.PORTFOLIO_MARGIN))
    answer = world.post(KEYS, apiName="bot")
    assert answer.code == -1020
    assert "Portfolio Margin is an unsupported product" in answer.json["msg"]


@shows("8 limits")
def test_keys_and_their_addresses_are_counted(world: World) -> None:
    hmac, rsa = make(world), make(world, publicKey=RSA, permissionMode="READ")
    ed25519 = make(world, publicKey=ED25519, permissionMode="READ")
    assert [made["type"] for made in (hmac, rsa, ed25519)] == ["HMAC_SHA256", "RSA", "Ed25519"]
    assert (rsa["secretKey"], ed25519["secretKey"]) == (None, None)
    shown = world.get(LIST).json
    assert [key["permissionMode"] for key in shown] == ["TRADE", "TRADE", "READ"]
    assert shown[0]["ip"] == "0.0.0.0"
    thirty_one = ",".join(f"10.0.0.{number}" for number in range(31))
    assert world.post(KEYS, apiName="bot", ip=thirty_one).code == -1020
    assert world.post(KEYS, apiName="bot", ip=thirty_one.rpartition(",")[0]).status == 200
    for _ in range(30 - 1 - 4):
        make(world)
    assert world.post(KEYS, apiName="bot").code == -1020, "with the ordinary key there are 30"


@shows("8 delete")
def test_a_key_wins_over_a_name(world: World) -> None:
    first, *_ = [make(world, apiName=name) for name in ("a", "b", "b")]
    world.delete(KEYS, apiKey=first["apiKey"], apiName="b")
    assert names(world) == ["b", "b"]
    world.delete(KEYS, apiName="b")
    assert names(world) == []


@shows("8 mode")
def test_the_first_cross_key_changes_the_checks(world: World) -> None:
    live = world.exchange.live

    def is_in_mode() -> bool:
        account = live.account(world.account_id)
        assert account is not None
        return account.in_special_mode

    world.submit(OpenIsolated(world.account_id, "", 0, "BTCUSDT"))
    make(world, symbol="BTCUSDT")
    assert not is_in_mode()
    borrowed = world.post("/sapi/v1/margin/borrow-repay", asset="USDT", amount="300000", type="BORROW")
    assert borrowed.status == 200
    # Whoever bought so dear would stand at his liquidation level.
    dear: dict[str, object] = {"type": "STOP_LOSS_LIMIT", "quantity": "4.4", "price": "90000"}
    assert world.order(**dear, stopPrice="80000").code == -3023
    make(world)
    assert is_in_mode()
    assert world.order(**dear, stopPrice="80000").status == 200


@shows("8 deficit")
@pytest.mark.parametrize("leaves", [False, True])
def test_a_deficit_is_a_loan_only_in_the_mode(world: World, leaves: bool) -> None:
    make(world)
    assert world.delete(KEYS, apiName="bot").status == 200, "that it was created counts, not that it is there"
    if leaves:
        assert world.post(EXIT).status == 200
    world.post("/sapi/v1/margin/borrow-repay", asset="USDT", amount="150000", type="BORROW")
    buy = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": "249000"}
    assert world.post("/sapi/v1/margin/order", **buy).json["status"] == "FILLED"
    world.set_index("BTCUSDT", "25000")
    world.advance(60_000)
    owes = float(world.get(LOAN).json["amount"]) > 0
    assert owes is not leaves


@shows("8 exit")
def test_the_exit_takes_the_keys_and_begins_a_day_without_any(world: World) -> None:
    assert world.post(EXIT).json == {}
    make(world)
    assert world.delete(KEYS, apiName="bot").status == 200
    make(world)
    world.post("/sapi/v1/margin/borrow-repay", asset="USDT", amount="1", type="BORROW")
    assert world.post(EXIT).code == -1020
    [owed] = [row for row in world.exchange.live.balances(world.account_id, CROSS) if row.borrowed]
    amount = format_e8(owed.borrowed + owed.interest)
    repaid = world.post("/sapi/v1/margin/borrow-repay", asset="USDT", amount=amount, type="REPAY")
    assert repaid.status == 200
    assert world.post(EXIT).json == {}
    assert names(world) == []
    world.advance(DAY_MS - 1)
    assert world.post(KEYS, apiName="bot").code == -1020
    world.advance(1)
    make(world)


@shows("7.4 loan")
def test_the_loan_is_in_usdc(world: World) -> None:
    bankrupt(world)
    loan = world.get(LOAN).json
    assert list(loan) == ["asset", "amount", "repaidAmount", "remainingAmount"]
    assert (loan["asset"], loan["repaidAmount"]) == ("USDC", "0.00000000")
    assert loan["amount"] == loan["remainingAmount"] > "0.00000000"


@shows("7.4 repay")
def test_a_repayment_is_bounded_by_loan_and_wallet(world: World) -> None:
    bankrupt(world)
    remaining = world.get(LOAN).json["remainingAmount"]
    for amount, code in (("0", -3026), ("1000000", -3015), (remaining, -3041)):
        assert world.post(f"{LOAN}/repay", asset="USDC", amount=amount).code == code
    world.deposit("USDC", remaining, SPOT)
    assert world.post(f"{LOAN}/repay", asset="USDC", amount=remaining).json["status"] == "SUCCESS"


@shows("7.4 history")
def test_the_history_has_windows_and_pages(world: World) -> None:
    bankrupt(world)
    for _ in range(51):
        world.post(f"{LOAN}/repay", asset="USDC", amount="1")
    page = world.get(f"{LOAN}/repay-history").json
    assert (page["total"], len(page["rows"])) == (51, 50)
    world.advance(7 * DAY_MS + 1)
    assert world.get(f"{LOAN}/repay-history").json["total"] == 0
    assert world.get(f"{LOAN}/repay-history", startTime=1).json["total"] == 51


@shows("13b addresses")
def test_the_initial_address_neither_restricts_nor_counts(world: World) -> None:
    listed = as_key(make(world, ip="0.0.0.0,10.0.0.7"))
    free = as_key(make(world, ip="0.0.0.0"))

    def code(key: Key, ip: str) -> int | None:
        return world.signed("GET", "/api/v3/account", key=key, ip=ip).code

    assert (code(listed, "10.0.0.7"), code(listed, "10.0.0.8"), code(free, "10.0.0.8")) == (None, -2015, None)
    thirty = ",".join(f"10.0.0.{number}" for number in range(30))
    assert world.post(KEYS, apiName="bot", ip=f"{thirty},0.0.0.0").status == 200


@shows("13b neither")
def test_a_delete_names_something(world: World) -> None:
    assert world.delete(KEYS).code == -1102


@shows("13b scope")
def test_list_and_query_are_about_one_account(world: World) -> None:
    world.submit(OpenIsolated(world.account_id, "", 0, "BTCUSDT"))
    cross, pair = make(world, apiName="c"), make(world, apiName="p", symbol="BTCUSDT")
    assert (names(world), names(world, symbol="BTCUSDT")) == (["c"], ["p"])
    assert world.get(KEYS, apiKey=cross["apiKey"]).status == 200
    assert world.get(KEYS, apiKey=pair["apiKey"]).code == -1020
    assert world.get(KEYS, apiKey=pair["apiKey"], symbol="BTCUSDT").status == 200


@shows("13b void")
def test_void_answers_are_an_empty_object(world: World) -> None:
    made = make(world)
    answers = [
        world.signed("PUT", IPS, {"apiKey": made["apiKey"], "ip": "10.0.0.7"}),
        world.delete(KEYS, apiKey=made["apiKey"]),
        world.post(EXIT),
    ]
    assert [(answer.status, answer.json) for answer in answers] == [(200, {})] * 3


def test_every_fact_has_one_test() -> None:
    tests = vars(sys.modules[__name__]).values()
    shown = [test.fact for test in tests if hasattr(test, "fact")]
    assert sorted(shown) == sorted(FACTS)
