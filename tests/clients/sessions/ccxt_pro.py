"""What a user of ccxt.pro watches: the market, and what becomes of a cross margin account. ADDRESS KEY SECRET."""

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


async def until(watch, seen):
    """What a watch gives, to the first that satisfies."""
    while True:
        found = await asyncio.wait_for(watch(), 30)
        if seen(found):
            return found


async def watch_account(exchange):
    """One market order, as orders, trades and balance tell it; then one that rests and is canceled."""

    def orders(seen):
        return until(lambda: exchange.watch_orders(SYMBOL, params=CROSS), lambda found: seen(found[-1]))

    had = (await exchange.fetch_balance(CROSS)).get("BTC", {}).get("free", 0)
    watching = [
        asyncio.ensure_future(each)
        for each in (
            orders(lambda order: order["status"] == "closed"),
            # Without a symbol: with one it listens to the spot wallet.
            exchange.watch_my_trades(params=CROSS),
            until(
                lambda: exchange.watch_balance(CROSS), lambda found: found.get("BTC", {}).get("free", 0) > had
            ),
        )
    ]
    while "listenToken" not in exchange.options.get("margin", {}):
        await asyncio.sleep(0.05)
    placed = await exchange.create_order(SYMBOL, "market", "buy", 0.01, None, MARGIN)
    (*_, order), (*_, trade), balance = await asyncio.gather(*watching)

    opening = asyncio.ensure_future(orders(lambda order: order["status"] == "open"))
    resting = await exchange.create_order(SYMBOL, "limit", "buy", 0.01, 50000, MARGIN)
    # What ccxt gives goes on changing with its order.
    opened = [[order["id"] == resting["id"], order["status"]] for order in await opening][-1]
    ending = asyncio.ensure_future(orders(lambda order: order["id"] == resting["id"]))
    await exchange.cancel_order(resting["id"], SYMBOL, MARGIN)
    ended = (await ending)[-1]
    return {
        "order": [order["id"] == placed["id"], order["filled"]],
        "my_trade": [trade["order"] == placed["id"], trade["amount"]],
        "more": balance["BTC"]["free"] - had,
        "balance": balance["BTC"]["total"] > 0,
        "filled": placed["status"],
        "opened": opened,
        "ended": [ended["id"] == resting["id"], ended["status"]],
    }


async def watch_market(exchange):
    book = await exchange.watch_order_book(SYMBOL, 20)
    watching = [
        asyncio.ensure_future(each)
        for each in (
            exchange.watch_trades(SYMBOL),
            exchange.watch_ticker(SYMBOL),
            exchange.watch_ohlcv(SYMBOL, "1m"),
        )
    ]
    # Whoever watches is not told when the telling begins, so something happens until all have been told of it.
    bought = []
    while not all(task.done() for task in watching):
        bought.append(await exchange.create_order(SYMBOL, "market", "buy", 0.001, None, MARGIN))
        await asyncio.wait(watching, timeout=0.5)
    trades, ticker, candles = (task.result() for task in watching)
    return {
        "book": [len(book["bids"]) > 5, book["bids"][0][0] < book["asks"][0][0], book["nonce"] > 0],
        "trade": trades[-1]["price"] > 0,
        "ticker": [ticker["symbol"], ticker["last"] > 0],
        "candle": candles[-1][4] > 0,
        "bought": sorted({order["status"] for order in bought}),
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
        print(json.dumps({**await watch_account(exchange), **await watch_market(exchange)}))
    finally:
        await exchange.close()


asyncio.run(main())
