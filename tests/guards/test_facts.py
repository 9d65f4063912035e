"""Every number of every command and event is known for what it counts."""

from typing import Any, get_args, get_type_hints

from msgspec import Struct

from openmargin.domain.commands import AnyCommand, ChangeVenue, Open
from openmargin.domain.events import AnyEvent
from openmargin.sdk.facts import COUNTS, DECIMALS, MOMENTS


def numbers(of: Any, name: str, seen: set[type]) -> set[str]:
    """Names of the fields that are, or hold, plain integers."""
    if of is int:
        return {name}
    if isinstance(of, type) and issubclass(of, Struct):
        if of in seen or of in (Open, ChangeVenue):
            return set()
        seen.add(of)
        return {found for field, kind in get_type_hints(of).items() for found in numbers(kind, field, seen)}
    return {found for part in get_args(of) for found in numbers(part, name, seen)}


def test_every_number_counts_one_known_thing() -> None:
    found = numbers(AnyCommand | AnyEvent, "", set())
    assert found == DECIMALS | MOMENTS | COUNTS, (
        "openmargin/sdk/facts.py: put a new field into one of the three"
    )
    assert len(DECIMALS) + len(MOMENTS) + len(COUNTS) == len(found)
