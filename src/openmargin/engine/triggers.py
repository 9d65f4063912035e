"""Which waiting orders a trade's price wakes (semantics 5).

Owns: where a waiting order stands until then. A trade costs no scan: fixed stops stand by price, and trailing orders
that share an extreme are one group, kept by how far the price must turn back. Waking is bounded work elsewhere; here
queues are only put aside whole.

One rule serves both trailing sides. Prices are signed so that a side always follows a maximum: +price for sells, which
follow the highest, and -price for buys, which follow the lowest.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Final

from openmargin.engine import books
from openmargin.engine.state import Book, BookSide, Level, Order, State, TrailingGroup, TrailingSide

BASIS: Final = 10_000


def reached(book: Book, order: Order) -> bool:
    """Is the price already where a fixed stop waits for it?"""
    if not order.row.waits or order.spec.trailing_delta or not book.last_price:
        return False
    return order.sign * order.row.stop * (book.last_price - order.spec.stop_price) >= 0


def wait(book: Book, order: Order, at_ms: int) -> None:
    """Let an order wait for its price."""
    stops = book.stops
    rises = order.sign * order.row.stop > 0
    if not order.spec.trailing_delta:
        books.join(stops.rising if rises else stops.falling, order, order.spec.stop_price)
    elif order.spec.stop_price:
        books.join(stops.starting_up if rises else stops.starting_down, order, order.spec.stop_price)
    else:
        order.trailing_at_ms = at_ms
        _join_group(_side_of(book, order).starting, order)


def touch(state: State, book: Book, price: int) -> None:
    """A trade printed `price`: put aside the queues that it wakes, and let trailing orders follow it."""
    stops = book.stops
    woken_before = len(stops.woken)
    while stops.rising.ranks and stops.rising.best() <= price:
        _put_aside(stops.woken, stops.rising)
    while stops.falling.ranks and stops.falling.best() >= price:
        _put_aside(stops.woken, stops.falling)
    _follow(stops.trailing_sells, price, stops.woken)
    _follow(stops.trailing_buys, -price, stops.woken)
    started: list[Level] = []
    while stops.starting_up.ranks and stops.starting_up.best() <= price:
        _put_aside(started, stops.starting_up)
    while stops.starting_down.ranks and stops.starting_down.best() >= price:
        _put_aside(started, stops.starting_down)
    for level in started:
        _start_all(book, level, price, state.at_ms)
    if len(stops.woken) > woken_before and book.symbol not in state.woken:
        state.woken.append(book.symbol)


def next_woken(book: Book) -> Order | None:
    """The order that wakes next, taken out of its queue; None where all have woken."""
    woken = book.stops.woken
    while woken:
        order = woken[0].first
        if order is not None:
            books.quit_queue(order)
            return order
        woken.pop(0)
    return None


def _put_aside(woken: list[Level], side: BookSide) -> None:
    level = side.levels[side.best()]
    books.drop(side, level)
    woken.append(level)


def _side_of(book: Book, order: Order) -> TrailingSide:
    return book.stops.trailing_buys if order.sign > 0 else book.stops.trailing_sells


def _start_all(book: Book, level: Level, price: int, at_ms: int) -> None:
    """Trailing orders whose stop was reached: this trade sets their first extreme."""
    order = level.first
    while order is not None:
        later = order.later
        side = _side_of(book, order)
        order.trailing_at_ms = at_ms
        books.quit_queue(order)
        _join_group(_group_at(side, side.sign * price), order)
        order = later


def _join_group(group: TrailingGroup, order: Order) -> None:
    books.join(group.by_delta, order, order.spec.trailing_delta)
    group.size += 1


def _group_at(side: TrailingSide, extreme: int) -> TrailingGroup:
    """The newest group, where it has this extreme; else a new one on top."""
    if side.groups:
        newest = side.groups[-1]
        if newest.extreme == extreme:
            return newest
    group = TrailingGroup(extreme)
    stack(side, group)
    return group


def stack(side: TrailingSide, group: TrailingGroup) -> None:
    """Lay a group on top of the others."""
    if side.groups:
        _lay_to_sleep(side, side.groups[-1])
    side.groups.append(group)


def _lay_to_sleep(side: TrailingSide, group: TrailingGroup) -> None:
    """A group that a newer one covers keeps its extreme until the price comes back over it."""
    side.asleep.pop(group.number, None)
    threshold = _threshold(group)
    if threshold is None:
        return
    side.last_number += 1
    group.number = side.last_number
    side.asleep[group.number] = group
    # Two groups never share an extreme, so which wakes first is a matter of the market alone.
    heappush(side.alarm, (-threshold, -group.extreme, group.number))


def _threshold(group: TrailingGroup) -> int | None:
    """The signed price, in basis points, at or below which the group's first order wakes; None where it is empty."""
    by_delta = group.by_delta
    while by_delta.ranks:
        level = by_delta.levels[by_delta.best()]
        if level.first is not None:
            return group.extreme * BASIS - abs(group.extreme) * level.price
        books.drop(by_delta, level)
    return None


def _follow(side: TrailingSide, price: int, woken: list[Level]) -> None:
    """Lift the extremes that the signed price exceeds, and put aside what it turned back far enough for."""
    lifted: TrailingGroup | None = side.starting if side.starting.size else None
    if lifted is not None:
        side.starting = TrailingGroup(0)
    while side.groups and side.groups[-1].extreme <= price:
        group = side.groups.pop()
        side.asleep.pop(group.number, None)
        lifted = group if lifted is None else _merged(group, lifted)
    if lifted is not None:
        lifted.extreme = price
        lifted.number = 0
        stack(side, lifted)
    reached: list[tuple[int, int, Level]] = []
    if side.groups:
        newest = side.groups[-1]
        if newest.extreme > price:
            _wake(newest, price, reached)
            if not newest.by_delta.ranks:
                side.groups.pop()
    while side.alarm and -side.alarm[0][0] >= price * BASIS:
        number = heappop(side.alarm)[2]
        group_asleep = side.asleep.pop(number, None)
        if group_asleep is None:
            continue
        _wake(group_asleep, price, reached)
        _lay_to_sleep(side, group_asleep)
    # The market alone decides who wakes first: the price that came first on its way back, then the extreme.
    reached.sort(key=_by_threshold)
    for _, _, level in reached:
        woken.append(level)


def _by_threshold(reached: tuple[int, int, Level]) -> tuple[int, int]:
    return -reached[0], -reached[1]


def _wake(group: TrailingGroup, price: int, reached: list[tuple[int, int, Level]]) -> None:
    while True:
        threshold = _threshold(group)
        if threshold is None or price * BASIS > threshold:
            return
        level = group.by_delta.levels[group.by_delta.best()]
        books.drop(group.by_delta, level)
        group.size -= level.users
        reached.append((threshold, group.extreme, level))


def _merged(older: TrailingGroup, newer: TrailingGroup) -> TrailingGroup:
    """Two groups that now share an extreme, moved into the larger one; who has trailed longer stands first."""
    at_front = older.size < newer.size
    large, small = (newer, older) if at_front else (older, newer)
    for delta in sorted(small.by_delta.levels):
        level = small.by_delta.levels[delta]
        order = level.last if at_front else level.first
        while order is not None:
            following = order.earlier if at_front else order.later
            books.quit_queue(order)
            books.join(large.by_delta, order, delta, at_front=at_front)
            order = following
    large.size += small.size
    return large
