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
    OpenOrderLoss,
    OrderStatus,
    OrderType,
    SelfTradePrevention,
    Side,
    SymbolStatus,
    TimeInForce,
)
from openmargin.domain.events import CancelReplaced, OrderActivated, OrderAmended, OrderOpened
from openmargin.domain.ids import CROSS, NO_LIST, SPOT, Scope
from openmargin.domain.orders import Amendment, Leg, OrderSpec
from openmargin.domain.reasons import Reason, Rejected
from openmargin.domain.venue import Symbol
from openmargin.lab.twin.house import House
from openmargin.lab.twin.parts import (
    BORROWS,
    ONE,
    PRICED,
    REPAYS,
    STOP_LOSSES,
    STOPS,
    Meeting,
    Place,
    TwinLiquidation,
    TwinOrder,
    paid_in,
    traded_in,
    worth,
)

WINDOWS = (10_000, 86_400_000)


class Orders(House):
    """Orders that depend on nobody."""

    # --- May it be placed? -------------------------------------------------------------------------------------

    def bad_market(self, command: PlaceOrder | PlaceOrderList) -> Reason | None:
        """Why nothing may be placed here by this account."""
        account, scope = command.account_id, command.scope
        if not self.has_wallets(account, scope):
            return Reason.UNKNOWN_SCOPE
        rules = self.find_rules(command.symbol)
        if rules is None:
            return Reason.UNKNOWN_SYMBOL
        if self.liquidation_of(account, scope) is not None:
            return Reason.LIQUIDATING_NO_TRADE
        if rules.status is not SymbolStatus.TRADING:
            return Reason.SYMBOL_CLOSED
        effect = command.side_effect
        on_margin = {SPOT: effect not in BORROWS + REPAYS, CROSS: rules.cross_margin}
        if not on_margin.get(scope, scope == command.symbol):
            return Reason.SYMBOL_NOT_ON_MARGIN
        if scope != SPOT and not self.is_on_margin(scope, rules):
            return Reason.SYMBOL_NOT_ON_MARGIN
        if command.self_trade_prevention not in rules.self_trade_preventions:
            return Reason.SELF_TRADE_PREVENTION_NOT_ALLOWED
        return None

    def bad_order(
        self, account: int, scope: Scope, rules: Symbol, leg: Leg, quantity: int, in_quote: int = 0
    ) -> Reason | None:
        """What is wrong with one order, funds and counts apart; `quantity` is what `in_quote` comes to."""
        is_stop = leg.type in STOPS
        moves_or_stops = bool(leg.stop_price or leg.trailing_delta)
        if in_quote and (leg.type is not OrderType.MARKET or leg.quantity):
            return Reason.PARAMETERS_DO_NOT_FIT
        if leg.price and leg.type not in PRICED:
            return Reason.PARAMETERS_DO_NOT_FIT
        if moves_or_stops != is_stop or (leg.iceberg_quantity and leg.type not in PRICED):
            return Reason.PARAMETERS_DO_NOT_FIT
        if in_quote and quantity < (rules.min_quantity or rules.step_size):
            return Reason.NO_LIQUIDITY_FOR_QUOTE_QUANTITY
        bad = self._bad_numbers(rules, leg, quantity) or self._one_too_many(
            account, scope, rules, leg, quantity
        )
        if bad is not None:
            return bad
        maker = leg.type is OrderType.LIMIT_MAKER
        if leg.iceberg_quantity and not maker and leg.time_in_force is not TimeInForce.GTC:
            return Reason.ICEBERG_NEEDS_GTC
        if rules.limits_price_to_index and self._is_bound_to_index(account, scope) and leg.price:
            if self.is_old(rules.name):
                return Reason.NO_INDEX_PRICE
            index = self.index[rules.name]
            room = Fraction(self.venue.margin.price_limit, ONE)
            above, below = index * (1 + room), index * (1 - room)
            if leg.price > above if leg.side is Side.BUY else leg.price < below:
                return Reason.LIMIT_PRICE_FAR_FROM_INDEX
        asset = self.asset(rules.base)
        assert asset is not None
        goes_long = leg.side is Side.BUY and scope == CROSS and self._is_bound_to_index(account, scope)
        had = self.total(account, scope, rules.base)
        if goes_long and had + quantity > self.owed(account, scope, rules.base):
            if asset.open_long_restricted:
                return Reason.LONG_RESTRICTED
            if self.is_over_cap(asset):
                return Reason.COLLATERAL_CAP
        names = [order.spec.client_order_id for order in self.orders_of(account, scope, rules.name)]
        if leg.client_order_id and leg.client_order_id in names:
            return Reason.DUPLICATE_CLIENT_ORDER_ID
        return None

    def _is_bound_to_index(self, account: int, scope: Scope) -> bool:
        """Margin accounts are, cross accounts in Special Key Mode only if the venue says so."""
        if scope == CROSS and self.accounts[account - 1].in_special_mode:
            return self.venue.special_keys.limits_price_to_index
        return scope != SPOT

    def _bad_numbers(self, rules: Symbol, leg: Leg, quantity: int) -> Reason | None:
        is_priced = leg.type in PRICED
        if is_priced:
            if not _is_price(rules, leg.price):
                return Reason.PRICE_FILTER
            up, down = rules.ask_multiplier_up, rules.ask_multiplier_down
            if leg.side is Side.BUY:
                up, down = rules.bid_multiplier_up, rules.bid_multiplier_down
            average = self.average_price(rules.name)
            if not Fraction(down, ONE) * average <= leg.price <= Fraction(up, ONE) * average:
                return Reason.PERCENT_PRICE
        if leg.stop_price and not _is_price(rules, leg.stop_price):
            return Reason.PRICE_FILTER
        bad = self._bad_size(rules, leg, quantity)
        if bad is not None:
            return bad
        if leg.trailing_delta:
            least, most = rules.min_trailing_below_delta, rules.max_trailing_below_delta
            if (leg.side is Side.BUY) == (leg.type in STOP_LOSSES):
                least, most = rules.min_trailing_above_delta, rules.max_trailing_above_delta
            if not least <= leg.trailing_delta <= most:
                return Reason.TRAILING_DELTA
        return None

    def _bad_size(self, rules: Symbol, leg: Leg, quantity: int) -> Reason | None:
        """Is it too much or too little, in itself or in value?"""
        is_priced = leg.type in PRICED
        lot = (rules.min_quantity or rules.step_size, rules.max_quantity, rules.step_size)
        if not _is_lot(quantity, *lot):
            return Reason.LOT_SIZE
        if leg.iceberg_quantity:
            if leg.iceberg_quantity >= quantity:
                return Reason.ICEBERG_ABOVE_QUANTITY
            if not _is_lot(leg.iceberg_quantity, *lot):
                return Reason.LOT_SIZE
            if ceil(Fraction(quantity, leg.iceberg_quantity)) > rules.iceberg_parts:
                return Reason.ICEBERG_PARTS
        market_lot = (rules.market_min_quantity, rules.market_max_quantity, rules.market_step_size)
        if not is_priced and not _is_lot(quantity, *market_lot):
            return Reason.MARKET_LOT_SIZE
        price = leg.price if is_priced else leg.stop_price or self.average_price(rules.name)
        value = worth(quantity, price)
        if value < rules.min_notional and (rules.apply_min_to_market or is_priced):
            return Reason.NOTIONAL
        if 0 < rules.max_notional < value and (rules.apply_max_to_market or is_priced):
            return Reason.NOTIONAL
        return None

    def _one_too_many(
        self, account: int, scope: Scope, rules: Symbol, leg: Leg, quantity: int
    ) -> Reason | None:
        """The filters that count what is open already."""
        mine = self.orders_of(account, scope, rules.name)
        if len(mine) >= rules.max_num_orders:
            return Reason.MAX_NUM_ORDERS
        stops = [order for order in mine if order.is_stop]
        if leg.type in STOPS and len(stops) >= rules.max_num_algo_orders:
            return Reason.MAX_NUM_ALGO_ORDERS
        icebergs = [order for order in mine if order.spec.iceberg_quantity]
        if leg.iceberg_quantity and len(icebergs) >= rules.max_num_iceberg_orders:
            return Reason.MAX_NUM_ICEBERG_ORDERS
        if rules.max_position and leg.side is Side.BUY:
            coming = sum(order.left for order in mine if order.buys)
            if self.total(account, scope, rules.base) + coming + quantity > rules.max_position:
                return Reason.MAX_POSITION
        return None

    def is_counted_out(self, account: int, scope: Scope, orders: int) -> bool:
        """Would so many more be too many unfilled orders?"""
        limits = (self.venue.orders.limit_10s, self.venue.orders.limit_day)
        return any(
            self.order_count(account, scope, window) + orders > limit
            for window, limit in zip(WINDOWS, limits, strict=True)
        )

    def bad_moment(self, symbol: str, leg: Leg, plan: list[Meeting]) -> Reason | None:
        """Why this order may not begin just now."""
        price = self.last_price(symbol)
        if leg.type in STOPS and not leg.trailing_delta and price:
            above = (leg.side is Side.BUY) == (leg.type in STOP_LOSSES)
            if price >= leg.stop_price if above else price <= leg.stop_price:
                return Reason.WOULD_TRIGGER
        if plan and leg.type is OrderType.LIMIT_MAKER:
            return Reason.WOULD_TAKE
        return None

    def needs(self, rules: Symbol, leg: Leg, *, later: bool = False) -> int:
        """What an order must be able to pay; one without a limit that works later, at its stop and a buffer."""
        if leg.side is Side.SELL:
            return leg.quantity
        assert leg.price or later or leg.type in STOPS
        return ceil(Fraction(leg.quantity * self.paying_price(rules, leg), ONE))

    def paying_price(self, rules: Symbol, leg: Leg) -> int:
        """What one base may cost: the limit, or the stop with a buffer."""
        guess = leg.stop_price or self.last_price(rules.name) or self.index[rules.name]
        return leg.price or ceil(guess * (1 + Fraction(self.venue.margin.market_buffer, ONE)))

    # --- What open orders would lose (mechanics 6, A10) ----------------------------------------------------------

    def loss(self, scope: Scope, rules: Symbol, buys: bool, paid: int, got: int) -> Fraction:
        """Collateral that goes, less collateral that comes, where that is a loss."""
        names = (rules.quote, rules.base) if buys else (rules.base, rules.quote)
        values: list[Fraction] = []
        for name, amount in zip(names, (paid, got), strict=True):
            asset = self.asset(name)
            assert asset is not None
            values.append(self.as_collateral(scope, asset, amount, moving=False))
        return max(Fraction(0), values[0] - values[1])

    def loss_of_leg(self, scope: Scope, rules: Symbol, leg: Leg, *, later: bool) -> Fraction:
        """Of an order that is not the market's to price."""
        price = leg.price or leg.stop_price or self.last_price(rules.name) or self.index[rules.name]
        if leg.side is Side.BUY:
            return self.loss(scope, rules, True, self.needs(rules, leg, later=later), leg.quantity)
        return self.loss(scope, rules, False, leg.quantity, worth(leg.quantity, price))

    def open_order_loss(self, account: int, scope: Scope) -> Fraction:
        total = Fraction(0)
        pairs: dict[int, Fraction] = {}
        for order in self.live():
            if (order.owner, order.scope) != (account, scope):
                continue
            rules = self.rules(order.symbol)
            price = order.price or order.spec.stop_price
            price = price or self.last_price(order.symbol) or self.index[order.symbol]
            got = order.left if order.buys else worth(order.left, price)
            loss = self.loss(scope, rules, order.buys, order.costs(), got)
            if order.shares and order.list is not None:
                number = order.list.number
                pairs[number] = max(pairs.get(number, Fraction(0)), loss)
            else:
                total += loss
        return total + sum(pairs.values())

    def bad_level(
        self, account: int, scope: Scope, losses: Fraction, loan_asset: str, loan: int
    ) -> Reason | None:
        """Would the account be liquidated if all that it has open went through at its price?"""
        modes = {OpenOrderLoss.STANDARD: (False,), OpenOrderLoss.SPECIAL: (True,)}
        modes |= {OpenOrderLoss.BOTH: (False, True), OpenOrderLoss.OFF: ()}
        is_special = scope == CROSS and self.accounts[account - 1].in_special_mode
        if scope == SPOT or is_special not in modes[self.venue.margin.open_order_loss]:
            return None
        if not (self.owes(account, scope) or loan):
            return None
        if self.cannot_measure(account, scope, loan_asset if loan else ""):
            return Reason.NO_INDEX_PRICE
        lent = loan * self.price_in(scope, loan_asset) if loan else Fraction(0)
        owed = self.debts_value(account, scope) + lent
        if not owed:
            return None
        # Where assets count net of debts, a loan adds nothing.
        is_net = scope == CROSS and self.venue.margin.liquidation.uses_collateral_ratio
        has = self.assets_value(account, scope) + (0 if is_net else lent)
        left = has - losses - self.open_order_loss(account, scope)
        if scope == CROSS:
            bar = self.leverage_levels(account).liquidation
        else:
            tier = self.tier(account, scope, (loan_asset, loan))
            bar = tier.liquidation if tier is not None else ONE
        return Reason.ORDER_LEVEL_TOO_LOW if left / owed <= Fraction(bar, ONE) else None

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
        bad = self._bad_size(rules, leg, quantity)
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


def _is_price(rules: Symbol, price: int) -> bool:
    too_high = rules.max_price and price > rules.max_price
    return price >= (rules.min_price or rules.tick_size) and not too_high and not price % rules.tick_size


def _is_lot(quantity: int, least: int, most: int, step: int) -> bool:
    return quantity >= least and (not most or quantity <= most) and not (step and quantity % step)
