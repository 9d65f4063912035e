"""Loan, orders, OCO and repayment with python-binance, first synchronous and then not. Runs in its environment: ADDRESS KEY SECRET."""

import asyncio
import json
import sys

from binance.async_client import AsyncClient
from binance.client import Client
from binance.exceptions import BinanceAPIException

address, key, secret = sys.argv[1:]


class LocalClient(Client):
    API_URL = f"{address}/api"
    MARGIN_API_URL = f"{address}/sapi"


class LocalAsyncClient(AsyncClient):
    API_URL = f"{address}/api"
    MARGIN_API_URL = f"{address}/sapi"


def synchronous():
    client = LocalClient(key, secret)
    markets = {row["symbol"]: row["isMarginTradingAllowed"] for row in client.get_exchange_info()["symbols"]}
    moved = client.make_universal_transfer(type="MAIN_MARGIN", asset="USDT", amount="1000")
    client.margin_borrow_repay(asset="USDT", isIsolated="FALSE", amount="500", type="BORROW")
    bought = client.create_margin_order(
        symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01", newOrderRespType="FULL"
    )
    resting = client.create_margin_order(
        symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.01", price="50000"
    )
    found = client.get_margin_order(symbol="BTCUSDT", orderId=resting["orderId"])
    opened = [row["orderId"] for row in client.get_open_margin_orders(symbol="BTCUSDT")]
    canceled = client.cancel_margin_order(symbol="BTCUSDT", orderId=resting["orderId"])
    pair = client.create_margin_oco_order(
        symbol="BTCUSDT",
        side="SELL",
        quantity="0.005",
        price="70000",
        stopPrice="50000",
        stopLimitPrice="49900",
        stopLimitTimeInForce="GTC",
    )
    lists = [row["orderListId"] for row in client.get_open_margin_oco_orders()]
    ended = client.cancel_margin_oco_order(symbol="BTCUSDT", orderListId=pair["orderListId"])
    before = client.get_margin_account()
    client.margin_borrow_repay(asset="USDT", isIsolated="FALSE", amount="100", type="REPAY")
    after = client.get_margin_account()
    try:
        client.create_margin_order(symbol="BTCUSDT", side="BUY", type="LIMIT", quantity="0.01", price="50000")
        refused = 0
    except BinanceAPIException as error:
        refused = error.code
    return {
        "margin": markets["BTCUSDT"],
        "moved": moved["tranId"] > 0,
        "bought": bought["status"],
        "filled": sum(float(fill["qty"]) for fill in bought["fills"]),
        "found": found["status"],
        "opened": opened == [resting["orderId"]],
        "canceled": canceled["status"],
        "lists": lists == [pair["orderListId"]],
        "ended": ended["listOrderStatus"],
        "orders": len(client.get_all_margin_orders(symbol="BTCUSDT")),
        "trades": sum(float(row["qty"]) for row in client.get_margin_trades(symbol="BTCUSDT")),
        "repaid": _owed(before) - _owed(after),
        "refused": refused,
    }


def _owed(account):
    [usdt] = [row for row in account["userAssets"] if row["asset"] == "USDT"]
    return float(usdt["borrowed"]) + float(usdt["interest"])


async def asynchronous():
    client = await LocalAsyncClient.create(key, secret)
    try:
        bought = await client.create_margin_order(
            symbol="BTCUSDT",
            side="BUY",
            type="MARKET",
            quoteOrderQty="300",
            sideEffectType="MARGIN_BUY",
            newOrderRespType="FULL",
        )
        sold = await client.create_margin_order(
            symbol="BTCUSDT", side="SELL", type="LIMIT", timeInForce="GTC", quantity="0.001", price="70000"
        )
        canceled = await client.cancel_all_open_margin_orders(symbol="BTCUSDT")
        trades = await client.get_margin_trades(symbol="BTCUSDT", orderId=bought["orderId"])
        return {
            "bought": bought["status"],
            "spent": 295 < sum(float(row["price"]) * float(row["qty"]) for row in trades) <= 300,
            "canceled": [row["orderId"] for row in canceled] == [sold["orderId"]],
        }
    finally:
        await client.close_connection()


print(json.dumps({"synchronous": synchronous(), "asynchronous": asyncio.run(asynchronous())}))
