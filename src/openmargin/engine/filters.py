"""Symbol filters, each a small check, in the order in which they refuse (semantics 4)."""

from __future__ import annotations

from openmargin.domain.money import Atoms, ceil_div, notional
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
    stop_price: int,
    trailing_delta: int,
    iceberg: Atoms,
    quantity: Atoms,
    at_ms: int,
) -> Reason | None:
    """The first filter that the order breaks; None where it passes all."""
    rules = book.rules
    if row.has_price:
        if not _price_fits(rules, price):
            return Reason.PRICE_FILTER
        tape.average_price(book, at_ms)
        if not _near_average(book, sign, price):
            return Reason.PERCENT_PRICE
    if stop_price and not _price_fits(rules, stop_price):
        return Reason.PRICE_FILTER
    broken = broken_size(book, row, price, stop_price, iceberg, quantity, at_ms)
    if broken is not None:
        return broken
    if trailing_delta and not _delta_fits(rules, sign * row.stop, trailing_delta):
        return Reason.TRAILING_DELTA
    return _broken_number(book, account, row, sign, iceberg, quantity)


def broken_size(
    book: Book, row: OrderTypeRow, price: int, stop_price: int, iceberg: Atoms, quantity: Atoms, at_ms: int
) -> Reason | None:
    """The first filter that the quantity breaks, its value included; None where it passes all."""
    rules = book.rules
    if not _lot_fits(quantity, rules.min_quantity, rules.max_quantity, rules.step_size):
        return Reason.LOT_SIZE
    if iceberg:
        if iceberg >= quantity:
            return Reason.ICEBERG_ABOVE_QUANTITY
        if not _lot_fits(iceberg, rules.min_quantity, rules.max_quantity, rules.step_size):
            return Reason.LOT_SIZE
        if ceil_div(quantity, iceberg) > rules.iceberg_parts:
            return Reason.ICEBERG_PARTS
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
        reference = stop_price or tape.average_price(book, at_ms)
        if not _notional_fits(notional(quantity, reference), least, most):
            return Reason.NOTIONAL
    return None


def _broken_number(
    book: Book, account: TradingAccount, row: OrderTypeRow, sign: int, iceberg: Atoms, quantity: Atoms
) -> Reason | None:
    """The filters that count what the account has open already."""
    rules = book.rules
    orders = account.open_orders.get(book.symbol)
    if orders is not None:
        if len(orders.by_id) >= rules.max_num_orders:
            return Reason.MAX_NUM_ORDERS
        if row.waits and orders.waiting >= rules.max_num_algo_orders:
            return Reason.MAX_NUM_ALGO_ORDERS
        if iceberg and orders.icebergs >= rules.max_num_iceberg_orders:
            return Reason.MAX_NUM_ICEBERG_ORDERS
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


def _near_average(book: Book, sign: int, price: int) -> bool:
    if sign > 0:
        return book.bid_floor <= price <= book.bid_ceiling
    return book.ask_floor <= price <= book.ask_ceiling


def _lot_fits(quantity: Atoms, least: Atoms, most: Atoms, step: Atoms) -> bool:
    if quantity < least or (most and quantity > most):
        return False
    return not step or quantity % step == 0


def _notional_fits(value: Atoms, least: Atoms, most: Atoms) -> bool:
    return value >= least and (not most or value <= most)


def _delta_fits(rules: TradingRules, above: int, delta: int) -> bool:
    """A stop that lies above the market has the bounds for above, and one below those for below."""
    if above > 0:
        return rules.min_trailing_above_delta <= delta <= rules.max_trailing_above_delta
    return rules.min_trailing_below_delta <= delta <= rules.max_trailing_below_delta
