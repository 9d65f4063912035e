"""Tables of the past: `openmargin history`."""

from __future__ import annotations

import typer

from openmargin.cli.common import Directory, Timeline, refuse, show_progress

group = typer.Typer(help="What the exchange remembers.", no_args_is_help=True)


@group.command()
def rebuild(directory: Directory, timeline: Timeline = "") -> None:
    """Fold history again from the journal; the exchange must not be served meanwhile."""
    from openmargin.journal.record import JournalDamaged
    from openmargin.runtime.errors import StartRefused
    from openmargin.runtime.recovery import DecidesDifferently
    from openmargin.runtime.refold import rebuild_history
    from openmargin.runtime.shelf import timeline_directory

    try:
        records = rebuild_history(timeline_directory(directory, timeline), show_progress)
    except (StartRefused, JournalDamaged, DecidesDifferently) as refusal:
        refuse(str(refusal))
    typer.echo(f"history is rebuilt from {records} records")
