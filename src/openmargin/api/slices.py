"""Long lists, made some rows at a time: the loop that makes them serves everybody else as well."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

Item = TypeVar("Item")
Row = TypeVar("Row")

SLICE: Final = 100
"""So many rows take a few milliseconds at most."""


async def in_slices(
    items: Sequence[Item], rows_of: Callable[[Sequence[Item]], Awaitable[list[Row]]]
) -> list[Row]:
    """What `rows_of` makes of the items. Each slice is of one moment, and others may act between two."""
    rows: list[Row] = []
    for first in range(0, len(items), SLICE):
        if first:
            await asyncio.sleep(0)
        rows += await rows_of(items[first : first + SLICE])
    return rows
