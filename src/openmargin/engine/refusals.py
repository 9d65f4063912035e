"""Why a command was refused: the numbers of the check that it failed, as they stood right after it.

A refused command changes nothing, so the functions that decided give the same numbers again.
Never: decides; a reason without numbers of its own says all there is.
"""

from __future__ import annotations

from openmargin.domain.commands import (
    AmendOrder,
    AnyCommand,
    Borrow,
    CancelAllOrders,
    CancelOrder,
    CancelOrderList,
    CancelReplace,
    CloseIsolated,
    Deposit,
    OpenIsolated,
    PlaceOrder,
    PlaceOrderList,
    Record,
    Repay,
    Signed,
    Transfer,
    Withdraw,
)
from openmargin.domain.enums import Contingency
from openmargin.domain.explained import Figure, RefusalExplained
from openmargin.domain.ids import SPOT, Scope
from openmargin.domain.money import Atoms, notional
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine import (
    accounts,
    asks,
    filters,
    loans,
    open_loss,
    order_counts,
    order_lists,
    orders,
    risk,
    tape,
)
from openmargin.engine.state import Book, OpenOrders, Order, State, TradingAccount


def explain(state: State, record: Record, rejected: Rejected) -> RefusalExplained:
    """The refusal of the record that was applied last."""
    command = record.command
    account_id, scope, subject, client_order_id = _names(command)
    account = accounts.trading(state, account_id, scope) if scope else None
    return RefusalExplained(
        record.seq,
        record.at_ms,
        account_id,
        scope,
        type(command).__name__,
        subject,
        client_order_id,
        rejected.reason,
        rejected.detail,
        tuple(_figures(state, account, command, rejected.reason) if account is not None else []),
    )


def _names(command: AnyCommand) -> tuple[int, Scope, str, str]:
    """Account, wallets, symbol or asset, and client id; empty where a command has none."""
    if isinstance(command, PlaceOrder | CancelOrder | AmendOrder):
        return command.account_id, command.scope, command.symbol, command.client_order_id
    if isinstance(command, CancelReplace):
        return _names(command.order)
    if isinstance(command, PlaceOrderList | CancelOrderList):
        return command.account_id, command.scope, command.symbol, command.client_list_id
    if isinstance(command, CancelAllOrders):
        return command.account_id, command.scope, command.symbol, ""
    if isinstance(command, Borrow | Repay | Deposit | Withdraw):
        return command.account_id, command.scope, command.asset, ""
    if isinstance(command, Transfer):
        return command.account_id, command.source, command.asset, ""
    if isinstance(command, OpenIsolated | CloseIsolated):
        return command.account_id, command.symbol, command.symbol, ""
    if isinstance(command, Signed):
        return command.account_id, "", "", ""
    return 0, "", "", ""


def _figures(state: State, account: TradingAccount, command: AnyCommand, reason: Reason) -> list[Figure]:
    if isinstance(command, CancelReplace):
        return _figures(state, account, command.order, reason)
    if isinstance(
        command, PlaceOrder | PlaceOrderList | CancelOrder | CancelOrderList | CancelAllOrders | AmendOrder
    ):
        book = state.books.get(command.symbol)
        if book is None:
            return []
        if isinstance(command, PlaceOrder):
            return _of_order(state, account, book, command, reason)
        if isinstance(command, PlaceOrderList):
            return _of_list(state, account, book, command, reason)
        return _of_open(state, account, book, command, reason)
    if isinstance(command, Borrow):
        return _of_loan(state, account, command.asset, command.amount, reason)
    if isinstance(command, Repay):
        return _of_repayment(state, account, command.asset, command.amount, reason)
    if isinstance(command, Transfer | Withdraw):
        return _of_leaving(state, account, command.asset, command.amount, reason)
    return []


