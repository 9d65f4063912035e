"""Scenarios: `openmargin run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openmargin.cli.common import refuse


def run(
    scenario: Annotated[
        str | None, typer.Argument(metavar="[FILE.toml|NAME]", help="None shows what comes with the package.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write the report there too, with curves.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the journal, for `verify` and `serve --data`.")
    ] = None,
) -> None:
    """Play a scenario: accounts, what happens to them, and what must come of it. Fails where something else does."""
    from openmargin.runtime.errors import StartRefused
    from openmargin.scenarios.reading import ScenarioError, load, shipped
    from openmargin.scenarios.report import lines
    from openmargin.scenarios.running import run as play

    try:
        if scenario is None:
            for name in shipped():
                typer.echo(f"openmargin run {name:<24}{load(name).title}")
            return
        loaded = load(scenario)
    except ScenarioError as problem:
        refuse(str(problem))
    try:
        report = play(loaded, keep)
    except (ScenarioError, StartRefused) as problem:
        refuse(f"{scenario}: {problem}")
    for line in lines(report):
        typer.echo(line)
    if html is not None:
        from openmargin.scenarios.html_report import page

        try:
            html.write_text(page(report), encoding="utf-8")
        except OSError as problem:
            refuse(f"the report cannot be written: {problem}")
        typer.echo(f"report: {html}")
    if not report.passed:
        raise typer.Exit(1)
