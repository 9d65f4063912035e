"""Margin levels are watched: who is called, and who is marked for liquidation (docs/liquidation.md, mechanics 2.4, 7.2).

Owns: the status that an account was told of last. When a record ends, exactly the accounts that it concerned are
looked at: an account without debt costs one look at an attribute.
"""

from __future__ import annotations

from typing import Final

from openmargin.domain.enums import LiquidationKind, MarginStatus
from openmargin.domain.events import MarginStatusChanged
from openmargin.engine import debts, liquidation_queue, risk, solvency
from openmargin.engine.state import State, TradingAccount

EXCESSIVE: Final = MarginStatus.EXCESSIVE
MARGIN_CALL: Final = MarginStatus.MARGIN_CALL
FORCE_LIQUIDATION: Final = MarginStatus.FORCE_LIQUIDATION


def index_moved(state: State, marks_before: dict[str, int], symbols: tuple[tuple[str, int], ...]) -> None:
    """Concern all who hold or owe an asset whose price changed, or stand in a pair whose index was set."""
    for asset, mark in state.marks.items():
        if marks_before.get(asset) != mark:
            state.stirred.update(state.exposed.get(asset, {}))
    for symbol, _ in symbols:
        state.stirred.update(state.exposed.get(symbol, {}))


def all_debtors(state: State) -> None:
    """The rules changed: concern everybody who owes."""
    state.stirred.update(state.debtors)


def hour(state: State, account: TradingAccount) -> None:
    """A full hour was charged: the account owes more, and a margin call that lasts may be told again."""
    debts.stir(state, account)
    repeat_ms = state.venue.margin.liquidation.call_repeat_ms
    if account.status is MARGIN_CALL and repeat_ms and state.at_ms - account.called_at_ms >= repeat_ms:
        account.called_at_ms = 0


def look(state: State) -> None:
    """Work out the status of everybody concerned; tell those that changed, and mark who must be liquidated."""
    for wallet in state.touched:
        if wallet.watch:
            account = state.debtors[wallet.account_id, wallet.scope]
            if wallet.watch == debts.NEW:
                debts.watch(state, account, wallet)
            debts.stir(state, account)
    if state.stirred:
        for key in sorted(state.stirred):
            _look_at(state, state.stirred[key])
        state.stirred = {}


def _look_at(state: State, account: TradingAccount) -> None:
    if account.liquidation is not None:
        return
    found = solvency.of(state, account)
    bars = risk.bars_of(state, account)
    status = solvency.status(state, bars, found)
    if status is not account.status or (status is MARGIN_CALL and account.called_at_ms == 0):
        account.status = status
        account.called_at_ms = state.at_ms if status is MARGIN_CALL else 0
        state.events.append(
            MarginStatusChanged(account.account_id, account.scope, solvency.level(state, found), status)
        )
    if status is FORCE_LIQUIDATION and state.venue.margin.liquidation.enabled:
        liquidation_queue.begin(state, account, LiquidationKind.FORCED, found)
