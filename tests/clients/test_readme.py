"""The README's first session, pasted as it stands."""

import re
from pathlib import Path

import pytest

from tests.clients.environments import run_client
from tests.clients.test_official_sdk import development_key
from tests.serve.process import serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

README = (Path(__file__).parents[2] / "README.md").read_text()
DEFAULT_ADDRESS = "http://127.0.0.1:8787"


def test_the_first_session_runs_as_printed(tmp_path: Path) -> None:
    [program] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    with serving(tmp_path, "--data", ":memory:") as server:
        key, secret = development_key(server)
        assert key in program, "the README names another development key than the server prints"
        assert secret in program, "the README names another secret than the server prints"
        assert DEFAULT_ADDRESS in program
        # The port is all that differs: another exchange may be running on the usual one.
        done = run_client("binance-sdk-margin", program.replace(DEFAULT_ADDRESS, server.address))
        assert done.returncode == 0, done.stderr
        assert "FILLED 0.01000000 BTC for" in done.stdout
        assert "margin level" in done.stdout
        assert re.search(r"trade \d+", done.stdout)
        assert done.stderr == ""
