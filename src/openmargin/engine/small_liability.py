"""Small debts of a cross account become one debt of another asset, at the index (mechanics 7.5, A18).

What was owed of a coin, interest included, becomes principal. Nothing reaches the account's wallets, and no hour is
charged for it before the next one strikes.
"""

from __future__ import annotations

from openmargin.domain.commands import ExchangeSmallLiabilities
from openmargin.domain.events import SmallLiabilityExchanged
from openmargin.domain.ids import CONVERSION, CROSS, POOL
from openmargin.domain.money import E8, Atoms, ceil_div
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine import accounts, debts, index, ledger
from openmargin.engine.state import Debt, State, TradingAccount


def target_amount(state: State, debt: Debt) -> Atoms:
    """What the debt would become, rounded up; 0 where it may not be exchanged."""
    margin = state.venue.margin
    target = margin.small_liability_asset
    price = state.marks.get(target, 0)
    value = (debt.principal + debt.interest) * state.marks.get(debt.asset, 0)
    if debt.asset == target or price == 0 or target not in state.rates:
        return 0
    if not 0 < value < margin.small_liability_value * E8:
        return 0
    return ceil_div(value, price)


def exchange(state: State, command: ExchangeSmallLiabilities) -> Rejected | None:
    """Exchange all of the named debts, or none."""
    account = accounts.trading(state, command.account_id, CROSS)
    if account is None:
        return Rejected(Reason.UNKNOWN_ACCOUNT)
    if account.liquidation is not None:
        return Rejected(Reason.LIQUIDATING)
    refused = _refuse(state, account, command.assets)
    if refused is not None:
        return refused

    # From here on nothing may be refused.
    account.owner.exchanged_small_ms = state.at_ms
    for asset in command.assets:
        _exchange(state, account, account.debts[asset])
    return None


def _refuse(state: State, account: TradingAccount, assets: tuple[str, ...]) -> Rejected | None:
    margin = state.venue.margin
    if len(assets) > margin.small_liabilities_max:
        return Rejected(Reason.TOO_MANY_SMALL_LIABILITIES, str(margin.small_liabilities_max))
    last_ms = account.owner.exchanged_small_ms
    if last_ms and state.at_ms < last_ms + margin.small_liability_interval_ms:
        return Rejected(Reason.SMALL_LIABILITIES_TOO_SOON)
    if not assets:
        return Rejected(Reason.NOT_A_SMALL_LIABILITY)
    if index.lacks_price(state, account, margin.small_liability_asset):
        return Rejected(Reason.NO_INDEX_PRICE)
    total = 0
    for place, asset in enumerate(assets):
        debt = account.debts.get(asset)
        amount = target_amount(state, debt) if debt is not None else 0
        if amount == 0 or asset in assets[:place]:
            return Rejected(Reason.NOT_A_SMALL_LIABILITY, asset)
        total += amount
    if total > state.system(POOL).wallet(margin.small_liability_asset).free:
        return Rejected(Reason.INVENTORY_SHORT)
    return None


def _exchange(state: State, account: TradingAccount, debt: Debt) -> None:
    """The pool is paid in the coin by `conversion`, and lends it the target asset on the account's behalf."""
    target = state.venue.margin.small_liability_asset
    amount = target_amount(state, debt)
    principal, interest = debt.principal, debt.interest
    pool, conversion = state.system(POOL), state.system(CONVERSION)
    ledger.move(state, conversion.wallet(debt.asset), pool.wallet(debt.asset), principal + interest)
    state.pools[debt.asset].interest_received += interest
    ledger.move(state, pool.wallet(target), conversion.wallet(target), amount)
    debts.of(state, account, target).principal += amount
    debt.principal = debt.interest = 0
    debts.drop_if_paid(state, account, debt)
    debts.stir(state, account)
    state.events.append(
        SmallLiabilityExchanged(
            state.next_transaction(), account.account_id, debt.asset, principal, interest, target, amount
        )
    )
