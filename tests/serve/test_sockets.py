"""WebSockets of a served instance: the handshake, the paths, HTTPS, the proxy, and the end."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.serve.process import Server, proxying, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), "--data", ":memory:") as running:
        yield running


def ask(client: ClientConnection, **request: object) -> object:
    client.send(json.dumps(request))
    return json.loads(client.recv(timeout=20))


def at(server: Server, path: str) -> str:
    return server.address.replace("http", "ws", 1) + path


@pytest.mark.parametrize(("path", "is_combined"), [("/ws", False), ("/ws/", False), ("/stream", True)])
def test_streams_are_connected_to_at_their_paths(server: Server, path: str, is_combined: bool) -> None:
    with connect(at(server, path), proxy=None) as client:
        assert ask(client, method="LIST_SUBSCRIPTIONS", id=1) == {"result": [], "id": 1}
        assert ask(client, method="GET_PROPERTY", params=["combined"], id="a") == {
            "result": is_combined,
            "id": "a",
        }
        client.ping()
        assert ask(client, method="NOTHING", id=2)["code"] == 2


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere", 404), ("/ws/nonsense", 400), ("/ws?timeUnit=hours", 400)]
)
def test_handshakes_are_refused_in_json(server: Server, path: str, status: int) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(at(server, path), proxy=None):
        pass
    response = refused.value.response
    assert response.status_code == status
    assert set(json.loads(response.body)) == {"code", "msg"}


def test_requests_go_on_beside_sockets(server: Server) -> None:
    with connect(at(server, "/ws"), proxy=None) as client:
        assert server.client.get("/api/v3/ping").json() == {}
        assert ask(client, method="LIST_SUBSCRIPTIONS", id=1) == {"result": [], "id": 1}


def end_of(client: ClientConnection) -> tuple[int | None, int]:
    """The code that the server closes with, and how many messages come before it."""
    messages = 0
    try:
        while client.recv(timeout=20):
            messages += 1
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None, messages


def test_sockets_are_closed_when_another_timeline_is_served(server: Server) -> None:
    assert server.client.post("/lab/snapshots", json={"name": "here"}).status_code == 200
    with connect(at(server, "/ws"), proxy=None) as client:
        assert server.client.post("/lab/snapshots/here/restore", json={}).json()["timeline"] == "here-1"
        assert end_of(client)[0] == 1012
    with connect(at(server, "/ws"), proxy=None) as client:
        assert ask(client, method="LIST_SUBSCRIPTIONS", id=1) == {"result": [], "id": 1}


def test_a_message_that_is_too_long_and_too_many_messages_end_a_connection(server: Server) -> None:
    with connect(at(server, "/ws"), proxy=None) as client:
        client.send("x" * 100_000)
        assert end_of(client) == (1009, 0)
    with connect(at(server, "/ws"), proxy=None) as client:
        for _ in range(6):
            client.send(["{", "", "}"])  # Each in three parts.
        assert end_of(client) == (1008, 5)


def test_a_broken_handshake_or_frame_ends_that_connection_alone(server: Server) -> None:
    port = int(server.address.rpartition(":")[2])
    upgrade = b"GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    key = b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(upgrade + b"\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 400")
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(upgrade + key)
        assert client.recv(1000).startswith(b"HTTP/1.1 101")
        client.sendall(b"\x81\x01x")  # Clients mask.
        answer = client.recv(1000)
        assert (answer[0], answer[2:4]) == (0x88, (1002).to_bytes(2, "big"))
    assert server.client.get("/api/v3/ping").json() == {}


def test_https_carries_sockets_and_a_stop_says_goodbye_to_them(tmp_path: Path) -> None:
    with serving(tmp_path, "--data", ":memory:", "--tls") as secure:
        trust = ssl.create_default_context(cafile=str(tmp_path / "config" / "openmargin" / "authority.pem"))
        with connect(at(secure, "/stream"), proxy=None, ssl=trust) as client:
            assert ask(client, method="LIST_SUBSCRIPTIONS", id=1) == {"result": [], "id": 1}
            assert secure.stop() == 0
            farewell = json.loads(client.recv(timeout=20))
            assert (farewell["stream"], farewell["data"]["e"]) == ("!serverShutdown", "serverShutdown")
            assert end_of(client) == (1001, 0)


def test_the_proxy_carries_sockets_of_the_known_hosts(server: Server, tmp_path: Path) -> None:
    with proxying(tmp_path, server.address) as (port, authority):
        trust = ssl.create_default_context(cafile=str(authority))
        for host in ("stream.binance.com:9443", "stream.binance.com", "data-stream.binance.vision"):
            with connect(f"wss://{host}/ws", proxy=f"http://127.0.0.1:{port}", ssl=trust) as client:
                assert ask(client, method="LIST_SUBSCRIPTIONS", id=1) == {"result": [], "id": 1}


@pytest.mark.parametrize("path", ["/ws/btcusdt@trade", "/stream?streams=btcusdt@trade", "/ws-api/v3"])
def test_a_world_begins_with_whatever_is_opened_first(server: Server, path: str) -> None:
    world = f"/w/first-by-{path.split('/')[1].split('?')[0]}"
    with (
        connect(at(server, world + path), proxy=None) as client,
        connect(at(server, path), proxy=None) as other,
    ):
        price = {"price": "43000"}
        server.client.post(f"{world}/lab/prices/BTCUSDT", json=price).raise_for_status()
        if path == "/ws-api/v3":
            said = [
                float(ask(one, method="ticker.price", params={"symbol": "BTCUSDT"}, id=1)["result"]["price"])
                for one in (client, other)
            ]
            assert abs(said[0] - 43_000) < 500 < abs(said[1] - 43_000)
        else:
            trade = json.loads(client.recv(timeout=20))
            assert abs(float(trade.get("data", trade)["p"]) - 43_000) < 500
            with pytest.raises(TimeoutError):
                other.recv(timeout=0)
        server.client.delete(f"/lab/worlds/{world.removeprefix('/w/')}").raise_for_status()
        assert end_of(client)[0] == 1012


def test_a_world_has_streams_of_its_own_until_it_ends(server: Server) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(at(server, "/w/a%20b/ws"), proxy=None):
        pass
    assert refused.value.response.status_code == 404
    assert "is no name of a world" in json.loads(refused.value.response.body)["msg"]
    with connect(at(server, "/w/one/ws"), proxy=None) as client:
        assert ask(client, method="SUBSCRIBE", params=["btcusdt@trade"], id=1) == {"result": None, "id": 1}
        assert server.client.post("/lab/prices/BTCUSDT", json={"price": "41000"}).status_code == 200
        assert server.client.post("/w/one/lab/prices/BTCUSDT", json={"price": "42000"}).status_code == 200
        assert 41_500 < float(json.loads(client.recv(timeout=20))["p"]) < 42_500
        assert server.client.delete("/lab/worlds/one").status_code == 200
        assert end_of(client)[0] == 1012
