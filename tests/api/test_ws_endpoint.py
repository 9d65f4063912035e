"""Connections of the WebSocket API: how they open, what they carry, and how they end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest

from openmargin.api.limits import WeightLimits
from openmargin.api.ws import api_endpoint
from openmargin.api.ws.api import WebSocketApi
from openmargin.api.ws.gateway import Refusal
from tests.api.test_limits import HostClock
from tests.api.world import SPOT, START_MS, World
from tests.api.worlds import with_requests
from tests.api.ws_client import ORDER, payload_of, with_secret
from tests.api.ws_line import Line

PING = b'{"id":1,"method":"ping"}'


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch) -> HostClock:
    clock = HostClock()
    monkeypatch.setattr("openmargin.runtime.clock._host_ms", lambda: clock.now_ms)
    return clock


@pytest.fixture
def tight() -> Iterator[World]:
    """Five units of weight a minute; the third refusal brings a ban."""
    world = World(with_requests(ban_after=3), weights=WeightLimits(api_ip=5))
    yield world
    world.close()


@pytest.mark.parametrize("path", ["/ws-api/v3", "/ws-api/v3/"])
def test_a_connection_carries_messages(world: World, path: str) -> None:
    line = Line(world, path)
    (answer,) = line.send(PING)
    assert (answer["id"], answer["status"], answer["result"]) == (1, 200, {})


def test_a_handshake_may_be_refused_with_the_time_to_come_back(tight: World) -> None:
    Line(tight)
    Line(tight)
    refused = Line(tight).opened
    assert isinstance(refused, Refusal)
    assert (refused.status, json.loads(refused.body)["code"], refused.retry_after_s) == (429, -1003, 60)


def test_bad_words_in_the_address_are_refused(world: World) -> None:
    refused = Line(world, query=b"timeUnit=hours").opened
    assert isinstance(refused, Refusal)
    assert (refused.status, refused.retry_after_s) == (400, None)


def test_a_ban_ends_the_connection_behind_its_answer(tight: World) -> None:
    line = Line(tight)
    answers = line.send(*[PING] * 7)
    assert [answer["status"] for answer in answers] == [200, 200, 200, 429, 429, 418]
    assert line.wire.closed == (1008, "Banned")


def test_more_than_may_be_dealt_with_at_once_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_endpoint, "AT_ONCE_MAX", 2)
    line = Line(world)
    answers = line.send(*[b'{"id":%d,"method":"ping"}' % number for number in range(9)])
    assert [answer["id"] for answer in answers] == list(range(9))


def test_who_sends_more_than_can_wait_is_cut_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_endpoint, "AT_ONCE_MAX", 1)
    monkeypatch.setattr(api_endpoint, "WAITING_BYTES_MAX", 2 * len(PING))
    line = Line(world)
    line.send(*[PING] * 4)
    assert line.wire.closed == (1008, "Too many messages at once")


def test_an_order_of_who_leaves_is_placed_all_the_same(world: World) -> None:
    world.deposit("USDT", "100000", SPOT)
    line = Line(world)
    params = {**ORDER, "timestamp": START_MS, "apiKey": world.key.api_key}
    params["signature"] = with_secret(world.key).sign(payload_of(params))
    order = json.dumps({"id": 1, "method": "order.place", "params": params}).encode()

    async def send_and_leave() -> None:
        line.connection.received(order)
        await asyncio.sleep(0)
        line.connection.received(order.replace(b"order.place", b"order.never"))
        line.connection.lost()
        for _ in range(200):
            await asyncio.sleep(0)

    world.run(send_and_leave())
    assert line.heard() == []
    assert len(world.get("/api/v3/openOrders").json) == 1


def test_a_bug_outside_of_any_endpoint_ends_the_connection(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    line = Line(world)

    async def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(WebSocketApi, "answer", fail)
    assert line.send(PING) == []
    assert line.wire.closed == (1011, "Internal error")
    assert "a bug" in caplog.text


def test_the_last_word_is_that_the_server_stops(world: World) -> None:
    line = Line(world, query=b"timeUnit=MICROSECOND")

    async def stop() -> None:
        line.connection.shut_down()

    world.run(stop())
    assert line.heard() == [{"event": {"e": "serverShutdown", "E": START_MS * 1000}}]
    assert line.wire.closed == (1001, "The server stops")
