"""What every handler of the lab is given: the exchange, its secrets, and the place that the address names."""

from __future__ import annotations

import asyncio
from typing import Annotated

from msgspec import Meta, Struct, field

from openmargin.domain.commands import AnyCommand
from openmargin.lab.bots import Bots
from openmargin.lab.errors import refused
from openmargin.lab.faults.rules import Faults
from openmargin.lab.replay.driver import Replay
from openmargin.lab.shapes import ID_MAX
from openmargin.lab.stage import Stage
from openmargin.lab.worlds import Worlds
from openmargin.runtime.commit import Outcome
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.secrets import SecretKeeper


class Bench(Struct, frozen=True):
    """The exchange, and what the secrets of its keys are."""

    exchange: Exchange
    secrets: SecretKeeper
    stage: Stage
    """Where it is served."""
    worlds: Worlds
    """All worlds of the server, whichever of them this is."""
    changing_rules: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a changed venue is made of the present one."""
    replays: list[Replay] = field(default_factory=list[Replay])
    """The last one, if there was any."""
    bots: list[Bots] = field(default_factory=list[Bots])
    """The last ones, if there were any."""
    faults: Faults | None = None
    """What goes wrong on the wire; None where there is none."""

    async def obey(self, command: AnyCommand) -> Outcome:
        """Have a command done, with all that it brings at that moment: whoever asks next sees how that ended.

        Raises Refused, Unavailable, TimedOut or Draining.
        """
        outcome = await self.exchange.submit(command)
        if outcome.rejection is not None:
            raise refused(outcome.rejection)
        await self.exchange.caught_up()
        return outcome


class Path(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What a request's address names; a route names at most one of these."""

    account_id: Annotated[int, Meta(ge=1, le=ID_MAX)] = 1
    symbol: str = ""
    asset: str = ""
    snapshot: str = ""
    timeline: str = ""
    world: str = ""
    script_id: Annotated[int, Meta(ge=1, le=ID_MAX)] = 1
    fault_id: Annotated[int, Meta(ge=0, le=ID_MAX)] = 1
