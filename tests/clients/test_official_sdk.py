"""The official SDK, unchanged but for its address: borrow, trade, be killed, look it all up, repay.

Its models make every field optional, so an answer that lacks half of them would pass: each answer is also held
against its documented example, and the account against a calculation that knows nothing of the engine.
"""

import json
import signal
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.clients.environments import run_client
from tests.clients.sdk import development_key
from tests.conformance.test_goldens import GOLDENS, differences
from tests.serve.process import Server, proxying, serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

SESSION = (Path(__file__).parent / "sessions" / "official_sdk.py").read_text()
BY_PROXY = (Path(__file__).parent / "sessions" / "official_sdk_by_proxy.py").read_text()
HOUR_MS = 3_600_000

GOLDEN_OF = {
    "account_at_first": "account",
    "account_owing": "account",
    "account_at_last": "account",
    "max_borrowable": "max_borrowable",
    "borrow": "borrow_repay",
    "repay": "borrow_repay",
    "limit_filled": "new_order_full",
    "market_sell_with_loan": "new_order_full_with_loan",
    "resting": "new_order_result",
    "to_cancel": "new_order_ack",
    "cancel": "cancel_order",
    "cancel_all": "cancel_all_orders",
    "open_orders": "open_orders",
    "order": "query_order",
    "all_orders": "all_orders",
    "trades": "my_trades",
    "trades_eth": "my_trades",
    "order_count": "order_count",
    "loans": "loan_records",
    "repayments": "loan_records",
    "interest": "interest_history",
    "max_transferable": "max_transferable",
    "bars": "trade_coefficients",
    "pairs": "all_pairs",
    "assets": "all_assets",
    "index": "price_index",
}


def session(server: Server, part: str) -> dict[str, Any]:
    """Run one part of the session, and give its answers; the SDK must have had nothing to say against them."""
    done = run_client("binance-sdk-margin", SESSION, server.address, *development_key(server), part)
    assert done.returncode == 0, done.stderr
    heard = json.loads(done.stdout)
    assert heard["warnings"] == [], "the SDK could not parse an answer as it is declared"
    return heard["answers"]


def test_a_session_survives_a_kill_and_every_number_is_right(tmp_path: Path) -> None:
    data = str(tmp_path / "exchange")
    options = ("--data", data, "--clock", "virtual", "--start", "2026-01-01T10:00:00Z")
    with serving(tmp_path, *options) as server:
        answers = session(server, "before")
        # Three full hours pass, and each is charged.
        server.client.post("/lab/clock/advance", json={"seconds": 3 * 3600}).raise_for_status()
        before = server.state()
        assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    with serving(tmp_path, "--data", data, "--clock", "virtual") as server:
        assert server.state() == before, "everything that was acknowledged is there"
        answers |= session(server, "after")

    for name, answer in answers.items():
        golden = GOLDENS[GOLDEN_OF[name]]
        found = [
            difference
            for difference in differences(golden.example, answer, golden.missing)
            # An account that does not owe is the example's own case; a loan's fields come with a loan.
            if "said to be missing" not in difference
        ]
        assert found == [], f"{name}: {found}"
    assert_books_balance(answers)


