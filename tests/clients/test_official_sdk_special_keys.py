"""The official SDK on special keys: what it can say, what it cannot, and what it always warns of.

Its generator left `apiKey` out of GET and DELETE apiKey and of PUT apiKey/ip. So it deletes by name alone, and cannot
query or edit; npm `binance` and the signed requests of `tests/api` do these.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.environments import run_client
from tests.clients.test_official_sdk import development_key
from tests.conformance.test_goldens import GOLDENS, differences
from tests.serve.process import Server, serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

CALL = (Path(__file__).parent / "sessions" / "official_sdk_call.py").read_text()
PUBLIC_KEY = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
"""


class Sdk:
    """The SDK at one exchange, each call in an interpreter that has not warned yet."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def run(self, method: str, **parameters: Any) -> tuple[int, str, str]:
        done = run_client(
            "binance-sdk-margin",
            CALL,
            self._server.address,
            *development_key(self._server),
            method,
            json.dumps(parameters),
        )
        return done.returncode, done.stdout, done.stderr

    def ask(self, golden: str, method: str, **parameters: Any) -> tuple[Any, list[str]]:
        """An answer with every documented field, and what the SDK warned of."""
        code, out, err = self.run(method, **parameters)
        assert code == 0, f"{method}: {err}"
        heard = json.loads(out)
        kept = GOLDENS[golden]
        assert list(differences(kept.example, heard["answer"], kept.missing)) == [], method
        return heard["answer"], heard["warnings"]


@pytest.fixture
def sdk(tmp_path: Path) -> Iterator[Sdk]:
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as server:
        changes = {"vip": 7, "termsSigned": True}
        server.client.patch("/lab/accounts/1", json=changes).raise_for_status()
        yield Sdk(server)


def test_it_makes_lists_and_deletes_keys_and_leaves_the_mode(sdk: Sdk) -> None:
    made, warnings = sdk.ask("create_special_key", "create_special_key", api_name="bot", ip="127.0.0.1")
    assert warnings == []
    assert len(made["secretKey"]) == 64
    code, out, err = sdk.run(
        "create_special_key", api_name="reader", public_key=PUBLIC_KEY, permission_mode="READ"
    )
    assert code == 0, err
    own = json.loads(out)
    assert (own["answer"]["secretKey"], own["answer"]["type"], own["warnings"]) == (None, "Ed25519", [])
    listed, warnings = sdk.ask("special_key_list", "query_special_key_list")
    assert ([key["permissionMode"] for key in listed], warnings) == (["TRADE", "READ"], [])
    deleted, warnings = sdk.ask("delete_special_key", "delete_special_key", api_name="bot")
    assert (deleted, warnings) == ({}, [])
    left, warnings = sdk.ask("exit_special_key_mode", "exit_special_key_mode")
    assert left == {}
    assert len(warnings) == 1, "it declares no model for this answer, so it always warns"
    assert sdk.run("query_special_key_list")[1].startswith('{"answer": [],')


@pytest.mark.parametrize(
    ("method", "parameters"), [("query_special_key", {}), ("edit_ip_for_special_key", {"ip": "10.0.0.7"})]
)
def test_it_cannot_name_a_key(sdk: Sdk, method: str, parameters: dict[str, str]) -> None:
    code, _, err = sdk.run(method, **parameters)
    assert code != 0
    assert "Mandatory parameter 'apiKey' was not sent, was empty/null, or malformed." in err
