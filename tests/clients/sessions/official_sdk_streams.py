"""What a user of the official SDK hears of his own account. Runs in the SDK's own environment: ADDRESS KEY SECRET.

Prints one JSON object: what each stream told, as the SDK's models have it, the types of those models, and every warning
that the SDK logged.
"""

import asyncio
import json
import logging
import sys

from binance_common.configuration import ConfigurationRestAPI, ConfigurationWebSocketStreams
from binance_sdk_margin_trading.margin_trading import MarginTrading
from binance_sdk_margin_trading.rest_api.models import (
    MarginAccountBorrowRepayIsIsolatedEnum,
    MarginAccountBorrowRepayTypeEnum,
    MarginAccountNewOrderSideEnum,
    MarginAccountNewOrderTimeInForceEnum,
    MarginAccountNewOrderTypeEnum,
)

address, key, secret = sys.argv[1:]
warnings: list[str] = []


class Collector(logging.Handler):
    def emit(self, record):
        warnings.append(record.getMessage())


logging.getLogger().addHandler(Collector(level=logging.WARNING))

client = MarginTrading(
    config_rest_api=ConfigurationRestAPI(
        api_key=key, api_secret=secret, base_path=address, retries=0, timeout=10000
    ),
    config_ws_streams=ConfigurationWebSocketStreams(stream_url=address.replace("http", "ws", 1)),
)


def trade():
    """A loan, an order that rests and is cancelled, and one that trades."""
    rest = client.rest_api
    rest.margin_account_borrow_repay(
        asset="USDT",
        is_isolated=MarginAccountBorrowRepayIsIsolatedEnum.FALSE,
        amount="100",
        type=MarginAccountBorrowRepayTypeEnum.BORROW,
    )
    resting = rest.margin_account_new_order(
        symbol="BTCUSDT",
        side=MarginAccountNewOrderSideEnum.BUY,
        type=MarginAccountNewOrderTypeEnum.LIMIT,
        quantity=0.01,
        price=50000,
        time_in_force=MarginAccountNewOrderTimeInForceEnum.GTC,
        new_client_order_id="resting",
    ).data()
    rest.margin_account_cancel_order(symbol="BTCUSDT", order_id=resting.order_id)
    rest.margin_account_new_order(
        symbol="BTCUSDT",
        side=MarginAccountNewOrderSideEnum.BUY,
        type=MarginAccountNewOrderTypeEnum.MARKET,
        quantity=0.01,
        new_client_order_id="last",
    )


async def main():
    rest = client.rest_api
    names = {
        "risk": rest.start_user_data_stream().data().listen_key,
        "combined": rest.start_user_data_stream_v2().data().listen_key,
    }
    rest.keepalive_user_data_stream(names["risk"])
    rest.keepalive_user_data_stream_v2(names["combined"])
    heard: dict[str, list[object]] = {name: [] for name in names}
    done = asyncio.Event()

    def listener(name):
        def hear(message):
            event = getattr(message, "actual_instance", message)
            fields = event.model_dump(by_alias=True, exclude_none=True)
            heard[name].append([type(event).__name__, fields])
            if type(event).__name__ == "OutboundAccountPosition" and len(heard[name]) > 8:
                done.set()

        return hear

    connection = await client.websocket_streams.create_connection()
    (await connection.risk_data(names["risk"])).on("message", listener("risk"))
    (await connection.trade_data(names["combined"])).on("message", listener("combined"))
    await asyncio.to_thread(trade)
    await asyncio.wait_for(done.wait(), 30)
    await connection.close_connection(close_session=True)
    rest.close_user_data_stream()
    rest.close_user_data_stream_v2()
    print(json.dumps({"heard": heard, "warnings": warnings}))


asyncio.run(main())
