"""The adapter: from an ASGI server's events to a request, and back."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from openmargin.api.asgi import AsgiGateway
from openmargin.api.wire import BODY_BYTES_MAX, HEADER_BYTES_MAX
from tests.api.world import World, sign

Message = MutableMapping[str, Any]


def call(
    world: World,
    method: str,
    path: str,
    query: bytes = b"",
    headers: list[tuple[bytes, bytes]] | None = None,
    events: list[Message] | None = None,
) -> list[Message]:
    sent: list[Message] = []
    incoming = iter(events or [])

    async def receive() -> Message:
        return next(incoming)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": headers or [],
        "client": ("127.0.0.1", 1),
    }
    world.run(AsgiGateway(world.gateway)(scope, receive, send))
    return sent


def test_a_request_without_a_body_waits_for_none(world: World) -> None:
    start, body = call(world, "GET", "/api/v3/ping", headers=[(b"content-type", b"application/json")])
    assert (start["status"], body["body"]) == (200, b"{}")
    assert (b"content-length", b"2") in start["headers"]


def test_a_body_may_come_in_pieces(world: World) -> None:
    text = f"symbol=BTCUSDT&timestamp={world.now_ms}"
    text += "&signature=" + sign(world.key.secret, text)
    pieces = [text[:10].encode(), text[10:].encode()]
    start, body = call(
        world,
        "DELETE",
        "/sapi/v1/margin/openOrders",
        headers=[(b"x-mbx-apikey", world.key.api_key.encode()), (b"transfer-encoding", b"chunked")],
        events=[
            {"type": "http.request", "body": pieces[0], "more_body": True},
            {"type": "http.request", "body": pieces[1], "more_body": False},
        ],
    )
    assert start["status"] == 400
    assert b"-2011" in body["body"]


def test_a_client_that_leaves_gets_nothing(world: World) -> None:
    events: list[Message] = [{"type": "http.disconnect"}]
    assert (
        call(world, "POST", "/sapi/v1/margin/order", headers=[(b"content-length", b"9")], events=events) == []
    )


def test_too_long_bodies_are_not_read_to_the_end(world: World) -> None:
    chunk = b"x" * BODY_BYTES_MAX
    start, _ = call(
        world,
        "POST",
        "/sapi/v1/margin/order",
        headers=[(b"transfer-encoding", b"chunked")],
        events=[{"type": "http.request", "body": chunk, "more_body": True}] * 2,
    )
    assert start["status"] == 413


def test_too_many_header_bytes_are_refused(world: World) -> None:
    start, body = call(world, "GET", "/api/v3/ping", headers=[(b"x-long", b"x" * HEADER_BYTES_MAX)])
    assert start["status"] == 431
    assert b'"code":-1101' in body["body"]


def test_the_time_unit_header_is_handed_on(world: World) -> None:
    _, body = call(world, "GET", "/api/v3/time", headers=[(b"x-mbx-time-unit", b"microsecond")])
    assert str(world.now_ms * 1000).encode() in body["body"]
