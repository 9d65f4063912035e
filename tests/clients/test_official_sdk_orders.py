"""The official SDK on every order endpoint, cross and isolated."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.sdk import Sdk
from tests.serve.process import Server, serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

LOAN = ("marginBuyBorrowAmount", "marginBuyBorrowAsset")
"""Named only where something was borrowed."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as running:
        yield running


def fund(server: Server, **wallet: str) -> None:
    for asset, amount in (("USDT", "50000"), ("BTC", "1")):
        body = {**wallet, "asset": asset, "amount": amount}
        server.client.post("/lab/accounts/1/deposit", json=body).raise_for_status()


@pytest.mark.parametrize("is_isolated", [False, True], ids=["cross", "isolated"])
def test_every_order_endpoint(server: Server, is_isolated: bool) -> None:
    sdk = Sdk(server, is_isolated=is_isolated)
    if is_isolated:
        sdk.ask("enable_isolated", "enable_isolated_margin_account", symbol="BTCUSDT")
        fund(server, wallet="ISOLATED", symbol="BTCUSDT")
    else:
        fund(server, wallet="CROSS")
    place_single_orders(sdk)
    look_up_orders(sdk)
    prevent_a_trade_with_oneself(sdk)
    # A symbol lets five orders wait, and the lists need room.
    rows = cancel_all(sdk)
    assert len(rows) == 5
    lists = place_lists(sdk)
    look_up_lists(sdk, lists)
    sdk.ours(
        "new_order_full_with_loan",
        "margin_account_new_order",
        symbol="BTCUSDT",
        side="BUY",
        type="MARKET",
        quantity=0.5,
        side_effect_type="AUTO_BORROW_REPAY",
    )
    cancel(sdk, lists)


def place_single_orders(sdk: Sdk) -> None:
    place = "margin_account_new_order"
    pair: dict[str, Any] = {"symbol": "BTCUSDT", "quantity": 0.01}
    sdk.ours(
        "new_order_ack",
        place,
        **pair,
        side="BUY",
        type="STOP_LOSS_LIMIT",
        price=66000.0,
        stop_price=65000.0,
        iceberg_qty=0.005,
        time_in_force="GTC",
        new_client_order_id="stop-limit",
    )
    sdk.ours(
        "new_order_result",
        place,
        **pair,
        side="SELL",
        type="STOP_LOSS",
        trailing_delta=100,
        new_order_resp_type="RESULT",
    )
    sdk.ours("new_order_ack", place, **pair, side="SELL", type="TAKE_PROFIT", stop_price=70000.0)
    sdk.ours(
        "new_order_ack",
        place,
        **pair,
        side="SELL",
        type="TAKE_PROFIT_LIMIT",
        price=70000.0,
        stop_price=69000.0,
        trailing_delta=50,
        time_in_force="IOC",
    )
    sdk.ours(
        "new_order_result",
        place,
        symbol="BTCUSDT",
        side="SELL",
        type="LIMIT_MAKER",
        quantity=0.1,
        price=70000.0,
        iceberg_qty=0.01,
        new_order_resp_type="RESULT",
    )
    sdk.ours("new_order_full", place, **pair, side="BUY", type="MARKET")


def look_up_orders(sdk: Sdk) -> None:
    sdk.ours(
        "query_order", "query_margin_accounts_order", symbol="BTCUSDT", orig_client_order_id="stop-limit"
    )
    waiting = sdk.ours("open_orders", "query_margin_accounts_open_orders", symbol="BTCUSDT")
    assert len(waiting) == 5
    every = sdk.ours("all_orders", "query_margin_accounts_all_orders", symbol="BTCUSDT")
    assert len(every) == 6
    assert {row["isIsolated"] for row in every} == {bool(sdk.account)}
    sdk.ours("my_trades", "query_margin_accounts_trade_list", symbol="BTCUSDT")
    where = {"symbol": "BTCUSDT"} if sdk.account else {}
    sdk.ours("order_count", "query_current_margin_order_count_usage", **where)


