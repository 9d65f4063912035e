"""Clients that ask over the WebSocket API and sign each message, unchanged but for its address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.environments import run_client
from tests.clients.sdk import development_key
from tests.serve.process import Server, serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

SESSIONS = Path(__file__).parent / "sessions"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as running:
        money = {"wallet": "SPOT", "asset": "USDT", "amount": "10000"}
        running.client.post("/lab/accounts/1/deposit", json=money).raise_for_status()
        yield running


def run(server: Server, client: str, session: str) -> dict[str, object]:
    program = (SESSIONS / session).read_text()
    done = run_client(client, program, server.address, *development_key(server))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_python_binance_trades_over_the_websocket_api(server: Server) -> None:
    assert run(server, "python-binance", "python_binance_ws_api.py") == {
        "bids": 2,
        "columns": True,
        "bought": "FILLED",
        "found": "NEW",
        "canceled": "CANCELED",
        "account": "SPOT",
        "refused": "-2011 Unknown order sent.",
    }


def test_ccxt_trades_over_the_websocket_api(server: Server) -> None:
    seen = run(server, "ccxt", "ccxt_ws_api.py")
    assert seen.pop("faults") == {
        "error False": ["OperationFailed -1006", False],
        "error True": ["OperationFailed -1006", True],
        "timeout False": ["RequestTimeout -1007", False],
        "timeout True": ["RequestTimeout -1007", True],
        "drop False": ["NetworkError", False],
        "drop True": ["NetworkError", True],
        "half-close False": ["NetworkError", False],
        "half-close True": ["NetworkError", True],
        "pending": ["ExchangeError -3007", False],
        "no-inventory": ["ExchangeError -3045", False],
        "too-many-requests": ["RateLimitExceeded -1003", False],
        "ban": ["RateLimitExceeded -1003", False],
        "latency": ["nothing of it", True],
    }
    assert seen == {
        "bought": 0.01,
        "edited": 0.02,
        "opened": True,
        "found": "open",
        "traded": 0.01,
        "candles": True,
        "bitcoin": True,
        "refused": "OrderNotFound",
    }
