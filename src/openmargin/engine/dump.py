"""The state as bytes and back: what snapshots keep and state hashes are taken of.

Canonical: the same state gives the same bytes, whichever way it was reached.
"""

from __future__ import annotations

from hashlib import blake2b

import msgspec
from msgspec import Struct

from openmargin.domain.enums import AccountType, OrderStatus
from openmargin.domain.ids import Scope
from openmargin.domain.money import Atoms
from openmargin.domain.orders import OrderSpec
from openmargin.domain.venue import Venue
from openmargin.domain.views import KeyView
from openmargin.engine import books, house, orders, setup
from openmargin.engine.state import (
    Account,
    Book,
    BookSide,
    Debt,
    MinuteVolume,
    Order,
    OrderCount,
    Pool,
    State,
    TradingAccount,
)


class OrderDump(Struct, array_like=True):
    spec: OrderSpec
    status: OrderStatus
    remaining: Atoms
    executed: Atoms
    executed_quote: Atoms
    updated_at_ms: int
    held: Atoms
    loan: Atoms
    funds: Atoms


class TradingAccountDump(Struct, array_like=True):
    scope: Scope
    wallets: list[tuple[str, Atoms, Atoms]]
    debts: list[tuple[str, Atoms, Atoms]]
    orders: list[OrderDump]
    order_counts: list[tuple[int, int, int]]


class AccountDump(Struct, array_like=True):
    account_id: int
    name: str
    vip: int
    account_type: AccountType
    master_id: int
    created_at_ms: int
    terms_signed: bool
    trade_group_id: int
    cross_leverage: int
    trading: list[TradingAccountDump]


class BookDump(Struct, array_like=True):
    symbol: str
    queues: list[tuple[int, int, list[tuple[int, Atoms]]]]
    """(sign, price, queue), each place in a queue as (order id, remaining), where id 0 is the house."""
    next_order_id: int
    next_trade_id: int
    last_price: int
    minutes: list[tuple[int, Atoms, Atoms]]
    index_price: int
    index_at_ms: int
    quoted_index: int
    quotes_left: list[tuple[int, int, Atoms]]


class StateDump(Struct, array_like=True):
    venue: Venue
    seed: int
    epoch: int
    seq: int
    at_ms: int
    walk_step: int
    next_transaction_id: int
    next_key_serial: int
    accounts: list[AccountDump]
    keys: list[KeyView]
    books: list[BookDump]
    pools: list[tuple[str, Atoms, Atoms]]
    debtors: list[tuple[int, Scope]]
    agenda: list[tuple[int, int]]
    accruals_left: list[tuple[int, Scope]]
    requotes_left: list[str]


def state_hash(data: bytes) -> str:
    """The name of a dumped state."""
    return blake2b(data, digest_size=16).hexdigest()


def dump(state: State) -> bytes:
    """The whole state as bytes."""
    return msgspec.msgpack.encode(
        StateDump(
            state.venue,
            state.seed,
            state.epoch,
            state.seq,
            state.at_ms,
            state.walk_step,
            state.next_transaction_id,
            state.next_key_serial,
            [_dump_account(account) for account in state.accounts.values()],
            list(state.keys.values()),
            [_dump_book(book) for book in state.books.values()],
            [(pool.asset, pool.capital, pool.interest_received) for pool in state.pools.values()],
            list(state.debtors),
            sorted(state.agenda),
            state.accruals_left,
            state.requotes_left,
        )
    )


def _dump_account(account: Account) -> AccountDump:
    return AccountDump(
        account.account_id,
        account.name,
        account.vip,
        account.account_type,
        account.master_id,
        account.created_at_ms,
        account.terms_signed,
        account.trade_group_id,
        account.cross_leverage,
        [_dump_trading(trading) for trading in account.trading.values()],
    )


def _dump_trading(trading: TradingAccount) -> TradingAccountDump:
    return TradingAccountDump(
        trading.scope,
        [(wallet.asset, wallet.free, wallet.locked) for wallet in trading.wallets.values()],
        [(debt.asset, debt.principal, debt.interest) for debt in trading.debts.values()],
        # By symbol: a load knows only the symbols with orders, not in which order they were first used.
        [
            _dump_order(order)
            for symbol in sorted(trading.open_orders)
            for order in trading.open_orders[symbol].by_id.values()
        ],
        [(count.interval_ms, count.window_ms, count.count) for count in trading.order_counts],
    )


def _dump_order(order: Order) -> OrderDump:
    return OrderDump(
        order.spec,
        order.status,
        order.remaining,
        order.executed,
        order.executed_quote,
        order.updated_at_ms,
        order.held,
        order.loan,
        order.funds,
    )


