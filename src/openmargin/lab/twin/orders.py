"""Placing and cancelling single orders, and an order at work (semantics 4 to 8, mechanics 6)."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import msgspec

from openmargin.domain.commands import (
    AmendOrder,
    CancelAllOrders,
    CancelOrder,
    CancelReplace,
    PlaceOrder,
    PlaceOrderList,
)
from openmargin.domain.enums import (
    CancelReplaceMode,
    ExpiryReason,
    LoanSource,
    OrderStatus,
    SelfTradePrevention,
    Side,
    SymbolStatus,
    TimeInForce,
)
from openmargin.domain.events import CancelReplaced, OrderActivated, OrderAmended, OrderOpened
from openmargin.domain.ids import NO_LIST
from openmargin.domain.orders import Amendment, Leg, OrderSpec
from openmargin.domain.reasons import Reason, Rejected
from openmargin.domain.venue import Symbol
from openmargin.lab.twin.asks import Asks
from openmargin.lab.twin.parts import (
    BORROWS,
    ONE,
    STOPS,
    Meeting,
    Place,
    TwinLiquidation,
    TwinOrder,
    paid_in,
    traded_in,
)


class Orders(Asks):
    """Orders that depend on nobody."""

    # --- Placing -----------------------------------------------------------------------------------------------

    def _sized(self, command: PlaceOrder) -> tuple[Leg, int, list[Meeting]]:
        """The order as a leg, how large it is, and whom it would meet at once."""
        who, symbol, mode = (command.account_id, command.scope), command.symbol, command.self_trade_prevention
        self.quote_if_bare(symbol)
        buys, in_quote = command.side is Side.BUY, command.quote_quantity
        leg = Leg(
            command.side,
            command.type,
            command.time_in_force,
            command.quantity,
            command.price,
            command.stop_price,
            command.trailing_delta,
            command.iceberg_quantity,
            command.client_order_id,
            command.strategy_id,
            command.strategy_type,
        )
        plan: list[Meeting] = []
        quantity = leg.quantity
        if leg.type not in STOPS and in_quote:
            plan = self.plan(who, mode, symbol, buys, 0, None, in_quote)
            # Makers that are merely sent away are nothing that the budget bought.
            quantity = sum(m.quantity for m in plan if m.mode is not SelfTradePrevention.EXPIRE_MAKER)
        elif leg.type not in STOPS:
            plan = self.plan(who, mode, symbol, buys, leg.price, quantity)
        return leg, quantity, plan

    def place(self, command: PlaceOrder) -> Reason | None:
        bad = self.bad_market(command)
        if bad is not None:
            return bad
        account, scope, symbol = command.account_id, command.scope, command.symbol
        rules, buys, in_quote = self.rules(symbol), command.side is Side.BUY, command.quote_quantity
        leg, quantity, plan = self._sized(command)
        bad = self.bad_order(account, scope, rules, leg, quantity, in_quote)
        if bad is not None:
            return bad
        if self.is_counted_out(account, scope, 1):
            return Reason.TOO_MANY_ORDERS
        bad = self.bad_moment(symbol, leg, plan)
        if bad is not None:
            return bad
        if leg.price and leg.time_in_force is TimeInForce.FOK and traded_in(plan) < quantity:
            plan = []

        asset = rules.quote if buys else rules.base
        by_book = buys and not leg.price and leg.type not in STOPS
        if by_book:
            needed = in_quote or paid_in(plan)
        elif buys:
            needed = self.needs(rules, leg)
        else:
            needed = quantity
        promised = paid_in(plan) if by_book else needed
        losses = Fraction(0)
        if leg.price or leg.type in STOPS:
            losses = self.loss_of_leg(scope, rules, leg, later=False)
        elif buys:
            losses = self.loss(scope, rules, True, paid_in(plan), traded_in(plan))
        else:
            losses = self.loss(scope, rules, False, traded_in(plan), paid_in(plan))
        loan = 0
        missing = needed - self.free(account, scope, asset)
        if missing > 0:
            if command.side_effect not in BORROWS:
                return Reason.INSUFFICIENT_BALANCE
            if by_book and not in_quote:
                wider = ceil(needed * (1 + Fraction(self.venue.margin.market_buffer, ONE)))
                missing, needed = missing + wider - needed, wider
            terms = self.asset(asset)
            assert terms is not None
            loan = max(missing, terms.min_borrow)
            bad = self.bad_loan(account, scope, asset, loan)
            if bad is not None:
                return bad
        bad = self.bad_level(account, scope, losses, asset, loan)
        if bad is not None:
            return bad
        if loan:
            self.lend(account, scope, asset, loan, LoanSource.AUTO)

        order = self.enter(command, leg, quantity, in_quote, NO_LIST)
        order.loan = loan
        order.means = needed
        order.promised = promised
        self.counted.setdefault((account, scope), []).append((self.now, 1))
        if not order.is_stop:
            order.working_at_ms = self.now
        self.events.append(OrderOpened(order.view(), loan, asset if loan else ""))
        self.begin(order, plan)
        return None

    def enter(
        self,
        command: PlaceOrder | PlaceOrderList,
        leg: Leg,
        quantity: int,
        in_quote: int,
        list_number: int,
        liquidation: TwinLiquidation | None = None,
    ) -> TwinOrder:
        """An accepted order, with its number and its name."""
        buys = leg.side is Side.BUY
        order = TwinOrder(command.account_id, command.scope, command.symbol, buys, leg.price, quantity)
        self.order_ids[order.symbol] = self.order_ids.get(order.symbol, 0) + 1
        order.paying_price = self.paying_price(self.rules(order.symbol), leg)
        order.spec_or_none = OrderSpec(
            command.symbol,
            self.order_ids[order.symbol],
            command.account_id,
            command.scope,
            leg.client_order_id or self.next_name(),
            leg.side,
            leg.type,
            leg.time_in_force,
            quantity,
            in_quote,
            leg.price,
            command.self_trade_prevention,
            command.side_effect,
            command.auto_repay_at_cancel,
            self.now,
            list_number,
            leg.stop_price,
            leg.trailing_delta,
            leg.iceberg_quantity,
            liquidation.number if liquidation is not None else 0,
            strategy_id=leg.strategy_id,
            strategy_type=leg.strategy_type,
        )
        order.updated_at_ms = self.now
        order.liquidation = liquidation
        self.orders.append(order)
        return order

    # --- At work -----------------------------------------------------------------------------------------------

    def begin(self, order: TwinOrder, plan: list[Meeting]) -> None:
        """A stop waits for its price; anything else works at once."""
        if order.is_stop:
            self.wait(order)
        else:
            self.work(order, plan)

    def work(self, order: TwinOrder, plan: list[Meeting]) -> None:
        """Trade as far as the plan goes; what is left rests, or expires."""
        order.working_at_ms = self.now
        reason = ExpiryReason.INSUFFICIENT_LIQUIDITY
        if order.is_killed_by(plan):
            reason, plan = ExpiryReason.UNFILLED_FOK_ORDER_EXPIRED, []
        elif order.price:
            reason = ExpiryReason.UNFILLED_IOC_QUANTITY_EXPIRED
        for meeting in plan:
            self.meet(order, meeting)
        if not order.left:
            return
        if order.price and order.spec.time_in_force is TimeInForce.GTC:
            self.rest(order)
        else:
            self.close(order, OrderStatus.EXPIRED, "", reason)

    def look(self, order: TwinOrder) -> list[Meeting]:
        """What an order that was accepted earlier would meet now, within what is set aside for it."""
        self.quote_if_bare(order.symbol)
        who = (order.owner, order.scope)
        bound = order.costs() if order.buys and not order.price else None
        return self.plan(who, order.mode, order.symbol, order.buys, order.price, order.left, bound)

    def wake(self, order: TwinOrder) -> None:
        """A stop's turn has come: from now on it is the order behind its stop."""
        order.place = Place.AT_WORK
        order.updated_at_ms = order.working_at_ms = self.now
        self.events.append(OrderActivated(order.view()))
        self.work(order, self.look(order))

    # --- Cancelling --------------------------------------------------------------------------------------------

    def mine(self, command: CancelOrder | CancelAllOrders | AmendOrder) -> list[TwinOrder] | Reason:
        if not self.has_wallets(command.account_id, command.scope):
            return Reason.UNKNOWN_SCOPE
        if self.find_rules(command.symbol) is None:
            return Reason.UNKNOWN_SYMBOL
        return self.orders_of(command.account_id, command.scope, command.symbol)

    def cancel(self, command: CancelOrder) -> Reason | None:
        mine = self.mine(command)
        if isinstance(mine, Reason):
            return mine
        order = self._named(mine, command.order_id, command.client_order_id)
        if isinstance(order, Reason):
            return order
        if order.liquidation is not None:
            return Reason.CANCEL_RESTRICTED
        if command.restriction and order.status.name != command.restriction.name.removeprefix("ONLY_"):
            return Reason.CANCEL_RESTRICTED
        self.cancel_one(order, command.cancel_client_id or self.next_name())
        return None

    def _named(self, mine: list[TwinOrder], number: int, name: str) -> TwinOrder | Reason:
        """The one that is meant, by number, by name, or by both."""
        for order in mine:
            if order.order_id == number if number else order.spec.client_order_id == name:
                is_wrong = number and name and name != order.spec.client_order_id
                return Reason.CLIENT_ORDER_ID_MISMATCH if is_wrong else order
        return Reason.UNKNOWN_ORDER

    def amend(self, command: AmendOrder) -> Reason | None:
        """Less of the same order, in the same place; of a pair, less of both."""
        mine = self.mine(command)
        if isinstance(mine, Reason):
            return mine
        if self.liquidation_of(command.account_id, command.scope) is not None:
            return Reason.LIQUIDATING_NO_TRADE
        rules = self.rules(command.symbol)
        if rules.status is not SymbolStatus.TRADING:
            return Reason.SYMBOL_CLOSED
        order = self._named(mine, command.order_id, command.client_order_id)
        if isinstance(order, Reason):
            return order
        both = [order]
        if order.shares and order.list is not None:
            both += [leg for leg in order.list.pair if leg is not order]
        for one in both:
            bad = self._bad_amendment(rules, one, command.quantity)
            if bad is not None:
                return bad
        own = order.spec.client_order_id
        name = command.new_client_order_id
        if name and name != own and name in [other.spec.client_order_id for other in mine]:
            return Reason.DUPLICATE_CLIENT_ORDER_ID
        name = name or self.next_name()
        before = [one.spec for one in both]
        for one, spec in zip(both, before, strict=True):
            one.spec_or_none = msgspec.structs.replace(
                spec,
                client_order_id=name if one is order else spec.client_order_id,
                quantity=command.quantity,
                iceberg_quantity=min(spec.iceberg_quantity, command.quantity),
            )
            one.left = command.quantity - one.executed - one.prevented
            one.shown = min(one.shown, one.left)
            one.promised = ceil(Fraction(one.left * one.paying_price, ONE))
            one.updated_at_ms = self.now
            one.amended += 1
        for one, spec in zip(both, before, strict=True):
            number = self.amendment_ids.get(order.symbol, 0) + 1
            self.amendment_ids[order.symbol] = number
            amendment = Amendment(
                number,
                order.symbol,
                one.order_id,
                spec.client_order_id,
                one.spec.client_order_id,
                spec.quantity,
                command.quantity,
                self.now,
            )
            listed = order.list.view() if one is order and order.list is not None else None
            self.events.append(OrderAmended(one.view(), amendment, listed))
        return None

    def _bad_amendment(self, rules: Symbol, order: TwinOrder, quantity: int) -> Reason | None:
        spec = order.spec
        if quantity >= spec.quantity:
            return Reason.QUANTITY_UNCHANGED if quantity == spec.quantity else Reason.QUANTITY_RAISED
        leg = Leg(spec.side, spec.type, spec.time_in_force, quantity, spec.price, spec.stop_price)
        bad = self.bad_size(rules, leg, quantity)
        if bad is not None:
            return bad
        if quantity <= order.executed + order.prevented:
            return Reason.QUANTITY_DONE
        return Reason.MAX_NUM_ORDER_AMENDS if order.amended >= rules.max_num_order_amends else None

    def replace(self, command: CancelReplace) -> Reason | None:
        """A cancel, then a placement. Filters and counts are asked first, and stop both."""
        cancel, order = command.cancel, command.order
        account, scope = command.account_id, order.scope
        halves = {(half.account_id, half.scope, half.symbol) for half in (cancel, order)}
        if halves != {(account, scope, order.symbol)}:
            return Reason.PARAMETERS_DO_NOT_FIT
        bad = self.bad_market(order)
        if bad is not None:
            return bad
        leg, quantity, _ = self._sized(order)
        bad = self.bad_order(account, scope, self.rules(order.symbol), leg, quantity, order.quote_quantity)
        # Whether a name is free, and what there is to buy, may change with the cancel.
        if bad not in (None, Reason.DUPLICATE_CLIENT_ORDER_ID, Reason.NO_LIQUIDITY_FOR_QUOTE_QUANTITY):
            return bad
        is_full = self.is_counted_out(account, scope, 1)
        if is_full and not command.cancels_over_limit:
            return Reason.TOO_MANY_ORDERS
        failed = self.cancel(cancel)
        goes_on = failed is None or command.mode is CancelReplaceMode.ALLOW_FAILURE
        refused = Reason.TOO_MANY_ORDERS if is_full else None
        if not goes_on:
            self.counted.setdefault((account, scope), []).append((self.now, 1))
        elif not is_full:
            refused = self.place(order)
        self.events.append(
            CancelReplaced(
                account,
                scope,
                order.symbol,
                Rejected(failed) if failed is not None else None,
                Rejected(refused) if refused is not None else None,
                goes_on,
            )
        )
        return None

    def cancel_all(self, command: CancelAllOrders) -> Reason | None:
        mine = self.mine(command)
        if isinstance(mine, Reason):
            return mine
        mine = [order for order in mine if order.liquidation is None]
        if not mine:
            return Reason.NO_OPEN_ORDERS
        name = self.next_name()
        for order in mine:
            if order.place is not Place.GONE:
                self.cancel_one(order, name)
        return None

    def cancel_one(self, order: TwinOrder, cancel_name: str) -> None:
        """End an order because its owner says so."""
        self.close(order, OrderStatus.CANCELED, cancel_name)
