"""An HTTPS proxy that stands in for the real exchange: its hosts are answered here, and no other is reached.

Owns: the promise that nothing leaves this machine. There is no code here that connects anywhere but to the one
exchange that the proxy was given.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import ssl
from typing import Final

from openmargin.runtime.errors import StartRefused
from openmargin.server.certificates import EXCHANGE_HOSTS, Authority, server_context
from openmargin.server.listening import base_address, is_loopback, listen

_log = logging.getLogger(__name__)

_HEAD_BYTES_MAX: Final = 16_384
_CHUNK_BYTES: Final = 65_536
_HEAD_SECONDS: Final = 10
_CONNECTIONS_MAX: Final = 1024

_WELCOME: Final = """\
OpenMargin proxy at {proxy}: the hosts of the real exchange are answered by {exchange}; every other is refused

Give a client the proxy, and this certificate and no other:

export HTTPS_PROXY={proxy} NO_PROXY=
export SSL_CERT_FILE={authority} REQUESTS_CA_BUNDLE={authority} NODE_EXTRA_CA_CERTS={authority}
curl https://api.binance.com/api/v3/time

Ready. Stop with Ctrl-C.
"""


def run_proxy(host: str, port: int, exchange: tuple[str, int], authority: Authority) -> None:
    """Serve until told to stop. Raises StartRefused."""
    with listen(host, port) as listener:
        if not is_loopback(listener):
            raise StartRefused(
                f"{host} can be reached from other machines, and a proxy is for one user: use 127.0.0.1"
            )
        asyncio.run(_run(listener, exchange, authority))


async def _run(listener: socket.socket, exchange: tuple[str, int], authority: Authority) -> None:
    proxy = Proxy(exchange, server_context(authority, "localhost"))
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    server = await asyncio.start_server(proxy.serve, sock=listener, limit=_HEAD_BYTES_MAX)
    words = _WELCOME.format(
        proxy=base_address(listener), exchange=f"{exchange[0]}:{exchange[1]}", authority=authority.path
    )
    print(words, end="", flush=True)
    await stopped.wait()
    server.close()
    proxy.hang_up()


class Proxy:
    """Takes CONNECT requests, and joins those for the exchange's hosts to the local exchange."""

    def __init__(self, exchange: tuple[str, int], context: ssl.SSLContext) -> None:
        self._exchange = exchange
        self._context = context
        self._open: set[asyncio.Task[None]] = set()
        self._refused: set[str] = set()

    def hang_up(self) -> None:
        """End every connection."""
        for task in self._open:
            task.cancel()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection, from its first byte to its last."""
        task = asyncio.current_task()
        assert task is not None
        if len(self._open) >= _CONNECTIONS_MAX:
            await _refuse(writer, "503 Too Many Connections")
            return
        self._open.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, EOFError, ssl.SSLError, TimeoutError, asyncio.LimitOverrunError) as error:
            _log.info("a connection ended: %s", error)
        except asyncio.CancelledError:
            pass  # The proxy stops.
        finally:
            self._open.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        words = head.split(b"\r\n", 1)[0].split(b" ")
        if len(words) != 3 or words[0] != b"CONNECT":
            await _refuse(writer, "405 Only HTTPS Is Answered Here")
            return
        host = words[1].decode("latin-1").rpartition(":")[0].strip("[]").lower()
        if host not in EXCHANGE_HOSTS:
            self._tell_once(host)
            await _refuse(writer, "403 Not A Host Of The Exchange")
            return
        try:
            exchange_reader, exchange_writer = await asyncio.open_connection(*self._exchange)
        except OSError as error:
            _log.warning("%s:%s does not answer: %s", *self._exchange, error)
            await _refuse(writer, "502 The Local Exchange Does Not Answer")
            return
        try:
            writer.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
            await writer.drain()
            async with asyncio.timeout(_HEAD_SECONDS):
                await writer.start_tls(self._context)
            await _join((reader, writer), (exchange_reader, exchange_writer))
        finally:
            exchange_writer.close()

    def _tell_once(self, host: str) -> None:
        if host not in self._refused and len(self._refused) < _CONNECTIONS_MAX:
            self._refused.add(host)
            _log.warning("refused: %s is no host of the exchange, and nothing is ever forwarded", host)


async def _refuse(writer: asyncio.StreamWriter, status: str) -> None:
    writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
    await writer.drain()


async def _join(
    one: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    other: tuple[asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    """Carry bytes both ways until either end has said all."""
    ways = [
        asyncio.ensure_future(_carry(one[0], other[1])),
        asyncio.ensure_future(_carry(other[0], one[1])),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()
