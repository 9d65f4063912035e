"""Binance's spot SDK with a special Ed25519 key of a margin account. Runs in its environment: ADDRESS KEY PEM.

Prints what came of it, and every warning that the SDK logged.
"""

import json
import logging
import sys

from binance_common.configuration import ConfigurationRestAPI
from binance_sdk_spot.rest_api.models import (
    NewOrderNewOrderRespTypeEnum,
    NewOrderSideEnum,
    NewOrderTimeInForceEnum,
    NewOrderTypeEnum,
    OrderListOcoAboveTypeEnum,
    OrderListOcoBelowTimeInForceEnum,
    OrderListOcoBelowTypeEnum,
    OrderListOcoSideEnum,
)
from binance_sdk_spot.spot import Spot

address, key, private_key = sys.argv[1:]
warnings = []


class Collector(logging.Handler):
    def emit(self, record):
        warnings.append(record.getMessage())


logging.getLogger().addHandler(Collector(level=logging.WARNING))
bot = Spot(
    ConfigurationRestAPI(api_key=key, private_key=private_key, base_path=address, timeout=10000)
).rest_api

markets = bot.exchange_info(symbol="BTCUSDT").data()
bought = bot.new_order(
    symbol="BTCUSDT",
    side=NewOrderSideEnum.BUY,
    type=NewOrderTypeEnum.MARKET,
    quantity=0.01,
    new_order_resp_type=NewOrderNewOrderRespTypeEnum.FULL,
).data()
resting = bot.new_order(
    symbol="BTCUSDT",
    side=NewOrderSideEnum.BUY,
    type=NewOrderTypeEnum.LIMIT,
    time_in_force=NewOrderTimeInForceEnum.GTC,
    quantity=0.01,
    price=50000,
).data()
found = bot.get_order(symbol="BTCUSDT", order_id=resting.order_id).data()
amended = bot.order_amend_keep_priority(symbol="BTCUSDT", new_qty=0.005, order_id=resting.order_id).data()
opened = bot.get_open_orders(symbol="BTCUSDT").data()
canceled = bot.delete_order(symbol="BTCUSDT", order_id=resting.order_id).data()
listed = bot.order_list_oco(
    symbol="BTCUSDT",
    side=OrderListOcoSideEnum.SELL,
    quantity=0.005,
    above_type=OrderListOcoAboveTypeEnum.LIMIT_MAKER,
    above_price=70000,
    below_type=OrderListOcoBelowTypeEnum.STOP_LOSS_LIMIT,
    below_price=49900,
    below_stop_price=50000,
    below_time_in_force=OrderListOcoBelowTimeInForceEnum.GTC,
).data()
ended = bot.delete_order_list(symbol="BTCUSDT", order_list_id=listed.order_list_id).data()
account = bot.get_account().data()
trades = bot.my_trades(symbol="BTCUSDT").data()

print(
    json.dumps(
        {
            "symbols": [row.symbol for row in markets.symbols],
            "bought": bought.status,
            "fills": sum(float(fill.qty) for fill in bought.fills),
            "found": found.status,
            "amended": amended.amended_order.qty,
            "opened": [row.order_id for row in opened] == [resting.order_id],
            "canceled": canceled.status,
            "listed": listed.contingency_type,
            "ended": ended.list_order_status,
            "account": account.account_type,
            "traded": sum(float(row.qty) for row in trades),
            "warnings": warnings,
        }
    )
)
