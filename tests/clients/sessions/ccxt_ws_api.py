"""ccxt over the WebSocket API, signing each message with an HMAC key. Runs in its environment: ADDRESS KEY SECRET."""

import asyncio
import json
import re
import sys
import urllib.request
from urllib.parse import urlparse

import ccxt
import ccxt.pro

address, key, secret = sys.argv[1:]


def lab(path, body):
    with urllib.request.urlopen(f"{address}/lab{path}", json.dumps(body).encode()) as answer:
        return json.load(answer)


async def struck(exchange, pair, fault, executed):
    """What is heard of an order that a fault strikes, and whether it was placed."""
    rule = {"fault": fault, "path": "/ws-api/v3/order.place", "count": 1}
    if executed is not None:
        rule["executed"] = executed
    lab("/faults", rule)
    name = f"{fault}-{executed}"
    try:
        await exchange.create_order_ws(pair, "limit", "buy", 0.001, 40000, {"newClientOrderId": name})
        heard = "nothing of it"
    except ccxt.BaseError as error:
        code = re.search(r"-1\d{3}|-3\d{3}", str(error))
        heard = f"{type(error).__name__} {code[0]}" if code else type(error).__name__
    try:
        orders = await exchange.fetch_open_orders_ws(pair)
    except ccxt.NetworkError:  # The connection ended while this was on its way: ccxt opens another.
        orders = await exchange.fetch_open_orders_ws(pair)
    return [heard, name in [order["clientOrderId"] for order in orders]]


async def main():
    exchange = ccxt.pro.binance(
        {
            "apiKey": key,
            "secret": secret,
            "enableRateLimit": False,
            "options": {"fetchMarkets": {"types": ["spot"]}},
        }
    )
    urls = exchange.urls["api"]
    for name, url in urls.items():
        if isinstance(url, str):
            urls[name] = address + urlparse(url).path
    urls["ws"]["ws-api"]["spot"] = address.replace("http", "ws", 1) + "/ws-api/v3"
    await exchange.load_markets()
    pair = "BTC/USDT"
    bought = await exchange.create_order_ws(pair, "market", "buy", 0.01)
    resting = await exchange.create_order_ws(pair, "limit", "buy", 0.01, 50000)
    edited = await exchange.edit_order_ws(resting["id"], pair, "limit", "buy", 0.02, 50000)
    opened = await exchange.fetch_open_orders_ws(pair)
    found = await exchange.fetch_order_ws(edited["id"], pair)
    trades = await exchange.fetch_my_trades_ws(pair)
    candles = await exchange.fetch_ohlcv_ws(pair, "1m", limit=2)
    # It makes no balances of this answer for spot, whoever gives it: what came stands under `info`.
    balance = await exchange.fetch_balance_ws()
    await exchange.cancel_all_orders_ws(pair)
    refused = ""
    try:
        await exchange.cancel_order_ws("999", pair)
    except ccxt.OrderNotFound as error:
        refused = type(error).__name__
    faults = {
        f"{fault} {executed}": await struck(exchange, pair, fault, executed)
        for fault in ("error", "timeout", "drop", "half-close")
        for executed in (False, True)
    }
    faults |= {
        fault: await struck(exchange, pair, fault, None)
        for fault in ("pending", "no-inventory", "too-many-requests", "ban", "latency")
    }
    await exchange.close()
    return {
        "faults": faults,
        "bought": bought["filled"],
        "edited": edited["amount"],
        "opened": [order["id"] for order in opened] == [edited["id"]],
        "found": found["status"],
        "traded": sum(trade["amount"] for trade in trades),
        "candles": {len(candle) for candle in candles} == {6},
        "bitcoin": "BTC" in [row["asset"] for row in balance["info"]["balances"]],
        "refused": refused,
    }


print(json.dumps(asyncio.run(main())))
