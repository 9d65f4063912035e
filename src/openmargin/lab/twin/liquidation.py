"""How an account is sold, one step after the other (docs/liquidation.md, One step and How much)."""

from __future__ import annotations

from typing import NamedTuple

from openmargin.domain.commands import ManualLiquidate, PlaceOrder, RepayLiquidationLoan
from openmargin.domain.enums import (
    Flow,
    LiquidationEnd,
    LiquidationKind,
    OrderStatus,
    OrderType,
    RepaymentStatus,
    SelfTradePrevention,
    Side,
    SideEffect,
    SymbolStatus,
    TimeInForce,
)
from openmargin.domain.events import DebtLiquidated, Flowed, LiquidationLoanRepaid, OrderOpened, Repaid
from openmargin.domain.ids import CROSS, NO_LIST, SPOT
from openmargin.domain.orders import Leg
from openmargin.domain.reasons import Reason
from openmargin.domain.venue import Symbol
from openmargin.lab.twin.lists import Lists
from openmargin.lab.twin.parts import ONE, Place, TwinLiquidation, TwinRepayment, worth

STEPS_AT_ONCE = 16
"""So far a liquidation that its owner asked for goes in one record."""


class Sale(NamedTuple):
    """A symbol, and whether what one has is its base."""

    rules: Symbol
    sells: bool


