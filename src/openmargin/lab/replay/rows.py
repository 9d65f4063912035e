"""What a line of a data file says: candles, trades and aggregate trades, told apart by what they hold.

Owns: the columns, both units of time, and what makes a line damaged.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Final, NamedTuple, TypeAlias

from openmargin.domain.enums import Side
from openmargin.domain.money import DECIMALS


class Kind(IntEnum):
    """The three kinds of file."""

    TRADES = 1
    AGG_TRADES = 2
    KLINES = 3


class Damaged(Exception):
    """A line that does not say what it should."""


class Move(NamedTuple):
    """One step of a market: what it traded at, and how much of it."""

    at_ms: int
    price: int
    quantity: int
    side: Side
    """Of the taker."""


class Row(NamedTuple):
    """One line: its moves, and its place among the lines of its kind."""

    first: int
    """The id of the trade, or the open time of the candle."""
    next: int
    """What the next line's `first` should be."""
    moves: tuple[Move, ...]


Parser: TypeAlias = Callable[[list[bytes]], Row]

_MICROSECONDS_FROM: Final = 100_000_000_000_000
"""As milliseconds, that is the year 5138: a larger number counts microseconds, as files from 2025 on do."""
_MS_END: Final = 4_102_444_800_000
"""2100-01-01T00:00:00Z: what comes later is no moment of a market that was."""
_DIGITS_MAX: Final = 18
_SIDES: Final = {b"true": Side.SELL, b"false": Side.BUY}
"""Was the buyer the maker? Then the taker sold."""


def split(line: bytes) -> list[bytes]:
    return line.replace(b'"', b"").split(b",")


def is_header(cells: list[bytes]) -> bool:
    """Does a line name its columns? No cell of such a line is a number."""
    return len(cells) > 1 and not any(_is_number(cell) for cell in cells)


def kind_of(cells: list[bytes]) -> Kind:
    """Which kind of file a line belongs to. Raises Damaged."""
    count = len(cells)
    if count == 12:
        return Kind.KLINES
    if count == 8:
        return Kind.AGG_TRADES
    if count == 6:
        return Kind.TRADES
    if count == 7:
        # Spot trades have a flag where aggregate trades of futures have their time.
        return Kind.TRADES if cells[5].lower() in _SIDES else Kind.AGG_TRADES
    raise Damaged(
        f"it has {count} columns: klines have 12, trades 7 (6 of futures), aggTrades 8 (7 of futures)"
    )


def trade(cells: list[bytes]) -> Row:
    """id, price, quantity, quote quantity, time, was the buyer the maker[, was it the best price]"""
    if not 6 <= len(cells) <= 7:
        raise Damaged(f"it has {len(cells)} columns, and a trade 7")
    number = _count(cells[0], "trade id")
    move = Move(_ms(cells[4], "time"), _price(cells[1], "price"), _amount(cells[2], "qty"), _side(cells[5]))
    return Row(number, number + 1, (move,))


def aggregate_trade(cells: list[bytes]) -> Row:
    """id, price, quantity, first and last trade id, time, was the buyer the maker[, was it the best price]"""
    if not 7 <= len(cells) <= 8:
        raise Damaged(f"it has {len(cells)} columns, and an aggregate trade 8")
    number = _count(cells[0], "aggregate trade id")
    move = Move(
        _ms(cells[5], "timestamp"), _price(cells[1], "price"), _amount(cells[2], "quantity"), _side(cells[6])
    )
    return Row(number, number + 1, (move,))


def candle(cells: list[bytes]) -> Row:
    """open time, open, high, low, close, volume, close time, and five more

    Its path: open, the extreme on the other side of the body, the opposite extreme, close: a rising candle falls first,
    and a falling one rises first. The four stand at the beginning, one and two thirds, and the end of its time; each
    trades a quarter of the volume, and the close what is left.
    """
    if len(cells) != 12:
        raise Damaged(f"it has {len(cells)} columns, and a candle 12")
    open_ms, close_ms = _ms(cells[0], "open time"), _ms(cells[6], "close time")
    opened, high, low, closed = (
        _price(cell, name) for cell, name in zip(cells[1:5], ("open", "high", "low", "close"), strict=True)
    )
    volume = _amount(cells[5], "volume")
    if not low <= min(opened, closed) <= max(opened, closed) <= high:
        raise Damaged("open and close do not lie between low and high")
    if close_ms < open_ms:
        raise Damaged("it closes before it opens")
    length = close_ms - open_ms
    rises = closed >= opened
    first, second = (low, high) if rises else (high, low)
    down, up = Side.SELL, Side.BUY
    quarter = volume // 4
    return Row(
        open_ms,
        close_ms + 1,
        (
            Move(open_ms, opened, quarter, up if rises else down),
            Move(open_ms + length // 3, first, quarter, down if rises else up),
            Move(open_ms + length * 2 // 3, second, quarter, up if rises else down),
            Move(close_ms, closed, volume - 3 * quarter, down if rises else up),
        ),
    )


PARSERS: Final[dict[Kind, Parser]] = {
    Kind.TRADES: trade,
    Kind.AGG_TRADES: aggregate_trade,
    Kind.KLINES: candle,
}


def _is_number(cell: bytes) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _count(cell: bytes, name: str) -> int:
    if not cell.isdigit() or len(cell) > _DIGITS_MAX:
        raise Damaged(f"its {name} is no whole number of at most {_DIGITS_MAX} digits")
    return int(cell)


def _ms(cell: bytes, name: str) -> int:
    number = _count(cell, name)
    at_ms = number // 1000 if number >= _MICROSECONDS_FROM else number
    if at_ms >= _MS_END:
        raise Damaged(f"its {name} lies after the year 2099")
    return at_ms


def _price(cell: bytes, name: str) -> int:
    number = _amount(cell, name)
    if number == 0:
        raise Damaged(f"its {name} is not above zero")
    return number


def _amount(cell: bytes, name: str) -> int:
    """A decimal as an integer of 1e-8; digits beyond the eighth must be zeros."""
    whole, _, fraction = cell.partition(b".")
    if not (whole + fraction).isdigit() or not whole or len(whole) > _DIGITS_MAX:
        raise Damaged(f"its {name} is no decimal of at most eight places")
    if len(fraction) == DECIMALS:
        return int(whole + fraction)
    if fraction[DECIMALS:].strip(b"0"):
        raise Damaged(f"its {name} is no decimal of at most eight places")
    return int(whole + fraction[:DECIMALS].ljust(DECIMALS, b"0"))


def _side(cell: bytes) -> Side:
    side = _SIDES.get(cell.lower())
    if side is None:
        raise Damaged("whether the buyer was the maker is neither true nor false")
    return side
