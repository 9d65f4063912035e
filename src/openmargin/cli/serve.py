"""An exchange behind a socket: `openmargin serve`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from openmargin.cli.common import refuse


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0 takes any free one.", show_default="8787")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Where to keep the exchange; :memory: forgets it.",
            show_default="XDG data directory",
        ),
    ] = None,
    clock: Annotated[
        Literal["wall", "virtual"] | None,
        typer.Option(
            help="Does the machine's time count, or one that /lab/clock moves?", show_default="wall"
        ),
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            min=0, max=1_000_000, help="How fast the virtual clock runs; 0 stands still.", show_default="0"
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Where a new virtual clock starts, as 2026-01-01T00:00:00Z."),
    ] = None,
    market: Annotated[
        Literal["house", "none"] | None,
        typer.Option(help="Does the house quote, or are the books empty?", show_default="house"),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of all chance of a new exchange.", show_default="1")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="The venue and the settings; see `venue schema`.")
    ] = None,
    tls: Annotated[
        bool | None,
        typer.Option(
            "--tls", help="Answer HTTPS, with a certificate of your own authority.", show_default="HTTP"
        ),
    ] = None,
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"] | None, typer.Option(show_default="warning")
    ] = None,
    accept_venue_change: Annotated[
        bool, typer.Option("--accept-venue-change", help="Let a changed venue hold from now on.")
    ] = False,
    expose: Annotated[
        bool,
        typer.Option(
            "--expose-development-keys-to-the-network",
            help="Listen at an address that others can reach, although everybody knows the keys.",
        ),
    ] = False,
) -> None:
    """Serve an exchange."""
    from openmargin.config import ConfigError, load_settings, load_venue
    from openmargin.runtime.errors import StartRefused
    from openmargin.server.run import serve as run

    chosen: dict[str, Any] = {
        "host": host,
        "port": port,
        "data": data,
        "clock": clock,
        "speed": speed,
        "start": _moment(start),
        "market": market,
        "seed": seed,
        "log_level": log_level,
        "tls": tls,
    }
    try:
        settings = load_settings(config, chosen)
        rules = load_venue(config) if config else None
        code = run(settings, rules, accept_venue_change=accept_venue_change, expose=expose)
    except (ConfigError, StartRefused) as refusal:
        refuse(str(refusal))
    raise typer.Exit(code)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        refuse(f"--start {text} is no time with its zone: write such as 2026-01-01T00:00:00Z")
    if moment.timestamp() < 0:
        refuse(f"--start {text} lies before 1970")
    return moment
