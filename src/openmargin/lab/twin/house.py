"""The house's quotes around the index, and the tape that it keeps alive (mechanics 5)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor

from openmargin.domain.commands import SetIndex
from openmargin.domain.enums import SelfTradePrevention, Side
from openmargin.domain.events import IndexFeedChanged, IndexMoved
from openmargin.domain.reasons import Reason
from openmargin.domain.venue import Symbol
from openmargin.domain.views import DepthView
from openmargin.lab.twin.market import Market
from openmargin.lab.twin.parts import ONE, TwinOrder, worth

HOUSE = (0, "maker")


class House(Market):
    """A market with a maker that is always there."""

    def set_index(self, command: SetIndex) -> Reason | None:
        for symbol, price in command.prices:
            if symbol not in self.index:
                return Reason.UNKNOWN_SYMBOL
            if price <= 0:
                return Reason.INDEX_NOT_POSITIVE
        for symbol, quantity, _ in command.trades:
            if symbol not in dict(command.prices):
                return Reason.UNKNOWN_SYMBOL
            if quantity < 0:
                return Reason.AMOUNT_NOT_POSITIVE
        if self.venue.house.enabled and self.venue.house.tape:
            for symbol, quantity, side in command.trades:
                still_untold, _ = self.traded.get(symbol, (0, True))
                self.traded[symbol] = still_untold + quantity, side is Side.BUY
        prices = command.prices
        if command.walk_steps:  # The walk leaves alone what a script moves, or what has stopped.
            others = [*self.stopped, *[symbol for script in self.scripts for symbol in script.starts]]
            prices = tuple(row for row in prices if row[0] not in others)
        self.move_index(prices)
        return None

    def move_index(self, prices: tuple[tuple[str, int], ...]) -> None:
        """Index prices are others now, and the house knows it at once or after its latency (docs/prices.md, House)."""
        worth_before = {symbol: self.price_of(self.rules(symbol).quote) for symbol in self.symbols_seen}
        resumed = tuple(symbol for symbol, _ in prices if symbol in self.stopped)
        if resumed:  # Whoever sets a price sets its feed going again.
            self.stopped = [symbol for symbol in self.stopped if symbol not in resumed]
            self.events.append(IndexFeedChanged(resumed, False))
        self.index.update(prices)
        self.index_at.update({symbol: self.now for symbol, _ in prices})
        self.events.append(IndexMoved(prices))
        moved = list(dict.fromkeys(symbol for symbol, _ in prices))
        self.unprinted += moved
        # A quote is sized by value, so it changes too where its quote asset is worth something else.
        resized = [s for s, was in worth_before.items() if self.price_of(self.rules(s).quote) != was]
        moved += [symbol for symbol in resized if symbol not in moved]
        house = self.venue.house
        if not (house.enabled and house.latency_ms):
            self.follow_index(moved)
            return
        # Who waits for one move sees those that come meanwhile with it.
        waiting = [symbol for _, symbol in self.unseen]
        self.unseen += [(self.now + house.latency_ms, symbol) for symbol in moved if symbol not in waiting]

    def see_late(self) -> bool:
        """The house comes to know what moved so long ago, by name where it was at once; False where nothing did."""
        late = sorted(row for row in self.unseen if row[0] <= self.now)
        if late:
            self.follow_index([symbol for _, symbol in late])
        return bool(late)

    def follow_index(self, symbols: list[str]) -> None:
        """Take the old quotes away; quote anew where users wait; print the new price where it is one."""
        said = {symbol: self.traded.pop(symbol) for symbol in symbols if symbol in self.traded}
        printed = [symbol for symbol in symbols if symbol in self.unprinted]
        self.unprinted = [symbol for symbol in self.unprinted if symbol not in symbols]
        self.unseen = [row for row in self.unseen if row[1] not in symbols]
        for symbol in symbols:
            self.seen[symbol] = self.index[symbol], self.price_of(self.rules(symbol).quote)
        self.orders = [o for o in self.orders if not (o.is_house and o.symbol in symbols)]
        self.quoted = [symbol for symbol in self.quoted if symbol not in symbols]
        if not self.venue.house.enabled:
            return
        for symbol in symbols:
            if self.in_book(symbol):
                self.quote_if_bare(symbol)
            if self.venue.house.tape and symbol in printed:
                self._print_tape(self.rules(symbol), said.get(symbol))

    def quote_if_bare(self, symbol: str) -> None:
        if not self.venue.house.enabled or symbol in self.quoted:
            return
        self.quoted.append(symbol)
        for buys, price, quantity in self._ladder(self.rules(symbol)):
            quote = TwinOrder(*HOUSE, symbol, buys, price, quantity)
            self.orders.append(quote)
            for meeting in self.plan(HOUSE, SelfTradePrevention.NONE, symbol, buys, price, quantity):
                self.meet(quote, meeting)
            if quote.left:
                self.rest(quote)

    def _ladder(self, rules: Symbol) -> Iterator[tuple[bool, int, int]]:
        """The house's quotes from the best out, at each distance the ask before the bid."""
        house, tick = self.venue.house, rules.tick_size
        known, mark = self.seen[rules.name]
        index = Fraction(known)
        if not mark:
            return
        wanted = floor(floor(house.level_value / mark) * ONE / index)
        wanted = max(min(wanted, rules.max_quantity or wanted), rules.min_quantity or rules.step_size)
        quantity = wanted // rules.step_size * rules.step_size
        on_tick = floor(index / tick) * tick
        for rank in range(house.levels):
            away = Fraction(house.spread // 2 + rank * house.level_gap, ONE)
            ask = max(ceil(index * (1 + away) / tick) * tick, on_tick + (rank + 1) * tick)
            bid = min(floor(floor(index * (1 - away)) / Fraction(tick)) * tick, on_tick - rank * tick)
            for buys, price in ((False, ask), (True, bid)):
                if price >= (rules.min_price or tick) and (not rules.max_price or price <= rules.max_price):
                    yield buys, price, quantity

    def _print_tape(self, rules: Symbol, said: tuple[int, bool] | None) -> None:
        """What was said or the smallest lot at the new price, unless a user's order would have had that trade."""
        tick, step = rules.tick_size, rules.step_size
        price = max(tick, floor(Fraction(self.seen[rules.name][0], tick) + Fraction(1, 2)) * tick)
        for order in self.in_book(rules.name):
            if not order.is_house and (order.price >= price if order.buys else order.price <= price):
                return
        least = max(rules.min_quantity or step, ceil(Fraction(rules.min_notional * ONE, price)))
        quantity = ceil(Fraction(least, step)) * step
        quantity, taker_buys = said or (quantity, True)
        if quantity:
            self.print_trade(rules.name, price, quantity, worth(quantity, price), taker_buys, None, None)

    def depth(self, symbol: str) -> DepthView:
        """What everybody sees: each price with what its orders show, the best first."""
        shown = [(order.buys, order.price, order.shown) for order in self.in_book(symbol)]
        if self.venue.house.enabled and symbol not in self.quoted:
            shown = list(self._ladder(self.rules(symbol)))
        sides: list[tuple[tuple[int, int], ...]] = []
        for buys in (True, False):
            side: dict[int, int] = {}
            for whose, price, quantity in shown:
                if whose == buys:
                    side[price] = side.get(price, 0) + quantity
            sides.append(tuple(sorted(side.items(), reverse=buys)))
        return DepthView(*sides)
