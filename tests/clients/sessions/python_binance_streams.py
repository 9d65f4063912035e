"""What a user of python-binance hears of his own accounts: by listen keys, and by its own sockets over the WebSocket API.

Runs in its environment: ADDRESS KEY SECRET.
"""

import asyncio
import json
import sys

from binance.async_client import AsyncClient
from binance.ws.streams import BinanceSocketManager

address, key, secret = sys.argv[1:]


class LocalClient(AsyncClient):
    API_URL = f"{address}/api"
    MARGIN_API_URL = f"{address}/sapi"
    WS_API_URL = address.replace("http", "ws", 1) + "/ws-api/v3"


class LocalSockets(BinanceSocketManager):
    STREAM_URL = address.replace("http", "ws", 1) + "/"


async def listen(socket, act):
    """Everything that a socket tells of what is done meanwhile, to the wallets' change at its end."""
    heard = []
    async with socket:
        await act()
        while not heard or heard[-1]["e"] != "outboundAccountPosition":
            heard.append(await asyncio.wait_for(socket.recv(), 30))
    return heard


async def main():
    client = await LocalClient.create(key, secret)
    try:
        sockets = LocalSockets(client)
        spot, cross = await client.stream_get_listen_key(), await client.margin_stream_get_listen_key()
        await client.stream_keepalive(spot)
        await client.margin_stream_keepalive(cross)
        heard = {
            "spot": await listen(
                sockets._get_socket(spot),
                lambda: client.make_universal_transfer(type="MAIN_MARGIN", asset="USDT", amount="1000"),
            ),
            "cross": await listen(
                sockets._get_socket(cross),
                lambda: client.create_margin_order(
                    symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01", newClientOrderId="mine"
                ),
            ),
        }
        heard["user_socket"] = await listen(
            sockets.user_socket(),
            lambda: client.make_universal_transfer(type="MAIN_MARGIN", asset="USDT", amount="1"),
        )
        heard["margin_socket"] = await listen(
            sockets.margin_socket(),
            lambda: client.make_universal_transfer(type="MAIN_MARGIN", asset="USDT", amount="1"),
        )
        await client.stream_close(spot)
        await client.margin_stream_close(cross)
        print(json.dumps(heard))
    finally:
        await client.close_connection()


asyncio.run(main())
