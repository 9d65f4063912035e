"""What loans cost: by asset and VIP level, now, in the next hour and in the past."""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import errors, params
from openmargin.api.catalogue import Catalogue
from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.errors import ApiError
from openmargin.api.params import Params
from openmargin.api.render import Reply
from openmargin.api.weights import Heavier
from openmargin.api.windows import span_within
from openmargin.domain.money import HOURS_PER_DAY, format_e8, format_fixed, format_short
from openmargin.domain.venue import Asset
from openmargin.history import queries
from openmargin.runtime.live import Live

_DAYS_PER_YEAR: Final = 365
_YEARLY_DECIMALS: Final = 4
_HISTORY_DAYS: Final = 31
_ASSETS_MAX: Final = 20


def of_level(rates: tuple[int, ...], vip: int) -> int:
    """The rate of a VIP level; the last serves all above."""
    return rates[min(vip, len(rates) - 1)]


def vip_of(live: Live, account_id: int, asked: int | None) -> int:
    """The level that was asked for, or the account's own."""
    if asked is not None:
        return asked
    account = live.account(account_id)
    return account.vip if account is not None else 0


class CrossFeeParams(Params, frozen=True, kw_only=True):
    vip_level: Annotated[int | None, params.number("vipLevel", "The account's own where not sent.")] = None
    coin: Annotated[str | None, params.asset("coin", "All assets where not sent.")] = None


class CrossFee(Reply):
    vip_level: int
    coin: str
    transfer_in: bool
    borrowable: bool
    daily_interest: str
    yearly_interest: str
    borrow_limit: str
    marginable_pairs: list[str]


@endpoint(
    "GET",
    "/sapi/v1/margin/crossMarginData",
    Security.USER_DATA,
    Weight(1, heavier=Heavier(5, "coin", (None,))),
    params=CrossFeeParams,
    refuses=(errors.NOT_A_MARGIN_ASSET,),
)
async def cross_fees(call: Call, asked: CrossFeeParams) -> list[CrossFee]:
    """Query interest and borrow limits of the cross account"""
    catalogue, now_ms = call.catalogue, call.exchange.clock.now_ms()
    assets = catalogue.venue.assets if asked.coin is None else (catalogue.asset(asked.coin),)

    def question(live: Live) -> list[CrossFee]:
        vip = vip_of(live, call.sender.account_id, asked.vip_level)
        return [_cross_fee(live, catalogue, asset, vip, now_ms) for asset in assets]

    return await call.exchange.read(question)


def _cross_fee(live: Live, catalogue: Catalogue, asset: Asset, vip: int, now_ms: int) -> CrossFee:
    rates = live.rates(asset.name)
    daily = of_level(rates.daily, vip) if rates is not None else 0
    terms = asset.loan_terms
    return CrossFee(
        vip_level=vip,
        coin=asset.name,
        transfer_in=catalogue.is_moved_in(asset, now_ms),
        borrowable=catalogue.is_lent(asset, now_ms),
        daily_interest=format_e8(daily),
        yearly_interest=format_fixed(daily * _DAYS_PER_YEAR, _YEARLY_DECIMALS),
        borrow_limit=format_short(terms[min(vip, len(terms) - 1)].limit if terms else 0),
        marginable_pairs=[
            pair.name
            for pair in catalogue.venue.symbols
            if asset.name in (pair.base, pair.quote) and catalogue.is_on_cross(pair, now_ms)
        ],
    )


class NextRateParams(Params, frozen=True, kw_only=True):
    assets: Annotated[tuple[str, ...], params.assets("assets", _ASSETS_MAX)]
    is_isolated: Annotated[bool, params.boolean("isIsolated", "Both kinds of account pay the same.")]


class NextRate(Reply):
    asset: str
    next_hourly_interest_rate: str


@endpoint(
    "GET",
    "/sapi/v1/margin/next-hourly-interest-rate",
    Security.USER_DATA,
    Weight(100),
    params=NextRateParams,
    refuses=(errors.NOT_A_MARGIN_ASSET, errors.BORROW_BANNED),
)
async def next_rates(call: Call, asked: NextRateParams) -> list[NextRate]:
    """Query the interest rates of the next hour, for the account's VIP level"""
    for name in asked.assets:
        call.catalogue.asset(name)

    def question(live: Live) -> list[NextRate]:
        vip = vip_of(live, call.sender.account_id, None)
        return [_next_rate(live, name, vip) for name in asked.assets]

    return await call.exchange.read(question)


def _next_rate(live: Live, asset: str, vip: int) -> NextRate:
    """An hour's share of the daily rate, to the nearest: interest itself is worked out of the daily one."""
    rates = live.rates(asset)
    if rates is None:
        raise ApiError(errors.BORROW_BANNED)
    daily = of_level(rates.daily_next_hour, vip)
    return NextRate(asset, format_e8((daily + HOURS_PER_DAY // 2) // HOURS_PER_DAY))


class RateHistoryParams(Params, frozen=True, kw_only=True):
    asset: Annotated[str, params.asset()]
    vip_level: Annotated[int | None, params.number("vipLevel", "The account's own where not sent.")] = None
    start_ms: Annotated[int | None, params.time("startTime", "7 days before endTime where not sent.")] = None
    end_ms: Annotated[int | None, params.time("endTime", "Now where not sent.")] = None


class PastRate(Reply):
    asset: str
    daily_interest_rate: str
    timestamp: int
    vip_level: int


@endpoint(
    "GET",
    "/sapi/v1/margin/interestRateHistory",
    Security.USER_DATA,
    Weight(1),
    params=RateHistoryParams,
    refuses=(errors.NOT_A_MARGIN_ASSET, errors.BAD_DATE_RANGE),
)
async def rate_history(call: Call, asked: RateHistoryParams) -> list[PastRate]:
    """Query how an asset's interest rate changed, newest first; a rate that held before is of the first moment"""
    call.catalogue.asset(asked.asset)
    start_ms, end_ms = span_within(
        asked, call.exchange.clock.now_ms(), default_days=7, most_days=_HISTORY_DAYS
    )
    vip = await call.exchange.read(lambda live: vip_of(live, call.sender.account_id, asked.vip_level))
    found = await call.exchange.past.fetch(queries.Rates(asset=asked.asset, start_ms=start_ms, end_ms=end_ms))
    return [
        PastRate(row.asset, format_e8(of_level(row.daily_rates, vip)), max(row.effective_ms, start_ms), vip)
        for row in found
    ]
