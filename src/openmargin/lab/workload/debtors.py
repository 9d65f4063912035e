"""Those who owe much: how they came to it, and what becomes of them."""

from __future__ import annotations

from openmargin.domain.commands import (
    AmendOrder,
    AnyCommand,
    Borrow,
    CancelAllOrders,
    CancelOrder,
    CloseIsolated,
    Deposit,
    ExchangeSmallLiabilities,
    ExitSpecialKeyMode,
    ManualLiquidate,
    PlaceOrder,
    Repay,
    RepayLiquidationLoan,
    SetIndex,
    SetMaxLeverage,
    Transfer,
    Withdraw,
)
from openmargin.domain.enums import OrderType, SelfTradePrevention, Side, SideEffect, TimeInForce
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.money import E8
from openmargin.lab.workload.crowd import Crowd


class Debtors(Crowd):
    """Everything that leads to a liquidation, or out of one."""

    def _debtors(self) -> list[tuple[int, Scope]]:
        return [
            (account, scope)
            for account, scope in self.window.scopes()
            if scope != SPOT
            and any(self.window.owed(account, scope, name) for name in ("BTC", "ETH", "USDT"))
        ]

    def _margin_account(self) -> tuple[int, Scope]:
        account, scope = self._who()
        return account, CROSS if scope == SPOT else scope

    def _position(self) -> AnyCommand:
        """All that one has and may borrow, on one card; often somebody else bets on the opposite."""
        account, scope = self._margin_account()
        symbol = self._symbol(scope)
        side = self.chance.choice((Side.BUY, Side.BUY, Side.SELL))
        rules = self._rules(symbol)
        index = self.index[rules.name]
        price = index * (1_000 + int(side) * self.chance.choice((0, 4, 20, 30))) // 1_000
        price -= price % rules.tick_size
        self.first.append(self._bet(account, scope, symbol, side, price))
        if self.chance.random() < 0.6:
            other, where = self._margin_account()
            where = where if where == symbol else CROSS
            self.first.insert(0, self._bet(other, where, symbol, Side(-side), price))
        asset = rules.quote if side is Side.BUY else rules.base
        return Borrow(account, *self._signature(), scope, asset, self._borrowable(account, scope, asset))

    def _bet(self, account: int, scope: Scope, symbol: str, side: Side, price: int) -> AnyCommand:
        rules = self._rules(symbol)
        asset = rules.quote if side is Side.BUY else rules.base
        purse = self._free(account, scope, asset) + self._borrowable(account, scope, asset)
        purse = purse * self.chance.choice((10, 9, 5)) // 10
        quantity = purse * E8 // price if side is Side.BUY else purse
        return PlaceOrder(
            account,
            "",
            0,
            scope,
            symbol,
            side,
            OrderType.LIMIT,
            self.chance.choice((TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC)),
            quantity - quantity % rules.step_size,
            0,
            price,
            "",
            SelfTradePrevention.NONE,
            SideEffect.MARGIN_BUY,
            False,
        )

    def _storm(self) -> AnyCommand:
        """Prices run the same way for some steps, mostly against somebody who owes much."""
        if not self.storm:
            debtors = self._debtors()
            way = -1
            if debtors and not self.window.owed(*self.chance.choice(debtors), "USDT"):
                way = 1  # What somebody owes becomes dear.
            worst = self.chance.choice((80, 300, 700))
            self.storm = [way * self.chance.randint(1, worst) for _ in range(self.chance.choice((1, 3, 5)))]
        move = self.storm.pop()
        symbols = self.venue.symbols
        if self.chance.random() < 0.3:
            symbols = (self.chance.choice(symbols),)
        prices: list[tuple[str, int]] = []
        for rules in symbols:
            to_quote = move // 5 if rules.quote != "USDT" else move
            prices.append((rules.name, self._moved(rules, 1_000 + to_quote, 1_000)))
        return SetIndex(tuple(prices), 1)

    def _loan_debtors(self) -> list[int]:
        people = [account for account, scope in self.window.scopes() if scope == SPOT]
        return [account for account in people if self.window.liquidation_loan(account)]

    def _locked_out(self) -> AnyCommand:
        """What an account must not do while it is liquidated, or while it owes a liquidation loan."""
        accounts = self.window.liquidating()
        accounts += [(account, CROSS) for account in self._loan_debtors()]
        account, scope = self.chance.choice(accounts)
        asset = self._asset(scope)
        amount = max(1, self._free(account, SPOT, asset) // 9)
        signed = (account, *self._signature())
        forced = [view.spec for view in self.window.open_orders(account, scope) if view.spec.liquidation_id]
        choices: list[AnyCommand] = [
            Borrow(*signed, scope, asset, amount),
            Repay(*signed, scope, asset, amount),
            Transfer(*signed, SPOT, scope, asset, amount),
            Transfer(*signed, scope, SPOT, asset, amount),
            Withdraw(account, scope, asset, amount),
            Deposit(account, scope, asset, amount),
            SetMaxLeverage(*signed, 3),
            ExchangeSmallLiabilities(*signed, (asset,)),
            ManualLiquidate(*signed, scope),
            ExitSpecialKeyMode(*signed),
            CloseIsolated(*signed, scope),
            CancelAllOrders(*signed, scope, self._symbol(scope)),
            self._bet(account, scope, self._symbol(scope), Side.BUY, self.index["BTCUSDT"]),
        ]
        for spec in forced:
            choices += [
                CancelOrder(*signed, scope, spec.symbol, spec.order_id, "", ""),
                AmendOrder(*signed, scope, spec.symbol, spec.order_id, "", spec.quantity // 2, ""),
            ]
        return self.chance.choice(choices)

    def _manual(self) -> AnyCommand:
        """Have somebody liquidated who asks for it, mostly one who owes something."""
        account, scope = self._who()
        debtors = self._debtors()
        if debtors and self.chance.random() < 0.8:
            account, scope = self.chance.choice(debtors)
        return ManualLiquidate(account, *self._signature(), scope)

    def _repay_loan(self) -> AnyCommand:
        """Repay a liquidation loan, often too much, or in the wrong asset."""
        account, _ = self._who()
        owing = self._loan_debtors()
        if owing and self.chance.random() < 0.9:
            account = self.chance.choice(owing)
        owed = self.window.liquidation_loan(account) if account in owing else E8
        asset = self.venue.margin.liquidation.loan_asset
        if self.chance.random() < 0.1:
            asset = self._asset(SPOT)
        amount = owed + 1 if self.chance.random() < 0.2 else self._near(owed)
        if self.chance.random() < 0.4:
            amount = min(owed, self._free(account, SPOT, asset))
        if self.seed % 2 == 0:  # And a second one, while the first may be pending.
            self.first.append(RepayLiquidationLoan(account, "", 0, asset, 1))
        return RepayLiquidationLoan(account, *self._signature(), asset, amount)
