"""Each parameter of each endpoint, sent wrong in every way that can be thought of, has its documented code and changes nothing.

Everything else of the request is well-formed, so it is that parameter that is refused, before anything else is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from openmargin.api import errors
from openmargin.api.endpoint import Endpoint
from openmargin.api.endpoints import ENDPOINTS
from openmargin.api.errors import ApiError, WireError
from openmargin.api.limits import WeightLimits
from openmargin.api.params import Field, fields_of
from openmargin.domain.money import SUPPLY_MAX, format_e8
from tests.api.refusals import ip_addresses
from tests.api.world import World

JUNK = (
    *("-1", "+1", "0x1", "1e5", "1e-05", "NaN", "Infinity", ".5", "1.", "1,5", "1_000", " 1", "1 ", "\u0661"),
    *("0", "0.000000001", "1.5", format_e8(SUPPLY_MAX + 1), "92233720369", "9" * 18, "9" * 20, "9" * 21),
    *(str((1 << 63) - 1), str(1 << 63), str(1 << 64), "1000001", "1001", "101"),
    *("!", "'", '"', "\x00", "\n", "é", "🂡", "<a>", "%", "../", "x" * 21, "x" * 37, "x" * 5_000),
    *("null", "[]", "{}", "[", "[1]", '["BTCUSDT"', '["BTCUSDT","BTCUSDT"]', "[[]]", ",", "BTC,,USDT"),
    *("true", "True", "yes", "limit", "BTC-USDT", "btcusdt", "none"),
)
"""Numbers beyond every bound and in every spelling, characters of all kinds, lists that are none, words that are none."""
GOOD = {
    "symbol": "BTCUSDT",
    "asset": "USDT",
    "base": "BTC",
    "quote": "USDT",
    "symbols": '["BTCUSDT"]',
    "assets": "BTC",
    "assetNames": "BTC",
}


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    plenty = 1 << 60
    world = World(weights=WeightLimits(sapi_ip=plenty, sapi_uid=plenty, api_ip=plenty))
    yield world
    world.close()


@pytest.fixture(scope="module")
def addresses() -> Iterator[str]:
    return ip_addresses()


def good_value(field: Field) -> str:
    param = field.param
    return GOOD.get(param.name) or (param.values[0] if param.values else "1")


def refusal_of(field: Field, value: str) -> WireError | None:
    """What the declaration says of a value by itself; None where it may pass."""
    param = field.param
    if not value:
        return errors.missing(param.name) if field.required else errors.empty(param.name)
    if value in param.known:
        return None
    try:
        param.parse(value)
    except ApiError as refused:
        return refused.error
    return None


def refused(field: Field) -> dict[WireError, str]:
    """Everything that the parameter refuses junk with, and one value for each."""
    found: dict[WireError, str] = {}
    for junk in ("", *JUNK):
        error = refusal_of(field, junk)
        if error is not None:
            found.setdefault(error, junk)
    return found


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_junk_is_refused_by_its_parameter_and_changes_nothing(
    shared: World, addresses: Iterator[str], endpoint: Endpoint
) -> None:
    fields = fields_of(endpoint.params)
    base = {field.param.name: good_value(field) for field in fields if field.required}
    ask = shared.signed if endpoint.signed else shared.keyed
    before = shared.exchange.state_hash()
    for field in fields:
        for expected, junk in refused(field).items():
            assert expected in field.param.refusals or not junk, "the documentation does not know of it"
            asked = {**base, field.param.name: junk}
            answer = ask(endpoint.method, endpoint.path, asked, ip=next(addresses))
            assert (answer.status, answer.code) == (expected.status, expected.code), (asked, answer.json)
            assert answer.json["msg"] == expected.message
            assert 400 <= answer.status < 500
    assert shared.exchange.state_hash() == before


NUMBERS = {"DECIMAL", "LONG", "INT"}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_no_number_is_beyond_all_bounds(endpoint: Endpoint) -> None:
    """Every number has a bound above, and says with which code it refuses what is beyond; times are moments far off."""
    for field in fields_of(endpoint.params):
        if field.param.kind in NUMBERS:
            assert refusal_of(field, "9" * 21) is not None, field.param.name
            assert refusal_of(field, "-1") is not None, field.param.name
        if field.param.kind == "DECIMAL":
            beyond = refusal_of(field, format_e8(SUPPLY_MAX + 1))
            assert beyond == errors.overflowed(field.param.name)
