"""One seeded flow of orders that every matching engine is given alike.

Half the operations add a limit order that rests, two fifths cancel an earlier one (which may have traded since), and
a tenth cross the spread. Prices are ticks and quantities are lots, both small integers.
"""

from __future__ import annotations

import random
from typing import NamedTuple

MIDDLE = 10_000
SPREAD = 4


class Operation(NamedTuple):
    """An order to add, or, where `cancels` is not negative, the number of the earlier order to cancel."""

    sign: int
    price: int
    quantity: int
    cancels: int


def order_flow(operations: int, seed: int) -> list[Operation]:
    """The flow for a seed; orders are numbered by their adds, from 0."""
    chance = random.Random(seed)
    flow: list[Operation] = []
    adds = 0
    alive: list[int] = []
    while len(flow) < operations:
        draw = chance.random()
        sign = 1 if chance.random() < 0.5 else -1
        if draw < 0.4 and alive:
            place = chance.randrange(len(alive))
            alive[place], alive[-1] = alive[-1], alive[place]
            flow.append(Operation(0, 0, 0, alive.pop()))
            continue
        quantity = chance.randint(1, 20)
        if draw < 0.5:
            price = MIDDLE + sign * chance.randint(SPREAD, 40)
        else:
            price = MIDDLE - sign * chance.randint(SPREAD, 200)
            alive.append(adds)
        flow.append(Operation(sign, price, quantity, -1))
        adds += 1
    return flow
