"""An order as asked, before it is one: what it needs, and every reason to refuse it.

Single orders and the legs of lists are asked for in one form and go through one ladder of checks.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from openmargin.domain.commands import PlaceOrder, PlaceOrderList
from openmargin.domain.enums import (
    BORROWING,
    OrderType,
    SelfTradePrevention,
    Side,
    SideEffect,
    TimeInForce,
)
from openmargin.domain.ids import CROSS, SPOT, Scope, generated_client_id
from openmargin.domain.money import Atoms, notional_max, with_buffer
from openmargin.domain.order_types import ORDER_TYPES, OrderTypeRow
from openmargin.domain.orders import Leg, OrderSpec
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine import accounts, filters, house, index, matching, order_counts, restrictions
from openmargin.engine.state import Book, Order, State, TradingAccount

FOK: Final = TimeInForce.FOK
NO_SIDE_EFFECT: Final = SideEffect.NO_SIDE_EFFECT
TYPES: Final = ORDER_TYPES


@mypyc_attr(acyclic=True)
class Ask:
    """One order that somebody wants to place."""

    def __init__(
        self,
        side: Side,
        order_type: OrderType,
        time_in_force: TimeInForce,
        quantity: Atoms,
        budget: Atoms,
        price: int,
        stop_price: int,
        trailing_delta: int,
        iceberg: Atoms,
        client_order_id: str,
        strategy_id: int | None,
        strategy_type: int | None,
    ) -> None:
        self.side: Side = side
        self.sign: int = int(side)
        self.type: OrderType = order_type
        self.row: OrderTypeRow = TYPES[order_type]
        self.time_in_force: TimeInForce = time_in_force
        self.quantity: Atoms = quantity
        self.budget: Atoms = budget
        """Quote to spend or earn; 0 where the order is sized in base."""
        self.is_sized_twice: bool = quantity != 0 and budget != 0
        self.price: int = price
        self.stop_price: int = stop_price
        self.trailing_delta: int = trailing_delta
        self.iceberg: Atoms = iceberg
        self.client_order_id: str = client_order_id
        self.strategy_id: int | None = strategy_id
        self.strategy_type: int | None = strategy_type
        self.reserve_price: int = price
        """The price at which a buy's funds are held."""
        self.matches: list[matching.Match] = []
        """What it would meet at once."""


def ask_for(command: PlaceOrder) -> Ask:
    return Ask(
        command.side,
        command.type,
        command.time_in_force,
        command.quantity,
        command.quote_quantity,
        command.price,
        command.stop_price,
        command.trailing_delta,
        command.iceberg_quantity,
        command.client_order_id,
        command.strategy_id,
        command.strategy_type,
    )


def ask_for_leg(leg: Leg) -> Ask:
    return Ask(
        leg.side,
        leg.type,
        leg.time_in_force,
        leg.quantity,
        0,
        leg.price,
        leg.stop_price,
        leg.trailing_delta,
        leg.iceberg_quantity,
        leg.client_order_id,
        leg.strategy_id,
        leg.strategy_type,
    )


def find(state: State, account_id: int, scope: Scope, symbol: str) -> tuple[TradingAccount, Book] | Rejected:
    """The trading account and the book that an order command names."""
    account = accounts.trading(state, account_id, scope)
    if account is None:
        return Rejected(Reason.UNKNOWN_SCOPE)
    book = state.books.get(symbol)
    if book is None:
        return Rejected(Reason.UNKNOWN_SYMBOL)
    return account, book


def enter(state: State, command: PlaceOrder | PlaceOrderList) -> tuple[TradingAccount, Book] | Rejected:
    """The same for an order that is to be placed: where it may be, with the house's quotes laid out."""
    found = find(state, command.account_id, command.scope, command.symbol)
    if isinstance(found, Rejected):
        return found
    account, book = found
    if account.liquidation is not None:
        return Rejected(Reason.LIQUIDATING_NO_TRADE)
    refused = refuse_market(state, book, account.scope, command.side_effect, command.self_trade_prevention)
    if refused is not None:
        return refused
    house.lay_out(state, book)
    return found


