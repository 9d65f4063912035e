"""What open orders would lose, and whether one more may be placed (mechanics 6, A10).

An order loses what the asset that it pays with counts as collateral beyond what it would receive at its price. Of a
pair only one can trade, so it loses what the dearer of the two would.

Values are e24, like collateral: amount x index x ratio.
"""

from __future__ import annotations

from typing import Final

from openmargin.domain.enums import OpenOrderLoss
from openmargin.domain.ids import CROSS, SPOT
from openmargin.domain.money import E8, Atoms, notional
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine import index, matching, risk, settlement, solvency
from openmargin.engine.asks import Ask
from openmargin.engine.state import Book, Order, State, TradingAccount

SPECIAL: Final = (OpenOrderLoss.SPECIAL, OpenOrderLoss.BOTH)
STANDARD: Final = (OpenOrderLoss.STANDARD, OpenOrderLoss.BOTH)


def of(state: State, account: TradingAccount) -> int:
    """The losses of all open orders of a trading account."""
    total = 0
    for symbol, orders in account.open_orders.items():
        book = state.books[symbol]
        for order in orders.by_id.values():
            order_list = order.order_list
            if not order.is_paired or order_list is None:
                total += _of_order(state, book, account, order)
            elif order is order_list.legs[-1]:
                total += max(_of_order(state, book, account, leg) for leg in order_list.legs[-2:])
    return total


def _of_order(state: State, book: Book, account: TradingAccount, order: Order) -> int:
    pays = settlement.reserve(order)
    if order.sign > 0:
        return _loss(state, book, account, 1, pays, order.remaining)
    price = order.price or order.spec.stop_price or book.last_price or book.index_price
    return _loss(state, book, account, -1, pays, notional(order.remaining, price))


def _loss(state: State, book: Book, account: TradingAccount, sign: int, pays: Atoms, receives: Atoms) -> int:
    paid, received = book.rules.quote, book.rules.base
    if sign < 0:
        paid, received = received, paid
    return max(0, _counted(state, account, paid, pays) - _counted(state, account, received, receives))


def _counted(state: State, account: TradingAccount, asset: str, amount: Atoms) -> int:
    value = amount * risk.mark(state, account, asset)
    if account.scope == CROSS:
        return risk.tier_value(state.assets[asset].collateral_tiers, value, risk.BORROW)
    return value * E8


def of_new(state: State, book: Book, account: TradingAccount, ask: Ask, needed: Atoms) -> int:
    """What an order would lose that is to be placed."""
    if ask.price or ask.row.waits:
        return of_ask(state, book, account, ask, needed)
    return of_market(state, book, account, ask)


def of_ask(state: State, book: Book, account: TradingAccount, ask: Ask, needed: Atoms) -> int:
    """What an order would lose that has a price, or will have one when it comes to life."""
    if ask.sign > 0:
        return _loss(state, book, account, 1, needed, ask.quantity)
    price = ask.price or ask.stop_price or book.last_price or book.index_price
    return _loss(state, book, account, -1, ask.quantity, notional(ask.quantity, price))


def of_market(state: State, book: Book, account: TradingAccount, ask: Ask) -> int:
    """What an order loses at once that takes what the book has."""
    quantity, cost = matching.quantity_of(ask.matches), matching.cost_of(ask.matches)
    pays, receives = (cost, quantity) if ask.sign > 0 else (quantity, cost)
    return _loss(state, book, account, ask.sign, pays, receives)


def concerns(state: State, account: TradingAccount) -> bool:
    """Are orders of this account checked for what they would lose?"""
    if account.scope == SPOT:
        return False
    is_special = account.scope == CROSS and account.owner.in_special_mode
    return state.venue.margin.open_order_loss in (SPECIAL if is_special else STANDARD)


def refuse(state: State, account: TradingAccount, loss: int, loan_asset: str, loan: Atoms) -> Rejected | None:
    """May orders be placed that would lose `loss` and need a loan? None where what is left stays above the last bar.

    The loan counts as an asset and as a debt.
    """
    if not (account.debts or loan) or not concerns(state, account):
        return None
    if index.lacks_price(state, account, loan_asset if loan else ""):
        return Rejected(Reason.NO_INDEX_PRICE)
    found = spare(state, account, loss, loan_asset, loan)
    if found.liabilities == 0:
        return None
    # No order loses more than what is locked for it, so mostly that sum is enough to know.
    if found.left > _locked_value(state, account) * E8 or found.left > of(state, account):
        return None
    return Rejected(Reason.ORDER_LEVEL_TOO_LOW)


class Spare:
    """What an account has above its last bar once an order has lost what it would."""

    def __init__(self, assets: int, liabilities: int, bar: int, left: int) -> None:
        self.assets: int = assets
        """e16, with the loan that the order needs"""
        self.liabilities: int = liabilities
        """e16, alike"""
        self.bar: int = bar
        """The level that would liquidate, e8."""
        self.left: int = left
        """e24; what open orders would lose must be less."""


def spare(state: State, account: TradingAccount, loss: int, loan_asset: str, loan: Atoms) -> Spare:
    """Assets less an order's loss, less the last bar's share of all debts; a loan counts as both."""
    found = solvency.of(state, account)
    lent = loan * risk.mark(state, account, loan_asset) if loan else 0
    liabilities = found.liabilities + lent
    assets = found.assets
    if account.scope != CROSS or not state.venue.margin.liquidation.uses_collateral_ratio:
        assets += lent
    bar = risk.liquidation_bar(state, account, loan_asset, loan)
    return Spare(assets, liabilities, bar, assets * E8 - loss - bar * liabilities)


def _locked_value(state: State, account: TradingAccount) -> int:
    locked = 0
    for wallet in account.wallets.values():
        if wallet.locked:
            locked += wallet.locked * risk.mark(state, account, wallet.asset)
    return locked
