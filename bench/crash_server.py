"""A served exchange that lives through the crash of docs/stories.md, for `bench.cascade`.

    python -m bench.crash_server DIRECTORY SEED CLIENTS STEP_MS

Prints the clients that it made, waits for a line, lives through the crash at so many milliseconds a step, prints what
came of it, and ends when its input does. Everything is one JSON object a line.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

import msgspec
import uvloop
from msgspec import Struct

from openmargin.config import Settings
from openmargin.domain.commands import AnyCommand, CreateAccount, CreateKey, Deposit
from openmargin.domain.enums import KeyKind, Permission
from openmargin.domain.events import AccountChanged, LiquidationBegan, LiquidationEnded, OrderOpened
from openmargin.domain.ids import CROSS
from openmargin.domain.money import E8
from openmargin.lab.stories import crash_market
from openmargin.lab.stories.crash_market import MINUTE_MS
from openmargin.main import build
from openmargin.runtime.exchange import Exchange, ExchangeOptions, open_exchange
from openmargin.runtime.feed import Subscription
from openmargin.runtime.secrets import (
    MASTER_KEY_BYTES,
    MASTER_KEY_VARIABLE,
    SecretKeeper,
    generate_api_key,
)
from openmargin.server.http_server import HttpServer
from openmargin.server.listening import base_address, listen

_MASTER_KEY = bytes(MASTER_KEY_BYTES)
_PATIENCE_SECONDS = 30
"""So long the last liquidations may take when the index has come to rest."""


class Client(Struct):
    api_key: str
    secret: str


class Ready(Struct):
    """Where it serves, and to whom."""

    address: str
    clients: list[Client]


class Outcome(Struct):
    """What came of the crash."""

    seconds: float
    """From the first step of the index to the end of the last liquidation."""
    cpu: float = 0.0
    """Processor seconds of the server meanwhile."""
    began: int = 0
    ended: int = 0
    most_at_once: int = 0
    forced_orders: int = 0


async def main() -> None:
    directory, seed, clients, step_ms = Path(sys.argv[1]), *map(int, sys.argv[2:])
    os.environ[MASTER_KEY_VARIABLE] = _MASTER_KEY.hex()
    settings = Settings(data=str(directory), seed=seed)
    await open_market(directory, seed)
    exchange, application = await build(settings)
    known = [await new_client(exchange, number) for number in range(clients)]
    with listen("127.0.0.1", 0) as listener:
        ready = asyncio.Event()
        server = HttpServer(application, settings.log_level, ready.set)
        serving = asyncio.create_task(server.serve([listener]))
        await ready.wait()
        tell(Ready(base_address(listener), known))
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, sys.stdin.readline)
        tell(await live_through(exchange, seed, step_ms))
        await loop.run_in_executor(None, sys.stdin.readline)
        server.stop()
        await serving
    await exchange.close()


async def open_market(directory: Path, seed: int) -> None:
    """Let the people of the story come first: their ids start at 1, before the development accounts."""
    exchange = await open_exchange(
        ExchangeOptions(directory=directory, venue=crash_market.calm_venue(), seed=seed)
    )
    for command in crash_market.opening(seed):
        await obey(exchange, command)
    await exchange.close()


def tell(what: Struct) -> None:
    print(json.dumps(msgspec.to_builtins(what)), flush=True)


async def obey(exchange: Exchange, command: AnyCommand) -> None:
    outcome = await exchange.submit(command)
    assert outcome.rejection is None, f"{command} was refused: {outcome.rejection}"


async def new_client(exchange: Exchange, number: int) -> Client:
    made = await exchange.submit(CreateAccount(f"client {number}"))
    account_id = next(event.account_id for event in made.events if isinstance(event, AccountChanged))
    await obey(exchange, Deposit(account_id, CROSS, "USDT", 1_000_000 * E8))
    api_key = generate_api_key()
    await obey(exchange, CreateKey(account_id, api_key, KeyKind.HMAC, "", tuple(Permission), ()))
    view = exchange.live.key(api_key)
    assert view is not None
    return Client(api_key, SecretKeeper(_MASTER_KEY).secret_for(view))


async def live_through(exchange: Exchange, seed: int, step_ms: int) -> Outcome:
    """The hour, told faster: what the story does within a minute happens within a step."""
    outcome = Outcome(0.0)
    listening = exchange.subscribe()
    counting = asyncio.create_task(count(listening, outcome))
    asked: list[asyncio.Task[None]] = []
    """Nobody waits for an answer before the next step: time does not, either."""
    began, cpu = time.perf_counter(), time.process_time()
    for after_ms, command in crash_market.crash(seed):
        # The first thing of a step is due when the step is; the story begins with its first minute.
        due = began + (after_ms - MINUTE_MS) * step_ms / MINUTE_MS / 1_000
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        asked.append(asyncio.create_task(obey(exchange, command)))
    await asyncio.gather(*asked)
    async with asyncio.timeout(_PATIENCE_SECONDS):
        # Events come when they are on disk; a little later they are counted.
        while exchange.live.is_busy() or outcome.began != outcome.ended:
            await asyncio.sleep(0.01)
    outcome.seconds, outcome.cpu = time.perf_counter() - began, time.process_time() - cpu
    listening.close()
    await counting
    return outcome


async def count(listening: Subscription, outcome: Outcome) -> None:
    async for happened in listening:
        for event in happened.events:
            if isinstance(event, LiquidationBegan):
                outcome.began += 1
                outcome.most_at_once = max(outcome.most_at_once, outcome.began - outcome.ended)
            elif isinstance(event, LiquidationEnded):
                outcome.ended += 1
            elif isinstance(event, OrderOpened):
                outcome.forced_orders += event.order.spec.liquidation_id != 0


if __name__ == "__main__":
    uvloop.run(main())
