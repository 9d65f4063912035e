"""Whatever is sent over the WebSocket API, one answer comes back that is served or refused, never a failure of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmargin.api.limits import WeightLimits
from openmargin.api.ws.methods import METHODS, UNSUPPORTED
from tests.api.test_fuzz import LIKELY
from tests.api.world import World
from tests.api.ws_client import Client

NAMES = sorted({name for row in METHODS.values() for name in row.parameter_names} | {"apiKey", "timestamp"})
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(LIKELY)
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=5)
ids = st.one_of(scalars, values)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    world = World(weights=WeightLimits(api_ip=10**9))
    world.deposit("USDT", "100000", "spot")
    yield Client(world)
    world.close()


def check(answers: list[Any]) -> None:
    (answer,) = answers
    assert set(answer) - {"rateLimits"} in ({"id", "status", "result"}, {"id", "status", "error"})
    assert answer["status"] < 500, answer
    assert ("result" in answer) is (answer["status"] == 200)


@given(message=st.one_of(st.binary(max_size=60), st.text(max_size=60)))
def test_any_bytes_are_refused(client: Client, message: bytes | str) -> None:
    check(client.messages(message))


@given(
    message=st.fixed_dictionaries(
        {},
        optional={
            "id": ids,
            "method": st.one_of(values, st.sampled_from([*METHODS, *UNSUPPORTED])),
            "params": st.one_of(values, st.dictionaries(st.sampled_from(NAMES), values, max_size=6)),
        },
    )
)
def test_any_object_is_served_or_refused(client: Client, message: dict[str, Any]) -> None:
    check(client.messages(json.dumps(message)))


@given(data=st.data())
def test_any_signed_parameters_are_served_or_refused(client: Client, data: st.DataObject) -> None:
    """Of any method; what endpoints make of their parameters is tried over HTTP."""
    method = data.draw(st.sampled_from(sorted(METHODS)))
    names = sorted(METHODS[method].parameter_names)
    sent = data.draw(st.dictionaries(st.sampled_from(names), values) if names else st.just({}))
    text = json.dumps({"id": 1, "method": method, "params": client.signed_params(sent)})
    check(client.messages(text))
