"""`openmargin replay-data`: files played to an exchange of a directory, or to one that is forgotten."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from openmargin.domain.venue import Venue
from openmargin.lab.replay.files import BadData
from openmargin.lab.replay.play import Played, play
from openmargin.lab.replay.progress import Progress
from openmargin.lab.replay.sequence import MarketData
from openmargin.runtime.directory import DataDirectory
from openmargin.runtime.in_process import Beginning, InProcessExchange

_SEED = 1


def replay_files(
    paths: Sequence[Path],
    directory: Path | None,
    venue: Venue,
    *,
    symbol: str = "",
    speed: float = 0.0,
    skips_damaged: bool = False,
) -> str:
    """Play files, showing how far it has come, and say what came of it.

    A new exchange has `venue` and begins with the first row. Raises BadData, StartRefused, JournalDamaged or
    DecidesDifferently.
    """
    exchange, data = _opened(paths, directory, venue, symbol, skips_damaged)
    progress = Progress(data)
    began = time.monotonic()
    try:
        played = play(exchange, data, progress, speed)
    finally:
        progress.end()
        exchange.settle()
        exchange.close()
    return _report(played, data, time.monotonic() - began)


def _opened(
    paths: Sequence[Path], directory: Path | None, venue: Venue, symbol: str, skips_damaged: bool
) -> tuple[InProcessExchange, MarketData]:
    """Both, or neither: files that cannot be played leave no directory behind."""
    if directory is None or not DataDirectory(directory).database.exists():
        data = MarketData(paths, venue, symbol=symbol, skips_damaged=skips_damaged)
        return InProcessExchange(directory, Beginning(venue, _SEED, data.first_ms)), data
    exchange = InProcessExchange(directory, Beginning(venue, _SEED, 0))
    try:
        data = MarketData(paths, exchange.live.venue, symbol=symbol, skips_damaged=skips_damaged)
    except BadData:
        exchange.close()
        raise
    return exchange, data


def _report(played: Played, data: MarketData, seconds: float) -> str:
    lines = [
        *played.remarks,
        f"{played.rows:,} rows of {', '.join(data.symbols)} in {played.records:,} records,"
        f" {played.rows / max(seconds, 1e-9):,.0f} rows a second",
        f"from {_moment(played.first_ms)} to {_moment(played.last_ms)}",
    ]
    if played.skipped:
        lines.append(f"damaged lines passed over: {played.skipped}")
    if played.doubled:
        lines.append(f"rows told twice: {played.doubled}")
    lines.append(f"stateHash   {played.event_chain} (running hash of events, as /lab/state shows it)")
    return "\n".join(lines)


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
