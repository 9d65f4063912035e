"""What may be traded and borrowed on margin, how much of it, and the index prices that value it."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType

from openmargin.api import params
from openmargin.api.endpoint import Call, Payer, Security, Weight, endpoint
from openmargin.api.errors import INVALID_SYMBOL, NO_PRICE_INDEX, NOT_A_MARGIN_ASSET, ApiError
from openmargin.api.params import Params
from openmargin.api.render import Reply
from openmargin.domain.enums import SymbolStatus
from openmargin.domain.money import format_e8, format_short
from openmargin.domain.venue import Asset, Symbol


class AllPairsParams(Params, frozen=True, kw_only=True):
    symbol: Annotated[str | None, params.symbol()] = None


class PairReply(Reply):
    base: str
    id: int
    is_buy_allowed: bool
    is_margin_trade: bool
    is_sell_allowed: bool
    quote: str
    symbol: str
    delist_time: int | UnsetType


def _pair(position: int, pair: Symbol, leaves_at_ms: int | None) -> PairReply:
    """A pair is known by its place in the venue, which keeps it: symbols are added, never removed."""
    trades = pair.status is SymbolStatus.TRADING
    return PairReply(
        pair.base, position, trades, True, trades, pair.quote, pair.name, _delist_time(leaves_at_ms)
    )


def _delist_time(at_ms: int | None) -> int | UnsetType:
    """In seconds, as in the documented examples; not there where no delisting is planned."""
    return at_ms // 1000 if at_ms else UNSET


@endpoint(
    "GET",
    "/sapi/v1/margin/allPairs",
    Security.MARKET_DATA,
    Weight(1),
    params=AllPairsParams,
    refuses=(INVALID_SYMBOL,),
)
async def all_pairs(call: Call, asked: AllPairsParams) -> list[PairReply]:
    """Get all cross margin pairs"""
    if asked.symbol is not None:
        call.catalogue.symbol(asked.symbol)
    now_ms = call.exchange.clock.now_ms()
    return [
        _pair(position, pair, call.catalogue.leaves_cross_at(pair))
        for position, pair in enumerate(call.catalogue.venue.symbols, start=1)
        if call.catalogue.is_on_cross(pair, now_ms) and asked.symbol in (None, pair.name)
    ]


class AllAssetsParams(Params, frozen=True, kw_only=True):
    asset: Annotated[str | None, params.asset()] = None


class AssetReply(Reply):
    asset_full_name: str
    asset_name: str
    is_borrowable: bool
    is_mortgageable: bool
    user_min_borrow: str
    user_min_repay: str
    delist_time: int | UnsetType


def _asset(call: Call, listed: Asset) -> AssetReply:
    now_ms = call.exchange.clock.now_ms()
    return AssetReply(
        listed.full_name,
        listed.name,
        call.catalogue.is_lent(listed, now_ms),
        call.catalogue.is_moved_in(listed, now_ms),
        format_e8(listed.min_borrow),
        format_e8(listed.min_repay),
        _delist_time(listed.delist_at_ms),
    )


@endpoint(
    "GET",
    "/sapi/v1/margin/allAssets",
    Security.MARKET_DATA,
    Weight(1),
    params=AllAssetsParams,
    refuses=(NOT_A_MARGIN_ASSET,),
)
async def all_assets(call: Call, asked: AllAssetsParams) -> list[AssetReply]:
    """Get all margin assets"""
    if asked.asset is not None:
        return [_asset(call, call.catalogue.asset(asked.asset))]
    return [_asset(call, listed) for listed in call.catalogue.venue.assets]


class PriceIndexParams(Params, frozen=True, kw_only=True):
    symbol: Annotated[str, params.symbol()]


class PriceIndexReply(Reply):
    calc_time: int
    price: str
    symbol: str


@endpoint(
    "GET",
    "/sapi/v1/margin/priceIndex",
    Security.MARKET_DATA,
    Weight(10),
    params=PriceIndexParams,
    refuses=(INVALID_SYMBOL, NO_PRICE_INDEX),
)
async def price_index(call: Call, asked: PriceIndexParams) -> PriceIndexReply:
    """Query the index price of a pair"""
    call.catalogue.symbol(asked.symbol)
    index = await call.exchange.read(lambda live: live.index(asked.symbol))
    if index is None or index.is_stopped or index.is_too_old:
        raise ApiError(NO_PRICE_INDEX)
    return PriceIndexReply(index.at_ms, format_e8(index.price), index.symbol)


class InventoryParams(Params, frozen=True, kw_only=True):
    of_isolated: Annotated[bool, params.choice("type", {"MARGIN": False, "ISOLATED": True})]


class InventoryReply(Reply):
    assets: dict[str, str]
    update_time: int


@endpoint(
    "GET",
    "/sapi/v1/margin/available-inventory",
    Security.USER_DATA,
    Weight(50, Payer.UID),
    params=InventoryParams,
)
async def available_inventory(call: Call, asked: InventoryParams) -> InventoryReply:
    """Query what the pool has left to lend; the time is in seconds"""
    catalogue, now_ms = call.catalogue, call.exchange.clock.now_ms()
    if asked.of_isolated:
        pairs = [pair for pair in catalogue.venue.symbols if catalogue.is_isolated(pair, now_ms)]
        isolated = {asset for pair in pairs for asset in (pair.base, pair.quote)}
        lent = [asset.name for asset in catalogue.venue.assets if asset.borrowable and asset.name in isolated]
    else:
        lent = [asset.name for asset in catalogue.venue.assets if catalogue.is_lent(asset, now_ms)]
    left = await call.exchange.read(lambda live: [(name, live.inventory(name)) for name in lent])
    return InventoryReply({name: format_short(amount) for name, amount in left}, now_ms // 1000)
