"""npm `binance` and ccxt for JavaScript, unchanged but for their addresses, borrow, trade and repay."""

import json
from pathlib import Path

import pytest

from tests.clients.environments import run_node_client
from tests.clients.sdk import development_key
from tests.serve.process import serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

SESSIONS = Path(__file__).parent / "sessions"
HEARD = [
    *("balanceUpdate", "outboundAccountPosition"),  # The transfer
    *("balanceUpdate", "outboundAccountPosition"),  # The loan
    *("executionReport", "executionReport", "outboundAccountPosition"),  # The order that trades at once
    *("executionReport", "outboundAccountPosition"),  # The one that rests
    *("executionReport", "outboundAccountPosition"),  # and is cancelled
    "listStatus",  # The pair
]


def answer(printed: str) -> object:
    """What the session says at last: its client logs to the same place."""
    return json.loads(printed.splitlines()[-1])


def test_npm_binance(tmp_path: Path) -> None:
    session = (SESSIONS / "npm_margin.mjs").read_text()
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as server:
        done = run_node_client("npm-binance", session, server.address, *development_key(server))
    assert done.returncode == 0, done.stderr
    assert answer(done.stdout) == {
        "moved": True,
        "bought": "FILLED",
        "found": "NEW",
        "opened": True,
        "canceled": "CANCELED",
        "pair": "OCO",
        "ended": "ALL_DONE",
        "traded": 0.01,
        "borrowed": True,
        "heard": HEARD,
        "refused": -1102,
    }


def test_npm_ccxt(tmp_path: Path) -> None:
    session = (SESSIONS / "npm_ccxt.mjs").read_text()
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as server:
        done = run_node_client("npm-ccxt", session, server.address, *development_key(server))
    assert done.returncode == 0, done.stderr
    assert answer(done.stdout) == {
        "margin": True,
        "moved": True,
        "bought": "closed",
        "opened": True,
        "canceled": "canceled",
        "pair": ["OCO", "ALL_DONE"],
        "traded": 0.01,
        "owes": True,
        "heard": ["BTC/USDT", True],
        "refused": "InsufficientFunds",
    }
