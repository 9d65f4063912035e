"""`openmargin account import`: saved answers rebuilt in an exchange that is not being served."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from openmargin.domain.money import format_e8
from openmargin.domain.venue import Venue
from openmargin.lab.portfolio.answers import read_portfolio
from openmargin.lab.portfolio.rebuilding import rebuild
from openmargin.runtime.in_process import Beginning, InProcessExchange

_SEED = 1


def import_account(
    files: Sequence[Path], directory: Path, venue: Venue, name: str, *, vip: int, leverage: int
) -> tuple[str, tuple[str, ...]]:
    """What was made, and what is to be said of it; a new exchange has `venue` and begins now.

    Raises Unreadable, StartRefused, JournalDamaged or DecidesDifferently.
    """
    portfolio = read_portfolio(files)
    exchange = InProcessExchange(directory, Beginning(venue, _SEED, time.time_ns() // 1_000_000))
    try:
        rebuilt = rebuild(exchange, portfolio, name, vip=vip, leverage=leverage)
    finally:
        exchange.close()
    made = (
        f"account {rebuilt.account_id}: margin level {format_e8(rebuilt.margin_level)}, {rebuilt.orders} open orders\n"
        f"next: openmargin serve --data {directory}, and POST /lab/accounts/{rebuilt.account_id}/keys for a key"
    )
    return made, rebuilt.remarks
