"""Rules of an exchange: `openmargin venue`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openmargin.cli.common import refuse

group = typer.Typer(help="The rules that an exchange runs by.", no_args_is_help=True)


@group.command()
def schema() -> None:
    """Print the page that explains every key of a configuration file."""
    from openmargin.config.schema import venue_schema_markdown

    typer.echo(venue_schema_markdown())


@group.command(name="import")
def import_answers(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…",
            help="Saved answers: exchangeInfo, allPairs, isolated/allPairs, allAssets, crossMarginData,"
            " isolatedMarginTier, crossMarginCollateralRatio, ticker/price.",
        ),
    ],
    name: Annotated[str, typer.Option(help="What to call the venue.")] = "imported",
    out: Annotated[
        Path, typer.Option(metavar="FILE.json", help="Where to write it, for `serve --config`.")
    ] = Path("venue.json"),
) -> None:
    """Make a venue of a real exchange's public answers, saved as JSON files."""
    import msgspec

    from openmargin.config import ConfigError
    from openmargin.config.venue_import import import_venue

    try:
        imported = import_venue(files, name)
    except ConfigError as refusal:
        refuse(str(refusal))
    out.write_bytes(msgspec.json.format(msgspec.json.encode(imported.tables), indent=1) + b"\n")
    for remark in imported.remarks:
        typer.echo(remark, err=True)
    typer.echo(f"symbols: {imported.symbols}\nnext: openmargin serve --config {out}")
