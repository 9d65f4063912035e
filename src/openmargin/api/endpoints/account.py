"""The cross margin account as it stands."""

from __future__ import annotations

import msgspec

from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.params import NoParams
from openmargin.api.render import Reply
from openmargin.domain.ids import CROSS
from openmargin.domain.money import format_e8, format_short
from openmargin.domain.views import BalanceView


class UserAsset(Reply):
    asset: str
    borrowed: str
    free: str
    interest: str
    locked: str
    net_asset: str


class MarginAccount(Reply):
    created: bool
    borrow_enabled: bool
    margin_level: str
    collateral_margin_level: str
    total_asset_of_btc: str
    total_liability_of_btc: str
    total_net_asset_of_btc: str
    total_collateral_value: str = msgspec.field(name="TotalCollateralValueInUSDT")
    total_open_order_loss: str = msgspec.field(name="totalOpenOrderLossInUSDT")
    trade_enabled: bool
    transfer_in_enabled: bool
    transfer_out_enabled: bool
    account_type: str
    user_assets: list[UserAsset]


def _user_asset(balance: BalanceView) -> UserAsset:
    return UserAsset(
        asset=balance.asset,
        borrowed=format_e8(balance.borrowed),
        free=format_e8(balance.free),
        interest=format_e8(balance.interest),
        locked=format_e8(balance.locked),
        net_asset=format_e8(balance.net),
    )


@endpoint("GET", "/sapi/v1/margin/account", Security.USER_DATA, Weight(10))
async def margin_account(call: Call, _asked: NoParams) -> MarginAccount:
    """Query the cross margin account"""
    view = await call.exchange.read(lambda live: live.margin(call.sender.account_id, CROSS))
    return MarginAccount(
        created=True,
        borrow_enabled=view.switches.may_borrow,
        margin_level=format_e8(view.margin_level),
        collateral_margin_level=format_e8(view.collateral_level),
        total_asset_of_btc=format_e8(view.assets_in_display),
        total_liability_of_btc=format_e8(view.liabilities_in_display),
        total_net_asset_of_btc=format_e8(view.assets_in_display - view.liabilities_in_display),
        total_collateral_value=format_e8(view.collateral_in_valuation),
        total_open_order_loss=format_e8(view.open_order_loss_in_valuation),
        trade_enabled=view.switches.may_trade,
        transfer_in_enabled=view.switches.may_transfer_in,
        transfer_out_enabled=view.switches.may_transfer_out,
        account_type="MARGIN_1",  # Classic; there is no Cross Margin Pro any more.
        user_assets=[_user_asset(balance) for balance in view.balances],
    )


class TradeCoefficients(Reply):
    normal_bar: str
    margin_call_bar: str
    force_liquidation_bar: str


@endpoint("GET", "/sapi/v1/margin/tradeCoeff", Security.USER_DATA, Weight(10))
async def trade_coefficients(call: Call, _asked: NoParams) -> TradeCoefficients:
    """Query the bars of the account's margin level"""
    account = call.exchange.live.account(call.sender.account_id)
    assert account is not None, "who sent a signed request has an account"
    rows = {row.leverage: row for row in call.catalogue.venue.margin.leverages}
    bars = rows[account.cross_leverage]
    return TradeCoefficients(
        format_short(bars.initial), format_short(bars.margin_call), format_short(bars.liquidation)
    )
