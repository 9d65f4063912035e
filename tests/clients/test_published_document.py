"""The document at /lab/openapi-binance.json promises what is asked and answered; schemathesis takes it at its word."""

import json
import os
from pathlib import Path

import pytest

from tests.clients.environments import run_client
from tests.clients.sdk import development_key
from tests.serve.process import serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(3600)]

SESSION = (Path(__file__).parent / "sessions" / "schemathesis_run.py").read_text()
EXAMPLES = 20 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 1
"""Of good and of bad requests each, for each endpoint."""


def test_no_answer_is_a_failure_or_undocumented(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    seed = str(pytestconfig.getoption("hypothesis_seed"))
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as server:
        key = development_key(server)
        done = run_client("schemathesis", SESSION, server.address, *key, str(EXAMPLES), seed, timeout=3000)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["wrong"] == {}, f"with seed {seed}"
    assert seen["statuses"]["200"] > 50, "hardly anything was served, so hardly anything was compared"
