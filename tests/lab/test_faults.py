"""Faults of the wire: which request a rule meets, what it hears, and that everything is written down."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from openmargin.lab.faults.rules import Fault, Faults, Rule
from openmargin.lab.faults.streams import FaultyWire
from openmargin.main import Application
from openmargin.runtime.secrets import DEVELOPMENT_API_KEYS
from tests.lab.bench import Served, served

ALICE, BOB = ({"X-MBX-APIKEY": key} for key in DEVELOPMENT_API_KEYS[:2])
PING = "/api/v3/ping"


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Served]:
    with served(monkeypatch, tmp_path, data=tmp_path / "data") as running:
        yield running


def ask(lab: Served, path: str = PING, headers: dict[str, str] | None = None) -> tuple[int, int | None]:
    """Status and code."""
    answer = lab.run(lab.client.get(path, headers=headers))
    return answer.status_code, answer.json().get("code")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("error", 503, -1006),
        ("timeout", 504, -1007),
        ("pending", 400, -3007),
        ("busy", 400, -3044),
        ("no-inventory", 400, -3045),
        ("too-many-requests", 429, -1003),
        ("ban", 418, -1003),
    ],
)
def test_each_fault_has_its_answer(lab: Served, fault: str, status: int, code: int) -> None:
    lab.post("/lab/faults", {"fault": fault, "count": 1}).raise_for_status()
    assert [ask(lab), ask(lab)] == [(status, code), (200, None)]


def test_a_fault_says_when_to_ask_again(lab: Served) -> None:
    lab.post("/lab/faults", {"fault": "ban", "seconds": 120})
    assert lab.get(PING).headers["Retry-After"] == "120"


def test_a_rule_is_about_a_method_a_path_and_an_account(lab: Served) -> None:
    account = lab.exchange.live.key(DEVELOPMENT_API_KEYS[1])
    assert account is not None
    lab.post("/lab/faults", {"fault": "error", "path": "/api/v3/t*", "accountId": account.account_id})
    time = "/api/v3/time"
    assert [ask(lab, time, headers)[0] for headers in (BOB, ALICE, None)] == [503, 200, 200]
    assert ask(lab, PING, BOB)[0] == 200
    assert lab.ask("DELETE", "/lab/faults").json() == {"faultIds": [1]}
    lab.post("/lab/faults", {"fault": "error", "path": PING, "method": "POST"})
    assert ask(lab) == (200, None)
    assert lab.post(PING, None).status_code == 503


def test_what_is_executed_is_executed_though_nobody_hears_of_it(lab: Served) -> None:
    """Seen by what is counted: the gateway counts what reaches it."""
    used = "X-MBX-USED-WEIGHT-1M"
    before = int(lab.get(PING).headers[used])
    for executed in (True, False, True):
        lab.post("/lab/faults", {"fault": "timeout", "executed": executed, "count": 1})
        assert ask(lab) == (504, -1007)
    assert int(lab.get(PING).headers[used]) == before + 3


@pytest.mark.parametrize(("fault", "end"), [(Fault.DROP, 0), (Fault.HALF_CLOSE, -1)])
def test_a_stream_ends_in_place_of_a_message(lab: Served, fault: Fault, end: int) -> None:
    async def story() -> None:
        faults = Faults(lambda: 0, None)
        wire = Told()
        faulty = FaultyWire(wire, faults, "/ws/btcusdt@trade")
        rule = faults.add(Rule(fault, path="/ws/*", probability=0.2, seed=3))
        assert faults.break_streams
        assert not faults.break_requests
        faulty.write([b"%d" % number for number in range(20)])
        assert wire.messages == [b"%d" % number for number in range(rule.met - 1)]
        assert 1 < rule.met < 20
        assert (wire.ends, rule.times) == ([end], 1)
        faulty.write([b"late"])
        assert b"late" not in wire.messages
        assert rule.times == 1

    lab.run(story())


def test_the_same_seed_strikes_the_same_requests(lab: Served) -> None:
    def struck(seed: int) -> list[bool]:
        fault = lab.post("/lab/faults", {"fault": "error", "probability": 0.4, "seed": seed}).json()
        seen = [ask(lab)[0] == 503 for _ in range(20)]
        assert lab.ask("DELETE", f"/lab/faults/{fault['faultId']}").json() == {"faultIds": [fault["faultId"]]}
        return seen

    first = struck(7)
    assert struck(7) == first
    assert struck(8) != first
    assert 3 < sum(first) < 14


def test_everything_is_shown_and_written_down(lab: Served, tmp_path: Path) -> None:
    assert lab.get("/lab/faults").json() == {"faults": [], "occurrences": []}
    lab.post("/lab/faults", {"fault": "latency", "seconds": 0, "count": 2})
    ask(lab)
    shown = lab.get("/lab/faults").json()
    (rule,) = shown["faults"]
    assert (rule["fault"], rule["times"], rule["count"], rule["isOver"]) == ("latency", 1, 2, False)
    ask(lab)
    assert lab.get("/lab/faults").json()["faults"][0]["isOver"] is True
    (first, second) = lab.get("/lab/faults").json()["occurrences"]
    assert first["path"] == second["path"] == PING
    logged = [json.loads(line) for line in (tmp_path / "data" / "lab.log").read_text().splitlines()]
    assert [line["met"] for line in logged] == [1, 2]
    assert {key: logged[0][key] for key in first} == first
    assert logged[0]["seed"] == 1


def test_a_log_that_cannot_be_written_changes_nothing_that_clients_hear(lab: Served, tmp_path: Path) -> None:
    (tmp_path / "data" / "lab.log").mkdir()
    lab.post("/lab/faults", {"fault": "error", "path": "/api/v3/ping"})
    assert lab.get("/api/v3/ping").status_code == 503
    assert len(lab.get("/lab/faults").json()["occurrences"]) == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"fault": "earthquake"}, "Invalid enum value 'earthquake'"),
        ({"fault": "ban", "executed": True}, "executed says nothing of ban"),
        ({"fault": "drop", "seconds": 1}, "seconds say nothing of drop"),
        ({"fault": "delay-events", "accountId": 1}, "delay-events is about connections"),
        ({"fault": "drop", "path": "/ws/*", "executed": True}, "drop is about connections there"),
        (
            {"fault": "half-close", "path": "/stream", "method": "GET"},
            "half-close is about connections there",
        ),
        ({"fault": "error", "path": "/ws/*"}, "no request goes to /ws/*"),
        ({"fault": "error", "path": "/lab/state"}, "no request goes to /lab/state"),
        ({"fault": "pending-repayment", "seconds": 0}, "no repayment is pending for no time"),
        ({"fault": "pending-repayment", "accountId": 1}, "every repayment is pending then"),
        ({"fault": "listen-key-expiry"}, "nobody's listen keys"),
        ({"fault": "delay-events", "path": "/nowhere"}, "no WebSocket is at /nowhere"),
        ({"fault": "listen-key-expiry", "path": "/api/v3/ping"}, "listen-key-expiry is about no requests"),
        ({"fault": "error", "probability": 0}, "Expected `float` > 0"),
    ],
)
def test_what_makes_no_sense_is_refused(lab: Served, body: dict[str, Any], error: str) -> None:
    refused = lab.post("/lab/faults", body)
    assert refused.status_code == 400
    assert error in refused.json()["error"]
    assert lab.ask("DELETE", "/lab/faults/1").status_code == 404


def test_an_exchange_that_would_be_gone_is_not_restarted(lab: Served) -> None:
    refused = lab.post("/lab/faults", {"fault": "restart"})
    assert (refused.status_code, refused.json()["hint"]) == (422, "serve it from a directory: --data DIR")


def test_what_changes_the_exchange_is_in_its_journal(lab: Served) -> None:
    before = lab.get("/lab/state").json()["seq"]
    asked = {"fault": "pending-repayment", "seconds": 90}
    made = lab.post("/lab/faults", asked).json()
    assert (made["faultId"], made["seconds"], made["isOver"]) == (0, 90.0, False)
    assert lab.get("/lab/state").json()["seq"] == before + 1
    assert lab.exchange.live.repayment_delay_ms == 90_000
    shown = lab.get("/lab/faults").json()
    assert shown["faults"] == [made]
    assert [one["fault"] for one in shown["occurrences"]] == ["pending-repayment"]
    assert lab.ask("DELETE", "/lab/faults/0").json() == {"faultIds": [0]}
    assert lab.exchange.live.repayment_delay_ms == 0
    assert lab.ask("DELETE", "/lab/faults/0").status_code == 404
    lab.post("/lab/faults", asked)
    lab.post("/lab/faults", {"fault": "error"})
    assert lab.ask("DELETE", "/lab/faults").json() == {"faultIds": [0, 1]}
    assert lab.get("/lab/faults").json()["faults"] == []


def test_listen_keys_end_when_they_are_told_to(lab: Served) -> None:
    made = lab.run(lab.client.post("/sapi/v1/userDataStream", headers=ALICE))
    assert made.status_code == 200
    account = lab.exchange.live.key(DEVELOPMENT_API_KEYS[0])
    assert account is not None
    ended = lab.post("/lab/faults", {"fault": "listen-key-expiry", "accountId": account.account_id}).json()
    assert (ended["faultId"], ended["isOver"]) == (0, True)
    kept = lab.run(
        lab.client.put(
            "/sapi/v1/userDataStream", headers=ALICE, params={"listenKey": made.json()["listenKey"]}
        )
    )
    assert (kept.status_code, kept.json()["code"]) == (400, -1125)
    assert lab.get("/lab/faults").json()["faults"] == []
    nobody = {"fault": "listen-key-expiry", "accountId": 999}
    assert lab.post("/lab/faults", nobody).status_code == 404


def test_nothing_stands_before_the_gateway_while_nothing_is_broken(lab: Served) -> None:
    transport: Any = lab.client._transport
    application: Application = transport.app
    first = lab.post("/lab/faults", {"fault": "error", "count": 1}).json()
    assert application.stage._is_broken is True
    ask(lab)
    assert application.stage._is_broken is False
    lab.post("/lab/faults", {"fault": "duplicate-events"})
    assert application.stage._is_broken is False
    assert application.sockets.wire_of is not None
    lab.ask("DELETE", "/lab/faults")
    assert application.sockets.wire_of is None
    assert first["faultId"] == 1


class Told:
    """A wire that keeps what it is told."""

    is_writable = True

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.ends: list[int] = []

    def write(self, messages: Sequence[bytes]) -> None:
        self.messages += messages

    def ping(self, payload: bytes) -> None:
        self.messages.append(payload)

    def close(self, code: int, reason: str) -> None:
        self.ends.append(code)
        assert reason

    def cut_off(self, is_half: bool) -> None:
        self.ends.append(-1 if is_half else 0)


def test_stream_events_come_twice_or_late_and_in_their_order(lab: Served) -> None:
    async def story() -> None:
        import asyncio

        faults = Faults(lambda: 0, None)
        wire = Told()
        faulty = FaultyWire(wire, faults, "/ws/btcusdt@trade")
        faults.add(Rule(Fault.DUPLICATE_EVENTS, most=1))
        faulty.write([b"1", b"2"])
        assert wire.messages == [b"1", b"1", b"2"]
        late = faults.add(Rule(Fault.DELAY_EVENTS, path="/ws/*", most=1, seconds=0.01))
        faults.add(Rule(Fault.DELAY_EVENTS, path="/stream"))
        faulty.write([b"3"])
        faulty.write([b"4"])
        assert wire.messages[3:] == []
        assert late.is_over
        while len(wire.messages) < 5:
            await asyncio.sleep(0)
        assert wire.messages[3:] == [b"3", b"4"]
        faulty.write([b"5"])
        assert wire.messages[-1] == b"5"
        faulty.close(1000, "over")
        faulty.cut_off(True)
        assert wire.ends == [1000, -1]

    lab.run(story())
