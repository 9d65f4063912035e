"""Every endpoint of the official SDK has a verdict in the table that the run prints."""

import json

import pytest

from tests.clients.environments import run_client
from tests.clients.sdk import AS_DOCUMENTED, REFUSED, TABLE, verdict

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

ENDPOINTS = """
import importlib, inspect, json, pkgutil, re
from binance_sdk_margin_trading.rest_api import api
found = set()
for module in pkgutil.iter_modules(api.__path__):
    source = inspect.getsource(importlib.import_module(f"{api.__name__}.{module.name}"))
    found |= set(re.findall(r'method="([A-Z]+)",\\s*path="([^"]+)"', source))
print(json.dumps(sorted(" ".join(pair) for pair in found)))
"""
"""What the SDK can ask, read in its own code."""

FILES = ("orders", "accounts", "special_keys", "liquidations", "streams")
"""Those of test_official_sdk_*.py that fill the table; it is complete after all of them."""


def test_every_endpoint_has_a_verdict(request: pytest.FixtureRequest) -> None:
    ran = {item.path.stem.removeprefix("test_official_sdk_") for item in request.session.items}
    if not ran.issuperset(FILES) or request.config.option.keyword:
        pytest.skip("only where all the others ran")
    done = run_client("binance-sdk-margin", ENDPOINTS)
    assert done.returncode == 0, done.stderr
    every = set(json.loads(done.stdout))
    assert len(every) == 69
    assert every - set(TABLE) == set(), "ask for these in a test of the official SDK"
    verdicts = {endpoint: verdict(TABLE[endpoint]) for endpoint in every}
    good = (AS_DOCUMENTED, REFUSED)
    assert {name: said for name, said in verdicts.items() if not said.startswith(good)} == {}
