"""Events become rows.

Owns: which event leaves which trace in history. A function of events alone, so history can be rebuilt.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from openmargin.domain.events import (
    AccountChanged,
    AnyEvent,
    Borrowed,
    Deposited,
    IndexMoved,
    InterestAccrued,
    IsolatedChanged,
    KeyCreated,
    ListChanged,
    MatchPrevented,
    OrderActivated,
    OrderClosed,
    OrderFilled,
    OrderOpened,
    Repaid,
    Traded,
    Transferred,
    VenueChanged,
    WalletChanged,
)
from openmargin.domain.orders import OrderView
from openmargin.domain.reasons import Rejected
from openmargin.history.rows import (
    HistoryRows,
    InterestRow,
    LoanKind,
    LoanRow,
    PreventedRow,
    TradeRow,
    TransferRow,
)


def fold(rows: HistoryRows, at_ms: int, events: Iterable[AnyEvent]) -> None:
    """Add to `rows` what `events`, which happened at `at_ms`, leave in history."""
    for event in events:
        match event:
            case WalletChanged() | Rejected() | IndexMoved():
                pass  # Present state; first because nothing is more frequent.
            case Traded():
                rows.market.add(at_ms, event)
            case OrderOpened():
                _keep_order(rows, event.order)
            case OrderFilled():
                _keep_order(rows, event.order)
                spec = event.order.spec
                rows.trades.append(
                    TradeRow(
                        spec.account_id, spec.scope, spec.symbol, spec.order_id, spec.side, event.fill, at_ms
                    )
                )
            case OrderClosed() | OrderActivated():
                _keep_order(rows, event.order)
            case ListChanged():
                order_list = event.order_list
                key = (order_list.account_id, order_list.scope, order_list.list_id)
                rows.order_lists[key] = order_list
            case MatchPrevented():
                for order in (event.taker, event.maker):
                    _keep_order(rows, order)
                    spec = order.spec
                    rows.prevented_matches.append(
                        PreventedRow(spec.account_id, spec.scope, spec.order_id, event.match)
                    )
            case Borrowed():
                rows.loans.append(
                    LoanRow(
                        event.transaction_id,
                        event.account_id,
                        event.scope,
                        LoanKind.BORROW,
                        event.asset,
                        event.principal,
                        0,
                        event.source,
                        at_ms,
                    )
                )
            case Repaid():
                rows.loans.append(
                    LoanRow(
                        event.transaction_id,
                        event.account_id,
                        event.scope,
                        LoanKind.REPAY,
                        event.asset,
                        event.principal,
                        event.interest,
                        event.source,
                        at_ms,
                    )
                )
            case InterestAccrued():
                rows.interest.append(
                    InterestRow(
                        event.transaction_id,
                        event.account_id,
                        event.scope,
                        event.asset,
                        event.principal,
                        event.interest,
                        event.daily_rate,
                        event.kind,
                        event.hour_ms,
                    )
                )
            case Transferred():
                rows.transfers.append(
                    TransferRow(
                        event.transaction_id,
                        event.account_id,
                        event.source,
                        event.target,
                        event.asset,
                        event.amount,
                        at_ms,
                    )
                )
            case VenueChanged() | AccountChanged() | KeyCreated() | Deposited() | IsolatedChanged():
                pass
            case _:
                assert_never(event)


def _keep_order(rows: HistoryRows, order: OrderView) -> None:
    spec = order.spec
    rows.orders[spec.account_id, spec.scope, spec.symbol, spec.order_id] = order
