"""The seeded walk of the index: where prices go while nobody sets them.

Owns: each step as a pure function of the seed, its number and the prices before it, so a restart goes on along
the same path.
Never: moves a price by itself; a step is a command like any other.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from openmargin.domain.money import E8, round_to_step
from openmargin.domain.venue import Venue

Prices = Mapping[str, int]


def walk_step(venue: Venue, seed: int, step: int, prices: Prices) -> tuple[tuple[str, int], ...]:
    """The index price of every symbol after one more step.

    Each asset walks in the valuation asset, and every symbol is priced by its two assets, so pairs never disagree.
    """
    chance = random.Random(f"{seed}:{step}")
    values = _values(venue, prices)
    jumps = _jumps(venue, seed, step)
    for asset in venue.assets:
        # Drawn for every asset, so that a peg or a new asset at the end leaves the others' paths alone.
        drift = round(chance.gauss(0, 1) * venue.house.walk_volatility) + jumps.get(asset.name, 0)
        if asset.name in values and not _is_pegged(venue, asset.name):
            values[asset.name] = max(values[asset.name] * (E8 + drift) // E8, 1)
    return tuple(
        (
            symbol.name,
            max(
                round_to_step(values[symbol.base] * E8 // values[symbol.quote], symbol.tick_size),
                symbol.tick_size,
            ),
        )
        for symbol in venue.symbols
    )


def _jumps(venue: Venue, seed: int, step: int) -> dict[str, int]:
    """By how much assets jump in a step. Drawn apart, so that paths without jumps are what they are."""
    house = venue.house
    if house.walk_jump_chance <= 0:
        return {}
    chance = random.Random(f"{seed}:{step}:jumps")
    # Both are drawn for every asset, so that one that jumps leaves the others' paths alone.
    drawn = {asset.name: (chance.random(), chance.gauss(0, 1)) for asset in venue.assets}
    return {
        name: round(size * house.walk_jump)
        for name, (lot, size) in drawn.items()
        if lot * E8 < house.walk_jump_chance
    }


def _values(venue: Venue, prices: Prices) -> dict[str, int]:
    """What one of each asset is worth in the valuation asset."""
    margin = venue.margin
    by_pair = {(symbol.base, symbol.quote): prices[symbol.name] for symbol in venue.symbols}
    values = {margin.valuation_asset: E8}
    display = by_pair.get((margin.display_asset, margin.valuation_asset), E8)
    for asset in venue.assets:
        if direct := by_pair.get((asset.name, margin.valuation_asset)):
            values[asset.name] = direct
        elif crossed := by_pair.get((asset.name, margin.display_asset)):
            values[asset.name] = crossed * display // E8
    return values


def _is_pegged(venue: Venue, asset: str) -> bool:
    """An asset that starts at exactly one of the valuation asset is a stable coin, and stays where it was set."""
    valuation = venue.margin.valuation_asset
    return asset == valuation or any(
        symbol.base == asset and symbol.quote == valuation and symbol.start_price == E8
        for symbol in venue.symbols
    )
