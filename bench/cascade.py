"""(f) The crash of docs/stories.md over a served exchange: what 64 clients wait for their orders while it goes on.

Each places an order that rests and then cancels all that it has open, ten requests a second, each durable before its
answer. First a while without a crash, then through it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

import msgspec

from bench.crash_server import Client, Outcome, Ready
from bench.engine import is_compiled
from bench.wire import Load
from openmargin.lab.stories.crash_market import STEPS

CLIENTS = 64
PACE_MS = 100
CALM_SECONDS = 5
STEP_MS = 200
"""The virtual hour goes by in twelve seconds: a step of a minute each."""


def requests(host: str, client: Client, seconds: float) -> list[bytes]:
    """An order, and the cancel of all, again and again; signed beforehand, with a wide window."""
    place = "POST", "/sapi/v1/margin/order"
    cancel = "DELETE", "/sapi/v1/margin/openOrders"
    found: list[bytes] = []
    for number in range(int(seconds * 1_000 / PACE_MS)):
        method, path = cancel if number % 2 else place
        text = "symbol=BTCUSDT"
        if number % 2 == 0:
            text += f"&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price={20_000 + number}"
        text += f"&recvWindow=60000&timestamp={int(time.time() * 1_000)}"
        signature = hmac.new(client.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        found.append(
            f"{method} {path}?{text}&signature={signature} HTTP/1.1\r\nHost: {host}\r\n"
            f"X-MBX-APIKEY: {client.api_key}\r\nContent-Length: 0\r\n\r\n".encode()
        )
    return found


def begin_load(ready: Ready, seconds: float) -> subprocess.Popen[str]:
    host = ready.address.removeprefix("http://")
    process = subprocess.Popen(
        (sys.executable, "-m", "bench.load", *host.split(":"), str(PACE_MS)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    plans = [requests(host, client, seconds) for client in ready.clients]
    lines = "\n".join(json.dumps([base64.b64encode(request).decode() for request in plan]) for plan in plans)
    assert process.stdin is not None
    process.stdin.write(lines)
    process.stdin.close()
    return process


def end_load(process: subprocess.Popen[str]) -> Load:
    assert process.stdout is not None
    seen = msgspec.json.decode(process.stdout.read(), type=Load)
    process.wait()
    return seen


def line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline()


def shown(what: str, seen: Load) -> str:
    return (
        f"  {what:16} p50 {seen.p50_us / 1e3:6.2f} ms  p99 {seen.p99_us / 1e3:6.2f} ms"
        f"  longest {seen.max_us / 1e3:6.1f} ms  {seen.statuses} {seen.failure}"
    )


def run(seed: int = 1) -> None:
    """Print what the clients waited, without the crash and within it."""
    with tempfile.TemporaryDirectory() as name:
        arguments = (Path(name) / "data", seed, CLIENTS, STEP_MS)
        server = subprocess.Popen(
            (sys.executable, "-m", "bench.crash_server", *map(str, arguments)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdin is not None
        ready = msgspec.json.decode(line(server.stdout), type=Ready)
        calm = end_load(begin_load(ready, CALM_SECONDS))
        clients = begin_load(ready, STEPS * STEP_MS / 1_000)
        time.sleep(0.5)  # They read their plans.
        print("go", file=server.stdin, flush=True)
        outcome = msgspec.json.decode(line(server.stdout), type=Outcome)
        seen = end_load(clients)
        server.stdin.close()
        server.wait()
    build = "compiled" if is_compiled() else "plain Python"
    print(f"cascade: {CLIENTS} clients, {1_000 // PACE_MS} requests a second each, seed {seed} ({build})")
    print(shown("no crash", calm))
    print(shown("during the crash", seen))
    print(
        f"  the crash took {outcome.seconds:.1f} s ({outcome.cpu:.1f} s of processor): {outcome.ended} liquidations, {outcome.most_at_once} at once,"
        f" {outcome.forced_orders} forced orders"
    )
