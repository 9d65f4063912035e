"""How far a replay has come: a bar for somebody who watches, a line now and then for a log."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from typing import Final, TextIO

from openmargin.lab.replay.sequence import MarketData

_WIDTH: Final = 30
_EVERY_SECONDS: Final = 0.2


class Progress:
    """Call it with the exchange's time, as often as you like."""

    def __init__(self, data: MarketData, to: TextIO | None = None) -> None:
        self._data = data
        self._to = to if to is not None else sys.stderr
        self._watched = self._to.isatty()
        self._began = time.monotonic()
        self._shown_at = 0.0
        self._tenths = -1

    def __call__(self, at_ms: int) -> None:
        data = self._data
        share = min(data.bytes_read / data.bytes_total, 1.0) if data.bytes_total else 1.0
        now = time.monotonic()
        if self._watched:
            if share < 1 and now - self._shown_at < _EVERY_SECONDS:
                return
            self._shown_at = now
        elif int(share * 10) == self._tenths:
            return
        self._tenths = int(share * 10)
        speed = data.rows / max(now - self._began, 1e-9)
        moment = datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        text = f"{share:4.0%}  {moment}  {data.rows:,} rows, {speed:,.0f} a second"
        if self._watched:
            done = int(share * _WIDTH)
            self._to.write(f"\r[{'#' * done}{'.' * (_WIDTH - done)}] {text} ")
        else:
            self._to.write(text + "\n")
        self._to.flush()

    def end(self) -> None:
        """Leave the bar's line."""
        if self._watched:
            self._to.write("\n")
            self._to.flush()
