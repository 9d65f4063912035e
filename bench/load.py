"""A load generator: many connections, one request in flight on each, and the time that each answer took.

    python -m bench.load HOST PORT [PACE_MS] < PLAN

The plan is JSON lines: one list of base64 requests a connection. Requests are signed beforehand, so that what is
measured is the exchange. With a pace each connection sends one request every so many milliseconds, and what it waits
counts from when it meant to send: one that is held up by the answer before it has waited, too. Prints one JSON object
with the answers by status, the seconds, and latencies in microseconds.
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

    def __init__(self, requests: list[bytes], pace: float = 0.0) -> None:
        self.requests = requests
        self.pace = pace
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

    def start(self, after: float = 0.0) -> None:
        self.sent_at = time.perf_counter() + after - self.pace
        self._next()

    def _next(self) -> None:
        if self.place == len(self.requests):
            self.done.set_result(None)
            return
        if not self.pace:
            self.sent_at = time.perf_counter()
            self._send()
            return
        self.sent_at += self.pace
        asyncio.get_running_loop().call_later(max(0.0, self.sent_at - time.perf_counter()), self._send)

    def _send(self) -> None:
        request = self.requests[self.place]
        self.place += 1
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
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))


async def drive(host: str, port: int, plans: list[list[bytes]], pace: float) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    connections: list[Connection] = []
    for plan in plans:
        _, connection = await loop.create_connection(lambda plan=plan: Connection(plan, pace), host, port)
        connections.append(connection)
    start = time.perf_counter()
    for number, connection in enumerate(connections):
        connection.start(after=pace * number / len(connections))
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
        "max_us": round(latencies[-1] * 1e6),
        "failure": failures[0] if failures else "",
    }


def main() -> None:
    host, port = sys.argv[1], int(sys.argv[2])
    plans = [[base64.b64decode(request) for request in json.loads(line)] for line in sys.stdin]
    pace = float(sys.argv[3]) / 1_000 if len(sys.argv) > 3 else 0.0
    print(json.dumps(uvloop.run(drive(host, port, plans, pace))))


if __name__ == "__main__":
    main()
