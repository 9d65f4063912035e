"""What the owner of an account chooses for himself: his cross leverage, and whether he pays in BNB."""

from __future__ import annotations

from openmargin.domain.commands import SetBnbBurn, SetMaxLeverage
from openmargin.domain.ids import CROSS
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine import accounts, debts, index, risk
from openmargin.engine.state import State


def set_max_leverage(state: State, command: SetMaxLeverage) -> Rejected | None:
    """Have other bars hold for the cross account, where its collateral level is above the new initial one (2.2)."""
    account = accounts.trading(state, command.account_id, CROSS)
    if account is None:
        return Rejected(Reason.UNKNOWN_ACCOUNT)
    if account.liquidation is not None:
        return Rejected(Reason.LIQUIDATING)
    target = state.leverages.get(command.leverage)
    if target is None:
        return Rejected(Reason.UNKNOWN_LEVERAGE)
    if account.debts and index.lacks_price(state, account):
        return Rejected(Reason.NO_INDEX_PRICE)
    total = risk.totals(state, account, risk.BORROW)
    if total.liabilities and total.collateral <= target.initial * total.liabilities:
        return Rejected(Reason.LEVERAGE_LEVEL_TOO_LOW)

    # From here on nothing may be refused.
    account.owner.cross_leverage = command.leverage
    if account.debts:
        debts.stir(state, account)
    accounts.tell(state, account.owner)
    return None


def set_bnb_burn(state: State, command: SetBnbBurn) -> Rejected | None:
    """Pay commission, or the interest of cross loans, in BNB from now on, or no longer (mechanics 4.6, 10)."""
    account = accounts.trading(state, command.account_id, CROSS)
    if account is None:
        return Rejected(Reason.UNKNOWN_ACCOUNT)
    if (command.spot or command.interest) and state.venue.margin.burn_asset not in state.assets:
        return Rejected(Reason.INTEREST_ASSET_UNKNOWN)

    # From here on nothing may be refused.
    owner = account.owner
    if command.spot is not None:
        owner.burns_bnb_for_commission = command.spot
    if command.interest is not None:
        owner.burns_bnb_for_interest = command.interest
    accounts.tell(state, owner)
    return None
