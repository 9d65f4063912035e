"""Snapshots as files: `openmargin snapshot`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openmargin.cli.common import Directory, refuse

group = typer.Typer(help="Snapshots of an exchange, as files.", no_args_is_help=True)


@group.command(name="export")
def export_snapshot(
    directory: Directory,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which of `GET /lab/snapshots`.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")],
) -> None:
    """Write a snapshot into one file, to be carried elsewhere; the exchange may be served meanwhile."""
    from openmargin.runtime.shelf import DiskShelf, ShelfRefused
    from openmargin.runtime.snapshot_archive import pack

    try:
        bookmark = pack(DiskShelf(directory).bookmark_directory(name), file)
    except (ShelfRefused, OSError) as refusal:
        refuse(str(refusal))
    typer.echo(f"{file} holds {bookmark.name}: {bookmark.seq + 1} records")


@group.command(name="import")
def import_snapshot(
    directory: Directory,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `snapshot export` wrote.")],
    name: Annotated[
        str | None, typer.Option(help="What to call it here.", show_default="the name of the file")
    ] = None,
) -> None:
    """Take a snapshot in after every check; a directory that holds no exchange begins with it."""
    from openmargin.runtime.shelf import DiskShelf, ShelfRefused
    from openmargin.runtime.snapshot_archive import unpack_into

    chosen = name or file.name.partition(".")[0]
    try:
        bookmark, is_new = unpack_into(DiskShelf(directory), directory, file, chosen)
    except (ShelfRefused, OSError) as refusal:
        refuse(str(refusal))
    typer.echo(f"{bookmark.name} is there: {bookmark.seq + 1} records, stateHash {bookmark.event_chain}")
    restore = f"POST /lab/snapshots/{bookmark.name}/restore"
    typer.echo(f"next: {f'openmargin serve --data {directory}' if is_new else restore}")
