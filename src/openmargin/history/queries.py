"""Every question about the past, as one frozen value that says what its answer is made of.

Ids and times are inclusive bounds; None is no bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from msgspec import Struct

from openmargin.domain.enums import RepaymentStatus
from openmargin.domain.ids import Scope
from openmargin.domain.orders import Amendment, ListView, OrderView, PreventedMatch
from openmargin.history.market import AggregateTrade, Kline, PublicTrade, Window
from openmargin.history.periods import Period
from openmargin.history.rows import (
    FlowKind,
    FlowRow,
    InterestRow,
    LiquidationRow,
    LoanKind,
    LoanRepaymentRow,
    LoanRow,
    RatesRow,
    SmallLiabilityRow,
    TradeRow,
    TransferRow,
)

Answer = TypeVar("Answer")
Row = TypeVar("Row")


class Query(Struct, Generic[Answer], frozen=True, kw_only=True):
    """What every question is."""


class OfScope(Query[Answer], Generic[Answer], frozen=True, kw_only=True):
    """A question about one scope of an account."""

    account_id: int
    scope: Scope


class Series(OfScope[list[Row]], Generic[Row], frozen=True, kw_only=True):
    """Up to `limit` rows, oldest first: from an id on, or from a time on; without either, the newest up to the end."""

    from_id: int | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    limit: int


class Paged(Query[tuple[list[Row], int]], Generic[Row], frozen=True, kw_only=True):
    """Up to `limit` rows after the first `offset`, newest first, and how many there are on all pages."""

    account_id: int
    start_ms: int | None = None
    end_ms: int | None = None
    offset: int = 0
    limit: int


class Order(OfScope[OrderView | None], frozen=True, kw_only=True):
    """One order by id, by client id (the newest of that name), or by both."""

    symbol: str
    order_id: int | None = None
    client_order_id: str | None = None


class Orders(Series[OrderView], frozen=True, kw_only=True):
    """Orders of a pair, by the time they were placed."""

    symbol: str


class Trades(Series[TradeRow], frozen=True, kw_only=True):
    """The account's own fills in a pair, or those of one order."""

    symbol: str
    order_id: int | None = None


class OrderList(OfScope[ListView | None], frozen=True, kw_only=True):
    """One order list by id, by client id (the newest of that name), or by both."""

    list_id: int | None = None
    client_list_id: str | None = None


class OrderLists(Series[ListView], frozen=True, kw_only=True):
    """Order lists, by the time they were placed."""


class Amendments(OfScope[list[Amendment]], frozen=True, kw_only=True):
    """How one order was amended, from an id on; oldest first."""

    symbol: str
    order_id: int
    from_id: int | None = None
    limit: int


class PreventedMatches(OfScope[list[PreventedMatch]], frozen=True, kw_only=True):
    """One prevented match, or those of one order from an id on; oldest first."""

    symbol: str
    prevented_match_id: int | None = None
    order_id: int | None = None
    from_id: int | None = None
    limit: int


class Loans(Paged[LoanRow], frozen=True, kw_only=True):
    """Borrows or repayments, or the one of a transaction."""

    scope: Scope
    kind: LoanKind
    asset: str | None = None
    transaction_id: int | None = None


class Interest(Paged[InterestRow], frozen=True, kw_only=True):
    """Accruals, by the hour they are booked under."""

    scope: Scope
    asset: str | None = None


class Rates(Query[list[RatesRow]], frozen=True, kw_only=True):
    """Every change of an asset's rates within a span, newest first, and the one that held when it began."""

    asset: str
    start_ms: int
    end_ms: int


class SmallLiabilities(Paged[SmallLiabilityRow], frozen=True, kw_only=True):
    """Small debts that were exchanged."""


class LiquidationOrders(Paged[OrderView], frozen=True, kw_only=True):
    """Orders that liquidations placed, by the time of their last change."""

    scope: Scope


class Liquidations(Paged[LiquidationRow], frozen=True, kw_only=True):
    """Liquidations of all the account's scopes, by the time they began."""


class LoanRepayments(Paged[LoanRepaymentRow], frozen=True, kw_only=True):
    """Repayments of the liquidation loan."""

    status: RepaymentStatus | None = None


class Flows(OfScope[list[FlowRow]], frozen=True, kw_only=True):
    """All that moved value into a margin account or out of it, oldest first.

    Of what lies in the span, up to `limit`: the first with ids above `after_id`, or without one the newest.
    """

    pairs: tuple[tuple[str, str, str], ...]
    """The pairs that are looked at, as (symbol, base, quote)."""
    asset: str | None = None
    kind: FlowKind | None = None
    after_id: int | None = None
    start_ms: int
    end_ms: int
    limit: int


class Transfers(Paged[TransferRow], frozen=True, kw_only=True):
    """Transfers that a scope was an end of."""

    scope: Scope
    is_in: bool | None = None
    """Only those into the scope, or only those out of it."""
    other: Scope | None = None
    """Only those with this scope at the other end."""
    asset: str | None = None


# --- What everybody may know. Lists are oldest first.


class PublicTrades(Query[list[PublicTrade]], frozen=True, kw_only=True):
    """Trades of a symbol from an id on; without one, the newest."""

    symbol: str
    from_id: int | None = None
    limit: int


class AggregateTrades(Query[list[AggregateTrade]], frozen=True, kw_only=True):
    """Aggregate trades from an id on, or from a moment on; without either, the newest up to `end_ms`."""

    symbol: str
    from_id: int | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    limit: int


class Klines(Query[list[Kline]], frozen=True, kw_only=True):
    """Candles that open within the bounds: the first ones after `start_ms`, without it the last ones.

    From the symbol's first trade up to the present none is left out: one in which nothing was traded is flat, at the
    close of the one before.
    """

    symbol: str
    period: Period
    zone_ms: int
    start_ms: int | None = None
    end_ms: int | None = None
    now_ms: int
    limit: int


class Windows(Query[list[Window | None]], frozen=True, kw_only=True):
    """What was traded in each symbol since a moment; None where nothing ever was."""

    symbols: Sequence[str]
    start_ms: int
