"""python-binance over the WebSocket API, signing each message with an HMAC key. Runs in its environment: ADDRESS KEY SECRET."""

import asyncio
import json
import sys

from binance.async_client import AsyncClient
from binance.exceptions import BinanceAPIException
from binance.ws.websocket_api import WebsocketAPI

address, key, secret = sys.argv[1:]


class LocalClient(AsyncClient):
    API_URL = f"{address}/api"
    MARGIN_API_URL = f"{address}/sapi"


async def main():
    client = await LocalClient.create(key, secret)
    client.ws_api = WebsocketAPI(url=address.replace("http", "ws", 1) + "/ws-api/v3")
    here = {"symbol": "BTCUSDT"}
    book = await client.ws_get_order_book(**here, limit=2)
    candles = await client.ws_get_klines(**here, interval="1m", limit=2)
    bought = await client.ws_create_order(**here, side="BUY", type="MARKET", quantity="0.01")
    resting = await client.ws_order_limit_buy(**here, quantity=0.01, price="50000")
    found = await client.ws_get_order(**here, orderId=resting["orderId"])
    canceled = await client.ws_cancel_order(**here, orderId=resting["orderId"])
    account = await client.ws_get_account()
    refused = ""
    try:
        await client.ws_cancel_order(**here, orderId=999)
    except BinanceAPIException as error:
        refused = f"{error.code} {error.message}"
    # Closing its socket waits ten seconds for the next message; the end of the program closes it at once.
    await client.session.close()
    return {
        "bids": len(book["bids"]),
        "columns": {len(candle) for candle in candles} == {12},
        "bought": bought["status"],
        "found": found["status"],
        "canceled": canceled["status"],
        "account": account["accountType"],
        "refused": refused,
    }


print(json.dumps(asyncio.run(main())))
