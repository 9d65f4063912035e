"""The WebSocket API's results are shaped like the documented examples, asked for with the JSON types of its reference.

The reference's examples of the two doors have the same fields, so one golden serves both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from openmargin.api.endpoint import Endpoint, Security
from openmargin.api.params import fields_of
from openmargin.api.ws.methods import METHODS
from tests.api.world import World
from tests.api.ws_client import Client
from tests.conformance.test_goldens import GOLDENS, Golden, ask, differences, world_of

NAMES = {row.name: name for name, row in METHODS.items()}
CASES = {
    name: golden
    for name, golden in GOLDENS.items()
    if f"{golden.request.method} {golden.request.path}" in NAMES
}
NUMBERS = ("INT", "LONG")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    return CASES[request.param]


@pytest.fixture
def world(golden: Golden) -> Iterator[World]:
    world = world_of(golden)
    yield world
    world.close()


def typed(row: Endpoint, sent: dict[str, str]) -> dict[str, Any]:
    """Parameters as the reference of the WebSocket API types them: amounts stay strings, as in its examples."""
    kinds = {field.param.name: field.param.kind for field in fields_of(row.params)}
    return {name: _typed(kinds[name], text) for name, text in sent.items()}


def _typed(kind: str, text: str) -> Any:
    if kind in NUMBERS or text.startswith("["):
        return msgspec.json.decode(text)
    return text.upper() == "TRUE" if kind == "BOOLEAN" else text


@pytest.mark.parametrize("golden", CASES, indirect=True)
def test_result_is_shaped_like_the_documented_example(world: World, golden: Golden) -> None:
    said: Any = None
    for request in golden.before:
        said = ask(world, request, said).json
    sent = {
        name: str(said[value[1:]]) if value.startswith("$") else value
        for name, value in golden.request.parameters.items()
    }
    name = NAMES[f"{golden.request.method} {golden.request.path}"]
    params = typed(METHODS[name], sent)
    client = Client(world)
    match METHODS[name].security:
        case Security.NONE:
            answer = client.ask(name, params)
        case Security.USER_STREAM:
            answer = client.ask(name, {**params, "apiKey": world.key.api_key})
        case _:
            answer = client.signed(name, params)
    assert answer["status"] == 200, answer
    assert list(differences(golden.example, answer["result"], golden.missing)) == []


def test_every_method_of_an_endpoint_has_a_golden() -> None:
    tested = {f"{golden.request.method} {golden.request.path}" for golden in CASES.values()}
    assert tested == {row.name for row in METHODS.values() if row.path.startswith("/api/")}
