"""Numbers that people send, as the exchange's integers."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from openmargin.domain.money import DECIMALS, parse_e8
from openmargin.lab.errors import Refused

_WHOLE_DIGITS: Final = 9
"""One deposit stays far from what 64 bits hold, so that a wallet can take many."""
_ATOM: Final = Decimal("0.00000001")


def e8(key: str, value: Decimal) -> int:
    """The integer of 1e-8 that `value` is, which may be zero, or a refusal that names `key`."""
    return 0 if value == 0 else positive_e8(key, value)


def positive_e8(key: str, value: Decimal) -> int:
    """The integer of 1e-8 that `value` is, or a refusal that names `key`."""
    if not value.is_finite() or value <= 0:
        raise Refused(400, f"{key} is not above zero", f'write it as "{key}": "1.5"')
    if value.adjusted() >= _WHOLE_DIGITS:
        raise Refused(400, f"{key} is too large", f"write at most {_WHOLE_DIGITS} digits before the point")
    # What is below one atom is refused before it is printed: its zeros may be a billion.
    number = parse_e8(format(value, "f")) if value >= _ATOM else None
    if number is None:
        raise Refused(400, f"{key} has more than {DECIMALS} decimals", f"round it to {DECIMALS}")
    return number
