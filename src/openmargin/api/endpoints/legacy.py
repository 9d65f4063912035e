"""Paths that Binance has removed and clients still wrap.

Never: has a rule of its own. Each translates its parameters and calls the endpoint that took its place.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Final, TypeVar

from openmargin.api import errors, params
from openmargin.api.endpoint import Call, Payer, Security, Weight, endpoint
from openmargin.api.endpoints import isolated, loans, margin_market, transfers
from openmargin.api.errors import ApiError
from openmargin.api.params import Params
from openmargin.api.scopes import OF_SYMBOL, AccountParams
from openmargin.api.windows import PageParams
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.money import Atoms
from openmargin.domain.reasons import Reason
from openmargin.history.rows import LoanKind

T = TypeVar("T")

_TRANSFER: Final = "/sapi/v1/margin/transfer"
_LOAN: Final = "/sapi/v1/margin/loan"
_REPAY: Final = "/sapi/v1/margin/repay"
_ISOLATED_TRANSFER: Final = "/sapi/v1/margin/isolated/transfer"


def _without(reasons: tuple[Reason, ...], *never: Reason) -> tuple[Reason, ...]:
    """What the successor refuses with, but for what cannot be asked of it by the older name."""
    return tuple(reason for reason in reasons if reason not in never)


# --- transfers -------------------------------------------------------------------------------------------------


class CrossTransferParams(Params, frozen=True, kw_only=True):
    asset: Annotated[str, params.asset()]
    amount: Annotated[Atoms, params.decimal("amount")]
    scopes: Annotated[
        tuple[Scope, Scope],
        params.choice(
            "type",
            {"1": (SPOT, CROSS), "2": (CROSS, SPOT)},
            about="1 from the spot wallet to the cross account, 2 back.",
        ),
    ]


@endpoint(
    "POST",
    _TRANSFER,
    Security.MARGIN,
    Weight(600),
    params=CrossTransferParams,
    refuses=_without(
        transfers.TRANSFERRING, Reason.UNKNOWN_SCOPE, Reason.SAME_SCOPE, Reason.ASSET_NOT_IN_PAIR
    ),
    successor=transfers.transfer,
)
async def cross_transfer(call: Call, asked: CrossTransferParams) -> loans.TransactionReply:
    """Transfer between the spot wallet and the cross account"""
    return await transfers.transfer.run(
        call, transfers.TransferParams(scopes=asked.scopes, asset=asked.asset, amount=asked.amount)
    )


_SPOT: Final = "SPOT"
_ISOLATED: Final = "ISOLATED_MARGIN"


def _end(name: str) -> params.Param:
    return params.choice(name, {_SPOT: _SPOT, _ISOLATED: _ISOLATED})


class IsolatedTransferParams(isolated.IsolatedPairParams, frozen=True, kw_only=True):
    asset: Annotated[str, params.asset()]
    amount: Annotated[Atoms, params.decimal("amount")]
    source: Annotated[str, _end("transFrom")]
    target: Annotated[str, _end("transTo")]


@endpoint(
    "POST",
    _ISOLATED_TRANSFER,
    Security.MARGIN,
    Weight(600, Payer.UID),
    params=IsolatedTransferParams,
    refuses=(
        errors.BAD_COMBINATION,
        *_without(transfers.TRANSFERRING, Reason.SAME_SCOPE, Reason.COLLATERAL_CAP),
    ),
    successor=transfers.transfer,
)
async def isolated_transfer(call: Call, asked: IsolatedTransferParams) -> loans.TransactionReply:
    """Transfer between the spot wallet and an isolated account"""
    if asked.source == asked.target:
        raise ApiError(errors.BAD_COMBINATION)
    is_in = asked.source == _SPOT
    return await transfers.transfer.run(
        call,
        transfers.TransferParams(
            scopes=transfers.SPOT_TO_ISOLATED if is_in else transfers.ISOLATED_TO_SPOT,
            asset=asked.asset,
            amount=asked.amount,
            from_symbol=None if is_in else asked.symbol,
            to_symbol=asked.symbol if is_in else None,
        ),
    )


class IsolatedTransfersParams(PageParams, frozen=True, kw_only=True):
    symbol: Annotated[str, params.symbol()]
    asset: Annotated[str | None, params.asset()] = None
    source: Annotated[str | None, _end("transFrom")] = None
    target: Annotated[str | None, _end("transTo")] = None


@endpoint(
    "GET",
    _ISOLATED_TRANSFER,
    Security.USER_DATA,
    Weight(1),
    params=IsolatedTransfersParams,
    refuses=(errors.BAD_COMBINATION, errors.BAD_DATE_RANGE, errors.NO_ISOLATED_ACCOUNT),
    successor=transfers.margin_transfers,
)
async def isolated_transfers(call: Call, asked: IsolatedTransfersParams) -> transfers.MarginTransferPage:
    """Query transfers into and out of an isolated account"""
    source, target = asked.source, asked.target
    if source is not None and source == target:
        raise ApiError(errors.BAD_COMBINATION)
    is_in = None
    if source is not None or target is not None:
        is_in = source == _SPOT or target == _ISOLATED
    other = SPOT if _SPOT in (source, target) else None
    return await transfers.transfers_of(call, asked, asked.symbol, asked.asset, is_in, other)


# --- loans -----------------------------------------------------------------------------------------------------


class LoanParams(AccountParams, frozen=True, kw_only=True):
    asset: Annotated[str, params.asset()]
    amount: Annotated[Atoms, params.decimal("amount")]


async def _borrow_or_repay(call: Call, asked: LoanParams, kind: LoanKind) -> loans.TransactionReply:
    return await loans.borrow_or_repay.run(
        call,
        loans.BorrowRepayParams(
            is_isolated=asked.is_isolated,
            symbol=asked.symbol,
            asset=asked.asset,
            amount=asked.amount,
            kind=kind,
        ),
    )


@endpoint(
    "POST",
    _LOAN,
    Security.MARGIN,
    Weight(3000, Payer.UID),
    params=LoanParams,
    refuses=(*OF_SYMBOL, *loans.BORROWING),
    successor=loans.borrow_or_repay,
)
async def borrow(call: Call, asked: LoanParams) -> loans.TransactionReply:
    """Borrow"""
    return await _borrow_or_repay(call, asked, LoanKind.BORROW)


@endpoint(
    "POST",
    _REPAY,
    Security.MARGIN,
    Weight(3000),
    params=LoanParams,
    refuses=(
        *OF_SYMBOL,
        Reason.UNKNOWN_SCOPE,
        Reason.UNKNOWN_ASSET,
        Reason.AMOUNT_NOT_POSITIVE,
        *loans.REPAYING,
    ),
    successor=loans.borrow_or_repay,
)
async def repay(call: Call, asked: LoanParams) -> loans.TransactionReply:
    """Repay"""
    return await _borrow_or_repay(call, asked, LoanKind.REPAY)


class RecordsParams(PageParams, frozen=True, kw_only=True):
    # The asset was mandatory under these names, and one of txId and startTime; their successor asks for neither.
    asset: Annotated[str | None, params.asset()] = None
    isolated_symbol: Annotated[Scope | None, params.isolated_symbol()] = None
    transaction_id: Annotated[int | None, params.number("txId", "Goes before startTime and endTime.")] = None


async def _records(call: Call, asked: RecordsParams, kind: LoanKind) -> loans.LoanPage:
    fields = {name: getattr(asked, name) for name in RecordsParams.__struct_fields__}
    return await loans.loan_records.run(call, loans.LoanRecordsParams(kind=kind, **fields))


@endpoint(
    "GET",
    _LOAN,
    Security.USER_DATA,
    Weight(10),
    params=RecordsParams,
    refuses=(errors.NO_ISOLATED_ACCOUNT,),
    successor=loans.loan_records,
)
async def borrowings(call: Call, asked: RecordsParams) -> loans.LoanPage:
    """Query borrow records"""
    return await _records(call, asked, LoanKind.BORROW)


@endpoint(
    "GET",
    _REPAY,
    Security.USER_DATA,
    Weight(10),
    params=RecordsParams,
    refuses=(errors.NO_ISOLATED_ACCOUNT,),
    successor=loans.loan_records,
)
async def repayments(call: Call, asked: RecordsParams) -> loans.LoanPage:
    """Query repay records"""
    return await _records(call, asked, LoanKind.REPAY)


# --- one asset, one pair ---------------------------------------------------------------------------------------


class OneAssetParams(Params, frozen=True, kw_only=True):
    asset: Annotated[str, params.asset()]


async def _one(rows: Awaitable[list[T]]) -> T:
    """The one row of a list; refused where the pair is not on margin."""
    found = await rows
    if not found:
        raise ApiError(errors.NOT_A_MARGIN_PAIR)
    return found[0]


@endpoint(
    "GET",
    "/sapi/v1/margin/asset",
    Security.MARKET_DATA,
    Weight(10),
    params=OneAssetParams,
    refuses=(errors.NOT_A_MARGIN_ASSET,),
    successor=margin_market.all_assets,
)
async def one_asset(call: Call, asked: OneAssetParams) -> margin_market.AssetReply:
    """Get a margin asset"""
    return await _one(margin_market.all_assets.run(call, margin_market.AllAssetsParams(asset=asked.asset)))


@endpoint(
    "GET",
    "/sapi/v1/margin/pair",
    Security.MARKET_DATA,
    Weight(10),
    params=isolated.IsolatedPairParams,
    refuses=(errors.INVALID_SYMBOL, errors.NOT_A_MARGIN_PAIR),
    successor=margin_market.all_pairs,
)
async def one_pair(call: Call, asked: isolated.IsolatedPairParams) -> margin_market.PairReply:
    """Get a cross margin pair"""
    return await _one(margin_market.all_pairs.run(call, margin_market.AllPairsParams(symbol=asked.symbol)))


@endpoint(
    "GET",
    "/sapi/v1/margin/isolated/pair",
    Security.USER_DATA,
    Weight(10),
    params=isolated.IsolatedPairParams,
    refuses=(errors.INVALID_SYMBOL, errors.NOT_A_MARGIN_PAIR),
    successor=isolated.isolated_pairs,
)
async def one_isolated_pair(call: Call, asked: isolated.IsolatedPairParams) -> isolated.IsolatedPair:
    """Get an isolated margin pair"""
    return await _one(isolated.isolated_pairs.run(call, isolated.IsolatedPairsParams(symbol=asked.symbol)))


class CreateIsolatedParams(Params, frozen=True, kw_only=True):
    base: Annotated[str, params.asset("base")]
    quote: Annotated[str, params.asset("quote")]


@endpoint(
    "POST",
    "/sapi/v1/margin/isolated/create",
    Security.MARGIN,
    Weight(300, Payer.UID),
    params=CreateIsolatedParams,
    refuses=(
        errors.INVALID_SYMBOL,
        Reason.PAIR_NOT_ISOLATED,
        Reason.ISOLATED_ALREADY_OPEN,
        Reason.TOO_MANY_ISOLATED,
    ),
    successor=isolated.enable,
)
async def create_isolated(call: Call, asked: CreateIsolatedParams) -> isolated.SwitchedReply:
    """Enable the isolated account of a pair"""
    for pair in call.catalogue.venue.symbols:
        if (pair.base, pair.quote) == (asked.base, asked.quote):
            return await isolated.enable.run(call, isolated.IsolatedPairParams(symbol=pair.name))
    raise ApiError(errors.INVALID_SYMBOL)
