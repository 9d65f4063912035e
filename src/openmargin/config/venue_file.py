"""The venue file: tables of TOML or JSON laid over one another, and the venue that they make.

Never: decides whether a venue is sound; `venue_rules` does.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final, TypeGuard, cast

import msgspec

from openmargin.config.toml_struct import Problem, Table, Unreadable, is_table, read
from openmargin.config.venue_rules import venue_problems
from openmargin.domain.venue import Venue

DEFAULT: Final = "default"
SERVER: Final = "server"
"""The table of a file that says how to serve the venue; it is no part of the venue."""

_NAMED: Final = ("assets", "symbols")
"""Lists whose entries have a name, by which one file's entries meet another's."""


class ConfigError(Exception):
    """A file cannot be used; the message names the file, each place in it, and how to mend it."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        super().__init__(
            "\n".join(f"{file}: {problem.path}: {problem.what}; {problem.mend}" for problem in problems)
        )


def load_venue(path: Path | None = None) -> Venue:
    """The venue of a file, or the default one; raises ConfigError where it is not sound."""
    return _default_venue() if path is None else venue_of(str(path), read_tables(path))


@cache
def _default_venue() -> Venue:
    return venue_of("the default venue", _default_tables())


def venue_of(file: str, tables: Table) -> Venue:
    """The venue that tables describe; `file` is what messages call them."""
    try:
        venue = read(_complete(file, tables), Venue)
    except Unreadable as unreadable:
        raise ConfigError(file, unreadable.problems) from None
    if problems := list(venue_problems(venue)):
        raise ConfigError(file, problems)
    return venue


def read_tables(path: Path) -> Table:
    """What a file says, as it stands: JSON where its name ends so, as imported venues do, else TOML."""
    try:
        text = path.read_text(encoding="utf-8")
        return msgspec.json.decode(text, type=Table) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        what = error.strerror or str(error)
        raise ConfigError(str(path), [Problem("the file", what, "name a file that can be read")]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), [Problem("the file", str(error), "mend the TOML there")]) from None
    except msgspec.MsgspecError as error:
        raise ConfigError(str(path), [Problem("the file", str(error), "mend the JSON there")]) from None


def _default_tables() -> Table:
    text = resources.files("openmargin.config").joinpath("default_venue.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _complete(file: str, tables: Table) -> Table:
    """The tables laid over those that they extend, with what `defaults` says filled in."""
    tables = {key: value for key, value in tables.items() if key != SERVER}
    extends = tables.pop("extends", None if tables else DEFAULT)
    if extends == DEFAULT:
        tables = laid_over(_default_tables(), tables)
    elif extends is not None:
        mend = f'write "{DEFAULT}" or leave it out'
        raise ConfigError(file, [Problem("extends", f"{extends!r} is not known", mend)])
    defaults = tables.pop("defaults", {})
    if not is_table(defaults) or not all(
        key in _NAMED and is_table(filling) for key, filling in defaults.items()
    ):
        mend = f"it may hold the tables {' and '.join(_NAMED)}"
        raise ConfigError(file, [Problem("defaults", "it holds something else", mend)])
    for key, filling in cast("dict[str, Table]", defaults).items():
        if _is_list(entries := tables.get(key)):
            tables[key] = [laid_over(filling, entry) if is_table(entry) else entry for entry in entries]
    return tables


def laid_over(below: Table, above: Table) -> Table:
    """`below` where `above` is silent. Tables are merged, and entries of named lists by their names."""
    merged = dict(below)
    for key, value in above.items():
        under = below.get(key)
        if is_table(under) and is_table(value):
            merged[key] = laid_over(under, value)
        elif key in _NAMED and _is_list(under) and _is_list(value):
            merged[key] = _merged_by_name(under, value)
        else:
            merged[key] = value
    return merged


def _merged_by_name(below: list[object], above: list[object]) -> list[object]:
    """Entries of `below` in their order, altered by those of `above`, whose others follow.

    An entry without a name, or with one that came before, is left as it is: the reader will refuse it.
    """
    known = {entry["name"]: entry for entry in below if is_table(entry) and "name" in entry}
    altered: dict[object, Table] = {}
    others: list[object] = []
    for entry in above:
        name = entry.get("name") if is_table(entry) else None
        if is_table(entry) and name in known and name not in altered:
            altered[name] = laid_over(known[name], entry)
        else:
            others.append(entry)
    return [altered.get(name, entry) for name, entry in known.items()] + others


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)