def prevent_a_trade_with_oneself(sdk: Sdk) -> None:
    inside: dict[str, Any] = {
        "symbol": "BTCUSDT",
        "type": "LIMIT",
        "quantity": 0.01,
        "price": 60000.0,
        "time_in_force": "GTC",
        "self_trade_prevention_mode": "EXPIRE_MAKER",
        "new_order_resp_type": "RESULT",
    }
    maker = sdk.ours("new_order_result", "margin_account_new_order", side="SELL", **inside)["orderId"]
    taker = sdk.ours("new_order_result", "margin_account_new_order", side="BUY", **inside)["orderId"]
    ask = "query_prevented_matches"
    [match] = sdk.ours("prevented_matches", ask, symbol="BTCUSDT", order_id=taker)
    assert (match["takerOrderId"], match["makerOrderId"]) == (taker, maker)
    named = {"prevented_match_id": match["preventedMatchId"]}
    assert sdk.ours("prevented_matches", ask, symbol="BTCUSDT", **named) == [match]
    since = {"from_prevented_match_id": match["preventedMatchId"]}
    assert sdk.ours("prevented_matches", ask, symbol="BTCUSDT", order_id=maker, **since) == [match]
    sdk.ours("cancel_order", "margin_account_cancel_order", symbol="BTCUSDT", order_id=taker)


def place_lists(sdk: Sdk) -> dict[str, Any]:
    working: dict[str, Any] = {
        "symbol": "BTCUSDT",
        "working_type": "LIMIT",
        "working_side": "BUY",
        "working_price": 50000.0,
        "working_quantity": 0.01,
        "working_time_in_force": "GTC",
        "pending_side": "SELL",
        "pending_quantity": 0.01,
    }
    oco: dict[str, Any] = {"symbol": "BTCUSDT", "side": "BUY", "price": 50000.0, "stop_price": 65000.0}
    return {
        "oco": sdk.ours(
            "new_oco",
            "margin_account_new_oco",
            without=LOAN,
            **oco,
            quantity=0.01,
            limit_iceberg_qty=0.005,
            stop_limit_price=65500.0,
            stop_iceberg_qty=0.005,
            stop_limit_time_in_force="GTC",
            list_client_order_id="the-oco",
            limit_client_order_id="the-limit",
            stop_client_order_id="the-stop",
        ),
        "oto": sdk.ours(
            "new_oto",
            "margin_account_new_oto",
            **working,
            working_iceberg_qty=0.0,
            pending_type="LIMIT",
            pending_price=70000.0,
            pending_time_in_force="GTC",
            side_effect_type="AUTO_BORROW_REPAY",
        ),
        "trailing_oto": sdk.ours(
            "new_oto",
            "margin_account_new_oto",
            **working,
            working_iceberg_qty=0.005,
            pending_type="STOP_LOSS",
            pending_price=45000.0,
            pending_trailing_delta=100.0,
            new_order_resp_type="RESULT",
        ),
        "otoco": sdk.ours(
            "new_otoco",
            "margin_account_new_otoco",
            **working,
            pending_above_type="LIMIT_MAKER",
            pending_above_price=70000.0,
            pending_below_type="STOP_LOSS",
            pending_below_stop_price=45000.0,
        ),
        "oco_with_loan": sdk.ours(
            "new_oco", "margin_account_new_oco", **oco, quantity=1.6, side_effect_type="MARGIN_BUY"
        ),
    }


def look_up_lists(sdk: Sdk, lists: dict[str, Any]) -> None:
    where = {"symbol": "BTCUSDT"} if sdk.account else {}
    one = "query_margin_accounts_oco"
    by_name = sdk.ours("query_order_list", one, **where, orig_client_order_id="the-oco")
    by_id = sdk.ours("query_order_list", one, **where, order_list_id=lists["oco"]["orderListId"])
    assert by_name == by_id
    open_ocos = sdk.ours("open_order_lists", "query_margin_accounts_open_oco", **where)
    assert [found["orderListId"] for found in open_ocos] == [
        lists["oco"]["orderListId"],
        lists["oco_with_loan"]["orderListId"],
    ]
    every = sdk.ours("all_order_lists", "query_margin_accounts_all_oco", **where, limit=1000)
    assert len(every) == len(lists)
    if not sdk.account:
        open_otos = sdk.ask("open_oto_lists", "query_margin_accounts_open_otootoco_order_lists")
        assert [found["contingencyType"] for found in open_otos] == ["OTO", "OTO", "OTOCO"]


