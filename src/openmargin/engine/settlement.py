"""A match becomes postings, and an order that ends gives back what it did not use.

Owns: what each side pays, receives and is charged, and the order after it.
"""

from __future__ import annotations

from typing import Final

from openmargin.domain.enums import AutoRepay, ExpiryReason, Side
from openmargin.domain.events import MatchPrevented, OrderClosed, OrderFilled
from openmargin.domain.ids import WORLD
from openmargin.domain.money import Atoms, notional, notional_max
from openmargin.domain.orders import Fill, PreventedMatch
from openmargin.engine import books, commission, ledger, loans, matching, order_counts, proceeds, tape
from openmargin.engine.matching import Match
from openmargin.engine.state import Book, Order, OrderList, State
from openmargin.engine.transitions import FILL_REST, FILL_SOME, FILLED, PREVENT, Move

BUY: Final = Side.BUY
SELL: Final = Side.SELL
EACH_FILL: Final = AutoRepay.EACH_FILL


def reserve(order: Order) -> Atoms:
    """The most that what remains of a waiting or resting order can cost (mechanics 13b)."""
    return notional_max(order.remaining, order.reserve_price) if order.sign > 0 else order.remaining


def settle(state: State, book: Book, taker: Order, match: Match) -> None:
    """Carry out one match: a trade at the maker's price, or what self-trade prevention does instead."""
    if match.prevention is not matching.NONE:
        _prevent(state, book, taker, match)
        return
    maker = match.maker
    quantity = match.quantity
    books.shrink(book, maker, quantity)
    quote_quantity = _exchange(state, taker, maker, quantity, match.price)
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


def _exchange(state: State, taker: Order, maker: Order, quantity: Atoms, price: int) -> Atoms:
    """Swap base and quote between two orders, one notional for both; returns it.

    The maker has already become smaller in its queue.
    """
    quote_quantity = notional(quantity, price)
    buyer, seller = (taker, maker) if taker.sign > 0 else (maker, taker)
    choose(state, maker)
    choose(state, taker)
    taker.remaining -= quantity
    _unlock_payment(state, buyer, quote_quantity)
    _unlock_payment(state, seller, quantity)
    ledger.move(state, buyer.pays_with, seller.receives_in, quote_quantity)
    ledger.move(state, seller.pays_with, buyer.receives_in, quantity)
    return quote_quantity


def choose(state: State, order: Order) -> None:
    """Of a pair, this order goes on alone, with what it needs of the funds; its list sends the other away."""
    if not order.is_paired:
        return
    order_list = order.order_list
    assert order_list is not None, "a pair belongs to a list"
    order.held = order_list.held
    order_list.held = 0
    for leg in order_list.legs:
        leg.is_paired = False
    hold(state, order, reserve(order))
    state.chosen.append(order)


def _unlock_payment(state: State, order: Order, payment: Atoms) -> None:
    """Free what the order is about to pay, and what a better price than its limit saves."""
    if order.is_house:
        shortage = payment - order.pays_with.free
        if shortage > 0:
            ledger.move(state, state.system(WORLD).wallet(order.pays_with.asset), order.pays_with, shortage)
        return
    hold(state, order, reserve(order) if order.price else order.held - payment)


def hold(state: State, order: Order, held: Atoms) -> None:
    """Let the order hold so much of what it pays with, no more and no less."""
    ledger.lock(state, order.pays_with, held - order.held)
    order.held = held


def hold_pair(state: State, order_list: OrderList) -> None:
    """Let a list hold what the dearer order of its pair can cost: once, for both."""
    pair = order_list.legs[-2:]
    held = max(reserve(pair[0]), reserve(pair[1]))
    ledger.lock(state, pair[0].pays_with, held - order_list.held)
    order_list.held = held


def _prevent(state: State, book: Book, taker: Order, match: Match) -> None:
    """Keep two orders of one hand from trading, and tell what each lost by it (semantics 6)."""
    maker, mode = match.maker, match.prevention
    lost_by_both = mode is matching.DECREMENT or mode is matching.TRANSFER
    taker_lost = match.quantity if lost_by_both else taker.remaining
    maker_lost = match.quantity if lost_by_both else maker.remaining
    if mode is matching.EXPIRE_MAKER:
        taker_lost = 0
    if mode is matching.EXPIRE_TAKER:
        maker_lost = 0
    if mode is matching.TRANSFER:
        books.forgo(book, maker, match.quantity)
        quote_quantity = _exchange(state, taker, maker, match.quantity, match.price)
        for order in (maker, taker):
            order.prevented += match.quantity
            order.handed_over += quote_quantity if order.sign > 0 else match.quantity
            _receive_less(order, match.quantity)
    else:
        _forgo(state, book, maker, maker_lost)
        _forgo(state, book, taker, taker_lost)
    match_id = book.next_prevented_match_id
    book.next_prevented_match_id = match_id + 1
    if taker_lost:
        taker.prevented_match_id = match_id
    if maker_lost:
        maker.prevented_match_id = match_id
    # A taker that a budget sized may be full already when it sends a maker away.
    ended = [
        order for order, lost in ((maker, maker_lost), (taker, taker_lost)) if lost and not order.remaining
    ]
    for order in ended:
        _end_in_match(state, book, order)
    prevented = PreventedMatch(
        book.symbol,
        match_id,
        taker.order_id,
        maker.order_id,
        taker.account.owner.trade_group_id,
        mode,
        match.price,
        taker_lost,
        maker_lost,
        state.at_ms,
    )
    state.events.append(MatchPrevented(prevented, taker.view(), maker.view()))
    for order in ended:
        finish(state, order)


