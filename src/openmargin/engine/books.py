"""Queues: orders come to stand in line, shrink, and leave.

Owns: which order stands where, in a book or among the orders that wait. Never: decides who trades, or moves value.
"""

from __future__ import annotations

from bisect import bisect_left, insort

from openmargin.domain.money import Atoms
from openmargin.engine.state import Book, BookSide, Level, Order, State


def join(side: BookSide, order: Order, key: int, *, at_front: bool = False) -> None:
    """Put an order at the back of the queue of `key`, or at its front."""
    level = side.levels.get(key)
    if level is None:
        level = Level(key)
        side.levels[key] = level
        insort(side.ranks, side.sign * key)
    if at_front and level.first is not None:
        _prepend(level, order)
    else:
        _append(level, order)
    level.volume += order.remaining - order.hidden
    if not order.is_house:
        level.users += 1
    order.queue = side
    _touch(side, level)


def _touch(side: BookSide | None, level: Level) -> None:
    """Note a level of another volume, where somebody watches."""
    if side is not None and side.touched is not None:
        side.touched[level.price] = True


def _prepend(level: Level, order: Order) -> None:
    first = level.first
    assert first is not None, "an empty queue has no front"
    first.earlier = order
    order.later = first
    level.first = order
    order.level = level


def _append(level: Level, order: Order) -> None:
    last = level.last
    if last is None:
        level.first = order
    else:
        last.later = order
        order.earlier = last
    level.last = order
    order.level = level


def _unlink(level: Level, order: Order) -> None:
    earlier, later = order.earlier, order.later
    if earlier is None:
        level.first = later
    else:
        earlier.later = later
    if later is None:
        level.last = earlier
    else:
        later.earlier = earlier
    order.earlier = order.later = None


def quit_queue(order: Order) -> None:
    """Take an order out of its queue, and its level away with the last one."""
    level, side = order.level, order.queue
    assert level is not None, "only an order that stands in a queue can quit it"
    _unlink(level, order)
    order.level = None
    order.queue = None
    level.volume -= order.remaining - order.hidden
    if not order.is_house:
        level.users -= 1
    _touch(side, level)
    if level.first is None and side is not None and side.levels.get(level.price) is level:
        drop(side, level)


def drop(side: BookSide, level: Level) -> None:
    """Take a level away from its side; whoever stands in it stays in line."""
    del side.levels[level.price]
    rank = side.sign * level.price
    ranks = side.ranks
    if ranks[-1] == rank:
        ranks.pop()
    else:
        del ranks[bisect_left(ranks, rank)]


def rest(book: Book, order: Order) -> None:
    """Let an order stand in the book, showing no more of itself than it wants to."""
    if order.iceberg:
        order.hidden = max(0, order.remaining - order.iceberg)
    join(book.side(order.sign), order, order.price)
    book.update_id += 1
    if not order.is_house:
        book.resting += 1


def leave(book: Book, order: Order) -> None:
    """Take an order from wherever in the book, or among those that wait, it stands."""
    if not order.is_house and order.queue is book.side(order.sign):
        book.resting -= 1
    quit_queue(order)
    book.update_id += 1


def shrink(book: Book, order: Order, quantity: Atoms) -> None:
    """A resting order traded `quantity` of what it shows: it keeps its place until that is gone.

    An iceberg then shows its next part, mostly at the back of the queue (A19).
    """
    level = order.level
    assert level is not None, "only a resting order can be a maker"
    level.volume -= quantity
    _touch(order.queue, level)
    book.update_id += 1
    order.remaining -= quantity
    if order.hidden and order.remaining == order.hidden:
        order.hidden = max(0, order.remaining - order.iceberg)
        level.volume += order.remaining - order.hidden
        if not book.rules.iceberg_keeps_place:
            _unlink(level, order)
            _append(level, order)


def forgo(book: Book, order: Order, quantity: Atoms) -> None:
    """A resting order loses `quantity` without a trade, from what it hides first."""
    level = order.level
    assert level is not None, "only a resting order can be a maker"
    shown = order.remaining - order.hidden
    order.remaining -= quantity
    order.hidden = max(0, order.hidden - quantity)
    level.volume += order.remaining - order.hidden - shown
    _touch(order.queue, level)
    book.update_id += 1


def depth(side: BookSide, limit: int) -> tuple[tuple[int, Atoms], ...]:
    """The best `limit` levels as (price, volume), best first."""
    found: list[tuple[int, Atoms]] = []
    for rank in reversed(side.ranks[-limit:]):
        price = side.sign * rank
        found.append((price, side.levels[price].volume))
    return tuple(found)


def take_apart(state: State) -> None:
    """Let go of everybody in line, because the exchange is over.

    Compiled orders are counted and not traced, which is what makes them quick: their links to each other, to their
    account and to their queue would keep all of it in memory for ever.
    """
    for account in state.accounts.values():
        for trading in account.trading.values():
            for orders in trading.open_orders.values():
                for order in orders.by_id.values():
                    _let_go(order)
            trading.open_orders = {}
    for book in state.books.values():
        for quote in book.house_quotes:
            _let_go(quote)


def _let_go(order: Order) -> None:
    order.siblings = None
    order.order_list = None
    order.level = None
    order.queue = None
    order.earlier = order.later = None
