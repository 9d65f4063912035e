"""What may be sent over a stream's connection, and the documented texts of what may not."""

from __future__ import annotations

import pytest

from openmargin.api.ws.stream_requests import Method, Refused, StreamRequest, read_request

VARIANTS = "`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (
            b'{"method":"SUBSCRIBE","params":["a@trade"],"id":1}',
            StreamRequest(Method.SUBSCRIBE, 1, ["a@trade"]),
        ),
        (
            b'{"method":"UNSUBSCRIBE","params":[],"id":"abc-1"}',
            StreamRequest(Method.UNSUBSCRIBE, "abc-1", []),
        ),
        (b'{"method":"LIST_SUBSCRIPTIONS","id":null}', StreamRequest(Method.LIST_SUBSCRIPTIONS, None)),
        (
            b'{"method":"SET_PROPERTY","params":["combined",true],"id":-9223372036854775808}',
            StreamRequest(Method.SET_PROPERTY, -(1 << 63), property="combined", value=True),
        ),
        (
            b'{"id":5,"method":"GET_PROPERTY","params":["combined"]}',
            StreamRequest(Method.GET_PROPERTY, 5, property="combined"),
        ),
    ],
)
def test_requests(sent: bytes, read: StreamRequest) -> None:
    assert read_request(sent) == read


@pytest.mark.parametrize(
    ("sent", "code", "message"),
    [
        (b"{", 3, "Invalid JSON: expected value at line 1 column 2"),
        (b'{"id":\n x}', 3, "Invalid JSON: expected value at line 2 column 2"),
        (b"\xff", 3, "Invalid JSON: expected value at line 1 column 1"),
        (b"[" * 5000, 3, "Invalid JSON: expected value at line 1 column 1"),
        (b"[]", 2, "Invalid request: expected an object"),
        (b'{"method":"SUBSCRIBE"}', 2, "Invalid request: request ID must be an unsigned integer"),
        (b'{"method":"SUBSCRIBE","id":1.5}', 2, "Invalid request: request ID must be an unsigned integer"),
        (b'{"method":"SUBSCRIBE","id":true}', 2, "Invalid request: request ID must be an unsigned integer"),
        (
            b'{"method":"SUBSCRIBE","id":"' + b"a" * 37 + b'"}',
            2,
            "Invalid request: request ID must be an unsigned integer",
        ),
        (
            b'{"method":"SUBSCRIBE","id":9223372036854775808}',
            2,
            "Invalid request: request ID must be an unsigned integer",
        ),
        (b'{"id":1}', 2, "Invalid request: missing field `method` at line 1 column 8"),
        (
            b'{"method":"LIST","id":1}',
            2,
            f"Invalid request: unknown variant `LIST`, expected one of {VARIANTS} at line 1 column 16",
        ),
        (b'{"method":"SUBSCRIBE","id":1}', 2, "Invalid request: missing field `params`"),
        (b'{"method":"SUBSCRIBE","params":"a","id":1}', 2, "Invalid request: params must be an array"),
        (b'{"method":"SUBSCRIBE","params":[1],"id":1}', 2, "Invalid request: stream names must be strings"),
        (
            b'{"method":"LIST_SUBSCRIPTIONS","params":["a"],"id":1}',
            2,
            "Invalid request: too many parameters",
        ),
        (
            b'{"method":"GET_PROPERTY","params":["a","b"],"id":1}',
            2,
            "Invalid request: too many parameters",
        ),
        (b'{"method":"GET_PROPERTY","id":1}', 2, "Invalid request: property name must be a string"),
        (
            b'{"method":"SET_PROPERTY","params":[1],"id":1}',
            2,
            "Invalid request: property name must be a string",
        ),
        (
            b'{"method":"SET_PROPERTY","params":["combined","true"],"id":1}',
            1,
            "Invalid value type: expected Boolean",
        ),
    ],
)
def test_refusals(sent: bytes, code: int, message: str) -> None:
    with pytest.raises(Refused) as refused:
        read_request(sent)
    assert (refused.value.code, refused.value.message) == (code, message)
