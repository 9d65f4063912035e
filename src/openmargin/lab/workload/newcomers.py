"""Who comes from elsewhere with debts: what `openmargin account import` asks, now and then of people who have traded."""

from __future__ import annotations

import random
from typing import Final

from openmargin.domain.commands import AnyCommand, SeedDebt
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.money import E8
from openmargin.lab.workload.crowd import ACCOUNTS, MOST, WORTH, Window

_ODDS: Final = 0.007
_RUINED: Final = (1, 2, 4)
"""Who may come to more than can ever be paid: those with special keys, for a bankruptcy leaves them a loan."""


class Newcomers:
    """A crowd beside the crowd, with chances of its own."""

    def __init__(self, seed: int, window: Window) -> None:
        self._chance = random.Random(f"{seed} brings debts")
        self._window = window

    def draw(self) -> AnyCommand | None:
        """A debt that somebody brings along; mostly nobody does."""
        if self._chance.random() > _ODDS:
            return None
        if self._chance.random() < 0.2:
            asset = self._chance.choice(("BTC", "USDT"))
            worth = self._chance.randrange(20_000, 100_000)
            return SeedDebt(self._chance.choice(_RUINED), CROSS, asset, worth * E8 // WORTH.get(asset, 1), 0)
        account, scope = self._who()
        asset = self._asset(scope)
        principal, interest = self._amounts(asset)
        return SeedDebt(account, scope, asset, principal, interest)

    def _who(self) -> tuple[int, Scope]:
        luck = self._chance.random()
        if luck < 0.1:
            return self._chance.choice(((0, CROSS), (99, CROSS), (1, SPOT), (1, "NOPE"), (2, "ETHUSDT")))
        liquidating = self._window.liquidating()
        if liquidating and luck < 0.3:
            return self._chance.choice(liquidating)
        pairs = [key for key in self._window.scopes() if key[1] not in (SPOT, CROSS)]
        if pairs and luck < 0.5:
            return self._chance.choice(pairs)
        return self._chance.randint(1, ACCOUNTS), CROSS

    def _asset(self, scope: Scope) -> str:
        luck = self._chance.random()
        if luck < 0.1:
            return self._chance.choice(("NOPE", "GIFT", "ODD", "ODD"))
        if scope not in (SPOT, CROSS) and luck < 0.9:
            return self._chance.choice((scope[:3], scope[3:]))
        return self._chance.choice(("BTC", "ETH", "BNB", "USDT", "USDT"))

    def _amounts(self, asset: str) -> tuple[int, int]:
        """Principal and interest: mostly what an account can bear, at times more than the pool has."""
        pick = self._chance.choice
        principal = self._chance.randrange(1, pick((20, 1_000, 9_000))) * E8 // WORTH.get(asset, 1)
        interest = pick((0, 0, 1, principal // 1_000, principal // 10))
        luck = self._chance.random()
        if luck < 0.15:
            return 0, pick((interest, interest + 1))
        if luck < 0.25:
            return pick(((-1, 5), (5, -1), (0, 0), (MOST, 0), (1, MOST), (10**7 * E8, 0)))
        return principal, interest
