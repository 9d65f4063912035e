"""HTTP with a bound on what comes before a request is understood, and answers in one piece."""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from openmargin.lab.faults.requests import TRANSPORT

HEAD_BYTES_MAX: Final = 64 * 1024
"""Request line and headers. The gateway's own bounds are lower, and answer in its words; this one only protects."""

_REFUSAL: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


class JoiningTransport:
    """A transport that writes once in a turn of the loop.

    uvicorn writes an answer's head and its body apart: two calls of the kernel and two packets for what fits into one.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []

    def unwrapped(self) -> asyncio.Transport:
        """The transport itself, once what waits has left."""
        self._flush()
        return self._transport

    def write(self, data: bytes) -> None:
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _flush(self) -> None:
        if self._waiting and not self._transport.is_closing():
            self._transport.write(b"".join(self._waiting))
        self._waiting.clear()


class BoundedHttpProtocol(HttpToolsProtocol):
    """uvicorn's fast protocol, which by itself would collect headers for as long as they come."""

    _head_bytes = 0
    _is_in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.transport = cast(asyncio.Transport, JoiningTransport(transport, self.loop))

    def data_received(self, data: bytes) -> None:
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX + len(data):
                self.transport.write(_REFUSAL)
                self.transport.close()
                return
        super().data_received(data)

    def _unsupported_upgrade_warning(self) -> None:
        # The answer is the refusal: nothing that anybody could install would make streams of it.
        pass

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        super().on_headers_complete()
        # Before the application sees it, which has its turn later.
        cast(dict[str, Any], self.scope)[TRANSPORT] = self.transport

    def on_message_complete(self) -> None:
        self._is_in_head = True
        self._head_bytes = 0
        super().on_message_complete()
