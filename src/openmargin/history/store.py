"""What a store of history must do. Every list is one account's; ids and times are inclusive bounds."""

from __future__ import annotations

from typing import Protocol

from openmargin.domain.ids import Scope
from openmargin.domain.orders import ListView, OrderView, PreventedMatch
from openmargin.history.market import MarketReader
from openmargin.history.rows import HistoryRows, InterestRow, LoanKind, LoanRow, TradeRow, TransferRow


class HistoryWriter(Protocol):
    """The side that the writer of the journal drives."""

    def write(self, rows: HistoryRows) -> None:
        """Add the rows of a batch within the journal's transaction."""
        ...

    def clear(self) -> None:
        """Forget everything, within a transaction, so that it can be folded again."""
        ...


class HistoryReader(Protocol):
    """Questions about the past.

    Orders, trades and order lists answer oldest first: from an id on, or from `start_ms` on; without either, the
    newest `limit` up to `end_ms`. Prevented matches answer oldest first as well. The other lists answer newest first, with the number of all rows that match.
    """

    @property
    def market(self) -> MarketReader:
        """Questions about what everybody may know."""
        ...

    def order(
        self, account_id: int, scope: Scope, symbol: str, order_id: int | None, client_order_id: str | None
    ) -> OrderView | None:
        """One order by id, by client id (the newest of that name), or by both."""
        ...

    def orders(
        self,
        account_id: int,
        scope: Scope,
        symbol: str,
        from_id: int | None,
        start_ms: int | None,
        end_ms: int | None,
        limit: int,
    ) -> list[OrderView]:
        """Orders by the time they were placed."""
        ...

    def trades(
        self,
        account_id: int,
        scope: Scope,
        symbol: str,
        order_id: int | None,
        from_id: int | None,
        start_ms: int | None,
        end_ms: int | None,
        limit: int,
    ) -> list[TradeRow]:
        """The account's own fills."""
        ...

    def order_list(
        self, account_id: int, scope: Scope, list_id: int | None, client_list_id: str | None
    ) -> ListView | None:
        """One order list by id, by client id (the newest of that name), or by both."""
        ...

    def order_lists(
        self,
        account_id: int,
        scope: Scope,
        from_id: int | None,
        start_ms: int | None,
        end_ms: int | None,
        limit: int,
    ) -> list[ListView]:
        """Order lists by the time they were placed."""
        ...

    def prevented_matches(
        self,
        account_id: int,
        scope: Scope,
        symbol: str,
        prevented_match_id: int | None,
        order_id: int | None,
        from_id: int | None,
        limit: int,
    ) -> list[PreventedMatch]:
        """One prevented match of the account, or those of one of its orders, from an id on."""
        ...

    def loans(
        self,
        account_id: int,
        scope: Scope,
        kind: LoanKind,
        asset: str | None,
        transaction_id: int | None,
        start_ms: int | None,
        end_ms: int | None,
        offset: int,
        limit: int,
    ) -> tuple[list[LoanRow], int]:
        """Borrows or repayments."""
        ...

    def interest(
        self,
        account_id: int,
        scope: Scope,
        asset: str | None,
        start_ms: int | None,
        end_ms: int | None,
        offset: int,
        limit: int,
    ) -> tuple[list[InterestRow], int]:
        """Accruals, by the hour they are booked under."""
        ...

    def transfers(
        self,
        account_id: int,
        source: Scope,
        target: Scope,
        start_ms: int | None,
        end_ms: int | None,
        offset: int,
        limit: int,
    ) -> tuple[list[TransferRow], int]:
        """Transfers from one scope to another."""
        ...
