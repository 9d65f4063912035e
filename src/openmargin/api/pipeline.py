"""What every request goes through, by whichever door it came: HTTP or the WebSocket API.

The order is part of the contract: weight by address, unknown parameters, key and signature, weight by account. Each
door reads what was sent before it, and has the endpoint read its parameters after it. What is refused on the way has
not entered the core.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from openmargin.api import errors
from openmargin.api.auth import SIGNING_PARAMS, Authenticator, Proof
from openmargin.api.catalogue import Catalogue
from openmargin.api.endpoint import Call, Endpoint, Payer, Sender
from openmargin.api.errors import ApiError, Dialect
from openmargin.api.limits import Limits
from openmargin.api.wire import Headers
from openmargin.api.ws.sessions import Session
from openmargin.runtime.errors import Draining, TimedOut, Unavailable
from openmargin.runtime.exchange import Exchange

_log = logging.getLogger(__name__)
_SIGNING_NAMES: Final = frozenset(param.name for param in SIGNING_PARAMS)
_TIME_UNITS: Final = {
    "MICROSECOND": True,
    "microsecond": True,
    "MILLISECOND": False,
    "millisecond": False,
}
"""How a client asks for a unit of times, and whether it is microseconds."""


class Pipeline:
    """The way of a request to its endpoint, and of what went wrong to a refusal."""

    def __init__(self, exchange: Exchange, authenticator: Authenticator, limits: Limits) -> None:
        self.exchange = exchange
        self.authenticator = authenticator
        self.limits = limits
        self._catalogue = Catalogue(exchange.venue)
        self._failures = 0

    def admit(
        self,
        endpoint: Endpoint,
        request: Proof,
        parameters: Mapping[str, str],
        headers: Headers,
        now_ms: int,
    ) -> Sender:
        """Who asks, once the request has paid; raises ApiError where it may not. The headers tell what is used.

        `now_ms` is the host's time.
        """
        weight = endpoint.weight.of(parameters)
        self.limits.count(endpoint, request.ip, now_ms)
        if endpoint.weight.payer is Payer.IP:
            self.limits.charge(endpoint, request.ip, weight, now_ms, headers)
        if endpoint.dialect is Dialect.SPOT:
            _refuse_unread(endpoint, parameters)
        sender = self.authenticator.authenticate(endpoint, request, parameters)
        if endpoint.weight.payer is Payer.UID:
            self.limits.charge(endpoint, sender.account_id, weight, now_ms, headers)
        return sender

    def succeeded(self, endpoint: Endpoint, ip: str, admitted_ms: int, headers: Headers) -> None:
        """Give back the weight of a request that was admitted then, if it has none once it has succeeded.

        Binance's changelog of 2026-03-27, in force since 2026-04-02.
        """
        if endpoint.weight.is_given_back:
            self.limits.give_back(ip, endpoint.weight.value, admitted_ms, headers)

    def call(
        self,
        endpoint: Endpoint,
        sender: Sender,
        headers: Headers,
        in_microseconds: bool,
        session: Session | None = None,
    ) -> Call:
        """The call that an admitted request makes."""
        if self._catalogue.venue is not self.exchange.venue:
            self._catalogue = Catalogue(self.exchange.venue)
        return Call(
            self.exchange,
            self._catalogue,
            endpoint.dialect,
            sender,
            self.authenticator.secrets,
            headers,
            in_microseconds,
            endpoint.codes,
            self.authenticator.clocks,
            session,
        )

    def refusal_of(self, error: Exception, what: str) -> ApiError:
        """What a client is told where `what` raised an error. Of a bug the log gets all, the client only the id to ask for."""
        if isinstance(error, ApiError):
            return error
        if isinstance(error, Unavailable):
            return ApiError(errors.DISCONNECTED)
        if isinstance(error, TimedOut):
            return ApiError(errors.TIMED_OUT)
        if isinstance(error, Draining):
            return ApiError(errors.SHUTTING_DOWN)
        self._failures += 1
        log_id = f"{self.exchange.clock.host_ms():x}-{self._failures}"
        _log.error("request %s failed: %s", log_id, what, exc_info=error)
        return ApiError(errors.unknown(log_id))


def are_microseconds(sent: str) -> bool:
    """Does a client's word for the unit of its times mean microseconds? Refused where it means neither unit."""
    asked = _TIME_UNITS.get(sent)
    if asked is None:
        raise ApiError(errors.INVALID_TIME_UNIT)
    return asked


def _refuse_unread(endpoint: Endpoint, parameters: Mapping[str, str]) -> None:
    """The spot API refuses parameters that it does not know. The margin API is tolerant, and clients rely on it."""
    for name, error in endpoint.unsupported.items():
        if name in parameters:
            raise ApiError(error)
    known = endpoint.parameter_names | _SIGNING_NAMES if endpoint.signed else endpoint.parameter_names
    read = sum(name in known for name in parameters)
    if read != len(parameters):
        raise ApiError(errors.unread(read, len(parameters)))
