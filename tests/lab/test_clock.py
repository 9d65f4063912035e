"""Time as the operator moves it, over the wire."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from openmargin.domain.commands import Borrow, Deposit
from openmargin.domain.enums import Side
from openmargin.domain.ids import CROSS, SPOT
from openmargin.domain.money import E8
from tests.lab.bench import Served, served
from tests.runtime.desk import limit

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE_MS = 60_000


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        served(
            monkeypatch, tmp_path_factory.mktemp("lab"), clock="virtual", start=START, virtual_walk_ms=60_000
        ) as running,
    ):
        yield running


@pytest.fixture
def debtor(lab: Served) -> int:
    """An account that owes, so that its level falls by the hour."""
    account_id = lab.account()["accountId"]
    lab.post(f"/lab/accounts/{account_id}/deposit", {"wallet": "CROSS", "asset": "BTC", "amount": "1"})
    lab.run(lab.exchange.submit(Borrow(account_id, "", 0, CROSS, "USDT", 40_000 * E8)))
    return account_id


def run_to(lab: Served, **body: Any) -> Any:
    answer = lab.post("/lab/clock/run-to", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_clock_tells_all(lab: Served) -> None:
    told = lab.get("/lab/clock").json()
    assert set(told) == {"clock", "time", "hostTime", "speed", "isMoving", "nextDue"}
    assert (told["clock"], told["speed"], told["isMoving"]) == ("virtual", 0.0, False)
    assert told["time"] == lab.get("/lab/state").json()["time"]
    assert told["hostTime"] > told["time"]


def test_time_runs_until_a_margin_level_is_reached(lab: Served, debtor: int) -> None:
    level = lab.exchange.live.margin(debtor, CROSS).margin_level
    bound = f"{(level - E8 // 1000) / E8:.8f}"
    until = {"what": "MARGIN_LEVEL", "accountId": debtor, "atMost": bound}
    stopped = run_to(lab, until=until)
    assert stopped["stopped"] == "UNTIL"
    assert float(stopped["found"]) <= float(bound)
    now_ms = lab.exchange.clock.now_ms()
    assert stopped["time"] == now_ms
    assert now_ms % MINUTE_MS == 0, "it stopped at a step of the walk, or at an hour"
    state = lab.get("/lab/state").json()
    assert (state["seq"], state["time"]) == (stopped["seq"], now_ms)
    again = run_to(lab, until=until)
    assert (again["stopped"], again["time"], again["seq"]) == ("UNTIL", now_ms, stopped["seq"])


def test_time_runs_until_a_price_is_reached_or_its_bound(lab: Served, debtor: int) -> None:  # noqa: ARG001 (somebody owes, so the index walks)
    index = lab.exchange.live.index("BTCUSDT")
    assert index is not None
    higher = str((index.price + index.price // 20_000) // E8)
    up = run_to(lab, until={"what": "INDEX_PRICE", "symbol": "BTCUSDT", "atLeast": higher})
    assert up["stopped"] == "UNTIL"
    assert float(up["found"]) >= float(higher)
    never = {"what": "LAST_PRICE", "symbol": "BTCUSDT", "atMost": "1"}
    bounded = run_to(lab, until=never, maxSeconds=600)
    assert (bounded["stopped"], bounded["time"]) == ("MAX_SECONDS", up["time"] + 600_000)
    timed = run_to(lab, until=never, time=bounded["time"] + 5)
    assert (timed["stopped"], timed["time"]) == ("TIME", bounded["time"] + 5)
    assert run_to(lab, time=timed["time"] + 1)["found"] is None


def test_time_runs_until_an_order_is_filled(lab: Served) -> None:
    account_id = lab.account()["accountId"]
    lab.run(lab.exchange.submit(Deposit(account_id, SPOT, "USDT", 1_000_000 * E8)))
    index = lab.exchange.live.index("BTCUSDT")
    assert index is not None
    near = index.price // E8 - index.price // E8 // 4000
    command = replace(limit(Side.BUY, near - 50_000), account_id=account_id)
    assert lab.run(lab.exchange.submit(command)).rejection is None
    [order] = lab.exchange.live.open_orders(account_id, SPOT, "BTCUSDT")
    until = {"what": "ORDER", "accountId": account_id, "symbol": "BTCUSDT", "orderId": order.spec.order_id}
    assert run_to(lab, until={**until, "status": "NEW"})["found"] == "NEW"
    stopped = run_to(lab, until=until)
    assert (stopped["stopped"], stopped["found"]) == ("UNTIL", "FILLED")
    assert lab.exchange.live.open_orders(account_id, SPOT, "BTCUSDT") == []
    assert run_to(lab, until=until)["seq"] == stopped["seq"]


def test_time_runs_until_an_account_comes_to_a_status(lab: Served, debtor: int) -> None:
    until = {"what": "MARGIN_STATUS", "accountId": debtor, "status": "EXCESSIVE"}
    assert run_to(lab, until=until, maxSeconds=60)["found"] in ("EXCESSIVE", "NORMAL")


def test_a_clock_is_set_going_and_frozen(lab: Served) -> None:
    going = lab.ask("POST", "/lab/clock/speed", {"speed": 1000}).json()
    assert going["speed"] == 1000
    before = going["time"]
    while lab.get("/lab/clock").json()["time"] < before + 1000:
        pass
    frozen = lab.post("/lab/clock/speed", {"speed": 0}).json()
    assert lab.get("/lab/clock").json()["time"] == frozen["time"] == lab.get("/lab/state").json()["time"]


LEVEL = {"what": "MARGIN_LEVEL", "accountId": 1, "atMost": "1.1"}


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({}, 400, "nothing to run to"),
        ({"time": 1}, 422, "that time has passed"),
        ({"until": LEVEL, "maxSeconds": 0}, 400, "> 0"),
        ({"until": LEVEL, "maxSeconds": 0.0001}, 400, "less than a millisecond"),
        ({"until": LEVEL, "maxSeconds": 1e12}, 400, "<="),
        ({"until": {"what": "WEATHER"}}, 400, "Invalid value 'WEATHER'"),
        ({"until": {**LEVEL, "atLeast": "1"}}, 400, "one bound is needed"),
        ({"until": {"what": "MARGIN_LEVEL", "accountId": 1}}, 400, "one bound is needed"),
        ({"until": {**LEVEL, "atMost": "0"}}, 400, "atMost is not above zero"),
        ({"until": {**LEVEL, "accountId": 999}}, 404, "no such account"),
        ({"until": {**LEVEL, "symbol": "XXX"}}, 404, "no such symbol"),
        ({"until": {**LEVEL, "symbol": "BTCUSDT"}}, 422, "isolated account is not open"),
        ({"until": {"what": "INDEX_PRICE", "symbol": "XXX", "atMost": "1"}}, 404, "no such symbol"),
        ({"until": {"what": "ORDER", "accountId": 1, "symbol": "BTCUSDT", "orderId": 999_999}}, 404, "no such order"),
        ({"until": {"what": "ORDER", "accountId": 999, "symbol": "BTCUSDT", "orderId": 1}}, 404, "no such account"),
        ({"until": {"what": "MARGIN_STATUS", "accountId": 1, "status": "RICH"}}, 400, "Invalid enum value"),
    ],
)  # fmt: skip
def test_a_run_to_nowhere_is_refused_and_moves_nothing(
    lab: Served, body: Any, status: int, error: str
) -> None:
    before = lab.get("/lab/state").json()
    answer = lab.post("/lab/clock/run-to", body)
    assert (answer.status_code, error in answer.json()["error"]) == (status, True), answer.text
    assert lab.get("/lab/state").json() == before


def test_the_wall_clock_is_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with served(monkeypatch, tmp_path) as lab:
        told = lab.get("/lab/clock").json()
        assert (told["clock"], told["speed"]) == ("wall", 1.0)
        for path, body in (("run-to", {"time": told["time"] + 1000}), ("speed", {"speed": 2})):
            answer = lab.post(f"/lab/clock/{path}", body)
            assert (answer.status_code, answer.json()["error"]) == (409, "the wall clock cannot be moved")


def test_a_clock_can_be_served_running(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with served(monkeypatch, tmp_path, clock="virtual", start=START, speed=60.0) as lab:
        assert lab.get("/lab/clock").json()["speed"] == 60.0
