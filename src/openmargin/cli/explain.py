"""Reasons with their numbers: `openmargin explain`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

import typer

from openmargin.cli.common import Timeline, refuse

Answer = TypeVar("Answer")


def explain(
    place: Annotated[
        str, typer.Argument(metavar="DIR|ADDRESS", help="A data directory, or where an exchange is served.")
    ],
    account: Annotated[int, typer.Option(min=1, help="Whose levels and limits.")],
    asset: Annotated[
        str, typer.Option(help="Only loans and transfers of this one.", show_default="all")
    ] = "",
    order: Annotated[
        str, typer.Option(metavar="ID", help="Why the order of that client id was refused.")
    ] = "",
    timeline: Timeline = "",
) -> None:
    """Say why an account has its levels and limits, and what it was refused for, with the numbers."""
    from openmargin.journal.record import JournalDamaged
    from openmargin.lab.errors import Refused
    from openmargin.lab.explain import explain as of_live
    from openmargin.lab.explain_text import lines
    from openmargin.lab.explained import AccountExplained
    from openmargin.runtime.errors import StartRefused
    from openmargin.runtime.recovery import DecidesDifferently
    from openmargin.runtime.replaying import Replay
    from openmargin.runtime.shelf import timeline_directory

    try:
        if place.startswith("http"):
            if timeline:
                refuse(
                    "--timeline is for a data directory: an address answers for the timeline that is served there"
                )
            told = _asked(place, f"/lab/accounts/{account}/explain", AccountExplained)
        else:
            told = of_live(Replay(timeline_directory(Path(place), timeline)).live, account)
    except (StartRefused, JournalDamaged, DecidesDifferently, Refused, OSError) as refusal:
        refuse(str(refusal))
    for line in lines(told, asset=asset, client_order_id=order):
        typer.echo(line)


def _asked(address: str, path: str, kind: type[Answer]) -> Answer:
    """What a served exchange answers; OSError where it does not, or refuses."""
    from urllib.error import HTTPError, URLError
    from urllib.request import urlopen

    import msgspec

    try:
        with urlopen(address.rstrip("/") + path) as answer:
            return msgspec.json.decode(answer.read(), type=kind)
    except HTTPError as refusal:
        raise OSError(f"{address}{path}: {refusal.read().decode()}") from None
    except URLError as silence:
        raise OSError(f"{address} does not answer: {silence.reason}") from None
    except ValueError as wrong:
        raise OSError(f"{address} is no exchange: {wrong}") from None
