"""The exchange takes an account over: all that it has and owes, at the index, in one step (mechanics 7.1, A12b).

Its liquidation account keeps nothing: it unwinds against the conversion account in the same step, and so owes nobody
interest. The owner sees no order.
"""

from __future__ import annotations

from openmargin.domain.enums import Flow, LiquidationEnd
from openmargin.domain.ids import CONVERSION, CROSS, LIQUIDATION
from openmargin.domain.money import E8, Atoms
from openmargin.engine import bankruptcy, ledger, proceeds, risk
from openmargin.engine.liquidation_state import Liquidation
from openmargin.engine.state import State, TradingAccount


def take_over(state: State, account: TradingAccount, liquidation: Liquidation) -> None:
    """Pay the debts out of the account's assets, take the fee, and return what is left."""
    asset = _returned_in(state, account)
    price = risk.mark(state, account, asset)
    fee = proceeds.value_aside(state, account, liquidation) * E8
    value = 0
    for held in sorted(account.wallets):
        fee += proceeds.fee_of(
            state, account, liquidation, held, proceeds.sellable(state, account, liquidation, held)
        )
        value += _seize(state, account, held)
    liquidation.aside.clear()
    fee //= E8 * price
    is_paid_first = not state.venue.margin.liquidation.fee_within_equity
    paid = 0
    if is_paid_first:
        fee = min(fee, value // price)
        _give_back(state, account, asset, fee)
        paid = bankruptcy.pay_fee(state, account, asset, fee)
        value -= fee * price

    for debt_asset in _by_size(state, account):
        debt = account.debts[debt_asset]
        mark = risk.mark(state, account, debt_asset)
        covered = min(debt.principal + debt.interest, value // mark)
        _give_back(state, account, debt_asset, covered)
        proceeds.repay(state, account, liquidation, debt, covered)
        value -= covered * mark

    deficit = 0
    if proceeds.largest_debt(state, account) is None:
        rest = value // price
        _give_back(state, account, asset, rest)
        if not is_paid_first:
            paid = bankruptcy.pay_fee(state, account, asset, min(fee, rest))
    else:
        deficit = bankruptcy.pay_deficit(state, account, liquidation)
    how = LiquidationEnd.TAKEN_OVER
    if deficit and bankruptcy.lend_deficit(state, account, deficit):
        how = LiquidationEnd.BANKRUPT_WITH_LOAN
    bankruptcy.finish(state, account, liquidation, how, paid, deficit)


def _returned_in(state: State, account: TradingAccount) -> str:
    """The asset in which the rest of the account comes back: an isolated pair's quote, else what the venue names."""
    margin = state.venue.margin
    if account.scope != CROSS:
        return state.books[account.scope].rules.quote
    named = margin.liquidation.takeover_asset
    return named if state.marks.get(named, 0) else margin.valuation_asset


def _by_size(state: State, account: TradingAccount) -> list[str]:
    """The debts that have an index, the largest value first, of equals by name."""
    sized: list[tuple[int, str]] = []
    for asset, debt in account.debts.items():
        value = (debt.principal + debt.interest) * risk.mark(state, account, asset)
        if value:
            sized.append((-value, asset))
    sized.sort()
    return [asset for _, asset in sized]


def _seize(state: State, account: TradingAccount, asset: str) -> int:
    """Take all that is free of an asset that has an index, and unwind it; its value (e16)."""
    wallet = account.wallets[asset]
    mark = risk.mark(state, account, asset)
    amount = wallet.free
    if mark == 0 or amount == 0:
        return 0
    seized = state.system(LIQUIDATION).wallet(asset)
    ledger.move(state, wallet, seized, amount)
    ledger.move(state, seized, state.system(CONVERSION).wallet(asset), amount)
    proceeds.tell(state, account, Flow.OTHER_LIQUIDATION, asset, -amount)
    return amount * mark


def _give_back(state: State, account: TradingAccount, asset: str, amount: Atoms) -> None:
    """Return value to the account, by way of the liquidation account."""
    if amount:
        returned = state.system(LIQUIDATION).wallet(asset)
        ledger.move(state, state.system(CONVERSION).wallet(asset), returned, amount)
        ledger.move(state, returned, account.wallet(asset), amount)
        proceeds.tell(state, account, Flow.OTHER_LIQUIDATION, asset, amount)
