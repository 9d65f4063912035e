"""What the official SDK hears while the lab has streams go wrong. Runs in the SDK's own environment: ADDRESS KEY SECRET.

Prints the kinds of events that came, and after how many seconds the first of them came.
"""

import asyncio
import json
import sys
import time

import requests
from binance_common.configuration import ConfigurationRestAPI, ConfigurationWebSocketStreams
from binance_sdk_margin_trading.margin_trading import MarginTrading
from binance_sdk_margin_trading.rest_api.models import (
    MarginAccountBorrowRepayIsIsolatedEnum,
    MarginAccountBorrowRepayTypeEnum,
)

address, key, secret = sys.argv[1:]
client = MarginTrading(
    config_rest_api=ConfigurationRestAPI(
        api_key=key, api_secret=secret, base_path=address, retries=0, timeout=10000
    ),
    config_ws_streams=ConfigurationWebSocketStreams(stream_url=address.replace("http", "ws", 1)),
)


def fault(**rule):
    requests.post(f"{address}/lab/faults", json=rule, timeout=10).raise_for_status()


async def main():
    fault(fault="duplicate-events")
    fault(fault="delay-events", seconds=0.5)
    rest = client.rest_api
    name = rest.start_user_data_stream_v2().data().listen_key
    heard, times = [], []
    ended = asyncio.Event()

    def hear(message):
        heard.append(type(getattr(message, "actual_instance", message)).__name__)
        times.append(time.monotonic())
        if heard.count("ListenKeyExpired") == 2:
            ended.set()

    connection = await client.websocket_streams.create_connection()
    (await connection.trade_data(name)).on("message", hear)
    begun = time.monotonic()
    await asyncio.to_thread(
        rest.margin_account_borrow_repay,
        asset="USDT",
        is_isolated=MarginAccountBorrowRepayIsIsolatedEnum.FALSE,
        amount="100",
        type=MarginAccountBorrowRepayTypeEnum.BORROW,
    )
    await asyncio.to_thread(fault, fault="listen-key-expiry", accountId=1)
    await asyncio.wait_for(ended.wait(), 30)
    await connection.close_connection(close_session=True)
    print(json.dumps({"heard": heard, "late": times[0] - begun}))


asyncio.run(main())