def _forgo(state: State, book: Book, order: Order, quantity: Atoms) -> None:
    """Prevention takes `quantity` from an order."""
    if quantity == 0:
        return
    order.prevented += quantity
    cut(state, book, order, quantity)


def cut(state: State, book: Book, order: Order, quantity: Atoms) -> None:
    """Take `quantity` from what remains of an order without a trade, and free what was held for it."""
    if order.level is not None:
        books.forgo(book, order, quantity)
    else:
        order.remaining -= quantity
    _receive_less(order, quantity)
    if order.is_paired and order.order_list is not None:
        hold_pair(state, order.order_list)
    elif order.price or order.sign < 0:
        hold(state, order, reserve(order))


def _receive_less(order: Order, quantity: Atoms) -> None:
    siblings = order.siblings
    if order.sign > 0 and siblings is not None:
        siblings.buying -= quantity


def _end_in_match(state: State, book: Book, order: Order) -> None:
    if order.level is not None:
        books.leave(book, order)
    order.move(PREVENT, state.at_ms)
    hold(state, order, 0)


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
    charged, charged_asset = commission.take(state, order, received, is_maker=is_maker)

    if order.executed == 0 and not order.is_forced:
        credit = state.maker_credit if is_maker else state.taker_credit
        order_counts.add(account, -credit, state.at_ms)
    order.executed += quantity
    order.executed_quote += quote_quantity
    order.move(FILL_SOME if order.remaining else FILL_REST, state.at_ms)
    _receive_less(order, quantity)
    fill = Fill(trade_id, price, quantity, quote_quantity, charged, charged_asset, is_maker)
    state.events.append(OrderFilled(order.view(), fill))

    if order.is_forced:
        paid = quote_quantity if order.sign > 0 else quantity
        if charged_asset == wallet.asset:
            proceeds.take(state, order, paid, received - charged, 0, "")
        else:
            proceeds.take(state, order, paid, received, charged, charged_asset)
    elif order.repays:
        net = received - charged if charged_asset == wallet.asset else received
        if state.venue.margin.auto_repay is EACH_FILL:
            loans.repay_at_most(state, account, wallet.asset, net)
        else:
            order.earned += net
    if order.remaining == 0:
        hold(state, order, 0)  # A stop that bought for less than its buffer allowed.
        finish(state, order)


def end(
    state: State,
    book: Book,
    order: Order,
    move: Move,
    cancel_client_id: str = "",
    reason: ExpiryReason = ExpiryReason.NONE,
) -> None:
    """End an order before it is full: out of its queue, its funds released, its unused loan repaid."""
    if order.level is not None:
        books.leave(book, order)
    hold(state, order, 0)
    order.expiry_reason = reason
    order.move(move, state.at_ms)
    _receive_less(order, order.remaining)
    state.events.append(OrderClosed(order.view(), cancel_client_id))
    finish(state, order)


def finish(state: State, order: Order) -> None:
    """Forget an order that has ended, and repay what it borrowed and did not spend (mechanics 6, A7).

    A limit order that filled whole keeps what a better price saved: nothing of it was cancelled. The loan of a list
    is the list's, and so is what follows from the end of one of its orders.
    """
    assert order.held == 0, f"an ended order holds {order.held}"
    siblings = order.siblings
    assert siblings is not None, "an order ends once"
    order.siblings = None
    del siblings.by_id[order.order_id]
    del siblings.by_client_id[order.client_order_id]
    del state.books[order.spec.symbol].orders[order.order_id]
    if order.row.waits:
        siblings.waiting -= 1
    if order.iceberg:
        siblings.icebergs -= 1
    if order.order_list is not None:
        state.chosen.append(order)
    if order.earned:
        loans.repay_at_most(state, order.account, order.receives_in.asset, order.earned)
    kept = order.status is FILLED and order.price > 0
    # A liquidation nets what is owed by its own rules.
    if order.loan and order.spec.auto_repay_at_cancel and not kept and order.account.liquidation is None:
        unused = min(order.loan, order.funds - order.spent())
        loans.repay_at_most(state, order.account, order.pays_with.asset, unused)
