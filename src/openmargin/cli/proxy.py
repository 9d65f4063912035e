"""A stand-in for the real hosts: `openmargin proxy`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from openmargin.cli.common import refuse


def proxy(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8788,
    host: Annotated[str, typer.Option(help="Address of this machine to listen on.")] = "127.0.0.1",
    exchange: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where `openmargin serve` answers HTTP.")
    ] = "http://127.0.0.1:8787",
) -> None:
    """Answer the real exchange's hosts from a local one, for bots whose addresses are fixed; reach no other host."""
    import logging
    from urllib.parse import urlsplit

    from openmargin.runtime.errors import StartRefused
    from openmargin.server.certificates import EXCHANGE_DOMAINS, load_or_create_authority
    from openmargin.server.proxy import run_proxy

    parts = urlsplit(exchange)
    try:
        port_there = parts.port or 80
    except ValueError:
        port_there = 0
    if parts.scheme != "http" or not parts.hostname or not port_there:
        refuse(f"--exchange {exchange} is no address such as http://127.0.0.1:8787")
    if parts.hostname.rstrip(".").endswith(EXCHANGE_DOMAINS):
        refuse(f"{parts.hostname} is the real exchange, and nothing is ever forwarded to it")
    logging.basicConfig(level="WARNING", format="%(message)s")
    try:
        run_proxy(host, port, (parts.hostname, port_there), load_or_create_authority(os.environ))
    except StartRefused as refusal:
        refuse(str(refusal))
