"""Who may open a WebSocket, and who answers it: one door for every path.

Owns: the open connections, and the count of attempts of each address.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, Protocol, TypeAlias
from weakref import WeakSet

from msgspec import Struct, structs

from openmargin.api import errors
from openmargin.api.errors import Retry, WireError, error_body
from openmargin.api.limits import ATTEMPTS, ATTEMPTS_WINDOW_MS, WindowCounter
from openmargin.api.ws.connection import CLOSE_RESTART, Connection, ConnectionLimits, Handler, Wire
from openmargin.runtime.clock import Clock

CONNECTIONS_MAX: Final = 4_096


class SocketRequest(Struct, frozen=True):
    """What a client asked to open."""

    path: str
    query: bytes
    ip: str


class SocketRefused(Exception):
    """Ends a handshake with an HTTP answer. Raised by endpoints as they open."""

    def __init__(self, error: WireError, retry: Retry | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.retry = retry


class SocketEndpoint(Protocol):
    """What stands behind some paths."""

    @property
    def limits(self) -> ConnectionLimits: ...

    def serves(self, path: str) -> bool:
        """Is this path one of its own?"""
        ...

    def open(self, request: SocketRequest, connection: Connection) -> Handler:
        """Who answers this connection. It may send at once. Raises SocketRefused."""
        ...


class Refusal(Struct, frozen=True):
    """An HTTP answer instead of a connection; the body is JSON."""

    status: int
    body: bytes
    retry_after_s: int | None = None


Opened: TypeAlias = Connection | Refusal
Elsewhere: TypeAlias = Callable[[str], "tuple[SocketGateway, str] | None"]
"""The gateway that answers a path instead, and what it calls that path."""
Missing: TypeAlias = "Callable[[str], Awaitable[Refusal | None] | None]"
"""Makes what a path needs and is not there yet, or says why it cannot; None where nothing is missing."""


class SocketGateway:
    """Every WebSocket of one exchange."""

    def __init__(self, clock: Clock, attempts: int = ATTEMPTS, connections: int = CONNECTIONS_MAX) -> None:
        self._clock = clock
        self._attempts_max = attempts
        self._connections_max = connections
        self._attempts = WindowCounter(ATTEMPTS_WINDOW_MS)
        self._endpoints: list[SocketEndpoint] = []
        self.connections: dict[Connection, None] = {}
        """Those whose sockets are open."""
        self.wire_of: Callable[[Wire, str], Wire] | None = None
        """What stands between a connection and its socket, by the path that was asked for; mostly nothing."""
        self._adopted: WeakSet[Connection] = WeakSet()
        """Those that came in by the door of another gateway, which counts them."""
        self.elsewhere: Elsewhere | None = None
        """Knows paths that others answer."""
        self.missing: Missing | None = None
        """Makes who answers some paths when they are first asked for."""

    def add(self, endpoint: SocketEndpoint) -> None:
        """Have some paths answered."""
        self._endpoints.append(endpoint)

    def turn_to(self, endpoints: Iterable[SocketEndpoint], reason: str) -> None:
        """Close every connection, and have the paths answered by others."""
        self.hang_up(CLOSE_RESTART, reason)
        self._endpoints = list(endpoints)

    def wait_for(self, path: str) -> Awaitable[Refusal | None] | None:
        """What has to happen before a path can be opened; mostly nothing."""
        return None if self.missing is None else self.missing(path)

    def open(self, request: SocketRequest, wire: Wire) -> Opened:
        """A connection with somebody who answers it, or why there is none."""
        gateway = self
        if self.elsewhere is not None:
            gateway, path = self.elsewhere(request.path) or (self, request.path)
            request = structs.replace(request, path=path)
        refusal = gateway.attempted(request.ip)
        if refusal is not None:
            return refusal
        endpoint = gateway.endpoint_of(request.path)
        if endpoint is None:
            return _refusal(errors.no_such_path(request.path))
        if len(self.connections) >= self._connections_max:
            return _refusal(errors.CONNECTIONS_FULL)
        if gateway.wire_of is not None:
            wire = gateway.wire_of(wire, request.path)
        connection = Connection(wire, endpoint.limits, self._clock, asyncio.get_running_loop())
        try:
            connection.handler = endpoint.open(request, connection)
        except SocketRefused as refused:
            connection.lost()
            return _refusal(refused.error, None if refused.retry is None else refused.retry.after_s)
        self.connections[connection] = None
        if gateway is not self:
            gateway.adopt(connection)
        return connection

    def attempted(self, ip: str) -> Refusal | None:
        """Count an attempt of an address, and refuse one too many."""
        now_ms = self._clock.host_ms()
        if self._attempts.add("", ip, 1, now_ms) <= self._attempts_max:
            return None
        seconds = -(-(ATTEMPTS_WINDOW_MS - now_ms % ATTEMPTS_WINDOW_MS) // 1000)
        return _refusal(errors.too_many_connections(self._attempts_max), seconds)

    def endpoint_of(self, path: str) -> SocketEndpoint | None:
        """Who answers a path, if anybody does."""
        return next((found for found in self._endpoints if found.serves(path)), None)

    def adopt(self, connection: Connection) -> None:
        """Have a connection that came in elsewhere end with the others."""
        self._adopted.add(connection)

    def closed(self, connection: Connection) -> None:
        """The server has let go of a connection's socket."""
        self.connections.pop(connection, None)

    def hang_up(self, code: int, reason: str) -> None:
        """Close every connection: because this server becomes another, for one."""
        for connection in (*self.connections, *self._adopted):
            connection.shut_down(code, reason)


def _refusal(error: WireError, retry_after_s: int | None = None) -> Refusal:
    return Refusal(error.status, error_body(error), retry_after_s)
