"""Every refusal of an endpoint: what its row in the registry implies, and what its function adds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from openmargin.api import errors
from openmargin.api.auth import KEY_REFUSALS, SIGNATURE_REFUSALS
from openmargin.api.endpoint import Endpoint, Security
from openmargin.api.errors import WIRE_ERRORS, Dialect, WireError
from openmargin.api.params import fields_of
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


def request_refusals(row: Endpoint) -> Iterator[WireError]:
    """What a request can get wrong by itself, besides `EVERYWHERE`."""
    if row.dialect is Dialect.SPOT:
        yield errors.unread(0, 0)
        yield errors.INVALID_TIME_UNIT
    if row.security is not Security.NONE:
        yield from KEY_REFUSALS
        yield from SIGNATURE_REFUSALS
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