def cancel(sdk: Sdk, lists: dict[str, Any]) -> None:
    leg = lists["otoco"]["orders"][2]["orderId"]
    sdk.ours("cancel_order", "margin_account_cancel_order", symbol="BTCUSDT", order_id=leg)
    oco = {
        "symbol": "BTCUSDT",
        "side": "SELL",
        "quantity": 0.01,
        "price": 75000.0,
        "stop_price": 50000.0,
        "stop_limit_price": 49000.0,
        "stop_limit_time_in_force": "GTC",
        "list_client_order_id": "to-cancel",
    }
    sdk.ours("new_oco", "margin_account_new_oco", without=LOAN, **oco)
    sdk.ours(
        "cancel_order_list",
        "margin_account_cancel_oco",
        symbol="BTCUSDT",
        list_client_order_id="to-cancel",
        new_client_order_id="bye",
    )
    for name in ("oco_with_loan", "oto", "trailing_oto"):
        order_id = lists[name]["orders"][0]["orderId"]
        sdk.ours("cancel_order", "margin_account_cancel_order", symbol="BTCUSDT", order_id=order_id)
    sdk.ours(
        "new_order_ack",
        "margin_account_new_order",
        symbol="BTCUSDT",
        side="SELL",
        type="LIMIT_MAKER",
        quantity=0.01,
        price=75000.0,
    )
    assert [row["orderListId"] for row in cancel_all(sdk)] == [lists["oco"]["orderListId"], -1]


def cancel_all(sdk: Sdk) -> Any:
    method = "margin_account_cancel_all_open_orders_on_a_symbol"
    return sdk.ours("cancel_all_orders", method, symbol="BTCUSDT")


def test_every_endpoint_of_isolated_accounts(server: Server) -> None:
    sdk = Sdk(server, is_isolated=True)
    pair = {"symbol": "BTCUSDT"}
    sdk.ask("enable_isolated", "enable_isolated_margin_account", **pair)
    sdk.ask("enable_isolated", "enable_isolated_margin_account", symbol="ETHUSDT")
    fund(server, wallet="ISOLATED", symbol="BTCUSDT")
    limit = sdk.ask("isolated_account_limit", "query_enabled_isolated_margin_account_limit")
    assert limit["enabledAccount"] == 2
    sdk.ask("isolated_pairs", "get_all_isolated_margin_symbol")
    sdk.ask("isolated_tiers", "query_isolated_margin_tier_data", **pair)
    sdk.ask("isolated_tiers", "query_isolated_margin_tier_data", **pair, tier=1)
    sdk.ask("isolated_fees", "query_isolated_margin_fee_data")
    sdk.ask("isolated_fees", "query_isolated_margin_fee_data", **pair, vip_level=0)
    named = {"isolated_symbol": "BTCUSDT"}
    sdk.ask("max_borrowable", "query_max_borrow", asset="USDT", **named)
    loan = {"asset": "USDT", "amount": "1000", **pair}
    sdk.ours("borrow_repay", "margin_account_borrow_repay", **loan, type="BORROW")
    sdk.ours("borrow_repay", "margin_account_borrow_repay", **{**loan, "amount": "500"}, type="REPAY")
    records = "query_borrow_repay_records_in_margin_account"
    for kind in ("BORROW", "REPAY"):
        page = sdk.ask("loan_records_isolated", records, **named, type=kind)
        assert [row["isolatedSymbol"] for row in page["rows"]] == ["BTCUSDT"]
    sdk.ask("interest_history_isolated", "get_interest_history", **named)
    sdk.ask("max_transferable", "query_max_transfer_out_amount", asset="USDT", **named)
    every = sdk.ask("isolated_account", "query_isolated_margin_account_info")
    assert [row["symbol"] for row in every["assets"]] == ["BTCUSDT", "ETHUSDT"]
    [one] = sdk.ask("isolated_account", "query_isolated_margin_account_info", symbols="BTCUSDT")["assets"]
    assert one["quoteAsset"]["free"] == "50500.00000000"
    sdk.ask("disable_isolated", "disable_isolated_margin_account", symbol="ETHUSDT")
