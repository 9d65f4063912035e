"""The README's first session, pasted as it stands."""

import hashlib
import hmac
import re
from pathlib import Path

import pytest

from tests.clients.environments import run_client
from tests.clients.sdk import development_key
from tests.serve.process import Server, serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

README = (Path(__file__).parents[2] / "README.md").read_text()
DEFAULT_ADDRESS = "http://127.0.0.1:8787"


def test_the_first_session_runs_as_printed(tmp_path: Path) -> None:
    [program] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    # No full hour may pass between the look at the debt and its repayment.
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as server:
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
        assert "repaid 1000.00750000 USDT" in done.stdout
        assert liabilities(server, key, secret) == {"0.00000000"}


def liabilities(server: Server, key: str, secret: str) -> set[str]:
    """What the account owes of each asset, interest included."""
    query = f"timestamp={server.client.get('/api/v3/time').json()['serverTime']}"
    signature = hmac.new(secret.encode(), query.encode(), hashlib.sha256).hexdigest()
    path = f"/sapi/v1/margin/account?{query}&signature={signature}"
    account = server.client.get(path, headers={"X-MBX-APIKEY": key}).raise_for_status().json()
    return {wallet[part] for wallet in account["userAssets"] for part in ("borrowed", "interest")}
