"""What the official SDK hears while the lab has streams go wrong. Runs in the SDK's own environment: ADDRESS KEY SECRET.

Prints the kinds of events that came, after how many seconds the first of them came, and what came of a stream that broke.
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


def borrow():
    client.rest_api.margin_account_borrow_repay(
        asset="USDT",
        is_isolated=MarginAccountBorrowRepayIsIsolatedEnum.FALSE,
        amount="100",
        type=MarginAccountBorrowRepayTypeEnum.BORROW,
    )


def kind(message):
    return type(getattr(message, "actual_instance", message)).__name__


async def listen(hear, at_the_end=lambda: None):
    name = client.rest_api.start_user_data_stream_v2().data().listen_key
    connection = await client.websocket_streams.create_connection()
    connection.on_connection("close", at_the_end)
    (await connection.trade_data(name)).on("message", hear)
    return connection


async def hear_twice_and_late():
    fault(fault="duplicate-events")
    fault(fault="delay-events", seconds=0.5)
    heard, times = [], []
    ended = asyncio.Event()

    def hear(message):
        heard.append(kind(message))
        times.append(time.monotonic())
        if heard.count("ListenKeyExpired") == 2:
            ended.set()

    connection = await listen(hear)
    begun = time.monotonic()
    await asyncio.to_thread(borrow)
    await asyncio.to_thread(fault, fault="listen-key-expiry", accountId=1)
    await asyncio.wait_for(ended.wait(), 30)
    await connection.close_connection(close_session=True)
    requests.delete(f"{address}/lab/faults", timeout=10).raise_for_status()
    return heard, times[0] - begun


async def break_off():
    """The first message of a connection is its end; who connects again hears everything."""
    fault(fault="drop", path="/stream", count=1)
    heard = []
    closed, told = asyncio.Event(), asyncio.Event()
    connection = await listen(lambda message: heard.append(kind(message)), closed.set)
    await asyncio.wait_for(closed.wait(), 30)
    missed = list(heard)

    def hear(message):
        heard.append(kind(message))
        told.set()

    connection = await listen(hear)
    await asyncio.to_thread(borrow)
    await asyncio.wait_for(told.wait(), 30)
    await connection.close_connection(close_session=True)
    return missed, heard


async def main():
    heard, late = await hear_twice_and_late()
    missed, after = await break_off()
    print(json.dumps({"heard": heard, "late": late, "missed": missed, "after": after}))


asyncio.run(main())
