"""How to serve: what the operator chooses that is no rule of the venue.

A file's `[server]` table says these, and the command line wins over the file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, structs

from openmargin.config.toml_struct import Problem, Table, Unreadable, is_table, read
from openmargin.config.venue_file import SERVER, ConfigError, read_tables

SPEED_MAX: Final = 1_000_000
"""Eleven days a second: above it, even hours would come faster than any machine can work them off."""
MEMORY: Final = ":memory:"
"""The data directory that is none: everything is forgotten at the end."""


def _means(description: str) -> Meta:
    return Meta(description=description)


class Settings(Struct, frozen=True, kw_only=True):
    """Everything about serving that can be chosen."""

    host: Annotated[str, _means("Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to listen on; 0 takes any free one.")] = 8787
    data: Annotated[
        str,
        _means(
            'Directory to keep the exchange in; ":memory:" for none, empty for the user\'s data directory.'
        ),
    ] = ""
    tls: Annotated[
        bool, _means("Answer HTTPS, with a certificate of an authority made for this user, instead of HTTP?")
    ] = False
    clock: Annotated[
        Literal["wall", "virtual"], _means("Does the machine's time count, or one that `/lab/clock` moves?")
    ] = "wall"
    speed: Annotated[
        float,
        Meta(
            ge=0,
            le=SPEED_MAX,
            description="How many times faster than the machine's the virtual clock runs; 0 where it stands still.",
        ),
    ] = 0.0
    start: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        _means("Where the virtual clock of a new exchange starts; the host's time where absent."),
    ] = None
    market: Annotated[
        Literal["house", "none"] | None,
        _means("Does the house quote, or are the books empty? As the venue says where absent."),
    ] = None
    seed: Annotated[
        Annotated[int, Meta(ge=0)] | None, _means("Seed of all chance of a new exchange; 1 where absent.")
    ] = None
    virtual_walk_ms: Annotated[
        int,
        Meta(ge=0, description="Virtual milliseconds between two steps of the index walk; 0 for no walk."),
    ] = 0
    timestamp_policy: Annotated[
        Literal["either", "exchange"],
        _means(
            "On the virtual clock: may a signed timestamp fit the machine's clock, or the time that a client was told"
            " and the machine's since then, instead of the exchange's?"
        ),
    ] = "either"
    snapshot_every: Annotated[int, Meta(ge=1, description="Journal records between two snapshots.")] = 100_000
    memory_history_rows: Annotated[
        int, Meta(ge=1, description='Rows of history that ":memory:" keeps; the oldest closed ones go first.')
    ] = 1_000_000
    lab_hosts: Annotated[
        tuple[str, ...],
        _means(
            "Names, besides those of this machine, by which the lab may be called, and from whose pages; `*` lets"
            " every page in that a browser here shows."
        ),
    ] = ()
    worlds_max: Annotated[
        int, Meta(ge=0, le=10_000, description="Worlds (`/w/NAME/`) that there may be at once.")
    ] = 64
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], _means("What is worth a line on standard error.")
    ] = "warning"

    @property
    def directory(self) -> Path | None:
        """Where the exchange is kept, or None where it is not."""
        if self.data == MEMORY:
            return None
        return Path(self.data).expanduser() if self.data else default_directory()


def default_directory() -> Path:
    """The user's data directory for this program, by the XDG rules."""
    home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(home).expanduser() / "openmargin"


def load_settings(path: Path | None, chosen: dict[str, object]) -> Settings:
    """The settings of a file's `[server]` table, and over them whatever of `chosen` is not None."""
    file = str(path) if path else "the command line"
    tables = read_tables(path) if path else Table()
    table = tables.get(SERVER, Table())
    if not is_table(table):
        raise ConfigError(file, [Problem(SERVER, "it is no table", f"write [{SERVER}] above its keys")])
    try:
        settings = read(table, Settings)
    except Unreadable as unreadable:
        raise ConfigError(file, [_in_server(problem) for problem in unreadable.problems]) from None
    settings = structs.replace(settings, **{key: value for key, value in chosen.items() if value is not None})
    if problems := list(_problems(settings)):
        raise ConfigError(file, [_in_server(problem) for problem in problems])
    return settings


def _in_server(problem: Problem) -> Problem:
    return structs.replace(problem, path=f"{SERVER}.{problem.path}")


def _problems(settings: Settings) -> Iterator[Problem]:
    """Choices that would be ignored are refused instead."""
    if settings.clock == "wall":
        mend = "leave it out, or choose the virtual clock"
        if settings.start is not None:
            yield Problem("start", "the wall clock starts by itself", mend)
        if settings.speed:
            yield Problem("speed", "the wall clock has its own", mend)
        if settings.virtual_walk_ms:
            yield Problem("virtual_walk_ms", "the wall clock does not use it", mend)
