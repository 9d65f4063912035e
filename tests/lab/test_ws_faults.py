"""Faults meet requests that come over the WebSocket API as they meet those over HTTP, by the same rules."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from openmargin.api.ws.connection import Connection
from openmargin.api.ws.gateway import SocketRequest
from openmargin.domain.ids import SPOT
from openmargin.runtime.secrets import DEVELOPMENT_API_KEYS
from tests.api.world import sign
from tests.api.ws_client import ORDER, payload_of
from tests.api.ws_line import settle
from tests.lab.bench import Served, served
from tests.streams.wire import MemoryWire

PLACE = "/ws-api/v3/order.place"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    directory = tmp_path_factory.mktemp("lab")
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        served(monkeypatch, directory, clock="virtual") as running,
    ):
        yield running


@pytest.fixture(scope="module")
def ann(lab: Served) -> tuple[int, str, str]:
    """Her number, key and secret; she has money."""
    account_id = lab.account()["accountId"]
    path = f"/lab/accounts/{account_id}"
    lab.post(f"{path}/deposit", {"wallet": "SPOT", "asset": "USDT", "amount": "100000"}).raise_for_status()
    key = lab.post(f"{path}/keys", {"permissions": ["READ", "TRADE"]}).raise_for_status().json()
    return account_id, key["apiKey"], key["secretKey"]


@pytest.fixture
def socket(lab: Served) -> Iterator["Socket"]:
    opened = Socket(lab)
    yield opened
    lab.ask("DELETE", "/lab/faults").raise_for_status()
    opened.leave()


class Socket:
    """A connection of the application's WebSocket API, with its client's end in hand."""

    def __init__(self, lab: Served, path: str = "/ws-api/v3") -> None:
        self.lab = lab
        self.wire = MemoryWire()

        async def open_() -> object:
            return lab.application.sockets.open(SocketRequest(path, b"", "127.0.0.1"), self.wire)

        opened = lab.run(open_())
        assert isinstance(opened, Connection)
        self.connection = opened

    def ask(self, method: str, **params: Any) -> Any:
        """The one answer, or None where nothing came back."""
        self.wire.messages.clear()

        async def send() -> None:
            text = json.dumps({"id": 1, "method": method, "params": params})
            self.connection.received(text.encode())
            await settle()

        self.lab.run(send())
        answers = [json.loads(message) for message in self.wire.messages]
        assert len(answers) < 2
        return answers[0] if answers else None

    def code(self, method: str = "ping", **params: Any) -> tuple[int, int | None]:
        """Status and code."""
        answer = self.ask(method, **params)
        return answer["status"], answer.get("error", {}).get("code")

    def leave(self) -> None:
        async def leave() -> None:
            self.connection.lost()

        self.lab.run(leave())


def order_of(lab: Served, ann: tuple[int, str, str], name: str) -> dict[str, Any]:
    """A signed bid that rests, by its own name."""
    _, api_key, secret = ann
    asked = {
        **ORDER,
        "newClientOrderId": name,
        "apiKey": api_key,
        "timestamp": lab.exchange.clock.now_ms(),
    }
    return {**asked, "signature": sign(secret, payload_of(asked))}


def stands(lab: Served, ann: tuple[int, str, str], name: str) -> bool:
    """Was an order of that name placed?"""
    return lab.exchange.live.order(ann[0], SPOT, "BTCUSDT", 0, name) is not None


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("error", 503, -1006),
        ("timeout", 504, -1007),
        ("pending", 400, -3007),
        ("busy", 400, -3044),
        ("no-inventory", 400, -3045),
        ("too-many-requests", 429, -1003),
    ],
)
def test_each_fault_has_its_answer(lab: Served, socket: Socket, fault: str, status: int, code: int) -> None:
    lab.post("/lab/faults", {"fault": fault, "count": 1}).raise_for_status()
    assert [socket.code(), socket.code()] == [(status, code), (200, None)]


def test_a_limit_says_when_to_ask_again_and_a_ban_ends_the_connection(lab: Served, socket: Socket) -> None:
    lab.post("/lab/faults", {"fault": "too-many-requests", "seconds": 30, "count": 1})
    limited = socket.ask("time")
    data = limited["error"]["data"]
    assert data["retryAfter"] - data["serverTime"] == 30_000
    assert "rateLimits" not in limited, "what was counted would tell what was done"
    lab.post("/lab/faults", {"fault": "ban", "seconds": 120, "count": 1})
    banned = socket.ask("ping")
    assert banned["status"] == 418
    assert str(banned["error"]["data"]["retryAfter"]) in banned["error"]["msg"]
    assert socket.wire.closed == (1008, "Banned")
    assert Socket(lab).code() == (200, None), "the address is not banned for more than one request"


@pytest.mark.parametrize("fault", ["error", "timeout", "drop", "half-close"])
@pytest.mark.parametrize("executed", [True, False])
def test_what_is_executed_is_executed_though_nobody_hears_of_it(
    lab: Served, socket: Socket, ann: tuple[int, str, str], fault: str, executed: bool
) -> None:
    name = f"{fault}-{executed}"
    lab.post("/lab/faults", {"fault": fault, "executed": executed, "path": PLACE}).raise_for_status()
    answer = socket.ask("order.place", **order_of(lab, ann, name))
    assert stands(lab, ann, name) is executed
    if fault in ("drop", "half-close"):
        assert answer is None
        assert socket.wire.cuts == [fault == "half-close"]
        # Half of a connection is read all the same; of a dropped one there is nothing left.
        assert socket.connection.is_open is (fault == "half-close")
    else:
        assert answer["error"]["code"] in (-1006, -1007)
        assert socket.wire.cuts == []


def test_a_rule_of_an_endpoint_is_about_both_doors(lab: Served, socket: Socket) -> None:
    lab.post("/lab/faults", {"fault": "error", "path": "/api/v3/t*", "method": "GET"})
    assert socket.code("time") == (503, -1006)
    assert lab.get("/api/v3/time").status_code == 503
    assert socket.code("ping") == (200, None)
    assert socket.code("session.status") == (200, None), "no endpoint over HTTP, and no GET"
    lab.ask("DELETE", "/lab/faults")
    lab.post("/lab/faults", {"fault": "timeout", "path": "/ws-api/*"})
    assert socket.code("session.status") == (504, -1007)
    assert socket.code("time") == (504, -1007)
    assert lab.get("/api/v3/time").status_code == 200
    occurrences = lab.get("/lab/faults").json()["occurrences"]
    assert [(one["method"], one["path"]) for one in occurrences[-2:]] == [
        ("", "/ws-api/v3/session.status"),
        ("GET", "/ws-api/v3/time"),
    ]


def test_a_rule_of_an_account_goes_by_the_key_of_the_message(
    lab: Served, socket: Socket, ann: tuple[int, str, str]
) -> None:
    account_id, api_key, _ = ann
    lab.post("/lab/faults", {"fault": "error", "accountId": account_id})
    assert socket.code("order.place", apiKey=api_key) == (503, -1006)
    assert socket.code("order.place", apiKey=DEVELOPMENT_API_KEYS[0])[1] == -1102
    assert socket.code("ping") == (200, None)


def test_a_late_answer_is_an_answer_and_what_is_no_request_meets_no_faults(
    lab: Served, socket: Socket
) -> None:
    lab.post("/lab/faults", {"fault": "latency", "seconds": 0.01})
    assert socket.code("v3/ping") == (200, None)
    assert lab.get("/lab/faults").json()["faults"][0]["times"] == 1
    assert socket.code("no.such.method")[1] == -1020
    assert lab.get("/lab/faults").json()["faults"][0]["times"] == 1


def test_a_world_has_its_own_faults_on_its_own_websocket_api(lab: Served, socket: Socket) -> None:
    lab.get("/w/one/lab/state").raise_for_status()
    lab.post("/w/one/lab/faults", {"fault": "timeout"}).raise_for_status()
    inside = Socket(lab, "/w/one/ws-api/v3")
    assert [inside.code(), socket.code()] == [(504, -1007), (200, None)]
