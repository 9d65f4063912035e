"""How collateral counts, what is restricted on margin, and what comes to it or leaves it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import UNSET, UnsetType

from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.errors import NOT_SUPPORTED, ApiError
from openmargin.api.params import NoParams
from openmargin.api.render import Reply
from openmargin.domain.money import format_short
from openmargin.domain.venue import Asset, CollateralTier, Symbol


class Bracket(Reply):
    min_usd_value: str
    max_usd_value: str | UnsetType
    discount_rate: str


class CollateralRatios(Reply):
    collaterals: list[Bracket]
    asset_names: list[str]


@endpoint(
    "GET",
    "/sapi/v1/margin/crossMarginCollateralRatio",
    Security.MARKET_DATA,
    Weight(100),
)
async def collateral_ratios(call: Call, _asked: NoParams) -> list[CollateralRatios]:
    """Query which share of an asset's value counts as collateral, by brackets of the value"""
    alike: dict[tuple[CollateralTier, ...], list[str]] = {}
    for asset in call.catalogue.venue.assets:
        alike.setdefault(asset.collateral_tiers, []).append(asset.name)
    return [CollateralRatios(_brackets(tiers), names) for tiers, names in alike.items()]


def _brackets(tiers: tuple[CollateralTier, ...]) -> list[Bracket]:
    """The ratio shown is that for borrowing."""
    starts = (0, *(tier.up_to for tier in tiers))
    return [
        Bracket(
            format_short(start),
            format_short(tier.up_to) if tier.up_to else UNSET,
            format_short(tier.borrow_ratio),
        )
        for start, tier in zip(starts, tiers, strict=False)
    ]


class LiquidationRatio(Reply):
    asset: str
    risk_based_liquidation_ratio: str


@endpoint(
    "GET",
    "/sapi/v1/margin/risk-based-liquidation-ratio",
    Security.MARKET_DATA,
    Weight(1),
)
async def liquidation_ratios(call: Call, _asked: NoParams) -> list[LiquidationRatio]:
    """Query the risk-based liquidation ratio of every asset, that of its first bracket"""
    return [
        LiquidationRatio(asset.name, format_short(asset.collateral_tiers[0].liquidation_ratio))
        for asset in call.catalogue.venue.assets
        if asset.collateral_tiers
    ]


class LimitPricePairs(Reply):
    cross_margin_symbols: list[str]


@endpoint("GET", "/sapi/v1/margin/limit-price-pairs", Security.MARKET_DATA, Weight(1))
async def limit_price_pairs(call: Call, _asked: NoParams) -> LimitPricePairs:
    """Query the pairs whose limit prices are bound to the index"""
    return LimitPricePairs(
        [
            pair.name
            for pair in call.catalogue.venue.symbols
            if pair.limits_price_to_index and pair.cross_margin
        ]
    )


@endpoint(
    "GET",
    "/sapi/v1/margin/leverageBracket",
    Security.MARKET_DATA,
    Weight(1),
    refuses=(NOT_SUPPORTED,),
)
async def leverage_brackets(_call: Call, _asked: NoParams) -> None:
    """Query the brackets of Cross Margin Pro, which ended in April 2026: always refused"""
    raise ApiError(NOT_SUPPORTED)


class RestrictedAssets(Reply):
    open_long_restricted_asset: list[str]
    max_collateral_exceeded_asset: list[str]


@endpoint("GET", "/sapi/v1/margin/restricted-asset", Security.MARKET_DATA, Weight(1))
async def restricted_assets(call: Call, _asked: NoParams) -> RestrictedAssets:
    """Query the assets that cross accounts may not buy more of, and those that all of them have too much of"""
    found = await call.exchange.read(lambda live: live.restricted())
    return RestrictedAssets(list(found.open_long), list(found.over_cap))


class Listing(Reply):
    list_time: int
    cross_margin_assets: list[str]
    isolated_margin_symbols: list[str]


class Delisting(Reply):
    delist_time: int
    cross_margin_assets: list[str]
    isolated_margin_symbols: list[str]


@endpoint("GET", "/sapi/v1/margin/list-schedule", Security.MARKET_DATA, Weight(100))
async def list_schedule(call: Call, _asked: NoParams) -> list[Listing]:
    """Query what will come to margin, and when"""
    dates = _dates(call, lambda listed: listed.list_at_ms)
    return [Listing(at_ms, *names) for at_ms, names in dates]


@endpoint("GET", "/sapi/v1/margin/delist-schedule", Security.MARKET_DATA, Weight(100))
async def delist_schedule(call: Call, _asked: NoParams) -> list[Delisting]:
    """Query what will leave margin, and when"""
    dates = _dates(call, lambda listed: listed.delist_at_ms)
    return [Delisting(at_ms, *names) for at_ms, names in dates]


def _dates(
    call: Call, date_of: Callable[[Asset | Symbol], int]
) -> list[tuple[int, tuple[list[str], list[str]]]]:
    """The dates that are still to come, each with its assets and its pairs."""
    venue, now_ms = call.catalogue.venue, call.exchange.clock.now_ms()
    coming = {date_of(listed) for listed in (*venue.assets, *venue.symbols)}
    return [
        (
            at_ms,
            (
                [asset.name for asset in venue.assets if date_of(asset) == at_ms],
                [pair.name for pair in venue.symbols if date_of(pair) == at_ms],
            ),
        )
        for at_ms in sorted(coming)
        if at_ms > now_ms
    ]
