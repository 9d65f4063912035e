"""The rows of history, as answers and as what a batch of events adds.

What moved value carries a flow id: its place among all that did, by record and event. Capital flow is worked out of such
rows when it is asked for, so a fill costs no row besides its own; one row is up to `FLOWS_PER_ROW` flows, with the ids from
its own on.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from openmargin.domain.enums import (
    InterestKind,
    LiquidationEnd,
    LiquidationKind,
    LoanSource,
    RepaymentStatus,
    Side,
)
from openmargin.domain.ids import NO_LIST, Scope
from openmargin.domain.money import Atoms
from openmargin.domain.orders import Amendment, Fill, ListView, OrderView, PreventedMatch
from openmargin.history.market import MarketRows

FLOWS_PER_ROW: Final = 4
"""How far apart the flow ids of two rows lie."""
FLOWS_PER_RECORD: Final = 1 << 20
"""How far apart those of two records do: with so much room none meet, and nine billion records stay exact in a
client that reads numbers as doubles."""


class LoanKind(IntEnum):
    BORROW = 1
    REPAY = 2


class FlowKind(IntEnum):
    """What moved value into a margin account or out of it, by the names of its capital flow.

    The first are the domain's `Flow`, number for number: what no row but their own tells of.
    """

    BUY_LIQUIDATION = 1
    SELL_LIQUIDATION = 2
    REPAY_LIQUIDATION = 3
    OTHER_LIQUIDATION = 4
    LIQUIDATION_FEE = 5
    SMALL_BALANCE_CONVERT = 6
    COMMISSION_RETURN = 7
    SMALL_CONVERT = 8
    TRANSFER = 9
    BORROW = 10
    REPAY = 11
    BUY_INCOME = 12
    BUY_EXPENSE = 13
    SELL_INCOME = 14
    SELL_EXPENSE = 15
    TRADING_COMMISSION = 16


class Row(Struct, frozen=True, array_like=True, gc=False):
    """What every row is."""


class TradeRow(Row, frozen=True):
    """One fill of one of a user's orders."""

    account_id: int
    scope: Scope
    symbol: str
    order_id: int
    side: Side
    fill: Fill
    at_ms: int
    flow_id: int
    list_id: int = NO_LIST
    is_forced: bool = False
    """Did a liquidation trade? Then flows of their own tell what it moved."""


class LoanRow(Row, frozen=True):
    """A borrow or a repayment."""

    transaction_id: int
    account_id: int
    scope: Scope
    kind: LoanKind
    asset: str
    principal: Atoms
    interest: Atoms
    """Paid by a repayment; 0 for a borrow."""
    source: LoanSource
    at_ms: int
    flow_id: int


class InterestRow(Row, frozen=True):
    """One accrual of interest, booked under a full hour."""

    transaction_id: int
    account_id: int
    scope: Scope
    asset: str
    principal: Atoms
    interest: Atoms
    daily_rate: int
    kind: InterestKind
    hour_ms: int
    raw_asset: str
    """The asset of the loan that `principal` is of."""


class TransferRow(Row, frozen=True):
    """Value that an account moved from one of its scopes to another."""

    transaction_id: int
    account_id: int
    source: Scope
    target: Scope
    asset: str
    amount: Atoms
    at_ms: int


class FlowRow(Row, frozen=True):
    """One movement of one asset into a margin account (positive) or out of it (negative).

    Kept for what has no other row, and the answer for all.
    """

    flow_id: int
    transaction_id: int
    account_id: int
    scope: Scope
    kind: FlowKind
    asset: str
    symbol: str
    """The pair that was traded, or that of the isolated account; empty for neither."""
    amount: Atoms
    at_ms: int


class RatesRow(Row, frozen=True):
    """Daily interest rates of an asset, one per VIP level from 0 up, from a moment on."""

    asset: str
    daily_rates: tuple[int, ...]
    effective_ms: int


class SmallLiabilityRow(Row, frozen=True):
    """A small debt that became a debt of another asset."""

    transaction_id: int
    account_id: int
    asset: str
    principal: Atoms
    interest: Atoms
    target_asset: str
    target_amount: Atoms
    at_ms: int


class LoanRepaymentRow(Row, frozen=True):
    """A repayment of a liquidation loan, as it stands."""

    repay_id: int
    account_id: int
    asset: str
    amount: Atoms
    status: RepaymentStatus
    at_ms: int


class LiquidationBeganRow(Row, frozen=True):
    """A liquidation as it was planned; values are in the asset that it settles in."""

    liquidation_id: int
    account_id: int
    scope: Scope
    kind: LiquidationKind
    assets: Atoms
    liabilities: Atoms
    at_ms: int


class LiquidationEndedRow(Row, frozen=True):
    """How a liquidation ended."""

    liquidation_id: int
    end: LiquidationEnd
    fee: Atoms
    deficit: Atoms
    at_ms: int


class LiquidationRow(Row, frozen=True):
    """A liquidation from its beginning to its end; None while it lasts."""

    began: LiquidationBeganRow
    ended: LiquidationEndedRow | None


class PreventedRow(Row, frozen=True):
    """A prevented match as one of its two orders knows it."""

    account_id: int
    scope: Scope
    order_id: int
    side: Side
    match: PreventedMatch
    flow_id: int


class AmendmentRow(Row, frozen=True):
    """How one of a user's orders was amended."""

    account_id: int
    scope: Scope
    amendment: Amendment


OrderKey: TypeAlias = tuple[int, Scope, str, int]
"""Account, scope, symbol and order id."""

ListKey: TypeAlias = tuple[int, Scope, int]
"""Account, scope and list id."""


class HistoryRows(Struct):
    """What a batch of events adds to history. Of an order or a list only its last view is kept."""

    orders: dict[OrderKey, OrderView] = msgspec.field(default_factory=dict[OrderKey, OrderView])
    trades: list[TradeRow] = msgspec.field(default_factory=list[TradeRow])
    loans: list[LoanRow] = msgspec.field(default_factory=list[LoanRow])
    interest: list[InterestRow] = msgspec.field(default_factory=list[InterestRow])
    transfers: list[TransferRow] = msgspec.field(default_factory=list[TransferRow])
    order_lists: dict[ListKey, ListView] = msgspec.field(default_factory=dict[ListKey, ListView])
    amendments: list[AmendmentRow] = msgspec.field(default_factory=list[AmendmentRow])
    prevented_matches: list[PreventedRow] = msgspec.field(default_factory=list[PreventedRow])
    liquidation_orders: dict[OrderKey, OrderView] = msgspec.field(default_factory=dict[OrderKey, OrderView])
    flows: list[FlowRow] = msgspec.field(default_factory=list[FlowRow])
    rates: list[RatesRow] = msgspec.field(default_factory=list[RatesRow])
    small_liabilities: list[SmallLiabilityRow] = msgspec.field(default_factory=list[SmallLiabilityRow])
    loan_repayments: list[LoanRepaymentRow] = msgspec.field(default_factory=list[LoanRepaymentRow])
    liquidations_began: list[LiquidationBeganRow] = msgspec.field(default_factory=list[LiquidationBeganRow])
    liquidations_ended: list[LiquidationEndedRow] = msgspec.field(default_factory=list[LiquidationEndedRow])
    market: MarketRows = msgspec.field(default_factory=MarketRows)
