"""Several data files as one market: in order, each line once, with what is missing or doubled told.

Owns: the order of files and of symbols, and what is reported of them.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from openmargin.domain.money import E8, SUPPLY_MAX, notional
from openmargin.domain.venue import Venue
from openmargin.history.periods import DAY_MS, MINUTE_MS
from openmargin.lab.replay import files
from openmargin.lab.replay.files import BadData
from openmargin.lab.replay.rows import PARSERS, Damaged, Kind, Move, Row, is_header, kind_of, split

REMARKS_MAX: Final = 100
"""So many are kept word by word; the others are counted."""


_TOO_MUCH: Final = (
    "more is traded in its minute than an exchange can count:"
    f" {SUPPLY_MAX // E8} of the base asset, or of the quote asset, at most"
)
_MONTH_MS: Final = (28 * DAY_MS, 31 * DAY_MS)


class DataFile:
    """One file, looked into as far as its first row."""

    def __init__(self, path: Path, symbol: str, kind: Kind, first: Row, interval: int) -> None:
        self.path = path
        self.symbol = symbol
        self.kind = kind
        self.first = first
        self.size = files.size_of(path)
        self.order = (symbol, kind, interval, first.first)


class MarketData:
    """The rows of data files as moves of symbols, oldest first. Iterate once."""

    def __init__(
        self, paths: Sequence[Path], venue: Venue, *, symbol: str = "", skips_damaged: bool = False
    ) -> None:
        """Look into every file and check what says that it is whole. Raises BadData; nothing was replayed then.

        `symbol` is that of files whose name does not begin with one.
        """
        self.rows = 0
        """Lines that were read as rows and played."""
        self.skipped = 0
        """Damaged lines that were passed over."""
        self.doubled = 0
        """Rows that another file had told already."""
        self.bytes_read = 0
        self.remarks: list[str] = []
        self.remarks_left_out = 0
        self._skips_damaged = skips_damaged
        self._bounds = {
            rules.name: (rules.min_price or rules.tick_size, rules.max_price) for rules in venue.symbols
        }
        found = [self._look_into(path, symbol) for path in paths]
        self._files = sorted((file for file in found if file is not None), key=lambda file: file.order)
        self.bytes_total = sum(file.size for file in self._files)
        if not self._files:
            raise BadData(paths[0] if paths else Path(), 0, "there is no row to replay")
        kinds = {(file.symbol, file.kind, file.order[2]) for file in self._files}
        self.symbols = tuple(sorted({file.symbol for file in self._files}))
        if len(kinds) > len(self.symbols):
            doubly = next(
                file for file in self._files if sum(name == file.symbol for name, _, _ in kinds) > 1
            )
            raise BadData(doubly.path, 0, f"{doubly.symbol} has files of more than one kind: play one kind")
        self.first_ms = min(file.first.moves[0].at_ms for file in self._files)

    def __iter__(self) -> Iterator[tuple[int, str, Move]]:
        """(moment, symbol, move), oldest first; of one moment by symbol. Raises BadData at a damaged line."""
        streams = [self._of_symbol(symbol) for symbol in self.symbols]
        if len(streams) == 1:
            return streams[0]
        return heapq.merge(*streams, key=lambda item: item[:2])

    def remark(self, text: str) -> None:
        if len(self.remarks) < REMARKS_MAX:
            self.remarks.append(text)
        else:
            self.remarks_left_out += 1

    def _look_into(self, path: Path, symbol: str) -> DataFile | None:
        files.check_whole(path)
        size = files.size_of(path)
        named = symbol or path.name.partition("-")[0].partition(".")[0]
        if named not in self._bounds:
            hint = "name the symbol that it is of" if not symbol else "add it to the venue"
            raise BadData(path, 0, f"the exchange has no symbol {named}: {hint}")
        for number, line in files.lines(path):
            cells = split(line)
            if not line or (number == 1 and is_header(cells)):
                continue
            try:
                kind = kind_of(cells)
                first = PARSERS[kind](cells)
            except Damaged as damage:
                if self._skips_damaged:
                    continue
                raise BadData(path, number, str(damage)) from None
            interval = _interval(first) if kind is Kind.KLINES else 0
            return DataFile(path, named, kind, first, interval)
        self.remark(f"{path}: it holds no row" if size else f"{path}: it is empty")
        return None

    def _of_symbol(self, symbol: str) -> Iterator[tuple[int, str, Move]]:
        following = -1
        at_ms = 0
        minute = _Minute()
        for file in self._files:
            if file.symbol != symbol:
                continue
            for number, row in self._rows_of(file):
                if row.first < following:
                    self.doubled += 1
                    continue
                if following >= 0 and row.first > following:
                    self._tell_gap(file, number, row.first - following)
                following = row.next
                if row.moves[0].at_ms < at_ms:
                    # Ids rise and time does not: that is no market that was.
                    raise BadData(file.path, number, "its time lies before that of the row before it")
                if not minute.takes(row.moves):
                    self._pass_over(file, number, Damaged(_TOO_MUCH))
                    continue
                self.rows += 1
                for move in row.moves:
                    at_ms = move.at_ms
                    yield at_ms, symbol, move

    def _rows_of(self, file: DataFile) -> Iterator[tuple[int, Row]]:
        parse = PARSERS[file.kind]
        lowest, highest = self._bounds[file.symbol]
        doubled = self.doubled
        for number, line in files.lines(file.path):
            self.bytes_read += len(line) + 1
            if not line:
                continue
            cells = line.split(b",") if b'"' not in line else split(line)
            if number == 1 and is_header(cells):
                continue
            try:
                row = parse(cells)
                for move in row.moves:
                    if move.price < lowest or 0 < highest < move.price:
                        raise Damaged(f"no order at its price may stand in {file.symbol}")
            except Damaged as damage:
                self._pass_over(file, number, damage)
                continue
            yield number, row
        if self.doubled > doubled:
            self.remark(f"{file.path}: {self.doubled - doubled} rows were told already; passed over")

    def _pass_over(self, file: DataFile, number: int, damage: Damaged) -> None:
        """Tell of a line and go on, or end with it. Raises BadData."""
        if not self._skips_damaged:
            raise BadData(file.path, number, str(damage)) from None
        self.skipped += 1
        self.remark(f"{file.path}, line {number}: {damage}; passed over")

    def _tell_gap(self, file: DataFile, number: int, missing: int) -> None:
        what = f"{missing} ms of candles" if file.kind is Kind.KLINES else f"{missing} trades"
        self.remark(f"{file.path}, line {number}: {what} are missing before it")


class _Minute:
    """What one symbol has traded in the present minute: the exchange keeps its average, in 64 bits."""

    def __init__(self) -> None:
        self._number = 0
        self._quantity = 0
        self._quote = 0

    def takes(self, moves: tuple[Move, ...]) -> bool:
        """Is there room for these? Nothing is counted where there is none."""
        number, quantity, quote = self._number, self._quantity, self._quote
        for move in moves:
            if move.at_ms // MINUTE_MS != number:
                number, quantity, quote = move.at_ms // MINUTE_MS, 0, 0
            quantity += move.quantity
            quote += notional(move.quantity, move.price)
            if quantity > SUPPLY_MAX or quote > SUPPLY_MAX:
                return False
        self._number, self._quantity, self._quote = number, quantity, quote
        return True


def _interval(candle: Row) -> int:
    """How long candles of its kind are; those of months as the longest of them."""
    length = candle.next - candle.first
    shortest, longest = _MONTH_MS
    return longest if shortest <= length <= longest else length
