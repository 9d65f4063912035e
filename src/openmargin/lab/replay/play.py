"""A market's moves as commands, and an exchange of this process that they are played to.

Owns: which moves share a record, and how time is shifted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from msgspec import Struct

from openmargin.domain.commands import SetIndex
from openmargin.lab.replay.rows import Move
from openmargin.lab.replay.sequence import MarketData
from openmargin.runtime.in_process import InProcessExchange

_LOOK_EVERY: Final = 1000
"""Records between two looks at how far it has come."""
_NAP_SECONDS: Final = 0.02
"""It is not worth while to wait for less."""


class Played(Struct, frozen=True):
    """What became of data files."""

    rows: int
    records: int
    first_ms: int
    last_ms: int
    """By the exchange's clock."""
    skipped: int
    doubled: int
    remarks: tuple[str, ...]
    event_chain: str


def commands(moves: Iterable[tuple[int, str, Move]]) -> Iterator[tuple[int, SetIndex]]:
    """One command a move; what traded in one millisecond at one price on one side is one move."""
    held: tuple[int, str, Move] | None = None
    quantity = 0
    for item in moves:
        at_ms, symbol, move = item
        if held is not None:
            held_ms, held_symbol, last = held
            if (
                at_ms == held_ms
                and move.price == last.price
                and move.side is last.side
                and symbol == held_symbol
            ):
                quantity += move.quantity
                continue
            yield held_ms, _command(held_symbol, last, quantity)
        held = item
        quantity = move.quantity
    if held is not None:
        yield held[0], _command(held[1], held[2], quantity)


def _command(symbol: str, move: Move, quantity: int) -> SetIndex:
    return SetIndex(((symbol, move.price),), 0, ((symbol, quantity, move.side),))


def shift_ms(data: MarketData, now_ms: int) -> int:
    """How much later everything happens than it did: nothing, unless it would have to happen in the past."""
    return max(now_ms - data.first_ms, 0)


def play(
    exchange: InProcessExchange,
    data: MarketData,
    look: Callable[[int], None] = lambda _at_ms: None,
    speed: float = 0.0,
) -> Played:
    """Play all of it, with whatever falls due on the way; `look` is called with the moment, again and again.

    `speed` is how many times as fast as it happened; 0 for as fast as it goes. Raises BadData at a damaged line; what came before it has happened.
    """
    shift = shift_ms(data, exchange.engine.at_ms)
    records = 0
    at_ms = data.first_ms
    began = time.monotonic()
    for at_ms, command in commands(data):
        if speed:
            wait = (at_ms - data.first_ms) / 1000 / speed - (time.monotonic() - began)
            if wait > _NAP_SECONDS:
                exchange.settle()
                look(at_ms + shift)
                time.sleep(wait)
        exchange.feed(at_ms + shift, command)
        records += 1
        if records % _LOOK_EVERY == 0:
            look(at_ms + shift)
    exchange.settle()
    look(at_ms + shift)
    return Played(
        data.rows,
        records,
        data.first_ms + shift,
        at_ms + shift,
        data.skipped,
        data.doubled,
        (*data.remarks, *_left_out(data)),
        exchange.event_chain.hex(),
    )


def _left_out(data: MarketData) -> Iterator[str]:
    if data.remarks_left_out:
        yield f"and {data.remarks_left_out} more remarks"
