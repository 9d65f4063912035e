"""What a user of ccxt does with a cross margin account. Runs in ccxt's environment: ADDRESS KEY SECRET."""

import json
import sys
from urllib.parse import urlparse

import ccxt

address, key, secret = sys.argv[1:]
exchange = ccxt.binance(
    {
        "apiKey": key,
        "secret": secret,
        "options": {"fetchMarkets": {"types": ["spot"]}, "fetchMargins": False, "fetchCurrencies": False},
    }
)
for name, url in list(exchange.urls["api"].items()):
    if isinstance(url, str):
        exchange.urls["api"][name] = address + urlparse(url).path

exchange.load_markets()
cross = {"marginMode": "cross"}
exchange.borrow_cross_margin("USDT", 1000)
order = exchange.create_order("BTC/USDT", "market", "buy", 0.01, None, cross)
resting = exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40000, cross)
open_orders = exchange.fetch_open_orders("BTC/USDT", params=cross)
canceled = exchange.cancel_order(resting["id"], "BTC/USDT", cross)
trades = exchange.fetch_my_trades("BTC/USDT", params=cross)
balance = exchange.fetch_balance({"type": "margin", **cross})
exchange.repay_cross_margin("USDT", 1000)
afterwards = exchange.fetch_balance({"type": "margin", **cross})
print(
    json.dumps(
        {
            "order": order["status"],
            "filled": order["filled"],
            "open": [one["id"] for one in open_orders],
            "resting": resting["id"],
            "canceled": canceled["status"],
            "traded": sum(trade["amount"] for trade in trades),
            "debt": balance["USDT"]["debt"],
            "debt_afterwards": afterwards["USDT"]["debt"],
        }
    )
)
