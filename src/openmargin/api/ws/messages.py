"""One message of the WebSocket API as values: its id, its method, its parameters, and what in it was signed.

Parameters become the strings that they would be in a query, digit for digit, so that one reader serves both doors and a
signature covers what was sent. What cannot be told from the reference: a message without an id is refused like one
with a bad id, and null for a parameter is an empty one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Raw, Struct

from openmargin.api import errors
from openmargin.api.errors import ApiError, WireError
from openmargin.api.query_string import PARAMETERS_MAX

NO_ID: Final = Raw(b"null")
"""The id of an answer to a message whose own could not be read."""

_INTEGER_ID: Final = re.compile(rb"-?(?:0|[1-9][0-9]{0,18})").fullmatch
_STRING_ID: Final = re.compile(rb'"[a-zA-Z0-9-_]{1,36}"').fullmatch
_INT64: Final = range(-(1 << 63), 1 << 63)
_VERSION: Final = "v3/"
"""May stand before the name of a method."""

_objects: Final = msgspec.json.Decoder(dict[str, Raw])
_strings: Final = msgspec.json.Decoder(str)


def fields_of(message: bytes | str) -> dict[str, Raw]:
    """The fields of a message, unread."""
    try:
        return _objects.decode(message)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise ApiError(errors.INVALID_JSON) from None


def id_of(fields: Mapping[str, Raw]) -> Raw:
    """The id as it was written: an integer of 64 bits, a short word, or null."""
    sent = fields.get("id")
    if sent is not None:
        text = bytes(sent)
        if text == b"null" or _STRING_ID(text) or (_INTEGER_ID(text) and int(text) in _INT64):
            return sent
    raise ApiError(errors.INVALID_ID)


def method_of(fields: Mapping[str, Raw]) -> str:
    """The method's name without its version."""
    sent = fields.get("method")
    try:
        name = _strings.decode(b"" if sent is None else sent)
    except (msgspec.DecodeError, UnicodeError):
        raise ApiError(errors.INVALID_METHOD) from None
    return name.removeprefix(_VERSION)


def parameters_of(fields: Mapping[str, Raw]) -> dict[str, str]:
    """The parameters as they would stand in a query."""
    sent = fields.get("params")
    if sent is None:
        return {}
    try:
        values = _objects.decode(sent)
        parameters = {name: _text(bytes(value)) for name, value in values.items()}
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise ApiError(errors.INVALID_PARAMS) from None
    if len(parameters) > PARAMETERS_MAX:
        raise ApiError(errors.TOO_MANY_PARAMETERS)
    return parameters


def _text(value: bytes) -> str:
    """A string's own text, nothing for null, and of anything else what was written."""
    if value.startswith(b'"'):
        return _strings.decode(value)
    return "" if value == b"null" else value.decode()


class KeyProof(Struct):
    """What a message has to show for itself."""

    ip: str
    api_key: str | None
    is_of_session: bool
    signed: Mapping[str, str]
    """All parameters."""
    without_key: WireError

    def signed_texts(self) -> tuple[bytes, bytes, str | None]:
        """All parameters but the signature in the order of their names, and the signature."""
        names = sorted(name for name in self.signed if name != "signature")
        payload = "&".join(f"{name}={self.signed[name]}" for name in names)
        return payload.encode(), b"", self.signed.get("signature")
