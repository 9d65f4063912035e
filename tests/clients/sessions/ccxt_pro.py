"""What a user of ccxt.pro watches: the market, and what becomes of orders on cross margin. ADDRESS KEY SECRET."""

import asyncio
import json
import sys
from urllib.parse import urlparse

import ccxt.pro

address, key, secret = sys.argv[1:]
HERE = {"https": address, "wss": address.replace("http", "ws", 1)}
SYMBOL = "BTC/USDT"
MARGIN = {"marginMode": "cross"}
CROSS = {**MARGIN, "type": "margin"}


def moved(urls):
    """The same addresses, at this exchange."""
    if isinstance(urls, dict):
        return {name: moved(url) for name, url in urls.items()}
    parts = urlparse(urls)
    return HERE[parts.scheme] + parts.path


async def watch(exchange):
    book = await exchange.watch_order_book(SYMBOL, 20)
    watching = [
        asyncio.ensure_future(each)
        for each in (
            exchange.watch_orders(SYMBOL, params=CROSS),
            exchange.watch_balance(CROSS),
            exchange.watch_trades(SYMBOL),
            exchange.watch_ticker(SYMBOL),
            exchange.watch_ohlcv(SYMBOL, "1m"),
        )
    ]
    bought = []
    # Whoever watches is not told when the telling begins, so something happens until all have been told of it.
    while not all(task.done() for task in watching):
        bought.append(await exchange.create_order(SYMBOL, "market", "buy", 0.001, None, MARGIN))
        await asyncio.wait(watching, timeout=0.5)
    orders, balance, trades, ticker, candles = (task.result() for task in watching)

    resting = await exchange.create_order(SYMBOL, "limit", "buy", 0.01, 50000, MARGIN)
    while orders[-1]["id"] != resting["id"]:
        orders = await exchange.watch_orders(SYMBOL, params=CROSS)
    opened = orders[-1]["status"]
    ended = asyncio.ensure_future(exchange.watch_orders(SYMBOL, params=CROSS))
    await exchange.cancel_order(resting["id"], SYMBOL, MARGIN)
    return {
        "book": [len(book["bids"]) > 5, book["bids"][0][0] < book["asks"][0][0], book["nonce"] > 0],
        "opened": opened,
        "ended": [[order["id"] == resting["id"], order["status"]] for order in await ended][-1],
        "balance": balance["BTC"]["total"] > 0,
        "trade": trades[-1]["price"] > 0,
        "ticker": [ticker["symbol"], ticker["last"] > 0],
        "candle": candles[-1][4] > 0,
        "filled": {order["status"] for order in bought} == {"closed"},
    }


async def main():
    exchange = ccxt.pro.binance(
        {
            "apiKey": key,
            "secret": secret,
            "options": {"fetchMarkets": {"types": ["spot"]}, "fetchMargins": True},
        }
    )
    exchange.urls["api"] = moved(exchange.urls["api"])
    try:
        await exchange.load_markets()
        print(json.dumps(await watch(exchange)))
    finally:
        await exchange.close()


asyncio.run(main())
