"""The WebSocket API of a served instance, over a socket and through the proxy."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect

from tests.api.ws_client import new_pair, payload_of, signing
from tests.serve.process import Server, proxying, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), "--data", ":memory:", "--clock", "virtual") as running:
        yield running


def at(server: Server) -> str:
    return server.address.replace("http", "ws", 1) + "/ws-api/v3"


def ask(client: ClientConnection, method: str, **params: object) -> Any:
    request_id = method.replace(".", "-")
    client.send(json.dumps({"id": request_id, "method": method, "params": params}))
    answer = json.loads(client.recv(timeout=20))
    assert answer["id"] == request_id
    return answer


def test_a_session_trades_and_what_it_did_stands_over_http(server: Server) -> None:
    made = server.client.post("/lab/accounts", json={"name": "ann"}).raise_for_status().json()
    path = f"/lab/accounts/{made['accountId']}"
    private, pem = new_pair()
    wanted = {"permissions": ["READ", "TRADE"], "keyType": "ED25519", "publicKey": pem}
    key = server.client.post(f"{path}/keys", json=wanted)
    api_key = key.raise_for_status().json()["apiKey"]
    money = {"wallet": "SPOT", "asset": "USDT", "amount": "10000"}
    server.client.post(f"{path}/deposit", json=money).raise_for_status()
    with connect(at(server), proxy=None) as client:
        now = ask(client, "time")["result"]["serverTime"]
        logon = {"apiKey": api_key, "timestamp": now}
        logon["signature"] = signing(private)(payload_of(logon))
        assert ask(client, "session.logon", **logon)["result"]["apiKey"] == api_key
        bought = ask(
            client,
            "order.place",
            symbol="BTCUSDT",
            side="BUY",
            type="MARKET",
            quantity="0.01",
            timestamp=now,
        )
        assert bought["result"]["status"] == "FILLED"
        assert [row["count"] for row in bought["rateLimits"][:2]] == [0, 0], "a filled order is not unfilled"
        trades = ask(client, "myTrades", symbol="BTCUSDT", timestamp=now)["result"]
        assert {trade["orderId"] for trade in trades} == {bought["result"]["orderId"]}
        used = ask(client, "ping")["rateLimits"][0]["count"]
        over_http = server.client.get("/api/v3/ping").headers["x-mbx-used-weight-1m"]
        assert int(over_http) in (used + 1, 1), "the same budget, unless a minute has just begun"


def test_faults_end_the_socket_of_whoever_asked(server: Server) -> None:
    """A drop is a reset; half a connection is one that ends without a close frame, and is still read."""
    for fault in ("drop", "half-close"):
        rule = {"fault": fault, "path": "/ws-api/v3/time", "count": 1}
        server.client.post("/lab/faults", json=rule).raise_for_status()
        with connect(at(server), proxy=None) as client, connect(at(server), proxy=None) as other:
            with pytest.raises(ConnectionClosedError) as ended:
                ask(client, "time")
            assert ended.value.rcvd is None, "no close frame"
            assert "serverTime" in ask(other, "time")["result"]
    server.client.delete("/lab/faults").raise_for_status()


def test_the_proxy_answers_the_host_of_the_websocket_api(server: Server, tmp_path: Path) -> None:
    with proxying(tmp_path, server.address) as (port, authority):
        trust = ssl.create_default_context(cafile=str(authority))
        address = "wss://ws-api.binance.com:443/ws-api/v3?returnRateLimits=false"
        with connect(address, proxy=f"http://127.0.0.1:{port}", ssl=trust) as client:
            assert ask(client, "ping") == {"id": "ping", "status": 200, "result": {}}
