"""Spot orders as a user of ccxt asks for them. Runs in ccxt's environment: ADDRESS KEY SECRET."""

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

markets = exchange.load_markets()
symbol = "BTC/USDT"
before = exchange.fetch_balance()
exchange.create_order(symbol, "limit", "buy", 0.01, 50000, {"test": True})
resting = exchange.create_order(symbol, "limit", "buy", 0.01, 50000)
found = exchange.fetch_order(resting["id"], symbol)
opened = exchange.fetch_open_orders(symbol)
canceled = exchange.cancel_order(resting["id"], symbol)
exchange.create_order(symbol, "limit", "buy", 0.01, 50000)
stop = exchange.create_order(symbol, "market", "buy", 0.01, None, {"stopLossPrice": 65000})
edited = exchange.edit_order(stop["id"], symbol, "limit", "buy", 0.02, 51000)
canceled_all = exchange.cancel_all_orders(symbol)
pair = exchange.private_post_orderlist_oco(
    {
        "symbol": "BTCUSDT",
        "side": "SELL",
        "quantity": "0.01",
        "aboveType": "LIMIT_MAKER",
        "abovePrice": "70000",
        "belowType": "STOP_LOSS",
        "belowStopPrice": "50000",
    }
)
ended = exchange.private_delete_orderlist({"symbol": "BTCUSDT", "orderListId": pair["orderListId"]})
bought = exchange.create_order(symbol, "market", "buy", 0.01)
spent = exchange.create_market_buy_order_with_cost(symbol, 100)
trades = exchange.fetch_my_trades(symbol)
of_order = exchange.fetch_order_trades(bought["id"], symbol)
everything = exchange.fetch_orders(symbol)
closed = exchange.fetch_closed_orders(symbol)
after = exchange.fetch_balance()
try:
    exchange.create_order(symbol, "limit", "buy", 50, 50000)
    refused = ""
except ccxt.InsufficientFunds as error:
    refused = str(error)
try:
    exchange.fetch_order("99999999", symbol)
    missing = False
except ccxt.OrderNotFound:
    missing = True

print(
    json.dumps(
        {
            "spot": [markets[symbol]["spot"], markets[symbol]["active"]],
            "found": [found["status"], found["price"], found["id"] == resting["id"]],
            "opened": [order["id"] == resting["id"] for order in opened],
            "canceled": canceled["status"],
            "stop": stop["type"],
            "edited": [edited["status"], edited["price"], edited["id"] != stop["id"]],
            "pair": [pair["contingencyType"], ended["listOrderStatus"]],
            "canceled_all": len(canceled_all),
            "bought": [bought["status"], bought["filled"], len(bought["trades"]) > 0],
            "spent": [spent["status"], 0 < spent["cost"] <= 100],
            "traded": round(sum(trade["amount"] for trade in trades) - spent["filled"], 8),
            "of_order": sum(trade["amount"] for trade in of_order),
            "everything": len(everything),
            "closed": len(closed),
            "gained": after["BTC"]["total"] > before["BTC"]["total"],
            "paid": before["USDT"]["total"] > after["USDT"]["total"],
            "refused": refused,
            "missing": missing,
        }
    )
)
