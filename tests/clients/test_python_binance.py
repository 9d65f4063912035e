"""python-binance, unchanged but for its addresses: synchronous and asynchronous."""

import json
from pathlib import Path

import pytest

from tests.clients.environments import run_client
from tests.clients.sdk import development_key
from tests.serve.process import serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

SESSION = (Path(__file__).parent / "sessions" / "python_binance.py").read_text()


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
