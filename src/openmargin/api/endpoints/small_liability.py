"""Small debts: which may be exchanged, the exchange, and its history."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Raw

from openmargin.api import errors, params
from openmargin.api.endpoint import Call, Payer, Security, Weight, endpoint
from openmargin.api.params import NoParams, Params
from openmargin.api.render import Nothing, Reply, json_number
from openmargin.api.windows import PageParams, span_within
from openmargin.domain.commands import ExchangeSmallLiabilities
from openmargin.domain.money import format_e8
from openmargin.domain.reasons import Reason
from openmargin.history import queries

_PATH: Final = "/sapi/v1/margin/exchange-small-liability"
_NAMES_MAX: Final = 100
"""More than any venue lets one exchange name, which is for the venue to refuse."""


class SmallLiability(Reply):
    asset: str
    interest: str
    principal: str
    liability_asset: str
    liability_qty: Raw
    """A JSON number."""


@endpoint("GET", _PATH, Security.USER_DATA, Weight(100))
async def small_liabilities(call: Call, _asked: NoParams) -> list[SmallLiability]:
    """Query the debts that may be exchanged as small"""
    found = await call.exchange.read(lambda live: live.small_liabilities(call.sender.account_id))
    return [
        SmallLiability(
            debt.asset,
            format_e8(debt.interest),
            format_e8(debt.principal),
            debt.target_asset,
            json_number(debt.target_amount),
        )
        for debt in found
    ]


class ExchangeParams(Params, frozen=True, kw_only=True):
    assets: Annotated[tuple[str, ...], params.assets("assetNames", _NAMES_MAX)]


@endpoint(
    "POST",
    _PATH,
    Security.MARGIN,
    Weight(3000, Payer.UID),
    params=ExchangeParams,
    refuses=(
        Reason.LIQUIDATING,
        Reason.NO_INDEX_PRICE,
        Reason.NOT_A_SMALL_LIABILITY,
        Reason.TOO_MANY_SMALL_LIABILITIES,
        Reason.SMALL_LIABILITIES_TOO_SOON,
        Reason.INVENTORY_SHORT,
    ),
)
async def exchange(call: Call, asked: ExchangeParams) -> Nothing:
    """Exchange small debts for one of another asset, all or none"""
    sender = call.sender
    await call.submit(
        ExchangeSmallLiabilities(sender.account_id, sender.api_key, sender.expires_at_ms, asked.assets)
    )
    return Nothing()


class Exchanged(Reply):
    asset: str
    amount: str
    target_asset: str
    target_amount: str
    biz_type: str
    timestamp: int


class ExchangedPage(Reply):
    total: int
    rows: list[Exchanged]


@endpoint(
    "GET",
    "/sapi/v1/margin/exchange-small-liability-history",
    Security.USER_DATA,
    Weight(100, Payer.UID),
    params=PageParams,
    refuses=(errors.BAD_DATE_RANGE,),
)
async def exchange_history(call: Call, asked: PageParams) -> ExchangedPage:
    """Query exchanges of small debts, by default of the last 30 days"""
    start_ms, end_ms = span_within(asked, call.exchange.clock.now_ms(), default_days=30)
    rows, total = await call.exchange.past.fetch(
        queries.SmallLiabilities(
            account_id=call.sender.account_id,
            start_ms=start_ms,
            end_ms=end_ms,
            offset=asked.offset,
            limit=asked.size,
        )
    )
    return ExchangedPage(
        total,
        [
            Exchanged(
                row.asset,
                format_e8(row.principal + row.interest),
                row.target_asset,
                format_e8(row.target_amount),
                "EXCHANGE_SMALL_LIABILITY",
                row.at_ms,
            )
            for row in rows
        ],
    )
