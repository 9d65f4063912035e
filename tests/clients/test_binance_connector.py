"""binance-connector, unchanged but for its address."""

import json
from pathlib import Path

import pytest

from tests.clients.environments import run_client
from tests.clients.sdk import development_key
from tests.serve.process import serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

SESSION = (Path(__file__).parent / "sessions" / "binance_connector.py").read_text()

HEARD = [
    *("balanceUpdate", "outboundAccountPosition"),  # The transfer
    *("balanceUpdate", "outboundAccountPosition"),  # The loan
    *("executionReport", "executionReport", "outboundAccountPosition"),  # The order that trades at once
    *("executionReport", "outboundAccountPosition"),  # The one that rests
    *("executionReport", "outboundAccountPosition"),  # and is cancelled
    "listStatus",  # The pair
]


def test_it_borrows_trades_and_repays(tmp_path: Path) -> None:
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as server:
        done = run_client("binance-connector", SESSION, server.address, *development_key(server))
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen.pop("heard") == HEARD
    assert seen == {
        "subscribed": None,
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
