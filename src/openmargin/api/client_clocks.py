"""The clocks of clients who asked for the time.

A client that knows no virtual clock measures once how far the server is ahead of it, and from then on signs with its
own time and that difference. On a clock that stands still, or runs faster than the host's, such a timestamp soon fits
neither clock; but it fits what the client was told, and the host's time since then.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Final

_REMEMBERED_MAX: Final = 4_096
_GRAIN_MS: Final = 250
"""Differences this near to each other are one."""


class ClientClocks:
    """By how many milliseconds the exchange was ahead of the host, each time that somebody asked."""

    def __init__(self) -> None:
        self._told: dict[int, None] = {}
        """In the order in which they were told, so that the oldest can go."""
        self._sorted: list[int] = []

    def tell(self, exchange_ms: int, host_ms: int) -> None:
        """Remember an answer."""
        ahead = (exchange_ms - host_ms) // _GRAIN_MS
        if ahead in self._told:
            return
        if len(self._told) >= _REMEMBERED_MAX:
            oldest = next(iter(self._told))
            del self._told[oldest]
            del self._sorted[bisect_left(self._sorted, oldest)]
        self._told[ahead] = None
        insort(self._sorted, ahead)

    def latest_before(self, ahead_ms: int) -> int | None:
        """The smallest difference told that is not below `ahead_ms`, to the grain; None where there is none."""
        place = bisect_left(self._sorted, ahead_ms // _GRAIN_MS)
        return self._sorted[place] * _GRAIN_MS if place < len(self._sorted) else None
