"""ccxt, unchanged but for its addresses, on a clock that is a month ahead of its own."""

import json
from pathlib import Path

import pytest

from tests.clients.environments import run_client
from tests.clients.sdk import development_key
from tests.serve.process import serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

SESSION = (Path(__file__).parent / "sessions" / "ccxt_margin.py").read_text()
MARKET = (Path(__file__).parent / "sessions" / "ccxt_market.py").read_text()
ORDERS = (Path(__file__).parent / "sessions" / "ccxt_orders.py").read_text()
PRO = (Path(__file__).parent / "sessions" / "ccxt_pro.py").read_text()
SPOT = (Path(__file__).parent / "sessions" / "ccxt_spot.py").read_text()


def test_ccxt_borrows_trades_and_repays_a_month_ahead(tmp_path: Path) -> None:
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as server:
        server.client.post("/lab/clock/advance", json={"seconds": 30 * 86400}).raise_for_status()
        done = run_client("ccxt", SESSION, server.address, *development_key(server))
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["order"] == "closed"
    assert seen["filled"] == seen["traded"] == 0.01
    assert seen["open"] == [seen["resting"]]
    assert seen["canceled"] == "canceled"
    assert 1000 < seen["debt"] < 1001, "principal and the interest of the first hour"
    assert 0 < seen["debt_afterwards"] < 1, "interest is paid first"


def test_ccxt_places_stops_and_lists_and_trades_on_an_isolated_account(tmp_path: Path) -> None:
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as server:
        done = run_client("ccxt", ORDERS, server.address, *development_key(server))
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert len(seen["on_cross"]) == 3
    assert seen["stop"] == [True, "open", 65000]
    assert seen["listed"] == ["STOP_LOSS_LIMIT", "LIMIT_MAKER"]
    assert seen["lists"] == [True]
    assert seen["canceled_list"] == "ALL_DONE"
    assert seen["after_cancel"] == []
    assert seen["moved"] is True
    assert (seen["bought"], seen["isolated"], seen["canceled"]) == ("closed", True, "canceled")
    assert seen["traded"] == 0.01
    assert 500 < seen["debt"] < 501
    assert seen["rate"] == 0.00018
    assert "Order would trigger immediately." in seen["refused"]


def test_ccxt_trades_with_the_spot_wallet(tmp_path: Path) -> None:
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as server:
        done = run_client("ccxt", SPOT, server.address, *development_key(server))
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["spot"] == [True, True]
    assert seen["found"] == ["open", 50000, True]
    assert seen["opened"] == [True]
    assert seen["canceled"] == "canceled"
    assert seen["stop"] == "market"
    assert seen["edited"] == ["open", 51000, True]
    assert seen["pair"] == ["OCO", "ALL_DONE"]
    assert seen["canceled_all"] == 2
    assert seen["bought"] == ["closed", 0.01, True]
    assert seen["spent"] == ["closed", True]
    assert seen["traded"] == seen["of_order"] == 0.01
    assert (seen["everything"], seen["closed"]) == (8, 2)
    assert seen["gained"]
    assert seen["paid"]
    assert "Account has insufficient balance" in seen["refused"]
    assert seen["missing"]


def test_ccxt_reads_books_trades_candles_and_tickers_without_a_key(tmp_path: Path) -> None:
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as server:
        server.client.post("/lab/clock/advance", json={"seconds": 2 * 3600}).raise_for_status()
        server.client.post("/lab/prices/BTCUSDT", json={"price": "61000"}).raise_for_status()
        done = run_client("ccxt", MARKET, server.address)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["markets"] == seen["all_tickers"] > 10
    assert seen["limits"] > 0
    assert seen["bids"] == 5
    assert seen["nonce"] > 0
    assert seen["spread"] > 0
    assert seen["bid"] is seen["best"] is True
    assert seen["tickers"] == ["BTC/USDT", "ETH/USDT"]
    assert seen["last"] == seen["prices"] == seen["trades"][-1] == 61000
    assert seen["trades"] == seen["single"]
    first, flat, last = seen["hours"]
    assert first == flat == [0, seen["trades"][0]]
    assert last == [0, 61000]
    assert seen["volumes"] == [True, False, True]
    assert seen["months"] in (1, 2)


def test_ccxt_pro_watches_the_market_and_its_own_account(tmp_path: Path) -> None:
    with serving(tmp_path, "--data", ":memory:") as server:
        body = {"wallet": "CROSS", "asset": "USDT", "amount": "50000"}
        server.client.post("/lab/accounts/1/deposit", json=body).raise_for_status()
        done = run_client("ccxt", PRO, server.address, *development_key(server))
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert 0.0099 < seen.pop("more") <= 0.01
    assert seen == {
        "order": [True, 0.01],
        "my_trade": [True, 0.01],
        "balance": True,
        "filled": "closed",
        "opened": [True, "open"],
        "ended": [True, "canceled"],
        "book": [True, True, True],
        "trade": True,
        "ticker": ["BTC/USDT", True],
        "candle": True,
        "bought": ["closed"],
    }
