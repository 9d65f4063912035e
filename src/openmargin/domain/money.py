"""Exact numbers: amounts, prices and rates as integers.

Owns: the only multiplying, dividing, rounding, parsing and printing of money in the package.
Never: floats, decimals with a context, or a result whose rounding is not named.

Every amount is a count of atoms, and 1 atom is 0.00000001 of its asset. Prices and rates carry the same
eight decimals, so a price is "atoms of quote for one whole base".
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from msgspec import Meta

Atoms: TypeAlias = int
"""An amount of one asset in units of 0.00000001."""

E8: Final = 100_000_000
DECIMALS: Final = 8
HOURS_PER_DAY: Final = 24

SUPPLY_MAX: Final = 1 << 62
"""All of one asset that people and pools may hold, in atoms: with it no sum outgrows what journals can write. Hence
also the largest amount or price that anybody can mean."""

DecimalE8 = Annotated[int, Meta(extra={"decimals": DECIMALS})]
"""A field that people write as a decimal string ("0.001") and the exchange holds as an integer of 1e-8."""


def ceil_div(dividend: int, divisor: int) -> int:
    """The smallest integer not below the quotient; `divisor` is positive."""
    return -(-dividend // divisor)


def round_div(dividend: int, divisor: int) -> int:
    """The integer nearest to the quotient, a half away from zero; `divisor` is positive. For what is only shown."""
    nearest = (2 * abs(dividend) + divisor) // (2 * divisor)
    return nearest if dividend >= 0 else -nearest


def notional(quantity: Atoms, price: int) -> Atoms:
    """What a fill moves: rounds down, one number for buyer and seller alike (mechanics 13b)."""
    return quantity * price // E8


def notional_max(quantity: Atoms, limit: int) -> Atoms:
    """The most that buying `quantity` at `limit` or better can cost: rounds up, so no fills exceed it."""
    return -(-quantity * limit // E8)


def share(amount: Atoms, rate: int) -> Atoms:
    """`rate` of `amount`, rounded down: a commission that takes no more than its rate (mechanics 10)."""
    return amount * rate // E8


def share_max(amount: Atoms, rate: int) -> Atoms:
    """The same, rounded up: one that takes no less."""
    return ceil_div(amount * rate, E8)


def with_buffer(amount: Atoms, rate: int) -> Atoms:
    """`amount` and `rate` of it on top, rounded up: a buffer never falls short."""
    return ceil_div(amount * (E8 + rate), E8)


def hourly_interest(principal: Atoms, daily_rate: int, *, half_up: bool = False) -> Atoms:
    """One hour's interest, rounded up, or half up, in one division (mechanics 4.8, 13b)."""
    return _rounded(principal * daily_rate, HOURS_PER_DAY * E8, half_up=half_up)


def converted_interest(
    principal: Atoms, daily_rate: int, value: int, price: int, discount: int, *, half_up: bool = False
) -> Atoms:
    """One hour's interest less a discount, in another asset: `value` is the price of the one that was lent, `price`
    that of the one that pays. One division, rounded like the interest that it replaces (mechanics 4.9)."""
    dividend = principal * daily_rate * value * (E8 - discount)
    return _rounded(dividend, HOURS_PER_DAY * E8 * E8 * price, half_up=half_up)


def _rounded(dividend: int, divisor: int, *, half_up: bool) -> int:
    """The quotient, both positive, as a whole number."""
    if half_up:
        return (2 * dividend + divisor) // (2 * divisor)
    return ceil_div(dividend, divisor)


def ratio(numerator: int, denominator: int) -> int:
    """`numerator / denominator` with eight decimals, rounded down; `denominator` is positive."""
    return numerator * E8 // denominator


def floor_to_step(amount: int, step: int) -> int:
    """The largest multiple of `step` not above `amount`."""
    return amount - amount % step


def round_to_step(amount: int, step: int) -> int:
    """The multiple of `step` nearest to `amount`; a half goes up."""
    return (amount + step // 2) // step * step


def parse_e8(text: str) -> int | None:
    """A plain decimal string as an integer of 1e-8, or None where it has more than eight decimals that count.

    The caller has already matched `text` against digits with an optional fraction.
    """
    whole, _, fraction = text.partition(".")
    if len(fraction) > DECIMALS:
        if fraction[DECIMALS:].strip("0"):
            return None
        fraction = fraction[:DECIMALS]
    return int(whole + fraction.ljust(DECIMALS, "0"))


def format_e8(value: int) -> str:
    """The decimal string with all eight decimals, as Binance prints amounts and prices."""
    if value < 0:
        return "-" + format_e8(-value)
    digits = str(value)
    if len(digits) <= DECIMALS:
        digits = digits.zfill(DECIMALS + 1)
    return digits[:-DECIMALS] + "." + digits[-DECIMALS:]


def format_fixed(value: int, decimals: int) -> str:
    """The decimal string with so many decimals, cut: at least one, at most all."""
    text = format_e8(value)
    return text[: len(text) - DECIMALS + decimals]


def format_short(value: int) -> str:
    """The decimal string without trailing zeros ("1.5", "60"), as Binance prints limits and bars."""
    text = format_e8(value).rstrip("0")
    return text.removesuffix(".")
