"""Who meets whom, what each trade does, and which stops it reaches (semantics 4 to 8)."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from openmargin.domain.enums import AutoRepay, ExpiryReason, Flow, OrderStatus, SelfTradePrevention, Side
from openmargin.domain.events import MatchPrevented, OrderClosed, OrderFilled, Traded
from openmargin.domain.ids import Scope
from openmargin.domain.orders import Fill, PreventedMatch
from openmargin.lab.twin.insolvency import Insolvency
from openmargin.lab.twin.parts import ONE, REPAYS, Meeting, Place, TwinLiquidation, TwinOrder, worth

NONE = SelfTradePrevention.NONE
EXPIRE_TAKER = SelfTradePrevention.EXPIRE_TAKER
EXPIRE_MAKER = SelfTradePrevention.EXPIRE_MAKER
EXPIRE_BOTH = SelfTradePrevention.EXPIRE_BOTH
DECREMENT = SelfTradePrevention.DECREMENT
TRANSFER = SelfTradePrevention.TRANSFER


class Market(Insolvency):
    """Trading, as far as it takes no more than two orders to tell."""

    # --- Looking -----------------------------------------------------------------------------------------------

    def _are_one_hand(self, who: tuple[int, Scope], maker: TwinOrder) -> bool:
        if maker.is_house or not who[0]:
            return False
        group = self.accounts[who[0] - 1].trade_group_id
        return self._is_same(who, maker) or (
            group >= 0 and group == self.accounts[maker.owner - 1].trade_group_id
        )

    def _is_same(self, who: tuple[int, Scope], maker: TwinOrder) -> bool:
        """Is it the same trading account; or the same owner's, where that is what counts (mechanics A19)?"""
        by_owner = self.venue.orders.prevention_by_account
        return who[0] == maker.owner and (by_owner or who[1] == maker.scope)

    def _agreed(
        self, who: tuple[int, Scope], mode: SelfTradePrevention, maker: TwinOrder
    ) -> SelfTradePrevention:
        """What becomes of this meeting: the taker's mode rules, but a transfer takes two who want it."""
        if mode is NONE or not self._are_one_hand(who, maker):
            return NONE
        both_transfer = maker.mode is TRANSFER and not self._is_same(who, maker)
        return DECREMENT if mode is TRANSFER and not both_transfer else mode

    def plan(
        self,
        who: tuple[int, Scope],
        mode: SelfTradePrevention,
        symbol: str,
        buys: bool,
        limit: int,
        quantity: int | None,
        budget: int | None = None,
    ) -> list[Meeting]:
        """Whom a taker would meet: best price first, then who came first.

        An iceberg that was taken whole comes again behind the others of its price. A budget goes as far as whole
        steps; the first offer that it cannot take is the last.
        """
        offers: list[tuple[int, int, int, int, TwinOrder]] = []  # price, arrival, shown, left
        for order in self.in_book(symbol):
            if order.buys != buys and (not limit or (order.price <= limit if buys else order.price >= limit)):
                offers.append(
                    (order.price if buys else -order.price, order.arrival, order.shown, order.left, order)
                )
        plan: list[Meeting] = []
        latest = self.arrivals
        while offers and quantity != 0:
            offers.sort(key=lambda offer: offer[:2])
            rank, arrival, shown, left, maker = offers.pop(0)
            agreed = self._agreed(who, mode, maker)
            wanted = quantity
            if budget is not None:
                step = self.rules(symbol).step_size
                affordable = floor(Fraction(budget * ONE, maker.price) / step) * step
                wanted = affordable if quantity is None else min(affordable, quantity)
            assert wanted is not None, "an order is sized in base or in quote"
            if not wanted:
                break
            if agreed is EXPIRE_MAKER:
                plan.append(Meeting(maker, left, agreed))
                continue
            offered = shown if agreed is NONE else left
            ends_here = agreed in (EXPIRE_TAKER, EXPIRE_BOTH)
            taken = wanted if ends_here else min(offered, wanted)
            plan.append(Meeting(maker, taken, agreed))
            if ends_here:
                break
            if budget is not None:
                budget -= worth(taken, maker.price)
                if taken < offered:
                    break
            quantity = None if quantity is None else quantity - taken
            if agreed is NONE and taken == shown < left:
                latest += 1
                again = min(maker.spec.iceberg_quantity, left - shown)
                keeps_place = self.venue.orders.iceberg_keeps_place
                offers.append((rank, arrival if keeps_place else latest, again, left - shown, maker))
        return plan

    # --- Acting ------------------------------------------------------------------------------------------------

    def meet(self, taker: TwinOrder, meeting: Meeting) -> None:
        """Carry out what a plan says of two orders."""
        if meeting.mode is NONE:
            self._trade(taker, meeting.maker, meeting.quantity)
        else:
            self._prevent(taker, meeting)

    def _swap(self, taker: TwinOrder, maker: TwinOrder, quantity: int) -> int:
        """Base for quote at the maker's price; both sides move the same quote, which is returned."""
        rules = self.rules(taker.symbol)
        quote = worth(quantity, maker.price)
        for order in (maker, taker):
            self.decide(order)
        for order in (maker, taker):
            sign = 1 if order.buys else -1
            self.give(order.owner, order.scope, rules.base, sign * quantity)
            self.give(order.owner, order.scope, rules.quote, -sign * quote)
        return quote

    def decide(self, order: TwinOrder) -> None:
        """Of a pair, this order goes on alone: from here on it holds what it needs, and the other nothing."""
        if order.shares and order.list is not None:
            order.list.is_decided = True
            for leg in order.list.pair:
                leg.shares = False
                leg.is_out = leg is not order
            self.concerned.append(order)

    def _trade(self, taker: TwinOrder, maker: TwinOrder, quantity: int) -> None:
        quote = self._swap(taker, maker, quantity)
        for order in (maker, taker):
            order.left -= quantity
            order.shown -= quantity
            order.executed += quantity
            order.paid_or_got += quote
        if not maker.shown and maker.left:
            self._show_again(maker)
        if not maker.left:
            maker.place = Place.GONE
        number = self.print_trade(taker.symbol, maker.price, quantity, quote, taker.buys, maker, taker)
        for order in (maker, taker):
            self._after_fill(order, number, maker, quantity, quote)

    def _show_again(self, iceberg: TwinOrder) -> None:
        """The next part of an iceberg stands behind everybody at its price (mechanics A19)."""
        iceberg.shown = min(iceberg.spec.iceberg_quantity or iceberg.left, iceberg.left)
        if not self.venue.orders.iceberg_keeps_place:
            iceberg.arrival = self.next_arrival()

    def rest(self, order: TwinOrder) -> None:
        """Let an order stand in the book."""
        order.place = Place.BOOK
        order.shown = order.left
        order.arrival = self.next_arrival()
        if not order.is_house and order.spec.iceberg_quantity:
            order.shown = min(order.left, order.spec.iceberg_quantity)

    def _after_fill(self, order: TwinOrder, number: int, maker: TwinOrder, quantity: int, quote: int) -> None:
        if order.is_house:
            if not order.left:
                self.orders.remove(order)
            return
        rules = self.rules(order.symbol)
        received, asset = (quantity, rules.base) if order.buys else (quote, rules.quote)
        rows = self.venue.commissions
        vip = self.accounts[order.owner - 1].vip
        row = rows[vip] if vip < len(rows) else rows[-1]
        rate = row.maker if order is maker else row.taker
        commission, paid_in = self._commission(order, received, asset, rate)
        self.fees[paid_in] = self.fees.get(paid_in, 0) + commission
        self.give(order.owner, order.scope, paid_in, -commission)

        if order.executed == quantity and order.liquidation is None:
            counts = self.venue.orders
            back = counts.maker_first_fill_credit if order is maker else counts.taker_first_fill_credit
            self.counted[order.owner, order.scope].append((self.now, -back))
        order.updated_at_ms = self.now
        order.status = OrderStatus.PARTIALLY_FILLED if order.left else OrderStatus.FILLED
        if not order.left:
            self._leave(order)
        fill = Fill(number, maker.price, quantity, quote, commission, paid_in, order is maker)
        self.events.append(OrderFilled(order.view(), fill))
        net = received - (commission if paid_in == asset else 0)
        if order.liquidation is not None:
            burned = (commission, paid_in) if paid_in != asset else (0, "")
            self._use_proceeds(
                order, order.liquidation, quote if order.buys else quantity, asset, net, *burned
            )
        elif order.spec.side_effect in REPAYS:
            if self.venue.margin.auto_repay is AutoRepay.EACH_FILL:
                self.pay_back_at_most(order.owner, order.scope, asset, net)
            else:
                order.earned += net
        if not order.left:
            self._finish(order)

    def _use_proceeds(
        self,
        order: TwinOrder,
        it: TwinLiquidation,
        paid: int,
        received: str,
        net: int,
        burned: int,
        burned_asset: str,
    ) -> None:
        """A forced order traded; where that was the rest of it, nobody waits for it any more."""
        flow = Flow.BUY_LIQUIDATION if order.buys else Flow.SELL_LIQUIDATION
        self.flow(it.account, it.scope, flow, self.pays_with(order), -paid, order.symbol)
        self.flow(it.account, it.scope, flow, received, net, order.symbol)
        self.flow(it.account, it.scope, flow, burned_asset, -burned, order.symbol)
        self.sold(it, self.pays_with(order), paid, received, net)
        if not order.left:
            it.order = None
            it.tries = 0
            it.due_ms = self.now

    def _commission(self, order: TwinOrder, received: int, asset: str, rate: int) -> tuple[int, str]:
        """A share of what was received; or BNB at a discount, of who chose that and has enough of it."""
        burned = self.venue.margin.burn_asset
        price, worth_of_one = self.price_of(burned), self.price_of(asset)
        held = self.unreserved(order.owner, order.scope, burned) if price and worth_of_one else 0
        rounded = ceil if self.venue.orders.commission_rounds_up else floor
        if self.accounts[order.owner - 1].burns_bnb_for_commission and held > 0:
            discount = Fraction(self.venue.margin.burn_commission_discount, ONE)
            due = rounded(Fraction(received * rate, ONE) * (1 - discount) * worth_of_one / price)
            if due <= held:
                return due, burned
        return rounded(Fraction(received * rate, ONE)), asset

    def _prevent(self, taker: TwinOrder, meeting: Meeting) -> None:
        """Two orders of one hand met: nobody trades, and the mode says who loses how much (semantics 6)."""
        maker, quantity, mode = meeting
        loses = {
            EXPIRE_TAKER: (taker.left, 0),
            EXPIRE_MAKER: (0, maker.left),
            EXPIRE_BOTH: (taker.left, maker.left),
        }
        of_taker, of_maker = loses.get(mode, (quantity, quantity))
        if mode is TRANSFER:
            quote = self._swap(taker, maker, quantity)
            for order in (taker, maker):
                order.handed_over += quote if order.buys else quantity
        for order, lost in ((maker, of_maker), (taker, of_taker)):
            order.prevented += lost
            order.left -= lost
            order.shown = min(order.shown, order.left)
        self.prevented_ids[taker.symbol] = self.prevented_ids.get(taker.symbol, 0) + 1
        for order, lost in ((maker, of_maker), (taker, of_taker)):
            if lost:
                order.prevented_id = self.prevented_ids[taker.symbol]
        # A taker that was sized by its budget may be full already when it sends a maker away.
        ended = [o for o, lost in ((maker, of_maker), (taker, of_taker)) if lost and not o.left]
        for order in ended:
            order.status = OrderStatus.EXPIRED_IN_MATCH
            order.updated_at_ms = self.now
            self._leave(order)
        prevented = PreventedMatch(
            taker.symbol,
            self.prevented_ids[taker.symbol],
            taker.order_id,
            maker.order_id,
            self.accounts[taker.owner - 1].trade_group_id,
            mode,
            maker.price,
            of_taker,
            of_maker,
            self.now,
        )
        self.events.append(MatchPrevented(prevented, taker.view(), maker.view()))
        for order in ended:
            self._finish(order)

    # --- The end of an order -------------------------------------------------------------------------------------

    def close(
        self,
        order: TwinOrder,
        status: OrderStatus,
        cancel_name: str = "",
        reason: ExpiryReason = ExpiryReason.NONE,
    ) -> None:
        """End an order before it is full."""
        self._leave(order)
        order.status = status
        order.reason = reason
        order.updated_at_ms = self.now
        self.events.append(OrderClosed(order.view(), cancel_name))
        self._finish(order)

    def _leave(self, order: TwinOrder) -> None:
        self.orders.remove(order)
        self.woken = [other for other in self.woken if other is not order]
        order.place = Place.GONE

    def _finish(self, order: TwinOrder) -> None:
        """Own money counts as spent first; what was borrowed and not spent goes back.

        But a limit order that came full keeps what a better price saved, and the loan of a list is the list's.
        """
        if order.list is not None:
            self.concerned.append(order)
        rules = self.rules(order.symbol)
        self.pay_back_at_most(
            order.owner, order.scope, rules.base if order.buys else rules.quote, order.earned
        )
        kept = order.status is OrderStatus.FILLED and order.price
        is_liquidating = self.liquidation_of(order.owner, order.scope) is not None
        if order.loan and order.spec.auto_repay_at_cancel and not kept and not is_liquidating:
            unused = min(order.loan, order.means - order.spent())
            self.pay_back_at_most(order.owner, order.scope, self.pays_with(order), unused)

    # --- The tape and the stops --------------------------------------------------------------------------------

    def print_trade(
        self,
        symbol: str,
        price: int,
        quantity: int,
        quote: int,
        taker_buys: bool,
        maker: TwinOrder | None,
        taker: TwinOrder | None,
    ) -> int:
        """Put a trade on the tape, and see whom its price reaches; its number."""
        self.trade_ids[symbol] = self.trade_ids.get(symbol, 0) + 1
        number = self.trade_ids[symbol]
        self.trades[symbol].append((self.now // 60_000, quantity, quote, price))
        ids = [order.order_id if order is not None else 0 for order in (maker, taker)]
        side = Side.BUY if taker_buys else Side.SELL
        alike = [
            (event.price, event.taker_side, event.taker_order_id)
            for event in self.events
            if isinstance(event, Traded) and event.symbol == symbol
        ]
        # One aggregate trade is what a taker has of one price at one time, by what came just before.
        if alike[-1:] != [(price, side, ids[1])]:
            self.aggregate_ids[symbol] = self.aggregate_ids.get(symbol, 0) + 1
        aggregate = self.aggregate_ids[symbol]
        self.events.append(Traded(symbol, number, price, quantity, quote, side, ids[0], ids[1], aggregate))
        self._reach(symbol, price)
        return number

    def wait(self, order: TwinOrder) -> None:
        """Let an order wait for its price; one that trails from the start follows the very next trade."""
        order.place = Place.WAITING
        order.arrival = self.next_arrival()
        if order.spec.trailing_delta and not order.spec.stop_price:
            order.began = len(self.trades[order.symbol])
            order.trailing_at_ms = self.now

    def is_reached(self, order: TwinOrder, price: int) -> bool:
        """Has the market come to the stop price?"""
        stop = order.spec.stop_price
        return price >= stop if order.waits_above else price <= stop

    def extreme(self, order: TwinOrder) -> int:
        """The best price since the order began to trail: the highest for a sell, the lowest for a buy."""
        prices = [trade[3] for trade in self.trades[order.symbol][order.began :]]
        return min(prices) if order.buys else max(prices)

    def turning_point(self, order: TwinOrder) -> Fraction:
        """The price at which a trailing order has seen the market turn back far enough."""
        delta = Fraction(order.spec.trailing_delta, 10_000)
        return self.extreme(order) * (1 + delta if order.buys else 1 - delta)

    def _reach(self, symbol: str, price: int) -> None:
        """Wake the stops that this price reaches: those above the market first, from the market outwards; then those
        below; then trailing sells and trailing buys, the nearest first; of equals, who waited or trailed longest."""
        waiting = [o for o in self.orders if o.symbol == symbol and o.place is Place.WAITING]
        stops = [
            order for order in waiting if not order.spec.trailing_delta and self.is_reached(order, price)
        ]
        above = [order for order in stops if order.waits_above]
        below = [order for order in stops if not order.waits_above]
        found = sorted(above, key=lambda order: (order.spec.stop_price, order.arrival))
        found += sorted(below, key=lambda order: (-order.spec.stop_price, order.arrival))
        for sign in (-1, 1):
            trailing = [o for o in waiting if o.began >= 0 and (1 if o.buys else -1) == sign]
            turned = [o for o in trailing if sign * (price - self.turning_point(o)) >= 0]
            found += sorted(
                turned,
                key=lambda o: (sign * self.turning_point(o), sign * self.extreme(o), o.began, o.arrival),
            )
        for order in found:
            order.place = Place.WOKEN
        self.woken += found
        self._begin_to_trail([o for o in waiting if o.spec.trailing_delta and o.began < 0], price)

    def _begin_to_trail(self, sleeping: list[TwinOrder], price: int) -> None:
        """Trailing orders whose stop price was reached: this trade is their first."""
        reached = [order for order in sleeping if self.is_reached(order, price)]
        above = [order for order in reached if order.waits_above]
        below = [order for order in reached if not order.waits_above]
        for order in [
            *sorted(above, key=lambda order: (order.spec.stop_price, order.arrival)),
            *sorted(below, key=lambda order: (-order.spec.stop_price, order.arrival)),
        ]:
            order.began = len(self.trades[order.symbol]) - 1
            order.trailing_at_ms = self.now
            order.arrival = self.next_arrival()

    # --- Filters -----------------------------------------------------------------------------------------------

    def average_price(self, symbol: str) -> int:
        """Quote by base of the last minutes' trades, else the last price; the index where that is nothing."""
        since = self.now // 60_000 - self.rules(symbol).average_price_minutes
        recent = [trade for trade in self.trades[symbol] if trade[0] > since]
        base = sum(trade[1] for trade in recent)
        moved = sum(trade[2] for trade in recent)
        average = floor(Fraction(moved * ONE, base)) if base else self.last_price(symbol)
        return average or self.index[symbol]

    def order_count(self, account: int, scope: Scope, window: int) -> int:
        """Unfilled orders of the present window, which begins at a multiple of its length."""
        count = 0
        for when, change in self.counted.get((account, scope), []):
            if when // window == self.now // window:
                count = max(0, count + change)
        return count