def refuse_market(
    state: State, book: Book, scope: Scope, side_effect: SideEffect, mode: SelfTradePrevention
) -> Rejected | None:
    """Why nothing may be placed here by this account; None where it may."""
    rules = book.rules
    if not rules.trading:
        return Rejected(Reason.SYMBOL_CLOSED)
    if scope == CROSS and not (
        rules.cross_margin and rules.cross_from_ms <= state.at_ms < rules.cross_until_ms
    ):
        return Rejected(Reason.SYMBOL_NOT_ON_MARGIN)
    if scope == SPOT and side_effect is not NO_SIDE_EFFECT:
        return Rejected(Reason.SYMBOL_NOT_ON_MARGIN)
    if (
        scope != SPOT
        and scope != CROSS
        and (scope != book.symbol or not rules.isolated_from_ms <= state.at_ms < rules.isolated_until_ms)
    ):
        return Rejected(Reason.SYMBOL_NOT_ON_MARGIN)
    if mode not in rules.self_trade_preventions:
        return Rejected(Reason.SELF_TRADE_PREVENTION_NOT_ALLOWED)
    return None


def meet(book: Book, account: TradingAccount, ask: Ask, mode: SelfTradePrevention) -> None:
    """See what the order would meet, and size it where it is asked for in quote."""
    if ask.row.waits:
        return
    if ask.budget:
        ask.matches = matching.walk_budget(book, account, mode, ask.sign, matching.UNBOUNDED, ask.budget)
        for match in ask.matches:
            # A maker that is merely sent away is nothing that the budget bought.
            if match.prevention is not matching.EXPIRE_MAKER:
                ask.quantity += match.quantity
        return
    ask.matches = matching.walk(book, account, mode, ask.sign, ask.price, ask.quantity)


def refuse(state: State, book: Book, account: TradingAccount, ask: Ask) -> Rejected | None:
    """Why one order may not be placed, funds and counts apart; None where it may."""
    row = ask.row
    if ask.is_sized_twice or (ask.budget and not row.takes_quote_quantity):
        return Rejected(Reason.PARAMETERS_DO_NOT_FIT)
    if ask.price and not row.has_price:
        return Rejected(Reason.PARAMETERS_DO_NOT_FIT)
    if (ask.stop_price or ask.trailing_delta) != 0 and not row.waits:
        return Rejected(Reason.PARAMETERS_DO_NOT_FIT)
    if (row.waits and not (ask.stop_price or ask.trailing_delta)) or (ask.iceberg and not row.may_be_iceberg):
        return Rejected(Reason.PARAMETERS_DO_NOT_FIT)
    if ask.budget and ask.quantity < book.rules.min_quantity:
        return Rejected(Reason.NO_LIQUIDITY_FOR_QUOTE_QUANTITY)
    broken = filters.broken_filter(
        book,
        account,
        ask.row,
        ask.sign,
        ask.price,
        ask.stop_price,
        ask.trailing_delta,
        ask.iceberg,
        ask.quantity,
        state.at_ms,
    )
    if broken is not None:
        return Rejected(broken)
    if ask.iceberg and ask.row.has_time_in_force and ask.time_in_force is not TimeInForce.GTC:
        return Rejected(Reason.ICEBERG_NEEDS_GTC)
    if book.rules.limits_price_to_index and ask.price and _has_margin_checks(state, account):
        if index.is_too_old(state, index.set_ms(state, book)):
            return Rejected(Reason.NO_INDEX_PRICE)
        beyond = ask.sign * (ask.price - book.index_price)
        if beyond * 100_000_000 > book.index_price * state.venue.margin.price_limit:
            return Rejected(Reason.LIMIT_PRICE_FAR_FROM_INDEX)
    if state.restricted and ask.sign > 0 and _has_margin_checks(state, account):
        refused = restrictions.refuse_long(state, account, book.rules.base, ask.quantity)
        if refused is not None:
            return refused
    orders = account.open_orders.get(book.symbol)
    if orders is not None and ask.client_order_id and ask.client_order_id in orders.by_client_id:
        return Rejected(Reason.DUPLICATE_CLIENT_ORDER_ID)
    return None


def _has_margin_checks(state: State, account: TradingAccount) -> bool:
    """Do the margin checks of prices and longs hold for this account? In Special Key Mode they need not (A11)."""
    if account.scope == CROSS and account.owner.in_special_mode:
        return state.venue.special_keys.limits_price_to_index
    return account.scope != SPOT