def _of_order(
    state: State, account: TradingAccount, book: Book, command: PlaceOrder, reason: Reason
) -> list[Figure]:
    ask = asks.ask_for(command)
    asks.meet(book, account, ask, command.self_trade_prevention)
    found = _of_ask(state, account, book, ask, reason)
    if found:
        return found
    if reason is Reason.TOO_MANY_ORDERS:
        return _of_count(state, account, 1)
    funds = orders.funding(state, account, book, ask, command.side_effect)
    if reason is Reason.INSUFFICIENT_BALANCE:
        return [Figure(f"needed {funds.asset}", funds.needed), Figure(f"free {funds.asset}", funds.free)]
    if reason is Reason.ORDER_LEVEL_TOO_LOW:
        loss = open_loss.of_new(state, book, account, ask, funds.needed)
        return _of_level(state, account, loss, funds.asset, funds.loan)
    if funds.loan:
        return [
            Figure(f"needed {funds.asset}", funds.needed),
            Figure(f"free {funds.asset}", funds.free),
            *_of_loan(state, account, funds.asset, funds.loan, reason),
        ]
    return []


def _of_level(state: State, account: TradingAccount, loss: int, asset: str, loan: Atoms) -> list[Figure]:
    spare = open_loss.spare(state, account, loss, asset, loan)
    return [
        Figure("assets", spare.assets, 16),
        Figure("liabilities", spare.liabilities, 16),
        Figure("liquidation level", spare.bar),
        Figure("loss of this order", loss, 24),
        Figure("left: assets - loss - level * liabilities", spare.left, 24),
        Figure("loss of open orders, which must be less", open_loss.of(state, account), 24),
    ]


def _of_count(state: State, account: TradingAccount, more: int) -> list[Figure]:
    """The window that has no room for so many more orders."""
    full = order_counts.full_window(state, account, more)
    if full < 0:
        return []
    count = account.order_counts[full]
    return [
        Figure("unfilled", order_counts.current(count, state.at_ms), 0),
        Figure("more", more, 0),
        Figure("most", state.order_limits[full], 0),
        Figure("window in milliseconds", count.interval_ms, 0),
    ]


def _of_ask(state: State, account: TradingAccount, book: Book, ask: asks.Ask, reason: Reason) -> list[Figure]:
    """What one order broke by itself, funds and counts apart."""
    rules = book.rules
    found = _of_filter(state, account, book, ask, reason)
    if found:
        return found
    if reason is Reason.LIMIT_PRICE_FAR_FROM_INDEX:
        limit = state.venue.margin.price_limit
        return [
            Figure("price", ask.price),
            Figure("index", book.index_price),
            Figure("furthest share", limit),
        ]
    if reason is Reason.WOULD_TRIGGER:
        return [Figure("stop price", ask.stop_price), Figure("last price", book.last_price)]
    if reason is Reason.WOULD_TAKE:
        return [Figure("price", ask.price), Figure("met at", ask.matches[0].price if ask.matches else 0)]
    if reason is Reason.COLLATERAL_CAP:
        return [
            Figure("quantity", ask.quantity),
            Figure("held by all cross accounts", state.cross_held.get(rules.base, 0)),
            Figure("cap", state.assets[rules.base].max_collateral),
        ]
    return []


def _of_filter(
    state: State, account: TradingAccount, book: Book, ask: asks.Ask, reason: Reason
) -> list[Figure]:
    rules = book.rules
    if reason is Reason.PRICE_FILTER:
        return [
            Figure("price", ask.price),
            Figure("stop price", ask.stop_price),
            Figure("minPrice", rules.min_price),
            Figure("maxPrice", rules.max_price),
            Figure("tickSize", rules.tick_size),
        ]
    if reason is Reason.PERCENT_PRICE:
        average = tape.average_price(book, state.at_ms)
        lowest, highest = book.bid_floor, book.bid_ceiling
        if ask.sign < 0:
            lowest, highest = book.ask_floor, book.ask_ceiling
        return [
            Figure("price", ask.price),
            Figure("average price", average),
            Figure("lowest", lowest),
            Figure("highest", highest),
        ]
    if reason is Reason.LOT_SIZE:
        return [
            Figure("quantity", ask.quantity),
            Figure("icebergQty", ask.iceberg),
            Figure("minQty", rules.min_quantity),
            Figure("maxQty", rules.max_quantity),
            Figure("stepSize", rules.step_size),
        ]
    if reason is Reason.MARKET_LOT_SIZE:
        return [
            Figure("quantity", ask.quantity),
            Figure("minQty", rules.market_min_quantity),
            Figure("maxQty", rules.market_max_quantity),
            Figure("stepSize", rules.market_step_size),
        ]
    if reason is Reason.NOTIONAL:
        price = ask.price or ask.stop_price or tape.average_price(book, state.at_ms)
        return [
            Figure("quantity", ask.quantity),
            Figure("price", price),
            Figure("notional", notional(ask.quantity, price)),
            Figure("minNotional", rules.min_notional),
            Figure("maxNotional", rules.max_notional),
        ]
    return _of_number(account, book, ask, reason)


