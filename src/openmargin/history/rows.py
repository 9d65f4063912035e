"""The rows of history, as answers and as what a batch of events adds."""

from __future__ import annotations

from enum import IntEnum
from typing import TypeAlias

import msgspec
from msgspec import Struct

from openmargin.domain.enums import InterestKind, LoanSource, Side
from openmargin.domain.ids import Scope
from openmargin.domain.money import Atoms
from openmargin.domain.orders import Fill, ListView, OrderView, PreventedMatch
from openmargin.history.market import MarketRows


class LoanKind(IntEnum):
    BORROW = 1
    REPAY = 2


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


class TransferRow(Row, frozen=True):
    """Value that an account moved from one of its scopes to another."""

    transaction_id: int
    account_id: int
    source: Scope
    target: Scope
    asset: str
    amount: Atoms
    at_ms: int


class PreventedRow(Row, frozen=True):
    """A prevented match as one of its two orders knows it."""

    account_id: int
    scope: Scope
    order_id: int
    match: PreventedMatch


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
    prevented_matches: list[PreventedRow] = msgspec.field(default_factory=list[PreventedRow])
    market: MarketRows = msgspec.field(default_factory=MarketRows)
