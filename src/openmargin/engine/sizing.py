"""What a liquidation sells for what, and how much of it (docs/liquidation.md, mechanics 7.2, A12).

Owns: the choice of debt, collateral and route, and the size and limit of the order. It looks and changes nothing.
"""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from openmargin.domain.enums import Side
from openmargin.domain.ids import CROSS
from openmargin.domain.money import E8, Atoms, ceil_div, floor_to_step, notional
from openmargin.engine import proceeds, risk, solvency
from openmargin.engine.liquidation_state import Liquidation
from openmargin.engine.state import Book, Debt, State, TradingAccount


@mypyc_attr(acyclic=True)
class Sale:
    """What a step means to sell, and for what."""

    def __init__(self, debt: Debt, collateral: str, available: Atoms) -> None:
        self.debt: Debt = debt
        self.collateral: str = collateral
        self.available: Atoms = available
        """What of the collateral may be sold."""
        self.symbol: str = ""
        """The pair to trade in; empty where there is none."""
        self.sign: int = 0
        self.quantity: Atoms = 0
        """Base to trade; 0 where a conversion has to do."""
        self.price: int = 0


def choose(state: State, account: TradingAccount, liquidation: Liquidation, slip: int) -> Sale | None:
    """The next sale, with the order that it takes where one will do; None where nothing is left to sell."""
    debt = proceeds.largest_debt(state, account)
    assert debt is not None, "who owes nothing is not liquidated"
    collateral = _collateral(state, account, liquidation, debt.asset)
    if not collateral:
        return None
    available = proceeds.sellable(state, account, liquidation, collateral)
    sale = Sale(debt, collateral, available)
    taker = account.owner.taker_rate
    symbol, sign = _pair(state, account, collateral, debt.asset)
    if sign:
        factor = _factor(sign, slip, taker)
    else:
        between = state.venue.margin.valuation_asset
        symbol, sign = _pair(state, account, collateral, between)
        onwards = _pair(state, account, between, debt.asset)[1]
        if not (sign and onwards):
            return sale
        factor = _factor(sign, slip, taker) * _factor(onwards, slip, taker) // E8
    sale.symbol, sale.sign = symbol, sign
    book = state.books[symbol]
    sale.price = limit(book, sign, slip)
    if sale.price > 0:
        value = needed(state, account, liquidation, debt, factor)
        sale.quantity = _quantity(state, account, sale, book, value)
    return sale


def _collateral(state: State, account: TradingAccount, liquidation: Liquidation, owed: str) -> str:
    """What to sell first: what trades directly with the debt, then what is worth most, then by name; empty for nothing."""
    chosen = ""
    best = (False, 0)
    for asset in sorted(account.wallets):
        value = proceeds.sellable(state, account, liquidation, asset) * risk.mark(state, account, asset)
        if value == 0:
            continue
        rank = (_pair(state, account, asset, owed)[1] != 0, value)
        if rank > best:
            chosen, best = asset, rank
    return chosen


def _pair(state: State, account: TradingAccount, sold: str, bought: str) -> tuple[str, int]:
    """The symbol in which `sold` becomes `bought`, and the side of the order; side 0 where there is none open."""
    for symbol, sign, base, quote in (
        (sold + bought, int(Side.SELL), sold, bought),
        (bought + sold, int(Side.BUY), bought, sold),
    ):
        book = state.books.get(symbol)
        if book is None or book.rules.base != base or book.rules.quote != quote or not book.rules.trading:
            continue
        if account.scope == CROSS or account.scope == symbol:
            return symbol, sign
    return "", 0


def _factor(sign: int, slip: int, taker: int) -> int:
    """What an order makes of what it sells, at worst and after commission (e8, down)."""
    if sign < 0:
        return (E8 - slip) * (E8 - taker) // E8
    return (E8 - taker) * E8 // (E8 + slip)


def needed(state: State, account: TradingAccount, liquidation: Liquidation, debt: Debt, factor: int) -> int:
    """The value to sell (e16): enough for the stop level, but no more than repays the debt; -1 for no bound.

    x of assets A repays k x of debts L, where k is `factor` less the fee: (A - x) / (L - k x) = stop.
    """
    rules = state.venue.margin.liquidation
    k = factor - (rules.fee if liquidation.is_forced else rules.manual_fee)
    value = -1
    if k > 0:
        value = (debt.principal + debt.interest) * risk.mark(state, account, debt.asset) * E8 // k
    if liquidation.is_forced:
        stop = risk.bars_of(state, account).initial
        divisor = stop * k - E8 * E8
        if divisor > 0:
            found = solvency.without(state, account, liquidation.aside)
            by_level = (stop * found.liabilities - found.assets * E8) * E8 // divisor
            value = by_level if value < 0 else min(value, by_level)
    return value


def limit(book: Book, sign: int, slip: int) -> int:
    """The limit of an order so far from the index, on the tick and never further; 0 where PRICE_FILTER takes none."""
    rules = book.rules
    tick = rules.tick_size
    if sign < 0:
        price = ceil_div(book.index_price * (E8 - slip), E8 * tick) * tick
    else:
        price = floor_to_step(book.index_price * (E8 + slip) // E8, tick)
    if price < rules.min_price or (rules.max_price and price > rules.max_price):
        return 0
    return price


def _quantity(state: State, account: TradingAccount, sale: Sale, book: Book, value: int) -> Atoms:
    """Base that the value takes, a step more than enough, within what is available; 0 where the filters take no so small order."""
    rules = book.rules
    step, price = rules.step_size, sale.price
    most = sale.available if sale.sign < 0 else sale.available * E8 // price
    most = floor_to_step(most, step)
    if rules.max_quantity:
        most = min(most, floor_to_step(rules.max_quantity, step))
    if rules.max_notional:
        most = min(most, floor_to_step(rules.max_notional * E8 // price, step))
    quantity = most
    if value >= 0:
        atoms = value // risk.mark(state, account, sale.collateral)
        base = atoms if sale.sign < 0 else atoms * E8 // price
        quantity = min(most, (base // step + 1) * step)
    if quantity < rules.min_quantity or notional(quantity, price) < rules.min_notional:
        return 0
    return quantity
