"""ccxt's own live tests, as its package ships them, with nothing of ccxt changed.

They insist on production's addresses, so they come here through the proxy. docs/clients.md says what they find, and why
what they leave out is left out.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.environments import ROOT, client_python, run_client
from tests.clients.sdk import development_key, signed_by_hand
from tests.serve.process import proxying, serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

SKIPPED = {
    "fetchDeposits": "there is no chain to deposit from",
    "fetchWithdrawals": "there is no chain to withdraw to",
    "fetchTransfers": "it asks for transfers from futures wallets",
    "fetchMarginModes": "ccxt supports it for futures alone",
    "fetchLeverageTiers": "ccxt asks futures for them",
}
PASSING = {
    "loadMarkets",
    "features",
    "afterConstruct",
    "fetchCurrencies",
    "fetchTicker",
    "fetchTickers",
    "fetchLastPrices",
    "fetchOHLCV",
    "fetchTrades",
    "fetchOrderBook",
    "fetchStatus",
    "fetchBalance",
    "fetchTransactionFees",
    "fetchTradingFees",
    "fetchOrders",
    "fetchOpenOrders",
    "fetchClosedOrders",
    "fetchMyTrades",
    "fetchBorrowInterest",
}


def source_tree(home: Path) -> Path:
    """ccxt as it lies in its repository: its tests refuse to run where pip has put them."""
    package = Path(run_client("ccxt", "import ccxt; print(ccxt.__file__)").stdout.strip()).parent
    shutil.copytree(package, home / "python" / "ccxt", ignore=shutil.ignore_patterns("__pycache__"))
    return home / "python" / "ccxt" / "test"


def test_what_ccxt_tests_of_an_exchange_holds_here(tmp_path: Path) -> None:
    tests = source_tree(tmp_path)
    with (
        serving(tmp_path, "--data", ":memory:") as server,
        proxying(tmp_path, server.address) as (port, trust),
    ):
        key, secret = development_key(server)
        isolated = "/sapi/v1/margin/isolated/account"
        signed_by_hand(server, (key, secret), "POST", isolated, symbol="BTCUSDT")
        settings = {
            "apiKey": key,
            "secret": secret,
            "httpsProxy": f"http://127.0.0.1:{port}",
            "validateServerSsl": str(trust),
            "has": {"swap": False, "future": False, "option": False},
            "options": {"fetchMarkets": {"types": ["spot"]}},
        }
        # A snapshot of a book carries no time, there as here.
        skipped = {**SKIPPED, "orderBook": {"timestamp": "", "datetime": ""}}
        (tmp_path / "keys.json").write_text(json.dumps({"binance": settings}))
        (tmp_path / "skip-tests.json").write_text(json.dumps({"binance": {"skipMethods": skipped}}))
        done = subprocess.run(
            [client_python("ccxt"), tests / "tests_init.py", "binance", "BTC/USDT", "--sync", "--private"],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{tests.parents[1]}{os.pathsep}{tests}"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, re.findall(r"^\[TEST_.*", done.stdout, re.MULTILINE)) == (0, []), done.stdout
    assert set(re.findall(r"^\[INFO\] TESTING DONE +binance (\w+)", done.stdout, re.MULTILINE)) == PASSING


def test_the_page_says_what_passes_and_what_is_left_out() -> None:
    page = (ROOT / "docs" / "clients.md").read_text()
    for method in PASSING:
        assert f"`{method}`" in page, f"docs/clients.md: {method} passes"
    for method, reason in SKIPPED.items():
        assert f"| `{method}` | {reason} |" in page, f"docs/clients.md: why {method} is left out"
