"""uvicorn without the habits that this process has no use for."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeAlias, cast

import uvicorn

from openmargin.api.asgi import Receive, Scope, Send
from openmargin.api.ws.gateway import SocketGateway
from openmargin.server.protocol import BoundedHttpProtocol
from openmargin.server.sockets import WebSocketProtocol

Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

_CONNECTIONS_MAX: Final = 4096
_KEEP_ALIVE_SECONDS: Final = 75
_DRAIN_SECONDS: Final = 10


class HttpServer(uvicorn.Server):
    """Serves until told to stop, and sleeps while nothing comes."""

    def __init__(
        self,
        application: Application,
        log_level: str,
        on_ready: Callable[[], None],
        tls: ssl.SSLContext | None = None,
        sockets: SocketGateway | None = None,
    ) -> None:
        """Without `sockets`, requests for WebSockets are answered like any other."""
        super().__init__(
            uvicorn.Config(
                application,
                interface="asgi3",
                http=BoundedHttpProtocol,
                ws="none"
                if sockets is None
                else cast(type[asyncio.Protocol], partial(WebSocketProtocol, sockets)),
                lifespan="off",
                log_config=None,
                log_level=log_level,
                access_log=False,
                # An address that a header claims is not one that an IP list may trust.
                proxy_headers=False,
                server_header=False,
                date_header=False,
                limit_concurrency=_CONNECTIONS_MAX,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=_DRAIN_SECONDS,
            )
        )
        self.config.load()
        self.config.ssl = tls  # uvicorn would make one itself, of files alone.
        self._on_ready = on_ready
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Answer what was asked already, and end; asked twice, end at once."""
        self.force_exit = self._stopping.is_set()
        self._stopping.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    async def main_loop(self) -> None:
        # uvicorn would look ten times a second whether to stop.
        await self._stopping.wait()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        # uvicorn would die of the signal that it was stopped by, where 0 is the right end.
        yield
