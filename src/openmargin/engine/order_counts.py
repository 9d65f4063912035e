"""How many unfilled orders a trading account has placed in the current windows (semantics 8).

Windows are fixed on the exchange's clock. Only accepted orders count, and a first fill gives some back.
"""

from __future__ import annotations

from openmargin.domain.venue import OrderRules
from openmargin.engine.state import OrderCount, TradingAccount


def limit_of(rules: OrderRules, count: OrderCount) -> int:
    return rules.limit_10s if count.interval_ms == 10_000 else rules.limit_day


def current(count: OrderCount, at_ms: int) -> int:
    """The count in the window that `at_ms` lies in."""
    return count.count if count.window_ms == at_ms - at_ms % count.interval_ms else 0


def full_window(rules: OrderRules, account: TradingAccount, at_ms: int) -> OrderCount | None:
    """The first window that has no room for one more order."""
    for count in account.order_counts:
        if current(count, at_ms) >= limit_of(rules, count):
            return count
    return None


def add(account: TradingAccount, orders: int, at_ms: int) -> None:
    """Count placed orders, or give back where negative; a count never falls below 0."""
    for count in account.order_counts:
        count.count = max(0, current(count, at_ms) + orders)
        count.window_ms = at_ms - at_ms % count.interval_ms
