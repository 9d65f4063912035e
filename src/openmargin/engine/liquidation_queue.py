"""Which liquidations go on, and whose step is due.

Owns: beginning and ending one, and its place on the agenda: the one that has been due longest comes first.
"""

from __future__ import annotations

from bisect import bisect_left, insort

from openmargin.domain.enums import LiquidationEnd, LiquidationKind
from openmargin.domain.events import LiquidationBegan, LiquidationEnded
from openmargin.domain.money import E8
from openmargin.engine import agenda, debts, risk
from openmargin.engine.liquidation_state import Liquidation
from openmargin.engine.solvency import Solvency
from openmargin.engine.state import State, TradingAccount


def begin(state: State, account: TradingAccount, kind: LiquidationKind, found: Solvency) -> Liquidation:
    """Lock an account, and plan the first step of its liquidation for now."""
    liquidation_id = state.next_liquidation_id
    state.next_liquidation_id = liquidation_id + 1
    liquidation = Liquidation(liquidation_id, kind, account.account_id, account.scope, state.at_ms)
    for wallet in account.wallets.values():
        if wallet.free or wallet.locked:
            liquidation.snapshot[wallet.asset] = risk.mark(state, account, wallet.asset)
    for asset in account.debts:
        liquidation.snapshot[asset] = risk.mark(state, account, asset)
    account.liquidation = liquidation
    state.liquidations[liquidation_id] = liquidation
    insort(state.liquidations_due, (state.at_ms, liquidation_id))
    _replan(state)
    state.events.append(
        LiquidationBegan(
            liquidation_id,
            account.account_id,
            account.scope,
            kind,
            found.assets // E8,
            found.liabilities // E8,
        )
    )
    return liquidation


def plan(state: State, liquidation: Liquidation, due_ms: int) -> None:
    """Have the next step at another moment."""
    due = state.liquidations_due
    del due[bisect_left(due, (liquidation.due_ms, liquidation.liquidation_id))]
    liquidation.due_ms = due_ms
    insort(due, (due_ms, liquidation.liquidation_id))
    _replan(state)


def end(
    state: State,
    account: TradingAccount,
    liquidation: Liquidation,
    how: LiquidationEnd,
    fee: int,
    deficit: int,
) -> None:
    """Let the account go; `fee` and `deficit` are values (e16). Its status is told when the record ends."""
    due = state.liquidations_due
    del due[bisect_left(due, (liquidation.due_ms, liquidation.liquidation_id))]
    del state.liquidations[liquidation.liquidation_id]
    account.liquidation = None
    _replan(state)
    debts.stir(state, account)
    state.events.append(
        LiquidationEnded(
            liquidation.liquidation_id, account.account_id, account.scope, how, fee // E8, deficit // E8
        )
    )


def first(state: State) -> Liquidation:
    """The one that has been due longest."""
    return state.liquidations[state.liquidations_due[0][1]]


def _replan(state: State) -> None:
    due = state.liquidations_due
    agenda.move(state, agenda.LIQUIDATE, due[0][0] if due else -1)
