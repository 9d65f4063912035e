"""What clients ask of the wallet around the margin account: coins, fees, what a key may do, and whether all is well."""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import errors, params
from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.errors import ApiError, unsupported
from openmargin.api.params import NoParams, Params
from openmargin.api.render import Reply
from openmargin.api.spot_fees import account_of, rates_of
from openmargin.domain.enums import Permission
from openmargin.domain.ids import ANY_ADDRESS, SPOT
from openmargin.domain.money import format_e8
from openmargin.domain.views import BalanceView
from openmargin.runtime.live import Live

_ZERO: Final = format_e8(0)
_NO_DUST: Final = unsupported("this exchange converts no dust.")
_NO_FUNDING: Final = unsupported("this exchange has no funding wallet.")
_NO_TRIGGERS: Final = unsupported("this exchange bars nobody for how he trades.")


class SystemStatus(Reply):
    status: int
    msg: str


@endpoint("GET", "/sapi/v1/system/status", Security.NONE, Weight(1))
async def system_status(_call: Call, _asked: NoParams) -> SystemStatus:
    """Get the status of the system: normal, for one that is not does not answer"""
    return SystemStatus(0, "normal")


class AccountStatus(Reply):
    data: str


@endpoint("GET", "/sapi/v1/account/status", Security.USER_DATA, Weight(1))
async def account_status(_call: Call, _asked: NoParams) -> AccountStatus:
    """Query the account's status: always normal"""
    return AccountStatus("Normal")


class KeyRights(Reply):
    ip_restrict: bool
    create_time: int
    enable_reading: bool
    enable_spot_and_margin_trading: bool
    enable_margin: bool
    permits_universal_transfer: bool
    enable_withdrawals: bool = False
    enable_internal_transfer: bool = False
    enable_futures: bool = False
    enable_vanilla_options: bool = False
    enable_portfolio_margin_trading: bool = False
    enable_fix_api_trade: bool = False
    enable_fix_read_only: bool = False


@endpoint("GET", "/sapi/v1/account/apiRestrictions", Security.USER_DATA, Weight(1))
async def key_rights(call: Call, _asked: NoParams) -> KeyRights:
    """Query what the key may do"""
    key = call.exchange.live.key(call.sender.api_key)
    assert key is not None, "who sent a signed request has a key"
    may_move = Permission.MARGIN_LOAN in key.permissions
    return KeyRights(
        ip_restrict=any(address != ANY_ADDRESS for address in key.ips),
        create_time=key.created_at_ms,
        enable_reading=Permission.READ in key.permissions,
        enable_spot_and_margin_trading=Permission.TRADE in key.permissions,
        enable_margin=may_move,
        permits_universal_transfer=may_move,
    )


# --- coins -----------------------------------------------------------------------------------------------------


class Coin(Reply):
    """A coin of the spot wallet. Coins come and go by the lab alone: there are no networks."""

    coin: str
    name: str
    free: str
    locked: str
    trading: bool
    deposit_all_enable: bool = False
    withdraw_all_enable: bool = False
    freeze: str = _ZERO
    ipoable: str = _ZERO
    ipoing: str = _ZERO
    is_legal_money: bool = False
    network_list: tuple[str, ...] = ()
    storage: str = _ZERO
    withdrawing: str = _ZERO


@endpoint("GET", "/sapi/v1/capital/config/getall", Security.USER_DATA, Weight(10))
async def all_coins(call: Call, _asked: NoParams) -> list[Coin]:
    """Get all coins, with the account's spot balances"""
    held = await call.exchange.read(lambda live: _held(live, call.sender.account_id))
    nothing = BalanceView("", 0, 0, 0, 0)
    return [
        Coin(asset.name, asset.full_name, format_e8(wallet.free), format_e8(wallet.locked), trading=True)
        for asset in call.catalogue.venue.assets
        for wallet in (held.get(asset.name, nothing),)
    ]


def _held(live: Live, account_id: int) -> dict[str, BalanceView]:
    return {row.asset: row for row in live.balances(account_id, SPOT)}


