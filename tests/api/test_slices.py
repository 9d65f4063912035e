"""A long list is made in slices, and others are served between two of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from openmargin.api.slices import SLICE, in_slices


def test_others_act_between_two_slices() -> None:
    seen: list[str] = []

    async def rows_of(items: Sequence[int]) -> list[int]:
        seen.append(f"{items[0]} to {items[-1]}")
        return [-item for item in items]

    async def other() -> None:
        for _ in range(2):
            seen.append("other")
            await asyncio.sleep(0)

    async def both() -> list[int]:
        rows, _ = await asyncio.gather(in_slices(range(2 * SLICE + 1), rows_of), other())
        return rows

    assert asyncio.run(both()) == [-item for item in range(2 * SLICE + 1)]
    assert seen == ["0 to 99", "other", "100 to 199", "other", "200 to 200"]


def test_nothing_is_no_slice() -> None:
    async def rows_of(items: Sequence[int]) -> list[int]:
        raise AssertionError(f"asked for {items}")

    assert asyncio.run(in_slices([], rows_of)) == []
