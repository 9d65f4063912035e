"""Everything that may have happened: the facts that history, streams and answers are made of."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from openmargin.domain.enums import (
    AccountType,
    Flow,
    InterestKind,
    KeyKind,
    LiquidationEnd,
    LiquidationKind,
    LoanSource,
    MarginStatus,
    Permission,
    RepaymentStatus,
    Side,
    UserStream,
)
from openmargin.domain.ids import Scope
from openmargin.domain.money import Atoms
from openmargin.domain.orders import Amendment, Fill, ListView, OrderView, PreventedMatch
from openmargin.domain.reasons import Rejected


class Event(Struct, frozen=True, tag=True, tag_field="event", array_like=True, gc=False):
    """What every event is; its moment is that of the record that caused it."""


class VenueChanged(Event, frozen=True):
    """The rules are those of the record that caused this."""

    epoch: int


class AccountChanged(Event, frozen=True):
    """An account was made or altered; the values are those from now on."""

    account_id: int
    name: str
    vip: int
    account_type: AccountType
    master_id: int
    terms_signed: bool
    trade_group_id: int
    cross_leverage: int
    burns_bnb_for_commission: bool
    burns_bnb_for_interest: bool
    in_special_mode: bool


class KeyCreated(Event, frozen=True):
    account_id: int
    api_key: str
    kind: KeyKind
    permissions: tuple[Permission, ...]
    special_scope: Scope = ""
    """The margin account that a special key trades for; empty for an ordinary key."""


class KeyChanged(Event, frozen=True):
    """A key may be used from other addresses from now on."""

    account_id: int
    api_key: str
    ips: tuple[str, ...]


class KeyDeleted(Event, frozen=True):
    account_id: int
    api_key: str


class IndexMoved(Event, frozen=True):
    """Index prices changed, as (symbol, price) pairs."""

    prices: tuple[tuple[str, int], ...]


class IndexScriptBegan(Event, frozen=True):
    script_id: int
    symbols: tuple[str, ...]
    """The pairs whose index it moves."""


class IndexScriptEnded(Event, frozen=True):
    """A script came to its end, or was ended."""

    script_id: int


class IndexFeedChanged(Event, frozen=True):
    """The index feed of these pairs stopped, or goes on."""

    symbols: tuple[str, ...]
    is_stopped: bool


class WalletChanged(Event, frozen=True):
    """What a wallet holds after the command, told once per wallet."""

    account_id: int
    scope: Scope
    asset: str
    free: Atoms
    locked: Atoms


class Deposited(Event, frozen=True):
    """Value came from the outside world; `amount` is negative where it left."""

    account_id: int
    scope: Scope
    asset: str
    amount: Atoms


class Transferred(Event, frozen=True):
    transaction_id: int
    account_id: int
    source: Scope
    target: Scope
    asset: str
    amount: Atoms


class Borrowed(Event, frozen=True):
    transaction_id: int
    account_id: int
    scope: Scope
    asset: str
    principal: Atoms
    source: LoanSource


class Repaid(Event, frozen=True):
    """A repayment of `interest` and then `principal`."""

    transaction_id: int
    account_id: int
    scope: Scope
    asset: str
    principal: Atoms
    interest: Atoms
    source: LoanSource


class InterestAccrued(Event, frozen=True):
    transaction_id: int
    account_id: int
    scope: Scope
    asset: str
    principal: Atoms
    interest: Atoms
    daily_rate: int
    kind: InterestKind
    hour_ms: int
    """The full hour that the interest is booked under."""
    raw_asset: str = ""
    """The asset of the loan, where the interest is booked in another; `principal` is of it."""


class Traded(Event, frozen=True):
    """The public side of one trade."""

    symbol: str
    trade_id: int
    price: int
    quantity: Atoms
    quote_quantity: Atoms
    taker_side: Side
    maker_order_id: int
    """0 where the house quoted."""
    taker_order_id: int
    """0 where the house took."""
    aggregate_id: int = 0
    """Trades of one record that share taker, side and price share this number: they are one aggregate trade."""


class OrderOpened(Event, frozen=True):
    """An order was accepted. `borrowed` of what it pays with was lent for it."""

    order: OrderView
    borrowed: Atoms = 0
    borrowed_asset: str = ""


class OrderActivated(Event, frozen=True):
    """A waiting order came to life: its stop was reached, or its working order is full."""

    order: OrderView


class OrderFilled(Event, frozen=True):
    """One side of a trade, and the order after it."""

    order: OrderView
    fill: Fill


class OrderClosed(Event, frozen=True):
    """An order ended before it was full; its status says how."""

    order: OrderView
    cancel_client_id: str = ""
    """The name of the cancel, where a cancel ended it."""


class OrderAmended(Event, frozen=True):
    """An order has another quantity, and perhaps another name, in the same place."""

    order: OrderView
    amendment: Amendment
    order_list: ListView | None = None
    """The list that it belongs to; told with the order that was asked for, not with the other of its pair."""


class MatchPrevented(Event, frozen=True):
    """Two orders of one hand met and did not trade; each order's own event tells what became of it."""

    match: PreventedMatch
    taker: OrderView
    maker: OrderView


