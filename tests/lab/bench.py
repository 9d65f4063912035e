"""A whole application in memory, spoken to over ASGI as a client would over a socket."""

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from openmargin.config import MEMORY, Settings
from openmargin.main import Application, build
from openmargin.runtime.exchange import Exchange

T = TypeVar("T")


class Served:
    """One exchange, and words to say to its lab."""

    def __init__(self, runner: asyncio.Runner, application: Application, client: httpx.AsyncClient) -> None:
        self.application = application
        self.client = client
        self._runner = runner

    @property
    def exchange(self) -> Exchange:
        """Whichever is served now."""
        return self.application.stage.exchange

    def run(self, work: Awaitable[T]) -> T:
        async def done() -> T:
            return await work

        return self._runner.run(done())

    def ask(
        self, method: str, path: str, body: object = None, content: bytes | None = None
    ) -> httpx.Response:
        return self.run(self.client.request(method, path, json=body, content=content))

    def get(self, path: str) -> httpx.Response:
        return self.ask("GET", path)

    def post(self, path: str, body: object) -> httpx.Response:
        return self.ask("POST", path, body)

    def account(self, **fields: Any) -> dict[str, Any]:
        return self.post("/lab/accounts", {"name": "ann", **fields}).json()


@contextmanager
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **settings: Any) -> Iterator[Served]:
    """An application that runs until the end of the block; nothing of it lies outside `tmp_path`."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with asyncio.Runner() as runner:
        _, application = runner.run(build(Settings(**{"data": MEMORY, **settings})))
        transport = httpx.ASGITransport(application)
        client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")
        try:
            yield Served(runner, application, client)
        finally:
            runner.run(client.aclose())
            runner.run(application.close())
