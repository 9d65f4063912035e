"""The state as bytes and back: what snapshots keep and state hashes are taken of.

Canonical: the same state gives the same bytes, whichever way it was reached.
"""

from __future__ import annotations

from bisect import insort
from hashlib import blake2b

import msgspec

from openmargin.domain.enums import Side
from openmargin.domain.money import Atoms
from openmargin.engine import asks, books, debts, house, index_scripts, restrictions, setup, triggers
from openmargin.engine.dump_shapes import (
    AccountDump,
    BookDump,
    IndexScriptDump,
    LiquidationDump,
    ListDump,
    OrderDump,
    Queue,
    StateDump,
    StopsDump,
    TradingAccountDump,
    TrailingDump,
)
from openmargin.engine.feed_state import IndexScript
from openmargin.engine.lending_state import Pool, Rates
from openmargin.engine.liquidation_state import Fund, Liquidation, PendingRepayment
from openmargin.engine.state import (
    Account,
    Book,
    BookSide,
    Debt,
    Level,
    MinuteVolume,
    Order,
    OrderCount,
    OrderList,
    State,
    Stops,
    TradingAccount,
    TrailingGroup,
    TrailingSide,
)


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
            state.next_list_id,
            [_dump_account(account) for account in state.accounts.values()],
            list(state.keys.values()),
            [_dump_book(book) for book in state.books.values()],
            [_dump_list(order_list) for order_list in state.lists.values()],
            [(pool.asset, pool.capital, pool.interest_received) for pool in state.pools.values()],
            [(rates.asset, rates.daily, rates.next, rates.next_from_ms) for rates in state.rates.values()],
            list(state.debtors),
            sorted(state.delisted.items()),
            state.delisting,
            state.delisting_from,
            state.agenda,
            state.accruals_left,
            state.requotes_left,
            state.woken,
            [_dump_liquidation(liquidation) for liquidation in state.liquidations.values()],
            state.next_liquidation_id,
            [(fund.asset, fund.received, fund.paid) for fund in state.funds.values()],
            list(state.listen_keys.by_nonce.values()),
            [_dump_script(script) for script in state.feeds.scripts.values()],
            state.feeds.next_script_id,
            state.feeds.stopped,
            state.repayment_delay_ms,
            [
                (one.due_ms, one.repay_id, one.account_id, one.asset, one.amount, one.began_ms)
                for one in state.repayments
            ],
            state.feeds.lagging,
        )
    )


def _dump_script(script: IndexScript) -> IndexScriptDump:
    return IndexScriptDump(
        script.script_id,
        script.symbol,
        script.assets,
        script.stages,
        script.stage,
        script.stage_began_ms,
        script.moves_done,
        script.starts,
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
        account.burns_bnb_for_commission,
        account.burns_bnb_for_interest,
        account.in_special_mode,
        account.left_special_mode_ms,
        account.exchanged_small_ms,
        account.liquidation_loan,
        account.liquidation_loan_repaid,
        [_dump_trading(trading) for trading in account.trading.values()],
    )


def _dump_trading(trading: TradingAccount) -> TradingAccountDump:
    return TradingAccountDump(
        trading.scope,
        [
            (wallet.asset, wallet.free, wallet.locked, wallet.changed_at_ms)
            for wallet in trading.wallets.values()
        ],
        [(debt.asset, debt.principal, debt.interest) for debt in trading.debts.values()],
        # By symbol: a load knows only the symbols with orders, not in which order they were first used.
        [
            _dump_order(order)
            for symbol in sorted(trading.open_orders)
            for order in trading.open_orders[symbol].by_id.values()
        ],
        [(count.interval_ms, count.window_ms, count.count) for count in trading.order_counts],
        trading.is_open,
        trading.closed_at_ms,
        trading.status,
        trading.called_at_ms,
    )


def _dump_liquidation(liquidation: Liquidation) -> LiquidationDump:
    return LiquidationDump(
        liquidation.liquidation_id,
        liquidation.kind,
        liquidation.account_id,
        liquidation.scope,
        liquidation.due_ms,
        list(liquidation.snapshot.items()),
        list(liquidation.aside.items()),
        liquidation.tries,
        liquidation.order_symbol,
        liquidation.order_id,
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
        order.hidden,
        order.prevented,
        order.working_at_ms,
        order.reserve_price,
        order.is_paired,
        order.handed_over,
        order.earned,
        order.prevented_match_id,
        order.trailing_at_ms,
        order.amendments,
    )


