"""What a delisting does at its time: orders end, and own balances repay what is owed (mechanics 7.6).

Where a cross account still owes of an asset and its collateral level is low, what else it has is sold for that.

One asset or pair after the other, some accounts a step; nobody's command comes in between. An account that is being
liquidated is left to its liquidation.
"""

from __future__ import annotations

from typing import Final

from openmargin.domain.ids import CROSS, SYSTEM_ACCOUNT_ID
from openmargin.engine import agenda, conversion, loans, order_lists, risk
from openmargin.engine.state import Account, State, TradingAccount

ACCOUNTS_PER_STEP: Final = 64
EVERYTHING: Final = 1 << 80


def plan(state: State) -> None:
    """See to it that the next delisting happens at its time, and one whose time has passed at once."""
    due_ms = _next_ms(state)
    agenda.move(state, agenda.DELIST, max(due_ms, state.at_ms) if due_ms >= 0 else -1)


def _next_ms(state: State) -> int:
    """The time of the first that is still to be carried out; -1 where none is."""
    due = [at_ms for name, at_ms in _dates(state) if state.delisted.get(name) != at_ms]
    return min(due, default=-1)


def _dates(state: State) -> list[tuple[str, int]]:
    """Name and time of every delisting that the venue says: assets first, each in the venue's order."""
    dates = [(asset.name, asset.delist_at_ms) for asset in state.venue.assets]
    dates += [(symbol.name, symbol.delist_at_ms) for symbol in state.venue.symbols]
    return [(name, at_ms) for name, at_ms in dates if at_ms]


def step(state: State) -> None:
    """Go on with the delisting that is due, for the next accounts."""
    if not state.delisting:
        for name, at_ms in _dates(state):
            if at_ms <= state.at_ms and state.delisted.get(name) != at_ms:
                state.delisting = name
                state.delisting_from = SYSTEM_ACCOUNT_ID + 1
                break
    until = min(len(state.accounts), state.delisting_from + ACCOUNTS_PER_STEP)
    for account_id in range(state.delisting_from, until):
        _leave(state, state.accounts[account_id], state.delisting)
    state.delisting_from = until
    if until == len(state.accounts):
        state.delisted[state.delisting] = dict(_dates(state))[state.delisting]
        state.delisting = ""
        plan(state)


def _leave(state: State, account: Account, name: str) -> None:
    cross = account.trading[CROSS]
    book = state.books.get(name)
    if book is None:
        pairs = [symbol for symbol, of in state.books.items() if name in (of.rules.base, of.rules.quote)]
        _clear(state, cross, pairs, (name,))
        return
    _clear(state, cross, [name], ())
    isolated = account.trading.get(name)
    if isolated is not None:
        _clear(state, isolated, [name], (book.rules.base, book.rules.quote))


def _clear(state: State, account: TradingAccount, pairs: list[str], assets: tuple[str, ...]) -> None:
    """End the account's orders in `pairs`, and repay what it owes of `assets` out of what it has of them."""
    if account.liquidation is not None:
        return
    for symbol in pairs:
        open_orders = account.open_orders.get(symbol)
        if open_orders is not None:
            order_lists.end_all(state, state.books[symbol], list(open_orders.by_id.values()), "")
    for asset in assets:
        loans.repay_at_most(state, account, asset, EVERYTHING)
        if account.scope == CROSS and asset in account.debts and _is_low(state, account):
            _sell_others(state, account, asset)


def _is_low(state: State, account: TradingAccount) -> bool:
    level = risk.collateral_level(state, risk.totals(state, account, risk.BORROW))
    return level < state.venue.margin.delisting_level


def _sell_others(state: State, account: TradingAccount, owed: str) -> None:
    """Sell at the index for what is owed, first what is worth most, until that is repaid or nothing is left."""
    while owed in account.debts and risk.mark(state, account, owed):
        sold = _worth_most(state, account)
        if not sold:
            return
        debt = account.debts[owed]
        wanted = debt.principal + debt.interest
        conversion.convert(state, account, sold, account.wallet(sold).free, owed, wanted)
        loans.repay_at_most(state, account, owed, EVERYTHING)


def _worth_most(state: State, account: TradingAccount) -> str:
    """What it has most value of that is free, of equals the first by name; empty where there is nothing of value."""
    found = ""
    most = 0
    for asset in sorted(account.wallets):
        value = account.wallets[asset].free * risk.mark(state, account, asset)
        if value > most:
            found, most = asset, value
    return found
