"""Everything that may be asked of the exchange, and the record that gives it an order and a time.

A command carries all that it needs to know of the world. It is encoded as an array, so fields may only be
appended, with a default, or the engine's epoch must change.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from openmargin.domain.enums import (
    AccountType,
    CancelReplaceMode,
    CancelRestriction,
    Contingency,
    KeyKind,
    OrderType,
    Permission,
    SelfTradePrevention,
    Side,
    SideEffect,
    TimeInForce,
    UserStream,
)
from openmargin.domain.ids import Scope
from openmargin.domain.index_scripts import IndexStage
from openmargin.domain.money import Atoms
from openmargin.domain.orders import Leg
from openmargin.domain.venue import Venue


class Command(Struct, frozen=True, tag=True, tag_field="command", array_like=True):
    """What every command is; the tag is the class's name."""


class Open(Command, frozen=True):
    """Record 0: the venue's rules, the seed of all chance, and the epoch of the rules that read them."""

    venue: Venue
    seed: int
    epoch: int


class ChangeVenue(Command, frozen=True):
    """From here on other rules hold. Assets and symbols may be added and altered, never removed."""

    venue: Venue


class Tick(Command, frozen=True):
    """Time has come: do what is due, and go on with what was left."""


class SetIndex(Command, frozen=True):
    """Index prices that moved together, as (symbol, price) pairs, and the steps of the walk they stand for."""

    prices: tuple[tuple[str, int], ...]
    walk_steps: int = 0
    trades: tuple[tuple[str, Atoms, Side], ...] = ()
    """What was traded on the way, as (symbol, base quantity, the taker's side): the house prints that much at the new
    price, and nothing for 0, instead of its smallest lot."""


class SeedDebt(Command, frozen=True):
    """A debt that an account brings from elsewhere: the pool lends it, and the account has spent it already."""

    account_id: int
    scope: Scope
    asset: str
    principal: Atoms
    interest: Atoms
    """Charged and not yet paid."""


class ScriptIndex(Command, frozen=True):
    """From now on one pair's index, or that of every pair of some assets, follows a script."""

    symbol: str
    """Empty where assets are named: these move against all others by the same factor."""
    assets: tuple[str, ...]
    stages: tuple[IndexStage, ...]


class EndIndexScript(Command, frozen=True):
    """A script ends here, and the index stays where it is; a feed that it stopped goes on."""

    script_id: int
    """0 for all of them."""


class CreateAccount(Command, frozen=True):
    name: str
    vip: int = 0
    account_type: AccountType = AccountType.CROSS_CLASSIC
    master_id: int = 0
    """The account that this one is a sub-account of; 0 for none."""


class ChangeAccount(Command, frozen=True):
    """Set what is not None."""

    account_id: int
    vip: int | None = None
    account_type: AccountType | None = None
    terms_signed: bool | None = None
    trade_group_id: int | None = None


class CreateKey(Command, frozen=True):
    account_id: int
    api_key: str
    kind: KeyKind
    public_key: str
    """PEM of an RSA or Ed25519 key; empty for HMAC, whose secret is derived and never stored."""
    permissions: tuple[Permission, ...]
    ips: tuple[str, ...]


class Deposit(Command, frozen=True):
    account_id: int
    scope: Scope
    asset: str
    amount: Atoms


class Withdraw(Command, frozen=True):
    account_id: int
    scope: Scope
    asset: str
    amount: Atoms


class Signed(Command, frozen=True):
    """A command that a key signed: the key must still be good, and the window open, when its turn comes."""

    account_id: int
    api_key: str
    """Empty where the operator asks."""
    expires_at_ms: int
    """By the exchange's clock; 0 for never."""


class Transfer(Signed, frozen=True):
    source: Scope
    target: Scope
    asset: str
    amount: Atoms


class Borrow(Signed, frozen=True):
    scope: Scope
    asset: str
    amount: Atoms


class Repay(Signed, frozen=True):
    scope: Scope
    asset: str
    amount: Atoms


class PlaceOrder(Signed, frozen=True):
    scope: Scope
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: Atoms
    """0 where `quote_quantity` sizes the order."""
    quote_quantity: Atoms
    price: int
    client_order_id: str
    """Empty where the exchange is to name the order."""
    self_trade_prevention: SelfTradePrevention
    side_effect: SideEffect
    auto_repay_at_cancel: bool
    stop_price: int = 0
    trailing_delta: int = 0
    iceberg_quantity: Atoms = 0
    strategy_id: int | None = None
    strategy_type: int | None = None


class PlaceOrderList(Signed, frozen=True):
    """Two or three orders that depend on each other.

    Legs of an OCO: the one above the market and the one below. Of an OTO: working, pending. Of an OTOCO: working, and
    the pending pair.
    """

    scope: Scope
    symbol: str
    contingency: Contingency
    client_list_id: str
    """Empty where the exchange is to name the list."""
    legs: tuple[Leg, ...]
    self_trade_prevention: SelfTradePrevention
    side_effect: SideEffect
    auto_repay_at_cancel: bool


class CancelOrderList(Signed, frozen=True):
    """Cancel by id, by client id, or by both, which must then name the same list."""

    scope: Scope
    symbol: str
    list_id: int
    """-1 where only the client id is given."""
    client_list_id: str
    cancel_client_id: str
    """The name of the cancel; empty where the exchange is to name it."""


class OpenIsolated(Signed, frozen=True):
    """Open the isolated account of a pair, or open it again."""

    symbol: str


