"""The margin arithmetic once more, as a risk analyst would write it down: exact fractions, one function for each rule.

Owns: a second opinion on every figure of the engine. It is written from the published mechanics alone; the section that a
function states stands in its first line.
Never: imports the exchange, or shares a line with it.

Units: amounts in units of the asset, prices in the quote (cross: USDT) for one unit, ratios and levels as plain numbers.
A level is None where there is no debt. Nothing is rounded, but by the functions that say so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

ATOMS_OF_ONE = 100_000_000
ATOM = Fraction(1, ATOMS_OF_ONE)
"""The smallest amount of any asset."""
HOUR_MS = 3_600_000
HOURS_PER_DAY = 24
NO_DEBT_LEVEL = Fraction(999)
TRANSFER_OUT_LEVEL = Fraction(2)
"""Above this level collateral may leave; at it, it may not (mechanics 2.2, 3.4)."""


def floor8(figure: Fraction) -> Fraction:
    """Round down to an atom: what somebody may take."""
    return Fraction(math.floor(figure * ATOMS_OF_ONE), ATOMS_OF_ONE)


def ceil8(figure: Fraction) -> Fraction:
    """Round up to an atom: what somebody owes."""
    return Fraction(math.ceil(figure * ATOMS_OF_ONE), ATOMS_OF_ONE)


# ---------------------------------------------------------------------------------------------------- what is held


@dataclass(frozen=True)
class Bracket:
    """One step of an asset's collateral ratio: of its value in USDT up to `up_to` (None: all of the rest), `ratio` counts."""

    up_to: Fraction | None
    ratio: Fraction


@dataclass(frozen=True)
class Holding:
    """What one account has of one asset (mechanics 1.2). Without an index (0) it counts for nothing (mechanics 5)."""

    asset: str
    index: Fraction
    free: Fraction = Fraction(0)
    locked: Fraction = Fraction(0)
    principal: Fraction = Fraction(0)
    interest: Fraction = Fraction(0)
    borrow_brackets: tuple[Bracket, ...] = (Bracket(None, Fraction(1)),)
    transfer_out_brackets: tuple[Bracket, ...] = (Bracket(None, Fraction(1)),)

    @cached_property
    def amount(self) -> Fraction:
        return self.free + self.locked

    @cached_property
    def value(self) -> Fraction:
        return self.amount * self.index

    @cached_property
    def debt(self) -> Fraction:
        """Liabilities include accrued interest (mechanics 1.7)."""
        return self.principal + self.interest

    @property
    def net(self) -> Fraction:
        """Free and locked, less principal and interest (mechanics 1.2)."""
        return self.amount - self.debt


# ---------------------------------------------------------------------------------------------------- levels


def level(assets: Fraction, liabilities: Fraction) -> Fraction | None:
    """Mechanics 2.1: what is held over what is owed; None without debt."""
    return assets / liabilities if liabilities else None


def reported_level(exact: Fraction | None) -> Fraction:
    """Mechanics 2.1: 999 without debt, and never more than 999."""
    return NO_DEBT_LEVEL if exact is None else min(exact, NO_DEBT_LEVEL)


def tier_value(brackets: Sequence[Bracket], value: Fraction) -> Fraction:
    """Mechanics 2.1: what a value counts for as collateral; brackets are marginal, like those of a tax."""
    counted = start = Fraction(0)
    for bracket in brackets:
        end = value if bracket.up_to is None else min(value, bracket.up_to)
        if end <= start:
            break
        counted += (end - start) * bracket.ratio
        start = end
    return counted


@dataclass(frozen=True)
class Totals:
    """What an account is measured by (mechanics 2.1)."""

    assets: Fraction
    """A: all that is held, at the index."""
    liabilities: Fraction
    """L: all that is owed, accrued interest included, at the index."""
    borrow_collateral: Fraction
    """C with the borrow ratios: what limits a loan."""
    transfer_out_collateral: Fraction
    """C with the transfer-out ratios: what limits a transfer out."""


