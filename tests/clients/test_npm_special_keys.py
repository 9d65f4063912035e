"""npm `binance`, unchanged but for its address: make special keys, trade with one, and leave the mode.

It names keys by `apiKey` where the official SDK cannot, and signs with Ed25519.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clients.environments import run_node_client
from tests.clients.sdk import development_key
from tests.conformance.test_goldens import GOLDENS, differences
from tests.serve.process import serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

SESSION = (Path(__file__).parent / "sessions" / "npm_special_key.mjs").read_text()
GOLDEN_OF = {
    "create_hmac": "create_special_key",
    "query": "query_special_key",
    "list": "special_key_list",
    "edited": "edit_special_key",
    "deleted": "delete_special_key",
    "deleted_one": "delete_special_key",
    "exit": "exit_special_key_mode",
    "no_loan": "liquidation_loan",
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("npm")
    with serving(home, "--data", ":memory:", "--clock", "virtual") as server:
        changes = {"vip": 7, "termsSigned": True}
        server.client.patch("/lab/accounts/1", json=changes).raise_for_status()
        done = run_node_client("npm-binance", SESSION, server.address, *development_key(server))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", GOLDEN_OF)
def test_an_answer_is_shaped_like_its_documented_example(answers: dict[str, Any], name: str) -> None:
    golden = GOLDENS[GOLDEN_OF[name]]
    assert list(differences(golden.example, answers[name], golden.missing)) == []


def test_an_ed25519_key_trades_for_the_cross_account(answers: dict[str, Any]) -> None:
    assert answers["create"]["secretKey"] is None
    assert answers["create"]["type"] == answers["query"]["type"] == "Ed25519"
    assert [key["apiName"] for key in answers["list"]] == ["bot", "other"]
    assert (answers["filled"]["status"], answers["filled"]["executedQty"]) == ("FILLED", "0.01000000")
    assert [order["orderId"] for order in answers["open_orders"]] == [answers["resting"]["orderId"]]
    balances = {row["asset"]: row for row in answers["account"]["balances"]}
    assert balances["USDT"]["locked"] == "500.00000000"
    assert float(balances["BTC"]["free"]) == pytest.approx(0.01, rel=0.01), (
        "of the margin account, not of spot"
    )
    assert answers["cancelled"]["status"] == "CANCELED"


def test_it_borrows_nothing_and_is_nothing_on_sapi(answers: dict[str, Any]) -> None:
    assert answers["borrowing"]["code"] == -1104
    assert answers["on_sapi"]["code"] == -2015


def test_an_address_list_shuts_it_out(answers: dict[str, Any]) -> None:
    assert answers["shut_out"]["code"] == -2015


def test_the_exit_leaves_nothing_behind(answers: dict[str, Any]) -> None:
    assert answers["list_at_last"] == []


def test_who_never_went_bankrupt_has_repaid_nothing(answers: dict[str, Any]) -> None:
    assert answers["no_loan"]["remainingAmount"] == "0.00000000"
    assert answers["no_repayments"] == {"total": 0, "rows": []}
