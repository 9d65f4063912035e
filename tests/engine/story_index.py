"""What market stories say of prices that somebody wrote down beforehand.

script BTCUSDT: 4 moves to 120 in 4s; wait 2s; 1 move by 0.5 in 0s; stop 30s
                                    or `script BTC,ETH: ...`; moves are even, or `steeply` or `ever faster` at the end
script ends 1                       or `script ends 0`, which is all
=> index to 105, 110, 115, 120      where BTCUSDT's went, in order; or `index stays`
=> feeds BTCUSDT stopped            or `goes on`; `no feeds`
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from openmargin.domain.commands import AnyCommand, EndIndexScript, ScriptIndex
from openmargin.domain.enums import Pace, StageKind
from openmargin.domain.events import IndexFeedChanged, IndexMoved
from openmargin.domain.index_scripts import IndexStage
from openmargin.domain.money import E8, format_short

if TYPE_CHECKING:
    from tests.engine.story import Teller

PACES = {(): Pace.EVEN, ("steeply",): Pace.FAST_FIRST, ("ever", "faster"): Pace.FAST_LAST}


def command(line: str) -> AnyCommand:
    """What a line that begins with `script` asks for."""
    head, _, body = line.partition(":")
    _, *names = head.split()
    if names[0] == "ends":
        return EndIndexScript(int(names[1]))
    assets = tuple(names[0].split(","))
    stages = tuple(_stage(part.split()) for part in body.split(";"))
    if any(len(name) > 4 for name in assets):
        return ScriptIndex(names[0], (), stages)
    return ScriptIndex("", assets, stages)


def _stage(words: list[str]) -> IndexStage:
    match words:
        case [("wait" | "stop") as kind, length]:
            return IndexStage(StageKind[kind.upper()], _ms(length))
        case [number, ("move" | "moves"), ("to" | "by") as aim, value, "in", length, *pace]:
            aimed = round(float(value) * E8)
            price, ratio = (aimed, 0) if aim == "to" else (0, aimed)
            return IndexStage(StageKind.MOVE, _ms(length), int(number), price, ratio, PACES[tuple(pace)])
        case _:
            raise AssertionError(f"no stage reads like this: {words}")


def _ms(length: str) -> int:
    return round(float(length.removesuffix("s")) * 1000)


def words(teller: Teller) -> dict[str, Callable[[str], str]]:
    """What may be expected, by the words that it begins with."""

    def moves(_: str) -> str:
        prices = [
            format_short(price)
            for event in teller.having(IndexMoved)
            for symbol, price in event.prices
            if symbol == "BTCUSDT"
        ]
        return f"index to {', '.join(prices)}" if prices else "index stays"

    def feeds(_: str) -> str:
        return teller.told(
            "feeds",
            IndexFeedChanged,
            lambda e: f"{' '.join(e.symbols)} {'stopped' if e.is_stopped else 'goes on'}",
        )

    return {"index": moves, "feeds": feeds, "no feeds": feeds}
