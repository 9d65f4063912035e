"""Requests that go wrong: what stands before the gateway while there are rules, and only then.

Owns: the order of things in a request that is struck. It waits first, then it is carried out or not, and then whoever
asked hears what the rule says, or nothing.
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


class FaultyRequests:
    """An application with faults."""

    def __init__(
        self,
        application: Application,
        faults: Faults,
        answers: Answers,
        account_of: Callable[[str], int],
    ) -> None:
        """`account_of` tells whose an API key is, 0 for nobody's."""
        self._application = application
        self._faults = faults
        self._answers = answers
        self._account_of = account_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        struck = self._faults.strike(
            streams=False, method=scope["method"], path=scope["path"], account_id=self._account(scope)
        )
        for rule in struck:
            if rule.fault is Fault.LATENCY:
                await asyncio.sleep(rule.seconds)
        last = next((rule for rule in struck if rule.fault is not Fault.LATENCY), None)
        if last is None:
            await self._application(scope, receive, send)
            return
        await self._hear(scope, receive, executed=last.fault in MAY_EXECUTE and last.executed)
        await self._answer(last, scope, send)

    async def _hear(self, scope: Scope, receive: Receive, *, executed: bool) -> None:
        """Take the whole request; what its answer would have been is nobody's to know."""
        if executed:
            await self._application(scope, receive, _to_nobody)
            return
        while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
            pass

    async def _answer(self, rule: Rule, scope: Scope, send: Send) -> None:
        answer = self._answers(rule.fault.value, rule.seconds)
        if answer is not None:
            headers = [
                (b"content-type", b"application/json;charset=UTF-8"),
                (b"content-length", b"%d" % len(answer.body)),
            ]
            if answer.says_when_to_retry:
                headers.append((b"retry-after", b"%d" % max(1, round(rule.seconds))))
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            await send({"type": "http.response.body", "body": answer.body})
        elif rule.fault is Fault.RESTART:
            assert self._faults.restart is not None, "such a rule is refused where nothing could start again"
            self._faults.restart()
        else:
            _cut_off(scope.get(TRANSPORT), is_half=rule.fault is Fault.HALF_CLOSE)

    def _account(self, scope: Scope) -> int:
        for name, value in scope["headers"]:
            if name == b"x-mbx-apikey":
                return self._account_of(value.decode("latin-1"))
        return 0


def _cut_off(transport: asyncio.Transport | None, *, is_half: bool) -> None:
    if transport is None:
        raise ConnectionAbortedError("a fault cut this request off, and no server has told of its socket")
    if is_half and transport.can_write_eof():
        transport.write_eof()
    else:
        transport.abort()


async def _to_nobody(_message: MutableMapping[str, Any]) -> None:
    """Where answers go that a client must not see."""
