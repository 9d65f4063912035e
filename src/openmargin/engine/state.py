"""The whole mutable state of the exchange.

Owns: the shapes that rules change, and how to find one from another.
Never: decides anything. Nothing here refuses, computes a price or moves value.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from openmargin.domain.enums import (
    REPAYING,
    AccountType,
    Contingency,
    ExpiryReason,
    MarginStatus,
    OrderStatus,
    SelfTradePrevention,
    Side,
    SymbolStatus,
)
from openmargin.domain.events import AnyEvent
from openmargin.domain.ids import SYSTEM_ACCOUNT_ID, Scope
from openmargin.domain.money import Atoms
from openmargin.domain.order_types import ORDER_TYPES, OrderTypeRow
from openmargin.domain.orders import ListView, OrderSpec, OrderView
from openmargin.domain.venue import Asset, IsolatedTier, LeverageLevels, Symbol, Venue
from openmargin.domain.views import KeyView
from openmargin.engine.feed_state import Feeds
from openmargin.engine.lending_state import Pool, Rates
from openmargin.engine.liquidation_state import Fund, Liquidation, PendingRepayment
from openmargin.engine.listen_key_state import ListenKeys
from openmargin.engine.transitions import (
    FIRST_PHASE,
    LIST_MOVES,
    NEW,
    ORDER_MOVES,
    ListMove,
    ListPhase,
    Move,
)

FIRST_TRANSACTION_ID: Final = 100_000_001


@mypyc_attr(acyclic=True)
class Wallet:
    """One asset of one trading account: what may be used, and what open orders hold."""

    def __init__(self, account_id: int, scope: Scope, asset: str) -> None:
        self.account_id: int = account_id
        self.scope: Scope = scope
        self.asset: str = asset
        self.free: Atoms = 0
        self.locked: Atoms = 0
        self.changed_at_ms: int = 0
        """When a command last changed it."""
        self.touched: bool = False
        """Has the present command changed it? Such wallets are checked and told of when the command ends."""
        self.watch: int = 0
        """Is a change of it a matter of its account's level? See `debts`."""


@mypyc_attr(acyclic=True)
class Debt:
    """What one trading account owes of one asset. Borrows are records of it, not parts."""

    def __init__(self, asset: str) -> None:
        self.asset: str = asset
        self.principal: Atoms = 0
        self.interest: Atoms = 0


@mypyc_attr(acyclic=True)
class OrderCount:
    """Unfilled orders placed in the current fixed window of one length."""

    def __init__(self, interval_ms: int) -> None:
        self.interval_ms: int = interval_ms
        self.window_ms: int = 0
        """When the window that `count` speaks of began."""
        self.count: int = 0


class OpenOrders:
    """The open orders of one trading account in one symbol."""

    def __init__(self) -> None:
        self.by_id: dict[int, Order] = {}
        self.by_client_id: dict[str, Order] = {}
        self.buying: Atoms = 0
        """Base that open buys have still to receive."""
        self.waiting: int = 0
        """How many of them wait for a stop, or were placed to."""
        self.icebergs: int = 0
        self.lists: dict[str, OrderList] = {}
        """The open order lists by their client id."""


class Account:
    """One user, with a trading account for each scope."""

    def __init__(
        self,
        account_id: int,
        name: str,
        vip: int,
        account_type: AccountType,
        master_id: int,
        created_at_ms: int,
    ) -> None:
        self.account_id: int = account_id
        self.name: str = name
        self.vip: int = vip
        self.account_type: AccountType = account_type
        self.master_id: int = master_id
        self.created_at_ms: int = created_at_ms
        self.terms_signed: bool = False
        self.trade_group_id: int = -1
        self.cross_leverage: int = 0
        """0 for the venue's default."""
        self.burns_bnb_for_commission: bool = False
        self.burns_bnb_for_interest: bool = False
        self.in_special_mode: bool = False
        self.left_special_mode_ms: int = 0
        """When it last left that mode; 0 for never."""
        self.exchanged_small_ms: int = 0
        """When it last exchanged small liabilities; 0 for never."""
        self.liquidation_loan: Atoms = 0
        """What the insurance fund lent it in bankruptcies, in all."""
        self.liquidation_loan_repaid: Atoms = 0
        self.trading: dict[Scope, TradingAccount] = {}
        self.keys: dict[str, KeyView] = {}
        """Its keys, the oldest first; `State.keys` has those of all."""
        self.maker_rate: int = 0
        self.taker_rate: int = 0


