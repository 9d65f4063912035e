"""Margin by python-binance's older methods, whose paths Binance has removed. Runs in its environment: ADDRESS KEY SECRET."""

import json
import sys

from binance.client import Client
from binance.exceptions import BinanceAPIException

address, key, secret = sys.argv[1:]


class LocalClient(Client):
    API_URL = f"{address}/api"
    MARGIN_API_URL = f"{address}/sapi"


client = LocalClient(key, secret)
here = {"asset": "USDT", "symbol": "BTCUSDT"}
rights = client.get_account_api_permissions()
coins = {coin["coin"]: float(coin["free"]) for coin in client.get_all_coins_info()}
client.transfer_spot_to_margin(asset="USDT", amount="2000")
client.create_isolated_margin_account(base="BTC", quote="USDT")
client.transfer_spot_to_isolated_margin(**here, amount="300")
client.create_margin_loan(asset="USDT", amount="500")
client.create_margin_loan(**here, isIsolated="TRUE", amount="100")
client.repay_margin_loan(asset="USDT", amount="200")
client.repay_margin_loan(**here, isIsolated="TRUE", amount="50")
client.transfer_isolated_margin_to_spot(**here, amount="10")
client.transfer_margin_to_spot(asset="USDT", amount="20")
try:
    client.get_margin_dust_assets()
    refused = 0
except BinanceAPIException as error:
    refused = error.code
print(
    json.dumps(
        {
            "system": client.get_system_status()["msg"],
            "account": client.get_account_status()["data"],
            "rights": [
                rights["enableSpotAndMarginTrading"],
                rights["enableMargin"],
                rights["enableWithdrawals"],
            ],
            "held": coins["USDT"] > 0,
            "fee": float(client.get_trade_fee(symbol="BTCUSDT")[0]["takerCommission"]),
            "asset": client.get_margin_asset(asset="USDT")["assetName"],
            "pair": client.get_margin_symbol(symbol="BTCUSDT")["quote"],
            "isolated_pair": client.get_isolated_margin_symbol(symbol="BTCUSDT")["base"],
            "loans": [
                float(row["principal"]) for row in client.get_margin_loan_details(asset="USDT")["rows"]
            ],
            "repaid": [
                float(row["amount"])
                for row in client.get_margin_repay_details(asset="USDT", isolatedSymbol="BTCUSDT")["rows"]
            ],
            "moved": [
                (float(row["amount"]), row["transTo"])
                for row in client.get_isolated_margin_tranfer_history(symbol="BTCUSDT")["rows"]
            ],
            "refused": refused,
        }
    )
)
