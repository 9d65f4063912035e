"""The official SDK on special keys: what it can say, what it cannot, and what it always warns of.

Its generator left `apiKey` out of GET and DELETE apiKey and of PUT apiKey/ip. So it deletes by name alone, and cannot
query or edit; npm `binance` and the signed requests of `tests/api` do these.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.sdk import CANNOT_NAME, CallFailed, Sdk, note
from tests.conformance.test_goldens import GOLDENS, differences
from tests.serve.process import serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

PUBLIC_KEY = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
"""


@pytest.fixture
def sdk(tmp_path: Path) -> Iterator[Sdk]:
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as server:
        changes = {"vip": 7, "termsSigned": True}
        server.client.patch("/lab/accounts/1", json=changes).raise_for_status()
        yield Sdk(server)


def test_it_makes_lists_and_deletes_keys_and_leaves_the_mode(sdk: Sdk) -> None:
    made = sdk.ask("create_special_key", "create_special_key", api_name="bot", ip="127.0.0.1")
    assert len(made["secretKey"]) == 64
    own = sdk.call("create_special_key", api_name="reader", public_key=PUBLIC_KEY, permission_mode="READ")
    assert (own.answer["secretKey"], own.answer["type"], own.warnings) == (None, "Ed25519", [])
    listed = sdk.ask("special_key_list", "query_special_key_list")
    assert [key["permissionMode"] for key in listed] == ["TRADE", "READ"]
    assert sdk.ask("delete_special_key", "delete_special_key", api_name="bot") == {}
    assert sdk.ask("exit_special_key_mode", "exit_special_key_mode") == {}
    assert sdk.call("query_special_key_list").answer == []


def test_it_always_warns_of_the_exit(sdk: Sdk) -> None:
    assert len(sdk.call("exit_special_key_mode").warnings) == 1, "it declares no model for this answer"


@pytest.mark.parametrize(
    ("method", "parameters"), [("query_special_key", {}), ("edit_ip_for_special_key", {"ip": "10.0.0.7"})]
)
def test_it_cannot_name_a_key(sdk: Sdk, method: str, parameters: dict[str, str]) -> None:
    with pytest.raises(CallFailed) as failed:
        sdk.call(method, **parameters)
    assert "Mandatory parameter 'apiKey' was not sent, was empty/null, or malformed." in str(failed.value)


def go_bankrupt(sdk: Sdk) -> None:
    """Owe a liquidation loan."""
    sdk.ask("create_special_key", "create_special_key", api_name="bot")
    loan = {"asset": "USDT", "amount": "70000", "is_isolated": "FALSE", "type": "BORROW"}
    sdk.ask("borrow_repay", "margin_account_borrow_repay", **loan)
    order: dict[str, Any] = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET"}
    sdk.ask("new_order_full", "margin_account_new_order", **order, quote_order_qty=119000.0)
    lab = sdk.server.client
    lab.post("/lab/prices/BTCUSDT", json={"price": "30000"}).raise_for_status()
    lab.post("/lab/clock/advance", json={"seconds": 60}).raise_for_status()
    assert float(sdk.ask("liquidation_loan", "query_liquidation_loan")["remainingAmount"]) > 5_000


def test_a_bankrupt_account_repays_what_it_owes(sdk: Sdk) -> None:
    go_bankrupt(sdk)
    repay = "liquidation_loan_repay"
    sdk.ask("repay_liquidation_loan", repay, asset="USDC", amount=300.5)
    sdk.ask("repay_liquidation_loan", repay, asset="USDC", amount=200.0)
    history = sdk.ask("liquidation_loan_repayments", "query_liquidation_loan_repay_history")
    assert [row["amount"] for row in history["rows"]] == ["200.00000000", "300.50000000"]
    assert sdk.ask("liquidation_loan", "query_liquidation_loan")["repaidAmount"] == "500.50000000"


def test_a_repayment_stays_pending_as_long_as_the_lab_asks(sdk: Sdk) -> None:
    go_bankrupt(sdk)
    lab = sdk.server.client
    lab.post("/lab/faults", json={"fault": "pending-repayment", "seconds": 60}).raise_for_status()
    before = sdk.ask("liquidation_loan", "query_liquidation_loan")["remainingAmount"]
    sdk.ask("repay_liquidation_loan", "liquidation_loan_repay", asset="USDC", amount=300.5)
    with pytest.raises(CallFailed, match="-3007"):
        sdk.call("liquidation_loan_repay", asset="USDC", amount=200.0)
    assert sdk.ask("liquidation_loan", "query_liquidation_loan")["remainingAmount"] == before
    lab.post("/lab/clock/advance", json={"seconds": 60}).raise_for_status()
    [row] = sdk.ask("liquidation_loan_repayments", "query_liquidation_loan_repay_history")["rows"]
    assert (row["amount"], row["status"]) == ("300.50000000", "SUCCESS")
    assert sdk.ask("liquidation_loan", "query_liquidation_loan")["repaidAmount"] == "300.50000000"


def test_requests_signed_by_hand_name_one(sdk: Sdk) -> None:
    made = sdk.ask("create_special_key", "create_special_key", api_name="bot")["apiKey"]
    path = "/sapi/v1/margin/apiKey"
    for golden, method, place, parameters in (
        ("query_special_key", "GET", path, {"apiKey": made}),
        ("edit_special_key", "PUT", f"{path}/ip", {"apiKey": made, "ip": "10.0.0.7"}),
        ("delete_special_key", "DELETE", path, {"apiKey": made}),
    ):
        answer = sdk.signed(method, place, **parameters)
        faults = list(differences(GOLDENS[golden].example, answer, GOLDENS[golden].missing))
        note(f"{method} {place}", faults, CANNOT_NAME)
        assert faults == []
