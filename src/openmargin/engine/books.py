"""Price levels and their queues: orders come to rest, shrink and leave.

Owns: which order stands where. Never: decides who trades, or moves value.
"""

from __future__ import annotations

from bisect import bisect_left, insort

from openmargin.domain.money import Atoms
from openmargin.engine.state import Book, BookSide, Level, Order


def rest(book: Book, order: Order) -> None:
    """Put an order at the back of the queue of its price."""
    side = book.side(order.sign)
    price = order.price
    level = side.levels.get(price)
    if level is None:
        level = Level(price)
        side.levels[price] = level
        insort(side.ranks, side.sign * price)
    last = level.last
    if last is None:
        level.first = order
    else:
        last.later = order
        order.earlier = last
    level.last = order
    order.level = level
    level.volume += order.remaining
    if order.is_house:
        return
    level.users += 1
    book.orders[order.order_id] = order


def shrink(order: Order, quantity: Atoms) -> None:
    """A resting order traded `quantity`: it keeps its place."""
    level = order.level
    assert level is not None, "only a resting order can be a maker"
    level.volume -= quantity
    order.remaining -= quantity


def leave(book: Book, order: Order) -> None:
    """Take an order out of its queue, and its level away with the last one."""
    level = order.level
    assert level is not None, "only a resting order can leave"
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
    order.level = None
    level.volume -= order.remaining
    if not order.is_house:
        level.users -= 1
        del book.orders[order.order_id]
    if level.first is None:
        _drop(book.side(order.sign), level)


def _drop(side: BookSide, level: Level) -> None:
    del side.levels[level.price]
    rank = side.sign * level.price
    ranks = side.ranks
    if ranks[-1] == rank:
        ranks.pop()
    else:
        del ranks[bisect_left(ranks, rank)]


def depth(side: BookSide, limit: int) -> tuple[tuple[int, Atoms], ...]:
    """The best `limit` levels as (price, volume), best first."""
    found: list[tuple[int, Atoms]] = []
    for rank in reversed(side.ranks[-limit:]):
        price = side.sign * rank
        found.append((price, side.levels[price].volume))
    return tuple(found)