def _of_number(account: TradingAccount, book: Book, ask: asks.Ask, reason: Reason) -> list[Figure]:
    """The filters that count."""
    rules = book.rules
    open_orders = account.open_orders.get(book.symbol)
    if reason is Reason.MAX_NUM_ORDERS and open_orders is not None:
        return [Figure("open", len(open_orders.by_id), 0), Figure("most", rules.max_num_orders, 0)]
    if reason is Reason.MAX_NUM_ALGO_ORDERS and open_orders is not None:
        return [Figure("waiting", open_orders.waiting, 0), Figure("most", rules.max_num_algo_orders, 0)]
    if reason is Reason.MAX_NUM_ICEBERG_ORDERS and open_orders is not None:
        return [Figure("icebergs", open_orders.icebergs, 0), Figure("most", rules.max_num_iceberg_orders, 0)]
    if reason is Reason.MAX_POSITION:
        wallet = account.wallets.get(rules.base)
        return [
            Figure("held", wallet.free + wallet.locked if wallet is not None else 0),
            Figure("buying", open_orders.buying if open_orders is not None else 0),
            Figure("quantity", ask.quantity),
            Figure("most", rules.max_position),
        ]
    if reason is Reason.TRAILING_DELTA:
        return [
            Figure("trailingDelta", ask.trailing_delta, 0),
            Figure("above: at least", rules.min_trailing_above_delta, 0),
            Figure("above: at most", rules.max_trailing_above_delta, 0),
            Figure("below: at least", rules.min_trailing_below_delta, 0),
            Figure("below: at most", rules.max_trailing_below_delta, 0),
        ]
    if reason is Reason.ICEBERG_PARTS or reason is Reason.ICEBERG_ABOVE_QUANTITY:
        return [
            Figure("quantity", ask.quantity),
            Figure("icebergQty", ask.iceberg),
            Figure("parts at most", rules.iceberg_parts, 0),
        ]
    return []


def _of_list(
    state: State, account: TradingAccount, book: Book, command: PlaceOrderList, reason: Reason
) -> list[Figure]:
    wanted = order_lists.asked(command)
    if reason is Reason.LIST_PRICES_WRONG:
        return _of_pair(book, command)
    if reason is Reason.TOO_MANY_ORDERS:
        return _of_count(state, account, len(wanted))
    open_orders = account.open_orders.get(book.symbol) or OpenOrders()
    found = _of_room(book, open_orders, wanted, reason) or _of_leg(
        state, account, book, command, wanted, reason
    )
    if found or len(wanted) != order_lists.LEGS[command.contingency]:
        return found
    short = _short(account, order_lists.funds_of(state, book, command))
    funds = [
        Figure(f"{word} {asset}", amount)
        for asset, needed, free in short
        for word, amount in (("needed", needed), ("free", free))
    ]
    if reason is Reason.INSUFFICIENT_BALANCE:
        return funds
    loan, asset = 0, ""
    if short and asks.borrows(command.side_effect):
        asset, needed, free = short[0]
        loan = max(needed - free, state.assets[asset].min_borrow)
    if reason is Reason.ORDER_LEVEL_TOO_LOW:
        return _of_level(state, account, order_lists.loss_of(state, book, account, command), asset, loan)
    of_loan = _of_loan(state, account, asset, loan, reason) if loan else []
    return [*funds, *of_loan] if of_loan else []


def _of_pair(book: Book, command: PlaceOrderList) -> list[Figure]:
    """Where the orders of a pair stand; 0 for a price that one has not."""
    above, below = command.legs[-2], command.legs[-1]
    return [
        Figure("above: price", above.price),
        Figure("above: stop price", above.stop_price),
        Figure("below: price", below.price),
        Figure("below: stop price", below.stop_price),
        Figure("last price", book.last_price),
    ]


