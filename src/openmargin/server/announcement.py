"""The first words: where the exchange is, how to speak to it, and what to try next."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from openmargin import __version__
from openmargin.config import Settings
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.secrets import (
    DEVELOPMENT_ACCOUNTS,
    DEVELOPMENT_API_KEYS,
    DEVELOPMENT_MASTER_KEY,
    SecretKeeper,
)

_TEXT: Final = """\
OpenMargin {version} at {address}

  api key    {api_key}
  secret     {secret}
             of account {account}; two more to trade with, each with its key and secret:
{others}
             (development keys are the same everywhere: never let strangers reach this address)
  data       {data}
  clock      {clock}
  market     {market}, seed {seed}
{trust}
With the official SDK (pip install binance-sdk-margin-trading), paste into Python:

from binance_common.configuration import ConfigurationRestAPI
from binance_sdk_margin_trading.margin_trading import MarginTrading
from binance_sdk_margin_trading.rest_api.models import *

client = MarginTrading(config_rest_api=ConfigurationRestAPI(
    api_key="{api_key}",
    api_secret="{secret}",
    base_path="{address}",
)).rest_api
print(client.margin_account_borrow_repay(
    asset="USDT", amount="1000", type=MarginAccountBorrowRepayTypeEnum.BORROW,
    is_isolated=MarginAccountBorrowRepayIsIsolatedEnum.FALSE,
).data())
print(client.margin_account_new_order(
    symbol="BTCUSDT", side=MarginAccountNewOrderSideEnum.BUY,
    type=MarginAccountNewOrderTypeEnum.MARKET, quantity=0.01,
).data())

Then move the market, and look at the margin level:

curl -d '{{"price": "55000"}}' {address}/lab/prices/BTCUSDT
{time_travel}
Ready. Stop with Ctrl-C.
"""


_TRUST: Final = """\
  trust      {authority}
             (export SSL_CERT_FILE, REQUESTS_CA_BUNDLE or NODE_EXTRA_CA_CERTS as this)
"""

_TIME_TRAVEL: Final = """\
curl -d '{{"seconds": 3600}}' {address}/lab/clock/advance
"""


def announcement(exchange: Exchange, settings: Settings, address: str, authority: Path | None = None) -> str:
    """Everything that a first session needs, for somebody who pastes; `authority` is what HTTPS is trusted by."""
    pairs = [(api_key, _secret(exchange, api_key)) for api_key in DEVELOPMENT_API_KEYS]
    api_key, secret = pairs[0]
    others = zip(DEVELOPMENT_ACCOUNTS[1:], pairs[1:], strict=True)
    return _TEXT.format(
        version=__version__,
        address=address,
        api_key=api_key,
        secret=secret,
        account=DEVELOPMENT_ACCOUNTS[0],
        others="\n".join(f"  {name:<11}{key}\n{'':13}{its_secret}" for name, (key, its_secret) in others),
        data=settings.directory or "in memory: forgotten at the end",
        clock=_clock(exchange),
        market="house" if exchange.venue.house.enabled else "none",
        seed=exchange.seed,
        trust="" if authority is None else _TRUST.format(authority=authority),
        time_travel=_TIME_TRAVEL.format(address=address) if exchange.clock.is_virtual else "",
    )


def _secret(exchange: Exchange, api_key: str) -> str:
    key = exchange.live.key(api_key)
    assert key is not None, "every exchange has its development keys"
    return SecretKeeper(DEVELOPMENT_MASTER_KEY).secret_for(key)


def _clock(exchange: Exchange) -> str:
    if not exchange.clock.is_virtual:
        return "wall"
    return f"virtual, at {datetime.fromtimestamp(exchange.clock.now_ms() / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
