"""What the exchange takes of each fill: a share of what is received, or BNB at a discount (mechanics 10)."""

from __future__ import annotations

from openmargin.domain.ids import FEES
from openmargin.domain.money import E8, Atoms, share
from openmargin.engine import ledger
from openmargin.engine.state import Order, State, Wallet


def take(state: State, order: Order, received: Atoms, *, is_maker: bool) -> tuple[Atoms, str]:
    """Take the commission on what an order received; how much, and of which asset.

    Who chose BNB pays in BNB as long as the same trading account has enough of it free at that moment.
    """
    owner = order.account.owner
    rate = owner.maker_rate if is_maker else owner.taker_rate
    wallet = order.receives_in
    amount = share(received, rate)
    if owner.burns_bnb_for_commission:
        burned = order.account.wallets.get(state.venue.margin.burn_asset)
        if burned is not None and burned.free > 0:
            due = _in_other(state, wallet, received, rate, burned)
            if 0 <= due <= burned.free:
                wallet, amount = burned, due
    if amount:
        ledger.move(state, wallet, state.system(FEES).wallet(wallet.asset), amount)
    return amount, wallet.asset


def _in_other(state: State, wallet: Wallet, received: Atoms, rate: int, paying: Wallet) -> Atoms:
    """The discounted commission by the index, rounded down in one division; -1 where either has no price."""
    price = state.marks.get(paying.asset, 0)
    value = state.marks.get(wallet.asset, 0)
    if price == 0 or value == 0:
        return -1
    discounted = rate * (E8 - state.venue.margin.burn_commission_discount)
    return received * discounted * value // (E8 * E8 * price)