def refuse_now(book: Book, ask: Ask) -> Rejected | None:
    """Why the order may not begin at this moment."""
    price = book.last_price
    is_fixed_stop = ask.row.waits and not ask.trailing_delta
    if is_fixed_stop and price and ask.sign * ask.row.stop * (price - ask.stop_price) >= 0:
        return Rejected(Reason.WOULD_TRIGGER)
    if ask.matches and not ask.row.takes_liquidity:
        return Rejected(Reason.WOULD_TAKE)
    return None


def refuse_count(state: State, account: TradingAccount, orders: int) -> Rejected | None:
    """Is there room for so many more unfilled orders?"""
    full = order_counts.full_window(state, account, orders)
    if full < 0:
        return None
    return Rejected(
        Reason.TOO_MANY_ORDERS, f"{state.order_limits[full]}/{account.order_counts[full].interval_ms}"
    )


def needs(state: State, book: Book, ask: Ask, *, is_pending: bool = False) -> Atoms:
    """What the order must be able to pay: at its limit, at what the book asks, or later, with a buffer."""
    if ask.sign < 0:
        return ask.quantity
    if ask.price:
        return notional_max(ask.quantity, ask.price)
    if ask.row.waits or is_pending:
        reference = ask.stop_price or book.last_price or book.index_price
        ask.reserve_price = with_buffer(reference, state.venue.margin.market_buffer)
        return notional_max(ask.quantity, ask.reserve_price)
    return ask.budget or matching.cost_of(ask.matches)


def may_borrow_more(ask: Ask) -> bool:
    """Does nobody know yet what the order will cost? Then a loan for it has a buffer (A7)."""
    return ask.sign > 0 and not ask.row.has_price and not ask.row.waits and not ask.budget


def pays_with(book: Book, ask: Ask) -> str:
    return book.rules.quote if ask.sign > 0 else book.rules.base


def next_client_id(state: State) -> str:
    """A name for an order, a list or a cancel whose sender gave none."""
    ordinal = state.generated_names
    state.generated_names = ordinal + 1
    return generated_client_id(state.seq, ordinal)


def accept(
    state: State,
    book: Book,
    account: TradingAccount,
    ask: Ask,
    list_id: int,
    mode: SelfTradePrevention,
    side_effect: SideEffect,
    auto_repay_at_cancel: bool,
    liquidation_id: int = 0,
) -> Order:
    """Make the order: give it its id and its name, and enter it among the account's open orders."""
    order_id = book.next_order_id
    book.next_order_id = order_id + 1
    spec = OrderSpec(
        book.symbol,
        order_id,
        account.account_id,
        account.scope,
        ask.client_order_id or next_client_id(state),
        ask.side,
        ask.type,
        ask.time_in_force,
        ask.quantity,
        ask.budget,
        ask.price,
        mode,
        side_effect,
        auto_repay_at_cancel,
        state.at_ms,
        list_id,
        ask.stop_price,
        ask.trailing_delta,
        ask.iceberg,
        strategy_id=ask.strategy_id,
        strategy_type=ask.strategy_type,
        liquidation_id=liquidation_id,
    )
    order = enlist(book, account, spec)
    order.reserve_price = ask.reserve_price
    return order


def enlist(book: Book, account: TradingAccount, spec: OrderSpec) -> Order:
    """The live order of a spec, whole and known to its account and its book; not yet in any queue."""
    rules = book.rules
    base, quote = account.wallet(rules.base), account.wallet(rules.quote)
    order = Order(spec, account, quote, base) if spec.side > 0 else Order(spec, account, base, quote)
    siblings = account.orders_in(book.symbol)
    siblings.by_id[order.order_id] = order
    siblings.by_client_id[order.client_order_id] = order
    order.siblings = siblings
    book.orders[order.order_id] = order
    if order.sign > 0:
        siblings.buying += order.remaining
    if order.row.waits:
        siblings.waiting += 1
    if order.iceberg:
        siblings.icebergs += 1
    return order


def borrows(side_effect: SideEffect) -> bool:
    return side_effect in BORROWING
