"""User data of a served instance: a listen key outlives the process that gave it, and what is told is on disk."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from openmargin.runtime.secrets import DEVELOPMENT_API_KEYS
from tests.clients.sdk import development_key, signed_by_hand
from tests.serve.process import Server, serving

HEADERS = {"X-MBX-APIKEY": DEVELOPMENT_API_KEYS[0]}
STREAM = "/sapi/v1/userDataStream"


def listen(server: Server, path: str) -> ClientConnection:
    return connect(server.address.replace("http", "ws", 1) + path, proxy=None)


def hear(client: ClientConnection, count: int) -> list[dict[str, Any]]:
    return [json.loads(client.recv(timeout=20)) for _ in range(count)]


def deposit(server: Server, amount: str) -> None:
    body = {"wallet": "CROSS", "asset": "USDT", "amount": amount}
    server.client.post("/lab/accounts/1/deposit", json=body).raise_for_status()


def test_a_listen_key_outlives_a_kill_and_tells_what_is_on_disk(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "exchange"), "--clock", "virtual")
    with serving(tmp_path, *data) as server:
        name = server.client.post(STREAM, headers=HEADERS).json()["listenKey"]
        with listen(server, f"/ws/{name}") as client:
            deposit(server, "100000")
            update, position = hear(client, 2)
            assert (update["e"], update["d"]) == ("balanceUpdate", "100000.00000000")
            # Killed in the moment in which it is heard of: it must be there when the server is.
            assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    with serving(tmp_path, *data) as server:
        key = development_key(server)
        account = signed_by_hand(server, key, "GET", "/sapi/v1/margin/account")
        held = {row["asset"]: row["free"] for row in account["userAssets"]}
        assert [row["f"] for row in position["B"]] == [held["USDT"]]
        assert server.client.post(STREAM, headers=HEADERS).json() == {"listenKey": name}
        with listen(server, f"/stream?streams={name}") as client:
            order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
            placed = signed_by_hand(server, key, "POST", "/sapi/v1/margin/order", **order)
            told = hear(client, 3)
        assert {message["stream"] for message in told} == {name}
        events = [message["data"] for message in told]
        assert [event.get("x") for event in events] == ["NEW", "TRADE", None]
        assert {event.get("i", placed["orderId"]) for event in events} == {placed["orderId"]}


def test_a_key_may_be_subscribed_to_and_left_on_an_open_connection(tmp_path: Path) -> None:
    with (
        serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as server,
        listen(server, "/ws") as client,
    ):
        name = server.client.post(STREAM, headers=HEADERS).json()["listenKey"]
        client.send(json.dumps({"method": "SUBSCRIBE", "params": [name], "id": 1}))
        assert hear(client, 1) == [{"result": None, "id": 1}]
        deposit(server, "1")
        assert [event["e"] for event in hear(client, 2)] == ["balanceUpdate", "outboundAccountPosition"]
        server.client.post("/lab/clock/advance", json={"seconds": 3600}).raise_for_status()
        [expired] = hear(client, 1)
        assert (expired["e"], expired["listenKey"]) == ("listenKeyExpired", name)
        client.send(json.dumps({"method": "UNSUBSCRIBE", "params": [name], "id": 2}))
        assert hear(client, 1) == [{"result": None, "id": 2}]
