"""The house: a ladder of quotes around each symbol's index, and a tape that never dies.

Quotes are a derived layer. They stand in the same queues as users' orders and really trade, but have no id,
no history and no counts. A book that holds no user's order is quoted only when somebody comes to trade in it.
"""

from __future__ import annotations

from typing import Final

from openmargin.domain.commands import SetIndex
from openmargin.domain.enums import OrderType, SelfTradePrevention, Side, SideEffect, TimeInForce
from openmargin.domain.events import IndexFeedChanged, IndexMoved
from openmargin.domain.ids import MAKER, SYSTEM_ACCOUNT_ID
from openmargin.domain.money import E8, Atoms, ceil_div, floor_to_step, notional, round_to_step
from openmargin.domain.orders import OrderSpec
from openmargin.domain.reasons import Reason, Rejected
from openmargin.domain.venue import HouseRules
from openmargin.engine import agenda, books, index, matching, settlement, tape, watch
from openmargin.engine.state import Book, BookSide, Order, State, TradingRules

FILLS_PER_STEP: Final = 256
"""So many of users' orders are filled by moving quotes in one step: a bound on how long others wait."""


def set_index(state: State, command: SetIndex) -> Rejected | None:
    """Move index prices, and the quotes with them.

    The walk leaves an index alone that a script moves, or whose feed has stopped; whoever else sets one is obeyed.
    """
    for symbol, price in command.prices:
        if symbol not in state.books:
            return Rejected(Reason.UNKNOWN_SYMBOL, symbol)
        if price <= 0:
            return Rejected(Reason.INDEX_NOT_POSITIVE, symbol)
    for symbol, quantity, _ in command.trades:
        if all(symbol != moved for moved, _ in command.prices):
            return Rejected(Reason.UNKNOWN_SYMBOL, symbol)
        if quantity < 0:
            return Rejected(Reason.AMOUNT_NOT_POSITIVE, symbol)

    # From here on nothing may be refused.
    if state.house_quotes and state.venue.house.tape:
        for symbol, quantity, side in command.trades:
            book = state.books[symbol]
            # What a wave of quotes has kept from being printed yet is printed with it.
            book.tape_quantity = quantity + max(book.tape_quantity, 0)
            book.tape_side = side
    prices = command.prices
    if command.walk_steps:
        state.walk_step += command.walk_steps
        feeds = state.feeds
        if feeds.scripted or feeds.stopped:
            prices = tuple(
                (symbol, price)
                for symbol, price in prices
                if symbol not in feeds.scripted and symbol not in feeds.stopped
            )
    move_index(state, prices)
    return None


def move_index(state: State, prices: tuple[tuple[str, int], ...]) -> None:
    """These are the index prices now, which also ends any stop of their feeds."""
    _end_stop(state, prices)
    for symbol, price in prices:
        book = state.books[symbol]
        book.index_price = price
        book.index_at_ms = state.at_ms
        book.is_tape_due = True
        book.average_minute = -1
    marks = state.marks
    index.mark_assets(state)
    state.events.append(IndexMoved(prices))
    watch.index_moved(state, marks, prices)
    moved = {symbol: True for symbol, _ in prices}
    revalued = {asset: True for asset in state.assets if marks.get(asset) != state.marks.get(asset)}
    for symbol, book in state.books.items():
        # The size of a quote is a value, and so depends on what its quote asset is worth.
        if book.rules.quote in revalued:
            moved[symbol] = True
    latency_ms = state.venue.house.latency_ms
    if latency_ms > 0 and state.house_quotes:
        _follow_later(state, list(moved), state.at_ms + latency_ms)
    else:
        follow_index(state, list(moved))


def _end_stop(state: State, prices: tuple[tuple[str, int], ...]) -> None:
    stopped = state.feeds.stopped
    if not stopped:
        return
    again = [symbol for symbol, _ in prices if symbol in stopped]
    if again:
        state.feeds.stopped = [symbol for symbol in stopped if symbol not in again]
        state.events.append(IndexFeedChanged(tuple(again), False))


