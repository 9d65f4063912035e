"""The gateway behind an ASGI server, with no framework between: the order path pays for nothing it does not use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from openmargin.api import errors
from openmargin.api.app import Gateway
from openmargin.api.wire import BODY_BYTES_MAX, HEADER_BYTES_MAX, Request, json_response

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class AsgiGateway:
    """An ASGI application for the paths under /api and /sapi. It takes HTTP alone: who composes it does the rest."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http", f"the gateway was handed a {scope['type']} connection"
        request, has_body, size = _head(scope)
        if size > HEADER_BYTES_MAX:
            error = errors.too_large("header", HEADER_BYTES_MAX, 431)
            response = json_response(error.status, errors.error_body(error), [])
        else:
            # A GET has no parameters in its body, so nobody waits for one.
            if has_body and request.method != "GET":
                body = await _read_body(receive)
                if body is None:
                    return  # The client left before its body was complete; nobody listens.
                request.body = body
            response = await self._gateway.handle(request)
        await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
        await send({"type": "http.response.body", "body": response.body})


def _head(scope: Scope) -> tuple[Request, bool, int]:
    """A request without its body, whether it has one, and how long its headers are."""
    size = 0
    has_body = False
    api_key: str | None = None
    time_unit: str | None = None
    for name, value in scope["headers"]:
        size += len(name) + len(value)
        if name == b"x-mbx-apikey":
            api_key = value.decode("latin-1")
        elif name == b"content-length":
            has_body = value != b"0"
        elif name == b"transfer-encoding":
            has_body = True
        elif name == b"x-mbx-time-unit":
            time_unit = value.decode("latin-1")
    client = scope.get("client")
    ip = client[0] if client else ""
    request = Request(scope["method"], scope["path"], scope["query_string"], b"", ip, api_key, time_unit)
    return request, has_body, size


async def _read_body(receive: Receive) -> bytes | None:
    """The body, or of a too long one as much as shows that it is; None where the client left."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        chunk: bytes = message.get("body", b"")
        chunks.append(chunk)
        size += len(chunk)
        if size > BODY_BYTES_MAX or not message.get("more_body", False):
            return b"".join(chunks)