def _of_room(book: Book, open_orders: OpenOrders, wanted: list[asks.Ask], reason: Reason) -> list[Figure]:
    """The filters that count, for all orders of a list together."""
    rules = book.rules
    if reason is Reason.MAX_NUM_ORDER_LISTS:
        return [
            Figure("open lists", len(open_orders.lists), 0),
            Figure("most", rules.max_num_order_lists, 0),
        ]
    if reason is Reason.MAX_NUM_ORDERS:
        name, count, more, most = "open", len(open_orders.by_id), len(wanted), rules.max_num_orders
    elif reason is Reason.MAX_NUM_ALGO_ORDERS:
        more = sum(ask.row.waits for ask in wanted)
        name, count, most = "waiting", open_orders.waiting, rules.max_num_algo_orders
    elif reason is Reason.MAX_NUM_ICEBERG_ORDERS:
        more = sum(ask.iceberg != 0 for ask in wanted)
        name, count, most = "icebergs", open_orders.icebergs, rules.max_num_iceberg_orders
    else:
        return []
    return [Figure(name, count, 0), Figure("more", more, 0), Figure("most", most, 0)]


def _of_leg(
    state: State,
    account: TradingAccount,
    book: Book,
    command: PlaceOrderList,
    wanted: list[asks.Ask],
    reason: Reason,
) -> list[Figure]:
    """The first order of a list that is refused for that reason, by its number from 1, and what it broke."""
    for number, ask in enumerate(wanted, start=1):
        if number == 1 or command.contingency is Contingency.OCO:
            asks.meet(book, account, ask, command.self_trade_prevention)
        refused = asks.refuse(state, book, account, ask) or asks.refuse_now(book, ask)
        if refused is not None and refused.reason is reason:
            return [Figure("order", number, 0), *_of_ask(state, account, book, ask, reason)]
    return []


def _short(account: TradingAccount, needed: dict[str, Atoms]) -> list[tuple[str, Atoms, Atoms]]:
    """The assets of which more is needed than is free, with both."""
    found: list[tuple[str, Atoms, Atoms]] = []
    for asset, amount in needed.items():
        wallet = account.wallets.get(asset)
        free = wallet.free if wallet is not None else 0
        if amount > free:
            found.append((asset, amount, free))
    return found


def _of_open(
    state: State,
    account: TradingAccount,
    book: Book,
    command: CancelOrder | CancelOrderList | CancelAllOrders | AmendOrder,
    reason: Reason,
) -> list[Figure]:
    """What a cancel or an amendment met among the open orders."""
    open_orders = account.open_orders.get(book.symbol) or OpenOrders()
    if isinstance(command, CancelAllOrders):
        return [Figure("open orders", len(open_orders.by_id), 0)] if reason is Reason.NO_OPEN_ORDERS else []
    if isinstance(command, CancelOrderList):
        return _of_list_cancel(open_orders, command, reason)
    order = open_orders.by_id.get(command.order_id) or open_orders.by_client_id.get(command.client_order_id)
    if reason is Reason.UNKNOWN_ORDER:
        asked = [Figure("orderId", command.order_id, 0)] if command.order_id else []
        return [*asked, Figure("open orders", len(open_orders.by_id), 0)]
    if reason is Reason.CLIENT_ORDER_ID_MISMATCH:
        named = open_orders.by_client_id.get(command.client_order_id)
        found = [Figure("orderId of that client id", named.order_id, 0)] if named is not None else []
        return [Figure("orderId", command.order_id, 0), *found]
    if order is None:
        return []
    if reason is Reason.CANCEL_RESTRICTED:
        return [Figure("quantity", order.spec.quantity), Figure("executed", order.executed)]
    return (
        _of_amendment(state, account, book, order, command, reason) if isinstance(command, AmendOrder) else []
    )


def _of_list_cancel(open_orders: OpenOrders, command: CancelOrderList, reason: Reason) -> list[Figure]:
    asked = [Figure("orderListId", command.list_id, 0)] if command.list_id >= 0 else []
    if reason is Reason.UNKNOWN_LIST:
        return [*asked, Figure("open lists", len(open_orders.lists), 0)]
    if reason is Reason.CLIENT_LIST_ID_MISMATCH:
        named = open_orders.lists.get(command.client_list_id)
        found = [Figure("orderListId of that client id", named.list_id, 0)] if named is not None else []
        return [*asked, *found]
    return []


