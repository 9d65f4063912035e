"""What a snapshot holds, as the shapes that are written: fields are only ever appended, with a default or a new epoch."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from openmargin.domain.enums import AccountType, Contingency, LiquidationKind, MarginStatus, OrderStatus, Side
from openmargin.domain.ids import Scope
from openmargin.domain.index_scripts import IndexStage
from openmargin.domain.money import Atoms
from openmargin.domain.orders import OrderSpec
from openmargin.domain.venue import Venue
from openmargin.domain.views import KeyView, ListenKeyView
from openmargin.engine.transitions import ListPhase


class OrderDump(Struct, array_like=True):
    spec: OrderSpec
    status: OrderStatus
    remaining: Atoms
    executed: Atoms
    executed_quote: Atoms
    updated_at_ms: int
    held: Atoms
    loan: Atoms
    funds: Atoms
    hidden: Atoms
    prevented: Atoms
    working_at_ms: int
    reserve_price: int
    is_paired: bool
    handed_over: Atoms
    earned: Atoms
    prevented_match_id: int
    trailing_at_ms: int
    amendments: int


class TradingAccountDump(Struct, array_like=True):
    scope: Scope
    wallets: list[tuple[str, Atoms, Atoms, int]]
    """(asset, free, locked, when it last changed)"""
    debts: list[tuple[str, Atoms, Atoms]]
    orders: list[OrderDump]
    order_counts: list[tuple[int, int, int]]
    is_open: bool
    closed_at_ms: int
    status: MarginStatus
    called_at_ms: int


class AccountDump(Struct, array_like=True):
    account_id: int
    name: str
    vip: int
    account_type: AccountType
    master_id: int
    created_at_ms: int
    terms_signed: bool
    trade_group_id: int
    cross_leverage: int
    burns_bnb_for_commission: bool
    burns_bnb_for_interest: bool
    in_special_mode: bool
    left_special_mode_ms: int
    exchanged_small_ms: int
    liquidation_loan: Atoms
    liquidation_loan_repaid: Atoms
    trading: list[TradingAccountDump]


Queue: TypeAlias = tuple[int, list[int]]
"""What a queue is ordered by, and the ids of its orders."""


class TrailingDump(Struct, array_like=True):
    groups: list[tuple[int, int, list[Queue]]]
    """(extreme, size, queues by delta)"""
    starting_size: int
    starting: list[Queue]


class StopsDump(Struct, array_like=True):
    rising: list[Queue]
    falling: list[Queue]
    starting_up: list[Queue]
    starting_down: list[Queue]
    sells: TrailingDump
    buys: TrailingDump
    woken: list[Queue]


class ListDump(Struct, array_like=True):
    list_id: int
    symbol: str
    account_id: int
    scope: Scope
    contingency: Contingency
    client_list_id: str
    placed_at_ms: int
    updated_at_ms: int
    phase: ListPhase
    open_legs: list[int]
    ended_legs: list[OrderDump | None]
    """In the order of the legs; None for one that is open."""
    held: Atoms
    loan: Atoms
    loan_asset: str
    funds: Atoms
    auto_repay: bool


class BookDump(Struct, array_like=True):
    symbol: str
    queues: list[tuple[int, int, list[tuple[int, Atoms]]]]
    """(sign, price, queue), each place in a queue as (order id, remaining), where id 0 is the house."""
    next_order_id: int
    next_trade_id: int
    next_prevented_match_id: int
    next_amendment_id: int
    last_price: int
    minutes: list[tuple[int, Atoms, Atoms]]
    index_price: int
    index_at_ms: int
    is_tape_due: bool
    quoted_index: int
    quotes_left: list[tuple[int, int, Atoms]]
    stops: StopsDump
    last_trade_ms: int
    aggregate_id: int
    update_id: int
    tape_quantity: Atoms = -1
    tape_side: Side = Side.BUY
    seen_index: int = 0
    seen_mark: int = -1


class LiquidationDump(Struct, array_like=True):
    liquidation_id: int
    kind: LiquidationKind
    account_id: int
    scope: Scope
    due_ms: int
    snapshot: list[tuple[str, int]]
    aside: list[tuple[str, Atoms]]
    tries: int
    order_symbol: str
    order_id: int


class IndexScriptDump(Struct, array_like=True):
    script_id: int
    symbol: str
    assets: tuple[str, ...]
    stages: tuple[IndexStage, ...]
    stage: int
    stage_began_ms: int
    moves_done: int
    starts: list[tuple[str, int, int]]


class StateDump(Struct, array_like=True):
    venue: Venue
    seed: int
    epoch: int
    seq: int
    at_ms: int
    walk_step: int
    next_transaction_id: int
    next_key_serial: int
    next_list_id: int
    accounts: list[AccountDump]
    keys: list[KeyView]
    books: list[BookDump]
    lists: list[ListDump]
    pools: list[tuple[str, Atoms, Atoms]]
    rates: list[tuple[str, tuple[int, ...], tuple[int, ...], int]]
    debtors: list[tuple[int, Scope]]
    delisted: list[tuple[str, int]]
    delisting: str
    delisting_from: int
    agenda: list[tuple[int, int]]
    accruals_left: list[tuple[int, Scope]]
    requotes_left: list[str]
    woken: list[str]
    liquidations: list[LiquidationDump]
    next_liquidation_id: int
    funds: list[tuple[str, Atoms, Atoms]]
    listen_keys: list[ListenKeyView] = []
    index_scripts: list[IndexScriptDump] = []
    next_script_id: int = 1
    stopped_feeds: list[str] = []
    repayment_delay_ms: int = 0
    repayments: list[tuple[int, int, int, str, Atoms, int]] = []
    lagging_quotes: list[tuple[int, str]] = []
