"""What a user of ccxt sees of each fault. Runs in ccxt's environment: ADDRESS KEY SECRET."""

import json
import re
import sys
import time
import urllib.request
from urllib.parse import urlparse

import ccxt

address, key, secret = sys.argv[1:]
exchange = ccxt.binance(
    {
        "apiKey": key,
        "secret": secret,
        "enableRateLimit": False,
        "options": {"fetchMarkets": {"types": ["spot"]}, "fetchMargins": False, "fetchCurrencies": False},
    }
)
for name, url in list(exchange.urls["api"].items()):
    if isinstance(url, str):
        exchange.urls["api"][name] = address + urlparse(url).path
exchange.load_markets()

ORDER = "/sapi/v1/margin/order"
LOAN = "/sapi/v1/margin/borrow-repay"
cross = {"marginMode": "cross"}


def lab(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"{address}/lab{path}", data) as answer:
        return json.load(answer)


def up():
    for _ in range(400):
        try:
            return lab("/health")
        except OSError:
            time.sleep(0.05)
    raise AssertionError("it did not come back")


def order(name):
    params = {**cross, "newClientOrderId": name}
    return exchange.create_order("BTC/USDT", "limit", "buy", 0.001, 40000, params)["clientOrderId"]


def heard(call, *arguments):
    """The error that ccxt makes of it."""
    try:
        return call(*arguments)
    except ccxt.BaseError as error:
        code = re.search(r'"code":(-\d+)', str(error))
        return f"{type(error).__name__} {code[1]}" if code else type(error).__name__


def is_there(name):
    return name in [one["clientOrderId"] for one in exchange.fetch_open_orders("BTC/USDT", params=cross)]


def struck(fault, call, *arguments, **more):
    lab("/faults", {"fault": fault, "count": 1, **more})
    return heard(call, *arguments)


seen = {"acknowledged": [order("first")]}
for fault in ("error", "timeout", "drop", "half-close", "restart"):
    for executed in (False, True):
        name = f"{fault}-{executed}"
        word = struck(fault, order, name, method="POST", path=ORDER, executed=executed)
        if fault == "restart":
            up()
        seen[name] = [word, is_there(name)]
        if not executed:  # Whoever sees that nothing came of it asks again.
            seen["acknowledged"].append(order(name))
for fault in ("pending", "no-inventory"):
    seen[fault] = struck(fault, exchange.borrow_cross_margin, "USDT", 100, path=LOAN)
for fault in ("too-many-requests", "ban"):
    seen[fault] = struck(fault, order, fault, seconds=30, path=ORDER)
began = time.monotonic()
seen["acknowledged"].append(struck("latency", order, "late", seconds=0.3, path=ORDER))
seen["latency"] = time.monotonic() - began >= 0.3
seen["lost"] = [name for name in seen["acknowledged"] if not is_there(name)]
seen["faults"] = [one["fault"] for one in lab("/faults")["occurrences"]]
print(json.dumps(seen))
