"""The official SDK on every listen key endpoint, and what it hears by them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.environments import run_client
from tests.clients.sdk import CallFailed, Sdk, development_key
from tests.serve.process import Server, serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

SESSION = (Path(__file__).parent / "sessions" / "official_sdk_streams.py").read_text()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as running:
        yield running


@pytest.mark.parametrize(("stream", "version"), [("risk", ""), ("combined", "_v2")])
def test_every_listen_key_endpoint(server: Server, stream: str, version: str) -> None:
    sdk = Sdk(server)
    name = sdk.ask(f"start_{stream}_stream", f"start_user_data_stream{version}")["listenKey"]
    sdk.ask(f"keep_{stream}_stream", f"keepalive_user_data_stream{version}", listen_key=name)
    sdk.ask(f"close_{stream}_stream", f"close_user_data_stream{version}")
    with pytest.raises(CallFailed, match="-1125"):
        sdk.call(f"keepalive_user_data_stream{version}", listen_key=name)


def test_it_parses_every_event_as_declared(server: Server) -> None:
    body = {"wallet": "CROSS", "asset": "USDT", "amount": "50000"}
    server.client.post("/lab/accounts/1/deposit", json=body).raise_for_status()
    done = run_client("binance-sdk-margin", SESSION, server.address, *development_key(server))
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["warnings"] == []
    risk = [(kind, fields.get("t")) for kind, fields in seen["heard"]["risk"]]
    assert risk[:2] == [("UserLiabilityChange", "BORROW"), ("UserLiabilityChange", "INTEREST")]
    combined = [
        (kind, fields.get("x"), fields.get("c"), fields.get("C"))
        for kind, fields in seen["heard"]["combined"]
    ]
    orders = [row for row in combined if row[0] == "ExecutionReport"]
    canceled = orders[1]
    assert orders == [
        ("ExecutionReport", "NEW", "resting", ""),
        ("ExecutionReport", "CANCELED", canceled[2], "resting"),
        ("ExecutionReport", "NEW", "last", ""),
        ("ExecutionReport", "TRADE", "last", ""),
    ]
    kinds = {kind for kind, *_ in combined}
    assert kinds >= {"BalanceUpdate", "OutboundAccountPosition", "UserLiabilityChange"}
