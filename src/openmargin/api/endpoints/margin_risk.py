"""How collateral counts, and what is restricted on margin."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.errors import NOT_SUPPORTED, ApiError
from openmargin.api.params import NoParams
from openmargin.api.render import Reply
from openmargin.domain.money import format_short
from openmargin.domain.venue import CollateralTier


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
