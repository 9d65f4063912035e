"""The documentation of the configuration file, generated from the Structs that read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, cast

from msgspec import NODEFAULT, inspect

from openmargin.config.settings import Settings
from openmargin.config.toml_struct import unwrap, written
from openmargin.domain.venue import Venue

_INTRODUCTION: Final = """\
# The configuration file

`openmargin serve --config FILE.toml` reads the venue's rules from a file of TOML, or of JSON where its name ends in
`.json`. It becomes the first record of the journal, so an exchange never reads it again: a changed file is a change of
the rules, and has to be accepted as one.

- `extends = "default"` starts from the venue that comes with the program. Say only what differs: tables are merged,
  and entries of `assets` and `symbols` are matched by their names; other lists are replaced.
- `[defaults.assets]` and `[defaults.symbols]` hold what every entry says unless it says otherwise.
- Decimals are strings (`"0.001"`) with at most eight places; an unknown key is refused.
- `[server]` says how to serve; it is no part of the venue, and the command line wins over it.
"""


def venue_schema_markdown() -> str:
    """The page that explains every key of a configuration file."""
    parts = [_INTRODUCTION]
    seen: set[type] = set()
    for title, kind in (("The venue", Venue), ("`[server]`", Settings)):
        parts += _sections(title, cast(inspect.StructType, inspect.type_info(kind)), seen)
    return "\n".join(parts).rstrip()


def _sections(title: str, kind: inspect.StructType, seen: set[type]) -> Iterator[str]:
    """A table for this Struct, and one for each Struct within it that had none yet."""
    seen.add(kind.cls)
    yield f"## {title}\n\n{_first_line(kind.cls)}\n"
    yield "| key | type | default | meaning |\n|---|---|---|---|"
    for field in kind.fields:
        cells = (f"`{field.name}`", _type_name(field.type), _default(field), _description(field))
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""
    for field in kind.fields:
        inner = _struct_in(field.type)
        if inner is not None and inner.cls not in seen:
            yield from _sections(f"`{field.name}`", inner, seen)


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").partition("\n")[0]


def _struct_in(kind: inspect.Type) -> inspect.StructType | None:
    bare, _ = unwrap(kind)
    if isinstance(bare, inspect.VarTupleType):
        return _struct_in(bare.item_type)
    return bare if isinstance(bare, inspect.StructType) else None


def _description(field: inspect.Field) -> str:
    """What the field's own words say, or else those of the Struct that it holds."""
    kind = field.type
    while isinstance(kind, inspect.Metadata):
        schema = cast("dict[str, str]", kind.extra_json_schema or {})  # pyright: ignore[reportUnknownMemberType]
        if "description" in schema:
            return schema["description"]
        kind = kind.type
    inner = _struct_in(kind)
    return _first_line(inner.cls) if inner else ""


def _default(field: inspect.Field) -> str:
    if field.required:
        return "required"
    value = cast(object, field.default)
    assert value is not NODEFAULT, f"{field.name}: give it a plain default, so that it can be shown"
    if value is None or _struct_in(field.type):
        return ""
    toml = written(field.type, value)
    return (
        f"`{str(toml).lower() if isinstance(toml, bool) else toml}`".replace("'", '"') if toml != "" else ""
    )


def _type_name(kind: inspect.Type) -> str:
    bare, is_decimal = unwrap(kind)
    if is_decimal:
        return "decimal"
    match bare:
        case inspect.StrType():
            return "string"
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            return "integer"
        case inspect.FloatType():
            return "number"
        case inspect.DateTimeType():
            return "time"
        case inspect.EnumType(cls=enum):
            return " or ".join(f'`"{name}"`' for name in enum.__members__)
        case inspect.LiteralType(values=values):
            return " or ".join(f'`"{value}"`' for value in values)
        case inspect.StructType():
            return "table"
        case inspect.VarTupleType(item_type=item):
            return f"list of: {_type_name(item)}"
        case inspect.UnionType(types=types):
            return " or ".join(_type_name(part) for part in types if not isinstance(part, inspect.NoneType))
        case _:
            raise TypeError(f"the documentation has no word for {bare}: add it above")