def _of_amendment(
    state: State,
    account: TradingAccount,
    book: Book,
    order: Order,
    command: AmendOrder,
    reason: Reason,
) -> list[Figure]:
    if reason in (Reason.QUANTITY_UNCHANGED, Reason.QUANTITY_RAISED, Reason.QUANTITY_DONE):
        return [
            Figure("quantity", command.quantity),
            Figure("present quantity", order.spec.quantity),
            Figure("executed", order.executed),
            Figure("prevented", order.prevented),
        ]
    if reason is Reason.MAX_NUM_ORDER_AMENDS:
        most = book.rules.max_num_order_amends
        return [Figure("amendments", order.amendments, 0), Figure("most", most, 0)]
    pair = order.order_list.legs[-2:] if order.is_paired and order.order_list is not None else [order]
    for leg in pair:
        spec = leg.spec
        size, at_ms = command.quantity, state.at_ms
        if filters.broken_size(book, leg.row, leg.price, spec.stop_price, 0, size, at_ms) is reason:
            tif = spec.time_in_force
            ask = asks.Ask(
                spec.side, spec.type, tif, size, 0, leg.price, spec.stop_price, 0, 0, "", None, None
            )
            return _of_filter(state, account, book, ask, reason)
    return []


def _of_loan(
    state: State, account: TradingAccount, asset: str, amount: Atoms, reason: Reason
) -> list[Figure]:
    if account.scope == SPOT or loans.refuse_asset(state, account, asset) is not None:
        return []
    if reason is Reason.BELOW_MIN_BORROW:
        return [Figure(f"loan {asset}", amount), Figure("least", state.assets[asset].min_borrow)]
    if reason is Reason.INVENTORY_SHORT:
        return [Figure(f"loan {asset}", amount), Figure("inventory", loans.inventory(state, asset))]
    if reason is not Reason.BORROW_LEVEL_TOO_LOW and reason is not Reason.ABOVE_MAX_BORROWABLE:
        return []
    room = risk.loan_room(state, account, asset)
    return [
        Figure(f"loan {asset}", amount),
        Figure("most by level", room.amount),
        Figure("most by limit", risk.borrowable_by_limit(state, account, asset)),
        Figure("collateral", room.total.collateral, 24),
        Figure("liabilities", room.total.liabilities, 16),
        Figure("initial level", room.initial),
    ]


def _of_repayment(
    state: State, account: TradingAccount, asset: str, amount: Atoms, reason: Reason
) -> list[Figure]:
    if reason not in (
        Reason.BELOW_MIN_REPAY,
        Reason.ABOVE_DEBT,
        Reason.DEBT_LEFT_TOO_SMALL,
        Reason.REPAY_BALANCE_SHORT,
    ):
        return []
    debt = account.debts.get(asset)
    wallet = account.wallets.get(asset)
    return [
        Figure(f"amount {asset}", amount),
        Figure("owed", debt.principal + debt.interest if debt is not None else 0),
        Figure("free", wallet.free if wallet is not None else 0),
        *([Figure("least repayment", state.assets[asset].min_repay)] if asset in state.assets else []),
    ]


def _of_leaving(
    state: State, account: TradingAccount, asset: str, amount: Atoms, reason: Reason
) -> list[Figure]:
    if reason is Reason.TRANSFER_BALANCE_SHORT or reason is Reason.WITHDRAW_BALANCE_SHORT:
        wallet = account.wallets.get(asset)
        free = wallet.free if wallet is not None else 0
        return [Figure(f"amount {asset}", amount), Figure("free", free)]
    if reason is not Reason.ABOVE_MAX_TRANSFERABLE and reason is not Reason.TRANSFER_LEVEL_TOO_LOW:
        return []
    room = risk.transfer_room(state, account, asset)
    return [
        Figure(f"amount {asset}", amount),
        Figure("most", room.amount),
        Figure("collateral", room.total.collateral, 24),
        Figure("liabilities", room.total.liabilities, 16),
        Figure("bar", room.bar),
        Figure("room: collateral - bar * liabilities", room.room, 24),
    ]
