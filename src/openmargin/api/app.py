"""The gateway: one HTTP request in, one response out, whatever server stands in front.

Route and bounds first, then what `Pipeline` has every request go through, parameters, and only then the endpoint.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from openmargin.api import errors
from openmargin.api.auth import Authenticator
from openmargin.api.endpoint import Call, Endpoint
from openmargin.api.endpoints import ENDPOINTS
from openmargin.api.errors import ApiError, Dialect, WireError
from openmargin.api.limits import Limits
from openmargin.api.pipeline import Pipeline, are_microseconds
from openmargin.api.query_string import parse_parameters
from openmargin.api.unserved import UNSERVED
from openmargin.api.wire import BODY_BYTES_MAX, QUERY_BYTES_MAX, Headers, Request, Response, json_response
from openmargin.runtime.exchange import Exchange

_encode = msgspec.json.Encoder().encode
_UNSERVED: Final = {row.http: row.error for row in UNSERVED}


class Gateway:
    """Binance's surface of one exchange over HTTP."""

    def __init__(
        self,
        exchange: Exchange,
        authenticator: Authenticator,
        limits: Limits,
        endpoints: Iterable[Endpoint] = ENDPOINTS,
    ) -> None:
        self.pipeline = Pipeline(exchange, authenticator, limits)
        """For other doors to the same endpoints."""
        self._routes = {(endpoint.method, endpoint.path): endpoint for endpoint in endpoints}
        self._paths = {path for _, path in self._routes}

    async def handle(self, request: Request) -> Response:
        """Always an answer: whatever goes wrong inside becomes one too."""
        endpoint = self._routes.get((request.method, request.path))
        if endpoint is None:
            return self._no_route(request)
        headers: Headers = []
        now_ms = self.pipeline.exchange.clock.host_ms()
        try:
            call, asked = self._admit(endpoint, request, headers, now_ms)
            answer = _encode(await endpoint.run(call, asked))
            self.pipeline.succeeded(endpoint, request.ip, now_ms, headers)
        except Exception as error:
            refusal = self.pipeline.refusal_of(error, endpoint.name)
            if refusal.retry is not None:
                headers.append((b"retry-after", b"%d" % refusal.retry.after_s))
            return _refusal(refusal.error, headers, refusal.data)
        return json_response(200, answer, headers)

    def _admit(self, endpoint: Endpoint, request: Request, headers: Headers, now_ms: int) -> tuple[Call, Any]:
        """The call that a request makes, and what it asks for; raises ApiError where it may not."""
        parameters = _parameters(request, endpoint.arrays)
        sender = self.pipeline.admit(endpoint, request, parameters, headers, now_ms)
        call = self.pipeline.call(endpoint, sender, headers, _in_microseconds(endpoint, request))
        return call, endpoint.read(parameters)

    def _no_route(self, request: Request) -> Response:
        unserved = _UNSERVED.get(f"{request.method} {request.path}")
        if unserved is not None:
            return _refusal(unserved, [])
        if request.path not in self._paths:
            return _refusal(errors.no_such_path(request.path), [])
        allowed = ", ".join(sorted(method for method, path in self._routes if path == request.path))
        return _refusal(errors.no_such_method(request.method, request.path), [(b"allow", allowed.encode())])


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


def _in_microseconds(endpoint: Endpoint, request: Request) -> bool:
    """What X-MBX-TIME-UNIT asks for. Only the spot API documents it, so the margin API does not look at it."""
    if request.time_unit is None or endpoint.dialect is not Dialect.SPOT:
        return False
    return are_microseconds(request.time_unit)
