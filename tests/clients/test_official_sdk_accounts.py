"""The official SDK on accounts, loans, transfers and what everybody may know of the margin market."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.sdk import REFUSED, CallFailed, Sdk, note
from tests.serve.process import Server, serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

OPTIONS = ("--data", ":memory:", "--clock", "virtual")
VENUE = """
extends = "default"
symbols = [
  { name = "BTCUSDT", limits_price_to_index = true },
  { name = "LTCUSDT", delist_at_ms = 4133980800000 },
  { name = "ADAUSDT", list_at_ms = 4102444800000, delist_at_ms = 4133980800000 },
]
assets = [
  { name = "ADA", list_at_ms = 4102444800000, delist_at_ms = 4133980800000 },
  { name = "LTC", open_long_restricted = true },
  { name = "BTC", max_collateral = "0.1" },
]
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path, *OPTIONS) as running:
        yield running


@pytest.fixture
def sdk(server: Server) -> Sdk:
    return Sdk(server)


def test_what_everybody_may_know(tmp_path: Path) -> None:
    venue = tmp_path / "venue.toml"
    venue.write_text(VENUE)
    with serving(tmp_path, *OPTIONS, "--config", str(venue)) as running:
        held = {"wallet": "CROSS", "asset": "BTC", "amount": "0.2"}
        running.client.post("/lab/accounts/1/deposit", json=held).raise_for_status()
        ask_what_everybody_may_know(Sdk(running))


def ask_what_everybody_may_know(sdk: Sdk) -> None:
    sdk.ask("all_pairs", "get_all_cross_margin_pairs")
    sdk.ask("all_assets", "get_all_margin_assets")
    sdk.ask("isolated_pairs", "get_all_isolated_margin_symbol")
    sdk.ask("price_index", "query_margin_priceindex", symbol="BTCUSDT")
    sdk.ask("collateral_ratios", "cross_margin_collateral_ratio")
    sdk.ask("liquidation_ratios", "get_margin_asset_risk_based_liquidation_ratio")
    pairs = sdk.ask("limit_price_pairs", "get_limit_price_pairs")
    assert pairs == {"crossMarginSymbols": ["BTCUSDT"]}
    restricted = sdk.ask("restricted_assets", "get_margin_restricted_assets")
    assert restricted == {"openLongRestrictedAsset": ["LTC"], "maxCollateralExceededAsset": ["BTC"]}
    [coming] = sdk.ask("list_schedule", "get_list_schedule")
    assert (coming["crossMarginAssets"], coming["isolatedMarginSymbols"]) == (["ADA"], ["ADAUSDT"])
    [going] = sdk.ask("delist_schedule", "get_delist_schedule")
    assert (going["crossMarginAssets"], going["isolatedMarginSymbols"]) == (["ADA"], ["ADAUSDT", "LTCUSDT"])
    for kind in ("MARGIN", "ISOLATED"):
        sdk.ask("available_inventory", "query_margin_available_inventory", type=kind)


def test_the_brackets_of_cross_margin_pro_are_refused(sdk: Sdk) -> None:
    with pytest.raises(CallFailed) as failed:
        sdk.call("query_liability_coin_leverage_bracket_in_cross_margin_pro_mode")
    assert "This operation is not supported." in str(failed.value)
    note("GET /sapi/v1/margin/leverageBracket", [], REFUSED)


def test_loans_and_what_they_cost(sdk: Sdk) -> None:
    sdk.ask("cross_fees", "query_cross_margin_fee_data")
    sdk.ask("cross_fees", "query_cross_margin_fee_data", coin="BTC", vip_level=3)
    sdk.ask("next_rates", "get_future_hourly_interest_rate", assets="BTC,ETH", is_isolated="FALSE")
    sdk.ask("rate_history", "query_margin_interest_rate_history", asset="BTC", vip_level=1)
    sdk.ask("max_borrowable", "query_max_borrow", asset="USDT")
    loan = {"asset": "USDT", "amount": "1000", "is_isolated": "FALSE"}
    sdk.ask("borrow_repay", "margin_account_borrow_repay", **loan, type="BORROW")
    sdk.ask("borrow_repay", "margin_account_borrow_repay", **{**loan, "amount": "400"}, type="REPAY")
    for kind in ("BORROW", "REPAY"):
        sdk.ask("loan_records", "query_borrow_repay_records_in_margin_account", type=kind)
    sdk.ask("interest_history", "get_interest_history")
    sdk.ask("max_transferable", "query_max_transfer_out_amount", asset="USDT")
    sdk.ask("trade_coefficients", "get_summary_of_margin_account")
    sdk.ask("max_leverage", "adjust_cross_margin_max_leverage", max_leverage=5)
    sdk.ask("bnb_burn", "get_bnb_burn_status")
    account = sdk.ask("account", "query_cross_margin_account_details")
    owed = {row["asset"]: row["borrowed"] for row in account["userAssets"]}
    assert owed["USDT"] == "600.00750000", "of 400, 0.0075 went to interest"


def test_value_that_moved(server: Server, sdk: Sdk) -> None:
    sdk.ask("enable_isolated", "enable_isolated_margin_account", symbol="BTCUSDT")
    sdk.ask("enable_isolated", "enable_isolated_margin_account", symbol="ETHUSDT")
    # The SDK has no call that transfers; isolated accounts are filled by the lab, and one fills the other.
    funding = {"wallet": "ISOLATED", "symbol": "BTCUSDT", "asset": "USDT", "amount": "100"}
    server.client.post("/lab/accounts/1/deposit", json=funding).raise_for_status()
    transfer(sdk, type="ISOLATEDMARGIN_ISOLATEDMARGIN", fromSymbol="BTCUSDT", toSymbol="ETHUSDT")
    transfer(sdk, type="ISOLATEDMARGIN_MARGIN", fromSymbol="BTCUSDT")
    history = "get_cross_margin_transfer_history"
    page = sdk.ask("margin_transfers", history, isolated_symbol="BTCUSDT", type="ROLL_OUT")
    assert [row["transTo"] for row in page["rows"]] == ["CROSS_MARGIN", "ISOLATED_MARGIN"]
    sdk.ask("margin_transfers", history, size=100)
    flow = "query_cross_isolated_margin_capital_flow"
    rows = sdk.ask("capital_flow_isolated", flow, symbol="BTCUSDT")
    assert [row["amount"] for row in rows] == ["100", "-5", "-5"]
    after = sdk.ask("capital_flow", flow, symbol="BTCUSDT", from_id=rows[0]["id"], limit=1)
    assert after == rows[1:2]


def transfer(sdk: Sdk, **parameters: str) -> None:
    answer = sdk.signed("POST", "/sapi/v1/asset/transfer", asset="USDT", amount="5", **parameters)
    assert "tranId" in answer


def test_small_debts_are_exchanged(sdk: Sdk) -> None:
    loan = {"asset": "ETH", "amount": "0.002", "is_isolated": "FALSE"}
    sdk.ask("borrow_repay", "margin_account_borrow_repay", **loan, type="BORROW")
    sdk.ask("small_liabilities", "get_small_liability_exchange_coin_list")
    sdk.ask("exchange_small_liability", "small_liability_exchange", asset_names="ETH")
    page = sdk.ask("small_liability_history", "get_small_liability_exchange_history", current=1, size=10)
    assert page["total"] == 1
