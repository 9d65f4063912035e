"""Requests that go wrong: what stands before the gateway while there are rules, and only then.

Owns: the order of things in a request that is struck, by whichever door it came. It waits first, then it is carried
out or not, and then whoever asked hears what the rule says, or nothing. What stands before HTTP is here; the door of
the WebSocket API asks `RequestFaults` itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, Protocol, TypeAlias

from msgspec import Struct

from openmargin.lab.faults.rules import MAY_EXECUTE, Fault, Faults, Rule

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
CutOff: TypeAlias = Callable[[bool], None]
"""Ends the socket of a request without a word; whether only the server's half of it."""

TRANSPORT: Final = "openmargin.transport"
"""Where a server leaves the socket of a request, for those who cut it off."""


class FaultAnswer(Struct, frozen=True):
    """What a client hears instead of an answer."""

    status: int
    body: bytes
    says_when_to_retry: bool


class Answers(Protocol):
    """Knows what is heard of each fault."""

    def __call__(self, fault: str, seconds: float) -> FaultAnswer | None:
        """None of a fault that says nothing; `seconds` is how long it lasts."""
        ...


class Struck:
    """A request that is not answered as ever, after it has waited."""

    def __init__(self, rule: Rule, faults: Faults) -> None:
        self._rule = rule
        self._faults = faults

    @property
    def fault(self) -> str:
        return self._rule.fault.value

    @property
    def seconds(self) -> float:
        return self._rule.seconds

    @property
    def is_executed(self) -> bool:
        """Is it carried out all the same? Then it is, before anything is heard of the fault."""
        return self._rule.fault in MAY_EXECUTE and self._rule.executed

    def end(self, cut_off: CutOff) -> None:
        """What a fault does that has no answer: the socket goes, or the whole server."""
        if self._rule.fault is Fault.RESTART:
            assert self._faults.restart is not None, "such a rule is refused where nothing could start again"
            self._faults.restart()
        else:
            cut_off(self._rule.fault is Fault.HALF_CLOSE)


class RequestFaults:
    """What goes wrong with the requests of one exchange, by whichever door they come."""

    def __init__(self, faults: Faults, account_of: Callable[[str], int]) -> None:
        """`account_of` tells whose an API key is, 0 for nobody's."""
        self._faults = faults
        self._account_of = account_of

    async def meet(self, method: str, path: str, api_key: str | None, also: str = "") -> Struck | None:
        """Hold a request against the rules and have it wait as they say; None where it then goes on as ever.

        `also` is another path that rules may know it by.
        """
        if not self._faults.break_requests:
            return None
        account_id = 0 if api_key is None else self._account_of(api_key)
        struck = self._faults.strike(
            streams=False, method=method, path=path, account_id=account_id, also=also
        )
        for rule in struck:
            if rule.fault is Fault.LATENCY:
                await asyncio.sleep(rule.seconds)
        last = next((rule for rule in struck if rule.fault is not Fault.LATENCY), None)
        return None if last is None else Struck(last, self._faults)


class FaultyRequests:
    """An application with faults."""

    def __init__(self, application: Application, faults: RequestFaults, answers: Answers) -> None:
        self._application = application
        self._faults = faults
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        struck = await self._faults.meet(scope["method"], scope["path"], _api_key(scope))
        if struck is None:
            await self._application(scope, receive, send)
            return
        await self._hear(scope, receive, executed=struck.is_executed)
        await self._answer(struck, scope, send)

    async def _hear(self, scope: Scope, receive: Receive, *, executed: bool) -> None:
        """Take the whole request; what its answer would have been is nobody's to know."""
        if executed:
            await self._application(scope, receive, _to_nobody)
            return
        while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
            pass

    async def _answer(self, struck: Struck, scope: Scope, send: Send) -> None:
        answer = self._answers(struck.fault, struck.seconds)
        if answer is None:
            struck.end(lambda is_half: _cut_off(scope.get(TRANSPORT), is_half=is_half))
            return
        headers = [
            (b"content-type", b"application/json;charset=UTF-8"),
            (b"content-length", b"%d" % len(answer.body)),
        ]
        if answer.says_when_to_retry:
            headers.append((b"retry-after", b"%d" % max(1, round(struck.seconds))))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})


def _api_key(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-mbx-apikey":
            return value.decode("latin-1")
    return None


def _cut_off(transport: asyncio.Transport | None, *, is_half: bool) -> None:
    if transport is None:
        raise ConnectionAbortedError("a fault cut this request off, and no server has told of its socket")
    if is_half and transport.can_write_eof():
        transport.write_eof()
    else:
        transport.abort()


async def _to_nobody(_message: MutableMapping[str, Any]) -> None:
    """Where answers go that a client must not see."""