def totals(holdings: Sequence[Holding]) -> Totals:
    """Mechanics 2.1; and 2.3, where base and quote are the holdings, the index of the quote is 1, and all counts in full."""
    nothing = Fraction(0)
    return Totals(
        sum((one.value for one in holdings), nothing),
        sum((one.debt * one.index for one in holdings), nothing),
        sum((tier_value(one.borrow_brackets, one.value) for one in holdings), nothing),
        sum((tier_value(one.transfer_out_brackets, one.value) for one in holdings), nothing),
    )


@dataclass(frozen=True)
class Bars:
    """At or below which level what happens (mechanics 2.2 to 2.4)."""

    margin_call: Fraction
    liquidation: Fraction

    @property
    def pre_liquidation(self) -> Fraction:
        """Half-way between the call and the liquidation (mechanics 2.4)."""
        return (self.margin_call + self.liquidation) / 2


CROSS_BARS = {
    3: Bars(Fraction("1.3"), Fraction("1.1")),
    5: Bars(Fraction("1.16"), Fraction("1.1")),
}
"""Mechanics 2.2, by leverage."""

ISOLATED_BARS = {
    3: Bars(Fraction("1.22"), Fraction("1.18")),
    5: Bars(Fraction("1.19"), Fraction("1.15")),
    10: Bars(Fraction("1.10"), Fraction("1.05")),
}
"""Mechanics 2.3, by the pair's maximum leverage."""


def status(exact: Fraction | None, bars: Bars) -> str:
    """Mechanics 2.4: the name of a level; a level at a bar is below it."""
    if exact is None or exact > TRANSFER_OUT_LEVEL:
        return "EXCESSIVE"
    if exact > bars.margin_call:
        return "NORMAL"
    if exact > bars.pre_liquidation:
        return "MARGIN_CALL"
    if exact > bars.liquidation:
        return "PRE_LIQUIDATION"
    return "FORCE_LIQUIDATION"


# ---------------------------------------------------------------------------------------------------- isolated tiers


@dataclass(frozen=True)
class Tier:
    """One step of a pair's leverage: what may be owed in it, and the ratios that then hold (mechanics 2.3)."""

    initial_ratio: Fraction
    liquidation_ratio: Fraction
    base_debt_max: Fraction
    quote_debt_max: Fraction


def tier_of_debt(limits: Sequence[Fraction], debt: Fraction) -> int:
    """The first tier whose limit holds a debt; the last one for debts beyond every limit."""
    return next((number for number, limit in enumerate(limits) if debt <= limit), len(limits) - 1)


def tier_of(tiers: Sequence[Tier], base_debt: Fraction, quote_debt: Fraction) -> int:
    """Mechanics 2.3: the higher of the tier found from the base debt and that found from the quote debt, counted from 0."""
    return max(
        tier_of_debt([tier.base_debt_max for tier in tiers], base_debt),
        tier_of_debt([tier.quote_debt_max for tier in tiers], quote_debt),
    )


# ---------------------------------------------------------------------------------------------------- borrowing


def initial_ratio(leverage: Fraction) -> Fraction:
    """Mechanics 2.3: the level just after borrowing all that a leverage allows."""
    return leverage / (leverage - 1)


def borrowable_value(collateral: Fraction, liabilities: Fraction, ratio: Fraction) -> Fraction:
    """Mechanics 3.1: (C - IR x L) / (IR - 1); a loan of it brings the level to exactly IR. May be negative."""
    return (collateral - ratio * liabilities) / (ratio - 1)


def max_borrowable(
    by_level: Fraction, borrow_limit: Fraction, debt: Fraction, inventory: Fraction
) -> Fraction:
    """Mechanics 3.1: the least of level, limit less debt, and what the system has; rounded down, never below 0."""
    return max(floor8(min(by_level, borrow_limit - debt, inventory)), Fraction(0))


def cross_borrowable(total: Totals, asset: Holding, leverage: int) -> Fraction:
    """Mechanics 3.1, cross, by level alone: collateral by the borrow ratios, the borrowed units themselves in full."""
    ratio = initial_ratio(Fraction(leverage))
    return borrowable_value(total.borrow_collateral, total.liabilities, ratio) / asset.index


