"""The composition root: one exchange, wired to its rims.

Owns: which implementation each part is given. Nothing else in the package builds parts that live as long as the
process.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
from msgspec import structs

from openmargin.api import errors, openapi
from openmargin.api.app import Gateway
from openmargin.api.asgi import AsgiGateway, Receive, Scope, Send
from openmargin.api.auth import Authenticator, TimestampPolicy
from openmargin.api.errors import error_body
from openmargin.api.fault_answers import fault_answer, says_when_to_retry
from openmargin.api.limits import Limits
from openmargin.api.ws.api import WebSocketApi
from openmargin.api.ws.api_endpoint import WebSocketApiEndpoint
from openmargin.api.ws.connection import CLOSE_RESTART, Wire
from openmargin.api.ws.gateway import Refusal as SocketRefusal
from openmargin.api.ws.gateway import SocketEndpoint, SocketGateway
from openmargin.api.ws.hub import Hub
from openmargin.api.ws.market import market_sources
from openmargin.api.ws.streams import StreamEndpoint
from openmargin.api.ws.user_data import UserData
from openmargin.config import Settings, load_venue
from openmargin.config.venue_changes import venue_changes
from openmargin.domain.commands import ChangeVenue
from openmargin.domain.reasons import Reason, Rejected
from openmargin.domain.venue import Venue
from openmargin.lab.app import lab_app
from openmargin.lab.bench import Bench
from openmargin.lab.callers import Callers
from openmargin.lab.development import ensure_development_accounts
from openmargin.lab.faults.requests import Answers, FaultAnswer, FaultyRequests, RequestFaults
from openmargin.lab.faults.rules import Faults
from openmargin.lab.faults.streams import FaultyWire
from openmargin.lab.index_walk import IndexWalk
from openmargin.lab.shapes import Refusal
from openmargin.lab.stage import Place, Stage, is_of_lab
from openmargin.lab.worlds import TooManyWorlds, WorldRefused, Worlds
from openmargin.runtime.clock import Clock, WallClock
from openmargin.runtime.directory import DataDirectory
from openmargin.runtime.errors import StartRefused
from openmargin.runtime.exchange import Exchange, ExchangeOptions, exit_process, open_exchange
from openmargin.runtime.phases import PhaseHook, no_hook
from openmargin.runtime.secrets import (
    SecretKeeper,
    default_master_key_path,
    is_another_master_key,
    load_or_create_master_key,
)
from openmargin.runtime.shelf import DiskShelf, MemoryShelf, Resume, Start, shelf_of

_log = logging.getLogger(__name__)

_CLOCK_SLACK_MS = 60_000
_WORLDS = "/w/"
_JSON = [(b"content-type", b"application/json")]
_DOCUMENTS = {"/lab/openapi-binance.json": openapi.document}
"""What the lab shows of the other rim, which it does not know."""


class Application:
    """The ASGI application: the exchange itself, and under `/w/NAME` the worlds. WebSockets have a door of their own."""

    def __init__(self, stage: _Served, worlds: Worlds, sockets: SocketGateway) -> None:
        self.stage = stage
        self.worlds = worlds
        self.sockets = sockets

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http":
            # Whoever builds the exchange closes it: there is no life span to ask for.
            raise NotImplementedError(f"no {scope['type']} connections")
        if scope["path"].startswith(_WORLDS):
            return self._answer_in_world(scope, receive, send)
        return self.stage.answer(scope, receive, send)

    @property
    def faults(self) -> Faults:
        """What goes wrong on the wire of the exchange without a name."""
        return self.stage.faults

    async def close(self) -> None:
        """Close whichever exchange is served, and all worlds."""
        await self.worlds.close()
        await self.stage.close()

    async def _answer_in_world(self, scope: Scope, receive: Receive, send: Send) -> None:
        name, path = _in_world(scope["path"])
        try:
            stage = await self.worlds.find(name)
        except WorldRefused as refusal:
            status, body = _no_world(refusal, path)
            await send({"type": "http.response.start", "status": status, "headers": _JSON})
            await send({"type": "http.response.body", "body": body})
            return
        assert isinstance(stage, _Served), "main makes every world"
        await stage.answer({**scope, "path": path, "raw_path": path.encode()}, receive, send)


def _in_world(path: str) -> tuple[str, str]:
    """The world's name, and the path as it is called there."""
    name, _, rest = path.removeprefix(_WORLDS).partition("/")
    return name, f"/{rest}"


