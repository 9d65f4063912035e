"""The answers about a margin account with the numbers that they are made of.

Never: has arithmetic of its own; every number comes from the function that decides by it.
"""

from __future__ import annotations

from openmargin.domain.explained import (
    HoldingExplained,
    LiquidationPriceExplained,
    LoanExplained,
    MarginExplained,
    TransferExplained,
)
from openmargin.domain.ids import CROSS, Scope
from openmargin.domain.money import E8
from openmargin.domain.reasons import Reason
from openmargin.engine import accounts, index, loans, risk, solvency
from openmargin.engine.state import State, TradingAccount


def margin(state: State, account_id: int, scope: Scope) -> MarginExplained:
    """A margin account, explained; raises KeyError where there is no such trading account."""
    account = accounts.trading(state, account_id, scope)
    if account is None:
        raise KeyError(f"account {account_id} has no {scope} wallets")
    standing = solvency.of(state, account)
    total = risk.totals(state, account, risk.BORROW)
    bars = risk.bars_of(state, account)
    is_cross = account.scope == CROSS
    counts_net = is_cross and state.venue.margin.liquidation.uses_collateral_ratio
    assets = list(state.assets)
    valued_in = state.venue.margin.valuation_asset
    if not is_cross:
        rules = state.books[account.scope].rules
        assets = [rules.base, rules.quote]
        valued_in = rules.quote
    return MarginExplained(
        account_id,
        scope,
        valued_in,
        tuple([_holding(state, account, held, counts_net) for held in risk.holdings(state, account)]),
        standing.assets,
        standing.liabilities,
        total.collateral,
        solvency.level(state, standing),
        state.venue.margin.level_cap,
        counts_net,
        risk.collateral_level(state, total),
        solvency.status(state, bars, standing),
        bars.initial,
        bars.margin_call,
        bars.liquidation,
        bars.transfer_out,
        tuple([loan(state, account, asset) for asset in assets]),
        tuple([transfer(state, account, asset) for asset in assets]),
        None if is_cross else _liquidation_price(state, account),
    )


def _holding(state: State, account: TradingAccount, held: risk.Holding, counts_net: bool) -> HoldingExplained:
    counted = held.value
    if counts_net:
        counted = solvency.risk_based_value(state, held.asset, held.value - held.liability)
    parts = [(held.value, E8)] if held.value else []
    if account.scope == CROSS:
        parts = risk.brackets(state.assets[held.asset].collateral_tiers, held.value, risk.BORROW)
    return HoldingExplained(
        held.asset,
        held.amount,
        held.owed,
        held.price,
        held.value,
        counted,
        held.liability,
        tuple(parts),
        risk.collateral_of(state, account, held, risk.BORROW),
    )


def loan(state: State, account: TradingAccount, asset: str) -> LoanExplained:
    """How much of an asset may be borrowed, and why."""
    reason = _why_no_loan(state, account, asset)
    if reason is not None:
        return LoanExplained(asset, reason, 0, 0, 0, 0, True, 0, -1, 0, 0, 0, 0)
    room = risk.loan_room(state, account, asset)
    debt = account.debts.get(asset)
    return LoanExplained(
        asset,
        None,
        room.total.collateral,
        room.total.liabilities,
        room.initial,
        room.price,
        account.scope != CROSS or state.venue.margin.borrowed_counts_in_full,
        room.amount,
        room.within,
        risk.borrow_limit(state, account, asset),
        debt.principal + debt.interest if debt is not None else 0,
        loans.inventory(state, asset),
        loans.most(state, account, asset),
    )


def _why_no_loan(state: State, account: TradingAccount, asset: str) -> Reason | None:
    """Why nothing of an asset is lent, whatever the numbers say."""
    refused = loans.refuse_asset(state, account, asset)
    if refused is not None:
        return refused.reason
    if account.liquidation is not None:
        return Reason.LIQUIDATING_NO_BORROW
    return Reason.LIQUIDATION_LOAN_OWED if accounts.is_bound_by_loan(state, account.owner) else None


def transfer(state: State, account: TradingAccount, asset: str) -> TransferExplained:
    """How much of an asset may leave, and why."""
    room = risk.transfer_room(state, account, asset)
    refused: Reason | None = None
    if account.debts and index.lacks_price(state, account):
        refused = Reason.NO_INDEX_PRICE
    elif accounts.is_bound_by_loan(state, account.owner):
        refused = Reason.LIQUIDATION_LOAN_OWED
    elif account.liquidation is not None:
        refused = Reason.LIQUIDATING_NO_TRANSFER_OUT
    return TransferExplained(
        asset,
        refused,
        room.total.collateral,
        room.total.liabilities,
        room.bar,
        room.room,
        risk.mark(state, account, asset),
        room.free,
        room.amount,
    )


def _liquidation_price(state: State, account: TradingAccount) -> LiquidationPriceExplained:
    rules = state.books[account.scope].rules
    held = {one.asset: one for one in risk.holdings(state, account)}
    base = held.get(rules.base)
    quote = held.get(rules.quote)
    return LiquidationPriceExplained(
        risk.bars_of(state, account).liquidation,
        base.amount if base is not None else 0,
        base.owed if base is not None else 0,
        quote.amount if quote is not None else 0,
        quote.owed if quote is not None else 0,
        risk.liquidation_price(state, account),
    )
