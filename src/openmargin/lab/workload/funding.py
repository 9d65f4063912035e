"""Deposits, transfers, loans and isolated accounts."""

from __future__ import annotations

from openmargin.domain.commands import (
    AnyCommand,
    Borrow,
    CloseIsolated,
    Deposit,
    ExchangeSmallLiabilities,
    OpenIsolated,
    Repay,
    Transfer,
    Withdraw,
)
from openmargin.domain.ids import CROSS, SPOT
from openmargin.domain.money import E8
from openmargin.lab.workload.crowd import MOST, WORTH, Crowd


class Funding(Crowd):
    """Everything that moves value but trades."""

    def _borrow(self) -> AnyCommand:
        account, scope = self._who()
        scope = CROSS if scope == SPOT and self.chance.random() < 0.9 else scope
        asset = self._asset(scope)
        amount = self._near(self._borrowable(account, scope, asset))
        if self.chance.random() < 0.3:
            amount = max(amount, E8)  # Also where the level leaves no room for it.
        if self.chance.random() < 0.15:
            amount = self.chance.choice((10_000, 100_000, 1_000_000))  # Small enough to be exchanged.
        return Borrow(account, *self._signature(), scope, asset, amount)

    def _repay(self) -> AnyCommand:
        account, scope = self._who()
        asset = self._asset(scope)
        known = self._exists(account, scope)
        owing = [
            (a, s, name)
            for a, s in self.window.scopes()
            for name in ("BTC", "ETH", "USDT")
            if self.window.owed(a, s, name)
        ]
        if owing and self.chance.random() < 0.85:
            account, scope, asset = self.chance.choice(owing)
            known = True
        owed = self.window.owed(account, scope, asset) if known else 0
        amount = (
            owed + self.chance.choice((-1, 0, 0, 0, 1)) if self.chance.random() < 0.4 else self._near(owed)
        )
        if self.chance.random() < 0.2:
            amount = self.chance.choice((5_000, 10_000, owed - 9_999, owed - 10_000))
        return Repay(account, *self._signature(), scope, asset, amount)

    def _transfer(self) -> AnyCommand:
        account, source = self._who()
        target = SPOT if source == CROSS else CROSS
        if self.chance.random() < 0.03:
            target = self.chance.choice((source, "ETHBTC"))
        pairs = [
            scope for owner, scope in self.window.scopes() if owner == account and scope not in (SPOT, CROSS)
        ]
        if pairs and self.chance.random() < 0.3:
            target = (
                self.chance.choice(pairs) if source in (SPOT, CROSS) else self.chance.choice((SPOT, CROSS))
            )
        liquidating = [scope for owner, scope in self.window.liquidating() if owner == account]
        if liquidating and self.chance.random() < 0.6:
            source, target = self.chance.sample((SPOT, self.chance.choice(liquidating)), 2)
        asset = self._asset(source if source not in (SPOT, CROSS) else target)
        if self.chance.random() < 0.01:
            asset, source, target = "ODD", SPOT, CROSS
        return Transfer(
            account, *self._signature(), source, target, asset, self._leaving(account, source, asset)
        )

    def _deposit(self) -> AnyCommand:
        account, scope = self._who()
        asset = self._asset(scope)
        worth = WORTH.get(asset, 1)
        if self.chance.random() < 0.1:
            return Deposit(account, scope, asset, self.chance.choice((MOST, 2 * MOST - 1)))
        return Deposit(account, scope, asset, self._near(5_000 * E8 // worth))

    def _withdraw(self) -> AnyCommand:
        account, scope = self._who()
        asset = self._asset(scope)
        return Withdraw(account, scope, asset, self._leaving(account, scope, asset))

    def _isolated(self) -> AnyCommand:
        """Open one, empty one, or close one."""
        account = self.chance.choice((1, 2, 3, 4, 4, 99))
        pairs = [
            scope for owner, scope in self.window.scopes() if owner == account and scope not in (SPOT, CROSS)
        ]
        luck = self.chance.random()
        if not pairs or luck < 0.2:
            return OpenIsolated(account, *self._signature(), self._symbol())
        pair = self.chance.choice(pairs)
        rules = self._rules(pair)
        for asset in (rules.base, rules.quote):
            owed = self.window.owed(account, pair, asset)
            free = self.window.free(account, pair, asset)
            if luck < 0.75 and owed and free >= owed:
                return Repay(account, *self._signature(), pair, asset, owed)
            if luck < 0.75 and free and not owed:
                return Transfer(account, *self._signature(), pair, SPOT, asset, free)
        if self.chance.random() < 0.6:  # And open it again, only to be refused another close.
            again = (OpenIsolated(account, "", 0, pair), CloseIsolated(account, "", 0, pair))
            self.first += again
        return CloseIsolated(account, *self._signature(), pair)

    def _exchange(self) -> AnyCommand:
        """Mostly what somebody owes, whether or not it is small."""
        account, _ = self._who()
        names = ["BTC", "ETH", "BNB", "USDT", "ODD"]
        if self._exists(account, CROSS) and self.chance.random() < 0.8:
            names = [name for name in names if self.window.owed(account, CROSS, name)]
        self.chance.shuffle(names)
        assets = names[: self.chance.choice((0, 1, 1, 1, 2, 2, 3))]
        if assets and self.chance.random() < 0.03:
            assets.append(assets[0])
        command = ExchangeSmallLiabilities(account, *self._signature(), tuple(assets))
        if self.chance.random() < 0.6:  # Once more, too soon.
            self.first.append(command)
        return command
