"""Over real sockets: a client that does not read is cut off, and those beside it get everything."""

from __future__ import annotations

import asyncio
import socket

import pytest
import uvloop
from websockets.asyncio.client import ClientConnection, connect

from openmargin.api.asgi import Receive, Scope, Send
from openmargin.api.ws.connection import ConnectionLimits
from openmargin.api.ws.gateway import SocketGateway
from openmargin.api.ws.hub import Hub, Topic
from openmargin.api.ws.streams import StreamEndpoint
from openmargin.runtime.exchange import open_exchange
from openmargin.runtime.feed import Happened
from openmargin.server import sockets
from openmargin.server.http_server import HttpServer
from openmargin.server.listening import listen
from tests.runtime.desk import options

LIMITS = ConnectionLimits(queued_bytes=1024 * 1024)
SIZE = 256 * 1024
"""Larger than what a socket hands on at once, so that the server is told to wait within one message."""
MESSAGES = 80
HANDSHAKE = (
    b"GET /ws/big HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Big:
    """A source of long messages, which a test sends itself."""

    def __init__(self) -> None:
        self.topic: Topic | None = None

    def accepts(self, name: str) -> bool:
        return name == "big"

    def opened(self, topic: Topic) -> None:
        self.topic = topic

    def closed(self, _: Topic) -> None:
        self.topic = None

    def happened(self, _: Happened) -> None: ...


async def numbered(client: ClientConnection, numbers: range) -> None:
    """The next messages, each whole and in order."""
    for number in numbers:
        message = await client.recv()
        assert len(message) == SIZE
        assert message.startswith(str(number).rjust(10))


def test_a_client_that_does_not_read_is_cut_off_and_the_others_get_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sockets, "_GOODBYE_SECONDS", 0.2)

    async def story() -> None:
        exchange = await open_exchange(options())
        source = Big()
        hub = Hub(exchange)
        hub.add(source)
        gateway = SocketGateway(exchange.clock)
        gateway.add(StreamEndpoint(exchange, hub, LIMITS))
        with listen("127.0.0.1", 0) as listener:
            ready = asyncio.Event()
            server = HttpServer(_nothing, "warning", ready.set, sockets=gateway)
            serving = asyncio.create_task(server.serve([listener]))
            await ready.wait()
            port: int = listener.getsockname()[1]
            stalled = socket.create_connection(("127.0.0.1", port))
            stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stalled.sendall(HANDSHAKE)
            address = f"ws://127.0.0.1:{port}/ws/big"
            clients = [await connect(address, proxy=None, max_size=None) for _ in range(4)]
            while source.topic is None or len(source.topic.subscribers) < 5:
                await asyncio.sleep(0)
            for number in range(MESSAGES):
                message = str(number).rjust(10).encode().ljust(SIZE)
                source.topic.publish(lambda _, message=message: message)
                await asyncio.gather(*(numbered(client, range(number, number + 1)) for client in clients))
            assert len(source.topic.subscribers) == 4
            while len(gateway.connections) > 4:
                await asyncio.sleep(0.01)
            stalled.close()
            server.stop()
            for client in clients:
                await client.wait_closed()
                assert client.close_code == 1001
            await serving
        await exchange.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(story())


async def _nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise AssertionError("no request was meant to come")
