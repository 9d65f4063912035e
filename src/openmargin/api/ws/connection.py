"""One client's WebSocket: what waits to be sent, what it may send, and how long it lives.

Owns: the bounded queue of outgoing messages. A reader that falls behind is cut off with a close code; it is never
waited for, and what waited for it is forgotten. All times here are the host's.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol

from msgspec import Struct

from openmargin.runtime.clock import Clock

CLOSE_GOING_AWAY: Final = 1001
CLOSE_POLICY: Final = 1008
CLOSE_FAILURE: Final = 1011
CLOSE_RESTART: Final = 1012

_FLUSH_BYTES: Final = 64 * 1024
"""What may gather in one turn of the loop before it is handed to the socket at once."""

_log = logging.getLogger(__name__)


class ConnectionLimits(Struct, frozen=True):
    """What one connection may do, and how long it lasts."""

    queued_messages: int = 8_192
    """What may wait for a slow reader, beyond what the system's own buffers hold."""
    queued_bytes: int = 4 * 1024 * 1024
    incoming_per_second: int | None = 5
    """Messages, pings and pongs together; None where something else bounds them."""
    ping_seconds: float = 20
    pong_seconds: float = 60
    """How long a ping may stay without its pong."""
    life_seconds: float = 24 * 3600


class Wire(Protocol):
    """The socket of a connection, as a server has it."""

    @property
    def is_writable(self) -> bool:
        """Would what is written now leave without piling up?"""
        ...

    def write(self, messages: Sequence[bytes]) -> None:
        """Send text messages, each whole and in this order."""
        ...

    def ping(self, payload: bytes) -> None: ...

    def close(self, code: int, reason: str) -> None:
        """Say goodbye, and hang up on whoever does not answer that."""
        ...

    def cut_off(self, is_half: bool) -> None:
        """End the socket without a word; or only this half of it, and nothing that is written arrives any more."""
        ...


class Handler(Protocol):
    """Who answers what a client sends. Both are called in the event loop, and must not block."""

    def received(self, message: bytes) -> None:
        """One whole message, text or binary, as it came: nothing has been checked but its length."""
        ...

    def closed(self) -> None:
        """The connection is over, whoever ended it; called once, and nothing can be sent any more."""
        ...

    def farewell(self) -> bytes | None:
        """The last message before the server closes the connection to shut down, if there is one."""
        ...


class Connection:
    """A client's connection from its handshake to its end."""

    def __init__(
        self, wire: Wire, limits: ConnectionLimits, clock: Clock, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.is_open = True
        self.handler: Handler | None = None
        """Who answers; set by whoever opens the connection, before anything can arrive."""
        self._wire = wire
        self._limits = limits
        self._clock = clock
        self._loop = loop
        self._queue: list[bytes] = []
        self._queued_bytes = 0
        self._is_flush_planned = False
        self._incoming: deque[float] = deque()
        self._unanswered: dict[bytes, float] = {}
        """Pings that wait for their pong, the oldest first, and when they left."""
        self._end = loop.time() + limits.life_seconds
        self._timer = loop.call_later(limits.ping_seconds, self._beat)

    # --- sending -----------------------------------------------------------------------------------------------

    def send(self, message: bytes) -> None:
        """Queue one text message, behind all that were sent before. After the end nothing happens."""
        if not self.is_open:
            return
        self._queue.append(message)
        self._queued_bytes += len(message)
        if self._wire.is_writable:
            if self._queued_bytes >= _FLUSH_BYTES:
                self._flush()
            elif not self._is_flush_planned:
                # Not at once: what else this turn of the loop brings shares the write.
                self._is_flush_planned = True
                self._loop.call_soon(self._flush_planned)
        elif (
            len(self._queue) > self._limits.queued_messages or self._queued_bytes > self._limits.queued_bytes
        ):
            self._forget_queue()
            self.close(CLOSE_POLICY, "Too slow to read")

    def close(self, code: int, reason: str) -> None:
        """End the connection, behind what was sent if that leaves at once."""
        if not self.is_open:
            return
        if self._wire.is_writable:
            self._flush()
        self._over()
        self._wire.close(code, reason)

    def cut_off(self, is_half: bool) -> None:
        """End the socket without a word; or only the server's half of it, and what the client sends is still read."""
        if is_half:
            self._flush()
        else:
            self._over()
        self._wire.cut_off(is_half)

    def shut_down(self, code: int = CLOSE_GOING_AWAY, reason: str = "The server stops") -> None:
        """End the connection because the server goes away, or becomes another; the client is told first."""
        farewell = self.handler.farewell() if self.handler is not None and self.is_open else None
        if farewell is not None:
            self.send(farewell)
        self.close(code, reason)

    # --- what the server tells ---------------------------------------------------------------------------------

    def writable(self) -> None:
        """The reader caught up: what waits may leave."""
        self._flush()

    def received(self, message: bytes) -> None:
        """A whole message arrived."""
        if not self._admits() or self.handler is None:
            return
        try:
            self.handler.received(message)
        except Exception:
            _log.exception("a message over a WebSocket failed")
            self.close(CLOSE_FAILURE, "Internal error")

    def pinged(self) -> None:
        """A ping arrived; the server has answered it."""
        self._admits()

    def ponged(self, payload: bytes) -> None:
        """A pong arrived. One that answers no ping is allowed, and is no sign of life."""
        if not self._admits() or payload not in self._unanswered:
            return
        # It answers every earlier ping, too.
        for sent in list(self._unanswered):
            del self._unanswered[sent]
            if sent == payload:
                break

    def lost(self) -> None:
        """The socket is gone, or the client said goodbye."""
        self._over()

    # --- within ------------------------------------------------------------------------------------------------

    def _flush_planned(self) -> None:
        self._is_flush_planned = False
        self._flush()

    def _flush(self) -> None:
        if self._queue and self.is_open and self._wire.is_writable:
            messages = self._queue
            self._forget_queue()
            self._wire.write(messages)

    def _forget_queue(self) -> None:
        self._queue = []
        self._queued_bytes = 0

    def _admits(self) -> bool:
        """Count what arrived, and end a connection that sends too much."""
        most = self._limits.incoming_per_second
        if most is not None and self.is_open:
            now = self._loop.time()
            if len(self._incoming) >= most and now - self._incoming.popleft() < 1:
                self.close(CLOSE_POLICY, f"More than {most} messages in a second")
            self._incoming.append(now)
        return self.is_open

    def _beat(self) -> None:
        """Ask whether anybody is there, and end what has lasted long enough."""
        now = self._loop.time()
        oldest = next(iter(self._unanswered.values()), now)
        if now - oldest >= self._limits.pong_seconds:
            self.close(CLOSE_POLICY, "Pong timeout")
        elif now >= self._end:
            self.close(CLOSE_GOING_AWAY, "24 hours are over")
        else:
            payload = b"%d" % self._clock.host_ms()
            self._unanswered.setdefault(payload, now)
            self._wire.ping(payload)
            wait = min(self._limits.ping_seconds, self._end - now)
            self._timer = self._loop.call_later(wait, self._beat)

    def _over(self) -> None:
        if not self.is_open:
            return
        self.is_open = False
        self._forget_queue()
        self._unanswered.clear()
        self._timer.cancel()
        if self.handler is not None:
            self.handler.closed()
