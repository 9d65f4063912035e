"""Worlds: independent exchanges in memory, as many as tests that run at once, behind one address.

Owns: which there are, and how many there may be.
Never: lets one see another. Each has its exchange, its rims, its limits and its snapshots.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Final

from openmargin.lab.stage import Stage
from openmargin.runtime.shelf import Resume

_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class WorldRefused(Exception):
    """There is no such world, and none is made."""

    def __init__(self, error: str, hint: str) -> None:
        super().__init__(error)
        self.error = error
        self.hint = hint


class NoSuchWorld(WorldRefused):
    """Nothing has that name, or could have it."""


class TooManyWorlds(WorldRefused):
    """There is room for no more."""


class WorldExists(WorldRefused):
    """There is one of that name already."""


class Worlds:
    """All worlds of one server."""

    def __init__(self, make: Callable[[Resume | None], Awaitable[Stage]], most: int) -> None:
        """`make` opens a new exchange in memory, or one that goes on from somewhere."""
        self._make = make
        self._making: dict[str, asyncio.Task[Stage]] = {}
        self.most: Final = most

    async def find(self, name: str) -> Stage:
        """The world of that name, made now where there is none. Raises WorldRefused."""
        task = self._making.get(name)
        if task is None:
            task = self._begin(name, None)
        # Whoever came first may have left: others wait for the same world.
        return task.result() if task.done() else await asyncio.shield(task)

    async def fork(self, name: str, resume: Resume) -> Stage:
        """Make a world that goes on from somewhere; `resume` is its own from then on. Raises WorldRefused."""
        if name in self._making:
            resume.connection.close()
            raise WorldExists(
                f'there is a world "{name}" already', "write another name, or end that one first"
            )
        return await asyncio.shield(self._begin(name, resume))

    def present(self, name: str) -> Stage | None:
        """The world of that name, where there is one and it can be spoken to."""
        task = self._making.get(name)
        return task.result() if task is not None and task.done() else None

    def names(self) -> list[str]:
        """Those that are there, by their age."""
        return [name for name, task in self._making.items() if task.done()]

    async def end(self, name: str) -> Stage:
        """Close a world and forget it. Raises WorldRefused."""
        if name not in self._making:
            raise NoSuchWorld(f'there is no world "{name}"', "GET /lab/worlds lists those that there are")
        stage = await asyncio.shield(self._making[name])
        if self._making.pop(name, None) is not None:
            await stage.close()
        return stage

    async def close(self) -> None:
        """End all of them."""
        for name in tuple(self._making):
            await self.end(name)

    def _begin(self, name: str, resume: Resume | None) -> asyncio.Task[Stage]:
        refusal = self._refusal(name)
        if refusal is not None:
            if resume is not None:
                resume.connection.close()
            raise refusal
        task = self._making[name] = asyncio.get_running_loop().create_task(self._made(name, resume))
        return task

    def _refusal(self, name: str) -> WorldRefused | None:
        if not _NAME.fullmatch(name):
            return NoSuchWorld(
                f'"{name}" is no name of a world',
                "write at most 64 letters, digits, dots, dashes and underscores",
            )
        if len(self._making) >= self.most:
            return TooManyWorlds(
                f"there are as many worlds as may be ({self.most})",
                "DELETE /lab/worlds/NAME ends one; worlds_max in the configuration says how many there may be",
            )
        return None

    async def _made(self, name: str, resume: Resume | None) -> Stage:
        try:
            return await self._make(resume)
        except BaseException:
            del self._making[name]
            raise
