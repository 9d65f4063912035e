"""(b) The wire: signed orders through HTTP, each durable before its answer, beside a bare hello on the same server.

Server and load generator share the machine. Every order is a limit order that rests; one account a connection.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from bench.engine import is_compiled

CONNECTIONS = {1: 3_000, 64: 40_000, 256: 40_000}
"""How many orders in all at each number of connections."""

VENUE = """\
extends = "default"

[orders]
limit_10s = 1000000
limit_day = 100000000

[[symbols]]
name = "BTCUSDT"
max_num_orders = 1000000
"""


class Load(msgspec.Struct):
    """What the generator saw."""

    seconds: float
    statuses: dict[str, int]
    p50_us: int
    p99_us: int
    max_us: int
    failure: str

    @property
    def rate(self) -> float:
        return sum(self.statuses.values()) / self.seconds


@contextmanager
def exchange(directory: Path) -> Iterator[str]:
    """A served exchange on a free port with an empty book; yields its address."""
    venue = directory / "venue.toml"
    venue.write_text(VENUE)
    command = (
        *(sys.executable, "-m", "openmargin", "serve", "--port", "0", "--market", "none"),
        *("--data", str(directory / "data"), "--config", str(venue)),
    )
    environment = {**os.environ, "OPENMARGIN_SERVER_KEY": "00" * 32}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    try:
        address = ""
        for line in process.stdout:
            address = address or (found[0] if (found := re.findall(r"http://\S+", line)) else "")
            if line.startswith("Ready"):
                break
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


@contextmanager
def hello() -> Iterator[str]:
    process = subprocess.Popen((sys.executable, "-m", "bench.hello"), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def ask_lab(address: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(
        address + path, json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def signed_orders(host: str, account: dict[str, Any], count: int, first: int) -> list[bytes]:
    """Requests as a client would send them, with the window wide enough to be signed beforehand."""
    key, secret = account["apiKey"], account["secretKey"].encode()
    now = int(time.time() * 1000)
    requests: list[bytes] = []
    for number in range(first, first + count):
        text = (
            f"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price={30000 + number % 500}"
            f"&newClientOrderId=bench-{number}&newOrderRespType=ACK&recvWindow=60000&timestamp={now}"
        )
        signature = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
        requests.append(
            f"POST /sapi/v1/margin/order?{text}&signature={signature} HTTP/1.1\r\nHost: {host}\r\n"
            f"X-MBX-APIKEY: {key}\r\nContent-Length: 0\r\n\r\n".encode()
        )
    return requests


def load(address: str, plans: list[list[bytes]]) -> Load:
    host, port = address.removeprefix("http://").split(":")
    lines = "\n".join(json.dumps([base64.b64encode(request).decode() for request in plan]) for plan in plans)
    done = subprocess.run(
        (sys.executable, "-m", "bench.load", host, port),
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=Load)


def run() -> None:
    build = "compiled" if is_compiled() else "plain Python"
    print(f"wire: durable signed orders on two processes and one disk ({build})")
    for connections, orders in CONNECTIONS.items():
        each = orders // connections
        with tempfile.TemporaryDirectory() as directory, exchange(Path(directory)) as address:
            host = address.removeprefix("http://")
            accounts = [ask_lab(address, "/lab/accounts", {"name": f"c{n}"}) for n in range(connections)]
            for account in accounts:
                deposit = {"wallet": "CROSS", "asset": "USDT", "amount": "10000000"}
                ask_lab(address, f"/lab/accounts/{account['accountId']}/deposit", deposit)
            seen = load(
                address,
                [signed_orders(host, account, each, each * n) for n, account in enumerate(accounts)],
            )
        with hello() as address:
            request = signed_orders(host, accounts[0], 1, 0)
            bare = load(address, [request * each] * connections)
        print(
            f"  {connections:4} connections {seen.rate:9,.0f} orders/s  p50 {seen.p50_us / 1000:7.2f} ms"
            f"  p99 {seen.p99_us / 1000:7.2f} ms  {seen.rate / bare.rate:5.2f}x of {bare.rate:,.0f} hellos/s"
            f"  {seen.statuses} {seen.failure}"
        )
