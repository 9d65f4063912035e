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
from openmargin.domain.explained import Figure, RefusalExplained
from openmargin.domain.ids import SPOT, Scope
from openmargin.domain.money import Atoms, notional
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine import accounts, asks, loans, open_loss, orders, risk, tape
from openmargin.engine.state import Book, State, TradingAccount


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
    if isinstance(command, PlaceOrder):
        book = state.books.get(command.symbol)
        if book is None:
            return []
        return _of_order(state, account, book, command, reason)
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
    rules = book.rules
    ask = asks.ask_for(command)
    asks.meet(book, account, ask, command.self_trade_prevention)
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
    funds = orders.funding(state, account, book, ask, command.side_effect)
    if reason is Reason.INSUFFICIENT_BALANCE:
        return [Figure(f"needed {funds.asset}", funds.needed), Figure(f"free {funds.asset}", funds.free)]
    if reason is Reason.ORDER_LEVEL_TOO_LOW:
        loss = open_loss.of_new(state, book, account, ask, funds.needed)
        spare = open_loss.spare(state, account, loss, funds.asset, funds.loan)
        return [
            Figure("assets", spare.assets, 16),
            Figure("liabilities", spare.liabilities, 16),
            Figure("liquidation level", spare.bar),
            Figure("loss of this order", loss, 24),
            Figure("left: assets - loss - level * liabilities", spare.left, 24),
            Figure("loss of open orders, which must be less", open_loss.of(state, account), 24),
        ]
    if funds.loan:
        return [
            Figure(f"needed {funds.asset}", funds.needed),
            Figure(f"free {funds.asset}", funds.free),
            *_of_loan(state, account, funds.asset, funds.loan, reason),
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