class TradingAccount:
    """The wallets, debts and open orders that stand or fall together: spot, cross, or one isolated pair."""

    def __init__(self, owner: Account, scope: Scope) -> None:
        self.owner: Account = owner
        self.account_id: int = owner.account_id
        self.scope: Scope = scope
        self.wallets: dict[str, Wallet] = {}
        self.debts: dict[str, Debt] = {}
        self.open_orders: dict[str, OpenOrders] = {}
        self.is_open: bool = True
        """An isolated account may be closed; its wallets are empty then."""
        self.closed_at_ms: int = 0
        self.order_counts: list[OrderCount] = [OrderCount(10_000), OrderCount(86_400_000)]
        self.status: MarginStatus = MarginStatus.EXCESSIVE
        """As it was told last."""
        self.called_at_ms: int = 0
        """When its margin call was told last; 0 where it is not called."""
        self.liquidation: Liquidation | None = None
        """While there is one the account is locked."""

    def wallet(self, asset: str) -> Wallet:
        """The wallet of `asset`, made at its first use."""
        wallet = self.wallets.get(asset)
        if wallet is None:
            wallet = Wallet(self.account_id, self.scope, asset)
            wallet.watch = 1 if self.debts else 0
            self.wallets[asset] = wallet
        return wallet

    def orders_in(self, symbol: str) -> OpenOrders:
        """The open orders in `symbol`, an empty set of them at its first use."""
        orders = self.open_orders.get(symbol)
        if orders is None:
            orders = OpenOrders()
            self.open_orders[symbol] = orders
        return orders


@mypyc_attr(acyclic=True)
class Order:
    """A live order, a user's or a quote of the house, with its place in the queue of its price."""

    def __init__(
        self, spec: OrderSpec, account: TradingAccount, pays_with: Wallet, receives_in: Wallet
    ) -> None:
        self.spec: OrderSpec = spec
        self.order_id: int = spec.order_id
        self.client_order_id: str = spec.client_order_id
        self.account: TradingAccount = account
        self.siblings: OpenOrders | None = None
        """The account's open orders in the symbol, while this is one of them."""
        self.pays_with: Wallet = pays_with
        self.receives_in: Wallet = receives_in
        self.sign: int = int(spec.side)
        self.price: int = spec.price
        self.remaining: Atoms = spec.quantity
        self.is_house: bool = account.account_id == SYSTEM_ACCOUNT_ID
        self.row: OrderTypeRow = ORDER_TYPES[spec.type]
        self.repays: bool = spec.side_effect in REPAYING
        self.is_forced: bool = spec.liquidation_id > 0
        self.prevention: SelfTradePrevention = spec.self_trade_prevention
        self.iceberg: Atoms = spec.iceberg_quantity
        self.hidden: Atoms = 0
        """What of `remaining` the book does not show."""
        self.prevented: Atoms = 0
        self.handed_over: Atoms = 0
        """What it paid without a trade, to another order of its group."""
        self.amendments: int = 0
        """How often it was amended."""
        self.prevented_match_id: int = 0
        """The last prevented match that took something from it."""
        self.working_at_ms: int = 0
        self.trailing_at_ms: int = 0
        """When it began to follow the price."""
        self.expiry_reason: ExpiryReason = ExpiryReason.NONE
        self.reserve_price: int = spec.price
        """The price at which a buy's funds are held; 0 for a market order, which never waits."""
        self.order_list: OrderList | None = None
        """The list that it belongs to, while both are open."""
        self.is_paired: bool = False
        """Does it share its funds with the other order of a pair? Then the list holds them."""
        self.status: OrderStatus = NEW
        self.executed: Atoms = 0
        self.executed_quote: Atoms = 0
        self.updated_at_ms: int = spec.placed_at_ms
        self.held: Atoms = 0
        """What of `pays_with` is locked for it."""
        self.loan: Atoms = 0
        """What was borrowed for it."""
        self.earned: Atoms = 0
        """What of it is to be repaid from when it ends."""
        self.funds: Atoms = 0
        """What of `pays_with` it was given to spend at placement, its own or borrowed."""
        self.earlier: Order | None = None
        self.later: Order | None = None
        self.level: Level | None = None
        self.queue: BookSide | None = None
        """The side of a book, or of its stops, that it stands in."""

    def move(self, move: Move, at_ms: int) -> None:
        """Take one step of the order's life cycle; a step the table does not know is a bug."""
        self.status = ORDER_MOVES[self.status, move]
        self.updated_at_ms = at_ms

    def view(self) -> OrderView:
        return OrderView(
            self.spec,
            self.status,
            self.executed,
            self.executed_quote,
            self.updated_at_ms,
            self.working_at_ms,
            self.prevented,
            self.expiry_reason,
            self.prevented_match_id,
            self.trailing_at_ms,
        )

    def spent(self) -> Atoms:
        """What it has paid so far, in the asset it pays with."""
        return self.handed_over + (self.executed_quote if self.sign > 0 else self.executed)


