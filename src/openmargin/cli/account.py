"""Accounts made from saved answers: `openmargin account`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openmargin.cli.common import refuse

group = typer.Typer(help="Accounts of an exchange that is not being served.", no_args_is_help=True)


@group.command(name="import")
def import_portfolio(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…",
            help="Saved answers: margin/account, margin/isolated/account, margin/openOrders, margin/openOrderList,"
            " api/v3/account, api/v3/openOrders, ticker/price.",
        ),
    ],
    data: Annotated[
        Path,
        typer.Option(metavar="DIR", help="The exchange to rebuild it in; one is made there if none is."),
    ],
    name: Annotated[str, typer.Option(help="What to call the account.")] = "imported",
    config: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="The venue of a new exchange.")
    ] = None,
    vip: Annotated[int, typer.Option(min=0, help="Its VIP level.")] = 0,
    leverage: Annotated[
        int, typer.Option(min=0, help="Its cross leverage.", show_default="as the venue says")
    ] = 0,
) -> None:
    """Rebuild a real portfolio on a new account: balances, debts and open orders."""
    from openmargin.config import ConfigError, load_venue
    from openmargin.journal.record import JournalDamaged
    from openmargin.lab.portfolio.answers import Unreadable
    from openmargin.lab.portfolio.command import import_account
    from openmargin.runtime.errors import StartRefused
    from openmargin.runtime.recovery import DecidesDifferently

    try:
        rules = load_venue(config)
        made, remarks = import_account(files, data, rules, name, vip=vip, leverage=leverage)
    except (ConfigError, Unreadable, StartRefused, JournalDamaged, DecidesDifferently) as refusal:
        refuse(str(refusal))
    for remark in remarks:
        typer.echo(remark, err=True)
    typer.echo(made)
