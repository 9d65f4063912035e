"""The command line: a file for each command or group of them, and here their list, in the order of `--help`.

What a command needs is imported when it runs, so that each starts as fast as it can.
"""

from __future__ import annotations

import sys

import typer

from openmargin.cli import (
    account,
    endpoints,
    explain,
    history,
    journal,
    proxy,
    replay_data,
    scenario,
    serve,
    simulate,
    snapshot,
    venue,
)
from openmargin.cli.common import refuse

app = typer.Typer(
    help="OpenMargin: the margin exchange that anyone can run.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    serve.serve,
    proxy.proxy,
    journal.verify,
    journal.journal,
    explain.explain,
    simulate.simulate,
    replay_data.replay_data,
    scenario.run,
    endpoints.endpoints,
):
    app.command()(command)
app.add_typer(account.group, name="account")
app.add_typer(history.group, name="history")
app.add_typer(venue.group, name="venue")
app.add_typer(snapshot.group, name="snapshot")


def main() -> None:
    """The `openmargin` command."""
    if sys.flags.optimize:
        refuse("assertions must stay on: start without -O and PYTHONOPTIMIZE")
    app(prog_name="openmargin")
