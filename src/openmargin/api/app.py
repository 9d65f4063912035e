"""The gateway: one request in, one response out, whatever server stands in front.

The order is part of the contract: route, bounds, weight by address, key and signature, weight by account,
parameters, and only then the endpoint. What is refused on the way has not entered the core.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from openmargin.api import errors
from openmargin.api.auth import SIGNING_PARAMS, Authenticator
from openmargin.api.catalogue import Catalogue
from openmargin.api.endpoint import Call, Endpoint, Payer
from openmargin.api.endpoints import ENDPOINTS
from openmargin.api.errors import ApiError, Dialect, WireError
from openmargin.api.limits import Limits
from openmargin.api.query_string import parse_parameters
from openmargin.api.wire import Headers, Request, Response, json_response
from openmargin.runtime.errors import Draining, TimedOut, Unavailable
from openmargin.runtime.exchange import Exchange

QUERY_BYTES_MAX: Final = 8 * 1024
BODY_BYTES_MAX: Final = 64 * 1024

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode
_SIGNING_NAMES: Final = frozenset(param.name for param in SIGNING_PARAMS)
_TIME_UNITS: Final = {
    "MICROSECOND": True,
    "microsecond": True,
    "MILLISECOND": False,
    "millisecond": False,
}
"""Values of X-MBX-TIME-UNIT, and whether they ask for microseconds."""


class Gateway:
    """Binance's surface of one exchange."""

    def __init__(
        self,
        exchange: Exchange,
        authenticator: Authenticator,
        limits: Limits,
        endpoints: Iterable[Endpoint] = ENDPOINTS,
    ) -> None:
        self._exchange = exchange
        self._authenticator = authenticator
        self._limits = limits
        self._routes = {(endpoint.method, endpoint.path): endpoint for endpoint in endpoints}
        self._paths = {path for _, path in self._routes}
        self._catalogue = Catalogue(exchange.venue)
        self._failures = 0

    async def handle(self, request: Request) -> Response:
        """Always an answer: whatever goes wrong inside becomes one too."""
        endpoint = self._routes.get((request.method, request.path))
        if endpoint is None:
            return self._no_route(request)
        headers: Headers = []
        try:
            call, asked = self._admit(endpoint, request, headers)
            answer = _encode(await endpoint.run(call, asked))
        except ApiError as refusal:
            if refusal.retry_after_s is not None:
                headers.append((b"retry-after", b"%d" % refusal.retry_after_s))
            return _refusal(refusal.error, headers, refusal.data)
        except Unavailable:
            return _refusal(errors.DISCONNECTED, headers)
        except TimedOut:
            return _refusal(errors.TIMED_OUT, headers)
        except Draining:
            return _refusal(errors.SHUTTING_DOWN, headers)
        except Exception:
            return self._failure(request, headers)
        return json_response(200, answer, headers)

    def _admit(self, endpoint: Endpoint, request: Request, headers: Headers) -> tuple[Call, Any]:
        """The call that a request makes, and what it asks for; raises ApiError where it may not."""
        parameters = _parameters(request, endpoint.arrays)
        if endpoint.dialect is Dialect.SPOT:
            _refuse_unread(endpoint, parameters)
        now_ms = self._exchange.clock.host_ms()
        weight = endpoint.weight.of(parameters)
        self._limits.count(endpoint, request.ip, now_ms)
        if endpoint.weight.payer is Payer.IP:
            self._limits.charge(endpoint, request.ip, weight, now_ms, headers)
        sender = self._authenticator.authenticate(endpoint, request, parameters)
        if endpoint.weight.payer is Payer.UID:
            self._limits.charge(endpoint, sender.account_id, weight, now_ms, headers)
        call = Call(
            self._exchange,
            self._current_catalogue(),
            endpoint.dialect,
            sender,
            self._authenticator.secrets,
            headers,
            _in_microseconds(endpoint, request),
            endpoint.codes,
            self._authenticator.clocks,
        )
        return call, endpoint.read(parameters)

    def _current_catalogue(self) -> Catalogue:
        if self._catalogue.venue is not self._exchange.venue:
            self._catalogue = Catalogue(self._exchange.venue)
        return self._catalogue

    def _no_route(self, request: Request) -> Response:
        if request.path not in self._paths:
            return _refusal(errors.no_such_path(request.path), [])
        allowed = ", ".join(sorted(method for method, path in self._routes if path == request.path))
        return _refusal(errors.no_such_method(request.method, request.path), [(b"allow", allowed.encode())])

    def _failure(self, request: Request, headers: Headers) -> Response:
        """A bug: the log gets everything, the client only the id to ask for."""
        self._failures += 1
        log_id = f"{self._exchange.clock.host_ms():x}-{self._failures}"
        _log.exception("request %s failed: %s %s", log_id, request.method, request.path)
        return _refusal(errors.unknown(log_id), headers)


def _refusal(error: WireError, headers: Headers, data: msgspec.Struct | None = None) -> Response:
    return json_response(error.status, errors.error_body(error, data), headers)


def _parameters(request: Request, arrays: frozenset[str]) -> dict[str, str]:
    """All parameters by name. GET has them in the query alone; elsewhere the query wins over the body."""
    if len(request.query) > QUERY_BYTES_MAX:
        raise ApiError(errors.too_large("query", QUERY_BYTES_MAX, 414))
    parameters = parse_parameters(request.query, arrays)
    if not request.body or request.method == "GET":
        return parameters
    if len(request.body) > BODY_BYTES_MAX:
        raise ApiError(errors.too_large("body", BODY_BYTES_MAX, 413))
    return parse_parameters(request.body, arrays) | parameters


def _refuse_unread(endpoint: Endpoint, parameters: dict[str, str]) -> None:
    """The spot API refuses parameters that it does not know. The margin API is tolerant, and clients rely on it."""
    for name, error in endpoint.unsupported.items():
        if name in parameters:
            raise ApiError(error)
    known = endpoint.parameter_names | _SIGNING_NAMES if endpoint.signed else endpoint.parameter_names
    read = sum(name in known for name in parameters)
    if read != len(parameters):
        raise ApiError(errors.unread(read, len(parameters)))


def _in_microseconds(endpoint: Endpoint, request: Request) -> bool:
    """What X-MBX-TIME-UNIT asks for. Only the spot API documents it, so the margin API does not look at it."""
    if request.time_unit is None or endpoint.dialect is not Dialect.SPOT:
        return False
    asked = _TIME_UNITS.get(request.time_unit)
    if asked is None:
        raise ApiError(errors.INVALID_TIME_UNIT)
    return asked
