"""What the exchange takes of each fill: a share of what is received, or BNB at a discount (mechanics 10)."""

from __future__ import annotations

from openmargin.domain.ids import FEES
from openmargin.domain.money import E8, Atoms, ceil_div, share, share_max
from openmargin.engine import ledger
from openmargin.engine.state import Order, State, TradingAccount, Wallet


def take(state: State, order: Order, received: Atoms, *, is_maker: bool) -> tuple[Atoms, str]:
    """Take the commission on what an order received; how much, and of which asset.

    Who chose BNB pays in BNB as long as the same trading account has enough of it free at that moment.
    """
    owner = order.account.owner
    rate = owner.maker_rate if is_maker else owner.taker_rate
    wallet = order.receives_in
    rounds_up = state.venue.orders.commission_rounds_up
    amount = share_max(received, rate) if rounds_up else share(received, rate)
    if owner.burns_bnb_for_commission:
        burned = order.account.wallets.get(state.venue.margin.burn_asset)
        spare = _spare(order.account, burned) if burned is not None else 0
        if burned is not None and spare > 0:
            due = _in_other(state, wallet, received, rate, burned)
            if 0 <= due <= spare:
                wallet, amount = burned, due
    if amount:
        ledger.move(state, wallet, state.system(FEES).wallet(wallet.asset), amount)
    return amount, wallet.asset


def _spare(account: TradingAccount, wallet: Wallet) -> Atoms:
    """What is free, and not set aside for the fee of a liquidation."""
    liquidation = account.liquidation
    return wallet.free - (liquidation.aside.get(wallet.asset, 0) if liquidation is not None else 0)


def _in_other(state: State, wallet: Wallet, received: Atoms, rate: int, paying: Wallet) -> Atoms:
    """The discounted commission by the index, rounded in one division; -1 where either has no price."""
    price = state.marks.get(paying.asset, 0)
    value = state.marks.get(wallet.asset, 0)
    if price == 0 or value == 0:
        return -1
    discounted = rate * (E8 - state.venue.margin.burn_commission_discount)
    dividend, divisor = received * discounted * value, E8 * E8 * price
    return ceil_div(dividend, divisor) if state.venue.orders.commission_rounds_up else dividend // divisor
