"""What an order must satisfy before it is placed, and what it might lose (semantics 4, 5 and 7, mechanics 6)."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from openmargin.domain.commands import PlaceOrder, PlaceOrderList
from openmargin.domain.enums import OpenOrderLoss, OrderType, Side, SymbolStatus, TimeInForce
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.orders import Leg
from openmargin.domain.reasons import Reason
from openmargin.domain.venue import Symbol
from openmargin.lab.twin.house import House
from openmargin.lab.twin.parts import BORROWS, ONE, PRICED, REPAYS, STOP_LOSSES, STOPS, Meeting, worth

WINDOWS = (10_000, 86_400_000)


class Asks(House):
    """The clerk who looks at an order before it is taken."""

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
        bad = self.bad_size(rules, leg, quantity)
        if bad is not None:
            return bad
        if leg.trailing_delta:
            least, most = rules.min_trailing_below_delta, rules.max_trailing_below_delta
            if (leg.side is Side.BUY) == (leg.type in STOP_LOSSES):
                least, most = rules.min_trailing_above_delta, rules.max_trailing_above_delta
            if not least <= leg.trailing_delta <= most:
                return Reason.TRAILING_DELTA
        return None

    def bad_size(self, rules: Symbol, leg: Leg, quantity: int) -> Reason | None:
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


def _is_price(rules: Symbol, price: int) -> bool:
    too_high = rules.max_price and price > rules.max_price
    return price >= (rules.min_price or rules.tick_size) and not too_high and not price % rules.tick_size


def _is_lot(quantity: int, least: int, most: int, step: int) -> bool:
    return quantity >= least and (not most or quantity <= most) and not (step and quantity % step)
