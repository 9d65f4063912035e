"""Symbol filters, each a small check, in the order in which they refuse (semantics 4)."""

from __future__ import annotations

from openmargin.domain.money import E8, Atoms, notional
from openmargin.domain.order_types import OrderTypeRow
from openmargin.domain.reasons import Reason
from openmargin.engine import tape
from openmargin.engine.state import Book, TradingAccount, TradingRules


def broken_filter(
    book: Book,
    account: TradingAccount,
    row: OrderTypeRow,
    sign: int,
    price: int,
    quantity: Atoms,
    at_ms: int,
) -> Reason | None:
    """The first filter that the order breaks; None where it passes all."""
    rules = book.rules
    if row.has_price:
        if not _price_fits(rules, price):
            return Reason.PRICE_FILTER
        if not _near_average(rules, sign, price, tape.average_price(book, at_ms)):
            return Reason.PERCENT_PRICE
    if not _lot_fits(quantity, rules.min_quantity, rules.max_quantity, rules.step_size):
        return Reason.LOT_SIZE
    if row.has_price:
        if not _notional_fits(notional(quantity, price), rules.min_notional, rules.max_notional):
            return Reason.NOTIONAL
    else:
        if not _lot_fits(
            quantity, rules.market_min_quantity, rules.market_max_quantity, rules.market_step_size
        ):
            return Reason.MARKET_LOT_SIZE
        least = rules.min_notional if rules.apply_min_to_market else 0
        most = rules.max_notional if rules.apply_max_to_market else 0
        if not _notional_fits(notional(quantity, tape.average_price(book, at_ms)), least, most):
            return Reason.NOTIONAL
    orders = account.open_orders.get(book.symbol)
    if orders is not None and len(orders.by_id) >= rules.max_num_orders:
        return Reason.MAX_NUM_ORDERS
    if rules.max_position and sign > 0:
        held = account.wallets.get(rules.base)
        position = held.free + held.locked if held is not None else 0
        buying = orders.buying if orders is not None else 0
        if position + buying + quantity > rules.max_position:
            return Reason.MAX_POSITION
    return None


def _price_fits(rules: TradingRules, price: int) -> bool:
    if price < rules.min_price:
        return False
    if rules.max_price and price > rules.max_price:
        return False
    return price % rules.tick_size == 0


def _near_average(rules: TradingRules, sign: int, price: int, average: int) -> bool:
    if sign > 0:
        down, up = rules.bid_multiplier_down, rules.bid_multiplier_up
    else:
        down, up = rules.ask_multiplier_down, rules.ask_multiplier_up
    return average * down <= price * E8 <= average * up


def _lot_fits(quantity: Atoms, least: Atoms, most: Atoms, step: Atoms) -> bool:
    if quantity < least or (most and quantity > most):
        return False
    return not step or quantity % step == 0


def _notional_fits(value: Atoms, least: Atoms, most: Atoms) -> bool:
    return value >= least and (not most or value <= most)
