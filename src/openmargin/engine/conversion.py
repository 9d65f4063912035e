"""Value that becomes another asset without a trade: at the index, against the exchange's own account.

Owns: the one rounding of it: what is sold is paid for in full, down to the atom. Two movements, so that every asset
still sums to zero.
"""

from __future__ import annotations

from openmargin.domain.enums import Flow
from openmargin.domain.ids import CONVERSION
from openmargin.domain.money import Atoms, ceil_div
from openmargin.engine import ledger, proceeds, risk
from openmargin.engine.state import State, TradingAccount


def convert(
    state: State, account: TradingAccount, sold: str, available: Atoms, bought: str, wanted: Atoms
) -> tuple[Atoms, Atoms]:
    """Turn as much of `sold` as `wanted` costs, but no more than is available, into `bought`; both amounts.

    What goes is rounded up, and what it comes to, down: at most an atom is lost, and it may come to more than `wanted`.
    """
    price = risk.mark(state, account, sold)
    price_wanted = risk.mark(state, account, bought)
    amount = min(available, ceil_div(wanted * price_wanted, price))
    received = amount * price // price_wanted
    system = state.system(CONVERSION)
    ledger.move(state, account.wallet(sold), system.wallet(sold), amount)
    ledger.move(state, system.wallet(bought), account.wallet(bought), received)
    proceeds.tell(state, account, Flow.OTHER_LIQUIDATION, sold, -amount)
    proceeds.tell(state, account, Flow.OTHER_LIQUIDATION, bought, received)
    return amount, received
