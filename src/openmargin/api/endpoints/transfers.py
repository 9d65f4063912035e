"""Moving value between the wallets of one account."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import UNSET, UnsetType

from openmargin.api import errors, params
from openmargin.api.endpoint import Call, Payer, Security, Weight, endpoint
from openmargin.api.endpoints.loans import MaxAmountParams, TransactionReply
from openmargin.api.errors import ApiError, WireError, refusal
from openmargin.api.params import Params
from openmargin.api.render import Reply, is_isolated
from openmargin.api.windows import PageParams, span_of
from openmargin.domain.commands import Transfer
from openmargin.domain.enums import Permission
from openmargin.domain.events import Transferred
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.money import Atoms, format_e8
from openmargin.domain.reasons import Reason, Rejected
from openmargin.history import queries
from openmargin.history.rows import TransferRow

_PATH: Final = "/sapi/v1/asset/transfer"

_NO_SUCH_WALLETS: Final = WireError(
    400, -1020, "This operation is not supported: this exchange has spot and margin wallets only."
)
_WALLET_WORDS: Final = {SPOT: "SPOT", CROSS: "CROSS_MARGIN"}
_ROLL_IN: Final = "ROLL_IN"
_ROLL_OUT: Final = "ROLL_OUT"
_ROLL_WORDS: Final = {_ROLL_IN: True, _ROLL_OUT: False}
_KEPT_DAYS: Final = 183
_ISOLATED: Final = ""
"""Stands for the scope that fromSymbol or toSymbol names."""
SPOT_TO_ISOLATED: Final[tuple[Scope, Scope]] = (SPOT, _ISOLATED)
ISOLATED_TO_SPOT: Final[tuple[Scope, Scope]] = (_ISOLATED, SPOT)
_OTHER_WALLETS: Final = tuple(
    f"{source}_{target}"
    for first in ("UMFUTURE", "CMFUTURE", "FUNDING", "OPTION", "PORTFOLIO_MARGIN")
    for second in ("MAIN", "MARGIN", "FUNDING", "UMFUTURE", "CMFUTURE")
    if first != second
    for source, target in ((first, second), (second, first))
)
"""Between wallets that Binance has and this exchange has not."""

_TYPES: Final[dict[str, tuple[Scope, Scope] | WireError]] = {
    "MAIN_MARGIN": (SPOT, CROSS),
    "MARGIN_MAIN": (CROSS, SPOT),
    "MAIN_ISOLATED_MARGIN": SPOT_TO_ISOLATED,
    "ISOLATED_MARGIN_MAIN": ISOLATED_TO_SPOT,
    "MARGIN_ISOLATEDMARGIN": (CROSS, _ISOLATED),
    "ISOLATEDMARGIN_MARGIN": (_ISOLATED, CROSS),
    "ISOLATEDMARGIN_ISOLATEDMARGIN": (_ISOLATED, _ISOLATED),
    **dict.fromkeys(_OTHER_WALLETS, _NO_SUCH_WALLETS),
}
_TYPE_WORDS: Final = {scopes: word for word, scopes in _TYPES.items() if not isinstance(scopes, WireError)}
_FROM: Final = "The isolated account to take from, where the type has one."
_TO: Final = "The isolated account to give to, where the type has one."


def _resolve(scopes: tuple[Scope, Scope], sent: tuple[str | None, str | None]) -> tuple[Scope, Scope]:
    """Source and target. A symbol is needed where the type leaves one open, and nowhere else."""
    source, target = (
        _resolve_one(scope, symbol, name)
        for scope, symbol, name in zip(scopes, sent, ("fromSymbol", "toSymbol"), strict=True)
    )
    return source, target


def _resolve_one(scope: Scope, symbol: str | None, name: str) -> Scope:
    if scope != _ISOLATED:
        if symbol is not None:
            raise ApiError(errors.not_required(name))
        return scope
    if symbol is None:
        raise ApiError(errors.missing(name))
    return symbol


_MISFITS: Final = (errors.missing("fromSymbol"), errors.not_required("fromSymbol"))
TRANSFERRING: Final = (
    Reason.LIQUIDATING_NO_TRANSFER_IN,
    Reason.LIQUIDATING_NO_TRANSFER_OUT,
    Reason.LIQUIDATION_LOAN_OWED,
    Reason.UNKNOWN_SCOPE,
    Reason.SAME_SCOPE,
    Reason.UNKNOWN_ASSET,
    Reason.AMOUNT_NOT_POSITIVE,
    Reason.ASSET_NOT_IN_PAIR,
    Reason.ASSET_NOT_COLLATERAL,
    Reason.ASSET_DELISTED,
    Reason.COLLATERAL_CAP,
    Reason.NO_INDEX_PRICE,
    Reason.TRANSFER_BALANCE_SHORT,
    Reason.TRANSFER_LEVEL_TOO_LOW,
    Reason.ABOVE_MAX_TRANSFERABLE,
)


class TransferParams(Params, frozen=True, kw_only=True):
    scopes: Annotated[tuple[Scope, Scope], params.choice("type", _TYPES)]
    asset: Annotated[str, params.asset()]
    amount: Annotated[Atoms, params.decimal("amount")]
    from_symbol: Annotated[str | None, params.symbol("fromSymbol", _FROM)] = None
    to_symbol: Annotated[str | None, params.symbol("toSymbol", _TO)] = None


@endpoint(
    "POST",
    _PATH,
    Security.USER_DATA,
    Weight(900, Payer.UID),
    params=TransferParams,
    permission=Permission.MARGIN_LOAN,
    refuses=(*_MISFITS, *TRANSFERRING),
)
async def transfer(call: Call, asked: TransferParams) -> TransactionReply:
    """Transfer between wallets"""
    source, target = _resolve(asked.scopes, (asked.from_symbol, asked.to_symbol))
    outcome = await call.submit(
        Transfer(
            account_id=call.sender.account_id,
            api_key=call.sender.api_key,
            expires_at_ms=call.sender.expires_at_ms,
            source=source,
            target=target,
            asset=asked.asset,
            amount=asked.amount,
        )
    )
    done = next(event for event in outcome.events if isinstance(event, Transferred))
    return TransactionReply(done.transaction_id)


class TransferHistoryParams(PageParams, frozen=True, kw_only=True):
    scopes: Annotated[tuple[Scope, Scope], params.choice("type", _TYPES)]
    from_symbol: Annotated[str | None, params.symbol("fromSymbol", _FROM)] = None
    to_symbol: Annotated[str | None, params.symbol("toSymbol", _TO)] = None


class TransferReply(Reply):
    asset: str
    amount: str
    type: str
    status: str
    tran_id: int
    timestamp: int


class TransferPage(Reply):
    total: int
    rows: list[TransferReply]


@endpoint(
    "GET",
    _PATH,
    Security.USER_DATA,
    Weight(1),
    params=TransferHistoryParams,
    refuses=(*_MISFITS, errors.BAD_DATE_RANGE),
)
async def transfer_history(call: Call, asked: TransferHistoryParams) -> TransferPage:
    """Query transfers between wallets"""
    source, target = _resolve(asked.scopes, (asked.from_symbol, asked.to_symbol))
    now_ms = call.exchange.clock.now_ms()
    span = span_of(asked, now_ms, default_days=7, most_days=_KEPT_DAYS, kept_days=_KEPT_DAYS)
    rows, total = await call.exchange.past.fetch(
        queries.Transfers(
            account_id=call.sender.account_id,
            scope=source,
            is_in=False,
            other=target,
            start_ms=span.start_ms,
            end_ms=span.end_ms,
            offset=asked.offset,
            limit=asked.size,
        )
    )
    return TransferPage(
        total,
        [
            TransferReply(
                row.asset,
                format_e8(row.amount),
                _TYPE_WORDS[asked.scopes],
                "CONFIRMED",
                row.transaction_id,
                row.at_ms,
            )
            for row in rows
        ],
    )


class MarginTransfersParams(PageParams, frozen=True, kw_only=True):
    asset: Annotated[str | None, params.asset()] = None
    is_in: Annotated[
        bool | None,
        params.choice(
            "type", _ROLL_WORDS, about="Into the margin account, or out of it; both where not sent."
        ),
    ] = None
    isolated_symbol: Annotated[Scope | None, params.isolated_symbol()] = None


class MarginTransferReply(Reply):
    amount: str
    asset: str
    status: str
    timestamp: int
    tx_id: int
    type: str
    trans_from: str
    trans_to: str
    from_symbol: str | UnsetType
    to_symbol: str | UnsetType


class MarginTransferPage(Reply):
    rows: list[MarginTransferReply]
    total: int


@endpoint(
    "GET",
    "/sapi/v1/margin/transfer",
    Security.USER_DATA,
    Weight(1),
    params=MarginTransfersParams,
    refuses=(errors.BAD_DATE_RANGE, errors.NO_ISOLATED_ACCOUNT),
)
async def margin_transfers(call: Call, asked: MarginTransfersParams) -> MarginTransferPage:
    """Query transfers into and out of a margin account"""
    return await transfers_of(call, asked, asked.isolated_symbol or CROSS, asked.asset, asked.is_in)


async def transfers_of(
    call: Call,
    asked: PageParams,
    scope: Scope,
    asset: str | None,
    is_in: bool | None,
    other: Scope | None = None,
) -> MarginTransferPage:
    """One page of what was moved into or out of a margin account; with `other`, from or to that alone."""
    call.require_known(scope)
    span = span_of(asked, call.exchange.clock.now_ms(), default_days=7, most_days=30, kept_days=_KEPT_DAYS)
    rows, total = await call.exchange.past.fetch(
        queries.Transfers(
            account_id=call.sender.account_id,
            scope=scope,
            is_in=is_in,
            other=other,
            asset=asset,
            start_ms=span.start_ms,
            end_ms=span.end_ms,
            offset=asked.offset,
            limit=asked.size,
        )
    )
    return MarginTransferPage([_margin_transfer(row, scope) for row in rows], total)


def _margin_transfer(row: TransferRow, scope: Scope) -> MarginTransferReply:
    """Symbols are named where there are two: the one of a single isolated account was asked for."""
    named = is_isolated(row.source) and is_isolated(row.target)
    return MarginTransferReply(
        amount=format_e8(row.amount),
        asset=row.asset,
        status="CONFIRMED",
        timestamp=row.at_ms,
        tx_id=row.transaction_id,
        type=_ROLL_IN if row.target == scope else _ROLL_OUT,
        trans_from=_wallet(row.source),
        trans_to=_wallet(row.target),
        from_symbol=row.source if named else UNSET,
        to_symbol=row.target if named else UNSET,
    )


def _wallet(scope: Scope) -> str:
    return "ISOLATED_MARGIN" if is_isolated(scope) else _WALLET_WORDS[scope]


class MaxTransferableReply(Reply):
    amount: str


@endpoint(
    "GET",
    "/sapi/v1/margin/maxTransferable",
    Security.USER_DATA,
    Weight(50),
    params=MaxAmountParams,
    refuses=(
        Reason.UNKNOWN_SCOPE,
        Reason.UNKNOWN_ASSET,
        Reason.ASSET_NOT_IN_PAIR,
        Reason.NO_INDEX_PRICE,
    ),
)
async def max_transferable(call: Call, asked: MaxAmountParams) -> MaxTransferableReply:
    """Query how much may be transferred out"""
    scope = asked.isolated_symbol or CROSS
    most = await call.read(
        scope, lambda live: live.max_transferable(call.sender.account_id, scope, asked.asset)
    )
    if isinstance(most, Rejected):
        raise refusal(most, call.dialect)
    return MaxTransferableReply(format_e8(most))
