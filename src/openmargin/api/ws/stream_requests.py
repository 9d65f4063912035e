"""What a client may send over a stream's connection, and how it is refused: the documented texts.

Owns: the shape of a request. What it asks for is done elsewhere.
"""

from __future__ import annotations

import json
import re
from enum import Enum
from typing import Any, Final, cast

import msgspec
from msgspec import UNSET, Struct, UnsetType

INVALID: Final = 2
_INVALID_JSON: Final = 3
_IS_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,36}").fullmatch
_ID_MAX: Final = 1 << 63


class Method(Enum):
    SUBSCRIBE = "SUBSCRIBE"
    UNSUBSCRIBE = "UNSUBSCRIBE"
    LIST_SUBSCRIPTIONS = "LIST_SUBSCRIPTIONS"
    SET_PROPERTY = "SET_PROPERTY"
    GET_PROPERTY = "GET_PROPERTY"


_METHODS: Final = {method.value: method for method in Method}
_METHOD_WORDS: Final = ", ".join(f"`{word}`" for word in _METHODS)


class Refused(Exception):
    """Ends a request with an error; `request_id` where the request had one that can be told again."""

    def __init__(self, code: int, message: str, request_id: int | str | UnsetType | None = UNSET) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.request_id = request_id


class StreamRequest(Struct, frozen=True):
    """One request, with what its method needs."""

    method: Method
    id: int | str | None
    streams: list[str] = []
    property: str = ""
    value: bool = False


def read_request(message: bytes) -> StreamRequest:
    """Raises Refused."""
    text, content = _decoded(message)
    request_id = _request_id(content)
    try:
        method = _method(text, content)
        parameters = _list(content, method)
        if method is Method.LIST_SUBSCRIPTIONS:
            _at_most(parameters, 0)
            return StreamRequest(method, request_id)
        if method in (Method.SUBSCRIBE, Method.UNSUBSCRIBE):
            if not all(isinstance(name, str) for name in parameters):
                raise _invalid("stream names must be strings")
            return StreamRequest(method, request_id, cast(list[str], parameters))
        return _of_property(method, request_id, parameters)
    except Refused as refused:
        refused.request_id = request_id
        raise


def _decoded(message: bytes) -> tuple[str, dict[str, Any]]:
    try:
        text = message.decode()
        content = msgspec.json.decode(text)
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        raise Refused(_INVALID_JSON, f"Invalid JSON: expected value at {_place_of_error(message)}") from None
    if not isinstance(content, dict):
        raise _invalid("expected an object")
    return text, cast(dict[str, Any], content)


def _place_of_error(message: bytes) -> str:
    try:
        json.loads(message.decode(errors="replace"))
    except json.JSONDecodeError as error:
        return f"line {error.lineno} column {error.colno}"
    except RecursionError:
        pass
    return "line 1 column 1"


def _request_id(content: dict[str, Any]) -> int | str | None:
    value = content.get("id", UNSET)
    if value is None or (isinstance(value, str) and _IS_ID(value)):
        return value
    if type(value) is int and -_ID_MAX <= value < _ID_MAX:
        return value
    raise _invalid("request ID must be an unsigned integer")


def _method(text: str, content: dict[str, Any]) -> Method:
    word = content.get("method", UNSET)
    if word is UNSET:
        raise _invalid(f"missing field `method` at {_place(text, len(text))}")
    method = _METHODS.get(word) if isinstance(word, str) else None
    if method is None:
        written = word if isinstance(word, str) else json.dumps(word)
        end = text.find(json.dumps(word)) + len(json.dumps(word))
        raise _invalid(
            f"unknown variant `{written[:40]}`, expected one of {_METHOD_WORDS} at {_place(text, end)}"
        )
    return method


def _list(content: dict[str, Any], method: Method) -> list[Any]:
    parameters = content.get("params", UNSET)
    if parameters is UNSET or parameters is None:
        if method in (Method.SUBSCRIBE, Method.UNSUBSCRIBE):
            raise _invalid("missing field `params`")
        return []
    if not isinstance(parameters, list):
        raise _invalid("params must be an array")
    return cast(list[Any], parameters)


def _of_property(method: Method, request_id: int | str | None, parameters: list[Any]) -> StreamRequest:
    if not parameters or not isinstance(parameters[0], str):
        raise _invalid("property name must be a string")
    if method is Method.GET_PROPERTY:
        _at_most(parameters, 1)
        return StreamRequest(method, request_id, property=parameters[0])
    _at_most(parameters, 2)
    value = parameters[1] if len(parameters) > 1 else UNSET
    if not isinstance(value, bool):
        raise Refused(1, "Invalid value type: expected Boolean")
    return StreamRequest(method, request_id, property=parameters[0], value=value)


def _at_most(parameters: list[Any], count: int) -> None:
    if len(parameters) > count:
        raise _invalid("too many parameters")


def _invalid(what: str) -> Refused:
    return Refused(INVALID, f"Invalid request: {what}")


def _place(text: str, end: int) -> str:
    """Where a part of the text ends, as its readers count: lines from 1, and columns of the last line."""
    before = text[:end]
    return f"line {before.count(chr(10)) + 1} column {len(before) - before.rfind(chr(10)) - 1}"
