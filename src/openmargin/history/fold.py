"""Events become rows.

Owns: which event leaves which trace in history. A function of the journal alone, so history can be rebuilt.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from openmargin.domain.events import (
    AccountChanged,
    AnyEvent,
    Borrowed,
    CancelReplaced,
    DebtLiquidated,
    Deposited,
    Flowed,
    IndexFeedChanged,
    IndexMoved,
    IndexScriptBegan,
    IndexScriptEnded,
    InterestAccrued,
    IsolatedChanged,
    KeyChanged,
    KeyCreated,
    KeyDeleted,
    LiquidationBegan,
    LiquidationEnded,
    LiquidationLoanChanged,
    LiquidationLoanRepaid,
    ListChanged,
    ListenKeyEnded,
    ListenKeyKept,
    MarginStatusChanged,
    MatchPrevented,
    OrderActivated,
    OrderAmended,
    OrderClosed,
    OrderFilled,
    OrderOpened,
    RatesChanged,
    Repaid,
    SmallLiabilityExchanged,
    Traded,
    Transferred,
    VenueChanged,
    WalletChanged,
)
from openmargin.domain.ids import SPOT, Scope
from openmargin.domain.money import Atoms
from openmargin.domain.orders import ListView, OrderView
from openmargin.domain.reasons import Rejected
from openmargin.history.rows import (
    FLOWS_PER_RECORD,
    FLOWS_PER_ROW,
    AmendmentRow,
    FlowKind,
    FlowRow,
    HistoryRows,
    InterestRow,
    LiquidationBeganRow,
    LiquidationEndedRow,
    LoanKind,
    LoanRepaymentRow,
    LoanRow,
    PreventedRow,
    RatesRow,
    SmallLiabilityRow,
    TradeRow,
    TransferRow,
)


def fold(rows: HistoryRows, seq: int, at_ms: int, events: Iterable[AnyEvent]) -> None:
    """Add to `rows` what `events`, which record `seq` caused at `at_ms`, leave in history."""
    flow_id = seq * FLOWS_PER_RECORD
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
                flow_id += FLOWS_PER_ROW
                rows.trades.append(
                    TradeRow(
                        spec.account_id,
                        spec.scope,
                        spec.symbol,
                        spec.order_id,
                        spec.side,
                        event.fill,
                        at_ms,
                        flow_id,
                        spec.list_id,
                        spec.liquidation_id != 0,
                    )
                )
            case OrderAmended():
                _keep_order(rows, event.order)
                spec = event.order.spec
                rows.amendments.append(AmendmentRow(spec.account_id, spec.scope, event.amendment))
                if event.order_list is not None:
                    _keep_list(rows, event.order_list)
            case OrderClosed() | OrderActivated():
                _keep_order(rows, event.order)
            case ListChanged():
                _keep_list(rows, event.order_list)
            case MatchPrevented():
                for order in (event.taker, event.maker):
                    _keep_order(rows, order)
                    spec = order.spec
                    flow_id += FLOWS_PER_ROW
                    rows.prevented_matches.append(
                        PreventedRow(
                            spec.account_id, spec.scope, spec.order_id, spec.side, event.match, flow_id
                        )
                    )
            case Borrowed() | Repaid():
                flow_id += FLOWS_PER_ROW
                rows.loans.append(_loan(event, at_ms, flow_id))
            case Transferred():
                flow_id += FLOWS_PER_ROW
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
                transaction_id = event.transaction_id
                _keep_flow(rows, event, transaction_id, event.source, -event.amount, at_ms, flow_id)
                _keep_flow(rows, event, transaction_id, event.target, event.amount, at_ms, flow_id + 1)
            case Deposited():
                # It has no transaction: its place is as good a name.
                flow_id += FLOWS_PER_ROW
                _keep_flow(rows, event, flow_id, event.scope, event.amount, at_ms, flow_id)
            case Flowed():
                flow_id += FLOWS_PER_ROW
                rows.flows.append(
                    FlowRow(
                        flow_id,
                        event.transaction_id,
                        event.account_id,
                        event.scope,
                        FlowKind(event.flow),
                        event.asset,
                        event.symbol,
                        event.amount,
                        at_ms,
                    )
                )
            case (
                InterestAccrued()
                | RatesChanged()
                | SmallLiabilityExchanged()
                | LiquidationBegan()
                | LiquidationEnded()
                | LiquidationLoanRepaid()
            ):
                _keep_of_debts(rows, at_ms, event)
            case (
                VenueChanged()
                | AccountChanged()
                | KeyCreated()
                | KeyChanged()
                | KeyDeleted()
                | IsolatedChanged()
                | CancelReplaced()
                | MarginStatusChanged()
                | LiquidationLoanChanged()
                | DebtLiquidated()
                | ListenKeyKept()
                | ListenKeyEnded()
                | IndexScriptBegan()
                | IndexScriptEnded()
                | IndexFeedChanged()
            ):
                pass
            case _:
                assert_never(event)


def _keep_list(rows: HistoryRows, order_list: ListView) -> None:
    rows.order_lists[order_list.account_id, order_list.scope, order_list.list_id] = order_list


def _keep_order(rows: HistoryRows, order: OrderView) -> None:
    spec = order.spec
    key = (spec.account_id, spec.scope, spec.symbol, spec.order_id)
    rows.orders[key] = order
    if spec.liquidation_id:
        rows.liquidation_orders[key] = order


def _loan(event: Borrowed | Repaid, at_ms: int, flow_id: int) -> LoanRow:
    borrows = isinstance(event, Borrowed)
    return LoanRow(
        event.transaction_id,
        event.account_id,
        event.scope,
        LoanKind.BORROW if borrows else LoanKind.REPAY,
        event.asset,
        event.principal,
        0 if borrows else event.interest,
        event.source,
        at_ms,
        flow_id,
    )


def _keep_flow(
    rows: HistoryRows,
    event: Deposited | Transferred,
    transaction_id: int,
    scope: Scope,
    amount: Atoms,
    at_ms: int,
    flow_id: int,
) -> None:
    """One end of a transfer; spot wallets have no capital flow."""
    if scope != SPOT:
        kind = FlowKind.TRANSFER
        rows.flows.append(
            FlowRow(flow_id, transaction_id, event.account_id, scope, kind, event.asset, "", amount, at_ms)
        )


def _keep_of_debts(
    rows: HistoryRows,
    at_ms: int,
    event: InterestAccrued
    | RatesChanged
    | SmallLiabilityExchanged
    | LiquidationBegan
    | LiquidationEnded
    | LiquidationLoanRepaid,
) -> None:
    """What becomes of debts and moves no value."""
    match event:
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
                    event.raw_asset or event.asset,
                )
            )
        case RatesChanged():
            rows.rates.append(RatesRow(event.asset, event.daily_rates, event.effective_ms))
        case SmallLiabilityExchanged():
            rows.small_liabilities.append(
                SmallLiabilityRow(
                    event.transaction_id,
                    event.account_id,
                    event.asset,
                    event.principal,
                    event.interest,
                    event.target_asset,
                    event.target_amount,
                    at_ms,
                )
            )
        case LiquidationBegan():
            rows.liquidations_began.append(
                LiquidationBeganRow(
                    event.liquidation_id,
                    event.account_id,
                    event.scope,
                    event.kind,
                    event.assets,
                    event.liabilities,
                    at_ms,
                )
            )
        case LiquidationEnded():
            rows.liquidations_ended.append(
                LiquidationEndedRow(event.liquidation_id, event.end, event.fee, event.deficit, at_ms)
            )
        case LiquidationLoanRepaid():
            rows.loan_repayments.append(
                LoanRepaymentRow(
                    event.repay_id,
                    event.account_id,
                    event.asset,
                    event.amount,
                    event.status,
                    event.began_ms or at_ms,
                )
            )
        case _:
            assert_never(event)
