"""What a bot does whose addresses are fixed to production: KEY SECRET. Nothing here names the local exchange."""

import json
import sys

import requests
from binance_common.configuration import ConfigurationRestAPI
from binance_sdk_margin_trading.margin_trading import MarginTrading
from binance_sdk_margin_trading.rest_api.models import (
    MarginAccountNewOrderNewOrderRespTypeEnum,
    MarginAccountNewOrderSideEffectTypeEnum,
    MarginAccountNewOrderSideEnum,
    MarginAccountNewOrderTypeEnum,
)

key, secret = sys.argv[1:]
client = MarginTrading(config_rest_api=ConfigurationRestAPI(api_key=key, api_secret=secret)).rest_api
order = client.margin_account_new_order(
    symbol="BTCUSDT",
    side=MarginAccountNewOrderSideEnum.BUY,
    type=MarginAccountNewOrderTypeEnum.MARKET,
    quantity=0.01,
    new_order_resp_type=MarginAccountNewOrderNewOrderRespTypeEnum.RESULT,
    side_effect_type=MarginAccountNewOrderSideEffectTypeEnum.MARGIN_BUY,
).data()
elsewhere = []
for address in ("https://example.com/", "https://fapi.binance.com/fapi/v1/ping", "http://example.com/"):
    try:
        elsewhere.append(requests.get(address, timeout=20).status_code)
    except requests.exceptions.ProxyError as refusal:
        elsewhere.append(str(refusal))
print(json.dumps({"status": order.status, "address": client.configuration.base_path, "elsewhere": elsewhere}))
