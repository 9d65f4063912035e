"""Clients of streams: they read as fast as they can, and count.

    python -m bench.listen HOST PORT CONNECTIONS MESSAGES PATH

Says `ready` when all are connected, and ends when each has so many messages: one JSON object with the moment of the last
one, and, of execution reports, when each came, by the order's name. Moments are nanoseconds of the machine's steady clock,
which every process sees alike.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import cast

import uvloop

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nhost: bench\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
REPORT = b'{"e":"executionReport"'


class Client(asyncio.Protocol):
    """One connection, from its handshake to its last message."""

    def __init__(self, path: str, messages: int) -> None:
        loop = asyncio.get_running_loop()
        self.path = path
        self.left = messages
        self.open: asyncio.Future[None] = loop.create_future()
        self.done: asyncio.Future[None] = loop.create_future()
        self.reports: dict[str, int] = {}
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(HANDSHAKE.format(path=self.path).encode())

    def data_received(self, data: bytes) -> None:
        if self.buffer:
            data = self.buffer + data
        if not self.open.done():
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self.buffer = head
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self.open.set_result(None)
        at, length = 0, len(data)
        while length - at >= 2:
            size, begin = data[at + 1], at + 2
            if size == 126:
                begin += 2
                size = int.from_bytes(data[at + 2 : begin], "big")
            elif size == 127:
                begin += 8
                size = int.from_bytes(data[at + 2 : begin], "big")
            if begin + size > length:
                break
            if data[at] == 0x81:
                self.left -= 1
                if data.startswith(REPORT, begin):
                    self._note(data[begin : begin + size])
            at = begin + size
        self.buffer = data[at:]
        if self.left <= 0 and not self.done.done():
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError(f"cut off with {self.left} messages to come"))

    def _note(self, report: bytes) -> None:
        now = time.perf_counter_ns()
        event = json.loads(report)
        if event["x"] == "NEW":
            self.reports[event["c"]] = now


async def listen(host: str, port: int, connections: int, messages: int, path: str) -> None:
    loop = asyncio.get_running_loop()
    clients: list[Client] = []
    for _ in range(connections):
        _, client = await loop.create_connection(lambda: Client(path, messages), host, port)
        await client.open
        clients.append(client)
    print("ready", flush=True)
    await asyncio.gather(*(client.done for client in clients))
    reports = {name: at for client in clients for name, at in client.reports.items()}
    print(json.dumps({"end_ns": time.perf_counter_ns(), "reports": reports}))


def main() -> None:
    host, port, connections, messages, path = sys.argv[1:]
    uvloop.run(listen(host, int(port), int(connections), int(messages), path))


if __name__ == "__main__":
    main()
