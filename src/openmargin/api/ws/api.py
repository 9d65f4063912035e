"""The WebSocket API: one message in, its answer out, whatever carries the connection.

It is another door to the endpoints that HTTP serves: what differs is how a message is written, how it is signed, that a
connection may be logged on, and the envelope of the answer. Up to its first wait a message is dealt with at once, so
what follows a logon finds the session logged on; answers leave in the order in which they are ready.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from openmargin.api import errors
from openmargin.api.endpoint import Endpoint, Security, Sender
from openmargin.api.errors import ApiError, ErrorBody, Retry, WireError
from openmargin.api.fault_answers import (
    MeetFaults,
    StruckRequest,
    fault_answer,
    no_faults,
    says_when_to_retry,
)
from openmargin.api.intervals import interval_words
from openmargin.api.pipeline import Pipeline, are_microseconds
from openmargin.api.query_string import parse_pairs
from openmargin.api.questions import OrderCountRow, order_count_row
from openmargin.api.render import Reply
from openmargin.api.wire import Headers
from openmargin.api.ws import messages
from openmargin.api.ws.methods import METHODS, UNSUPPORTED, tells_order_counts
from openmargin.api.ws.session_methods import DOOR
from openmargin.api.ws.sessions import Session
from openmargin.domain.views import OrderCountView

PATH: Final = "/ws-api/v3"
CONNECTION_WEIGHT: Final = 2
MALFORMED_WEIGHT: Final = 1
"""What a message is charged that names no method."""

_BANNED: Final = errors.banned(0).status
_RETURN_RATE_LIMITS: Final = "returnRateLimits"
_OF_ENVELOPE: Final = frozenset(("apiKey", _RETURN_RATE_LIMITS))
"""Parameters of every method, which HTTP has in headers or not at all."""
_BOOLEANS: Final = {"true": True, "false": False}
_encode = msgspec.json.Encoder().encode


class RetryData(Reply):
    """When to come back, in an error about limits."""

    server_time: int
    retry_after: int


class Answer(Reply):
    """What goes back for one message."""

    id: Raw
    status: int = 200
    result: Raw | UnsetType = UNSET
    error: ErrorBody | UnsetType = UNSET
    rate_limits: list[OrderCountRow] | UnsetType = UNSET


class _Work(Struct):
    """One message on its way, as far as it was understood."""

    id: Raw = messages.NO_ID
    tells_limits: bool = True
    method: str = ""
    row: Endpoint | None = None
    parameters: Mapping[str, str] = {}
    refusal: ApiError | None = None
    """Why it is no request of anything that is served."""
    sender: Sender | None = None


class WebSocketApi:
    """Binance's WebSocket API of one exchange."""

    def __init__(self, pipeline: Pipeline, meet_faults: MeetFaults = no_faults) -> None:
        self._pipeline = pipeline
        self._meet_faults = meet_faults

    def connect(self, ip: str, query: bytes) -> Session:
        """The session of a new connection, which costs weight; raises ApiError where it is refused.

        `timeUnit` and `returnRateLimits` of the query hold for all answers; names that it does not know are ignored.
        """
        asked = dict(parse_pairs(query))
        clock = self._pipeline.exchange.clock
        self._pipeline.limits.spend(ip, CONNECTION_WEIGHT, clock.host_ms())
        if asked.get("responseFormat", "json") != "json":
            raise ApiError(errors.NO_SBE)
        unit = asked.get("timeUnit")
        return Session(
            ip,
            clock.now_ms(),
            returns_rate_limits=_returns_rate_limits(asked, by_default=True),
            per_ms=1000 if unit is not None and are_microseconds(unit) else 1,
        )

    def now(self, session: Session) -> int:
        """The exchange's time in the session's unit."""
        return self._pipeline.exchange.clock.now_ms() * session.per_ms

    async def answer(self, session: Session, message: bytes | str) -> tuple[bytes, ...]:
        """What goes back for a message: its answer, and after it a notice where the session has lost its key.

        A banned session is marked so, and its connection is to be closed.
        """
        work = self._read(session, message)
        row = work.row
        if row is None:
            return await self._deal_with(session, work)
        own = f"{PATH}/{work.method}"
        key = work.parameters.get("apiKey") or session.api_key
        of_http = ("", "") if row.method == DOOR else (row.method, row.path)
        struck = await self._meet_faults(of_http[0], own, key, of_http[1])
        if struck is None:
            return await self._deal_with(session, work)
        if struck.is_executed:
            await self._deal_with(session, work)
        return self._struck(session, work, struck)

    async def _deal_with(self, session: Session, work: _Work) -> tuple[bytes, ...]:
        """Carry out what was understood, and give what `answer` does."""
        lost_key = self._lost_key(session)
        if lost_key is not None:
            session.log_out(self._pipeline.exchange.live.now_ms())
        try:
            if work.refusal is not None:
                raise work.refusal
            result = Raw(await self._serve(session, work, lost_key))
            answer = Answer(work.id, result=result)
        except Exception as error:
            what = "a message" if work.row is None else work.row.name
            answer = self._refused(session, work, self._pipeline.refusal_of(error, what))
        if work.tells_limits:
            answer.rate_limits = self._limits(session, work)
        if lost_key is None:
            return (_encode(answer),)
        notice = Answer(messages.NO_ID, errors.REJECTED_KEY.status, error=_body(errors.REJECTED_KEY))
        return _encode(answer), _encode(notice)

    async def _serve(self, session: Session, work: _Work, lost_key: str | None) -> bytes:
        """The result of a message; who sent it, it leaves in `work`."""
        parameters = work.parameters
        row = work.row
        assert row is not None, "a message that names no method is refused"
        proof = session.proof(parameters, must_be_signed=row.security is Security.SIGNED, lost_key=lost_key)
        asked = {name: text for name, text in parameters.items() if name not in _OF_ENVELOPE}
        headers: Headers = []
        now_ms = self._pipeline.exchange.clock.host_ms()
        work.sender = sender = self._pipeline.admit(row, proof, asked, headers, now_ms)
        call = self._pipeline.call(row, sender, headers, session.per_ms != 1, session)
        answer = _encode(await row.run(call, row.read(asked)))
        self._pipeline.succeeded(row, session.ip, now_ms, headers)
        return answer

    def _read(self, session: Session, message: bytes | str) -> _Work:
        """What a message asks for; one that names no method that is served is charged here."""
        work = _Work(tells_limits=session.returns_rate_limits)
        try:
            self._understand(message, work)
        except ApiError as refusal:
            work.refusal = refusal
            try:
                self._pipeline.limits.spend(
                    session.ip, MALFORMED_WEIGHT, self._pipeline.exchange.clock.host_ms()
                )
            except ApiError as too_much:
                work.refusal = too_much
        return work

    def _understand(self, message: bytes | str, work: _Work) -> None:
        """Read as far as there is sense; raises ApiError where it ends."""
        fields = messages.fields_of(message)
        work.id = messages.id_of(fields)
        work.method = name = messages.method_of(fields)
        work.parameters = parameters = messages.parameters_of(fields)
        work.tells_limits = _returns_rate_limits(parameters, by_default=work.tells_limits)
        row = METHODS.get(name)
        if row is None:
            raise ApiError(UNSUPPORTED.get(name) or errors.unsupported(f"there is no method '{name[:64]}'."))
        work.row = row

    def _struck(self, session: Session, work: _Work, struck: StruckRequest) -> tuple[bytes, ...]:
        """What goes back where a fault answers, or nothing.

        It has no `rateLimits`: they would tell whether the request was carried out.
        """
        now_ms = self._pipeline.exchange.clock.host_ms()
        retry = Retry(now_ms, now_ms + round(struck.seconds * 1_000))
        error = fault_answer(struck.fault, retry.until_ms)
        if error is None:
            if session.cut_off is None:
                raise ConnectionAbortedError("a fault cut this session off, which has no socket")
            struck.end(session.cut_off)
            return ()
        refusal = ApiError(error, retry if says_when_to_retry(error) else None)
        return (_encode(self._refused(session, work, refusal)),)

    def _lost_key(self, session: Session) -> str | None:
        """The session's key if it is good no more: deleted, replaced, or not for the session's address."""
        if session.api_key is None:
            return None
        try:
            key = self._pipeline.authenticator.key(session.api_key, session.ip)
        except ApiError:
            return session.api_key
        return None if key.serial == session.key_serial else session.api_key

    def _refused(self, session: Session, work: _Work, refusal: ApiError) -> Answer:
        error, data = refusal.error, refusal.data
        session.is_banned |= error.status == _BANNED
        if data is None and refusal.retry is not None:
            per_ms = session.per_ms
            data = RetryData(refusal.retry.refused_ms * per_ms, refusal.retry.until_ms * per_ms)
        return Answer(work.id, error.status, error=_body(error, data))

    def _limits(self, session: Session, work: _Work) -> list[OrderCountRow]:
        """The use of the limits that the message touched."""
        exchange, limits = self._pipeline.exchange, self._pipeline.limits
        live, sender = exchange.live, work.sender
        counts: list[OrderCountView] = []
        if (
            sender is not None
            and work.row is not None
            and tells_order_counts(work.row)
            # A special key may have outlived its isolated account.
            and live.has_wallets(sender.account_id, sender.scope)
        ):
            counts = live.order_counts(sender.account_id, sender.scope)
        used = limits.used(session.ip, exchange.clock.host_ms())
        weight = OrderCountRow("REQUEST_WEIGHT", *interval_words(60_000), limits.weights.api_ip, used)
        return [*map(order_count_row, counts), weight]


def _body(error: WireError, data: Struct | None = None) -> ErrorBody:
    return ErrorBody(error.code, error.message, UNSET if data is None else data)


def _returns_rate_limits(asked: Mapping[str, str], *, by_default: bool) -> bool:
    sent = asked.get(_RETURN_RATE_LIMITS)
    if sent is None:
        return by_default
    wanted = _BOOLEANS.get(sent)
    if wanted is None:
        raise ApiError(errors.invalid(_RETURN_RATE_LIMITS))
    return wanted