class OrderList:
    """Two or three orders that depend on each other, until the last has ended."""

    def __init__(
        self,
        list_id: int,
        symbol: str,
        account: TradingAccount,
        contingency: Contingency,
        client_list_id: str,
        placed_at_ms: int,
    ) -> None:
        self.list_id: int = list_id
        self.symbol: str = symbol
        self.account: TradingAccount = account
        self.contingency: Contingency = contingency
        self.client_list_id: str = client_list_id
        self.placed_at_ms: int = placed_at_ms
        self.updated_at_ms: int = placed_at_ms
        self.phase: ListPhase = FIRST_PHASE[contingency]
        self.legs: list[Order] = []
        """All of them, in the order of the request, ended ones included."""
        self.held: Atoms = 0
        """What is locked for a pair, once for both."""
        self.loan: Atoms = 0
        self.loan_asset: str = ""
        self.funds: Atoms = 0
        """What of the loan's asset its orders were given to spend, own or borrowed."""
        self.auto_repay: bool = False

    def move(self, move: ListMove, at_ms: int) -> None:
        """Take one step of the list's life cycle; a step the table does not know is a bug."""
        self.phase = LIST_MOVES[self.contingency, self.phase, move]
        self.updated_at_ms = at_ms

    def view(self) -> ListView:
        return ListView(
            self.list_id,
            self.symbol,
            self.account.account_id,
            self.account.scope,
            self.contingency,
            self.client_list_id,
            tuple([(order.order_id, order.client_order_id) for order in self.legs]),
            self.phase is ListPhase.DONE,
            self.placed_at_ms,
            self.updated_at_ms,
        )


@mypyc_attr(acyclic=True)
class Level:
    """All orders at one price, first come first served; its volume is what they show."""

    def __init__(self, price: int) -> None:
        self.price: int = price
        self.volume: Atoms = 0
        self.users: int = 0
        """How many of its orders are not the house's."""
        self.first: Order | None = None
        self.last: Order | None = None


class BookSide:
    """Queues by price, or by whatever else orders the orders. Ranks are `sign * price` in rising order, so either side's best price is the last."""

    def __init__(self, side: Side) -> None:
        self.sign: int = int(side)
        self.levels: dict[int, Level] = {}
        self.ranks: list[int] = []
        self.touched: dict[int, bool] | None = None
        """Prices whose volume changed since somebody who watches looked; None where nobody does. No part of the state."""

    def best(self) -> int:
        """The best price; 0 where the side is empty."""
        return self.sign * self.ranks[-1] if self.ranks else 0


