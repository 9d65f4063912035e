"""The official SDK on liquidations: the one that an owner asks for, and the orders of one that he did not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.sdk import Sdk
from tests.serve.process import Server, serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as running:
        yield running


def lab(server: Server, path: str, **body: object) -> None:
    server.client.post(f"/lab/{path}", json=body).raise_for_status()


def buy_on_credit(sdk: Sdk) -> None:
    """With 100 of one's own and 400 that were lent, on the isolated account of BTCUSDT."""
    sdk.ask("enable_isolated", "enable_isolated_margin_account", symbol="BTCUSDT")
    pair = {"wallet": "ISOLATED", "symbol": "BTCUSDT"}
    lab(sdk.server, "accounts/1/deposit", **pair, asset="USDT", amount="100")
    sdk.ours(
        "new_order_full_with_loan",
        "margin_account_new_order",
        symbol="BTCUSDT",
        side="BUY",
        type="MARKET",
        quote_order_qty=500.0,
        side_effect_type="MARGIN_BUY",
    )


def test_the_orders_of_a_forced_liquidation(server: Server) -> None:
    sdk = Sdk(server, is_isolated=True)
    buy_on_credit(sdk)
    lab(server, "prices/BTCUSDT", price="50000")
    lab(server, "clock/advance", seconds=60)
    page = sdk.ask("forced_orders", "get_force_liquidation_record", isolated_symbol="BTCUSDT")
    assert page["total"] == len(page["rows"]) > 0
    [account] = sdk.ask("isolated_account", "query_isolated_margin_account_info")["assets"]
    assert account["tradeEnabled"] is True, "it is over"


def test_a_liquidation_that_the_owner_asks_for(server: Server) -> None:
    sdk = Sdk(server, is_isolated=True)
    buy_on_credit(sdk)
    done = sdk.ask("manual_liquidation", "margin_manual_liquidation", type="ISOLATED", symbol="BTCUSDT")
    assert (done["asset"], done["liabilityAsset"]) == ("USDT", "BTC")
    [account] = sdk.ask("isolated_account", "query_isolated_margin_account_info")["assets"]
    assert account["quoteAsset"]["borrowed"] == "0.00000000"


def test_the_loan_that_a_bankruptcy_in_special_key_mode_leaves(server: Server) -> None:
    sdk = Sdk(server)
    server.client.patch("/lab/accounts/1", json={"vip": 7, "termsSigned": True}).raise_for_status()
    sdk.ask("create_special_key", "create_special_key", api_name="bot")
    lab(server, "accounts/1/deposit", wallet="CROSS", asset="USDT", amount="100000")
    lab(server, "accounts/1/deposit", wallet="SPOT", asset="USDC", amount="500")
    loan = {"asset": "USDT", "amount": "300000", "is_isolated": "FALSE"}
    sdk.ask("borrow_repay", "margin_account_borrow_repay", **loan, type="BORROW")
    sdk.ours(
        "new_order_full",
        "margin_account_new_order",
        symbol="BTCUSDT",
        side="BUY",
        type="MARKET",
        quote_order_qty=390000.0,
    )
    lab(server, "prices/BTCUSDT", price="20000")
    lab(server, "clock/advance", seconds=60)
    owed = sdk.ask("liquidation_loan", "query_liquidation_loan")
    assert float(owed["remainingAmount"]) > 400
    sdk.ask("repay_liquidation_loan", "liquidation_loan_repay", asset="USDC", amount=400.0)
    repaid = sdk.ask("liquidation_loan_repayments", "query_liquidation_loan_repay_history")
    assert [row["amount"] for row in repaid["rows"]] == ["400.00000000"]
