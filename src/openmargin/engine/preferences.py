"""What the owner of an account chooses for himself: his cross leverage."""

from __future__ import annotations

from openmargin.domain.commands import SetMaxLeverage
from openmargin.domain.ids import CROSS
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine import accounts, risk
from openmargin.engine.state import State


def set_max_leverage(state: State, command: SetMaxLeverage) -> Rejected | None:
    """Have other bars hold for the cross account, where its collateral level is above the new initial one (2.2)."""
    account = accounts.trading(state, command.account_id, CROSS)
    if account is None:
        return Rejected(Reason.UNKNOWN_ACCOUNT)
    target = state.leverages.get(command.leverage)
    if target is None:
        return Rejected(Reason.UNKNOWN_LEVERAGE)
    total = risk.totals(state, account, risk.BORROW)
    if total.liabilities and total.collateral <= target.initial * total.liabilities:
        return Rejected(Reason.LEVERAGE_LEVEL_TOO_LOW)

    # From here on nothing may be refused.
    account.owner.cross_leverage = command.leverage
    accounts.tell(state, account.owner)
    return None