@mypyc_attr(acyclic=True)
class MinuteVolume:
    """What traded in one minute: the average price is made of the last few."""

    def __init__(self, minute: int) -> None:
        self.minute: int = minute
        self.quantity: Atoms = 0
        self.quote_quantity: Atoms = 0


class TradingRules:
    """What the venue says of a symbol, as attributes that compiled code reads at no cost."""

    def __init__(self, symbol: Symbol) -> None:
        self.base: str = symbol.base
        self.quote: str = symbol.quote
        self.trading: bool = symbol.status == SymbolStatus.TRADING
        self.cross_margin: bool = symbol.cross_margin
        self.tick_size: int = symbol.tick_size
        self.min_price: int = symbol.min_price or symbol.tick_size
        self.max_price: int = symbol.max_price
        self.step_size: Atoms = symbol.step_size
        self.min_quantity: Atoms = symbol.min_quantity or symbol.step_size
        self.max_quantity: Atoms = symbol.max_quantity
        self.market_step_size: Atoms = symbol.market_step_size
        self.market_min_quantity: Atoms = symbol.market_min_quantity
        self.market_max_quantity: Atoms = symbol.market_max_quantity
        self.min_notional: Atoms = symbol.min_notional
        self.max_notional: Atoms = symbol.max_notional
        self.apply_min_to_market: bool = symbol.apply_min_to_market
        self.apply_max_to_market: bool = symbol.apply_max_to_market
        self.average_price_minutes: int = symbol.average_price_minutes
        self.bid_multiplier_up: int = symbol.bid_multiplier_up
        self.bid_multiplier_down: int = symbol.bid_multiplier_down
        self.ask_multiplier_up: int = symbol.ask_multiplier_up
        self.ask_multiplier_down: int = symbol.ask_multiplier_down
        self.max_num_orders: int = symbol.max_num_orders
        self.max_num_algo_orders: int = symbol.max_num_algo_orders
        self.max_num_iceberg_orders: int = symbol.max_num_iceberg_orders
        self.max_num_order_lists: int = symbol.max_num_order_lists
        self.max_num_order_amends: int = symbol.max_num_order_amends
        self.iceberg_parts: int = symbol.iceberg_parts
        self.min_trailing_above_delta: int = symbol.min_trailing_above_delta
        self.max_trailing_above_delta: int = symbol.max_trailing_above_delta
        self.min_trailing_below_delta: int = symbol.min_trailing_below_delta
        self.max_trailing_below_delta: int = symbol.max_trailing_below_delta
        self.limits_price_to_index: bool = symbol.limits_price_to_index
        self.self_trade_preventions: tuple[SelfTradePrevention, ...] = symbol.self_trade_preventions
        self.isolated_margin: bool = symbol.isolated_margin
        self.iceberg_keeps_place: bool = False
        self.prevention_by_account: bool = False
        """What the venue says of all symbols."""
        self.isolated_from_ms: int = 0
        self.isolated_until_ms: int = 0
        self.cross_from_ms: int = 0
        self.cross_until_ms: int = 0
        """Between which moments margin accounts may trade it; `listing` sets them."""
        self.isolated_margin_call: int = symbol.isolated_margin_call
        self.isolated_tiers: tuple[IsolatedTier, ...] = symbol.isolated_tiers
        self.max_position: Atoms = symbol.max_position


class TrailingGroup:
    """Trailing orders of one side that share an extreme, by how far the price must turn back."""

    def __init__(self, extreme: int) -> None:
        self.extreme: int = extreme
        """A signed price: see `triggers`."""
        self.by_delta: BookSide = BookSide(Side.SELL)
        """Keyed by delta, so that the smallest, which wakes first, is the best."""
        self.size: int = 0
        """How many orders have joined and not woken; those that left since are still counted."""
        self.number: int = 0
        """Its name among the groups asleep."""


