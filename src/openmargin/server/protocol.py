"""HTTP with a bound on how much a client may send before its request is understood, and no other protocol."""

from __future__ import annotations

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX: Final = 64 * 1024
"""Request line and headers. The gateway's own bounds are lower, and answer in its words; this one only protects."""

_REFUSAL: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


class BoundedHttpProtocol(HttpToolsProtocol):
    """uvicorn's fast protocol, which by itself would collect headers for as long as they come."""

    _head_bytes = 0
    _is_in_head = True

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

    def on_message_complete(self) -> None:
        self._is_in_head = True
        self._head_bytes = 0
        super().on_message_complete()
