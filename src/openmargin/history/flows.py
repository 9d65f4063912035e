"""Trades, loans and prevented matches as movements of value.

Owns: what each of them moves, under which name and id. With the flows that are rows of their own this is all that
ever moved value into a margin account or out of it, so that their sum is what the account holds.
"""

from __future__ import annotations

from collections.abc import Iterator

from openmargin.domain.enums import LoanSource, SelfTradePrevention, Side
from openmargin.domain.money import notional
from openmargin.history.rows import FlowKind, FlowRow, LoanKind, LoanRow, PreventedRow, TradeRow


def flows_of_loan(row: LoanRow) -> Iterator[FlowRow]:
    """A loan that came, or a repayment that went, its interest with it.

    Nothing of what a liquidation did: that has flows of its own.
    """
    if row.source is LoanSource.LIQUIDATION:
        return
    borrows = row.kind is LoanKind.BORROW
    paid = row.principal + row.interest
    yield FlowRow(
        row.flow_id,
        row.transaction_id,
        row.account_id,
        row.scope,
        FlowKind.BORROW if borrows else FlowKind.REPAY,
        row.asset,
        "",
        paid if borrows else -paid,
        row.at_ms,
    )


def flows_of_trade(row: TradeRow, base: str, quote: str) -> Iterator[FlowRow]:
    """What was received, what was paid, and the commission, where they are not zero.

    Nothing of what a liquidation traded: that has flows of its own.
    """
    if row.is_forced:
        return
    fill = row.fill
    if row.side is Side.BUY:
        received = (FlowKind.BUY_INCOME, base, fill.quantity)
        paid = (FlowKind.BUY_EXPENSE, quote, -fill.quote_quantity)
    else:
        received = (FlowKind.SELL_INCOME, quote, fill.quote_quantity)
        paid = (FlowKind.SELL_EXPENSE, base, -fill.quantity)
    commission = (FlowKind.TRADING_COMMISSION, fill.commission_asset, -fill.commission)
    for part, (kind, asset, amount) in enumerate((received, paid, commission)):
        if amount:
            yield FlowRow(
                row.flow_id + part,
                fill.trade_id,
                row.account_id,
                row.scope,
                kind,
                asset,
                row.symbol,
                amount,
                row.at_ms,
            )


def flows_of_prevented(row: PreventedRow, base: str, quote: str) -> Iterator[FlowRow]:
    """What two accounts of one hand gave each other instead of trading; no other mode moves anything."""
    match = row.match
    if match.mode is not SelfTradePrevention.TRANSFER:
        return
    quantity = match.taker_quantity
    moved = ((base, row.side * quantity), (quote, -row.side * notional(quantity, match.price)))
    for part, (asset, amount) in enumerate(moved):
        if amount:
            yield FlowRow(
                row.flow_id + part,
                match.prevented_match_id,
                row.account_id,
                row.scope,
                FlowKind.TRANSFER,
                asset,
                match.symbol,
                amount,
                match.at_ms,
            )
