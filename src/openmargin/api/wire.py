"""A request and its answer as values, whatever server carried them."""

from __future__ import annotations

from typing import Final, TypeAlias

from msgspec import Struct

from openmargin.api.errors import BAD_API_KEY_FORMAT, WireError
from openmargin.api.signatures import split_signature

QUERY_BYTES_MAX: Final = 8 * 1024
BODY_BYTES_MAX: Final = 64 * 1024
HEADER_BYTES_MAX: Final = 16 * 1024

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

    @property
    def without_key(self) -> WireError:
        """A header that is not there is no key's name."""
        return BAD_API_KEY_FORMAT

    @property
    def is_of_session(self) -> bool:
        """HTTP has no sessions."""
        return False

    def signed_texts(self) -> tuple[bytes, bytes, str | None]:
        """Query and body without the signature, and the signature. A GET has no body to sign."""
        return split_signature(self.query, b"" if self.method == "GET" else self.body)


class Response(Struct):
    """What goes back: always JSON, with its length already among the headers."""

    status: int
    headers: Headers
    body: bytes


_CONTENT_TYPE = (b"content-type", b"application/json;charset=UTF-8")


def json_response(status: int, body: bytes, headers: Headers) -> Response:
    return Response(status, [_CONTENT_TYPE, (b"content-length", b"%d" % len(body)), *headers], body)