class Liquidation(Lists):
    """The desk that sells what others owe."""

    # --- Who asks ------------------------------------------------------------------------------------------------

    def liquidate_manually(self, command: ManualLiquidate) -> Reason | None:
        account, scope = command.account_id, command.scope
        if not self.has_wallets(account, scope) or scope == SPOT:
            return Reason.UNKNOWN_SCOPE
        if self.liquidation_of(account, scope) is not None:
            return Reason.LIQUIDATING
        if not any(key[:2] == (account, scope) for key in self.debts):
            return Reason.NOTHING_TO_LIQUIDATE
        it = self.begin_liquidation(account, scope, LiquidationKind.MANUAL)
        largest = (self.debts_by_value(it) or self.debts_of(it))[0]
        principal, interest = self.debts[account, scope, largest]
        told = len(self.events)
        for _ in range(STEPS_AT_ONCE):
            if it in self.liquidations and it.due_ms <= self.now:
                self._step(it)
                self.follow_lists()
        sold: list[tuple[str, int]] = []
        repaid = 0
        for event in self.events[told:]:
            if isinstance(event, Repaid) and event.asset == largest:
                repaid += event.principal + event.interest
            elif isinstance(event, Flowed) and event.amount < 0 and event.flow is not Flow.REPAY_LIQUIDATION:
                sold.append((event.asset, -event.amount))
        paid_in, paid = largest, repaid
        if sold:
            paid_in = sold[0][0]
            paid = sum(amount for asset, amount in sold if asset == paid_in)
        self.events.append(DebtLiquidated(account, scope, largest, principal, interest, paid_in, paid))
        return None

    def liquidate_next(self) -> None:
        """One step of the liquidation that has been due longest."""
        due = [it for it in self.liquidations if it.due_ms <= self.now]
        if due:
            self._step(min(due, key=lambda it: (it.due_ms, it.number)))
            self.follow_lists()

    def repay_liquidation_loan(self, command: RepayLiquidationLoan) -> Reason | None:
        account, asset, amount = command.account_id, command.asset, command.amount
        if not self.knows(account):
            return Reason.UNKNOWN_ACCOUNT
        owed = self.liquidation_loan(account)
        if not owed:
            return Reason.NO_LIQUIDATION_LOAN
        if asset != self.venue.margin.liquidation.loan_asset:
            return Reason.LIQUIDATION_LOAN_ASSET
        if amount <= 0:
            return Reason.AMOUNT_NOT_POSITIVE
        if amount > owed:
            return Reason.ABOVE_LIQUIDATION_LOAN
        if self.free(account, SPOT, asset) < amount:
            return Reason.SPOT_BALANCE_SHORT
        if any(row.account == account for row in self.repaying):
            return Reason.LOAN_REPAYMENT_PENDING
        number = self.next_transaction()
        if self.repaying_takes:
            due = self.now + self.repaying_takes
            self.repaying.append(TwinRepayment(number, account, asset, amount, self.now, due))
            self.events.append(LiquidationLoanRepaid(number, account, asset, amount, RepaymentStatus.PENDING))
            return None
        self._repaid(number, account, asset, amount, 0)
        return None

    def end_repayments(self) -> bool:
        """Repayments that were pending for as long as they should; False where there is none."""
        late = sorted((row for row in self.repaying if row.due <= self.now), key=lambda row: row.due)[:100]
        for row in late:
            self.repaying.remove(row)
            self._repaid(row.number, row.account, row.asset, row.amount, row.began)
        return bool(late)

    def _repaid(self, number: int, account: int, asset: str, amount: int, began: int) -> None:
        self.give(account, SPOT, asset, -amount)
        self.insure(asset, amount, 0)
        self.accounts[account - 1].liquidation_loan_repaid += amount
        self.events.append(
            LiquidationLoanRepaid(number, account, asset, amount, RepaymentStatus.SUCCESS, began)
        )
        self.tell_liquidation_loan(account)

    # --- One step ------------------------------------------------------------------------------------------------

    def _step(self, it: TwinLiquidation) -> None:
        account, scope, rules = it.account, it.scope, self.venue.margin.liquidation
        it.due_ms = self.now
        self._take_back(it)
        if self._cancel_symbol(it):
            return
        for asset in self.debts_of(it):
            self.pay_debt(
                it, asset, min(self.unreserved(account, scope, asset), self.owed(account, scope, asset))
            )
        owed = self.debts_value(account, scope)
        if not owed:
            self.end(it, LiquidationEnd.RECOVERED)
            return
        has = self.assets_value(account, scope, it.aside)
        if not it.is_manual and has * ONE > self._stop_level(it) * owed:
            self.end(it, LiquidationEnd.RECOVERED)
            return
        if not any(self._sellable(it, asset) for asset in self.assets_in(scope)):
            self._give_up(it)
            return
        slip = rules.slip + it.tries * rules.slip_step
        if slip > rules.band:
            if it.is_manual:
                self._give_up(it)
            else:
                self.take_over(it)
            return
        self._sell(it, slip)

    def _take_back(self, it: TwinLiquidation) -> None:
        """The order of an earlier step has had its time."""
        order, it.order = it.order, None
        if order is None:
            return
        if order in self.orders:
            self.close(order, OrderStatus.CANCELED)
        it.tries += 1

    def _cancel_symbol(self, it: TwinLiquidation) -> bool:
        """End the owner's orders of one symbol; False where there are none at all."""
        symbols = {o.symbol for o in self.orders if (o.owner, o.scope) == (it.account, it.scope)}
        if not symbols:
            return False
        for order in self.orders_of(it.account, it.scope, min(symbols)):
            if order.place is not Place.GONE:
                self.cancel_one(order, "")
        return True

    def _give_up(self, it: TwinLiquidation) -> None:
        """Nothing more can be sold."""
        if it.is_manual:
            self.end(it, LiquidationEnd.RECOVERED)
        else:
            self.bankrupt(it)

    def _stop_level(self, it: TwinLiquidation) -> int:
        if it.scope == CROSS:
            return self.leverage_levels(it.account).initial
        tier = self.tier(it.account, it.scope)
        assert tier is not None, "nobody borrows where there are no tiers"
        return tier.initial

    def _sellable(self, it: TwinLiquidation, asset: str) -> int:
        return self.unreserved(it.account, it.scope, asset) if self.mark(it.scope, asset) else 0

    # --- What for what -------------------------------------------------------------------------------------------

    def _sell(self, it: TwinLiquidation, slip: int) -> None:
        debt = self.debts_by_value(it)[0]
        sellable = [asset for asset in self.assets_in(it.scope) if self._sellable(it, asset)]

        def rank(asset: str) -> tuple[bool, int, str]:
            value = self._sellable(it, asset) * self.mark(it.scope, asset)
            return self._market(it, asset, debt) is None, -value, asset

        given = min(sellable, key=rank)
        route = self._route(it, given, debt)
        if not route:
            self._change(it, given, debt)
            return
        symbol, is_sale = route[0]
        price, quantity = self._size(it, given, debt, route, slip)
        if not quantity:
            self._change(it, given, debt)
            return
        self.quote_if_bare(symbol.name)
        if not it.is_manual and self._depth_near_index(symbol, is_sale) < quantity:
            self.take_over(it)
            return
        self._order(it, symbol, is_sale, price, quantity)

    def _market(self, it: TwinLiquidation, given: str, wanted: str) -> Sale | None:
        """Where one is changed for the other directly."""
        for base, quote, sells in ((given, wanted, True), (wanted, given, False)):
            for rules in self.venue.symbols:
                is_own = it.scope in (CROSS, rules.name)
                if (
                    is_own
                    and rules.status is SymbolStatus.TRADING
                    and (rules.base, rules.quote) == (base, quote)
                ):
                    return Sale(rules, sells)
        return None

    def _route(self, it: TwinLiquidation, given: str, debt: str) -> list[Sale]:
        """The sales that turn one asset into the other: one, two through the valuation asset, or none."""
        direct = self._market(it, given, debt)
        if direct is not None:
            return [direct]
        middle = self.venue.margin.valuation_asset
        if middle in (given, debt):
            return []
        both = self._market(it, given, middle), self._market(it, middle, debt)
        return [sale for sale in both if sale is not None] if None not in both else []

    # --- How much ------------------------------------------------------------------------------------------------

    def _value_to_sell(
        self, it: TwinLiquidation, debt: str, factor: int, charged: str, lost: int = 0
    ) -> int | None:
        """The value that must go for the account to stand at its stop level, or to repay the debt; None for all.

        The fee is on what `charged` was worth at the beginning, seen as a share of what it is worth now.
        """
        mark = self.mark(it.scope, charged)
        k = factor - -(-self.fee_rate(it) * self.snapshot_mark(it, charged) // mark)
        bounds: list[int] = []
        stop = self._stop_level(it)
        has = self.assets_value(it.account, it.scope, it.aside) * ONE
        owes = self.debts_value(it.account, it.scope) * ONE
        divisor = stop * k - ONE * ONE
        if divisor > 0 and not it.is_manual:
            bounds.append(int((stop * (owes + lost) - has * ONE) * ONE // divisor))
        if k > 0:
            bounds.append(self.debt_value(it, debt) * ONE // k)
        return min(bounds) if bounds else None

    def _size(
        self, it: TwinLiquidation, given: str, debt: str, route: list[Sale], slip: int
    ) -> tuple[int, int]:
        """Limit and quantity of a forced order; a quantity of 0 where it would be too small."""
        factor = ONE
        rows = self.venue.commissions
        taker = rows[min(self.accounts[it.account - 1].vip, len(rows) - 1)].taker
        for _, sells in route:
            here = (ONE - slip) * (ONE - taker) // ONE if sells else (ONE - taker) * ONE // (ONE + slip)
            factor = factor * here // ONE if len(route) > 1 else here
        rules, sells = route[0]
        index, tick, step = self.index[rules.name], rules.tick_size, rules.step_size
        if sells:
            price = -(-index * (ONE - slip) // (ONE * tick)) * tick
        else:
            price = index * (ONE + slip) // ONE // tick * tick
        if price < (rules.min_price or tick) or (rules.max_price and price > rules.max_price):
            return 0, 0
        has = self._sellable(it, given)
        most = [has if sells else has * ONE // price]
        if rules.max_quantity:
            most.append(rules.max_quantity)
        if rules.max_notional:
            most.append(rules.max_notional * ONE // price)
        charged = given if len(route) == 1 else self.venue.margin.valuation_asset
        value = self._value_to_sell(it, debt, factor, charged)
        if value is not None:
            units = value // self.mark(it.scope, given)
            most.append(((units if sells else units * ONE // price) // step + 1) * step)
        quantity = min(most) // step * step
        is_lot = quantity >= max(rules.min_quantity, step)
        return price, quantity if is_lot and worth(quantity, price) >= rules.min_notional else 0

    def _depth_near_index(self, rules: Symbol, is_sale: bool) -> int:
        """What the other side shows at prices that are worse than the index by no more than the band."""
        index = self.index[rules.name]
        reach = index * self.venue.margin.liquidation.band
        others = [order for order in self.in_book(rules.name) if order.buys == is_sale]
        sign = -1 if is_sale else 1
        return sum(order.shown for order in others if sign * (order.price - index) * ONE <= reach)

    # --- Doing it ------------------------------------------------------------------------------------------------

    def _change(self, it: TwinLiquidation, given: str, debt: str) -> None:
        """Sell at the marks to the exchange what no market takes."""
        lost = max(self.mark(it.scope, given), self.mark(it.scope, debt))
        value = self._value_to_sell(it, debt, ONE, given, lost)
        most = self._sellable(it, given)
        worth_of_most = most * self.mark(it.scope, given)
        wanted = (worth_of_most if value is None else value) // self.mark(it.scope, debt) + 1
        paid, got = self.convert(it.account, it.scope, given, most, debt, wanted)
        self.sold(it, given, paid, debt, got)

    def _order(self, it: TwinLiquidation, rules: Symbol, is_sale: bool, price: int, quantity: int) -> None:
        side = Side.SELL if is_sale else Side.BUY
        kind, mode, in_force = OrderType.LIMIT, SelfTradePrevention.NONE, TimeInForce.GTC
        command = PlaceOrder(
            it.account,
            "",
            0,
            it.scope,
            rules.name,
            side,
            kind,
            in_force,
            quantity,
            0,
            price,
            "",
            mode,
            SideEffect.NO_SIDE_EFFECT,
            False,
        )
        order = self.enter(command, Leg(side, kind, in_force, quantity, price), quantity, 0, NO_LIST, it)
        order.working_at_ms = self.now
        it.order = order
        it.due_ms = self.now + self.venue.margin.liquidation.wait_ms
        self.events.append(OrderOpened(order.view()))
        self.begin(order, self.look(order))
