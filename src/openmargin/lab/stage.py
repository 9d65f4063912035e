"""The exchange that an address leads to, which may be another one tomorrow.

Owns: bookmarks, the timelines that begin at them, and the swap from one to another.
Never: loses what was acknowledged: the old timeline ends as at a clean stop, with everything that it accepted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from msgspec import Struct

from openmargin.runtime.exchange import Exchange
from openmargin.runtime.recovery import freeze_what_was_loaded
from openmargin.runtime.shelf import Bookmark, Resume, Shelf, Start, bookmark_of
from openmargin.runtime.snapshot_archive import pack, unpack

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

_CALM_SECONDS: Final = 2.0
"""How long after a swap the collector looks for what the old exchange left: everybody waits for it."""


def is_of_lab(path: str) -> bool:
    """Is a request to that path the lab's?"""
    return path == "/lab" or path.startswith("/lab/")


class Place(Struct, frozen=True):
    """An exchange, and who answers for it."""

    exchange: Exchange
    gateway: Asgi
    lab: Asgi

    def answer(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Hand a request to the lab or to the gateway."""
        if is_of_lab(scope["path"]):
            return self.lab(scope, receive, send)
        return self.gateway(scope, receive, send)


class Stage:
    """Where one exchange is served, and others in its place."""

    def __init__(
        self,
        shelf: Shelf,
        exchange: Exchange,
        open_start: Callable[[Start], Awaitable[Exchange]],
        furnish: Callable[[Exchange, Stage], Place],
    ) -> None:
        """`open_start` opens a timeline as this exchange was opened; `furnish` makes what answers for one."""
        self._shelf = shelf
        self._open_start = open_start
        self._furnish = furnish
        self._changing = asyncio.Lock()
        self._leaving: asyncio.Task[None] | None = None
        self._calm: asyncio.TimerHandle | None = None
        self.timeline: str = shelf.current
        self.place: Place = furnish(exchange, self)

    @property
    def shelf(self) -> Shelf:
        return self._shelf

    @property
    def exchange(self) -> Exchange:
        """Whichever is served now."""
        return self.place.exchange

    async def keep(self, name: str) -> Bookmark:
        """Give the present a name. Raises ShelfRefused, AdvanceRuns, Unavailable or Draining."""
        async with self._changing:
            timeline, exchange = self.timeline, self.exchange

            def put(snapshot: Any, storage: Any) -> Bookmark:
                at_ms = exchange.live.last_record_ms
                bookmark = bookmark_of(name, timeline, at_ms, snapshot)
                self._shelf.keep(bookmark, snapshot, storage)
                return bookmark

            return await exchange.while_still(put)

    async def remove(self, name: str) -> Bookmark:
        """Take a bookmark away. Raises ShelfRefused."""
        async with self._changing:
            return await asyncio.to_thread(self._shelf.remove, name)

    async def pack(self, name: str, target: Path) -> Bookmark:
        """Write a bookmark into one file. Raises ShelfRefused or OSError."""

        def packed() -> Bookmark:
            with self._shelf.directory_for(name) as directory:
                return pack(directory, target)

        async with self._changing:
            return await asyncio.to_thread(packed)

    async def unpack(self, name: str, source: Path) -> Bookmark:
        """Put the bookmark of a file on the shelf, after every check. Raises ShelfRefused."""

        def unpacked() -> Bookmark:
            return self._shelf.add(name, lambda directory: _unpacked(source, directory, name))

        async with self._changing:
            return await asyncio.to_thread(unpacked)

    async def load(self, name: str) -> Resume:
        """A bookmark as an exchange in memory can go on from it. Raises ShelfRefused."""
        async with self._changing:
            return await asyncio.to_thread(self._shelf.load, name)

    async def fork(self, name: str, timeline: str) -> Start:
        """Make a timeline that begins at a bookmark, and is served by nobody yet. Raises ShelfRefused."""
        async with self._changing:
            return await asyncio.to_thread(self._shelf.begin, name, timeline)

    async def restore(self, name: str, timeline: str) -> Exchange:
        """Make a timeline that begins at a bookmark, and serve it. Raises ShelfRefused."""
        return await self._uninterrupted(lambda: self._shelf.begin(name, timeline))

    async def switch(self, timeline: str) -> Exchange:
        """Serve a timeline that is there already. Raises ShelfRefused."""
        return await self._uninterrupted(lambda: self._shelf.find(timeline))

    async def end(self, timeline: str) -> None:
        """Take a timeline away that is not served. Raises ShelfRefused."""
        async with self._changing:
            await self._left()
            await asyncio.to_thread(self._shelf.end, timeline)

    async def close(self) -> None:
        """Close whichever exchange is served."""
        async with self._changing:
            if self._calm is not None:
                self._calm.cancel()
            await self._left()
            await self.exchange.close()

    async def _left(self) -> None:
        """Wait until the exchange before this one is closed, and its directory free."""
        if self._leaving is not None:
            await asyncio.wait([self._leaving])

    async def _uninterrupted(self, begin: Callable[[], Start]) -> Exchange:
        """A swap that has begun is ended without whoever asked for it: half of one is nothing anybody wants."""
        return await asyncio.shield(asyncio.get_running_loop().create_task(self._swap(begin)))

    async def _swap(self, begin: Callable[[], Start]) -> Exchange:
        async with self._changing:
            await self._left()
            old = self.exchange
            start = await asyncio.to_thread(begin)
            if start.timeline == self.timeline:
                return old
            new = await self._open_start(start)
            try:
                if old.clock.speed and old.clock.is_virtual:
                    await new.run_at(old.clock.speed)
                # From here on the next start serves the new timeline, and so do we.
                await asyncio.to_thread(self._shelf.make_current, start.timeline)
            except BaseException:
                await new.close()
                raise
            self.timeline = start.timeline
            self.place = self._furnish(new, self)
            # What it accepted it answers; nobody else has to wait until it has put everything away.
            self._leaving = asyncio.create_task(old.close(beside_another=True))
        self._collect_later()
        return new

    def _collect_later(self) -> None:
        if self._calm is not None:
            self._calm.cancel()
        self._calm = asyncio.get_running_loop().call_later(_CALM_SECONDS, freeze_what_was_loaded)


def _unpacked(source: Path, directory: Path, name: str) -> None:
    unpack(source, directory, name)
