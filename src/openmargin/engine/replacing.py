"""Cancel an order and place another in one step: each half may fail by itself, and both are told of (semantics 2)."""

from __future__ import annotations

from typing import Final

from openmargin.domain.commands import CancelReplace
from openmargin.domain.enums import CancelReplaceMode
from openmargin.domain.events import CancelReplaced
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine import asks, order_counts, orders
from openmargin.engine.state import State

DECIDED_LATER: Final = (Reason.DUPLICATE_CLIENT_ORDER_ID, Reason.NO_LIQUIDITY_FOR_QUOTE_QUANTITY)
"""What the cancel may still change: the name it frees, and the order that it takes out of the book."""


def replace(state: State, command: CancelReplace) -> Rejected | None:
    """Refused as a whole where the new order breaks a filter, or the counts have no room for it.

    These are looked at before anything is cancelled. With `cancels_over_limit` full counts only stop the new order.
    A new order that is not attempted, because the cancel failed, is counted all the same.
    """
    cancel, order = command.cancel, command.order
    if (cancel.account_id, cancel.scope, cancel.symbol) != (command.account_id, order.scope, order.symbol):
        return Rejected(Reason.PARAMETERS_DO_NOT_FIT)
    if order.account_id != command.account_id:
        return Rejected(Reason.PARAMETERS_DO_NOT_FIT)
    found = asks.enter(state, order)
    if isinstance(found, Rejected):
        return found
    account, book = found
    ask = asks.ask_for(order)
    asks.meet(book, account, ask, order.self_trade_prevention)
    refused = asks.refuse(state, book, account, ask)
    if refused is not None and refused.reason not in DECIDED_LATER:
        return refused
    over_limit = asks.refuse_count(state, account, 1)
    if over_limit is not None and not command.cancels_over_limit:
        return over_limit

    # From here on nothing may be refused.
    not_canceled = orders.cancel(state, cancel)
    is_attempted = not_canceled is None or command.mode is CancelReplaceMode.ALLOW_FAILURE
    not_placed = over_limit
    if not is_attempted:
        order_counts.add(account, 1, state.at_ms)
    elif over_limit is None:
        not_placed = orders.place(state, order)
    state.events.append(
        CancelReplaced(command.account_id, order.scope, order.symbol, not_canceled, not_placed, is_attempted)
    )
    return None