class CancelReplaced(Event, frozen=True):
    """What became of both halves of a cancel-replace; what happened to the orders stands before it."""

    account_id: int
    scope: Scope
    symbol: str
    not_canceled: Rejected | None
    not_placed: Rejected | None
    """Also where it was not attempted for the counts alone."""
    is_attempted: bool
    """Was the new order tried at all?"""


class ListChanged(Event, frozen=True):
    """An order list was placed, or ended. `borrowed` of what it pays with was lent for it."""

    order_list: ListView
    borrowed: Atoms = 0
    borrowed_asset: str = ""


class RatesChanged(Event, frozen=True):
    """Daily interest rates of an asset, one per VIP level from 0 up, from a full hour on."""

    asset: str
    daily_rates: tuple[int, ...]
    effective_ms: int


class MarginStatusChanged(Event, frozen=True):
    """A margin level crossed a line; a margin call is told again while it lasts (mechanics 2.2, 2.4)."""

    account_id: int
    scope: Scope
    level: int
    status: MarginStatus


class LiquidationBegan(Event, frozen=True):
    """An account is locked and its liquidation planned. Values are in the valuation asset, or an isolated pair's quote."""

    liquidation_id: int
    account_id: int
    scope: Scope
    kind: LiquidationKind
    assets: Atoms
    liabilities: Atoms


class DebtLiquidated(Event, frozen=True):
    """What the owner's own liquidation made of the debt that was largest before it, so far as it came at once."""

    account_id: int
    scope: Scope
    asset: str
    principal: Atoms
    interest: Atoms
    """As they were before."""
    repaid_in: str
    """The first asset that was sold, or that of the debt where none had to be."""
    repaid_quantity: Atoms
    """How much of it went."""


class LiquidationEnded(Event, frozen=True):
    """The account is free again. `deficit` is what the insurance fund paid, valued like the beginning."""

    liquidation_id: int
    account_id: int
    scope: Scope
    end: LiquidationEnd
    fee: Atoms
    deficit: Atoms


class Flowed(Event, frozen=True):
    """Value came (positive) or went (negative) in a way that no other event tells, or that a liquidation moved.

    Fills of forced orders and repayments by a liquidation have their own events, too, and count once: here.
    """

    transaction_id: int
    account_id: int
    scope: Scope
    flow: Flow
    asset: str
    symbol: str
    """Empty where no pair was concerned."""
    amount: Atoms


class SmallLiabilityExchanged(Event, frozen=True):
    """A small debt became a debt of another asset."""

    transaction_id: int
    account_id: int
    asset: str
    principal: Atoms
    interest: Atoms
    target_asset: str
    target_amount: Atoms


class LiquidationLoanChanged(Event, frozen=True):
    """What an account owes the insurance fund after bankruptcies, in all and repaid."""

    account_id: int
    asset: str
    amount: Atoms
    repaid: Atoms


class LiquidationLoanRepaid(Event, frozen=True):
    repay_id: int
    account_id: int
    asset: str
    amount: Atoms
    status: RepaymentStatus
    began_ms: int = 0
    """When one that was pending was asked for; 0 for now."""


class IsolatedChanged(Event, frozen=True):
    """An isolated account was opened or closed."""

    account_id: int
    symbol: str
    is_open: bool


class ListenKeyKept(Event, frozen=True):
    """The name of a user data stream is good until then: it is new, or was extended."""

    account_id: int
    scope: Scope
    stream: UserStream
    nonce: int
    expires_at_ms: int


class ListenKeyEnded(Event, frozen=True):
    """The name of a user data stream is good no longer."""

    account_id: int
    scope: Scope
    stream: UserStream
    nonce: int
    is_expired: bool
    """Did nobody keep it? Otherwise its owner ended it."""


AnyEvent: TypeAlias = (
    Rejected
    | VenueChanged
    | AccountChanged
    | KeyCreated
    | IndexMoved
    | WalletChanged
    | Deposited
    | Transferred
    | Borrowed
    | Repaid
    | InterestAccrued
    | Traded
    | OrderOpened
    | OrderFilled
    | OrderClosed
    | OrderActivated
    | MatchPrevented
    | ListChanged
    | CancelReplaced
    | OrderAmended
    | IsolatedChanged
    | KeyChanged
    | KeyDeleted
    | RatesChanged
    | MarginStatusChanged
    | LiquidationBegan
    | LiquidationEnded
    | Flowed
    | SmallLiabilityExchanged
    | LiquidationLoanChanged
    | LiquidationLoanRepaid
    | DebtLiquidated
    | ListenKeyKept
    | ListenKeyEnded
    | IndexScriptBegan
    | IndexScriptEnded
    | IndexFeedChanged
)