def _dump_book(book: Book) -> BookDump:
    return BookDump(
        book.symbol,
        _dump_side(book.bids) + _dump_side(book.asks),
        book.next_order_id,
        book.next_trade_id,
        book.next_prevented_match_id,
        book.next_amendment_id,
        book.last_price,
        [(volume.minute, volume.quantity, volume.quote_quantity) for volume in book.minutes],
        book.index_price,
        book.index_at_ms,
        book.is_tape_due,
        book.quoted_index,
        book.quotes_left,
        _dump_stops(book.stops),
        book.last_trade_ms,
        book.aggregate_id,
        book.update_id,
        book.tape_quantity,
        book.tape_side,
        book.seen_index,
        book.seen_mark,
    )


def _dump_stops(stops: Stops) -> StopsDump:
    return StopsDump(
        _dump_queues(stops.rising),
        _dump_queues(stops.falling),
        _dump_queues(stops.starting_up),
        _dump_queues(stops.starting_down),
        _dump_trailing(stops.trailing_sells),
        _dump_trailing(stops.trailing_buys),
        [(level.price, _ids(level)) for level in stops.woken],
    )


def _dump_trailing(side: TrailingSide) -> TrailingDump:
    return TrailingDump(
        [(group.extreme, group.size, _dump_queues(group.by_delta)) for group in side.groups],
        side.starting.size,
        _dump_queues(side.starting.by_delta),
    )


def _dump_queues(side: BookSide) -> list[Queue]:
    return [(side.sign * rank, _ids(side.levels[side.sign * rank])) for rank in side.ranks]


def _ids(level: Level) -> list[int]:
    found: list[int] = []
    order = level.first
    while order is not None:
        found.append(order.order_id)
        order = order.later
    return found