class UserAssetParams(Params, frozen=True, kw_only=True):
    asset: Annotated[str | None, params.asset(about="All that there is any of where not sent.")] = None
    is_valued: Annotated[bool, params.boolean("needBtcValuation")] = False


class UserAsset(Reply):
    asset: str
    free: str
    locked: str
    btc_valuation: str
    freeze: str = _ZERO
    withdrawing: str = _ZERO
    ipoable: str = _ZERO


@endpoint(
    "POST",
    "/sapi/v3/asset/getUserAsset",
    Security.USER_DATA,
    Weight(5),
    params=UserAssetParams,
    refuses=(errors.NOT_A_MARGIN_ASSET,),
)
async def user_assets(call: Call, asked: UserAssetParams) -> list[UserAsset]:
    """Query what the spot wallet holds"""
    if asked.asset is not None:
        call.catalogue.asset(asked.asset)

    def question(live: Live) -> list[UserAsset]:
        return [
            UserAsset(
                row.asset,
                format_e8(row.free),
                format_e8(row.locked),
                format_e8(live.in_display(row.asset, row.free + row.locked) if asked.is_valued else 0),
            )
            for row in live.balances(call.sender.account_id, SPOT)
            if row.free + row.locked and asked.asset in (None, row.asset)
        ]

    return await call.exchange.read(question)


class TradeFeeParams(Params, frozen=True, kw_only=True):
    symbol: Annotated[str | None, params.symbol(about="All symbols where not sent.")] = None


class TradeFee(Reply):
    symbol: str
    maker_commission: str
    taker_commission: str


@endpoint(
    "GET",
    "/sapi/v1/asset/tradeFee",
    Security.USER_DATA,
    Weight(1),
    params=TradeFeeParams,
    refuses=(errors.INVALID_SYMBOL,),
)
async def trade_fees(call: Call, asked: TradeFeeParams) -> list[TradeFee]:
    """Query the account's commission rates by symbol"""
    catalogue = call.catalogue
    symbols = catalogue.venue.symbols if asked.symbol is None else (catalogue.symbol(asked.symbol),)
    rates = rates_of(call, await account_of(call))
    maker, taker = format_e8(rates.maker), format_e8(rates.taker)
    return [TradeFee(symbol.name, maker, taker) for symbol in symbols]


# --- what has no meaning here ----------------------------------------------------------------------------------


@endpoint("GET", "/sapi/v1/account/apiTradingStatus", Security.USER_DATA, Weight(1), refuses=(_NO_TRIGGERS,))
async def trading_status(_call: Call, _asked: NoParams) -> None:
    """Query whether the account was barred from trading for how it trades: always refused"""
    raise ApiError(_NO_TRIGGERS)


@endpoint("POST", "/sapi/v1/asset/get-funding-asset", Security.USER_DATA, Weight(1), refuses=(_NO_FUNDING,))
async def funding_assets(_call: Call, _asked: NoParams) -> None:
    """Query what the funding wallet holds: always refused"""
    raise ApiError(_NO_FUNDING)


@endpoint("GET", "/sapi/v1/margin/dust", Security.USER_DATA, Weight(1), refuses=(_NO_DUST,))
async def dust(_call: Call, _asked: NoParams) -> None:
    """Query the small margin assets that may be converted to BNB: always refused"""
    raise ApiError(_NO_DUST)


@endpoint("POST", "/sapi/v1/margin/dust", Security.MARGIN, Weight(1), refuses=(_NO_DUST,))
async def convert_dust(_call: Call, _asked: NoParams) -> None:
    """Convert small margin assets to BNB: always refused"""
    raise ApiError(_NO_DUST)


@endpoint("GET", "/sapi/v1/margin/dribblet", Security.USER_DATA, Weight(1), refuses=(_NO_DUST,))
async def dust_log(_call: Call, _asked: NoParams) -> None:
    """Query conversions of small margin assets to BNB: always refused"""
    raise ApiError(_NO_DUST)