def assert_books_balance(answers: dict[str, Any]) -> None:
    """The account at the end is the account at first and what the answers say happened, to the last atom."""
    balance = {row["asset"]: Decimal(row["free"]) for row in answers["account_at_first"]["userAssets"]}
    debt = {asset: Decimal(0) for asset in balance}
    for loan in answers["loans"]["rows"]:
        balance[loan["asset"]] += Decimal(loan["principal"])
        debt[loan["asset"]] += Decimal(loan["principal"])
    for trade in answers["trades"] + answers["trades_eth"]:
        sign = 1 if trade["isBuyer"] else -1
        base = trade["symbol"].removesuffix("USDT")
        quantity, price = Fraction(trade["qty"]), Fraction(trade["price"])
        quote = atoms(quantity * price)
        balance[base] += sign * Decimal(trade["qty"])
        balance["USDT"] -= sign * quote
        balance[trade["commissionAsset"]] -= Decimal(trade["commission"])
        received = quantity if trade["isBuyer"] else Fraction(quote)
        assert Decimal(trade["commission"]) == atoms(received / 1000), "VIP 0 pays one part in a thousand"

    interest = dict.fromkeys(balance, Decimal(0))
    for row in answers["interest"]["rows"]:
        hourly = Fraction(row["principal"]) * Fraction(row["interestRate"]) / 24
        assert Decimal(row["interest"]) == -atoms(-hourly), "interest is rounded up, once"
        assert row["interestAccuredTime"] % HOUR_MS == 0
        interest[row["asset"]] += Decimal(row["interest"])
    charges = [(row["asset"], row["type"]) for row in answers["interest"]["rows"]]
    assert sorted(charges) == sorted(
        [(asset, kind) for asset in ("USDT", "ETH") for kind in ("ON_BORROW", *["PERIODIC"] * 3)]
    )

    [repaid] = answers["repayments"]["rows"]
    assert Decimal(repaid["amount"]) == Decimal(repaid["principal"]) + Decimal(repaid["interest"]) == 20000
    assert Decimal(repaid["interest"]) == interest["USDT"], "interest first"
    balance["USDT"] -= Decimal(repaid["amount"])
    debt["USDT"] -= Decimal(repaid["principal"])
    interest["USDT"] -= Decimal(repaid["interest"])

    account = answers["account_at_last"]
    for row in account["userAssets"]:
        asset = row["asset"]
        assert Decimal(row["free"]) == balance[asset], asset
        assert Decimal(row["locked"]) == 0, asset
        assert Decimal(row["borrowed"]) == debt[asset], asset
        assert Decimal(row["interest"]) == interest[asset], asset
        assert Decimal(row["netAsset"]) == balance[asset] - debt[asset] - interest[asset], asset
    # Everything that has a part in this is ether, bitcoin and dollars; the index has not moved on a virtual clock.
    price = {"USDT": Fraction(1), "BTC": Fraction(answers["index"]["price"]), "ETH": Fraction(3000)}
    assets = sum(Fraction(balance[asset]) * price[asset] for asset in price)
    liabilities = sum(Fraction(debt[asset] + interest[asset]) * price[asset] for asset in price)
    assert Decimal(account["marginLevel"]) == atoms(assets / liabilities)
    assert Decimal(account["totalAssetOfBtc"]) == atoms(assets / price["BTC"])
    assert Decimal(account["totalLiabilityOfBtc"]) == atoms(liabilities / price["BTC"])


def atoms(value: Fraction) -> Decimal:
    """Rounded down to eight decimals."""
    return Decimal(value.numerator * 10**8 // value.denominator).scaleb(-8)


def test_an_sdk_without_a_clock_offset_trades_a_month_ahead(tmp_path: Path) -> None:
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as server:
        server.client.post("/lab/clock/advance", json={"seconds": 30 * 86400}).raise_for_status()
        assert session(server, "order")["order"]["status"] == "FILLED"


def test_a_bot_with_fixed_addresses_trades_here_through_the_proxy_and_reaches_nobody_else(
    tmp_path: Path,
) -> None:
    with (
        serving(tmp_path, "--data", ":memory:") as server,
        proxying(tmp_path, server.address) as (port, trust),
    ):
        proxy = f"http://127.0.0.1:{port}"
        variables = {
            "HTTPS_PROXY": proxy,
            "HTTP_PROXY": proxy,
            "NO_PROXY": "",
            "REQUESTS_CA_BUNDLE": str(trust),
        }
        done = run_client("binance-sdk-margin", BY_PROXY, *development_key(server), extra=variables)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["status"], seen["address"]) == ("FILLED", "https://api.binance.com")
    assert "403" in seen["elsewhere"][0]
    assert "403" in seen["elsewhere"][1]
    assert seen["elsewhere"][2] == 405
