"""Stops, lists and an isolated account, as a user of ccxt asks for them. Runs in ccxt's environment: ADDRESS KEY SECRET."""

import json
import sys
from urllib.parse import urlparse

import ccxt

address, key, secret = sys.argv[1:]
exchange = ccxt.binance(
    {
        "apiKey": key,
        "secret": secret,
        "options": {"fetchMarkets": {"types": ["spot"]}, "fetchMargins": True, "fetchCurrencies": False},
    }
)
for name, url in list(exchange.urls["api"].items()):
    if isinstance(url, str):
        exchange.urls["api"][name] = address + urlparse(url).path

exchange.load_markets()
symbol = "BTC/USDT"
cross, isolated = {"marginMode": "cross"}, {"marginMode": "isolated"}


def waiting(params):
    return [order["type"] for order in exchange.fetch_open_orders(symbol, params=params)]


stop = exchange.create_order(symbol, "market", "buy", 0.01, None, {**cross, "stopLossPrice": 65000})
take = exchange.create_order(symbol, "limit", "buy", 0.01, 55000, {**cross, "takeProfitPrice": 55000})
trail = exchange.create_order(
    symbol, "market", "buy", 0.01, None, {**cross, "trailingPercent": 1, "stopLossOrTakeProfit": "stopLoss"}
)
on_cross = waiting(cross)
found = exchange.fetch_order(stop["id"], symbol, cross)

listed = exchange.sapi_post_margin_order_oco(
    {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "quantity": "0.01",
        "price": "50000",
        "stopPrice": "65000",
        "stopLimitPrice": "65100",
        "stopLimitTimeInForce": "GTC",
    }
)
lists = exchange.sapi_get_margin_openorderlist()
canceled_list = exchange.sapi_delete_margin_orderlist(
    {"symbol": "BTCUSDT", "orderListId": listed["orderListId"]}
)
exchange.cancel_all_orders(symbol, cross)
after_cancel = waiting(cross)

exchange.sapi_post_margin_isolated_account({"symbol": "BTCUSDT"})
moved = exchange.transfer("USDT", 1000, "spot", "isolated", {"symbol": symbol})
exchange.borrow_isolated_margin(symbol, "USDT", 500)
bought = exchange.create_order(symbol, "market", "buy", 0.01, None, isolated)
resting = exchange.create_order(symbol, "limit", "sell", 0.005, 70000, isolated)
on_isolated = [order["id"] for order in exchange.fetch_open_orders(symbol, params=isolated)]
canceled = exchange.cancel_order(resting["id"], symbol, isolated)
trades = exchange.fetch_my_trades(symbol, params=isolated)
balance = exchange.fetch_balance({"type": "margin", **isolated})
exchange.repay_isolated_margin(symbol, "USDT", 100)
rates = exchange.fetch_isolated_borrow_rates()
try:
    exchange.create_order(symbol, "market", "buy", 0.01, None, {**cross, "stopLossPrice": 50000})
    refused = ""
except ccxt.OrderImmediatelyFillable as error:
    refused = str(error)

print(
    json.dumps(
        {
            "on_cross": on_cross,
            "stop": [stop["id"] == found["id"], found["status"], found["triggerPrice"]],
            "take": take["symbol"],
            "trail": trail["symbol"],
            "listed": [report["type"] for report in listed["orderReports"]],
            "lists": [row["orderListId"] == listed["orderListId"] for row in lists],
            "canceled_list": canceled_list["listOrderStatus"],
            "after_cancel": after_cancel,
            "moved": int(moved["id"]) > 0,
            "bought": bought["status"],
            "isolated": on_isolated == [resting["id"]],
            "canceled": canceled["status"],
            "traded": sum(trade["amount"] for trade in trades),
            "debt": balance["USDT"]["debt"],
            "rate": rates[symbol]["quoteRate"],
            "refused": refused,
        }
    )
)
