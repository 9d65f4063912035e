"""What several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The data directory of an exchange.")]
Timeline = Annotated[
    str, typer.Option(metavar="NAME", help="Which of its timelines.", show_default="the one that is served")
]


def show_progress(done: int, total: int) -> None:
    typer.echo(f"{done} of {total} records", err=True)


def refuse(text: str) -> NoReturn:
    """One clear line, and an exit code that scripts can see."""
    typer.echo(f"openmargin: {text}", err=True)
    raise SystemExit(1)
