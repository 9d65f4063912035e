"""Whatever is sent, the answer is served or refused: never a failure of ours, and never a change of its shape."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmargin.api.endpoint import Endpoint
from openmargin.api.endpoints import ENDPOINTS
from tests.api.world import World

LIKELY = [
    *(
        "BTCUSDT",
        "ETHUSDT",
        "USDT",
        "BTC",
        "XYZ",
        "BUY",
        "SELL",
        "LIMIT",
        "MARKET",
        "LIMIT_MAKER",
        "GTC",
        "IOC",
        "FOK",
    ),
    *(
        "TRUE",
        "FALSE",
        "true",
        "BORROW",
        "REPAY",
        "MAIN_MARGIN",
        "MARGIN_MAIN",
        "FULL",
        "ACK",
        "NONE",
        "MARGIN_BUY",
    ),
    *(
        "0",
        "1",
        "2",
        "0.01",
        "50000",
        "60000",
        "1e-05",
        "-1",
        "0.000000001",
        "99999999999.99999999",
        "9" * 19,
        "9" * 20,
    ),
    *("1700000000000", "1700000000000000", "1699999999999", "[", '["BTCUSDT"]', "null", "", " ", "%00", "é"),
]
values = st.one_of(st.sampled_from(LIKELY), st.text(max_size=8), st.integers(0, 2**70).map(str))


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    world = World()
    world.deposit("USDT", "100000")
    yield world
    world.close()


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
@given(data=st.data())
def test_any_parameters_are_served_or_refused(shared: World, endpoint: Endpoint, data: st.DataObject) -> None:
    names = sorted(endpoint.parameter_names)
    sent = data.draw(st.dictionaries(st.sampled_from(names), values) if names else st.just({}))
    ask = shared.signed if endpoint.signed else shared.keyed
    answer = ask(endpoint.method, endpoint.path, sent)
    assert answer.status < 500, answer.json
    assert answer.status == 200 or set(answer.json) - {"data"} == {"code", "msg"}


@given(query=st.binary(max_size=60), body=st.binary(max_size=60))
def test_any_bytes_are_refused(shared: World, query: bytes, body: bytes) -> None:
    answer = shared.send("POST", "/sapi/v1/margin/order", query, body, shared.key.api_key)
    assert 400 <= answer.status < 500
    assert set(answer.json) == {"code", "msg"}