def _no_world(refusal: WorldRefused, path: str) -> tuple[int, bytes]:
    """The answer where a world cannot be spoken to, in the shape that the path's clients know."""
    made = errors.too_many_worlds if isinstance(refusal, TooManyWorlds) else errors.no_such_world
    error = made(f"{refusal.error}: {refusal.hint}")
    if not path.startswith("/lab"):
        return error.status, errors.error_body(error)
    return error.status, msgspec.json.encode(Refusal(error=refusal.error, hint=refusal.hint))


async def build(
    settings: Settings,
    venue: Venue | None = None,
    *,
    accept_venue_change: bool = False,
    on_poison: Callable[[int], None] = exit_process,
    at: PhaseHook = no_hook,
) -> tuple[Exchange, Application]:
    """Open the exchange that `settings` describe and the application that serves it; the caller closes that.

    Another exchange may take its place later. `venue` is None where the operator named none: a new exchange has the
    default one, another keeps its own. Raises StartRefused.
    """
    master_key = _master_key(settings)
    shelf = shelf_of(settings.directory, at)
    options = _options(settings, venue, on_poison, at)
    exchange = await open_exchange(structs.replace(options, directory=_directory(shelf)))
    try:
        _refuse_contradictions(exchange, settings)
        await _agree_on_venue(exchange, _with_market(venue or exchange.venue, settings), accept_venue_change)
        await ensure_development_accounts(exchange)
        _warn_of_another_key(exchange, master_key)
        IndexWalk(exchange, settings.virtual_walk_ms).begin()
        if settings.speed:
            await exchange.run_at(settings.speed)
    except BaseException:
        await exchange.close()
        raise

    return exchange, _application(settings, options, shelf, exchange, SecretKeeper(master_key))


def _application(
    settings: Settings,
    options: ExchangeOptions,
    shelf: DiskShelf | MemoryShelf,
    exchange: Exchange,
    secrets: SecretKeeper,
) -> Application:
    """Everything that answers for an exchange that is open, and the worlds beside it."""

    start = _opener(settings, options)

    def served(found: Exchange, shelf: DiskShelf | MemoryShelf, sockets: SocketGateway) -> _Served:
        faults = Faults(lambda: made.exchange.clock.now_ms(), found.directory and settings.directory)
        rims = _Rims(settings, secrets, sockets, found, worlds, faults)
        made = _Served(shelf, found, start, rims, faults)
        return made

    async def make_world(resume: Resume | None) -> Stage:
        venue = stage.exchange.venue
        world = await _open_world(settings, structs.replace(options, venue=venue), resume)
        return served(world, MemoryShelf(), SocketGateway(world.clock))

    worlds = Worlds(make_world, settings.worlds_max)
    sockets = SocketGateway(exchange.clock)
    sockets.elsewhere = partial(_door_of_world, worlds)
    sockets.missing = partial(_missing_world, worlds)
    stage = served(exchange, shelf, sockets)
    return Application(stage, worlds, sockets)


