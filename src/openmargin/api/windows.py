"""Which part of the past a query may look at, and which part of the answer is on the page."""

from __future__ import annotations

from typing import Annotated, Final, Protocol

from msgspec import Struct

from openmargin.api.errors import (
    BAD_COMBINATION,
    BAD_DATE_RANGE,
    MORE_THAN_A_DAY,
    MORE_THAN_A_WEEK,
    ApiError,
)
from openmargin.api.params import Params, count, time
from openmargin.api.scopes import PairParams

DAY_MS: Final = 86_400_000
_WEEK_MS: Final = 7 * DAY_MS
_FLOW_DAYS: Final = 90
DAY_REFUSALS: Final = (BAD_DATE_RANGE, MORE_THAN_A_DAY)
"""What `DayQuery.of` refuses with."""
SPAN_REFUSALS: Final = (BAD_COMBINATION, MORE_THAN_A_DAY)
"""What `span_within_a_day` refuses with."""


class Span(Struct, frozen=True):
    """Inclusive bounds, as history takes them."""

    start_ms: int | None
    end_ms: int | None


class Timed(Protocol):
    """Whatever was sent with times."""

    @property
    def start_ms(self) -> int | None: ...
    @property
    def end_ms(self) -> int | None: ...


class DayParams(PairParams, frozen=True, kw_only=True):
    """The times of a query on one pair that reaches at most a day."""

    start_ms: Annotated[int | None, time("startTime")] = None
    end_ms: Annotated[int | None, time("endTime", "At most 24 hours after startTime.")] = None


class DayQuery(Struct, frozen=True):
    """What to ask of history for one day, and which of its rows to leave out."""

    span: Span
    not_before_ms: int

    @classmethod
    def of(cls, asked: Timed, now_ms: int) -> DayQuery:
        """From startTime on, up to a day; without it, the last day up to endTime or now.

        Without startTime the newest rows are wanted, and history has them only by an end: so the beginning of that
        day is a bound on the rows instead.
        """
        if asked.start_ms is None:
            end_ms = now_ms if asked.end_ms is None else asked.end_ms
            return cls(Span(None, end_ms), end_ms - DAY_MS)
        end_ms = asked.start_ms + DAY_MS if asked.end_ms is None else asked.end_ms
        if end_ms < asked.start_ms:
            raise ApiError(BAD_DATE_RANGE)
        if end_ms - asked.start_ms > DAY_MS:
            raise ApiError(MORE_THAN_A_DAY)
        return cls(Span(asked.start_ms, end_ms), asked.start_ms)


def span_within_a_day(asked: Timed) -> Span:
    """The span of the spot API: open where an end was not sent, and refused where it is longer than a day."""
    if asked.start_ms is not None and asked.end_ms is not None:
        if asked.end_ms < asked.start_ms:
            raise ApiError(BAD_COMBINATION)
        if asked.end_ms - asked.start_ms > DAY_MS:
            raise ApiError(MORE_THAN_A_DAY)
    return Span(asked.start_ms, asked.end_ms)


class PageParams(Params, frozen=True, kw_only=True):
    """Times and page of a paged list."""

    start_ms: Annotated[int | None, time("startTime")] = None
    end_ms: Annotated[int | None, time("endTime")] = None
    current: Annotated[int, count("current", 1_000_000, "Page, from 1.")] = 1
    size: Annotated[int, count("size", 100, "Rows of a page.")] = 10

    @property
    def offset(self) -> int:
        return (self.current - 1) * self.size


def span_of(asked: PageParams, now_ms: int, default_days: int, most_days: int, kept_days: int) -> Span:
    """The span of a paged list: `default_days` up to endTime or now where no start was sent.

    With a start alone it reaches from there, or from `most_days` ago if that is later. With both it is refused
    where it is longer than `most_days`, and always where it begins before what is kept.
    """
    if asked.start_ms is not None and asked.end_ms is not None:
        if asked.end_ms < asked.start_ms or asked.end_ms - asked.start_ms > most_days * DAY_MS:
            raise ApiError(BAD_DATE_RANGE)
        span = Span(asked.start_ms, asked.end_ms)
    elif asked.start_ms is not None:
        return Span(max(asked.start_ms, now_ms - most_days * DAY_MS), now_ms)
    else:
        end_ms = now_ms if asked.end_ms is None else asked.end_ms
        span = Span(end_ms - default_days * DAY_MS, end_ms)
    if span.start_ms is not None and span.start_ms < now_ms - kept_days * DAY_MS:
        raise ApiError(BAD_DATE_RANGE)
    return span


def latest_span(asked: PageParams, now_ms: int, default_days: int, most_days: int) -> Span:
    """The span of a list that never refuses one: a start too far back is moved to `most_days` before the end."""
    end_ms = now_ms if asked.end_ms is None else asked.end_ms
    if asked.start_ms is None:
        return Span(end_ms - default_days * DAY_MS, end_ms)
    return Span(max(asked.start_ms, end_ms - most_days * DAY_MS), end_ms)


def span_within(
    asked: Timed, now_ms: int, default_days: int, most_days: int | None = None
) -> tuple[int, int]:
    """Start and end, up to now where no end was sent, and of `default_days` where no start was.

    Refused where the end is before the start, or the span longer than `most_days`.
    """
    end_ms = now_ms if asked.end_ms is None else asked.end_ms
    start_ms = end_ms - default_days * DAY_MS if asked.start_ms is None else asked.start_ms
    if end_ms < start_ms or (most_days is not None and end_ms - start_ms > most_days * DAY_MS):
        raise ApiError(BAD_DATE_RANGE)
    return start_ms, end_ms


def week_of(asked: Timed, now_ms: int) -> tuple[int, int]:
    """Start and end of up to a week: the week before the end, or after a start that stands alone.

    Refused where it is longer, and where it begins more than 90 days ago.
    """
    if asked.end_ms is not None:
        end_ms = asked.end_ms
    else:
        end_ms = now_ms if asked.start_ms is None else asked.start_ms + _WEEK_MS
    start_ms = end_ms - _WEEK_MS if asked.start_ms is None else asked.start_ms
    if not 0 <= end_ms - start_ms <= _WEEK_MS:
        raise ApiError(MORE_THAN_A_WEEK)
    if start_ms < now_ms - _FLOW_DAYS * DAY_MS:
        raise ApiError(BAD_DATE_RANGE)
    return start_ms, end_ms
