"""python-binance, unchanged but for its addresses: synchronous and asynchronous."""

import json
from pathlib import Path

import pytest

from tests.clients.environments import run_client
from tests.clients.sdk import development_key
from tests.serve.process import serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

SESSION = (Path(__file__).parent / "sessions" / "python_binance.py").read_text()
LEGACY = (Path(__file__).parent / "sessions" / "python_binance_legacy.py").read_text()
STREAMS = (Path(__file__).parent / "sessions" / "python_binance_streams.py").read_text()


def test_it_borrows_trades_and_repays(tmp_path: Path) -> None:
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as server:
        done = run_client("python-binance", SESSION, server.address, *development_key(server))
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["synchronous"] == {
        "margin": True,
        "moved": True,
        "bought": "FILLED",
        "filled": 0.01,
        "found": "NEW",
        "opened": True,
        "canceled": "CANCELED",
        "lists": True,
        "ended": "ALL_DONE",
        "orders": 4,
        "trades": 0.01,
        "repaid": 100,
        "refused": -1102,
    }
    assert seen["asynchronous"] == {"bought": "FILLED", "spent": True, "canceled": True}


def test_its_older_methods_are_served(tmp_path: Path) -> None:
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as server:
        done = run_client("python-binance", LEGACY, server.address, *development_key(server))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "system": "normal",
        "account": "Normal",
        "rights": [True, True, False],
        "held": True,
        "fee": 0.001,
        "asset": "USDT",
        "pair": "USDT",
        "isolated_pair": "BTC",
        "loans": [500],
        "repaid": [50],
        "moved": [[10, "SPOT"], [300, "ISOLATED_MARGIN"]],
        "refused": -1020,
    }


def test_it_hears_its_transfer_and_its_trade(tmp_path: Path) -> None:
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as server:
        for wallet in ("SPOT", "CROSS"):
            body = {"wallet": wallet, "asset": "USDT", "amount": "50000"}
            server.client.post("/lab/accounts/1/deposit", json=body).raise_for_status()
        done = run_client("python-binance", STREAMS, server.address, *development_key(server))
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert [event["e"] for event in seen["spot"]] == ["balanceUpdate", "outboundAccountPosition"]
    assert seen["spot"][0]["d"] == "-1000.00000000"
    assert [event.get("x") for event in seen["cross"]] == ["NEW", "TRADE", None]
    assert {event.get("c") for event in seen["cross"]} == {"mine", None}
    for name, delta in (("user_socket", "-1.00000000"), ("margin_socket", "1.00000000")):
        assert [event["e"] for event in seen[name]] == ["balanceUpdate", "outboundAccountPosition"]
        assert seen[name][0]["d"] == delta
