"""The spans of time that candles are cut into.

Owns: where a span begins and where the next one does, in any time zone. Used for what is asked of the past and
for what streams tell of the present alike.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000
QUARTER_MS: Final = 900_000
"""A quarter of an hour: the clocks of every zone that people live in differ by a number of these."""
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000

_MONDAY_MS: Final = 4 * DAY_MS
"""The first Monday after the beginning of time, which was a Thursday."""


class Period(Struct, frozen=True):
    """Spans of one length that follow each other without a gap; calendar months where `length_ms` is 0.

    A zone is given as what its clocks show beyond UTC, in milliseconds; moments are always in UTC.
    """

    length_ms: int
    anchor_ms: int = 0
    """Where one of the spans begins, by the clocks of the zone."""

    def open_of(self, at_ms: int, zone_ms: int = 0) -> int:
        """When the span that holds a moment begins."""
        local = at_ms + zone_ms
        if not self.length_ms:
            return _month_begin(_month_of(local)) - zone_ms
        return local - (local - self.anchor_ms) % self.length_ms - zone_ms

    def step(self, open_ms: int, spans: int, zone_ms: int = 0) -> int:
        """When the span begins that comes so many after the one that begins at `open_ms`; before it, if negative."""
        if not self.length_ms:
            return _month_begin(_month_of(open_ms + zone_ms) + spans) - zone_ms
        return open_ms + spans * self.length_ms


SECOND: Final = Period(SECOND_MS)
WEEK: Final = Period(7 * DAY_MS, _MONDAY_MS)
MONTH: Final = Period(0)


def _month_of(local_ms: int) -> int:
    """The month of a moment, counted from the beginning of the year 0.

    Years that begin in March make the leap day the last of its year, and 400 of them always have 146,097 days.
    """
    day = local_ms // DAY_MS + 719_468
    era, of_era = divmod(day, 146_097)
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    return (era * 400 + year) * 12 + (5 * of_year + 2) // 153 + 2


def _month_begin(month: int) -> int:
    """The moment at which a month so counted begins."""
    year, of_year = divmod(month - 2, 12)
    era, of_era = divmod(year, 400)
    day = 365 * of_era + of_era // 4 - of_era // 100 + (153 * of_year + 2) // 5
    return (era * 146_097 + day - 719_468) * DAY_MS
