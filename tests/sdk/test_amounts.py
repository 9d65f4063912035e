"""Exact numbers in, exact numbers out."""

from datetime import UTC, datetime
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmargin.domain.enums import Side
from openmargin.domain.money import SUPPLY_MAX
from openmargin.sdk.amounts import atoms, decimal, moment, word


@pytest.mark.parametrize(
    ("value", "meant"),
    [("0.1", 10_000_000), (5, 500_000_000), (Decimal("1e-8"), 1), ("1E+2", 10**10), ("0", 0), ("-0", 0)],
)
def test_an_exact_number_is_taken(value: Any, meant: int) -> None:
    assert atoms("amount", value) == meant


@pytest.mark.parametrize("value", [0.1, 1.0, True, None, b"1"])
def test_what_is_not_exact_is_refused_and_told_how(value: Any) -> None:
    with pytest.raises(TypeError, match=r'amount=.* such as "0\.1"'):
        atoms("amount", value)


@pytest.mark.parametrize(
    "value", ["-1", "nan", "inf", "0.000000001", Decimal("1e-999999"), "1e999999", str(SUPPLY_MAX), "one", ""]
)
def test_what_no_amount_can_be_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="amount="):
        atoms("amount", value)


@given(st.integers(0, SUPPLY_MAX))
def test_a_number_comes_back_as_it_went_whatever_the_callers_context(value: int) -> None:
    with localcontext() as context:
        context.prec = 3
        assert atoms("amount", decimal(value)) == value


def test_a_moment_is_exact() -> None:
    assert moment(1_767_225_600_001) == datetime(2026, 1, 1, 0, 0, 0, 1000, tzinfo=UTC)


def test_words_are_members_or_their_names() -> None:
    assert word(Side, "side", "BUY") is word(Side, "side", Side.BUY) is Side.BUY
    with pytest.raises(ValueError, match="side='HOLD' is none of BUY, SELL"):
        word(Side, "side", "HOLD")