def follow_index(state: State, symbols: list[str]) -> None:
    """Have the quotes and the tape of `symbols` follow their index, at once as far as one step goes."""
    lagging = state.feeds.lagging
    if lagging:
        state.feeds.lagging = [item for item in lagging if item[1] not in symbols]
    _see(state, symbols)
    if state.house_quotes:
        requote(state)
    plan_next(state)


def _follow_later(state: State, symbols: list[str], due_ms: int) -> None:
    """Let the house see these indexes then; one that it is about to see, it sees as it will be at that moment."""
    lagging = state.feeds.lagging
    known = {symbol: True for _, symbol in lagging}
    lagging += [(due_ms, symbol) for symbol in symbols if symbol not in known]
    lagging.sort()
    plan_next(state)


def see_due(state: State) -> bool:
    """Go on with what the house has seen, and with what it comes to see now; True when nothing of it is left."""
    lagging = state.feeds.lagging
    seen = [symbol for due_ms, symbol in lagging if due_ms <= state.at_ms]
    if seen:
        state.feeds.lagging = lagging[len(seen) :]
        _see(state, seen)
    return requote(state)


def _see(state: State, symbols: list[str]) -> None:
    for symbol in symbols:
        book = state.books[symbol]
        book.seen_index = book.index_price
        book.seen_mark = state.marks.get(book.rules.quote, 0)
        _withdraw(book)
        if not state.house_quotes:
            _forget_trades(book)
    if not state.house_quotes:
        state.requotes_left = []
        return
    waiting = state.requotes_left
    for symbol in reversed(symbols):
        if symbol not in waiting:
            waiting.append(symbol)


def plan_next(state: State) -> None:
    """Plan what the house does next: what a step left over, else the next index that it comes to see."""
    planned = agenda.planned_ms(state, agenda.REQUOTE)
    if state.requotes_left:
        if planned < 0 or planned > state.at_ms:
            agenda.move(state, agenda.REQUOTE, state.at_ms)
    else:
        lagging = state.feeds.lagging
        agenda.move(state, agenda.REQUOTE, lagging[0][0] if lagging else -1)


def requote(state: State) -> bool:
    """Go on laying out quotes, within one step's budget of fills; True when all follow their index."""
    budget = FILLS_PER_STEP
    waiting = state.requotes_left
    while waiting:
        book = state.books[waiting[-1]]
        if book.resting and not book.quoted_index:
            _plan(state, book)
        budget = _lay_out_left(state, book, budget)
        if budget <= 0:
            return False
        waiting.pop()
        if book.is_tape_due and state.venue.house.tape:
            _print_tape(state, book)
        book.is_tape_due = False
        _forget_trades(book)
    return True


def _forget_trades(book: Book) -> None:
    """What was traded on the way has been told; or nobody is there to tell it, and later it is no news."""
    book.tape_quantity = -1
    book.tape_side = Side.BUY


def lay_out(state: State, book: Book) -> None:
    """Quote a book that somebody is about to trade in.

    One that holds users' orders is quoted already, or waits for its turn to follow the index.
    """
    if state.house_quotes and not book.quoted_index and not book.resting:
        _plan(state, book)
        _lay_out_left(state, book, len(book.quotes_left))


def ladder(state: State, book: Book, limit: int) -> list[tuple[int, int, Atoms]]:
    """The quotes that belong around the book's index, as (sign, price, quantity), from the best out.

    Nobody asks for more than `limit` prices of a side.
    """
    rules = book.rules
    house = state.venue.house
    if book.seen_mark == 0:
        return []
    quantity = _quote_quantity(rules, house, book.seen_index, book.seen_mark)
    quotes: list[tuple[int, int, Atoms]] = []
    bids = asks = last_bid = last_ask = 0
    for rank in range(house.levels):
        if bids > limit and asks > limit:
            break
        distance = house.spread // 2 + rank * house.level_gap
        for side in (Side.SELL, Side.BUY):
            price = _quote_price(rules, int(side), book.seen_index, distance, rank)
            if price < rules.min_price or (rules.max_price and price > rules.max_price):
                continue
            quotes.append((int(side), price, quantity))
            if side is Side.SELL:
                asks += price != last_ask
                last_ask = price
            else:
                bids += price != last_bid
                last_bid = price
    return quotes


