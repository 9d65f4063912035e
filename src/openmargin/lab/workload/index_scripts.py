"""Who writes the index down beforehand: scripts, feeds that stop, and what nobody could follow."""

from __future__ import annotations

import random
from typing import Final

from openmargin.domain.commands import AnyCommand, EndIndexScript, ScriptIndex
from openmargin.domain.enums import Pace, StageKind
from openmargin.domain.index_scripts import IndexStage
from openmargin.domain.money import E8
from openmargin.lab.workload.small_venue import small_venue

_ODDS: Final = 0.009
_WRONG: Final = (
    IndexStage(StageKind.WAIT),
    IndexStage(StageKind.WAIT, -1),
    IndexStage(StageKind.STOP, 5, 1),
    IndexStage(StageKind.STOP, 5, price=E8),
    IndexStage(StageKind.MOVE, 5, 0, ratio=E8),
    IndexStage(StageKind.MOVE, 5, 6, ratio=E8),
    IndexStage(StageKind.MOVE, -1, 1, ratio=E8),
    IndexStage(StageKind.MOVE, 0, 1),
    IndexStage(StageKind.MOVE, 0, 1, E8, E8),
    IndexStage(StageKind.MOVE, 0, 1, -E8),
    IndexStage(StageKind.MOVE, 0, 1, ratio=-1),
    IndexStage(StageKind.MOVE, 0, 1, ratio=1_000 * E8 + 1),
    IndexStage(StageKind.MOVE, 200_000, 100_001, ratio=E8),
)


class Scriptwriters:
    """A crowd beside the crowd, with chances of its own."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(f"{seed} writes scripts")
        self._symbols = small_venue(house=True).symbols

    def draw(self) -> AnyCommand | None:
        """A script, or the end of one; mostly neither."""
        chance = self._chance
        if chance.random() > _ODDS:
            return None
        luck = chance.random()
        if luck < 0.12:
            return EndIndexScript(chance.choice((0, 0, 0, 1, 2, 3, 99, -1)))
        symbol, assets = chance.choice(self._symbols).name, ()
        if luck < 0.4:
            symbol, assets = "", tuple(chance.sample(("BTC", "ETH", "BNB"), chance.choice((1, 1, 2))))
        elif luck < 0.46:
            symbol, assets = chance.choice(
                (("NOPE", ()), ("", ("NOPE",)), ("", ("ODD",)), ("", ()), (symbol, ("BTC",)))
            )
        stages = [self._stage(symbol) for _ in range(chance.choice((1, 2, 2, 3)))]
        if luck > 0.93:
            stages.append(chance.choice(_WRONG))
        elif luck > 0.91:
            stages = chance.choice(([], [IndexStage(StageKind.MOVE, 0, 1, E8)]))
        return ScriptIndex(symbol, assets, tuple(stages))

    def _stage(self, symbol: str) -> IndexStage:
        chance = self._chance
        luck = chance.random()
        if luck < 0.15:
            return IndexStage(StageKind.WAIT, chance.choice((1, 500, 5_000, 60_000, 7_200_000)))
        if luck < 0.4:
            return IndexStage(StageKind.STOP, chance.choice((1, 700, 5_000, 90_000, 3_600_000)))
        lasts_ms = chance.choice((0, 0, 1, 7, 900, 4_000, 60_000))
        moves = chance.randint(1, min(max(lasts_ms, 1), 7))
        pace = chance.choice(list(Pace))
        if symbol and luck < 0.5:
            start = next((rules.start_price for rules in self._symbols if rules.name == symbol), E8)
            return IndexStage(
                StageKind.MOVE, lasts_ms, moves, start * chance.randint(80, 120) // 100, 0, pace
            )
        width = chance.choice((2, 20, 20, 60, 60, 200, 500))
        ratio = E8 * (1_000 + chance.randint(-width, width)) // 1_000
        if luck > 0.98:
            ratio = chance.choice((1, 1_000 * E8))
        return IndexStage(StageKind.MOVE, lasts_ms, moves, 0, ratio, pace)
