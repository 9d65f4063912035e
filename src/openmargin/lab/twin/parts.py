"""What the twin keeps of each order, list and account."""

from __future__ import annotations

from enum import Enum
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from openmargin.domain.commands import CreateAccount, PlaceOrderList, ScriptIndex
from openmargin.domain.enums import (
    ExpiryReason,
    KeyKind,
    LiquidationKind,
    OrderStatus,
    OrderType,
    Permission,
    SelfTradePrevention,
    SideEffect,
    TimeInForce,
)
from openmargin.domain.ids import Scope
from openmargin.domain.index_scripts import IndexStage
from openmargin.domain.orders import ListView, OrderSpec, OrderView
from openmargin.domain.views import KeyView

ONE = 10**8
HOUR = 3_600_000
SUPPLY_MAX = 2**62
BORROWS = (SideEffect.MARGIN_BUY, SideEffect.AUTO_BORROW_REPAY)
REPAYS = (SideEffect.AUTO_REPAY, SideEffect.AUTO_BORROW_REPAY)
STOP_LOSSES = (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
TAKE_PROFITS = (OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT)
STOPS = STOP_LOSSES + TAKE_PROFITS
PRICED = (
    OrderType.LIMIT,
    OrderType.LIMIT_MAKER,
    OrderType.STOP_LOSS_LIMIT,
    OrderType.TAKE_PROFIT_LIMIT,
)


class Place(Enum):
    """Where an order is."""

    AT_WORK = "trading, or about to"
    BOOK = "in the book"
    WAITING = "for its stop"
    WOKEN = "its stop was reached; its turn comes"
    PENDING = "for its working order"
    GONE = "ended"


class TwinOrder:
    """An order, a user's or the house's, from its acceptance to its end."""

    def __init__(self, owner: int, scope: Scope, symbol: str, buys: bool, price: int, quantity: int) -> None:
        self.owner = owner
        """0 for the house."""
        self.scope = scope
        self.symbol = symbol
        self.buys = buys
        self.price = price
        """0 for an order without a limit."""
        self.left = quantity
        self.shown = quantity
        """What of it the book shows."""
        self.place = Place.AT_WORK
        self.arrival = 0
        """Who came to a queue first."""
        self.began = -1
        """The trade, by its place on the tape, from which a trailing order follows the price."""
        self.spec_or_none: OrderSpec | None = None
        self.status = OrderStatus.NEW
        self.reason = ExpiryReason.NONE
        self.executed = 0
        self.paid_or_got = 0
        """Quote that moved."""
        self.prevented = 0
        self.prevented_id = 0
        """The last prevented match that took something from it."""
        self.handed_over = 0
        """What it paid without a trade, to another order of its group."""
        self.updated_at_ms = 0
        self.working_at_ms = 0
        self.trailing_at_ms = 0
        self.loan = 0
        self.earned = 0
        """What it has to repay from when it ends."""
        self.means = 0
        """What it had to spend at placement."""
        self.promised = 0
        """Quote set aside for a buy without a limit."""
        self.paying_price = 0
        """What one base of it may cost."""
        self.amended = 0
        self.list: TwinList | None = None
        self.shares = False
        """Are its funds those of its pair?"""
        self.is_out = False
        """Did its pair go on without it? Then it holds nothing any more."""
        self.liquidation: TwinLiquidation | None = None
        """Which placed it, where its owner did not."""

    @property
    def is_house(self) -> bool:
        return self.owner == 0

    @property
    def spec(self) -> OrderSpec:
        assert self.spec_or_none is not None, "the house's quotes were asked for by nobody"
        return self.spec_or_none

    @property
    def order_id(self) -> int:
        return self.spec_or_none.order_id if self.spec_or_none is not None else 0

    @property
    def mode(self) -> SelfTradePrevention:
        return SelfTradePrevention.NONE if self.is_house else self.spec.self_trade_prevention

    @property
    def is_stop(self) -> bool:
        return not self.is_house and self.spec.type in STOPS

    @property
    def waits_above(self) -> bool:
        """Does its stop lie above the market?"""
        return self.buys == (self.spec.type in STOP_LOSSES)

    def costs(self) -> int:
        """What must be set aside for what is left of it."""
        if self.is_out:
            return 0
        if not self.buys:
            return self.left
        if self.price:
            return ceil(Fraction(self.left * self.price, ONE))
        return self.promised - self.paid_or_got - self.handed_over

    def spent(self) -> int:
        return self.handed_over + (self.paid_or_got if self.buys else self.executed)

    def is_killed_by(self, plan: list[Meeting]) -> bool:
        """Fill or kill: would this not fill it whole?"""
        if not self.price or self.spec.time_in_force is not TimeInForce.FOK:
            return False
        return traded_in(plan) < self.left

    def view(self) -> OrderView:
        return OrderView(
            self.spec,
            self.status,
            self.executed,
            self.paid_or_got,
            self.updated_at_ms,
            self.working_at_ms,
            self.prevented,
            self.reason,
            self.prevented_id,
            self.trailing_at_ms,
        )


class Meeting(NamedTuple):
    """A maker that a taker comes upon, and what happens between them."""

    maker: TwinOrder
    quantity: int
    mode: SelfTradePrevention
    """NONE for a trade."""


class TwinList:
    """Two or three orders that depend on each other."""

    def __init__(self, number: int, command: PlaceOrderList, name: str, now: int) -> None:
        self.number = number
        self.command = command
        self.name = name
        self.placed_at_ms = now
        self.updated_at_ms = now
        self.legs: list[TwinOrder] = []
        self.is_done = False
        self.has_worked = False
        """Is the working order full? True from the start of a list without one."""
        self.is_decided = False
        """Has one of the pair traded or triggered? True from the start of a list without one."""
        self.loan = 0
        self.loan_asset = ""
        self.means = 0

    @property
    def pair(self) -> list[TwinOrder]:
        return self.legs[-2:]

    def view(self) -> ListView:
        return ListView(
            self.number,
            self.command.symbol,
            self.command.account_id,
            self.command.scope,
            self.command.contingency,
            self.name,
            tuple((leg.order_id, leg.spec.client_order_id) for leg in self.legs),
            self.is_done,
            self.placed_at_ms,
            self.updated_at_ms,
        )


class TwinAccount:
    """Who an account is."""

    def __init__(self, command: CreateAccount) -> None:
        self.name = command.name
        self.vip = command.vip
        self.kind = command.account_type
        self.master_id = command.master_id
        self.terms_signed = False
        self.trade_group_id = -1
        self.cross_leverage = 0
        self.burns_bnb_for_commission = False
        self.burns_bnb_for_interest = False
        self.in_special_mode = False
        self.left_special_mode: int | None = None
        self.exchanged_small_ms: int | None = None
        self.liquidation_loan = 0
        """All that it ever owed the insurance fund after bankruptcies."""
        self.liquidation_loan_repaid = 0


class TwinKey:
    """An API key, and what it is good for."""

    def __init__(
        self,
        api_key: str,
        account_id: int,
        kind: KeyKind,
        public_key: str,
        permissions: list[Permission],
        ips: list[str],
        now: int,
        name: str = "",
        scope: Scope = "",
    ) -> None:
        self.api_key = api_key
        self.account_id = account_id
        self.kind = kind
        self.public_key = public_key
        self.permissions = permissions
        self.ips = ips
        self.created = now
        self.name = name
        self.scope = scope
        """The margin account of a special key; empty for an ordinary one."""
        self.serial = 0

    def view(self) -> KeyView:
        return KeyView(
            self.api_key,
            self.account_id,
            self.kind,
            self.public_key,
            tuple(self.permissions),
            tuple(self.ips),
            self.serial,
            self.name,
            self.scope,
            self.created,
        )


class TwinLiquidation:
    """An account that is being liquidated."""

    def __init__(
        self,
        number: int,
        account: int,
        scope: Scope,
        kind: LiquidationKind,
        snapshot: dict[str, int],
        now: int,
    ) -> None:
        self.number = number
        self.account = account
        self.scope = scope
        self.is_manual = kind is LiquidationKind.MANUAL
        self.snapshot = snapshot
        """What whole units were worth when it began."""
        self.due_ms = now
        self.tries = 0
        """Orders in a row that did not fill whole."""
        self.order: TwinOrder | None = None
        """The last one, unless it filled whole."""
        self.aside: dict[str, int] = {}
        """What is kept for the fee."""
        self.fee = 0
        self.deficit = 0
        """What the insurance fund received, and what it paid: sums of amount x mark."""


class TwinScript:
    """An index script that goes on."""

    def __init__(self, number: int, command: ScriptIndex, starts: dict[str, int]) -> None:
        self.number = number
        self.command = command
        self.starts = starts
        """What it moves, with the prices at which the present stage began."""
        self.stage = 0
        self.began = 0
        """When the present stage was due."""
        self.done = 0
        """Moves of it."""

    @property
    def present(self) -> IndexStage:
        return self.command.stages[self.stage]

    def next_ms(self) -> int:
        """When it goes on: moves are spread evenly over their stage, the last at its end."""
        stage = self.present
        part = Fraction(self.done + 1, stage.moves) if stage.moves else 1
        return self.began + floor(stage.lasts_ms * part)


class TwinIsolated:
    """An isolated account that was opened at least once."""

    def __init__(self) -> None:
        self.is_open = True
        self.closed_at_ms: int | None = None


def worth(quantity: int, price: int) -> int:
    """Quote for base at a price, rounded down."""
    return floor(Fraction(quantity * price, ONE))


def traded_in(plan: list[Meeting]) -> int:
    """Base that would trade."""
    return sum(meeting.quantity for meeting in plan if meeting.mode is SelfTradePrevention.NONE)


def paid_in(plan: list[Meeting]) -> int:
    """Quote that would move."""
    moving = (SelfTradePrevention.NONE, SelfTradePrevention.TRANSFER)
    return sum(worth(meeting.quantity, meeting.maker.price) for meeting in plan if meeting.mode in moving)


class TwinRepayment(NamedTuple):
    """A repayment of a liquidation loan that is on its way."""

    number: int
    account: int
    asset: str
    amount: int
    began: int
    due: int
