"""Binance's spot SDK over the WebSocket API, with an Ed25519 key. Runs in its environment: ADDRESS KEY PEM.

Prints every answer as it came over the wire, by the name that the session gives it, the events that it heard, and every
warning that the SDK logged.
"""

import asyncio
import json
import logging
import sys

import binance_common.websocket
from binance_common.configuration import ConfigurationWebSocketAPI
from binance_sdk_spot.spot import Spot
from binance_sdk_spot.websocket_api.models import (
    OrderListPlaceOcoAboveTypeEnum,
    OrderListPlaceOcoBelowTypeEnum,
    OrderListPlaceOcoSideEnum,
    OrderListPlaceOtoPendingSideEnum,
    OrderListPlaceOtoPendingTypeEnum,
    OrderListPlaceOtoWorkingSideEnum,
    OrderListPlaceOtoWorkingTimeInForceEnum,
    OrderListPlaceOtoWorkingTypeEnum,
    OrderPlaceNewOrderRespTypeEnum,
    OrderPlaceSideEnum,
    OrderPlaceTimeInForceEnum,
    OrderPlaceTypeEnum,
)

address, key, private_key = sys.argv[1:]
warnings = []
answers = {}
events = []
received = []


class Collector(logging.Handler):
    def emit(self, record):
        warnings.append(record.getMessage())


class Recording:
    """The module `json` as the SDK's sockets use it, which remembers the answers that it reads."""

    def __getattr__(self, name):
        return getattr(json, name)

    def loads(self, text):
        message = json.loads(text)
        if "status" in message:
            received.append(message)
        return message


logging.getLogger().addHandler(Collector(level=logging.WARNING))
binance_common.websocket.json = Recording()


async def keep(name, call, **parameters):
    """Make a call, read its model, and keep the answer as it came."""
    answer = await call(**parameters)
    if hasattr(answer, "stream"):
        answer.stream.on("message", lambda event: events.append(event.to_dict()))
        answer = answer.response
    answer.data()
    answers[name] = received[-1]
    return received[-1].get("result")


BUY = {"symbol": "BTCUSDT", "side": OrderPlaceSideEnum.BUY}
RESTING = {
    **BUY,
    "type": OrderPlaceTypeEnum.LIMIT,
    "time_in_force": OrderPlaceTimeInForceEnum.GTC,
    "quantity": 0.01,
    "price": 50000,
}


async def trade(api):
    market = {"type": OrderPlaceTypeEnum.MARKET, "quantity": 0.01}
    await keep(
        "bought", api.order_place, **BUY, **market, new_order_resp_type=OrderPlaceNewOrderRespTypeEnum.FULL
    )
    placed = await keep("resting", api.order_place, **RESTING)
    which = {"symbol": "BTCUSDT", "order_id": placed["orderId"]}
    await keep("order", api.order_status, **which)
    await keep(
        "amended", api.order_amend_keep_priority, symbol="BTCUSDT", new_qty=0.005, order_id=placed["orderId"]
    )
    await keep("amendments", api.order_amendments, **which)
    await keep("open", api.open_orders_status, symbol="BTCUSDT")
    await keep("canceled", api.order_cancel, **which)
    listed = await keep(
        "oco",
        api.order_list_place_oco,
        symbol="BTCUSDT",
        side=OrderListPlaceOcoSideEnum.SELL,
        quantity=0.005,
        above_type=OrderListPlaceOcoAboveTypeEnum.LIMIT_MAKER,
        above_price=70000,
        below_type=OrderListPlaceOcoBelowTypeEnum.STOP_LOSS,
        below_stop_price=50000,
    )
    await keep("list", api.order_list_status, order_list_id=listed["orderListId"])
    await keep("open_lists", api.open_order_lists_status)
    await keep("list_canceled", api.order_list_cancel, symbol="BTCUSDT", order_list_id=listed["orderListId"])
    await keep(
        "oto",
        api.order_list_place_oto,
        symbol="BTCUSDT",
        working_type=OrderListPlaceOtoWorkingTypeEnum.LIMIT,
        working_side=OrderListPlaceOtoWorkingSideEnum.BUY,
        working_time_in_force=OrderListPlaceOtoWorkingTimeInForceEnum.GTC,
        working_price=50000,
        working_quantity=0.01,
        pending_type=OrderListPlaceOtoPendingTypeEnum.MARKET,
        pending_side=OrderListPlaceOtoPendingSideEnum.SELL,
        pending_quantity=0.005,
    )
    await keep("all_canceled", api.open_orders_cancel_all, symbol="BTCUSDT")
    await keep("orders", api.all_orders, symbol="BTCUSDT")
    await keep("trades", api.my_trades, symbol="BTCUSDT")
    await keep("counts", api.account_rate_limits_orders)
    await keep("commission", api.account_commission, symbol="BTCUSDT")
    await keep("account", api.account_status, omit_zero_balances=True)


async def look(api):
    await keep("ping", api.ping)
    await keep("time", api.time)
    await keep("markets", api.exchange_info, symbols=["BTCUSDT", "ETHUSDT"])
    await keep("depth", api.depth, symbol="BTCUSDT", limit=5)
    await keep("recent", api.trades_recent, symbol="BTCUSDT", limit=3)
    await keep("aggregate", api.trades_aggregate, symbol="BTCUSDT", limit=3)
    await keep("average", api.avg_price, symbol="BTCUSDT")
    await keep("prices", api.ticker_price, symbols=["BTCUSDT", "ETHUSDT"])
    await keep("book", api.ticker_book, symbol="BTCUSDT")
    await keep("day", api.ticker24hr, symbol="BTCUSDT")


async def main():
    config = ConfigurationWebSocketAPI(
        api_key=key, private_key=private_key, stream_url=address, timeout=10000, reconnect_delay=100
    )
    api = Spot(config_ws_api=config).websocket_api
    await api.create_connection()
    await look(api)
    await keep("account_signed", api.account_status, omit_zero_balances=True)
    await keep("logon", api.session_logon)
    await keep("listening", api.user_data_stream_subscribe)
    await keep("status", api.session_status)
    await keep("subscriptions", api.session_subscriptions)
    await trade(api)
    await keep("logout", api.session_logout)
    await keep("order_by_signature", api.order_place, **RESTING)
    await api.close_connection()


asyncio.run(main())
print(json.dumps({"answers": answers, "events": events, "warnings": warnings}))