class CloseIsolated(Signed, frozen=True):
    """Close an isolated account that is empty."""

    symbol: str


class CancelOrder(Signed, frozen=True):
    """Cancel by id, by client id, or by both, which must then name the same order."""

    scope: Scope
    symbol: str
    order_id: int
    """0 where only the client id is given."""
    client_order_id: str
    cancel_client_id: str
    """The name of the cancel; empty where the exchange is to name it."""
    restriction: CancelRestriction = CancelRestriction.NONE


class CancelAllOrders(Signed, frozen=True):
    scope: Scope
    symbol: str


class CancelReplace(Signed, frozen=True):
    """Cancel one order and place another, in one step (/api/v3/order/cancelReplace)."""

    mode: CancelReplaceMode
    cancel: CancelOrder
    order: PlaceOrder
    cancels_over_limit: bool = False
    """Does the cancel go ahead where the order counts have no room for the new order?"""


class AmendOrder(Signed, frozen=True):
    """Lower the quantity of an open order, which keeps its place. Named by id, by client id, or by both."""

    scope: Scope
    symbol: str
    order_id: int
    """0 where only the client id is given."""
    client_order_id: str
    quantity: Atoms
    """All that the order is to be of, what has traded included."""
    new_client_order_id: str
    """Empty where the exchange is to name the order anew; the present name keeps it."""


class SetMaxLeverage(Signed, frozen=True):
    """Choose the cross leverage (mechanics 2.2)."""

    leverage: int


class SetBnbBurn(Signed, frozen=True):
    """Pay commission, or interest, in BNB from now on, or no longer; None leaves a switch as it is (mechanics 4.6)."""

    spot: bool | None
    interest: bool | None


class ExchangeSmallLiabilities(Signed, frozen=True):
    """Turn small debts of the cross account into one debt, all or none (mechanics 7.5)."""

    assets: tuple[str, ...]


class ManualLiquidate(Signed, frozen=True):
    """Repay a margin account's debts out of its own assets, sold where that is needed (mechanics 7.3)."""

    scope: Scope


class RepayLiquidationLoan(Signed, frozen=True):
    """Repay from the spot wallet (mechanics 7.4)."""

    asset: str
    amount: Atoms


class CreateSpecialKey(Signed, frozen=True):
    """Give a margin account a low-latency key (mechanics 8)."""

    scope: Scope
    new_key: str
    api_name: str
    kind: KeyKind
    public_key: str
    """PEM of an RSA or Ed25519 key; empty for HMAC, whose secret is derived and never stored."""
    ips: tuple[str, ...]
    may_trade: bool


class EditSpecialKeyIps(Signed, frozen=True):
    scope: Scope
    edited_key: str
    ips: tuple[str, ...]


class DeleteSpecialKeys(Signed, frozen=True):
    """Delete one key, or where that is empty every key of a name."""

    scope: Scope
    deleted_key: str
    api_name: str


class ExitSpecialKeyMode(Signed, frozen=True):
    """Leave Special Key Mode, with all special keys of the cross account."""


class OpenListenKey(Signed, frozen=True):
    """Have a user data stream named, or the name that it has extended.

    `nonce` is chance from outside: with the server's master key it makes the name, which is not written anywhere.
    """

    scope: Scope
    stream: UserStream
    nonce: int


class KeepListenKey(Signed, frozen=True):
    """Extend the name of a user data stream."""

    scope: Scope
    stream: UserStream
    nonce: int


class CloseListenKey(Signed, frozen=True):
    """End the name of a user data stream."""

    scope: Scope
    stream: UserStream
    nonce: int
    """0 for whichever there is."""


class ExpireListenKeys(Command, frozen=True):
    """End every name of an account's user data streams as if nobody had kept it."""

    account_id: int


class DelayLoanRepayments(Command, frozen=True):
    """From now on a repayment of a liquidation loan stays pending for so long; 0 for no longer."""

    milliseconds: int


class SetRates(Command, frozen=True):
    """Daily interest rates from the next full hour on, as (asset, one rate per VIP level from 0 up)."""

    rates: tuple[tuple[str, tuple[int, ...]], ...]


AnyCommand: TypeAlias = (
    Open
    | ChangeVenue
    | Tick
    | SetIndex
    | CreateAccount
    | ChangeAccount
    | CreateKey
    | Deposit
    | Withdraw
    | Transfer
    | Borrow
    | Repay
    | PlaceOrder
    | CancelOrder
    | CancelAllOrders
    | PlaceOrderList
    | CancelOrderList
    | OpenIsolated
    | CloseIsolated
    | CancelReplace
    | SetMaxLeverage
    | SetBnbBurn
    | ExchangeSmallLiabilities
    | ManualLiquidate
    | RepayLiquidationLoan
    | CreateSpecialKey
    | EditSpecialKeyIps
    | DeleteSpecialKeys
    | ExitSpecialKeyMode
    | SetRates
    | AmendOrder
    | OpenListenKey
    | KeepListenKey
    | CloseListenKey
    | SeedDebt
    | ScriptIndex
    | EndIndexScript
    | ExpireListenKeys
    | DelayLoanRepayments
)


class Record(Struct, frozen=True, array_like=True):
    """What the journal keeps and replay feeds back: a command with its place and its time."""

    seq: int
    at_ms: int
    """The engine's only clock: milliseconds since 1970, UTC."""
    command: AnyCommand
