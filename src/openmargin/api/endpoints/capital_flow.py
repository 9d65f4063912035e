"""All that moved value into a margin account or out of it."""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import errors, params
from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.params import Params
from openmargin.api.render import Reply, is_isolated
from openmargin.api.windows import week_of
from openmargin.domain.ids import CROSS, Scope
from openmargin.domain.money import format_short
from openmargin.domain.venue import Venue
from openmargin.history import queries
from openmargin.history.rows import FlowKind, FlowRow

_KIND_WORDS: Final = {kind: kind.name for kind in FlowKind}


class FlowParams(Params, frozen=True, kw_only=True):
    asset: Annotated[str | None, params.asset()] = None
    symbol: Annotated[
        Scope | None,
        params.symbol(about="The pair of an isolated account; the cross account where not sent."),
    ] = None
    kind: Annotated[FlowKind | None, params.choice("type", params.words(FlowKind))] = None
    start_ms: Annotated[int | None, params.time("startTime", "At most 90 days ago.")] = None
    end_ms: Annotated[int | None, params.time("endTime", "At most 7 days after startTime.")] = None
    from_id: Annotated[
        int | None, params.number("fromId", "Those of the span after this id; its newest where not sent.")
    ] = None
    limit: Annotated[int, params.count("limit", 1000)] = 500


class FlowReply(Reply):
    id: int
    tran_id: int
    timestamp: int
    asset: str
    symbol: str
    type: str
    amount: str
    note: str


def _flow(row: FlowRow) -> FlowReply:
    return FlowReply(
        row.flow_id,
        row.transaction_id,
        row.at_ms,
        row.asset,
        row.scope if is_isolated(row.scope) else row.symbol,
        _KIND_WORDS[row.kind],
        format_short(row.amount),
        "",  # Binance notes loans to institutions here, which this exchange has not.
    )


@endpoint(
    "GET",
    "/sapi/v1/margin/capital-flow",
    Security.USER_DATA,
    Weight(100),
    params=FlowParams,
    refuses=(
        errors.NOT_A_MARGIN_ASSET,
        errors.NO_ISOLATED_ACCOUNT,
        errors.MORE_THAN_A_WEEK,
        errors.BAD_DATE_RANGE,
    ),
)
async def capital_flow(call: Call, asked: FlowParams) -> list[FlowReply]:
    """Query the capital flow of a margin account, oldest first"""
    if asked.asset is not None:
        call.catalogue.asset(asked.asset)
    scope = asked.symbol or CROSS
    call.require_known(scope)
    start_ms, end_ms = week_of(asked, call.exchange.clock.now_ms())
    found = await call.exchange.past.fetch(
        queries.Flows(
            account_id=call.sender.account_id,
            scope=scope,
            pairs=_pairs(call.catalogue.venue, scope),
            asset=asked.asset,
            kind=asked.kind,
            after_id=asked.from_id,
            start_ms=start_ms,
            end_ms=end_ms,
            limit=asked.limit,
        )
    )
    return [_flow(row) for row in found]


def _pairs(venue: Venue, scope: Scope) -> tuple[tuple[str, str, str], ...]:
    return tuple((pair.name, pair.base, pair.quote) for pair in venue.symbols if scope in (CROSS, pair.name))
