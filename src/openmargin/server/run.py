"""From settings to an exit code: open, announce, serve, drain."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sqlite3
import ssl
import sys
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

import uvloop

from openmargin.config import Settings
from openmargin.domain.venue import Venue
from openmargin.journal.record import JournalDamaged
from openmargin.main import build
from openmargin.runtime.errors import StartRefused, TimedOut, Unavailable
from openmargin.runtime.recovery import DecidesDifferently
from openmargin.server.announcement import announcement
from openmargin.server.http_server import HttpServer
from openmargin.server.listening import base_address, is_loopback, listen

EXPOSE_OPTION: Final = "--expose-development-keys-to-the-network"

EXIT_DISK: Final = 74
"""EX_IOERR: the disk refused, and the exchange stopped before anybody asked it to."""


def serve(settings: Settings, venue: Venue | None, *, accept_venue_change: bool, expose: bool) -> int:
    """Serve until told to stop, and give the exit code. Raises StartRefused."""
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    with listen(settings.host, settings.port) as listener:
        if not expose and not is_loopback(listener):
            raise StartRefused(
                f"{settings.host} can be reached from other machines, and everybody knows the development keys"
                f" and may use /lab: serve at 127.0.0.1, or say {EXPOSE_OPTION}"
            )
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_serve(settings, venue, accept_venue_change, listener))


def _secured(settings: Settings) -> tuple[ssl.SSLContext, Path]:
    """How this server proves who it is, and the certificate that its clients trust."""
    # What makes certificates takes a fifth of a second to import, and few ask for them.
    from openmargin.server.certificates import load_or_create_authority, server_context

    authority = load_or_create_authority(os.environ)
    return server_context(authority, settings.host), authority.path


async def _serve(
    settings: Settings, venue: Venue | None, accept_venue_change: bool, listener: socket.socket
) -> int:
    end = _End()
    place = settings.directory or "memory"
    try:
        exchange, application = await build(
            settings, venue, accept_venue_change=accept_venue_change, on_poison=end.with_code
        )
    except (JournalDamaged, DecidesDifferently) as problem:
        raise StartRefused(f"{problem}\n`openmargin verify {settings.directory}` tells more") from problem
    except (OSError, sqlite3.Error) as error:
        raise StartRefused(f"nothing can be kept in {place}: {error}") from error
    except (Unavailable, TimedOut) as error:
        raise StartRefused(f"the exchange in {place} stopped before it was ready") from error
    try:
        tls, trusted = _secured(settings) if settings.tls else (None, None)
        address = base_address(listener, "http" if tls is None else "https")
        words = announcement(exchange, settings, address, trusted)
        if settings.directory is not None:
            application.faults.restart = partial(start_again, listener.getsockname()[1])
        server = HttpServer(
            application,
            settings.log_level,
            lambda: print(words, end="", flush=True),
            tls,
            application.sockets,
        )
        end.server = server
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, server.stop)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # Which is what nohup makes of it.
            loop.add_signal_handler(signal.SIGHUP, server.stop)
        await server.serve([listener])
    finally:
        await application.close()
    return end.code or (EXIT_DISK if application.stage.exchange.disk_failure else 0)


def start_again(port: int) -> NoReturn:
    """Die without a farewell, and begin as the same command at the same port: what a supervisor makes of a crash."""
    sys.stdout.flush()
    os.execv(sys.executable, [*sys.orig_argv, "--port", str(port)])


class _End:
    """How the process is to end; the exchange may know before there is a server to stop."""

    def __init__(self) -> None:
        self.code = 0
        self.server: HttpServer | None = None

    def with_code(self, code: int) -> None:
        """Answer what waits, and end with a code."""
        self.code = code
        if self.server is not None:
            self.server.stop()
