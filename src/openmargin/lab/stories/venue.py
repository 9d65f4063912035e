"""The venue of the stories: three coins whose pairs have isolated multiples of 10, 5 and 3, and two dollars."""

from __future__ import annotations

from typing import Final

from openmargin.domain.money import E8
from openmargin.domain.venue import (
    Asset,
    CommissionRates,
    HouseRules,
    IsolatedTier,
    LeverageLevels,
    LiquidationRules,
    LoanTerms,
    MarginRules,
    Symbol,
    Venue,
)

VIP_LEVELS: Final = 10
PRICES: Final = {"BTC": 60_000 * E8, "ETH": 3_000 * E8, "SOL": 150 * E8, "USDC": E8, "USDT": E8}
"""What a unit of each asset is worth at the start, in USDT."""
COINS: Final = ("BTC", "ETH", "SOL")
PAIRS: Final = {"BTCUSDT": 10, "ETHUSDT": 5, "SOLUSDT": 3}
"""The pairs with isolated accounts, and the multiple of each."""
_THOUSANDTH: Final = E8 // 1_000
_RATIOS: Final = {10: (1_111, 1_050, 1_100), 5: (1_250, 1_150, 1_190), 3: (1_500, 1_180, 1_220)}
"""Initial, liquidation and call level of a multiple, in thousandths (mechanics 2.3)."""
_RATES: Final = {"BTC": 12_000, "ETH": 16_000, "SOL": 41_000, "USDC": 24_000, "USDT": 22_000}
_DEBT_MAX: Final = 10_000_000
"""What anybody may owe of one asset, in USDT."""


def story_venue(house: HouseRules) -> Venue:
    """A venue that liquidates, with limits that no story reaches."""
    return Venue(
        "story",
        tuple(_asset(name) for name in PRICES),
        (
            *(_pair(name, multiple) for name, multiple in PAIRS.items()),
            Symbol("USDCUSDT", "USDC", "USDT", E8, E8 // 100_000, E8, isolated_margin=False),
        ),
        (CommissionRates(100_000, 100_000),),
        MarginRules(
            (
                LeverageLevels(3, 1_500 * _THOUSANDTH, 1_300 * _THOUSANDTH, 1_100 * _THOUSANDTH),
                LeverageLevels(5, 1_250 * _THOUSANDTH, 1_160 * _THOUSANDTH, 1_100 * _THOUSANDTH),
            ),
            liquidation=LiquidationRules(enabled=True),
        ),
        house=house,
    )


def first_rates(asset: str) -> tuple[int, ...]:
    """The daily rates of an asset at the start, by VIP level: each level pays 4 % less of it."""
    return tuple(_RATES[asset] * (25 - level) // 25 for level in range(VIP_LEVELS))


def _asset(name: str) -> Asset:
    limit = _DEBT_MAX * E8 * E8 // PRICES[name]
    terms = tuple(LoanTerms(rate, limit) for rate in first_rates(name))
    return Asset(name, name, pool_capital=10 * limit, loan_terms=terms)


def _pair(name: str, multiple: int) -> Symbol:
    base = name.removesuffix("USDT")
    initial, liquidation, margin_call = _RATIOS[multiple]
    limit = _DEBT_MAX * E8
    tier = IsolatedTier(
        multiple * E8,
        initial * _THOUSANDTH,
        liquidation * _THOUSANDTH,
        limit * E8 // PRICES[base],
        limit,
    )
    return Symbol(
        name,
        base,
        "USDT",
        PRICES[base],
        tick_size=E8 // 100,
        step_size=E8 // 10_000,
        min_notional=5 * E8,
        isolated_margin_call=margin_call * _THOUSANDTH,
        isolated_tiers=(tier,),
    )
