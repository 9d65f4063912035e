"""The registry's row: what one endpoint is called, asks for, costs and does.

`@endpoint` turns a function into such a row. Routing, weights, the documentation table and its guard all read the
rows of `openmargin.api.endpoints`, so an endpoint is described once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any, Final, TypeAlias, TypeVar

from msgspec import Struct, field

from openmargin.api.catalogue import Catalogue
from openmargin.api.client_clocks import ClientClocks
from openmargin.api.errors import WIRE_ERRORS, ApiError, Dialect, WireError, refusal
from openmargin.api.params import ARRAY, NoParams, Params, fields_of, reader
from openmargin.api.weights import Scale
from openmargin.api.wire import Headers
from openmargin.api.ws.sessions import Session
from openmargin.domain.commands import AnyCommand
from openmargin.domain.enums import Permission
from openmargin.domain.ids import SPOT, Scope
from openmargin.domain.reasons import Reason
from openmargin.runtime.commit import Outcome
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.live import Live
from openmargin.runtime.secrets import SecretKeeper

T = TypeVar("T")
Refusal: TypeAlias = Reason | WireError


class Security(Enum):
    """What a request has to prove, in the words of the reference."""

    NONE = "NONE"
    SIGNED = "SIGNED"
    """A signature of whatever key, and with the request itself: a session's logon does not replace it."""
    MARKET_DATA = "MARKET_DATA"
    """A known key. A signature is not asked for, and must be right where one is sent."""
    USER_STREAM = "USER_STREAM"
    """The same, for streams that are named by the account of the key."""
    USER_DATA = "USER_DATA"
    TRADE = "TRADE"
    MARGIN = "MARGIN"


_PERMISSIONS: Final[dict[Security, Permission | None]] = {
    Security.SIGNED: None,
    Security.USER_DATA: Permission.READ,
    Security.TRADE: Permission.TRADE,
    Security.MARGIN: Permission.MARGIN_LOAN,
}


class Payer(Enum):
    """Whose budget a weight is taken from."""

    IP = "IP"
    UID = "UID"


class Weight(Struct, frozen=True):
    value: int
    """What a request weighs at least."""
    payer: Payer = Payer.IP
    heavier: Scale | None = None
    """How it weighs more by what it asks for."""
    is_given_back: bool = False
    """Does a request that succeeds weigh nothing in the end? So it is for most of what trades on the spot API."""

    def of(self, parameters: Mapping[str, str]) -> int:
        heavier = self.heavier
        return self.value if heavier is None else heavier.of(parameters, self.value)


class Sender(Struct, frozen=True):
    """Who asks, as far as the endpoint made them prove it."""

    account_id: int = 0
    api_key: str = ""
    expires_at_ms: int = 0
    """When the request's recvWindow closes, on the exchange's clock; 0 where it was not signed."""
    scope: Scope = SPOT
    """Whose wallets the key trades with on /api: the spot wallet, or the margin account of a special key."""


