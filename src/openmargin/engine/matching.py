"""Who trades with whom: price first, then time.

A walk looks and changes nothing, so that an order can be checked against what it would meet. Trading on what a
walk found is `settlement`'s work.
"""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from openmargin.domain.money import E8, Atoms, floor_to_step, notional
from openmargin.engine.state import Book, Order


@mypyc_attr(acyclic=True)
class Match:
    """A maker that the walk met, and how much of it the taker would have."""

    def __init__(self, maker: Order, price: int, quantity: Atoms) -> None:
        self.maker: Order = maker
        self.price: int = price
        self.quantity: Atoms = quantity


def crosses(sign: int, limit: int, maker_price: int) -> bool:
    """A buyer accepts any price up to the limit, a seller any price down to it; a limit of 0 accepts all."""
    return limit == 0 or sign * (limit - maker_price) >= 0


def walk(book: Book, sign: int, limit: int, quantity: Atoms) -> list[Match]:
    """What an order for `quantity` would meet, best price and oldest order first."""
    found: list[Match] = []
    side = book.side(-sign)
    index = len(side.ranks) - 1
    while quantity > 0 and index >= 0:
        price = side.sign * side.ranks[index]
        if not crosses(sign, limit, price):
            break
        maker = side.levels[price].first
        while maker is not None and quantity > 0:
            taken = min(maker.remaining, quantity)
            found.append(Match(maker, price, taken))
            quantity -= taken
            maker = maker.later
        index -= 1
    return found


def walk_quote(book: Book, sign: int, budget: Atoms, step: Atoms) -> list[Match]:
    """What a market order for `budget` of quote would meet, in whole steps of base and within the budget."""
    found: list[Match] = []
    side = book.side(-sign)
    index = len(side.ranks) - 1
    while index >= 0:
        price = side.sign * side.ranks[index]
        maker = side.levels[price].first
        while maker is not None:
            affordable = floor_to_step(budget * E8 // price, step)
            taken = min(maker.remaining, affordable)
            if taken > 0:
                found.append(Match(maker, price, taken))
                budget -= notional(taken, price)
            if taken < maker.remaining:
                return found
            maker = maker.later
        index -= 1
    return found


def quantity_of(matches: list[Match]) -> Atoms:
    """Base that the matches move."""
    total = 0
    for match in matches:
        total += match.quantity
    return total


def cost_of(matches: list[Match]) -> Atoms:
    """Quote that the matches move, each rounded down as its fill will be."""
    total = 0
    for match in matches:
        total += notional(match.quantity, match.price)
    return total
