"""What was kept, checked and printed: `openmargin verify`, `openmargin journal`."""

from __future__ import annotations

from typing import Annotated

import typer

from openmargin.cli.common import Directory, refuse, show_progress


def verify(directory: Directory) -> None:
    """Replay the journal from its beginning, and hold against it everything else that is kept."""
    from openmargin.runtime.errors import StartRefused
    from openmargin.runtime.verify import verify as run

    try:
        report = run(directory, show_progress)
    except StartRefused as refusal:
        refuse(str(refusal))
    for problem in report.problems:
        typer.echo(problem, err=True)
    if not report.is_sound:
        refuse(f"{directory} is not sound: {len(report.problems)} problems after {report.records} records")
    typer.echo(f"sound: {report.records} records")
    typer.echo(f"stateHash   {report.event_chain} (running hash of events, as /lab/state shows it)")
    typer.echo(f"full state  {report.state_hash} (hash of balances, books and all else at the end)")


def journal(
    directory: Directory,
    last: Annotated[int | None, typer.Option(min=1, help="Only so many.", show_default="all")] = None,
) -> None:
    """Replay the journal, and print each record with what came of it."""
    from openmargin.journal.record import JournalDamaged
    from openmargin.runtime.errors import StartRefused
    from openmargin.runtime.recovery import DecidesDifferently
    from openmargin.sdk.replaying import entries, last_entries

    try:
        for entry in entries(directory) if last is None else last_entries(directory, last):
            typer.echo(entry)
    except (StartRefused, JournalDamaged, DecidesDifferently) as refusal:
        refuse(str(refusal))
