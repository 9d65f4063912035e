"""Every answer has the fields and JSON types of its documented example.

A golden says where the example is documented, which requests come before, and which fields the answer may lack and
why. Values are illustrations; names and types are what clients read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from openmargin.api.endpoint import Security
from openmargin.api.endpoints import ENDPOINTS
from openmargin.config.venue_file import venue_of
from openmargin.domain.commands import ChangeAccount
from tests.api.bankruptcy import bankrupt
from tests.api.world import SPOT, Answer, World


class Request(Struct, forbid_unknown_fields=True):
    method: str
    path: str
    parameters: dict[str, str]


class Golden(Struct, forbid_unknown_fields=True):
    source: str
    request: Request
    example: Any
    before: list[Request] = []
    missing: dict[str, str] = {}
    """Paths of fields that the example has and the answer has not, each with its reason."""
    venue: str = ""
    """A venue file, where the default venue has nothing to show."""
    prepared: str = ""
    """What the account went through before, where no request brings that about."""
    code: int | None = None
    """The code of a refusal, where the endpoint does nothing else."""


GOLDENS = {
    path.stem: msgspec.json.decode(path.read_bytes(), type=Golden)
    for path in sorted(Path(__file__).parent.glob("*.json"))
}
PREPARED = {"": lambda _: None, "bankrupt": bankrupt}
_ENDPOINTS = {endpoint.name: endpoint for endpoint in ENDPOINTS}


ANY = "*"
"""In an example: a field of any name, where the names are those of assets."""


def differences(example: Any, answer: Any, missing: dict[str, str], path: str = "") -> Iterator[str]:
    """Every field by which an answer is not shaped like its example."""
    if kind(example) != kind(answer):
        yield f"{path}: {kind(answer)} where the example has {kind(example)}"
    elif isinstance(example, dict) and ANY in example:
        for name, value in answer.items():
            yield from differences(example[ANY], value, missing, f"{path}.{name}".lstrip("."))
        if not answer:
            yield f"{path}: empty, so nothing was compared"
    elif isinstance(example, dict):
        for name in example.keys() | answer.keys():
            place = f"{path}.{name}".lstrip(".")
            if name not in answer:
                if place not in missing:
                    yield f"{place}: missing"
            elif name not in example:
                yield f"{place}: not in the example"
            elif place in missing:
                yield f"{place}: said to be missing, and is there"
            else:
                yield from differences(example[name], answer[name], missing, place)
    elif isinstance(example, list):
        if not answer and example:
            yield f"{path}[]: empty, so nothing was compared"
        if len({kind(element) for element in example}) > 1 and not isinstance(example[0], dict | list):
            # A row of columns: each has a type of its own.
            if [kind(element) for element in example] != [kind(element) for element in answer]:
                yield f"{path}[]: columns {answer} where the example has {example}"
            return
        for element in answer:
            yield from differences(like(example, element), element, missing, f"{path}[]")


def kind(value: Any) -> str:
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def like(examples: list[Any], element: Any) -> Any:
    """The example that an element of a list is to be compared with: one of its kind, of its fields, or both."""
    if not isinstance(element, dict):
        return examples[0]
    alike = next(
        (
            found
            for name in ("filterType", "contingencyType", "type", "status")
            if (found := [one for one in examples if name in element and one.get(name) == element[name]])
        ),
        [],
    )
    if "filterType" in element:
        return alike[0] if alike else {}
    for candidates in (alike, examples):
        for example in candidates:
            if example.keys() == element.keys():
                return example
    return [*alike, *examples][0]


def ask(world: World, request: Request, before: Any = None) -> Answer:
    """A parameter such as `$apiKey` is that field of the answer before. The lab may move prices and time."""
    if request.path == "/lab/clock/advance":
        world.advance(1000 * int(request.parameters["seconds"]))
        return Answer(200, {}, {})
    if request.path.startswith("/lab/prices/"):
        world.set_index(request.path.removeprefix("/lab/prices/"), request.parameters["price"])
        return Answer(200, {}, {})
    parameters = {
        name: before[value[1:]] if value.startswith("$") else value
        for name, value in request.parameters.items()
    }
    if _ENDPOINTS[f"{request.method} {request.path}"].security is Security.NONE:
        return world.public(request.path, **parameters)
    if _ENDPOINTS[f"{request.method} {request.path}"].security is Security.USER_STREAM:
        return world.keyed(request.method, request.path, parameters)
    return world.signed(request.method, request.path, parameters)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    return GOLDENS[request.param]


def world_of(golden: Golden) -> World:
    """A world in which the golden's requests can be made."""
    world = World(venue_of("the golden's venue", tomllib.loads(golden.venue)))
    world.deposit("USDT", "100000")
    world.deposit("USDT", "100000", SPOT)
    world.deposit("BTC", "1", SPOT)
    world.submit(ChangeAccount(world.account_id, vip=7, terms_signed=True))
    PREPARED[golden.prepared](world)
    return world


@pytest.fixture
def world(golden: Golden) -> Iterator[World]:
    world = world_of(golden)
    yield world
    world.close()


@pytest.mark.parametrize("golden", GOLDENS, indirect=True)
def test_answer_is_shaped_like_the_documented_example(world: World, golden: Golden) -> None:
    said: Any = None
    for request in golden.before:
        answer = ask(world, request, said)
        assert answer.status == 200, answer.json
        said = answer.json
    answer = ask(world, golden.request, said)
    assert answer.code == golden.code, answer.json
    assert list(differences(golden.example, answer.json, golden.missing)) == []


def test_every_endpoint_has_a_golden() -> None:
    covered = {f"{golden.request.method} {golden.request.path}" for golden in GOLDENS.values()}
    assert set(_ENDPOINTS) - covered == set(), "add tests/conformance/NAME.json from the documentation page"


def test_the_comparison_sees_what_differs() -> None:
    example = {"a": "1", "b": [{"c": 1}], "d": True, "e": 1}
    answer = {"a": 1, "b": [{"c": 1, "x": 0}], "d": True}
    assert sorted(differences(example, answer, {})) == [
        "a: number where the example has string",
        "b[].x: not in the example",
        "e: missing",
    ]
    assert list(differences({"*": "1"}, {"BTC": "2", "ETH": 3}, {})) == [
        "ETH: number where the example has string"
    ]
    assert list(differences([[1, "2", 3]], [[4, "5", 6], [7, "8"]], {})) == [
        "[][]: columns [7, '8'] where the example has [1, '2', 3]"
    ]
    assert list(differences(example, {**example, "b": []}, {})) == ["b[]: empty, so nothing was compared"]
    assert list(differences(example, example, {"e": "no reason"})) == ["e: said to be missing, and is there"]
