"""Who might ask for something, of what, and how much."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol

from openmargin.domain.commands import AnyCommand
from openmargin.domain.enums import OrderType
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.money import E8
from openmargin.domain.orders import ListView, OrderView
from openmargin.domain.venue import Symbol
from openmargin.domain.views import KeyView
from openmargin.lab.workload.small_venue import small_venue

START_MS = 1_767_225_600_000 - 20_000
"""Just before a full hour, so that the first one strikes soon."""

ACCOUNTS = 4
WORTH = {"BTC": 20_000, "ETH": 1_000, "BNB": 500}
STOPS = (
    OrderType.STOP_LOSS,
    OrderType.STOP_LOSS_LIMIT,
    OrderType.TAKE_PROFIT,
    OrderType.TAKE_PROFIT_LIMIT,
)
WITHOUT_PRICE = (OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT)
MOST = 2**62
"""No command says more than a journal can write."""


class Window(Protocol):
    """What the crowd sees of the market."""

    def scopes(self) -> list[tuple[int, Scope]]: ...
    def open_orders(self, account: int, scope: Scope) -> list[OrderView]: ...
    def open_lists(self, account: int, scope: Scope) -> list[ListView]: ...
    def free(self, account: int, scope: Scope, asset: str) -> int: ...
    def owed(self, account: int, scope: Scope, asset: str) -> int: ...
    def borrowable(self, account: int, scope: Scope, asset: str) -> int: ...
    def transferable(self, account: int, scope: Scope, asset: str) -> int: ...
    def last_price(self, symbol: str) -> int: ...
    def special_keys(self, account: int, scope: Scope) -> list[KeyView]: ...
    def liquidating(self) -> list[tuple[int, Scope]]: ...
    def liquidation_loan(self, account: int) -> int: ...


class Crowd:
    """One crowd. The same seed before the same window asks the same."""

    def __init__(self, seed: int, window: Window) -> None:
        self.seed = seed
        self.window = window
        self.chance = random.Random(seed)
        self.venue = small_venue(house=self.chance.random() < 0.7)
        self.lags = random.Random(f"{seed} lags")
        """How late the house quotes: drawn apart, so that what else happens does not depend on it."""
        self.at_ms: int = START_MS
        self.index = {rules.name: rules.start_price for rules in self.venue.symbols}
        self.names: list[str] = []
        self.special: list[str] = []
        """Special keys that somebody asked for."""
        self.loan_asset = self.chance.choice(("USDT", "USDT", "USDT", "USDT", "BNB", "BNB", "BNB", "USDC"))
        """Of liquidation loans; the last is not there."""
        self.is_stormy = self.chance.random() < 0.75
        """Do people owe much, and prices run?"""
        self.storm: list[int] = []
        """The moves that are still to come, in thousandths."""
        self.first: list[AnyCommand] = []
        """What comes next, whatever else one might want."""

    def _who(self) -> tuple[int, Scope]:
        if self.chance.random() < 0.01:
            return self.chance.choice((0, 1, 99)), self.chance.choice((CROSS, SPOT, "BTCUSDT", "world"))
        account = self.chance.randint(1, ACCOUNTS)
        pairs = [
            scope for owner, scope in self.window.scopes() if owner == account and scope not in (SPOT, CROSS)
        ]
        luck = self.chance.random()
        if pairs and luck < 0.2:
            return account, self.chance.choice(pairs)
        return account, CROSS if luck < 0.8 else SPOT

    def _symbol(self, scope: Scope = CROSS) -> str:
        luck = self.chance.random()
        if luck < 0.005:
            return "NOPE"
        if scope not in (SPOT, CROSS) and luck < 0.97:
            return scope
        return self.chance.choices([rules.name for rules in self.venue.symbols], (5, 3, 2, 2))[0]

    def _rules(self, symbol: str) -> Symbol:
        return next((rules for rules in self.venue.symbols if rules.name == symbol), self.venue.symbols[0])

    def _asset(self, scope: Scope = CROSS) -> str:
        luck = self.chance.random()
        if luck < 0.03:
            return self.chance.choice(("ODD", "GIFT", "NOPE"))
        if scope not in (SPOT, CROSS) and luck < 0.9:
            rules = self._rules(scope)
            return self.chance.choice((rules.base, rules.quote))
        return self.chance.choice(("BTC", "ETH", "USDT", "USDT", "BNB"))

    def _near(self, most: int) -> int:
        """Something up to `most`, often at the edge and sometimes over it."""
        luck = self.chance.random()
        if luck < 0.25:
            return most + self.chance.choice((-1, 0, 0, 1))
        if luck < 0.30:
            return min(self.chance.choice((0, -1, 1, 2 * most, most // 2 + 1)), MOST)
        return max(1, int(most * self.chance.random() ** 2))

    def _signature(self) -> tuple[str, int]:
        luck = self.chance.random()
        if luck < 0.985:
            return "", 0
        return self.chance.choice(
            (("reader", 0), ("trader", 0), ("nobody", 0), ("", self.at_ms - 1), ("", self.at_ms))
        )

    def _name(self) -> str:
        self.names.append(f"mine-{len(self.names)}")
        return self.names[-1]

    def _free(self, account: int, scope: Scope, asset: str) -> int:
        return self.window.free(account, scope, asset) if self._exists(account, scope) else E8

    def _borrowable(self, account: int, scope: Scope, asset: str) -> int:
        known = self._exists(account, scope) and scope != SPOT
        return self.window.borrowable(account, scope, asset) if known else E8

    def _moved(self, rules: Symbol, numerator: int, denominator: int) -> int:
        """Move an index, but not out of the world."""
        price = self.index[rules.name] * numerator // denominator
        price = min(max(price, rules.start_price // 3), rules.start_price * 3)
        self.index[rules.name] = price
        return price

    def _exists(self, account: int, scope: Scope) -> bool:
        return (account, scope) in self.window.scopes()

    def _live(self) -> Sequence[OrderView]:
        views: list[OrderView] = []
        for account, scope in self.window.scopes():
            views += self.window.open_orders(account, scope)
        return views

    def _special_keys(self) -> list[KeyView]:
        return [
            key for account, scope in self.window.scopes() for key in self.window.special_keys(account, scope)
        ]

    def _leaving(self, account: int, scope: Scope, asset: str) -> int:
        if not self._exists(account, scope):
            return E8
        free = self.window.free(account, scope, asset)
        if scope == SPOT or self.chance.random() < 0.2:
            return self._near(free)
        return self._near(self.window.transferable(account, scope, asset))
