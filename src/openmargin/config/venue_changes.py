"""What differs between two venues, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from openmargin.config.toml_struct import is_table, write
from openmargin.domain.venue import Venue


def venue_changes(old: Venue, new: Venue) -> list[str]:
    """One line for each value that differs, such as `symbols.BTCUSDT.tick_size: 0.01 -> 0.1`."""
    if old == new:  # Mostly; and thousands of symbols take seconds to write out.
        return []
    before, after = dict(_values("", write(old))), dict(_values("", write(new)))
    return [
        f"{path}: {before.get(path, 'absent')} -> {after.get(path, 'absent')}"
        for path in (*before, *(path for path in after if path not in before))
        if before.get(path) != after.get(path)
    ]


def _values(path: str, value: object) -> Iterator[tuple[str, str]]:
    """Every single value under `path`; entries of lists go by their names where they have one."""
    if is_table(value):
        for key, item in value.items():
            yield from _values(f"{path}.{key}" if path else key, item)
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[object]", value)):
            yield from _values(f"{path}.{_entry_name(item, index)}", item)
    else:
        yield path, str(value).lower() if isinstance(value, bool) else str(value)


def _entry_name(item: object, index: int) -> object:
    return item.get("name", index) if is_table(item) else index
