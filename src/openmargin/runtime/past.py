"""Questions about the past, asked in threads so that a long one holds nobody up.

A reply leaves only after its batch is on disk with its history rows, so history alone lets a caller read
what it wrote.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from openmargin.domain.ids import Scope
from openmargin.domain.orders import ListView, OrderView, PreventedMatch
from openmargin.history.rows import InterestRow, LoanKind, LoanRow, TradeRow, TransferRow
from openmargin.history.store import HistoryReader
from openmargin.runtime.past_market import PastMarket
from openmargin.runtime.storage import Storage

T = TypeVar("T")

_THREADS: Final = 2


class Past:
    """HistoryReader's questions, awaitable."""

    def __init__(self, loop: asyncio.AbstractEventLoop, storage: Storage) -> None:
        self._loop = loop
        self._storage = storage
        self._threads = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="openmargin-past")
        self.market = PastMarket(self._ask)
        """Questions about what everybody may know."""

    async def order(
        self, account_id: int, scope: Scope, symbol: str, order_id: int | None, client_order_id: str | None
    ) -> OrderView | None:
        return await self._ask(lambda past: past.order(account_id, scope, symbol, order_id, client_order_id))

    async def orders(
        self,
        account_id: int,
        scope: Scope,
        symbol: str,
        from_id: int | None,
        start_ms: int | None,
        end_ms: int | None,
        limit: int,
    ) -> list[OrderView]:
        return await self._ask(
            lambda past: past.orders(account_id, scope, symbol, from_id, start_ms, end_ms, limit)
        )

    async def trades(
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
        return await self._ask(
            lambda past: past.trades(account_id, scope, symbol, order_id, from_id, start_ms, end_ms, limit)
        )

    async def order_list(
        self, account_id: int, scope: Scope, list_id: int | None, client_list_id: str | None
    ) -> ListView | None:
        return await self._ask(lambda past: past.order_list(account_id, scope, list_id, client_list_id))

    async def order_lists(
        self,
        account_id: int,
        scope: Scope,
        from_id: int | None,
        start_ms: int | None,
        end_ms: int | None,
        limit: int,
    ) -> list[ListView]:
        return await self._ask(
            lambda past: past.order_lists(account_id, scope, from_id, start_ms, end_ms, limit)
        )

    async def prevented_matches(
        self,
        account_id: int,
        scope: Scope,
        symbol: str,
        prevented_match_id: int | None,
        order_id: int | None,
        from_id: int | None,
        limit: int,
    ) -> list[PreventedMatch]:
        return await self._ask(
            lambda past: past.prevented_matches(
                account_id, scope, symbol, prevented_match_id, order_id, from_id, limit
            )
        )

    async def loans(
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
        return await self._ask(
            lambda past: past.loans(
                account_id, scope, kind, asset, transaction_id, start_ms, end_ms, offset, limit
            )
        )

    async def interest(
        self,
        account_id: int,
        scope: Scope,
        asset: str | None,
        start_ms: int | None,
        end_ms: int | None,
        offset: int,
        limit: int,
    ) -> tuple[list[InterestRow], int]:
        return await self._ask(
            lambda past: past.interest(account_id, scope, asset, start_ms, end_ms, offset, limit)
        )

    async def transfers(
        self,
        account_id: int,
        source: Scope,
        target: Scope,
        start_ms: int | None,
        end_ms: int | None,
        offset: int,
        limit: int,
    ) -> tuple[list[TransferRow], int]:
        return await self._ask(
            lambda past: past.transfers(account_id, source, target, start_ms, end_ms, offset, limit)
        )

    def close(self) -> None:
        self._threads.shutdown(wait=True)

    async def _ask(self, question: Callable[[HistoryReader], T]) -> T:
        return await self._loop.run_in_executor(self._threads, self._storage.ask, question)