class TrailingSide:
    """The trailing orders of one side. Groups stand by falling extreme: only the newest can follow the price."""

    def __init__(self, sign: int) -> None:
        self.sign: int = sign
        """What turns a price into one that is followed upwards."""
        self.groups: list[TrailingGroup] = []
        self.starting: TrailingGroup = TrailingGroup(0)
        """Orders that begin with the next trade."""
        self.alarm: list[tuple[int, int, int]] = []
        """A heap of (minus threshold, minus extreme, number) over the groups that a newer one covers; entries may be stale."""
        self.asleep: dict[int, TrailingGroup] = {}
        self.last_number: int = 0


class Stops:
    """The orders of one symbol that wait for a price."""

    def __init__(self) -> None:
        self.rising: BookSide = BookSide(Side.SELL)
        """By the price that must be reached from below; the lowest is the best."""
        self.falling: BookSide = BookSide(Side.BUY)
        """By the price that must be reached from above; the highest is the best."""
        self.starting_up: BookSide = BookSide(Side.SELL)
        self.starting_down: BookSide = BookSide(Side.BUY)
        """Trailing orders that begin to trail at a price, by that price."""
        self.trailing_sells: TrailingSide = TrailingSide(1)
        self.trailing_buys: TrailingSide = TrailingSide(-1)
        self.woken: list[Level] = []
        """Queues whose price has come, the first to wake first; some of their orders may have left since."""


class Book:
    """One symbol: its rules, its two sides, its tape and its index price."""

    def __init__(self, rules: Symbol) -> None:
        self.rules: TradingRules = TradingRules(rules)
        self.symbol: str = rules.name
        self.bids: BookSide = BookSide(Side.BUY)
        self.asks: BookSide = BookSide(Side.SELL)
        self.orders: dict[int, Order] = {}
        """The users' open orders by id: resting, waiting for a stop, or pending."""
        self.resting: int = 0
        """How many of users' orders rest in the book."""
        self.stops: Stops = Stops()
        self.next_order_id: int = 1
        self.next_trade_id: int = 1
        self.next_prevented_match_id: int = 1
        self.next_amendment_id: int = 1
        self.last_price: int = 0
        self.last_trade_ms: int = 0
        self.aggregate_id: int = 0
        """The number of the last aggregate trade."""
        self.aggregate_key: tuple[int, int, int, int] = (-1, 0, 0, 0)
        """What the trades of that one share: record, taker, price and side. Of no use after its record."""
        self.update_id: int = 0
        """Grows whenever what the book shows may have changed, so that depth and its changes can be joined."""
        self.minutes: list[MinuteVolume] = []
        self.average: int = 0
        self.average_minute: int = -1
        """The minute for which `average` was worked out; -1 where a trade came since."""
        self.bid_floor: int = 0
        self.bid_ceiling: int = 0
        self.ask_floor: int = 0
        self.ask_ceiling: int = 0
        """Where limit prices may lie, by that average (PERCENT_PRICE_BY_SIDE)."""
        self.index_price: int = rules.start_price
        self.index_at_ms: int = 0
        self.is_tape_due: bool = False
        """Did the index move since the house last printed?"""
        self.tape_quantity: Atoms = -1
        """How much it is to print then; -1 for its smallest lot."""
        self.tape_side: Side = Side.BUY
        self.seen_index: int = rules.start_price
        """The index as the house knows it, which may lag behind."""
        self.seen_mark: int = 0
        """What the quote asset was worth then, for the size of the quotes; 0 for nothing that anybody knows."""
        self.quoted_index: int = 0
        """The index that the house's quotes stand around; 0 where they are yet to be laid out."""
        self.house_quotes: list[Order] = []
        self.quotes_left: list[tuple[int, int, Atoms]] = []
        """Quotes still to be laid out, as (sign, price, quantity), the next one last."""

    def side(self, sign: int) -> BookSide:
        return self.bids if sign > 0 else self.asks