class _Served(Stage):
    """A stage with a door for WebSockets, which closes with it, and with what goes wrong on the wire."""

    def __init__(
        self,
        shelf: DiskShelf | MemoryShelf,
        exchange: Exchange,
        start: Callable[[Start], Awaitable[Exchange]],
        rims: _Rims,
        faults: Faults,
    ) -> None:
        super().__init__(shelf, exchange, start, rims.around)
        self.sockets = rims.sockets
        self.faults = faults
        self._is_broken = False
        answers = _fault_answers(exchange.clock)
        self._broken = FaultyRequests(self._to_gateway, rims.request_faults, answers)
        faults.on_change = self._wire

    def answer(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Hand a request to whoever it is for."""
        if self._is_broken and not is_of_lab(scope["path"]):
            return self._broken(scope, receive, send)
        return self.place.answer(scope, receive, send)

    async def close(self) -> None:
        self.sockets.hang_up(CLOSE_RESTART, "This exchange is closed")
        await super().close()

    def _wire(self) -> None:
        """Faults stand between where there are any, and only there."""
        self._is_broken = self.faults.break_requests
        self.sockets.wire_of = self._faulty_wire if self.faults.break_streams else None

    def _faulty_wire(self, wire: Wire, path: str) -> Wire:
        return FaultyWire(wire, self.faults, path)

    def _to_gateway(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self.place.gateway(scope, receive, send)


def _fault_answers(clock: Clock) -> Answers:
    """What clients hear of faults, in the words of the other rim."""

    def answer(fault: str, seconds: float) -> FaultAnswer | None:
        error = fault_answer(fault, clock.host_ms() + round(seconds * 1_000))
        if error is None:
            return None
        return FaultAnswer(error.status, error_body(error), says_when_to_retry(error))

    return answer


def _door_of_world(worlds: Worlds, path: str) -> tuple[SocketGateway, str] | None:
    """The door of a world that is there, and the path as it is called there."""
    if not path.startswith(_WORLDS):
        return None
    name, inner = _in_world(path)
    found = worlds.present(name)
    return (found.sockets, inner) if isinstance(found, _Served) else None


def _missing_world(worlds: Worlds, path: str) -> Awaitable[SocketRefusal | None] | None:
    """Makes the world of a path where there is none yet."""
    if not path.startswith(_WORLDS):
        return None
    name, inner = _in_world(path)
    return None if worlds.present(name) is not None else _make_world(worlds, name, inner)


async def _make_world(worlds: Worlds, name: str, path: str) -> SocketRefusal | None:
    try:
        await worlds.find(name)
    except WorldRefused as refusal:
        return SocketRefusal(*_no_world(refusal, path))
    return None


def _opener(settings: Settings, options: ExchangeOptions) -> Callable[[Start], Awaitable[Exchange]]:
    """Opens another timeline as an exchange was opened."""

    async def open_start(start: Start) -> Exchange:
        opened = await open_exchange(
            structs.replace(options, directory=start.directory, resume=start.resume, is_guest=True)
        )
        try:
            _refuse_the_future(opened)
            IndexWalk(opened, settings.virtual_walk_ms).begin()
        except BaseException:
            await opened.close()
            raise
        return opened

    return open_start


async def _open_world(settings: Settings, options: ExchangeOptions, resume: Resume | None) -> Exchange:
    """A new exchange in memory like the server's, or one that goes on from somewhere."""
    start = options.virtual_start_ms
    if start is not None and settings.start is None:
        start = WallClock().host_ms()
    world = await open_exchange(
        structs.replace(
            options,
            directory=None,
            resume=resume,
            virtual_start_ms=start,
            is_guest=True,
            on_poison=_leave_it_at_that,
        )
    )
    try:
        await ensure_development_accounts(world)
        IndexWalk(world, settings.virtual_walk_ms).begin()
        if settings.speed:
            await world.run_at(settings.speed)
    except BaseException:
        await world.close()
        raise
    return world


def _leave_it_at_that(_code: int) -> None:
    """A bug that one world met ends that world alone, which answers 503 from then on."""


class _Rims:
    """Makes what answers for an exchange: for the first, and for each that takes its place."""

    def __init__(
        self,
        settings: Settings,
        secrets: SecretKeeper,
        sockets: SocketGateway,
        exchange: Exchange,
        worlds: Worlds,
        faults: Faults,
    ) -> None:
        self._worlds = worlds
        self._settings = settings
        self._secrets = secrets
        self.sockets = sockets
        self._exchange = exchange
        self._faults = faults
        self.request_faults = RequestFaults(faults, self._account_of)
        # Who asks too often does so whatever is served.
        self._limits = Limits(rules=lambda: self._exchange.venue.requests)

    def around(self, exchange: Exchange, stage: Stage) -> Place:
        """The rims of an exchange, which from now on is the one that is served."""
        self._exchange = exchange
        authenticator = Authenticator(
            exchange, self._secrets, TimestampPolicy(self._settings.timestamp_policy)
        )
        gateway = Gateway(exchange, authenticator, self._limits)
        self.sockets.turn_to(
            _socket_endpoints(exchange, self._secrets, gateway, self.request_faults),
            "Another timeline is served",
        )
        lab = lab_app(Bench(exchange, self._secrets, stage, self._worlds, faults=self._faults), _DOCUMENTS)
        return Place(
            exchange, AsgiGateway(gateway), Callers(lab, self._settings.host, self._settings.lab_hosts)
        )

    def _account_of(self, api_key: str) -> int:
        """Whose an API key is; 0 for nobody's."""
        key = self._exchange.live.key(api_key)
        return key.account_id if key is not None else 0


def _socket_endpoints(
    exchange: Exchange, secrets: SecretKeeper, gateway: Gateway, faults: RequestFaults
) -> list[SocketEndpoint]:
    """Every path that takes WebSockets."""
    hub = Hub(exchange)
    users = UserData(exchange, secrets, hub)
    for source in (*market_sources(exchange), users):
        hub.add(source)
    api = WebSocketApi(gateway.pipeline, faults.meet)
    return [StreamEndpoint(exchange, hub), WebSocketApiEndpoint(api, users)]


def _master_key(settings: Settings) -> bytes:
    """What HMAC secrets are made of; an exchange that is kept nowhere has no key that outlives it either."""
    path = None if settings.directory is None else default_master_key_path(os.environ)
    return load_or_create_master_key(path, os.environ, settings.directory)


def _directory(shelf: DiskShelf | MemoryShelf) -> Path | None:
    """Where the timeline lies that is to be served."""
    return shelf.find(shelf.current).directory if isinstance(shelf, DiskShelf) else None


def _warn_of_another_key(exchange: Exchange, master_key: bytes) -> None:
    """Requests that are refused with -1022 for ever should not be the first that anybody hears of it."""
    if exchange.directory is None:
        return
    kept = DataDirectory(exchange.directory).key_fingerprint
    if is_another_master_key(kept, master_key, is_used=exchange.live.has_hmac_keys):
        _log.warning(
            "the server's key is not the one that this exchange began with: HMAC keys made with that are dead"
            " (-1022) unless its file returns to %s; if it is lost, remove %s and make new keys",
            default_master_key_path(os.environ),
            kept,
        )


def _options(
    settings: Settings, venue: Venue | None, on_poison: Callable[[int], None], at: PhaseHook
) -> ExchangeOptions:
    virtual_start_ms = None
    if settings.clock == "virtual":
        start_ms = _start_ms(settings)
        virtual_start_ms = WallClock().host_ms() if start_ms is None else start_ms
    return ExchangeOptions(
        directory=settings.directory,
        venue=_with_market(venue or load_venue(), settings),
        seed=settings.seed if settings.seed is not None else 1,
        virtual_start_ms=virtual_start_ms,
        snapshot_every=settings.snapshot_every,
        memory_history_rows=settings.memory_history_rows,
        on_poison=on_poison,
        at=at,
    )


def _start_ms(settings: Settings) -> int | None:
    return None if settings.start is None else int(settings.start.timestamp() * 1000)


def _with_market(venue: Venue, settings: Settings) -> Venue:
    if settings.market is None:
        return venue
    house = structs.replace(venue.house, enabled=settings.market == "house")
    return structs.replace(venue, house=house)


def _refuse_contradictions(exchange: Exchange, settings: Settings) -> None:
    """Refuse to serve an exchange as what it is not."""
    if settings.seed is not None and settings.seed != exchange.seed:
        raise StartRefused(
            f"this exchange was opened with --seed {exchange.seed}: leave --seed out, or name another --data"
        )
    # The same words again are no contradiction: a restart may repeat the whole command.
    if settings.start is not None and _start_ms(settings) != exchange.opened_ms():
        opened = datetime.fromtimestamp(exchange.opened_ms() / 1000, UTC).isoformat().replace("+00:00", "Z")
        raise StartRefused(
            f"this exchange was opened at {opened}, and goes on where it stopped:"
            " leave --start out, or name another --data"
        )
    _refuse_the_future(exchange)


def _refuse_the_future(exchange: Exchange) -> None:
    _, _, last_ms = exchange.state_hash()
    if not exchange.clock.is_virtual and last_ms > exchange.clock.host_ms() + _CLOCK_SLACK_MS:
        raise StartRefused(
            "this exchange's time is ahead of the wall clock, and would stand still until that arrives:"
            " use --clock virtual, or name another --data"
        )


async def _agree_on_venue(exchange: Exchange, venue: Venue, accept_change: bool) -> None:
    """Have the venue that was asked for hold, if it is another and the operator said that it may."""
    changes = venue_changes(exchange.venue, venue)
    if not changes:
        return
    if not accept_change:
        raise StartRefused(
            "this exchange runs by other rules:\n  "
            + "\n  ".join(changes)
            + "\nuse --accept-venue-change to have the new ones hold from now on, or name another --data"
        )
    outcome = await exchange.submit(ChangeVenue(venue))
    if outcome.rejection is not None:
        raise StartRefused(f"the rules cannot become these: {_why_not(outcome.rejection)}")


def _why_not(rejection: Rejected) -> str:
    match rejection.reason:
        case Reason.INVENTORY_SHORT:
            return f"more of {rejection.detail} is lent than its pool_capital would be; wait for repayments"
        case Reason.ABOVE_SUPPLY:
            return f"with that pool_capital there would be more {rejection.detail} than a record can hold"
        case _:
            return (
                f"{rejection.detail} would change its pair or vanish, and assets, symbols and leverages only"
                " ever come; set a symbol's status to BREAK instead"
            )
