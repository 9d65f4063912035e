"""Who meets whom: price first, then time; and whether they trade or are kept from trading with themselves.

A walk looks and changes nothing, so that an order can be checked against what it would meet. Acting on what a walk
found is `settlement`'s work.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from openmargin.domain.enums import SelfTradePrevention
from openmargin.domain.money import E8, Atoms, floor_to_step, notional
from openmargin.engine.state import Book, Order, TradingAccount

NONE: Final = SelfTradePrevention.NONE
EXPIRE_TAKER: Final = SelfTradePrevention.EXPIRE_TAKER
EXPIRE_MAKER: Final = SelfTradePrevention.EXPIRE_MAKER
EXPIRE_BOTH: Final = SelfTradePrevention.EXPIRE_BOTH
DECREMENT: Final = SelfTradePrevention.DECREMENT
TRANSFER: Final = SelfTradePrevention.TRANSFER

UNBOUNDED: Final = 1 << 80


@mypyc_attr(acyclic=True)
class Match:
    """A maker that the walk met, and how much of it the taker would have, or would lose to prevention."""

    def __init__(
        self, maker: Order, price: int, quantity: Atoms, prevention: SelfTradePrevention = NONE
    ) -> None:
        self.maker: Order = maker
        self.price: int = price
        self.quantity: Atoms = quantity
        self.prevention: SelfTradePrevention = prevention
        """NONE for a trade."""
        self.moves_value: bool = prevention is NONE or prevention is TRANSFER


def crosses(sign: int, limit: int, maker_price: int) -> bool:
    """A buyer accepts any price up to the limit, a seller any price down to it; a limit of 0 accepts all."""
    return limit == 0 or sign * (limit - maker_price) >= 0


def same_account(book: Book, taker: TradingAccount, maker: TradingAccount) -> bool:
    """Is it one trading account, or one owner where the venue looks at owners (A19)?"""
    return taker is maker or (book.rules.prevention_by_account and taker.owner is maker.owner)


def same_hand(book: Book, taker: TradingAccount, maker: TradingAccount) -> bool:
    """Is it one account, or are they of one trade group (semantics 6)?"""
    if same_account(book, taker, maker):
        return True
    group = taker.owner.trade_group_id
    return group >= 0 and group == maker.owner.trade_group_id


def effective_prevention(
    book: Book, taker: TradingAccount, mode: SelfTradePrevention, maker: Order
) -> SelfTradePrevention:
    """The taker's mode rules, but a transfer takes two accounts that both ask for it."""
    if mode is TRANSFER and (maker.prevention is not TRANSFER or same_account(book, taker, maker.account)):
        return DECREMENT
    return mode


class Walk:
    """One look along the book on behalf of a taker: what it would meet until its wishes or the book end."""

    def __init__(
        self,
        book: Book,
        account: TradingAccount,
        mode: SelfTradePrevention,
        quantity: Atoms,
        budget: Atoms,
        step: Atoms,
    ) -> None:
        self.book: Book = book
        self.account: TradingAccount = account
        self.mode: SelfTradePrevention = mode
        self.quantity: Atoms = quantity
        """Base still wanted."""
        self.budget: Atoms = budget
        """Quote still to spend or to earn."""
        self.is_budgeted: bool = budget < UNBOUNDED
        self.step: Atoms = step
        self.is_over: bool = False
        self.found: list[Match] = []

    def along(self, sign: int, limit: int) -> list[Match]:
        side = self.book.side(-sign)
        index = len(side.ranks) - 1
        while not self.is_over and index >= 0:
            price = side.sign * side.ranks[index]
            if not crosses(sign, limit, price):
                break
            self._through(side.levels[price].first, price)
            index -= 1
        return self.found

    def _through(self, maker: Order | None, price: int) -> None:
        """Meet everyone at one price; icebergs come again until nothing is hidden, mostly behind the others (A19)."""
        again: list[tuple[Order, Atoms]] = []
        while maker is not None and not self.is_over:
            if self.mode is not NONE and same_hand(self.book, self.account, maker.account):
                self._meet_self(maker, price)
            else:
                self._take(maker, price, maker.remaining - maker.hidden)
                if maker.hidden:
                    if self.book.rules.iceberg_keeps_place:
                        self._take_parts(maker, price)
                    else:
                        again.append((maker, maker.hidden))
            maker = maker.later
        while again and not self.is_over:
            coming, again = again, []
            for iceberg, left in coming:
                if self.is_over:
                    break
                part = min(iceberg.iceberg, left)
                self._take(iceberg, price, part)
                if left > part:
                    again.append((iceberg, left - part))

    def _take_parts(self, iceberg: Order, price: int) -> None:
        left = iceberg.hidden
        while left and not self.is_over:
            part = min(iceberg.iceberg, left)
            self._take(iceberg, price, part)
            left -= part

    def _take(self, maker: Order, price: int, offered: Atoms) -> None:
        taken = min(offered, self.quantity)
        if self.is_budgeted:
            affordable = floor_to_step(self.budget * E8 // price, self.step)
            if affordable < taken:
                taken = affordable
                self.is_over = True
            self.budget -= notional(taken, price)
        if taken:
            self.found.append(Match(maker, price, taken))
            self.quantity -= taken
            if self.quantity == 0:
                self.is_over = True

    def _meet_self(self, maker: Order, price: int) -> None:
        mode = effective_prevention(self.book, self.account, self.mode, maker)
        wanted = self.quantity
        if self.is_budgeted:
            wanted = min(wanted, floor_to_step(self.budget * E8 // price, self.step))
        if wanted == 0:
            self.is_over = True
            return
        if mode is EXPIRE_MAKER:
            self.found.append(Match(maker, price, maker.remaining, mode))
            return
        if mode is EXPIRE_TAKER or mode is EXPIRE_BOTH:
            self.found.append(Match(maker, price, wanted, mode))
            self.is_over = True
            return
        lost = min(maker.remaining, wanted)
        self.found.append(Match(maker, price, lost, mode))
        self.quantity -= lost
        self.is_over = self.quantity == 0
        if self.is_budgeted:
            self.budget -= notional(lost, price)
            self.is_over = self.is_over or lost < maker.remaining


def walk(
    book: Book, account: TradingAccount, mode: SelfTradePrevention, sign: int, limit: int, quantity: Atoms
) -> list[Match]:
    """What an order for `quantity` would meet, best price and oldest order first."""
    side = book.side(-sign)
    if not side.ranks or not crosses(sign, limit, side.best()):
        return []
    return Walk(book, account, mode, quantity, UNBOUNDED, 1).along(sign, limit)


def walk_budget(
    book: Book,
    account: TradingAccount,
    mode: SelfTradePrevention,
    sign: int,
    quantity: Atoms,
    budget: Atoms,
) -> list[Match]:
    """What a market order would meet, in whole steps of base and within `budget` of quote."""
    return Walk(book, account, mode, quantity, budget, book.rules.step_size).along(sign, 0)


def quantity_of(matches: list[Match]) -> Atoms:
    """Base that would trade."""
    total = 0
    for match in matches:
        if match.prevention is NONE:
            total += match.quantity
    return total


def cost_of(matches: list[Match]) -> Atoms:
    """Quote that would move, each rounded down as it will be."""
    total = 0
    for match in matches:
        if match.moves_value:
            total += notional(match.quantity, match.price)
    return total