class State:
    """Everything that a snapshot keeps."""

    def __init__(self, venue: Venue, seed: int, epoch: int) -> None:
        self.venue: Venue = venue
        self.seed: int = seed
        self.epoch: int = epoch
        self.seq: int = -1
        self.at_ms: int = 0
        self.walk_step: int = 0
        self.next_transaction_id: int = FIRST_TRANSACTION_ID
        self.next_key_serial: int = 1
        self.next_list_id: int = 1
        self.accounts: dict[int, Account] = {}
        self.keys: dict[str, KeyView] = {}
        self.listen_keys: ListenKeys = ListenKeys()
        self.books: dict[str, Book] = {}
        self.lists: dict[int, OrderList] = {}
        """Open order lists by id."""
        self.pools: dict[str, Pool] = {}
        self.rates: dict[str, Rates] = {}
        """Of every asset that has loan terms, or once had."""
        self.debtors: dict[tuple[int, Scope], TradingAccount] = {}
        """Trading accounts that owe anything, in the order in which they came to."""
        self.liquidations: dict[int, Liquidation] = {}
        """Those that go on, by id."""
        self.liquidations_due: list[tuple[int, int]] = []
        """The same as (due, id), sorted."""
        self.next_liquidation_id: int = 1
        self.repayment_delay_ms: int = 0
        """How long a repayment of a liquidation loan stays pending: a fault that somebody asked for, or 0."""
        self.repayments: list[PendingRepayment] = []
        """Those that are pending, at most one of an account; the first to end first."""
        self.funds: dict[str, Fund] = {}
        """The insurance fund's books by asset, made at their first use."""
        self.agenda: list[tuple[int, int]] = []
        """Work that time will bring or that was left over, as (due, kind), at most one item of each kind; sorted."""
        self.delisted: dict[str, int] = {}
        """Which delistings have been carried out, by the name of asset or pair: the times that they were planned for."""
        self.delisting: str = ""
        """The one that goes on; empty for none."""
        self.delisting_from: int = 0
        """The first account that it has still to come to."""
        self.accruals_left: list[tuple[int, Scope]] = []
        """Debtors that have still to be charged for the hour that is due, the next one last."""
        self.chosen: list[Order] = []
        """Orders of lists that ended, traded or came to life, and whose lists have still to follow; oldest first."""
        self.woken: list[str] = []
        """Symbols in which a stop's price has come, oldest first."""
        self.requotes_left: list[str] = []
        """Symbols whose quotes have still to follow the index, the next one last."""
        self.feeds: Feeds = Feeds()

        # Derived from the venue and the index; never in a snapshot.
        self.assets: dict[str, Asset] = {}
        self.marks: dict[str, int] = {}
        """Price of each asset in the valuation asset; an asset without one is missing."""
        self.marked_ms: dict[str, int] = {}
        """When the older of the prices was set that each of these is made of."""
        self.exposed: dict[str, dict[tuple[int, Scope], TradingAccount]] = {}
        """Which cross debtors hold or owe an asset, and which isolated ones stand in a pair."""
        self.leverages: dict[int, LeverageLevels] = {}
        self.restricted: dict[str, Asset] = {}
        """Assets of which cross accounts may have no more, or only so much."""
        self.cross_held: dict[str, Atoms] = {}
        """What all users' cross accounts together have of each asset."""
        self.house_quotes: bool = False
        self.order_limits: list[int] = []
        """How many unfilled orders each window allows."""
        self.taker_credit: int = 0
        self.maker_credit: int = 0
        """What a first fill gives back to those counts."""
        # Of the command in progress.
        self.events: list[AnyEvent] = []
        self.touched: list[Wallet] = []
        self.stirred: dict[tuple[int, Scope], TradingAccount] = {}
        """Margin accounts whose level may have changed."""
        self.generated_names: int = 0

    def system(self, scope: Scope) -> TradingAccount:
        """One of the exchange's own accounts."""
        return self.accounts[SYSTEM_ACCOUNT_ID].trading[scope]

    def next_transaction(self) -> int:
        transaction_id = self.next_transaction_id
        self.next_transaction_id = transaction_id + 1
        return transaction_id
