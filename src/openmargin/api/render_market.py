"""What the market shows, in answers and in streams alike: levels of a book, and how a price changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from openmargin.domain.money import E8, Atoms, format_e8, round_div
from openmargin.history.candles import Candle
from openmargin.history.market import Window

NEVER_TRADED: Final = Window(Candle.flat(0), 0, 0)
"""What a symbol shows that was never traded."""


def price_change(candle: Candle) -> tuple[str, str, str]:
    """By how much the price changed, by how much in percent, and the average by volume."""
    change = candle.close - candle.open
    percent = round_div(change * 100_000, candle.open) if candle.open else 0
    average = round_div(candle.quote_volume * E8, candle.volume) if candle.volume else candle.close
    return format_e8(change), _thousandths(percent), format_e8(average)


def _thousandths(value: int) -> str:
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // 1000}.{abs(value) % 1000:03}"


def best_level(side: tuple[tuple[int, int], ...]) -> tuple[str, str]:
    """Price and quantity; zeros where nobody stands."""
    price, quantity = side[0] if side else (0, 0)
    return format_e8(price), format_e8(quantity)


def levels(side: Iterable[tuple[int, Atoms]]) -> list[tuple[str, str]]:
    """Prices and quantities, in the order in which they are given."""
    return [(format_e8(price), format_e8(quantity)) for price, quantity in side]
