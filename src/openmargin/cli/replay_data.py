"""Real market data, played again: `openmargin replay-data`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openmargin.cli.common import refuse


def replay_data(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…", help="Klines, trades or aggTrades as Binance publishes them: .csv or .zip."
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The exchange to play them to; one is made there if none is.",
            show_default="memory",
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="The venue of a new exchange.")
    ] = None,
    symbol: Annotated[
        str, typer.Option(help="Of which symbol the files are, where their names do not say it.")
    ] = "",
    speed: Annotated[
        float, typer.Option(min=0.0, help="How many times as fast as it happened; 0 for as fast as it goes.")
    ] = 0.0,
    skip_damaged: Annotated[
        bool,
        typer.Option("--skip-damaged", help="Pass over damaged lines, and say which, instead of stopping."),
    ] = False,
) -> None:
    """Play real market data to an exchange that is not being served."""
    from openmargin.config import ConfigError, load_venue
    from openmargin.journal.record import JournalDamaged
    from openmargin.lab.replay.command import replay_files
    from openmargin.lab.replay.files import BadData
    from openmargin.runtime.errors import StartRefused
    from openmargin.runtime.recovery import DecidesDifferently

    try:
        rules = load_venue(config)
        report = replay_files(files, data, rules, symbol=symbol, speed=speed, skips_damaged=skip_damaged)
    except (ConfigError, StartRefused, JournalDamaged, DecidesDifferently, BadData) as refusal:
        refuse(str(refusal))
    typer.echo(report)
