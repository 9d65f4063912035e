"""Answers leave in one piece, in their order, and before the connection closes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from openmargin.server.protocol import JoiningTransport


class Wire:
    """A transport that remembers."""

    def __init__(self) -> None:
        self.log: list[bytes | str] = []

    def write(self, data: bytes) -> None:
        self.log.append(data)

    def close(self) -> None:
        self.log.append("closed")

    def is_closing(self) -> bool:
        return "closed" in self.log


def written(story: Callable[[Wire, JoiningTransport], None]) -> list[bytes | str]:
    """What reaches the wire when a story happens within one turn of the loop, and the same once more."""

    async def tell() -> list[bytes | str]:
        wire = Wire()
        transport = JoiningTransport(cast(Any, wire), asyncio.get_running_loop())
        for _ in range(2):
            story(wire, transport)
            await asyncio.sleep(0)
        return wire.log

    return asyncio.run(tell())


def test_what_one_turn_writes_is_one_write() -> None:
    def story(wire: Wire, transport: JoiningTransport) -> None:
        already = len(wire.log)
        transport.write(b"head ")
        transport.write(b"body")
        assert len(wire.log) == already

    assert written(story) == [b"head body", b"head body"]


def test_what_was_written_leaves_before_the_end() -> None:
    def story(_: Wire, transport: JoiningTransport) -> None:
        transport.write(b"last words")
        transport.close()

    assert written(story)[:2] == [b"last words", "closed"]


def test_a_lost_connection_is_not_written_to() -> None:
    def story(wire: Wire, transport: JoiningTransport) -> None:
        transport.write(b"nobody listens")
        wire.close()
        assert transport.is_closing()

    assert written(story) == ["closed", "closed"]
