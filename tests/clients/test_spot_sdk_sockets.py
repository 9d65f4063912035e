"""Binance's spot SDK, unchanged but for its address, over the WebSocket API with a session of a special key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clients.environments import run_client
from tests.clients.test_spot_sdk import special_key
from tests.conformance.test_goldens import GOLDENS, differences
from tests.serve.process import serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

SESSION = (Path(__file__).parent / "sessions" / "spot_sdk_sockets.py").read_text()
GOLDEN_OF = {
    "ping": "ping",
    "time": "time",
    "markets": "exchange_info",
    "depth": "depth",
    "recent": "recent_trades",
    "aggregate": "aggregate_trades",
    "average": "average_price",
    "prices": "ticker_price",
    "book": "ticker_book",
    "day": "ticker_24hr",
    "account_signed": "spot_account",
    "bought": "spot_new_order_full",
    "order": "spot_query_order",
    "amended": "spot_amend_order",
    "amendments": "spot_amendments",
    "open": "spot_open_orders",
    "canceled": "spot_cancel_order",
    "oco": "spot_new_oco",
    "list": "spot_query_list",
    "open_lists": "spot_open_lists",
    "list_canceled": "spot_cancel_list",
    "trades": "spot_my_trades",
    "counts": "spot_order_count",
    "commission": "spot_commission",
    "account": "spot_account",
}
NO_ICEBERG = {"orderReports[].icebergQty": "the SDK takes whole numbers alone for it"}


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("sockets")
    with serving(home, "--data", ":memory:", "--clock", "virtual") as server:
        changes = {"vip": 7, "termsSigned": True}
        server.client.patch("/lab/accounts/1", json=changes).raise_for_status()
        address = server.address.replace("http", "ws", 1) + "/ws-api/v3"
        done = run_client("binance-sdk-spot", SESSION, address, *special_key(server))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_sdk_has_nothing_to_say_against_any_answer(heard: dict[str, Any]) -> None:
    assert heard["warnings"] == []
    refused = {name: answer for name, answer in heard["answers"].items() if answer["status"] != 200}
    assert refused == {}


@pytest.mark.parametrize("name", GOLDEN_OF)
def test_an_answer_is_shaped_like_its_documented_example(heard: dict[str, Any], name: str) -> None:
    golden = GOLDENS[GOLDEN_OF[name]]
    missing = golden.missing | (NO_ICEBERG if name in ("oco", "list_canceled") else {})
    found = differences(golden.example, heard["answers"][name]["result"], missing)
    assert [one for one in found if not one.endswith("nothing was compared")] == []


def test_the_session_trades_for_the_margin_account_and_hears_of_it(heard: dict[str, Any]) -> None:
    results = {name: answer["result"] for name, answer in heard["answers"].items()}
    assert results["logon"]["apiKey"] == results["status"]["apiKey"]
    assert (results["status"]["userDataStream"], results["logout"]["userDataStream"]) == (True, False)
    assert results["subscriptions"] == [{"subscriptionId": 0}]
    assert (results["bought"]["status"], results["account"]["accountType"]) == ("FILLED", "MARGIN")
    reports = [event for event in heard["events"] if "x" in event]
    assert [(report["x"], report["X"]) for report in reports[:2]] == [("NEW", "NEW"), ("TRADE", "FILLED")]
    assert {report["i"] for report in reports} >= {
        results["bought"]["orderId"],
        results["resting"]["orderId"],
    }


def test_answers_to_placements_tell_of_unfilled_orders(heard: dict[str, Any]) -> None:
    kinds = [row["rateLimitType"] for row in heard["answers"]["bought"]["rateLimits"]]
    assert kinds == ["ORDERS", "ORDERS", "REQUEST_WEIGHT"]
