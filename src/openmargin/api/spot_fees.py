"""Commission rates as the spot API shows them."""

from __future__ import annotations

from typing import Final

from openmargin.api.endpoint import Call
from openmargin.api.render import Reply
from openmargin.domain.money import format_e8
from openmargin.domain.venue import CommissionRates
from openmargin.domain.views import AccountView

_ZERO: Final = format_e8(0)


class OrderRates(Reply):
    maker: str
    taker: str


class Rates(Reply):
    """A commission has a part for the role in the trade and a part for the side; here sides pay nothing."""

    maker: str
    taker: str
    buyer: str = _ZERO
    seller: str = _ZERO


class Discount(Reply):
    """What commission costs less in the venue's burn asset, for accounts that chose to pay in it."""

    enabled_for_account: bool
    enabled_for_symbol: bool
    discount_asset: str
    discount: str


class ForOrder(Reply):
    standard_commission_for_order: OrderRates
    special_commission_for_order: OrderRates
    tax_commission_for_order: OrderRates
    discount: Discount


class ForSymbol(Reply):
    symbol: str
    standard_commission: Rates
    special_commission: Rates
    tax_commission: Rates
    discount: Discount


async def account_of(call: Call) -> AccountView:
    account = await call.exchange.read(lambda live: live.account(call.sender.account_id))
    assert account is not None, "who sent a signed request has an account"
    return account


def rates_of(call: Call, account: AccountView) -> CommissionRates:
    """Those of the account's VIP level; the last row serves all above."""
    rows = call.catalogue.venue.commissions
    return rows[min(account.vip, len(rows) - 1)]


async def rates_for_order(call: Call) -> ForOrder:
    account = await account_of(call)
    rates = rates_of(call, account)
    nothing = OrderRates(_ZERO, _ZERO)
    return ForOrder(
        OrderRates(format_e8(rates.maker), format_e8(rates.taker)),
        nothing,
        nothing,
        _discount(call, account),
    )


async def rates_for_symbol(call: Call, symbol: str) -> ForSymbol:
    call.catalogue.symbol(symbol)
    account = await account_of(call)
    nothing = Rates(_ZERO, _ZERO)
    return ForSymbol(
        symbol,
        shown(rates_of(call, account)),
        nothing,
        nothing,
        _discount(call, account),
    )


def _discount(call: Call, account: AccountView) -> Discount:
    """Every symbol takes part, where the venue has the asset at all."""
    rules = call.catalogue.venue.margin
    return Discount(
        account.burns_bnb_for_commission,
        any(asset.name == rules.burn_asset for asset in call.catalogue.venue.assets),
        rules.burn_asset,
        format_e8(rules.burn_commission_discount),
    )


def shown(rates: CommissionRates) -> Rates:
    return Rates(format_e8(rates.maker), format_e8(rates.taker))
