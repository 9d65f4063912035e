"""What a user of the official SDK does, in two parts with the exchange killed in between.

Runs in the SDK's own environment: ADDRESS KEY SECRET PART. Prints one JSON object: every answer as it came over the
wire, by the name that the session gives it, and every warning that the SDK logged.
"""

import json
import logging
import sys

import requests
from binance_common.configuration import ConfigurationRestAPI
from binance_sdk_margin_trading.margin_trading import MarginTrading
from binance_sdk_margin_trading.rest_api.models import (
    MarginAccountBorrowRepayIsIsolatedEnum,
    MarginAccountBorrowRepayTypeEnum,
    MarginAccountNewOrderNewOrderRespTypeEnum,
    MarginAccountNewOrderSideEffectTypeEnum,
    MarginAccountNewOrderSideEnum,
    MarginAccountNewOrderTimeInForceEnum,
    MarginAccountNewOrderTypeEnum,
    QueryBorrowRepayRecordsInMarginAccountTypeEnum,
)

address, key, secret, part = sys.argv[1:]
warnings: list[str] = []
answers: dict[str, object] = {}
received: list[str] = []


class Collector(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        warnings.append(record.getMessage())


logging.getLogger().addHandler(Collector(level=logging.WARNING))

send = requests.Session.send


def recording(self, request, **options):
    response = send(self, request, **options)
    received.append(response.text)
    return response


requests.Session.send = recording

client = MarginTrading(
    config_rest_api=ConfigurationRestAPI(
        api_key=key, api_secret=secret, base_path=address, retries=0, timeout=10000
    )
).rest_api


def keep(name, call, **parameters):
    """Make a call, read its model, and keep the answer as it came."""
    call(**parameters).data()
    answers[name] = json.loads(received[-1])
    return answers[name]


def before_the_kill():
    keep("account_at_first", client.query_cross_margin_account_details)
    keep("max_borrowable", client.query_max_borrow, asset="USDT")
    keep(
        "borrow",
        client.margin_account_borrow_repay,
        asset="USDT",
        is_isolated=MarginAccountBorrowRepayIsIsolatedEnum.FALSE,
        amount="20000",
        type=MarginAccountBorrowRepayTypeEnum.BORROW,
    )
    keep(
        "limit_filled",
        client.margin_account_new_order,
        symbol="BTCUSDT",
        side=MarginAccountNewOrderSideEnum.BUY,
        type=MarginAccountNewOrderTypeEnum.LIMIT,
        quantity=0.5,
        price=61000.0,
        time_in_force=MarginAccountNewOrderTimeInForceEnum.GTC,
    )
    keep(
        "market_sell_with_loan",
        client.margin_account_new_order,
        symbol="ETHUSDT",
        side=MarginAccountNewOrderSideEnum.SELL,
        type=MarginAccountNewOrderTypeEnum.MARKET,
        quantity=2.0,
        side_effect_type=MarginAccountNewOrderSideEffectTypeEnum.MARGIN_BUY,
    )
    keep(
        "resting",
        client.margin_account_new_order,
        symbol="BTCUSDT",
        side=MarginAccountNewOrderSideEnum.BUY,
        type=MarginAccountNewOrderTypeEnum.LIMIT,
        quantity=0.1,
        price=40000.0,
        time_in_force=MarginAccountNewOrderTimeInForceEnum.GTC,
        new_client_order_id="resting-1",
        new_order_resp_type=MarginAccountNewOrderNewOrderRespTypeEnum.RESULT,
    )
    keep(
        "to_cancel",
        client.margin_account_new_order,
        symbol="BTCUSDT",
        side=MarginAccountNewOrderSideEnum.SELL,
        type=MarginAccountNewOrderTypeEnum.LIMIT_MAKER,
        quantity=0.1,
        price=90000.0,
    )
    keep(
        "cancel",
        client.margin_account_cancel_order,
        symbol="BTCUSDT",
        order_id=answers["to_cancel"]["orderId"],
    )


def after_the_restart():
    keep("open_orders", client.query_margin_accounts_open_orders, symbol="BTCUSDT")
    keep("order", client.query_margin_accounts_order, symbol="BTCUSDT", orig_client_order_id="resting-1")
    keep("all_orders", client.query_margin_accounts_all_orders, symbol="BTCUSDT")
    keep("trades", client.query_margin_accounts_trade_list, symbol="BTCUSDT")
    keep("trades_eth", client.query_margin_accounts_trade_list, symbol="ETHUSDT")
    keep("order_count", client.query_current_margin_order_count_usage)
    keep(
        "loans",
        client.query_borrow_repay_records_in_margin_account,
        type=QueryBorrowRepayRecordsInMarginAccountTypeEnum.BORROW,
    )
    keep("interest", client.get_interest_history)
    keep("max_transferable", client.query_max_transfer_out_amount, asset="USDT")
    keep("bars", client.get_summary_of_margin_account)
    keep("pairs", client.get_all_cross_margin_pairs)
    keep("assets", client.get_all_margin_assets)
    keep("index", client.query_margin_priceindex, symbol="BTCUSDT")
    keep("cancel_all", client.margin_account_cancel_all_open_orders_on_a_symbol, symbol="BTCUSDT")
    keep("account_owing", client.query_cross_margin_account_details)
    keep(
        "repay",
        client.margin_account_borrow_repay,
        asset="USDT",
        is_isolated=MarginAccountBorrowRepayIsIsolatedEnum.FALSE,
        amount="20000",
        type=MarginAccountBorrowRepayTypeEnum.REPAY,
    )
    keep(
        "repayments",
        client.query_borrow_repay_records_in_margin_account,
        type=QueryBorrowRepayRecordsInMarginAccountTypeEnum.REPAY,
    )
    keep("account_at_last", client.query_cross_margin_account_details)


def one_order():
    keep(
        "order",
        client.margin_account_new_order,
        symbol="BTCUSDT",
        side=MarginAccountNewOrderSideEnum.BUY,
        type=MarginAccountNewOrderTypeEnum.MARKET,
        quantity=0.01,
    )


{"before": before_the_kill, "after": after_the_restart, "order": one_order}[part]()
print(json.dumps({"answers": answers, "warnings": warnings}))
