"""A request and its answer as values, whatever server carried them."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

Headers: TypeAlias = list[tuple[bytes, bytes]]


class Request(Struct):
    """What a client sent. Query and body are kept byte for byte, because signatures cover the raw bytes."""

    method: str
    path: str
    query: bytes = b""
    body: bytes = b""
    ip: str = ""
    api_key: str | None = None
    time_unit: str | None = None


class Response(Struct):
    """What goes back: always JSON, with its length already among the headers."""

    status: int
    headers: Headers
    body: bytes


_CONTENT_TYPE = (b"content-type", b"application/json;charset=UTF-8")


def json_response(status: int, body: bytes, headers: Headers) -> Response:
    return Response(status, [_CONTENT_TYPE, (b"content-length", b"%d" % len(body)), *headers], body)
