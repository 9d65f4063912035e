"""What a user of ccxt looks at before trading, with nobody's key. Runs in ccxt's environment: ADDRESS."""

import json
import sys
from urllib.parse import urlparse

import ccxt

(address,) = sys.argv[1:]
exchange = ccxt.binance({"options": {"fetchMarkets": {"types": ["spot"]}}})
for name, url in list(exchange.urls["api"].items()):
    if isinstance(url, str):
        exchange.urls["api"][name] = address + urlparse(url).path

exchange.load_markets()
symbol = "BTC/USDT"
book = exchange.fetch_order_book(symbol, 5)
ticker = exchange.fetch_ticker(symbol)
tickers = exchange.fetch_tickers([symbol, "ETH/USDT"])
hours = exchange.fetch_ohlcv(symbol, "1h")
months = exchange.fetch_ohlcv(symbol, "1M", since=0, limit=1500)
print(
    json.dumps(
        {
            "markets": len(exchange.markets),
            "limits": exchange.market(symbol)["limits"]["cost"]["min"],
            "bids": len(book["bids"]),
            "nonce": book["nonce"],
            "spread": book["asks"][0][0] - book["bids"][0][0],
            "last": ticker["last"],
            "bid": ticker["bid"] == book["bids"][0][0],
            "tickers": sorted(tickers),
            "all_tickers": len(exchange.fetch_tickers()),
            "prices": exchange.fetch_last_prices([symbol])[symbol]["price"],
            "best": exchange.fetch_bids_asks([symbol])[symbol]["bid"] == ticker["bid"],
            "trades": [trade["price"] for trade in exchange.fetch_trades(symbol)],
            "single": [
                trade["price"]
                for trade in exchange.fetch_trades(symbol, params={"fetchTradesMethod": "publicGetTrades"})
            ],
            "hours": [[row[0] % 3_600_000, row[4]] for row in hours],
            "volumes": [row[5] > 0 for row in hours],
            "months": len(months),
        }
    )
)
