"""WebSockets on a server's socket: bytes become messages, and messages frames.

Owns: the handshake, and the end of a socket. Whatever is said over it is the connection's business (`api/ws`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from typing import Any, Final, Protocol, cast
from urllib.parse import unquote

from uvicorn.protocols.utils import get_remote_addr
from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from openmargin.api.ws.connection import Connection
from openmargin.api.ws.gateway import Opened, Refusal, SocketGateway, SocketRequest
from openmargin.server.protocol import JoiningTransport

MESSAGE_BYTES_MAX: Final = 64 * 1024
"""The longest message that a client may send; a longer one ends the connection with 1009."""

_GOODBYE_SECONDS: Final = 5
"""How long a client has to answer a close frame, and to read what stands before it."""

_log = logging.getLogger(__name__)
# The library tells of every connection that comes and goes.
_quiet = logging.getLogger(f"{__name__}.frames")
_quiet.setLevel(logging.WARNING)


class _ServerState(Protocol):
    """What uvicorn shares among its connections."""

    connections: set[Any]


class WebSocketProtocol(asyncio.Protocol):
    """One WebSocket, from the request that asks for it."""

    def __init__(self, gateway: SocketGateway, *, server_state: _ServerState, **_: object) -> None:
        """uvicorn makes these, and hands over more than is needed."""
        self._gateway = gateway
        self._sockets = server_state.connections
        self._loop = asyncio.get_running_loop()
        self._frames = ServerProtocol(max_size=MESSAGE_BYTES_MAX, logger=_quiet)
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._connection: Connection | None = None
        self._opening: asyncio.Task[None] | None = None
        """Waits for who is to answer."""
        self._message = bytearray()
        """The parts that have come of a message in parts."""
        self._deadline: asyncio.TimerHandle | None = None
        self._is_paused = False
        self._is_mute = False
        """Has this half of the socket ended, so that nothing can be written any more?"""

    # --- asyncio.Protocol --------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, JoiningTransport):
            transport = transport.unwrapped()  # Connections gather what they send themselves.
        self._transport = cast(asyncio.Transport, transport)
        self._sockets.add(self)

    def data_received(self, data: bytes) -> None:
        self._frames.receive_data(data)
        for event in self._frames.events_received():
            if isinstance(event, Request):
                self._asked(event)
            else:
                self._take(cast(Frame, event))
        self._write_out()
        if self._frames.parser_exc is not None and self._connection is not None:
            self._connection.lost()

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        if self._connection is not None:
            self._connection.writable()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if self._opening is not None:
            self._opening.cancel()
        self._sockets.discard(self)
        if self._deadline is not None:
            self._deadline.cancel()
        if self._connection is not None:
            self._connection.lost()
            self._gateway.closed(self._connection)

    def shutdown(self) -> None:
        """uvicorn stops."""
        if self._connection is not None:
            self._connection.shut_down()
        else:
            self._transport.close()

    # --- Wire --------------------------------------------------------------------------------------------------

    @property
    def is_writable(self) -> bool:
        return not self._is_paused

    def write(self, messages: Sequence[bytes]) -> None:
        pieces: list[bytes] = []
        for message in messages:
            pieces.append(_head(len(message)))
            pieces.append(message)
        self._put(b"".join(pieces))

    def ping(self, payload: bytes) -> None:
        if self._frames.state is State.OPEN:
            self._frames.send_ping(payload)
            self._write_out()

    def close(self, code: int, reason: str) -> None:
        if self._frames.state is State.OPEN:
            self._frames.send_close(code, reason)
            self._write_out()
        self._hang_up_soon()

    def cut_off(self, is_half: bool) -> None:
        if is_half and self._transport.can_write_eof():
            self._transport.write_eof()
            self._is_mute = True
        else:
            self._transport.abort()

    # --- within ------------------------------------------------------------------------------------------------

    def _asked(self, request: Request) -> None:
        """Shake hands, once there is somebody to answer."""
        coming = self._gateway.wait_for(_path_of(request))
        if coming is None:
            self._shake_hands(request)
            return
        self._transport.pause_reading()  # A client has nothing to say before it is answered.
        self._opening = self._loop.create_task(self._shake_hands_after(coming, request))

    async def _shake_hands_after(self, coming: Awaitable[Refusal | None], request: Request) -> None:
        try:
            refusal = await coming
        except Exception:
            _log.exception("nobody could be made to answer %s", request.path)
            self._transport.abort()
            return
        if not self._transport.is_closing():
            self._shake_hands(request, refusal)
            self._write_out()
            self._transport.resume_reading()

    def _shake_hands(self, request: Request, refusal: Refusal | None = None) -> None:
        response = self._frames.accept(request)
        if response.status_code == 101:
            opened = refusal or self._open(request)
            if isinstance(opened, Refusal):
                response = _response(opened)
            else:
                self._connection = opened
        del response.headers["Date"]
        self._frames.send_response(response)

    def _open(self, request: Request) -> Opened:
        query = request.path.partition("?")[2]
        peer = get_remote_addr(self._transport)
        asked = SocketRequest(_path_of(request), query.encode("latin-1"), peer[0] if peer else "")
        return self._gateway.open(asked, self)

    def _take(self, frame: Frame) -> None:
        connection = self._connection
        if connection is None:
            return
        match frame.opcode:
            case Opcode.PING:
                connection.pinged()
            case Opcode.PONG:
                connection.ponged(bytes(frame.data))
            case Opcode.CLOSE:
                connection.lost()
                self._hang_up_soon()
            case _:
                self._message += frame.data
                if frame.fin:
                    message = bytes(self._message)
                    self._message.clear()
                    connection.received(message)

    def _write_out(self) -> None:
        """Send what the protocol itself has to say: handshakes, pings, pongs and closes."""
        for data in self._frames.data_to_send():
            if data:
                self._put(data)
            else:
                self._transport.close()
                self._hang_up_soon()

    def _put(self, data: bytes) -> None:
        if not self._is_mute:
            self._transport.write(data)

    def _hang_up_soon(self) -> None:
        """End the socket for good, whoever does not read, or does not answer."""
        if self._deadline is None:
            self._deadline = self._loop.call_later(_GOODBYE_SECONDS, self._transport.abort)


def _path_of(request: Request) -> str:
    return unquote(request.path.partition("?")[0])


def _head(length: int) -> bytes:
    """What stands before a whole text message of a server (RFC 6455, section 5.2)."""
    if length < 126:
        return bytes((0x81, length))
    if length < 0x10000:
        return b"\x81\x7e" + length.to_bytes(2, "big")
    return b"\x81\x7f" + length.to_bytes(8, "big")


def _response(refusal: Refusal) -> Response:
    headers = Headers(
        [
            ("Date", ""),
            ("Connection", "close"),
            ("Content-Length", str(len(refusal.body))),
            ("Content-Type", "application/json;charset=UTF-8"),
        ]
    )
    if refusal.retry_after_s is not None:
        headers["Retry-After"] = str(refusal.retry_after_s)
    return Response(refusal.status, "Refused", headers, refusal.body)