def _dump_list(order_list: OrderList) -> ListDump:
    return ListDump(
        order_list.list_id,
        order_list.symbol,
        order_list.account.account_id,
        order_list.account.scope,
        order_list.contingency,
        order_list.client_list_id,
        order_list.placed_at_ms,
        order_list.updated_at_ms,
        order_list.phase,
        [leg.order_id if leg.siblings is not None else 0 for leg in order_list.legs],
        [_dump_order(leg) if leg.siblings is None else None for leg in order_list.legs],
        order_list.held,
        order_list.loan,
        order_list.loan_asset,
        order_list.funds,
        order_list.auto_repay,
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
    state.next_list_id = kept.next_list_id
    setup.adopt_venue(state, kept.venue)
    # In the order in which the books were opened, which a changed venue need not follow.
    state.books = {book.symbol: state.books[book.symbol] for book in kept.books}
    for account in kept.accounts:
        _load_account(state, account)
    for key in kept.keys:
        state.keys[key.api_key] = key
        state.accounts[key.account_id].keys[key.api_key] = key
    for book in kept.books:
        _load_book(state, book)
    for order_list in kept.lists:
        _load_list(state, order_list)
    for asset, capital, received in kept.pools:
        pool = Pool(asset, capital)
        pool.interest_received = received
        state.pools[asset] = pool
    for asset, daily, following, following_from_ms in kept.rates:
        rates = Rates(asset, daily)
        rates.next = following
        rates.next_from_ms = following_from_ms
        state.rates[asset] = rates
    for account_id, scope in kept.debtors:
        debtor = state.accounts[account_id].trading[scope]
        state.debtors[account_id, scope] = debtor
        for wallet in debtor.wallets.values():
            debts.watch(state, debtor, wallet)
        for asset in debtor.debts:
            debts.expose(state, debtor, asset)
    for liquidation in kept.liquidations:
        _load_liquidation(state, liquidation)
    state.next_liquidation_id = kept.next_liquidation_id
    for asset, received, paid in kept.funds:
        fund = Fund(asset)
        fund.received = received
        fund.paid = paid
        state.funds[asset] = fund
    for listen_key in kept.listen_keys:
        state.listen_keys.by_nonce[listen_key.nonce] = listen_key
        owner = (listen_key.account_id, listen_key.scope, listen_key.stream)
        state.listen_keys.by_owner[owner] = listen_key.nonce
    state.delisted = dict(kept.delisted)
    state.delisting = kept.delisting
    state.delisting_from = kept.delisting_from
    state.agenda = kept.agenda
    state.accruals_left = kept.accruals_left
    state.requotes_left = kept.requotes_left
    state.woken = kept.woken
    state.feeds.next_script_id = kept.next_script_id
    state.feeds.stopped = kept.stopped_feeds
    state.feeds.lagging = kept.lagging_quotes
    for script in kept.index_scripts:
        _load_script(state, script)
    state.repayment_delay_ms = kept.repayment_delay_ms
    for repayment in kept.repayments:
        state.repayments.append(PendingRepayment(*repayment))
    setup.derive(state)
    for known in state.books.values():
        if known.seen_mark < 0:  # A snapshot from before it was kept.
            known.seen_mark = state.marks.get(known.rules.quote, 0)
    restrictions.count(state)
    return state


def _load_script(state: State, kept: IndexScriptDump) -> None:
    script = IndexScript(kept.script_id, kept.symbol, kept.assets, kept.stages)
    script.stage = kept.stage
    script.stage_began_ms = kept.stage_began_ms
    script.moves_done = kept.moves_done
    script.starts = kept.starts
    state.feeds.scripts[kept.script_id] = script
    index_scripts.adopt(state, script)


def _load_account(state: State, kept: AccountDump) -> None:
    account = Account(
        kept.account_id, kept.name, kept.vip, kept.account_type, kept.master_id, kept.created_at_ms
    )
    account.terms_signed = kept.terms_signed
    account.trade_group_id = kept.trade_group_id
    account.cross_leverage = kept.cross_leverage
    account.burns_bnb_for_commission = kept.burns_bnb_for_commission
    account.burns_bnb_for_interest = kept.burns_bnb_for_interest
    account.in_special_mode = kept.in_special_mode
    account.left_special_mode_ms = kept.left_special_mode_ms
    account.exchanged_small_ms = kept.exchanged_small_ms
    account.liquidation_loan = kept.liquidation_loan
    account.liquidation_loan_repaid = kept.liquidation_loan_repaid
    state.accounts[kept.account_id] = account
    for trading in kept.trading:
        account.trading[trading.scope] = _load_trading(state, account, trading)


def _load_trading(state: State, account: Account, kept: TradingAccountDump) -> TradingAccount:
    trading = TradingAccount(account, kept.scope)
    for asset, free, locked, changed_at_ms in kept.wallets:
        wallet = trading.wallet(asset)
        wallet.free = free
        wallet.locked = locked
        wallet.changed_at_ms = changed_at_ms
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
    trading.is_open = kept.is_open
    trading.closed_at_ms = kept.closed_at_ms
    trading.status = kept.status
    trading.called_at_ms = kept.called_at_ms
    return trading


def _load_liquidation(state: State, kept: LiquidationDump) -> None:
    liquidation = Liquidation(kept.liquidation_id, kept.kind, kept.account_id, kept.scope, kept.due_ms)
    liquidation.snapshot = dict(kept.snapshot)
    liquidation.aside = dict(kept.aside)
    liquidation.tries = kept.tries
    liquidation.order_symbol = kept.order_symbol
    liquidation.order_id = kept.order_id
    state.liquidations[kept.liquidation_id] = liquidation
    insort(state.liquidations_due, (kept.due_ms, kept.liquidation_id))
    state.accounts[kept.account_id].trading[kept.scope].liquidation = liquidation


def _load_order(state: State, trading: TradingAccount, kept: OrderDump) -> None:
    order = asks.enlist(state.books[kept.spec.symbol], trading, kept.spec)
    _set_progress(order, kept)
    if order.sign > 0:
        trading.orders_in(kept.spec.symbol).buying += kept.remaining - kept.spec.quantity


def _set_progress(order: Order, kept: OrderDump) -> None:
    order.status = kept.status
    order.remaining = kept.remaining
    order.executed = kept.executed
    order.executed_quote = kept.executed_quote
    order.updated_at_ms = kept.updated_at_ms
    order.held = kept.held
    order.loan = kept.loan
    order.funds = kept.funds
    order.hidden = kept.hidden
    order.prevented = kept.prevented
    order.working_at_ms = kept.working_at_ms
    order.reserve_price = kept.reserve_price
    order.is_paired = kept.is_paired
    order.handed_over = kept.handed_over
    order.earned = kept.earned
    order.prevented_match_id = kept.prevented_match_id
    order.trailing_at_ms = kept.trailing_at_ms
    order.amendments = kept.amendments


def _load_book(state: State, kept: BookDump) -> None:
    book = state.books[kept.symbol]
    book.next_order_id = kept.next_order_id
    book.next_trade_id = kept.next_trade_id
    book.next_prevented_match_id = kept.next_prevented_match_id
    book.next_amendment_id = kept.next_amendment_id
    book.last_price = kept.last_price
    book.index_price = kept.index_price
    book.index_at_ms = kept.index_at_ms
    book.is_tape_due = kept.is_tape_due
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
            books.join(book.side(sign), order, price)
            book.resting += 1 if order_id else 0
    _load_stops(book, kept.stops)
    book.last_trade_ms = kept.last_trade_ms
    book.aggregate_id = kept.aggregate_id
    book.update_id = kept.update_id
    book.tape_quantity = kept.tape_quantity
    book.tape_side = kept.tape_side
    book.seen_index = kept.seen_index or kept.index_price
    book.seen_mark = kept.seen_mark


def _load_stops(book: Book, kept: StopsDump) -> None:
    stops = book.stops
    _load_queues(book, stops.rising, kept.rising)
    _load_queues(book, stops.falling, kept.falling)
    _load_queues(book, stops.starting_up, kept.starting_up)
    _load_queues(book, stops.starting_down, kept.starting_down)
    _load_trailing(book, stops.trailing_sells, kept.sells)
    _load_trailing(book, stops.trailing_buys, kept.buys)
    for key, ids in kept.woken:
        side = BookSide(Side.SELL)
        _load_queues(book, side, [(key, ids)])
        if ids:
            stops.woken.append(side.levels[key])
            books.drop(side, side.levels[key])


def _load_trailing(book: Book, side: TrailingSide, kept: TrailingDump) -> None:
    for extreme, size, queues in kept.groups:
        group = TrailingGroup(extreme)
        _load_queues(book, group.by_delta, queues)
        group.size = size
        triggers.stack(side, group)
    _load_queues(book, side.starting.by_delta, kept.starting)
    side.starting.size = kept.starting_size


def _load_queues(book: Book, side: BookSide, queues: list[Queue]) -> None:
    for key, ids in queues:
        for order_id in ids:
            books.join(side, book.orders[order_id], key)


def _load_list(state: State, kept: ListDump) -> None:
    trading = state.accounts[kept.account_id].trading[kept.scope]
    order_list = OrderList(
        kept.list_id, kept.symbol, trading, kept.contingency, kept.client_list_id, kept.placed_at_ms
    )
    order_list.updated_at_ms = kept.updated_at_ms
    order_list.phase = kept.phase
    order_list.held = kept.held
    order_list.loan = kept.loan
    order_list.loan_asset = kept.loan_asset
    order_list.funds = kept.funds
    order_list.auto_repay = kept.auto_repay
    book = state.books[kept.symbol]
    for order_id, ended in zip(kept.open_legs, kept.ended_legs, strict=True):
        if ended is None:
            order = book.orders[order_id]
            order.order_list = order_list
        else:
            order = _ended(book, trading, ended)
        order_list.legs.append(order)
    state.lists[kept.list_id] = order_list
    trading.orders_in(kept.symbol).lists[kept.client_list_id] = order_list


def _ended(book: Book, trading: TradingAccount, kept: OrderDump) -> Order:
    """An order that has ended and that its list still tells of."""
    base, quote = trading.wallet(book.rules.base), trading.wallet(book.rules.quote)
    paid, received = (quote, base) if kept.spec.side > 0 else (base, quote)
    order = Order(kept.spec, trading, paid, received)
    _set_progress(order, kept)
    return order
