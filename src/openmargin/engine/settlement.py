"""A trade becomes postings, and an order that ends gives back what it did not use.

Owns: what each side pays, receives and is charged, and the order after it.
"""

from __future__ import annotations

from typing import Final

from openmargin.domain.enums import Side
from openmargin.domain.events import OrderClosed, OrderFilled
from openmargin.domain.ids import FEES, WORLD
from openmargin.domain.money import Atoms, notional, notional_max, share
from openmargin.domain.orders import Fill
from openmargin.engine import books, ledger, loans, order_counts, tape
from openmargin.engine.matching import Match
from openmargin.engine.state import Book, Order, State
from openmargin.engine.transitions import FILL_REST, FILL_SOME, FILLED, Move

BUY: Final = Side.BUY
SELL: Final = Side.SELL


def reserve(order: Order) -> Atoms:
    """The most that what remains of a resting order can cost (mechanics 13b)."""
    return notional_max(order.remaining, order.price) if order.sign > 0 else order.remaining


def settle(state: State, book: Book, taker: Order, match: Match) -> None:
    """Carry out one match: the maker's price, one notional for both, commission from what each receives."""
    maker = match.maker
    quantity = match.quantity
    quote_quantity = notional(quantity, match.price)
    buyer, seller = (taker, maker) if taker.sign > 0 else (maker, taker)

    books.shrink(maker, quantity)
    taker.remaining -= quantity
    _unlock_payment(state, buyer, quote_quantity)
    _unlock_payment(state, seller, quantity)
    ledger.move(state, buyer.pays_with, seller.receives_in, quote_quantity)
    ledger.move(state, seller.pays_with, buyer.receives_in, quantity)

    trade_id = tape.print_trade(
        state,
        book,
        match.price,
        quantity,
        quote_quantity,
        BUY if taker.sign > 0 else SELL,
        maker.order_id,
        taker.order_id,
    )
    if maker.remaining == 0:
        books.leave(book, maker)
    _book_fill(state, maker, trade_id, match.price, quantity, quote_quantity, is_maker=True)
    _book_fill(state, taker, trade_id, match.price, quantity, quote_quantity, is_maker=False)


def _unlock_payment(state: State, order: Order, payment: Atoms) -> None:
    """Free what the order is about to pay, and what a better price than its limit saves."""
    if order.is_house:
        shortage = payment - order.pays_with.free
        if shortage > 0:
            ledger.move(state, state.system(WORLD).wallet(order.pays_with.asset), order.pays_with, shortage)
        return
    held = reserve(order) if order.price else order.held - payment
    ledger.lock(state, order.pays_with, held - order.held)
    order.held = held


def _book_fill(
    state: State,
    order: Order,
    trade_id: int,
    price: int,
    quantity: Atoms,
    quote_quantity: Atoms,
    *,
    is_maker: bool,
) -> None:
    """One order's side of a trade: commission, progress, side effect, and its end where nothing remains."""
    if order.is_house:
        return
    account = order.account
    wallet = order.receives_in
    received = quantity if order.sign > 0 else quote_quantity
    commission = share(received, account.owner.maker_rate if is_maker else account.owner.taker_rate)
    if commission:
        ledger.move(state, wallet, state.system(FEES).wallet(wallet.asset), commission)

    if order.executed == 0:
        credit = state.maker_credit if is_maker else state.taker_credit
        order_counts.add(account, -credit, state.at_ms)
    order.executed += quantity
    order.executed_quote += quote_quantity
    order.move(FILL_SOME if order.remaining else FILL_REST, state.at_ms)
    siblings = order.siblings
    assert siblings is not None, "an order that trades is open"
    if order.sign > 0:
        siblings.buying -= quantity
    fill = Fill(trade_id, price, quantity, quote_quantity, commission, wallet.asset, is_maker)
    state.events.append(OrderFilled(order.view(), fill))

    if order.repays:
        loans.repay_at_most(state, account, wallet.asset, received - commission)
    if order.remaining == 0:
        finish(state, order)


def end(state: State, book: Book, order: Order, move: Move, cancel_client_id: str = "") -> None:
    """End an order before it is full: out of the book, its funds released, its unused loan repaid."""
    if order.level is not None:
        books.leave(book, order)
    ledger.lock(state, order.pays_with, -order.held)
    order.held = 0
    order.move(move, state.at_ms)
    siblings = order.siblings
    assert siblings is not None, "an order that ends was open"
    if order.sign > 0:
        siblings.buying -= order.remaining
    state.events.append(OrderClosed(order.view(), cancel_client_id))
    finish(state, order)


def finish(state: State, order: Order) -> None:
    """Forget an order that has ended, and repay what it borrowed and did not spend (mechanics 6, A7).

    A limit order that filled whole keeps what a better price saved: nothing of it was cancelled.
    """
    assert order.held == 0, f"an ended order holds {order.held}"
    siblings = order.siblings
    assert siblings is not None, "an order ends once"
    order.siblings = None
    del siblings.by_id[order.order_id]
    del siblings.by_client_id[order.client_order_id]
    kept = order.status is FILLED and order.price > 0
    if order.loan and order.spec.auto_repay_at_cancel and not kept:
        unused = min(order.loan, order.funds - order.spent())
        loans.repay_at_most(state, order.account, order.pays_with.asset, unused)
