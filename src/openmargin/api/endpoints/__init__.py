"""The endpoints by group, and the one list of them all.

A module's endpoints are found by looking, so writing one is enough to serve it.
"""

from __future__ import annotations

from types import ModuleType
from typing import Final

from openmargin.api.endpoint import Endpoint
from openmargin.api.endpoints import (
    account,
    capital_flow,
    exchange_info,
    general,
    isolated,
    legacy,
    liquidation_loan,
    liquidations,
    loans,
    margin_market,
    margin_risk,
    market_data,
    order_lists,
    orders,
    preferences,
    rates,
    small_liability,
    special_keys,
    spot_account,
    spot_amending,
    spot_lists,
    spot_orders,
    tickers,
    trades,
    transfers,
    user_streams,
    wallet,
)


def _endpoints_of(module: ModuleType) -> list[Endpoint]:
    return [value for value in vars(module).values() if isinstance(value, Endpoint)]


ENDPOINTS: Final[tuple[Endpoint, ...]] = tuple(
    found
    for module in (
        general,
        exchange_info,
        market_data,
        tickers,
        margin_market,
        margin_risk,
        account,
        preferences,
        rates,
        capital_flow,
        isolated,
        transfers,
        loans,
        small_liability,
        liquidations,
        orders,
        order_lists,
        trades,
        spot_orders,
        spot_amending,
        spot_lists,
        spot_account,
        special_keys,
        liquidation_loan,
        wallet,
        legacy,
        user_streams,
    )
    for found in _endpoints_of(module)
)
