"""Every refusal of an endpoint: what its row in the registry implies, and what its function adds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from openmargin.api import errors
from openmargin.api.auth import KEY_REFUSALS, SIGNATURE_REFUSALS, TOO_LONG
from openmargin.api.endpoint import Endpoint, Security
from openmargin.api.errors import WIRE_ERRORS, Dialect, WireError
from openmargin.api.limits import WeightLimits
from openmargin.api.params import fields_of
from openmargin.api.wire import BODY_BYTES_MAX, HEADER_BYTES_MAX, QUERY_BYTES_MAX
from openmargin.domain.reasons import Reason

EVERYWHERE: Final = (
    errors.unknown(""),
    errors.DISCONNECTED,
    errors.weight_exceeded(0),
    errors.TIMED_OUT,
    errors.SHUTTING_DOWN,
    errors.ILLEGAL_CHARACTERS,
    errors.DUPLICATE_PARAMETER,
)
"""What any request may meet, whatever it asks for."""

TOO_LARGE: Final = (
    errors.too_large("body", BODY_BYTES_MAX, 413),
    errors.too_large("query", QUERY_BYTES_MAX, 414),
    errors.too_large("header", HEADER_BYTES_MAX, 431),
)
"""What any request may meet before its endpoint is asked."""


def request_refusals(row: Endpoint) -> Iterator[WireError]:
    """What a request can get wrong by itself, besides `EVERYWHERE`."""
    if row.dialect is Dialect.SPOT:
        yield errors.unread(0, 0)
        yield errors.INVALID_TIME_UNIT
    if row.security is not Security.NONE:
        yield from KEY_REFUSALS
        yield from SIGNATURE_REFUSALS
        yield TOO_LONG[row.dialect]
    for field in fields_of(row.params):
        yield errors.missing(field.param.name) if field.required else errors.empty(field.param.name)
        yield from field.param.refusals
    yield from row.unsupported.values()
    yield from (refused for refused in row.refuses if isinstance(refused, WireError))


def reasons_of(row: Endpoint) -> tuple[Reason, ...]:
    """What the exchange can refuse a well-formed request with."""
    return tuple(refused for refused in row.refuses if isinstance(refused, Reason))


def rule_refusals(row: Endpoint) -> Iterator[WireError]:
    """The same as a client sees it."""
    for reason in reasons_of(row):
        yield row.codes.get(reason, WIRE_ERRORS[reason, row.dialect])


def every_refusal(row: Endpoint) -> Iterator[WireError]:
    """All that a request to the endpoint can be refused with, by whatever stands on its way."""
    yield from EVERYWHERE
    yield from TOO_LARGE
    if row.dialect is Dialect.SPOT:
        yield errors.banned(0)
        yield errors.requests_exceeded(WeightLimits().api_raw, "5 MINUTE")
    if row.requests_per_minute is not None:
        yield errors.requests_exceeded(row.requests_per_minute)
    yield from request_refusals(row)
    yield from rule_refusals(row)
