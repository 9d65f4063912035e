"""A load generator: many connections, one request in flight on each, and the time that each answer took.

    python -m bench.load HOST PORT < PLAN

The plan is JSON lines: one list of base64 requests a connection. Requests are signed beforehand, so that what is
measured is the exchange. Prints one JSON object with the answers by status, the seconds, and latencies in microseconds.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from typing import Any

import uvloop


class Connection(asyncio.Protocol):
    """Sends its requests one after another, each when the one before is answered."""

    def __init__(self, requests: list[bytes]) -> None:
        self.requests = requests
        self.place = 0
        self.latencies: list[float] = []
        self.statuses: dict[str, int] = {}
        self.first_failure = ""
        self.buffer = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: Any = None
        self.sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def start(self) -> None:
        self._send()

    def _send(self) -> None:
        if self.place == len(self.requests):
            self.done.set_result(None)
            return
        request = self.requests[self.place]
        self.place += 1
        self.sent_at = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer = data = self.buffer + data if self.buffer else data
        head = data.find(b"\r\n\r\n")
        if head < 0:
            return
        at = data.lower().find(b"content-length:", 0, head)
        length = int(data[at + 15 : data.find(b"\r\n", at)])
        if len(data) < head + 4 + length:
            return
        self.buffer = b""
        self.latencies.append(time.perf_counter() - self.sent_at)
        status = data[9:12].decode()
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if status != "200" and not self.first_failure:
            self.first_failure = data[head + 4 :].decode()
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))


async def drive(host: str, port: int, plans: list[list[bytes]]) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    connections: list[Connection] = []
    for plan in plans:
        _, connection = await loop.create_connection(lambda plan=plan: Connection(plan), host, port)
        connections.append(connection)
    start = time.perf_counter()
    for connection in connections:
        connection.start()
    await asyncio.gather(*(connection.done for connection in connections))
    seconds = time.perf_counter() - start
    statuses: dict[str, int] = {}
    for connection in connections:
        for status, count in connection.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    latencies = sorted(latency for connection in connections for latency in connection.latencies)
    failures = [connection.first_failure for connection in connections if connection.first_failure]
    return {
        "seconds": seconds,
        "statuses": statuses,
        "p50_us": round(latencies[len(latencies) // 2] * 1e6),
        "p99_us": round(latencies[len(latencies) * 99 // 100] * 1e6),
        "failure": failures[0] if failures else "",
    }


def main() -> None:
    host, port = sys.argv[1], int(sys.argv[2])
    plans = [[base64.b64decode(request) for request in json.loads(line)] for line in sys.stdin]
    print(json.dumps(uvloop.run(drive(host, port, plans))))


if __name__ == "__main__":
    main()
