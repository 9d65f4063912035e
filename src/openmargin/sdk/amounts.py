"""Numbers and words as people write them in Python, as the exchange's own, and back."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from typing import Final, TypeAlias, TypeVar

from openmargin.domain.money import DECIMALS, SUPPLY_MAX, Atoms, format_short, parse_e8

Amount: TypeAlias = str | int | Decimal
"""An exact number: "0.1", 5 or Decimal("0.1"). A float is none, and is refused."""

_ATOM: Final = Decimal("0.00000001")

Word = TypeVar("Word", bound=IntEnum)


def atoms(name: str, value: Amount) -> Atoms:
    """The integer of 1e-8 that `value` is; TypeError for a float, ValueError for what no amount can be."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):  # pyright: ignore[reportUnnecessaryIsInstance]  # Callers without a type checker.
        raise TypeError(f'{name}={value!r} is not exact: write a string, an int or a Decimal, such as "0.1"')
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{name}={value!r} is no number") from None
    if not number.is_finite() or number < 0:
        raise ValueError(f"{name}={value!r} must not be negative, and must have an end")
    if number > SUPPLY_MAX:  # Far too large, and cheaper to see before its digits are printed.
        raise ValueError(f"{name}={value!r} is more than there can be")
    # What is below one atom is refused before it is printed: its zeros may be a billion.
    parsed = parse_e8(format(number, "f")) if number == 0 or number >= _ATOM else None
    if parsed is None:
        raise ValueError(f"{name}={value!r} has more than {DECIMALS} decimals")
    if parsed > SUPPLY_MAX:
        raise ValueError(f"{name}={value!r} is more than there can be")
    return parsed


def decimal(value: int) -> Decimal:
    """An integer of 1e-8 as the exact number that it stands for."""
    return Decimal(format_short(value))


def moment(at_ms: int) -> datetime:
    """A time of the exchange, exact to the millisecond."""
    whole = datetime.fromtimestamp(at_ms // 1000, UTC)
    return whole.replace(microsecond=at_ms % 1000 * 1000)


def word(kind: type[Word], name: str, value: Word | str) -> Word:
    """The member that is meant, by itself or by its name; ValueError names what there is."""
    if isinstance(value, kind):
        return value
    try:
        return kind[str(value)]
    except KeyError:
        raise ValueError(f"{name}={value!r} is none of {', '.join(kind.__members__)}") from None
