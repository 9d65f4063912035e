"""The gateway around its endpoints: routes, bounds, headers and failures."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NoReturn

import pytest

from openmargin.api.unserved import UNSERVED, Unserved
from openmargin.api.wire import BODY_BYTES_MAX, QUERY_BYTES_MAX
from openmargin.runtime.errors import Draining, TimedOut, Unavailable
from tests.api.world import World


def test_unknown_paths_are_404_in_json(world: World) -> None:
    answer = world.send("GET", "/sapi/v1/margin/nothing")
    assert answer.status == 404
    assert set(answer.json) == {"code", "msg"}
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"


@pytest.mark.parametrize("row", UNSERVED, ids=lambda row: row.http)
def test_what_is_documented_and_not_served_is_refused_with_a_reason(world: World, row: Unserved) -> None:
    method, path = row.http.split()
    answer = world.send(method, path)
    assert (answer.status, answer.json) == (400, {"code": -1020, "msg": row.error.message})


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_are_405_and_name_the_right_ones(world: World, method: str) -> None:
    answer = world.send(method, "/sapi/v1/margin/order")
    assert answer.status == 405
    assert answer.headers["allow"] == "DELETE, GET, POST"
    assert set(answer.json) == {"code", "msg"}


def test_the_spot_api_refuses_unknown_parameters(world: World) -> None:
    answer = world.send("GET", "/api/v3/exchangeInfo", "symbol=BTCUSDT&nonsense=1")
    assert answer.json == {
        "code": -1104,
        "msg": "Not all sent parameters were read; read '1' parameter(s) but was sent '2'.",
    }


def test_the_margin_api_tolerates_them(world: World) -> None:
    assert world.get("/sapi/v1/margin/account", nonsense="1").status == 200


def test_a_get_has_no_parameters_in_its_body(world: World) -> None:
    answer = world.send("GET", "/sapi/v1/margin/priceIndex", b"", b"symbol=BTCUSDT", world.key.api_key)
    assert answer.code == -1102


def test_duplicates_in_one_place_are_refused(world: World) -> None:
    answer = world.send("GET", "/sapi/v1/margin/priceIndex", "symbol=A&symbol=B", api_key=world.key.api_key)
    assert answer.json == {"code": -1101, "msg": "Duplicate values for a parameter detected."}


def test_bounds_of_query_and_body(world: World) -> None:
    long_query = world.send("GET", "/api/v3/ping", b"a=" + b"x" * QUERY_BYTES_MAX)
    assert (long_query.status, long_query.code) == (414, -1101)
    long_body = world.send("POST", "/sapi/v1/margin/order", b"", b"a=" + b"x" * BODY_BYTES_MAX)
    assert (long_body.status, long_body.code) == (413, -1101)


def test_the_time_unit_header_is_the_spot_apis(world: World) -> None:
    in_ms = world.send("GET", "/api/v3/time", time_unit="millisecond")
    in_us = world.send("GET", "/api/v3/time", time_unit="MICROSECOND")
    assert in_us.json["serverTime"] == in_ms.json["serverTime"] * 1000
    bad = world.send("GET", "/api/v3/time", time_unit="Microsecond")
    assert bad.json == {
        "code": -1194,
        "msg": "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.",
    }
    ignored = world.send("GET", "/sapi/v1/margin/allPairs", api_key=world.key.api_key, time_unit="nonsense")
    assert ignored.status == 200


def _raising(error: Exception) -> Callable[[object], NoReturn]:
    def submit(_command: object) -> NoReturn:
        raise error

    return submit


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(Unavailable(), 500, -1001), (TimedOut(), 504, -1007), (Draining(), 503, -1016)],
)
def test_what_stops_the_writer_has_its_code(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: int
) -> None:
    monkeypatch.setattr(world.exchange, "submit", _raising(error))
    answer = world.order()
    assert (answer.status, answer.code) == (status, code)


def test_a_bug_says_its_log_id_and_nothing_else(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(world.exchange, "submit", _raising(RuntimeError("a secret detail")))
    before = world.exchange.state_hash()
    with caplog.at_level(logging.ERROR):
        answer = world.order()
    assert (answer.status, answer.code) == (500, -1000)
    assert "secret" not in answer.json["msg"]
    log_id = answer.json["msg"].rpartition(" ")[2]
    assert log_id in caplog.text
    assert "a secret detail" in caplog.text
    assert world.exchange.state_hash() == before
