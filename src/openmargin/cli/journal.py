"""What was kept, checked and printed: `openmargin verify`, `openmargin journal`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openmargin.cli.common import Directory, Timeline, refuse, show_progress


def verify(
    directory: Directory,
    timeline: Annotated[
        str, typer.Option(metavar="NAME", help="Only this one of its timelines.", show_default="all")
    ] = "",
) -> None:
    """Replay the journal from its beginning, and hold against it everything else that is kept.

    Of every timeline, each by itself.
    """
    from openmargin.runtime.errors import StartRefused
    from openmargin.runtime.shelf import DiskShelf, timeline_directory

    shelf = DiskShelf(directory)
    try:
        names, served = [timeline] if timeline else shelf.timelines(), shelf.current
    except OSError as problem:
        refuse(f"{directory} cannot be read: {problem}")
    bad = 0
    for name in names:
        if len(names) > 1:
            typer.echo(f"timeline {name}{', which is served' * (name == served)}")
        try:
            _verify(timeline_directory(directory, name))
        except StartRefused as refusal:
            typer.echo(f"openmargin: {refusal}", err=True)
            bad += 1
    if bad:
        raise typer.Exit(1)


def _verify(directory: Path) -> None:
    """Verify one timeline, and say what came of it. Raises StartRefused where it is not sound, or not to be read."""
    from openmargin.runtime.errors import StartRefused
    from openmargin.runtime.verify import verify as run

    report = run(directory, show_progress)
    for problem in report.problems:
        typer.echo(problem, err=True)
    if not report.is_sound:
        raise StartRefused(
            f"{directory} is not sound: {len(report.problems)} problems after {report.records} records"
        )
    typer.echo(f"sound: {report.records} records")
    typer.echo(f"stateHash   {report.event_chain} (running hash of events, as /lab/state shows it)")
    typer.echo(f"full state  {report.state_hash} (hash of balances, books and all else at the end)")


def journal(
    directory: Directory,
    last: Annotated[int | None, typer.Option(min=1, help="Only so many.", show_default="all")] = None,
    timeline: Timeline = "",
) -> None:
    """Replay the journal, and print each record with what came of it."""
    from openmargin.journal.record import JournalDamaged
    from openmargin.runtime.errors import StartRefused
    from openmargin.runtime.recovery import DecidesDifferently
    from openmargin.runtime.shelf import timeline_directory
    from openmargin.sdk.replaying import entries, last_entries

    try:
        place = timeline_directory(directory, timeline)
        for entry in entries(place) if last is None else last_entries(place, last):
            typer.echo(entry)
    except (StartRefused, JournalDamaged, DecidesDifferently) as refusal:
        refuse(str(refusal))
