"""What the owner of an account chooses for it: its leverage, and whether it pays in BNB."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from openmargin.api import errors, params
from openmargin.api.endpoint import Call, Payer, Security, Weight, endpoint
from openmargin.api.errors import ApiError
from openmargin.api.params import NoParams, Params
from openmargin.api.render import Reply
from openmargin.domain.commands import SetBnbBurn, SetMaxLeverage
from openmargin.domain.events import AccountChanged
from openmargin.domain.reasons import Reason
from openmargin.domain.views import AccountView


class MaxLeverageParams(Params, frozen=True, kw_only=True):
    leverage: Annotated[int, params.number("maxLeverage", "One of the venue's leverages of cross accounts.")]


class SuccessReply(Reply):
    success: bool


@endpoint(
    "POST",
    "/sapi/v1/margin/max-leverage",
    Security.USER_DATA,
    Weight(3000, Payer.UID),
    params=MaxLeverageParams,
    requests_per_minute=1,
    refuses=(
        Reason.LIQUIDATING,
        Reason.UNKNOWN_LEVERAGE,
        Reason.NO_INDEX_PRICE,
        Reason.LEVERAGE_LEVEL_TOO_LOW,
    ),
)
async def set_max_leverage(call: Call, asked: MaxLeverageParams) -> SuccessReply:
    """Choose the leverage of the cross account"""
    sender = call.sender
    await call.submit(SetMaxLeverage(sender.account_id, sender.api_key, sender.expires_at_ms, asked.leverage))
    return SuccessReply(True)


_BNB_PATH: Final = "/sapi/v1/bnbBurn"
_SWITCHES: Final = ("spotBNBBurn", "interestBNBBurn")


class BnbBurnParams(Params, frozen=True, kw_only=True):
    spot: Annotated[bool | None, params.boolean(_SWITCHES[0], "Pay commission in BNB.")] = None
    interest: Annotated[
        bool | None, params.boolean(_SWITCHES[1], "Pay the interest of cross loans in BNB.")
    ] = None


class BnbBurnReply(Reply):
    spot: bool = msgspec.field(name=_SWITCHES[0])
    interest: bool = msgspec.field(name=_SWITCHES[1])


def _bnb_burn(account: AccountView | AccountChanged) -> BnbBurnReply:
    return BnbBurnReply(account.burns_bnb_for_commission, account.burns_bnb_for_interest)


@endpoint("GET", _BNB_PATH, Security.USER_DATA, Weight(1))
async def bnb_burn(call: Call, _asked: NoParams) -> BnbBurnReply:
    """Query whether commission and interest are paid in BNB"""
    account = await call.exchange.read(lambda live: live.account(call.sender.account_id))
    assert account is not None, "a key has an account"
    return _bnb_burn(account)


@endpoint(
    "POST",
    _BNB_PATH,
    Security.USER_DATA,
    Weight(1),
    params=BnbBurnParams,
    refuses=(errors.missing_either(*_SWITCHES), Reason.INTEREST_ASSET_UNKNOWN),
)
async def set_bnb_burn(call: Call, asked: BnbBurnParams) -> BnbBurnReply:
    """Pay commission or interest in BNB, or no longer"""
    if asked.spot is None and asked.interest is None:
        raise ApiError(errors.missing_either(*_SWITCHES))
    sender = call.sender
    outcome = await call.submit(
        SetBnbBurn(sender.account_id, sender.api_key, sender.expires_at_ms, asked.spot, asked.interest)
    )
    return _bnb_burn(next(event for event in outcome.events if isinstance(event, AccountChanged)))
