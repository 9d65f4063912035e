"""binance-connector, unchanged but for its address."""

import json
from pathlib import Path

import pytest

from tests.clients.environments import run_client
from tests.clients.sdk import development_key
from tests.serve.process import serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

SESSION = (Path(__file__).parent / "sessions" / "binance_connector.py").read_text()


def test_it_borrows_trades_and_repays(tmp_path: Path) -> None:
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as server:
        done = run_client("binance-connector", SESSION, server.address, *development_key(server))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "pairs": True,
        "moved": True,
        "lent": True,
        "bought": "FILLED",
        "found": ["NEW", "50000.50000000"],
        "opened": True,
        "canceled": "CANCELED",
        "pair": "OCO",
        "ended": "ALL_DONE",
        "chained": "OTO",
        "emptied": ["OTO"],
        "usage": ["SECOND", "DAY"],
        "repaid": True,
        "trades": 0.01,
        "refused": -1102,
    }
