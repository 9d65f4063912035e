"""TOML tables as Structs, and Structs as TOML tables.

Owns: how a Struct is written in a file: a `DecimalE8` as a decimal string, an enum as its member's name.
Never: knows what the fields mean; a value that fits its field's type is accepted here.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from enum import Enum
from typing import Final, TypeAlias, TypeGuard, TypeVar, cast

import msgspec
from msgspec import Struct, inspect

from openmargin.domain.money import format_short, parse_e8

T = TypeVar("T", bound=Struct)

_DECIMAL: Final = re.compile(r"[0-9]+(\.[0-9]+)?")
_ATOMS_MAX: Final = 2**62
"""Records, events and snapshots hold 64 bits; half of that leaves room for the sum of two."""


Table: TypeAlias = dict[str, object]


class Problem(Struct, frozen=True):
    """Something in a file that cannot stand: where, what, and how to mend it."""

    path: str
    what: str
    mend: str


class Unreadable(Exception):
    """A table does not fit its Struct."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems


def read(table: Table, kind: type[T]) -> T:
    """The Struct that a table describes; raises Unreadable where it describes none."""
    problems: list[Problem] = []
    value = _read(inspect.type_info(kind), table, "", problems)
    if problems:
        raise Unreadable(problems)
    try:
        return msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as refusal:
        what, _, place = str(refusal).partition(" - at `$")
        path = place.strip(".`") or "the file"
        raise Unreadable(
            [Problem(path, what, "`openmargin venue schema` names the type of each key")]
        ) from None


def write(value: Struct) -> Table:
    """The table that `read` would make this Struct of, every default spelled out."""
    return cast(Table, written(inspect.type_info(type(value)), value))


def written(kind: inspect.Type, value: object) -> object:
    """One value of this type as a file writes it."""
    bare, is_decimal = unwrap(kind)
    if is_decimal:
        return format_short(cast(int, value))
    if isinstance(bare, inspect.StructType):
        return {field.name: written(field.type, getattr(value, field.name)) for field in bare.fields}
    if isinstance(bare, inspect.VarTupleType):
        return [written(bare.item_type, item) for item in cast("tuple[object, ...]", value)]
    return value.name if isinstance(value, Enum) else value


def is_table(value: object) -> TypeGuard[Table]:
    """Is it what TOML makes of a table? Its keys are strings then."""
    return isinstance(value, dict)


def unwrap(kind: inspect.Type) -> tuple[inspect.Type, bool]:
    """The type under its metadata, and whether any layer of that marks a `DecimalE8`."""
    is_decimal = False
    while isinstance(kind, inspect.Metadata):
        extra = cast("dict[str, object]", kind.extra or {})  # pyright: ignore[reportUnknownMemberType]
        is_decimal |= "decimals" in extra
        kind = kind.type
    return kind, is_decimal


def _read(kind: inspect.Type, raw: object, path: str, problems: list[Problem]) -> object:
    """`raw` as msgspec.convert takes it. Only what convert cannot know is looked at, and refused, here."""
    bare, is_decimal = unwrap(kind)
    if is_decimal:
        return _read_decimal(raw, path, problems)
    if isinstance(bare, inspect.StructType) and is_table(raw):
        return _read_struct(bare, raw, path, problems)
    if isinstance(bare, inspect.VarTupleType) and isinstance(raw, list):
        items = enumerate(cast("list[object]", raw))
        return [_read(bare.item_type, item, f"{path}[{index}]", problems) for index, item in items]
    if isinstance(bare, inspect.EnumType):
        return _read_enum(bare.cls, raw, path, problems)
    return raw


def _read_struct(
    kind: inspect.StructType, raw: Table, path: str, problems: list[Problem]
) -> dict[str, object]:
    fields = {field.name: field for field in kind.fields}
    values: dict[str, object] = {}
    for name, item in raw.items():
        item_path = f"{path}.{name}" if path else name
        if name in fields:
            values[name] = _read(fields[name].type, item, item_path, problems)
            continue
        near = get_close_matches(name, fields, n=1)
        mend = f"did you mean `{near[0]}`?" if near else "the keys here are " + ", ".join(fields)
        problems.append(Problem(item_path, "there is no such key", mend))
    return values


def _read_decimal(raw: object, path: str, problems: list[Problem]) -> int:
    if not isinstance(raw, str) or not _DECIMAL.fullmatch(raw):
        what = f"{raw!r} is no decimal string"
        problems.append(Problem(path, what, 'write digits in quotes, such as "0.05"'))
        return 0
    value = parse_e8(raw)
    if value is None:
        problems.append(Problem(path, f"{raw!r} has more than eight decimals", "round it to eight"))
        return 0
    if value > _ATOMS_MAX:
        mend = f"write at most {format_short(_ATOMS_MAX)}"
        problems.append(Problem(path, f"{raw!r} is more than a record can hold", mend))
        return 0
    return value


def _read_enum(kind: type[Enum], raw: object, path: str, problems: list[Problem]) -> object:
    if isinstance(raw, str) and raw in kind.__members__:
        return kind[raw].value
    names = ", ".join(f'"{name}"' for name in kind.__members__)
    problems.append(Problem(path, f"{raw!r} is not a known word", f"write one of {names}"))
    return raw