class Call(Struct, frozen=True):
    """One request on its way through an endpoint's function."""

    exchange: Exchange
    catalogue: Catalogue
    dialect: Dialect
    sender: Sender
    secrets: SecretKeeper
    headers: Headers
    """Those of the answer; an endpoint may add its own."""
    in_microseconds: bool = False
    codes: Mapping[Reason, WireError] = {}
    """What the endpoint calls some reasons, where it is not what its dialect calls them."""
    clocks: ClientClocks = field(default_factory=ClientClocks)
    """What clients were told of the time."""
    session: Session | None = None
    """The connection's, where the request came over the WebSocket API."""

    @property
    def per_ms(self) -> int:
        """How many of the units that the sender wants times in make a millisecond."""
        return 1000 if self.in_microseconds else 1

    def server_time(self) -> int:
        """Now, in the unit that the sender asked for; remembered, for those who set their clock by it."""
        clock = self.exchange.clock
        now_ms = clock.now_ms()
        self.clocks.tell(now_ms, clock.host_ms())
        return self.in_unit(now_ms)

    def in_unit(self, at_ms: int) -> int:
        """A moment in the unit that the sender asked for."""
        return at_ms * self.per_ms

    def is_open(self, scope: Scope) -> bool:
        """Are the sender's wallets of that scope open? Refused where they never were."""
        found = self.exchange.live.has_wallets(self.sender.account_id, scope)
        if found is None:
            raise ApiError(WIRE_ERRORS[Reason.UNKNOWN_SCOPE, self.dialect])
        return found

    def require_known(self, scope: Scope) -> None:
        """Refuse a scope that never was; a closed account still has a past."""
        self.is_open(scope)

    async def read(self, scope: Scope, question: Callable[[Live], T]) -> T:
        """What the exchange says now of the sender's wallets of that scope, which must be open."""
        if not self.is_open(scope):
            raise ApiError(WIRE_ERRORS[Reason.UNKNOWN_SCOPE, self.dialect])
        return await self.exchange.read(question)

    async def submit(self, command: AnyCommand) -> Outcome:
        """What the exchange made of the command; a rejection leaves as its wire code."""
        outcome = await self.exchange.submit(command)
        if outcome.rejection is not None:
            own = self.codes.get(outcome.rejection.reason)
            raise ApiError(own) if own else refusal(outcome.rejection, self.dialect, outcome.at_ms)
        return outcome


class Endpoint(Struct, frozen=True):
    """One row of the registry."""

    method: str
    path: str
    title: str
    security: Security
    permission: Permission | None
    weight: Weight
    requests_per_minute: int | None
    """A limit on calls of one IP address, besides the weight."""
    params: type[Params]
    read: Callable[[Mapping[str, str]], Any]
    run: Callable[[Call, Any], Awaitable[Any]]
    dialect: Dialect
    parameter_names: frozenset[str]
    arrays: frozenset[str]
    """Those that may be sent more than once."""
    name: str
    """Method and path in one word: what its budgets go by."""
    signed: bool
    refuses: tuple[Refusal, ...]
    """What its function refuses with; `request_refusals` adds what follows from the rest of the row."""
    codes: Mapping[Reason, WireError]
    """What it calls some of these reasons, where it is not what its dialect calls them."""
    unsupported: Mapping[str, WireError]
    """Parameters that Binance documents and this exchange does not serve, with their refusals."""
    successor: str
    """The name of the endpoint that took its place, where Binance has removed it and clients still call it."""


P = TypeVar("P", bound=Params)


def endpoint(
    method: str,
    path: str,
    security: Security,
    weight: Weight,
    *,
    params: type[P] = NoParams,
    permission: Permission | None = None,
    requests_per_minute: int | None = None,
    refuses: tuple[Refusal, ...] = (),
    codes: Mapping[Reason, WireError] | None = None,
    unsupported: Mapping[str, WireError] | None = None,
    successor: Endpoint | None = None,
) -> Callable[[Callable[[Call, P], Awaitable[object]]], Endpoint]:
    """Describe the endpoint that a function serves; the title is the first line of its docstring.

    `permission` is what the key must have, where it is not what the security type implies. An endpoint with a
    `successor` is legacy: it translates, and has its successor do the work.
    """

    def describe(run: Callable[[Call, P], Awaitable[object]]) -> Endpoint:
        title = (run.__doc__ or "").strip().partition("\n")[0]
        assert title, f"{method} {path} has no docstring to take its title from"
        return Endpoint(
            method=method,
            path=path,
            title=title,
            security=security,
            permission=permission or _PERMISSIONS.get(security),
            weight=weight,
            requests_per_minute=requests_per_minute,
            params=params,
            read=reader(params),
            run=run,
            dialect=Dialect.SAPI if path.startswith("/sapi/") else Dialect.SPOT,
            parameter_names=frozenset(field.param.name for field in fields_of(params)),
            arrays=frozenset(field.param.name for field in fields_of(params) if field.param.kind == ARRAY),
            name=f"{method} {path}",
            signed=security in _PERMISSIONS,
            refuses=refuses,
            codes=codes or {},
            unsupported=unsupported or {},
            successor="" if successor is None else successor.name,
        )

    return describe
