"""What an account owes the insurance fund after a bankruptcy, and how it is paid back (mechanics 7.4)."""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import params
from openmargin.api.endpoint import Call, Payer, Security, Weight, endpoint
from openmargin.api.params import NoParams, Params
from openmargin.api.render import Reply
from openmargin.api.windows import DAY_MS
from openmargin.domain.commands import RepayLiquidationLoan
from openmargin.domain.enums import RepaymentStatus
from openmargin.domain.events import LiquidationLoanRepaid
from openmargin.domain.money import Atoms, format_e8
from openmargin.domain.reasons import Reason
from openmargin.history.queries import LoanRepayments

_PATH: Final = "/sapi/v1/margin/liquidation-loan"
_WEIGHT: Final = Weight(100, Payer.UID)
_STATUS_WORDS: Final = {status: status.name for status in RepaymentStatus}
_DEFAULT_MS: Final = 7 * DAY_MS
_KEPT_MS: Final = 90 * DAY_MS


class LoanReply(Reply):
    asset: str
    amount: str
    repaid_amount: str
    remaining_amount: str


@endpoint("GET", _PATH, Security.USER_DATA, _WEIGHT)
async def query_liquidation_loan(call: Call, _asked: NoParams) -> LoanReply:
    """Query the liquidation loan"""
    loan = await call.exchange.read(lambda live: live.liquidation_loan(call.sender.account_id))
    return LoanReply(
        loan.asset, format_e8(loan.amount), format_e8(loan.repaid), format_e8(loan.amount - loan.repaid)
    )


class RepayParams(Params, frozen=True, kw_only=True):
    asset: Annotated[str, params.asset(about="The asset of the loan.")]
    amount: Annotated[Atoms, params.decimal("amount", "Above zero, and at most what remains.")]


class RepaymentReply(Reply):
    repay_id: int
    asset: str
    amount: str
    status: str
    create_time: int


@endpoint(
    "POST",
    f"{_PATH}/repay",
    Security.MARGIN,
    _WEIGHT,
    params=RepayParams,
    refuses=(
        Reason.NO_LIQUIDATION_LOAN,
        Reason.LIQUIDATION_LOAN_ASSET,
        Reason.AMOUNT_NOT_POSITIVE,
        Reason.ABOVE_LIQUIDATION_LOAN,
        Reason.SPOT_BALANCE_SHORT,
        Reason.LOAN_REPAYMENT_PENDING,
    ),
)
async def repay_liquidation_loan(call: Call, asked: RepayParams) -> RepaymentReply:
    """Repay the liquidation loan from the spot wallet"""
    outcome = await call.submit(
        RepayLiquidationLoan(
            account_id=call.sender.account_id,
            api_key=call.sender.api_key,
            expires_at_ms=call.sender.expires_at_ms,
            asset=asked.asset,
            amount=asked.amount,
        )
    )
    done = next(event for event in outcome.events if isinstance(event, LiquidationLoanRepaid))
    return RepaymentReply(
        done.repay_id, done.asset, format_e8(done.amount), _STATUS_WORDS[done.status], outcome.at_ms
    )


class HistoryParams(Params, frozen=True, kw_only=True):
    start_ms: Annotated[
        int | None, params.time("startTime", "7 days ago where not sent; 90 days ago where earlier.")
    ] = None
    end_ms: Annotated[int | None, params.time("endTime", "Now where not sent.")] = None
    current: Annotated[int, params.count("current", 1_000_000, "Page, from 1.")] = 1
    size: Annotated[int, params.count("size", 100, "Rows of a page.")] = 50


class HistoryPage(Reply):
    total: int
    rows: list[RepaymentReply]


@endpoint("GET", f"{_PATH}/repay-history", Security.USER_DATA, _WEIGHT, params=HistoryParams)
async def query_repayments(call: Call, asked: HistoryParams) -> HistoryPage:
    """Query repayments of the liquidation loan"""
    now_ms = call.exchange.clock.now_ms()
    start_ms = now_ms - _DEFAULT_MS if asked.start_ms is None else asked.start_ms
    rows, total = await call.exchange.past.fetch(
        LoanRepayments(
            account_id=call.sender.account_id,
            start_ms=max(start_ms, now_ms - _KEPT_MS),
            end_ms=asked.end_ms,
            offset=(asked.current - 1) * asked.size,
            limit=asked.size,
        )
    )
    return HistoryPage(
        total,
        [
            RepaymentReply(
                row.repay_id, row.asset, format_e8(row.amount), _STATUS_WORDS[row.status], row.at_ms
            )
            for row in rows
        ],
    )
