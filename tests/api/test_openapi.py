"""The published document says what the registry says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openmargin.api.endpoint import Endpoint, Security
from openmargin.api.endpoints import ENDPOINTS
from openmargin.api.openapi import document
from openmargin.api.params import fields_of
from tests.api.world import DOCUMENTED


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    return json.loads(document())


def operation(published: dict[str, Any], row: Endpoint) -> dict[str, Any]:
    return published["paths"][row.path][row.method.lower()]


def test_every_endpoint_is_there_and_no_other(published: dict[str, Any]) -> None:
    names = {f"{method.upper()} {path}" for path, item in published["paths"].items() for method in item}
    assert names == {row.name for row in ENDPOINTS}


def test_every_code_of_the_documentation_stands_under_its_status(published: dict[str, Any]) -> None:
    for row in ENDPOINTS:
        codes: set[int] = set()
        for status, response in operation(published, row)["responses"].items():
            if status != "200":
                codes |= set(response["content"]["application/json"]["schema"]["properties"]["code"]["enum"])
        assert codes == DOCUMENTED[row.method, row.path], row.name


def test_every_parameter_is_described(published: dict[str, Any]) -> None:
    for row in ENDPOINTS:
        listed = {
            one["name"]: one["required"]
            for one in operation(published, row)["parameters"]
            if one["in"] == "query"
        }
        signing = {"timestamp": True, "recvWindow": False} if row.signed else {}
        assert listed == {field.param.name: field.required for field in fields_of(row.params)} | signing


def test_who_must_prove_what(published: dict[str, Any]) -> None:
    for row in ENDPOINTS:
        proofs = operation(published, row)["security"]
        if row.security is Security.NONE:
            assert proofs == []
        else:
            assert proofs == [{"ApiKey": [], **({"Signature": []} if row.signed else {})}]


def test_only_what_is_always_refused_has_no_answer(published: dict[str, Any]) -> None:
    silent = {row.name for row in ENDPOINTS if "200" not in operation(published, row)["responses"]}
    assert silent == {row.name for row in ENDPOINTS if row.title.endswith("always refused")}


def test_every_reference_leads_somewhere(published: dict[str, Any]) -> None:
    text = document().decode()
    named = {part.partition('"')[0] for part in text.split('"$ref":"#/components/schemas/')[1:]}
    assert named == set(published["components"]["schemas"])


def test_a_legacy_path_is_deprecated(published: dict[str, Any]) -> None:
    for row in ENDPOINTS:
        assert operation(published, row).get("deprecated", False) is bool(row.successor)
