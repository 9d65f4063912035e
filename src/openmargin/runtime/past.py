"""Questions about the past, asked in threads so that a long one holds nobody up.

A reply leaves only after its batch is on disk with its history rows, so history alone lets a caller read
what it wrote.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from openmargin.history.queries import Query
from openmargin.runtime.errors import Draining
from openmargin.runtime.storage import Storage

Answer = TypeVar("Answer")

_THREADS: Final = 2


class Past:
    """HistoryReader, awaitable."""

    def __init__(self, loop: asyncio.AbstractEventLoop, storage: Storage) -> None:
        self._loop = loop
        self._storage = storage
        self._is_closed = False
        self._threads = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="openmargin-past")

    async def fetch(self, query: Query[Answer]) -> Answer:
        """The answer to any of `openmargin.history.queries`; raises Draining when the exchange has closed."""
        if self._is_closed:
            raise Draining
        return await self._loop.run_in_executor(self._threads, self._storage.fetch, query)

    def close(self) -> None:
        self._is_closed = True
        self._threads.shutdown(wait=True)
