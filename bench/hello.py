"""The least that a server can do: what the exchange's HTTP rate is measured against, on the exchange's own server."""

from __future__ import annotations

import asyncio
import signal
import socket

import uvloop

from openmargin.api.asgi import Receive, Scope, Send
from openmargin.server.http_server import HttpServer
from openmargin.server.listening import listen

HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"2")]


async def app(_: Scope, receive: Receive, send: Send) -> None:
    """Read the request, answer with an empty object."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b"{}"})


async def serve(listener: socket.socket) -> None:
    """Serve until terminated; prints the port when it is ready."""
    port = listener.getsockname()[1]
    server = HttpServer(app, "warning", lambda: print(port, flush=True))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    await server.serve([listener])


def main() -> None:
    """Serve on a free port, and print it."""
    with (
        listen("127.0.0.1", 0) as listener,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(serve(listener))


if __name__ == "__main__":
    main()
