"""OCO, OTO and OTOCO: orders of which one decides over the others (semantics 7)."""

from __future__ import annotations

from fractions import Fraction

import msgspec

from openmargin.domain.commands import CancelOrderList, PlaceOrderList
from openmargin.domain.enums import (
    Contingency,
    ExpiryReason,
    LoanSource,
    OrderStatus,
    OrderType,
    Side,
    SideEffect,
)
from openmargin.domain.events import ListChanged, OrderActivated, OrderOpened
from openmargin.domain.ids import CROSS, Scope
from openmargin.domain.orders import Leg
from openmargin.domain.reasons import Reason
from openmargin.domain.venue import Asset, Symbol
from openmargin.lab.twin.orders import Orders
from openmargin.lab.twin.parts import (
    BORROWS,
    PRICED,
    STOP_LOSSES,
    STOPS,
    TAKE_PROFITS,
    Meeting,
    Place,
    TwinList,
    TwinOrder,
)

WAKES_PER_RECORD = 16
"""After so many the exchange goes on with a record of its own, which first goes on with the wave."""

OCO, OTO, OTOCO = Contingency.OCO, Contingency.OTO, Contingency.OTOCO


class Lists(Orders):
    """Orders that depend on each other."""

    # --- May it be placed? -------------------------------------------------------------------------------------

    def _bad_shape(self, command: PlaceOrderList) -> Reason | None:
        legs, kind = command.legs, command.contingency
        if len(legs) != (3 if kind is OTOCO else 2):
            return Reason.LEGS_DO_NOT_FIT
        if kind is not OCO and legs[0].type not in (OrderType.LIMIT, OrderType.LIMIT_MAKER):
            return Reason.LEGS_DO_NOT_FIT
        if kind is OTO:
            return None
        above, below = legs[-2:]
        if (above.side, above.quantity) != (below.side, below.quantity):
            return Reason.LEGS_DO_NOT_FIT
        if _family(above) == _family(below) or OrderType.MARKET in (above.type, below.type):
            return Reason.LEGS_DO_NOT_FIT
        if not (_lies_above(above) and not _lies_above(below)):
            return Reason.LIST_PRICES_WRONG
        upper, lower = above.stop_price or above.price, below.stop_price or below.price
        if upper and lower and lower >= upper:
            return Reason.LIST_PRICES_WRONG
        last = self.last_price(command.symbol)
        if kind is OTOCO or not last:
            return None
        upper = above.stop_price if above.type in STOPS else above.price
        lower = below.stop_price if below.type in STOPS else below.price
        if (upper and upper <= last) or (lower and lower >= last):
            return Reason.LIST_PRICES_WRONG
        return None

    def _bad_numbers_of(self, command: PlaceOrderList, rules: Symbol) -> Reason | None:
        mine = self.orders_of(command.account_id, command.scope, command.symbol)
        lists = [
            one
            for one in self.lists_of(command.account_id, command.scope)
            if one.command.symbol == command.symbol
        ]
        if len(lists) >= rules.max_num_order_lists:
            return Reason.MAX_NUM_ORDER_LISTS
        if command.client_list_id and command.client_list_id in [one.name for one in lists]:
            return Reason.DUPLICATE_CLIENT_LIST_ID
        if len(mine) + len(command.legs) > rules.max_num_orders:
            return Reason.MAX_NUM_ORDERS
        stops = [leg for leg in command.legs if leg.type in STOPS]
        if stops and len(stops) + sum(order.is_stop for order in mine) > rules.max_num_algo_orders:
            return Reason.MAX_NUM_ALGO_ORDERS
        icebergs = [leg for leg in command.legs if leg.iceberg_quantity]
        there = [order for order in mine if order.spec.iceberg_quantity]
        if icebergs and len(icebergs) + len(there) > rules.max_num_iceberg_orders:
            return Reason.MAX_NUM_ICEBERG_ORDERS
        names = [leg.client_order_id for leg in command.legs if leg.client_order_id]
        return Reason.DUPLICATE_CLIENT_ORDER_ID if len({*names}) < len(names) else None

    def _needed(self, command: PlaceOrderList, rules: Symbol) -> dict[str, int]:
        """What the list must be able to pay in each asset; a pair pays once, for the dearer (mechanics A9)."""
        legs = list(command.legs)
        groups = (
            [[leg] for leg in legs]
            if command.contingency is OTO
            else [[leg] for leg in legs[:-2]] + [legs[-2:]]
        )
        needed: dict[str, int] = {}
        for group in groups:
            asset = rules.quote if group[0].side is Side.BUY else rules.base
            needed[asset] = needed.get(asset, 0) + max(self.needs(rules, leg, later=True) for leg in group)
        return needed

    # --- Placing -----------------------------------------------------------------------------------------------

    def place_list(self, command: PlaceOrderList) -> Reason | None:
        bad = self.bad_market(command)
        if bad is not None:
            return bad
        account, scope, symbol = command.account_id, command.scope, command.symbol
        rules = self.rules(symbol)
        self.quote_if_bare(symbol)
        no_oto = not self.venue.orders.oto_borrow_and_repay and command.contingency is not OCO
        if no_oto and command.side_effect is SideEffect.AUTO_BORROW_REPAY:
            return Reason.PARAMETERS_DO_NOT_FIT
        bad = self._bad_shape(command) or self._bad_numbers_of(command, rules)
        if bad is not None:
            return bad
        if command.contingency is not OTO and command.legs[-1].type in STOPS:
            # They are numbered with the stop first; of two stops the one above the market is.
            above, below = command.legs[-2:]
            first, second = (above, below) if above.type in STOPS else (below, above)
            command = msgspec.structs.replace(command, legs=(*command.legs[:-2], first, second))
        for leg in command.legs:
            bad = self.bad_order(account, scope, rules, leg, leg.quantity)
            if bad is not None:
                return bad
        if self.is_counted_out(account, scope, len(command.legs)):
            return Reason.TOO_MANY_ORDERS
        starting = command.legs if command.contingency is OCO else command.legs[:1]
        plans: list[list[Meeting]] = []
        for leg in starting:
            buys = leg.side is Side.BUY
            mode = command.self_trade_prevention
            is_stop = leg.type in STOPS
            plans.append(
                [] if is_stop else self.plan((account, scope), mode, symbol, buys, leg.price, leg.quantity)
            )
            bad = self.bad_moment(symbol, leg, plans[-1])
            if bad is not None:
                return bad

        needed = self._needed(command, rules)
        loan, loan_asset = 0, ""
        for asset, amount in needed.items():
            missing = amount - self.free(account, scope, asset)
            if missing <= 0:
                continue
            if command.side_effect not in BORROWS or loan:
                return Reason.INSUFFICIENT_BALANCE
            terms = self.asset(asset)
            assert terms is not None
            loan, loan_asset = max(missing, terms.min_borrow), asset
            bad = self.bad_loan(account, scope, asset, loan)
            if bad is not None:
                return bad
        losses = [self.loss_of_leg(scope, rules, leg, later=True) for leg in command.legs]
        if command.contingency is not OTO:
            losses = [*losses[:-2], max(losses[-2:])]
        bad = self.bad_level(account, scope, sum(losses, Fraction(0)), loan_asset, loan)
        if bad is not None:
            return bad
        if loan:
            self.lend(account, scope, loan_asset, loan, LoanSource.AUTO)

        self.list_numbers += 1
        listed = TwinList(self.list_numbers, command, command.client_list_id or self.next_name(), self.now)
        listed.loan, listed.loan_asset, listed.means = loan, loan_asset, needed.get(loan_asset, 0)
        listed.has_worked = command.contingency is OCO
        listed.is_decided = command.contingency is OTO
        self._enter_legs(listed, rules)
        self.lists.append(listed)
        self.counted.setdefault((account, scope), []).append((self.now, len(listed.legs)))
        self.events.append(ListChanged(listed.view(), loan, loan_asset))
        self.events += [OrderOpened(order.view()) for order in listed.legs]
        for order, plan in zip(listed.legs, plans, strict=False):
            self.begin(order, plan)
        return None

    def _enter_legs(self, listed: TwinList, rules: Symbol) -> None:
        command = listed.command
        for leg in command.legs:
            order = self.enter(command, leg, leg.quantity, 0, listed.number)
            order.list = listed
            order.promised = self.needs(rules, leg, later=True)
            if listed.legs and not listed.has_worked:
                order.status = OrderStatus.PENDING_NEW
                order.place = Place.PENDING
            elif not order.is_stop:
                order.working_at_ms = self.now
            listed.legs.append(order)
        for order in listed.pair:
            order.shares = not listed.is_decided

    # --- What follows ------------------------------------------------------------------------------------------

    def settle_down(self) -> None:
        """Let lists follow what their orders did, at once; and stops wake, one after the other, so many in one go."""
        woken = 0
        self.follow_lists()
        while self.woken and woken < WAKES_PER_RECORD:
            woken += 1
            # One market comes to rest before the next stirs.
            here = [order for order in self.woken if order.symbol == self.stirring]
            order = (here or self.woken)[0]
            self.stirring = order.symbol
            self.woken.remove(order)
            self._wake_listed(order)
            self.follow_lists()
        if woken == WAKES_PER_RECORD:
            self.wave_goes_on = True
        else:
            self.stirring = ""

    def follow_lists(self) -> None:
        """Let every list that an order moved take its next step."""
        while self.concerned:
            self._follow(self.concerned.pop(0))

    def _wake_listed(self, order: TwinOrder) -> None:
        self.decide(order)
        self._follow(order)
        self.wake(order)

    def _follow(self, order: TwinOrder) -> None:
        listed = order.list
        if listed is None:
            return
        has_ended = order.place is Place.GONE
        if not listed.has_worked:
            if order.status is OrderStatus.FILLED:
                listed.has_worked = True
                listed.updated_at_ms = self.now
                order.list = None
                self._bring_to_life(listed)
            else:
                self._end(listed, OrderStatus.EXPIRED, "", ExpiryReason.OTO_PHASE_ONE_EXPIRED)
            return
        for leg in listed.pair:
            if leg.is_out and leg.list is not None:
                listed.updated_at_ms = self.now
                leg.list = None
                self.close(leg, OrderStatus.EXPIRED, "", ExpiryReason.OCO_TRIGGER)
        if has_ended:
            self._end(listed, OrderStatus.EXPIRED, "", ExpiryReason.OCO_TRIGGER)

    def _bring_to_life(self, listed: TwinList) -> None:
        """The working order is full: the others are placed, as the market is now."""
        pending = listed.legs[1:]
        for order in pending:
            order.status = OrderStatus.NEW
            order.place = Place.AT_WORK
            order.updated_at_ms = self.now
            if not order.is_stop:
                order.working_at_ms = self.now
            self.events.append(OrderActivated(order.view()))
        last = self.last_price(listed.command.symbol)
        for order in pending:
            if order.is_stop and not order.spec.trailing_delta and last and self.is_reached(order, last):
                self._wake_listed(order)
                return
        plans = [[] if order.is_stop else self.look(order) for order in pending]
        for order, plan in zip(pending, plans, strict=True):
            if plan and order.spec.type is OrderType.LIMIT_MAKER:
                self._end(listed, OrderStatus.EXPIRED, "", ExpiryReason.REJECTED)
                return
        for order, plan in zip(pending, plans, strict=True):
            self.begin(order, plan)

    def _end(self, listed: TwinList, status: OrderStatus, cancel_name: str, reason: ExpiryReason) -> None:
        """The list is over: all that is open of it ends, and its loan goes back as far as nobody spent it."""
        listed.updated_at_ms = self.now
        listed.is_done = True
        for order in listed.legs:
            order.is_out = order.is_out or order.shares
            order.shares = False
            order.list = None
        for order in listed.legs:
            if order.place is not Place.GONE:
                self.close(order, status, cancel_name, reason)
        self.lists.remove(listed)
        self.events.append(ListChanged(listed.view()))
        whose = (listed.command.account_id, listed.command.scope)
        is_liquidating = self.liquidation_of(*whose) is not None
        if listed.loan and listed.command.auto_repay_at_cancel and not is_liquidating:
            payers = [order for order in listed.legs if self.pays_with(order) == listed.loan_asset]
            unused = min(listed.loan, listed.means - sum(order.spent() for order in payers))
            command = listed.command
            self.pay_back_at_most(command.account_id, command.scope, listed.loan_asset, unused)

    # --- Delistings (mechanics 7.6) ------------------------------------------------------------------------------

    def delist_next(self) -> bool:
        """At its time everybody's margin orders in it end, and what he has of it repays what he owes of it.

        One asset or pair a record; False where none is due.
        """
        for entry in (*self.venue.assets, *self.venue.symbols):
            planned = (entry.name, entry.delist_at_ms)
            if not entry.delist_at_ms or entry.delist_at_ms > self.now or planned in self.delisted:
                continue
            self.delisted = [done for done in self.delisted if done[0] != entry.name] + [planned]
            for account in range(1, len(self.accounts) + 1):
                if isinstance(entry, Asset):
                    pairs = [s for s in self.symbols_seen if entry.name in _pair(self.rules(s))]
                    self._clear(account, CROSS, pairs, (entry.name,))
                else:
                    self._clear(account, CROSS, [entry.name], ())
                    self._clear(account, entry.name, [entry.name], _pair(entry))
            return True
        return False

    def _clear(self, account: int, scope: Scope, pairs: list[str], assets: tuple[str, ...]) -> None:
        if self.liquidation_of(account, scope) is not None:
            return
        for pair in pairs:
            for order in self.orders_of(account, scope, pair):
                if order.place is not Place.GONE:
                    self.cancel_one(order, "")
        for asset in assets:
            self.pay_back_at_most(account, scope, asset, self.owed(account, scope, asset))
            low = self.venue.margin.delisting_level
            if scope == CROSS and self.collateral_level(account, scope) < low and self.mark(CROSS, asset):
                self._sell_for(account, asset)

    def _sell_for(self, account: int, owed: str) -> None:
        """Other assets go at the index until a debt is repaid, the greatest value first."""
        names = [asset.name for asset in self.venue.assets]
        worth = {name: self.free(account, CROSS, name) * self.mark(CROSS, name) for name in names}
        for name in sorted(worth, key=lambda name: (-worth[name], name)):
            debt = self.owed(account, CROSS, owed)
            if not debt or not worth[name]:
                return
            self.convert(account, CROSS, name, self.free(account, CROSS, name), owed, debt)
            self.pay_back_at_most(account, CROSS, owed, debt)

    # --- Cancelling --------------------------------------------------------------------------------------------

    def cancel_one(self, order: TwinOrder, cancel_name: str) -> None:
        """Who cancels one order of a list cancels the list."""
        if order.list is not None:
            self._end(order.list, OrderStatus.CANCELED, cancel_name, ExpiryReason.NONE)
        else:
            super().cancel_one(order, cancel_name)

    def cancel_list(self, command: CancelOrderList) -> Reason | None:
        if not self.has_wallets(command.account_id, command.scope):
            return Reason.UNKNOWN_SCOPE
        if self.find_rules(command.symbol) is None:
            return Reason.UNKNOWN_SYMBOL
        for listed in self.lists_of(command.account_id, command.scope):
            if listed.command.symbol != command.symbol:
                continue
            if command.list_id >= 0:
                if listed.number != command.list_id:
                    continue
                if command.client_list_id and command.client_list_id != listed.name:
                    return Reason.CLIENT_LIST_ID_MISMATCH
            elif listed.name != command.client_list_id:
                continue
            cancel_name = command.cancel_client_id or self.next_name()
            self._end(listed, OrderStatus.CANCELED, cancel_name, ExpiryReason.NONE)
            return None
        return Reason.UNKNOWN_LIST


def _pair(rules: Symbol) -> tuple[str, str]:
    return rules.base, rules.quote


def _family(leg: Leg) -> str:
    """Two orders of a pair must differ in this."""
    if leg.type in STOPS:
        return "stop loss" if leg.type in STOP_LOSSES else "take profit"
    return "limit"


def _lies_above(leg: Leg) -> bool:
    """Does an order of this side and type belong above the market?"""
    if leg.type in STOP_LOSSES:
        return leg.side is Side.BUY
    assert leg.type in PRICED or leg.type in TAKE_PROFITS
    return leg.side is Side.SELL
