"""Lengths of limit windows in the words that Binance has for them."""

from __future__ import annotations

from typing import Final

_UNITS: Final = (("DAY", 86_400_000), ("HOUR", 3_600_000), ("MINUTE", 60_000), ("SECOND", 1_000))


def interval_words(interval_ms: int) -> tuple[str, int]:
    """The largest unit that measures the interval in whole numbers, and how many of it: ("SECOND", 10)."""
    for unit, length_ms in _UNITS:
        if interval_ms % length_ms == 0:
            return unit, interval_ms // length_ms
    raise AssertionError(f"a window of {interval_ms} ms is no whole number of seconds")
