"""What is served: `openmargin endpoints`."""

from __future__ import annotations

import typer


def endpoints() -> None:
    """Print the table of what is served under /api and /sapi."""
    from openmargin.api.docs import endpoint_table

    typer.echo(endpoint_table(), nl=False)
