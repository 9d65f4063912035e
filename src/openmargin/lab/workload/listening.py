"""What people do about streams of their accounts: ask for names, keep them, forget them, end them."""

from __future__ import annotations

import random
from typing import Final

from openmargin.domain.commands import AnyCommand, CloseListenKey, KeepListenKey, OpenListenKey
from openmargin.domain.enums import UserStream
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.lab.workload.crowd import ACCOUNTS, Window

_ODDS: Final = 0.004


class Ears:
    """A crowd beside the crowd. It has chances of its own, so that what else happens does not depend on it."""

    def __init__(self, seed: int, window: Window) -> None:
        self._chance = random.Random(f"{seed} listens")
        self._window = window
        self._nonces: dict[tuple[int, Scope, UserStream], int] = {}

    def draw(self) -> AnyCommand | None:
        """What somebody asks about a stream; mostly nobody asks anything."""
        chance = self._chance
        if chance.random() > _ODDS:
            return None
        account = chance.randint(1, ACCOUNTS)
        scopes = [CROSS, CROSS, SPOT, *(scope for owner, scope in self._window.scopes() if owner == account)]
        scope = chance.choice(scopes)
        stream = chance.choice(tuple(UserStream)) if scope == CROSS else UserStream.TRADE
        signature = chance.choice(("", "", "", "reader")), 0
        nonce = self._nonces.get((account, scope, stream), 1)
        luck = chance.random()
        if luck < 0.25:
            return KeepListenKey(account, *signature, scope, stream, nonce)
        if luck < 0.45:
            return CloseListenKey(account, *signature, scope, stream, chance.choice((0, nonce)))
        nonce = chance.randrange(1, 1 << 62)
        self._nonces[account, scope, stream] = nonce
        return OpenListenKey(account, *signature, scope, stream, nonce)
