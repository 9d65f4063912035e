"""Weights that depend on what a request asks for.

A request is charged before its parameters are read, so that one that makes no sense is charged as well: for the
least that it could have asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

import msgspec
from msgspec import Struct

_DIGITS_MAX: Final = 20


class Scale(Protocol):
    """How much a request weighs beyond the least."""

    def of(self, parameters: Mapping[str, str], least: int) -> int:
        """The weight of a request with these parameters."""
        ...

    def words(self) -> str:
        """The rule for people, behind the least."""
        ...


class Heavier(Struct, frozen=True):
    """Another weight where a parameter has one of some values."""

    value: int
    parameter: str
    values: tuple[str | None, ...]
    """None where it counts that the parameter is not sent."""

    def of(self, parameters: Mapping[str, str], least: int) -> int:
        return self.value if parameters.get(self.parameter) in self.values else least

    def words(self) -> str:
        values = " or ".join(value or "not sent" for value in self.values)
        return f"{self.value} where {self.parameter} is {values}"


class HeavierBeyond(Struct, frozen=True):
    """More for a number above some bounds."""

    parameter: str
    steps: tuple[tuple[int, int], ...]
    """(bound, weight beyond it), the lowest bound first."""

    def of(self, parameters: Mapping[str, str], least: int) -> int:
        sent = parameters.get(self.parameter, "")
        number = int(sent) if sent.isdecimal() and len(sent) <= _DIGITS_MAX else 0
        return _beyond(number, self.steps, least)

    def words(self) -> str:
        return ", ".join(f"{weight} where {self.parameter} is above {bound}" for bound, weight in self.steps)


class HeavierBySymbols(Struct, frozen=True):
    """More for many symbols, and the most for all of them."""

    steps: tuple[tuple[int, int], ...]
    """(bound, weight beyond it), the lowest bound first."""

    def of(self, parameters: Mapping[str, str], least: int) -> int:
        count = _symbols_in(parameters)
        return self.steps[-1][1] if count is None else _beyond(count, self.steps, least)

    def words(self) -> str:
        steps = ", ".join(f"{weight} for more than {bound} symbols" for bound, weight in self.steps)
        return f"{steps} and where none is named"


class EachSymbol(Struct, frozen=True):
    """The least for each symbol, up to a bound."""

    most: int

    def of(self, parameters: Mapping[str, str], least: int) -> int:
        return min(least * (_symbols_in(parameters) or 1), self.most)

    def words(self) -> str:
        return f"for each symbol, at most {self.most}"


def _beyond(number: int, steps: tuple[tuple[int, int], ...], least: int) -> int:
    for bound, weight in reversed(steps):
        if number > bound:
            return weight
    return least


def _symbols_in(parameters: Mapping[str, str]) -> int | None:
    """How many symbols are named; None where none is."""
    if "symbol" in parameters:
        return 1
    sent = parameters.get("symbols")
    if sent is None:
        return None
    try:
        return len(msgspec.json.decode(sent, type=list[str]))
    except msgspec.DecodeError:
        return 1
