"""Which way money rounds, each time against the exact fraction."""

from __future__ import annotations

import random
from fractions import Fraction
from math import ceil, floor

from openmargin.domain.money import E8, hourly_interest, notional, notional_max, share, share_max
from tests.margin import calculator
from tests.margin.exchange import atoms, exact

CASES = 5_000


def test_an_hour_of_interest_is_rounded_up_once() -> None:
    chance = random.Random(7)
    for _ in range(CASES):
        principal = chance.choice((0, 1, 24 * E8, chance.randrange(10**17)))
        rate = chance.choice((0, 1, 13_233, E8, chance.randrange(E8)))
        expected = calculator.hourly_interest(exact(principal), exact(rate))
        assert (
            hourly_interest(principal, rate) == atoms(expected) == ceil(Fraction(principal * rate, 24 * E8))
        )


def test_an_hourly_rate_is_never_rounded_before_it_is_used() -> None:
    """A daily rate of 0.00000001 is less than an atom an hour, and 24 coins owe one atom all the same (13b)."""
    assert hourly_interest(24 * E8, 1) == 1
    assert hourly_interest(24 * E8 + 1, 1) == 2
    assert hourly_interest(1, 1) == 1
    assert hourly_interest(0, E8) == hourly_interest(E8, 0) == 0


def test_payments_round_as_they_say() -> None:
    chance = random.Random(8)
    for _ in range(CASES):
        quantity, price = chance.randrange(10**14), chance.choice((1, E8, chance.randrange(10**14)))
        value = Fraction(quantity * price, E8)
        assert notional(quantity, price) == floor(value)
        assert notional_max(quantity, price) == ceil(value)
        assert share(quantity, price % E8) == floor(Fraction(quantity * (price % E8), E8))
        assert share_max(quantity, price % E8) == ceil(Fraction(quantity * (price % E8), E8))


def test_row_10_of_mechanics_14_the_documented_commission() -> None:
    assert share(notional(49_975_000, 35_000 * E8), 60) == 1_049_475
