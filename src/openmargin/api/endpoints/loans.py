"""Borrowing and repaying, and what it costs."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import UNSET, UnsetType

from openmargin.api import errors, params
from openmargin.api.endpoint import Call, Payer, Security, Weight, endpoint
from openmargin.api.errors import ApiError, refusal
from openmargin.api.params import Params
from openmargin.api.render import Reply, is_isolated
from openmargin.api.scopes import OF_SYMBOL, AccountParams
from openmargin.api.windows import PageParams, Span, latest_span, span_of
from openmargin.domain.commands import Borrow, Repay
from openmargin.domain.enums import InterestKind, LoanSource
from openmargin.domain.events import Borrowed, Repaid
from openmargin.domain.ids import CROSS, Scope
from openmargin.domain.money import Atoms, format_e8, format_short
from openmargin.domain.reasons import Reason, Rejected
from openmargin.history import queries
from openmargin.history.rows import InterestRow, LoanKind, LoanRow

_PATH: Final = "/sapi/v1/margin/borrow-repay"
_SOURCE_WORDS: Final = {
    LoanSource.MANUAL: "MANUAL",
    LoanSource.AUTO: "AUTO",
    LoanSource.LIQUIDATION: "AUTO",  # The reference has no word of its own for it.
}
_INTEREST_WORDS: Final = {kind: kind.name for kind in InterestKind}


BORROWING: Final = (
    Reason.NO_INDEX_PRICE,
    Reason.LIQUIDATING_NO_BORROW,
    Reason.LIQUIDATION_LOAN_OWED,
    Reason.UNKNOWN_SCOPE,
    Reason.AMOUNT_NOT_POSITIVE,
    Reason.UNKNOWN_ASSET,
    Reason.ASSET_NOT_BORROWABLE,
    Reason.ASSET_NOT_IN_PAIR,
    Reason.BELOW_MIN_BORROW,
    Reason.BORROW_LEVEL_TOO_LOW,
    Reason.ABOVE_MAX_BORROWABLE,
    Reason.INVENTORY_SHORT,
)
REPAYING: Final = (
    Reason.LIQUIDATING_NO_REPAY,
    Reason.ABOVE_DEBT,
    Reason.BELOW_MIN_REPAY,
    Reason.DEBT_LEFT_TOO_SMALL,
    Reason.REPAY_BALANCE_SHORT,
)


class BorrowRepayParams(AccountParams, frozen=True, kw_only=True):
    # isIsolated is mandatory in the reference, but its own default and several clients say FALSE by saying nothing.
    asset: Annotated[str, params.asset()]
    amount: Annotated[Atoms, params.decimal("amount")]
    kind: Annotated[LoanKind, params.choice("type", params.words(LoanKind))]


class TransactionReply(Reply):
    tran_id: int


@endpoint(
    "POST",
    _PATH,
    Security.MARGIN,
    Weight(1500, Payer.UID),
    params=BorrowRepayParams,
    refuses=(*OF_SYMBOL, *BORROWING, *REPAYING),
)
async def borrow_or_repay(call: Call, asked: BorrowRepayParams) -> TransactionReply:
    """Borrow or repay"""
    command = Borrow if asked.kind is LoanKind.BORROW else Repay
    outcome = await call.submit(
        command(
            account_id=call.sender.account_id,
            api_key=call.sender.api_key,
            expires_at_ms=call.sender.expires_at_ms,
            scope=asked.scope,
            asset=asked.asset,
            amount=asked.amount,
        )
    )
    done = next(event for event in outcome.events if isinstance(event, Borrowed | Repaid))
    return TransactionReply(done.transaction_id)


class LoanRecordsParams(PageParams, frozen=True, kw_only=True):
    asset: Annotated[str | None, params.asset()] = None
    isolated_symbol: Annotated[Scope | None, params.isolated_symbol()] = None
    transaction_id: Annotated[int | None, params.number("txId", "Goes before startTime and endTime.")] = None
    kind: Annotated[LoanKind, params.choice("type", params.words(LoanKind))]


class LoanReply(Reply):
    type: str
    isolated_symbol: str | UnsetType
    amount: str
    asset: str
    interest: str
    principal: str
    status: str
    timestamp: int
    tx_id: int


class LoanPage(Reply):
    rows: list[LoanReply]
    total: int


def _loan(row: LoanRow) -> LoanReply:
    return LoanReply(
        type=_SOURCE_WORDS[row.source],
        isolated_symbol=row.scope if is_isolated(row.scope) else UNSET,
        amount=format_e8(row.principal + row.interest),
        asset=row.asset,
        interest=format_e8(row.interest),
        principal=format_e8(row.principal),
        status="CONFIRMED",  # What failed changed nothing and left no record.
        timestamp=row.at_ms,
        tx_id=row.transaction_id,
    )


@endpoint(
    "GET",
    _PATH,
    Security.USER_DATA,
    Weight(10),
    params=LoanRecordsParams,
    refuses=(errors.NO_ISOLATED_ACCOUNT,),
)
async def loan_records(call: Call, asked: LoanRecordsParams) -> LoanPage:
    """Query borrow and repay records"""
    if asked.transaction_id is None:
        most_days = 7 if asked.asset is None else 30
        span = latest_span(asked, call.exchange.clock.now_ms(), default_days=7, most_days=most_days)
    else:
        span = Span(None, None)
    scope = asked.isolated_symbol or CROSS
    call.require_known(scope)
    rows, total = await call.exchange.past.fetch(
        queries.Loans(
            account_id=call.sender.account_id,
            scope=scope,
            kind=asked.kind,
            asset=asked.asset,
            transaction_id=asked.transaction_id,
            start_ms=span.start_ms,
            end_ms=span.end_ms,
            offset=asked.offset,
            limit=asked.size,
        )
    )
    return LoanPage([_loan(row) for row in rows], total)


class InterestParams(PageParams, frozen=True, kw_only=True):
    asset: Annotated[str | None, params.asset()] = None
    isolated_symbol: Annotated[Scope | None, params.isolated_symbol()] = None
    archived: Annotated[
        bool,
        params.boolean(
            "archived", "Records older than six months; not kept apart here, so only FALSE is served."
        ),
    ] = False


class InterestReply(Reply):
    tx_id: int
    interest_accured_time: int
    asset: str
    raw_asset: str | UnsetType
    principal: str
    interest: str
    interest_rate: str
    type: str
    isolated_symbol: str | UnsetType


class InterestPage(Reply):
    rows: list[InterestReply]
    total: int


def _interest(row: InterestRow) -> InterestReply:
    return InterestReply(
        tx_id=row.transaction_id,
        interest_accured_time=row.hour_ms,
        asset=row.asset,
        raw_asset=UNSET if is_isolated(row.scope) else row.raw_asset,
        principal=format_e8(row.principal),
        interest=format_e8(row.interest),
        interest_rate=format_e8(row.daily_rate),
        type=_INTEREST_WORDS[row.kind],
        isolated_symbol=row.scope if is_isolated(row.scope) else UNSET,
    )


@endpoint(
    "GET",
    "/sapi/v1/margin/interestHistory",
    Security.USER_DATA,
    Weight(1),
    params=InterestParams,
    refuses=(errors.NOT_SUPPORTED, errors.BAD_DATE_RANGE, errors.NO_ISOLATED_ACCOUNT),
)
async def interest_history(call: Call, asked: InterestParams) -> InterestPage:
    """Get interest history"""
    if asked.archived:
        raise ApiError(errors.NOT_SUPPORTED)
    now_ms = call.exchange.clock.now_ms()
    span = span_of(asked, now_ms, default_days=7, most_days=30, kept_days=90)
    scope = asked.isolated_symbol or CROSS
    call.require_known(scope)
    rows, total = await call.exchange.past.fetch(
        queries.Interest(
            account_id=call.sender.account_id,
            scope=scope,
            asset=asked.asset,
            start_ms=span.start_ms,
            end_ms=span.end_ms,
            offset=asked.offset,
            limit=asked.size,
        )
    )
    return InterestPage([_interest(row) for row in rows], total)


class MaxAmountParams(Params, frozen=True, kw_only=True):
    asset: Annotated[str, params.asset()]
    isolated_symbol: Annotated[Scope | None, params.isolated_symbol()] = None


class MaxBorrowableReply(Reply):
    amount: str
    borrow_limit: str


@endpoint(
    "GET",
    "/sapi/v1/margin/maxBorrowable",
    Security.USER_DATA,
    Weight(750, Payer.UID),
    params=MaxAmountParams,
    refuses=(
        Reason.UNKNOWN_SCOPE,
        Reason.UNKNOWN_ASSET,
        Reason.ASSET_NOT_BORROWABLE,
        Reason.ASSET_NOT_IN_PAIR,
        Reason.NO_INDEX_PRICE,
    ),
)
async def max_borrowable(call: Call, asked: MaxAmountParams) -> MaxBorrowableReply:
    """Query how much may be borrowed"""
    scope = asked.isolated_symbol or CROSS
    most = await call.read(
        scope, lambda live: live.max_borrowable(call.sender.account_id, scope, asked.asset)
    )
    if isinstance(most, Rejected):
        raise refusal(most, call.dialect)
    return MaxBorrowableReply(format_e8(most.amount), format_short(most.limit))