def _quote_price(rules: TradingRules, sign: int, index_price: int, distance: int, rank: int) -> int:
    """The index moved away by `distance`, on the tick and `rank` ticks or more outside the innermost."""
    tick = rules.tick_size
    if sign > 0:
        inner = floor_to_step(index_price * (E8 - distance) // E8, tick)
        return min(inner, floor_to_step(index_price, tick) - rank * tick)
    inner = ceil_div(index_price * (E8 + distance), E8 * tick) * tick
    return max(inner, floor_to_step(index_price, tick) + (rank + 1) * tick)


def _quote_quantity(rules: TradingRules, house: HouseRules, price: int, mark: int) -> Atoms:
    """One quote's base: the configured value at the index, in whole steps, within the lot filter."""
    base = house.level_value * E8 // mark * E8 // price
    least = rules.min_quantity
    most = rules.max_quantity or base
    return floor_to_step(max(least, min(base, most)), rules.step_size)


def _plan(state: State, book: Book) -> None:
    book.quotes_left = ladder(state, book, state.venue.house.levels)
    book.quotes_left.reverse()
    book.quoted_index = book.seen_index


def _withdraw(book: Book) -> None:
    """Take the house's quotes out of the book, the ones that it only shows (see `views.depth`) among them."""
    book.update_id += 1
    if not book.house_quotes and not book.quoted_index:
        return
    if book.resting:
        for quote in book.house_quotes:
            if quote.level is not None:
                books.leave(book, quote)
    else:
        book.bids = BookSide(Side.BUY)
        book.asks = BookSide(Side.SELL)
        for quote in book.house_quotes:
            quote.earlier = quote.later = None
            quote.level = None
            quote.queue = None
    book.house_quotes = []
    book.quotes_left = []
    book.quoted_index = 0


def _lay_out_left(state: State, book: Book, budget: int) -> int:
    """Place planned quotes from the best out, trading with users in their way; returns the budget left."""
    while book.quotes_left and budget > 0:
        sign, price, quantity = book.quotes_left.pop()
        order = quote(state, book, sign, price, quantity)
        matches = matching.walk(book, order.account, matching.NONE, sign, price, quantity)
        for match in matches:
            if budget <= 0:
                break
            settlement.settle(state, book, order, match)
            budget -= 1
        if budget <= 0 and order.remaining:
            book.quotes_left.append((sign, price, order.remaining))
            return 0
        if order.remaining:
            books.rest(book, order)
    return budget if not book.quotes_left else 0


def quote(state: State, book: Book, sign: int, price: int, quantity: Atoms) -> Order:
    """One order of the house, known to its book and to nobody else."""
    maker = state.system(MAKER)
    base, quote = maker.wallet(book.rules.base), maker.wallet(book.rules.quote)
    spec = OrderSpec(
        book.symbol,
        0,
        SYSTEM_ACCOUNT_ID,
        MAKER,
        "",
        Side(sign),
        OrderType.LIMIT,
        TimeInForce.GTC,
        quantity,
        0,
        price,
        SelfTradePrevention.NONE,
        SideEffect.NO_SIDE_EFFECT,
        False,
        0,
    )
    order = Order(spec, maker, quote if sign > 0 else base, base if sign > 0 else quote)
    book.house_quotes.append(order)
    return order


def _print_tape(state: State, book: Book) -> None:
    """Trade what is said or the smallest lot with itself at the new mid, unless a user's order has a claim to that price."""
    rules = book.rules
    if book.tape_quantity == 0:
        return
    price = max(rules.tick_size, round_to_step(book.seen_index, rules.tick_size))
    for side in (book.bids, book.asks):
        best = side.best()
        if best and side.sign * (best - price) >= 0 and side.levels[best].users:
            return
    quantity = book.tape_quantity
    if quantity < 0:
        enough = ceil_div(rules.min_notional * E8, price)
        quantity = ceil_div(max(rules.min_quantity, enough), rules.step_size) * rules.step_size
    tape.print_trade(state, book, price, quantity, notional(quantity, price), book.tape_side, 0, 0)