def _dump_book(book: Book) -> BookDump:
    return BookDump(
        book.symbol,
        _dump_side(book.bids) + _dump_side(book.asks),
        book.next_order_id,
        book.next_trade_id,
        book.last_price,
        [(volume.minute, volume.quantity, volume.quote_quantity) for volume in book.minutes],
        book.index_price,
        book.index_at_ms,
        book.quoted_index,
        book.quotes_left,
    )


def _dump_side(side: BookSide) -> list[tuple[int, int, list[tuple[int, Atoms]]]]:
    queues: list[tuple[int, int, list[tuple[int, Atoms]]]] = []
    for rank in side.ranks:
        price = side.sign * rank
        queue: list[tuple[int, Atoms]] = []
        order = side.levels[price].first
        while order is not None:
            queue.append((order.order_id, order.remaining))
            order = order.later
        queues.append((side.sign, price, queue))
    return queues


def load(data: bytes) -> State:
    """The state that `dump` wrote."""
    kept = msgspec.msgpack.decode(data, type=StateDump)
    state = State(kept.venue, kept.seed, kept.epoch)
    state.seq = kept.seq
    state.at_ms = kept.at_ms
    state.walk_step = kept.walk_step
    state.next_transaction_id = kept.next_transaction_id
    state.next_key_serial = kept.next_key_serial
    setup.adopt_venue(state, kept.venue)
    # In the order in which the books were opened, which a changed venue need not follow.
    state.books = {book.symbol: state.books[book.symbol] for book in kept.books}
    for account in kept.accounts:
        _load_account(state, account)
    for key in kept.keys:
        state.keys[key.api_key] = key
    for book in kept.books:
        _load_book(state, book)
    for asset, capital, received in kept.pools:
        pool = Pool(asset, capital)
        pool.interest_received = received
        state.pools[asset] = pool
    for account_id, scope in kept.debtors:
        state.debtors[account_id, scope] = state.accounts[account_id].trading[scope]
    state.agenda = kept.agenda
    state.accruals_left = kept.accruals_left
    state.requotes_left = kept.requotes_left
    setup.derive(state)
    return state


def _load_account(state: State, kept: AccountDump) -> None:
    account = Account(
        kept.account_id, kept.name, kept.vip, kept.account_type, kept.master_id, kept.created_at_ms
    )
    account.terms_signed = kept.terms_signed
    account.trade_group_id = kept.trade_group_id
    account.cross_leverage = kept.cross_leverage
    state.accounts[kept.account_id] = account
    for trading in kept.trading:
        account.trading[trading.scope] = _load_trading(state, account, trading)


def _load_trading(state: State, account: Account, kept: TradingAccountDump) -> TradingAccount:
    trading = TradingAccount(account, kept.scope)
    for asset, free, locked in kept.wallets:
        wallet = trading.wallet(asset)
        wallet.free = free
        wallet.locked = locked
    for asset, principal, interest in kept.debts:
        debt = Debt(asset)
        debt.principal = principal
        debt.interest = interest
        trading.debts[asset] = debt
    for open_order in kept.orders:
        _load_order(state, trading, open_order)
    counts: list[OrderCount] = []
    for interval_ms, window_ms, number in kept.order_counts:
        count = OrderCount(interval_ms)
        count.window_ms = window_ms
        count.count = number
        counts.append(count)
    trading.order_counts = counts
    return trading


def _load_order(state: State, trading: TradingAccount, kept: OrderDump) -> None:
    book = state.books[kept.spec.symbol]
    order = orders.enlist(book, trading, kept.spec)
    order.status = kept.status
    order.remaining = kept.remaining
    order.executed = kept.executed
    order.executed_quote = kept.executed_quote
    order.updated_at_ms = kept.updated_at_ms
    order.held = kept.held
    order.loan = kept.loan
    order.funds = kept.funds
    if order.sign > 0:
        trading.orders_in(book.symbol).buying -= order.executed
    book.orders[order.order_id] = order


def _load_book(state: State, kept: BookDump) -> None:
    book = state.books[kept.symbol]
    book.next_order_id = kept.next_order_id
    book.next_trade_id = kept.next_trade_id
    book.last_price = kept.last_price
    book.index_price = kept.index_price
    book.index_at_ms = kept.index_at_ms
    book.quoted_index = kept.quoted_index
    book.quotes_left = kept.quotes_left
    for minute, quantity, quote_quantity in kept.minutes:
        volume = MinuteVolume(minute)
        volume.quantity = quantity
        volume.quote_quantity = quote_quantity
        book.minutes.append(volume)
    for sign, price, queue in kept.queues:
        for order_id, remaining in queue:
            order = book.orders[order_id] if order_id else house.quote(state, book, sign, price, remaining)
            books.rest(book, order)
