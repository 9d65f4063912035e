"""How many unfilled orders a trading account has placed in the current windows (semantics 8).

Windows are fixed on the exchange's clock. Only accepted orders count, and a first fill gives some back.
"""

from __future__ import annotations

from openmargin.engine.state import OrderCount, State, TradingAccount


def current(count: OrderCount, at_ms: int) -> int:
    """The count in the window that `at_ms` lies in."""
    return count.count if count.window_ms == at_ms - at_ms % count.interval_ms else 0


def full_window(state: State, account: TradingAccount, orders: int) -> int:
    """Which window, from 0, has no room for so many more orders; -1 where all have."""
    for window, count in enumerate(account.order_counts):
        if current(count, state.at_ms) + orders > state.order_limits[window]:
            return window
    return -1


def add(account: TradingAccount, orders: int, at_ms: int) -> None:
    """Count placed orders, or give back where negative; a count never falls below 0."""
    for count in account.order_counts:
        count.count = max(0, current(count, at_ms) + orders)
        count.window_ms = at_ms - at_ms % count.interval_ms