def isolated_borrowable(base: Holding, quote: Holding, tiers: Sequence[Tier], of_base: bool) -> Fraction:
    """Mechanics 3.1, isolated, by tiers alone: the largest loan after which the level is at least the initial ratio of the
    tier that the debts are in then, and no debt is over the last tier's limit. Not rounded; may be negative.

    A loan in a tier is bounded by that tier's ratio and its limit; who stays below the limit of a lower tier is in none
    higher than the other leg's. So the answer is the best over the tiers from the other leg's upward.
    """
    borrowed, other = (base, quote) if of_base else (quote, base)
    limits = [tier.base_debt_max if of_base else tier.quote_debt_max for tier in tiers]
    other_limits = [tier.quote_debt_max if of_base else tier.base_debt_max for tier in tiers]
    total = totals((base, quote))
    first = tier_of_debt(other_limits, other.debt)
    return max(
        min(
            borrowable_value(total.borrow_collateral, total.liabilities, tiers[number].initial_ratio)
            / borrowed.index,
            limits[number] - borrowed.debt,
        )
        for number in range(first, len(tiers))
    )


# ---------------------------------------------------------------------------------------------------- transferring out


def least_value_counting(brackets: Sequence[Bracket], needed: Fraction) -> Fraction:
    """The smallest value of an asset that counts for `needed` as collateral: `tier_value` read backwards.

    `needed` is at most what the asset held counts for, so the brackets do reach it.
    """
    start = Fraction(0)
    for bracket in brackets:
        if needed <= 0:
            break
        width = None if bracket.up_to is None else bracket.up_to - start
        if width is None or width * bracket.ratio >= needed:
            return start + needed / bracket.ratio
        needed -= width * bracket.ratio
        start += width
    return start


def max_transferable(total: Totals, asset: Holding) -> Fraction:
    """Mechanics 3.4: the most that leaves collateral of at least 2 L behind; nothing at a level of 2 or below.

    An asset (or a bracket of it) that counts for nothing may leave in full. Rounded down.
    """
    if not total.liabilities:
        return asset.free
    needed = TRANSFER_OUT_LEVEL * total.liabilities
    if total.transfer_out_collateral <= needed:
        return Fraction(0)
    if not asset.index:
        return asset.free
    others = total.transfer_out_collateral - tier_value(asset.transfer_out_brackets, asset.value)
    kept = least_value_counting(asset.transfer_out_brackets, needed - others)
    return min(asset.free, floor8((asset.value - kept) / asset.index))


# ---------------------------------------------------------------------------------------------------- liquidation price


def liquidation_price(base: Holding, quote: Holding, liquidation_ratio: Fraction) -> Fraction:
    """Mechanics 2.5: the index price at which the level is the liquidation ratio; 0 if there is none. Not rounded."""
    denominator = base.amount - liquidation_ratio * base.debt
    if not denominator or not (base.debt or quote.debt):
        return Fraction(0)
    return max((liquidation_ratio * quote.debt - quote.amount) / denominator, Fraction(0))


def liquidate_rate(price: Fraction, index: Fraction) -> Fraction:
    """Mechanics 2.5: how far the index is from a liquidation price, as a part of the index; 0 where there is no price."""
    return (price - index) / index if price else Fraction(0)


# ---------------------------------------------------------------------------------------------------- interest


def hourly_interest(principal: Fraction, daily_rate: Fraction) -> Fraction:
    """Mechanics 4.2, 4.8, 13b: an hour's interest on a principal; one division, rounded up."""
    return ceil8(principal * daily_rate / HOURS_PER_DAY)


def hours_charged(borrowed_at_ms: int, repaid_at_ms: int) -> int:
    """Mechanics 4.1: one hour at once, and one at each full hour since, the one of repayment included."""
    return 1 + repaid_at_ms // HOUR_MS - borrowed_at_ms // HOUR_MS


def repayment_split(amount: Fraction, interest: Fraction) -> tuple[Fraction, Fraction]:
    """Mechanics 3.3: (principal, interest) that a repayment pays; interest comes first."""
    paid_interest = min(amount, interest)
    return amount - paid_interest, paid_interest
