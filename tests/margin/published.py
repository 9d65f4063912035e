"""The venue as the mechanics publish it: every ratio, bar and tier that has a number there, and no haircut."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import count

from tests.margin.calculator import CROSS_BARS, ISOLATED_BARS, Bracket, Tier
from tests.margin.exchange import PRICED, UNPRICED, Pair, Rules, Terms

PLAIN = (Bracket(None, Fraction(1)),)
"""Every unit counts in full."""

MULTIPLES = {"BTCUSDT": 10, "ETHUSDT": 5, "DOGUSDT": 3, "ETHBTC": 5}
"""Isolated pairs, with the largest multiple of each."""

INITIAL_RATIOS = {
    multiple: tuple(Fraction(ratio) for ratio in ratios.split())
    for multiple, ratios in {
        10: "1.111 1.1264 1.1418 1.1572 1.1726 1.188 1.2034 1.2188 1.2342 1.2496",
        5: "1.25 1.3125 1.375 1.4375 1.5",
        3: "1.5 1.875 2.25 2.625 3",
    }.items()
}
"""Of the tiers, by the largest multiple (mechanics 2.3)."""

BASE_STEP, QUOTE_STEP = Fraction(9), Fraction(70_000)
"""How much more may be owed in each tier: the first one is documented, the others go on like it (mechanics 2.3)."""


def rules(
    *, brackets: dict[str, tuple[Bracket, ...]] | None = None, daily_rate: Fraction = Fraction(0)
) -> Rules:
    """Everything as published; `brackets` of some assets for borrowing and transfers alike, one rate for all."""
    assets = (*PRICED, UNPRICED)
    by_asset = dict.fromkeys(assets, PLAIN) | (brackets or {})
    terms = (Terms(daily_rate, Fraction(10**12)),)
    pairs = {symbol: _pair(multiple) for symbol, multiple in MULTIPLES.items()}
    return Rules(by_asset, by_asset, dict.fromkeys(assets, terms), dict(CROSS_BARS), pairs)


def _pair(multiple: int) -> Pair:
    bars = ISOLATED_BARS[multiple]
    first = Tier(Fraction(0), bars.liquidation, BASE_STEP, QUOTE_STEP)
    tiers = tuple(
        replace(
            first, initial_ratio=ratio, base_debt_max=BASE_STEP * number, quote_debt_max=QUOTE_STEP * number
        )
        for number, ratio in zip(count(1), INITIAL_RATIOS[multiple], strict=False)
    )
    return Pair(tiers, bars.margin_call)
