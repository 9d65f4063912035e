"""Random markets with a judge: `openmargin simulate`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from openmargin.cli.common import refuse


def simulate(
    seed: Annotated[int, typer.Option(min=0, help="The market to play, or the first of several.")] = 0,
    seeds: Annotated[int, typer.Option(min=1, help="How many markets to play.")] = 1,
    steps: Annotated[int, typer.Option(min=1, help="Commands of each market.")] = 250,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes to share them.", show_default="one a processor")
    ] = None,
    engine_only: Annotated[
        bool, typer.Option("--engine-only", help="Without journal, disk and kills: twice as fast.")
    ] = False,
    script: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Play what a failure left instead.")
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where a failure leaves its script; what is missing is made.")
    ] = Path(),
) -> None:
    """Play random markets on an exchange that is killed again and again, judged step by step by a slow, simple twin.

    A failure prints the command that repeats it, and leaves a script, made as short as it can be, that fails alike.
    """
    from openmargin.lab.campaign import Tally, campaign, replay_script, script_of
    from openmargin.lab.simulate import Disagreement
    from openmargin.lab.simulation.script import ScriptDamaged, read

    words = " --engine-only" if engine_only else ""
    try:
        if script is not None:
            plays = read(_text_of(script))
            again = f"openmargin simulate --script {script}{words}"
            report = replay_script(plays, again, engine_only=engine_only)
            typer.echo(f"{report.steps + 1} commands agree")
            return
        tally = Tally()
        for report in campaign(
            range(seed, seed + seeds), steps, jobs or os.cpu_count() or 1, engine_only=engine_only
        ):
            tally.add(report)
            _show_market(tally.progress(seeds), is_last=tally.markets == seeds)
    except ScriptDamaged as problem:
        refuse(f"{script}: {problem}")
    except Disagreement as difference:
        typer.echo(difference, err=True)
        if script is None:
            _leave_script(script_of(difference, engine_only=engine_only), difference.seed, out, words)
        raise typer.Exit(1) from None
    typer.echo(tally)


def _leave_script(text: str, seed: int, folder: Path, words: str) -> None:
    """Write the shortened market, and say what plays it."""
    path = folder / f"simulate-seed-{seed}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as problem:
        refuse(f"the script cannot be written: {problem}")
    typer.echo(f"shorter, and fails alike: openmargin simulate --script {path}{words}", err=True)


def _show_market(progress: str, *, is_last: bool) -> None:
    """One line that counts, for somebody who watches; a log gets the end alone."""
    if sys.stderr.isatty():
        typer.echo(f"\r{progress}  ", err=True, nl=is_last)


def _text_of(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as problem:
        refuse(f"{path} cannot be read: {problem}")
