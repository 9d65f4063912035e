"""An application that bookmarks itself, goes on, and is killed in the middle of going back.

    python -m tests.crash.killed_swap DIR OCCURRENCE

The kill comes when that many steps towards another timeline stand before their last move.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from openmargin.config import Settings
from openmargin.domain.commands import CreateAccount
from openmargin.main import build
from openmargin.runtime.phases import Phase


class Killer:
    def __init__(self, occurrence: int) -> None:
        self._left = occurrence

    def __call__(self, phase: Phase) -> None:
        if phase is Phase.IN_SWAP:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


async def main(directory: str, occurrence: int) -> None:
    settings = Settings(data=directory, clock="virtual")
    _, application = await build(settings, at=Killer(occurrence))
    stage = application.stage
    await stage.exchange.submit(CreateAccount("before"))
    say(stage.timeline, stage.exchange.state_hash())
    await stage.keep("calm")
    await stage.exchange.submit(CreateAccount("after"))
    say(stage.timeline, stage.exchange.state_hash())
    await stage.restore("calm", "second")
    say(stage.timeline, stage.exchange.state_hash())
    os.kill(os.getpid(), signal.SIGKILL)


def say(timeline: str, state: tuple[int, str, int]) -> None:
    print(timeline, state[0], state[1], flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
