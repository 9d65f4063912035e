"""What ccxt's own streams tell of a cross margin account. Runs in ccxt's environment: ADDRESS KEY SECRET."""

import asyncio
import json
import sys
from urllib.parse import urlparse

import ccxt.pro

address, key, secret = sys.argv[1:]
MARGIN = {"type": "margin", "marginMode": "cross"}


def local(urls, base):
    """The same paths at another address."""
    for name, url in urls.items():
        urls[name] = local(url, base) if isinstance(url, dict) else base + urlparse(url).path
    return urls


async def until(watch, seen):
    """What a watch gives, to the first that satisfies."""
    while True:
        found = await asyncio.wait_for(watch(), 30)
        if seen(found):
            return found


async def main():
    exchange = ccxt.pro.binance(
        {
            "apiKey": key,
            "secret": secret,
            "options": {
                "fetchMarkets": {"types": ["spot"]},
                "fetchMargins": False,
                "fetchCurrencies": False,
            },
        }
    )
    streams = exchange.urls["api"].pop("ws")
    local(exchange.urls["api"], address)
    exchange.urls["api"]["ws"] = local(streams, address.replace("http", "ws", 1))
    try:
        await exchange.load_markets()
        had = (await exchange.fetch_balance(MARGIN)).get("BTC", {}).get("free", 0)
        orders = asyncio.create_task(
            until(
                lambda: exchange.watch_orders("BTC/USDT", params=MARGIN),
                lambda found: found[-1]["status"] == "closed",
            )
        )
        # Without a symbol: with one it listens to the spot wallet.
        trades = asyncio.create_task(exchange.watch_my_trades(params=MARGIN))
        balance = asyncio.create_task(
            until(
                lambda: exchange.watch_balance(MARGIN),
                lambda found: found.get("BTC", {}).get("free", 0) > had,
            )
        )
        while "listenToken" not in exchange.options.get("margin", {}):
            await asyncio.sleep(0.05)
        placed = await exchange.create_order("BTC/USDT", "market", "buy", 0.01, None, {"marginMode": "cross"})
        found = await asyncio.gather(orders, trades, balance)
        print(
            json.dumps(
                {
                    "order": [found[0][-1]["id"] == placed["id"], found[0][-1]["filled"]],
                    "trade": [found[1][-1]["order"] == placed["id"], found[1][-1]["amount"]],
                    "more": found[2]["BTC"]["free"] - had,
                }
            )
        )
    finally:
        await exchange.close()


asyncio.run(main())
