"""Loan, orders, OCO, OTO and repayment with binance-connector. Runs in its environment: ADDRESS KEY SECRET."""

import json
import queue
import sys

from binance.error import ClientError
from binance.spot import Spot
from binance.websocket.spot.websocket_stream import SpotWebsocketStreamClient

address, key, secret = sys.argv[1:]
client = Spot(api_key=key, api_secret=secret, base_url=address)

messages = queue.Queue()
sockets = SpotWebsocketStreamClient(
    stream_url=address.replace("http", "ws", 1),
    on_message=lambda _, message: messages.put(json.loads(message)),
)
sockets.user_data(client.new_margin_listen_key()["listenKey"])
subscribed = messages.get(timeout=30)

pairs = {row["symbol"] for row in client.margin_all_pairs()}
moved = client.user_universal_transfer(type="MAIN_MARGIN", asset="USDT", amount="1000")
lent = client.borrow_repay(asset="USDT", isIsolated="FALSE", symbol="BTCUSDT", amount="500", type="BORROW")
bought = client.new_margin_order(
    symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01", newOrderRespType="FULL"
)
resting = client.new_margin_order(
    symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity=0.01, price=50000.5
)
found = client.margin_order(symbol="BTCUSDT", orderId=resting["orderId"])
opened = [row["orderId"] for row in client.margin_open_orders(symbol="BTCUSDT")]
canceled = client.cancel_margin_order(symbol="BTCUSDT", orderId=resting["orderId"])
pair = client.new_margin_oco_order(
    symbol="BTCUSDT",
    side="SELL",
    quantity=0.005,
    price=70000,
    stopPrice=50000,
    stopLimitPrice=49900,
    stopLimitTimeInForce="GTC",
)
ended = client.cancel_margin_oco_order(symbol="BTCUSDT", orderListId=pair["orderListId"])
chained = client.margin_new_oto_order(
    symbol="BTCUSDT",
    workingType="LIMIT",
    workingSide="BUY",
    workingPrice=50000,
    workingQuantity=0.001,
    workingIcebergQty=0.0005,
    workingTimeInForce="GTC",
    pendingType="LIMIT",
    pendingSide="SELL",
    pendingQuantity=0.001,
    pendingPrice=70000,
    pendingTimeInForce="GTC",
)
emptied = client.margin_open_orders_cancellation(symbol="BTCUSDT")
usage = client.margin_order_usage()
repaid = client.borrow_repay(asset="USDT", isIsolated="FALSE", symbol="BTCUSDT", amount="100", type="REPAY")
try:
    client.new_margin_order(symbol="BTCUSDT", side="BUY", type="LIMIT", quantity=0.01, price=50000)
    refused = 0
except ClientError as error:
    refused = error.error_code
heard = []
while heard[-1:] != ["listStatus"]:
    heard.append(messages.get(timeout=30)["e"])
sockets.stop()

print(
    json.dumps(
        {
            "subscribed": subscribed["result"],
            "heard": heard,
            "pairs": "BTCUSDT" in pairs,
            "moved": moved["tranId"] > 0,
            "lent": lent["tranId"] > 0,
            "bought": bought["status"],
            "found": [found["status"], found["price"]],
            "opened": opened == [resting["orderId"]],
            "canceled": canceled["status"],
            "pair": pair["contingencyType"],
            "ended": ended["listOrderStatus"],
            "chained": chained["contingencyType"],
            "emptied": [row["contingencyType"] for row in emptied],
            "usage": [row["interval"] for row in usage],
            "repaid": repaid["tranId"] > 0,
            "trades": sum(float(row["qty"]) for row in client.margin_my_trades(symbol="BTCUSDT")),
            "refused": refused,
        }
    )
)
