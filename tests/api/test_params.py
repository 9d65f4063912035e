"""Parameters: what each kind takes, what it refuses, and in which words."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from openmargin.api import params
from openmargin.api.endpoints import ENDPOINTS
from openmargin.api.errors import ApiError
from openmargin.api.params import Param, Params, fields_of, reader
from openmargin.api.query_string import PARAMETERS_MAX, parse_parameters
from openmargin.domain.enums import Side


def refused(param: Param, sent: str) -> tuple[int, str]:
    with pytest.raises(ApiError) as caught:
        param.parse(sent)
    return caught.value.error.code, caught.value.error.message


@pytest.mark.parametrize(
    ("param", "sent", "value"),
    [
        (params.decimal("d"), "1", 100_000_000),
        (params.decimal("d"), "0.00000001", 1),
        (params.decimal("d"), "1.50000000000", 150_000_000),
        (params.decimal("d"), "007", 700_000_000),
        (params.decimal("d"), "46116860184.27387904", 2**62),
        (params.number("n"), "9223372036854775807", 2**63 - 1),
        (params.count("limit", 500), "500", 500),
        (params.time("t"), "1700000000000", 1_700_000_000_000),
        (params.time("t"), "1700000000000999", 1_700_000_000_000),
        (params.boolean("b"), "true", True),
        (params.boolean("b"), "FALSE", False),
        (params.whole("delta"), "100", 100),
        (params.whole("delta"), "100.0", 100),
        (params.isolated_symbol(), "BTCUSDT", "BTCUSDT"),
        (params.choice("side", params.words(Side)), "SELL", Side.SELL),
        (params.symbol(), "BTCUSDT", "BTCUSDT"),
        (params.client_id("c"), "x-TKT5PX2F_1", "x-TKT5PX2F_1"),
    ],
)
def test_good_values_are_read(param: Param, sent: str, value: object) -> None:
    assert param.parse(sent) == value


@pytest.mark.parametrize(
    ("param", "sent", "code"),
    [
        (params.decimal("d"), "1e-05", -1100),
        (params.decimal("d"), "-1", -1100),
        (params.decimal("d"), ".5", -1100),
        (params.decimal("d"), "1.", -1100),
        (params.decimal("d"), "1\n", -1100),
        (params.decimal("d"), "\u0661", -1100),
        (params.decimal("d"), "0.123456789", -1111),
        (params.decimal("d"), "99999999999999999999", -1108),
        (params.decimal("d"), "46116860184.27387905", -1108),
        (params.number("n"), "-1", -1100),
        (params.number("n"), "9223372036854775808", -1108),
        (params.count("limit", 500), "501", -1102),
        (params.count("limit", 500), "0", -1130),
        (params.boolean("b"), "yes", -1130),
        (params.whole("delta"), "100.5", -1100),
        (params.whole("delta"), "9223372036854775808", -1108),
        (params.isolated_symbol(), "cross", -1100),
        (params.choice("newOrderRespType", {"ACK": 1}), "ack", -1130),
        (params.symbol(), "btcusdt", -1100),
        (params.client_id("c"), "a b", -1100),
        (params.client_id("c"), "x" * 37, -1100),
    ],
)
def test_bad_values_are_refused(param: Param, sent: str, code: int) -> None:
    assert refused(param, sent)[0] == code


def test_the_legal_range_is_named() -> None:
    assert refused(params.decimal("price"), "abc")[1] == (
        r"Illegal characters found in parameter 'price'; legal range is '^([0-9]{1,20})(\.[0-9]{1,20})?$'."
    )


class Example(Params, frozen=True, kw_only=True):
    name: Annotated[str, params.symbol("name")]
    limit: Annotated[int, params.count("limit", 10)] = 5
    note: Annotated[str | None, params.text("note")] = None


read = reader(Example)


def test_what_was_not_sent_has_its_default() -> None:
    assert read({"name": "A"}) == Example(name="A", limit=5, note=None)
    assert read({"name": "A", "limit": "7", "other": "ignored"}) == Example(name="A", limit=7)


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({}, "Mandatory parameter 'name' was not sent, was empty/null, or malformed."),
        ({"name": ""}, "Mandatory parameter 'name' was not sent, was empty/null, or malformed."),
        ({"name": "A", "limit": ""}, "Parameter 'limit' was empty."),
        ({"name": "A", "limit": "11"}, "'limit' contains unexpected value. Cannot be greater than 10."),
    ],
)
def test_missing_and_empty_differ(sent: dict[str, str], message: str) -> None:
    with pytest.raises(ApiError) as caught:
        read(sent)
    assert caught.value.error.message == message


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_every_endpoint_declares_its_parameters(endpoint: Any) -> None:
    names = [field.param.name for field in fields_of(endpoint.params)]
    assert len(names) == len(set(names))
    assert endpoint.parameter_names == set(names)


@pytest.mark.parametrize(
    ("data", "parameters"),
    [
        (b"", {}),
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"a=1&&b=2&", {"a": "1", "b": "2"}),
        (b"a", {"a": ""}),
        (b"a=b=c", {"a": "b=c"}),
        (b"a=x%20y+z", {"a": "x y z"}),
        (b"a%62=1", {"ab": "1"}),
        ("a=é".encode(), {"a": "é"}),
        (b"a=%C3%A9", {"a": "é"}),
    ],
)
def test_queries_are_taken_apart(data: bytes, parameters: dict[str, str]) -> None:
    assert parse_parameters(data) == parameters


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"a=1&a=2", -1101),
        (b"a=1&%61=2", -1101),
        (b"a=\xff", -1100),
        (b"a=%FF", -1100),
        (b"&".join(b"p%d=1" % i for i in range(PARAMETERS_MAX + 1)), -1101),
    ],
)
def test_queries_that_cannot_be_taken_apart(data: bytes, code: int) -> None:
    with pytest.raises(ApiError) as caught:
        parse_parameters(data)
    assert caught.value.error.code == code


@pytest.mark.parametrize(
    ("data", "parameters"),
    [
        (b"a=1&a=2", {"a": "1,2"}),
        (b"b=0&a=1&%61=2&a=3%2C4", {"b": "0", "a": "1,2,3,4"}),
        (b"a=1", {"a": "1"}),
    ],
)
def test_an_array_may_be_sent_one_by_one(data: bytes, parameters: dict[str, str]) -> None:
    assert parse_parameters(data, frozenset({"a"})) == parameters


def test_others_beside_an_array_may_not() -> None:
    with pytest.raises(ApiError):
        parse_parameters(b"a=1&a=2&b=1&b=2", frozenset({"a"}))
