"""Shapes of answers about the present."""

from __future__ import annotations

from msgspec import Struct

from openmargin.domain.enums import AccountType, KeyKind, MarginStatus, Permission, UserStream
from openmargin.domain.ids import Scope
from openmargin.domain.index_scripts import IndexStage
from openmargin.domain.money import Atoms


class KeyView(Struct, frozen=True):
    """What the gateway must know of a key to let a request in."""

    api_key: str
    account_id: int
    kind: KeyKind
    public_key: str
    permissions: tuple[Permission, ...]
    ips: tuple[str, ...]
    serial: int
    api_name: str = ""
    special_scope: Scope = ""
    """The margin account that a special key trades for; empty for an ordinary key."""
    created_at_ms: int = 0


class ListenKeyView(Struct, frozen=True):
    """The name of a user data stream: whose stream it is, and how long it is good."""

    account_id: int
    scope: Scope
    stream: UserStream
    nonce: int
    """What the name that clients know is made of."""
    expires_at_ms: int


class AccountView(Struct, frozen=True):
    """Who an account is."""

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


class BalanceView(Struct, frozen=True):
    """One asset of one trading account. Net is free + locked - borrowed - interest (mechanics 1.2)."""

    asset: str
    free: Atoms
    locked: Atoms
    borrowed: Atoms
    interest: Atoms

    @property
    def net(self) -> Atoms:
        return self.free + self.locked - self.borrowed - self.interest


class SwitchesView(Struct, frozen=True):
    """What a margin account may do at all, whatever its level allows (mechanics 1.6)."""

    is_liquidating: bool
    may_trade: bool
    may_borrow: bool
    may_transfer_in: bool
    may_transfer_out: bool


class FundView(Struct, frozen=True):
    """The insurance fund in one asset; it holds what it received less what it paid, and may owe."""

    asset: str
    balance: Atoms
    received: Atoms
    paid: Atoms


class MarginView(Struct, frozen=True):
    """A margin account and its levels. Levels carry eight decimals and are capped; values are in atoms."""

    account_id: int
    scope: Scope
    balances: tuple[BalanceView, ...]
    margin_level: int
    collateral_level: int
    status: MarginStatus
    assets_in_display: Atoms
    liabilities_in_display: Atoms
    collateral_in_valuation: Atoms
    open_order_loss_in_valuation: Atoms
    """What open orders would lose (A10), rounded up; of an isolated account in its quote."""
    switches: SwitchesView


class IsolatedView(Struct, frozen=True):
    """An isolated account with its level, by the index of its pair."""

    symbol: str
    is_open: bool
    base: BalanceView
    quote: BalanceView
    margin_level: int
    status: MarginStatus
    margin_ratio: int
    """The pair's largest multiple, with eight decimals."""
    index_price: int
    liquidation_price: int
    """0 where no price would liquidate it."""
    liquidation_rate: int
    """How far the index is from that price, as a share of the index; 0 where there is none."""
    assets_in_display: Atoms
    liabilities_in_display: Atoms
    base_net_in_display: Atoms
    quote_net_in_display: Atoms
    switches: SwitchesView


class BorrowableView(Struct, frozen=True):
    amount: Atoms
    """What may be borrowed now."""
    limit: Atoms
    """What the VIP level allows at all."""


class RatesView(Struct, frozen=True):
    """Daily interest rates of an asset, one per VIP level from 0 up; the last serves all above."""

    asset: str
    daily: tuple[int, ...]
    daily_next_hour: tuple[int, ...]


class LiquidationLoanView(Struct, frozen=True):
    """What an account owes the insurance fund after bankruptcies."""

    asset: str
    amount: Atoms
    repaid: Atoms


class RestrictedView(Struct, frozen=True):
    """Assets of which cross accounts may have no more (mechanics 3.5)."""

    open_long: tuple[str, ...]
    """Those that may only be bought back."""
    over_cap: tuple[str, ...]
    """Those of which all cross accounts together have more than the venue takes as collateral."""


class SmallLiabilityView(Struct, frozen=True):
    """A debt of the cross account that may be exchanged, and what it would become."""

    asset: str
    principal: Atoms
    interest: Atoms
    target_asset: str
    target_amount: Atoms


class OrderCountView(Struct, frozen=True):
    """The use of one unfilled-order window."""

    interval_ms: int
    limit: int
    count: int


class IndexView(Struct, frozen=True):
    symbol: str
    price: int
    at_ms: int
    is_stopped: bool = False
    """Has its feed stopped?"""
    is_too_old: bool = False
    """Has it passed the age that the venue gives prices?"""


class IndexScriptView(Struct, frozen=True):
    """A script of the index that goes on."""

    script_id: int
    symbol: str
    """Empty where it moves assets."""
    assets: tuple[str, ...]
    symbols: tuple[str, ...]
    """Whose index it moves."""
    stages: tuple[IndexStage, ...]
    stage: int
    """The place of the present one, from 0."""
    next_ms: int
    """When it goes on."""


class AverageView(Struct, frozen=True):
    """The average price of the last minutes."""

    minutes: int
    """0 where it is the last price."""
    price: int
    last_trade_ms: int
    """0 before the first trade."""


class DepthView(Struct, frozen=True):
    """Price levels from the best outwards, as (price, quantity)."""

    bids: tuple[tuple[int, Atoms], ...]
    asks: tuple[tuple[int, Atoms], ...]


class BookChanged(Struct, frozen=True):
    """What one record did to what a book shows; its ids follow those of the change before it without a gap."""

    symbol: str
    first_id: int
    last_id: int
    """As `Live.update_id` says after the record."""
    bids: tuple[tuple[int, Atoms], ...]
    """Levels as they are now, in no order; quantity 0 where there is none any more. Empty where only the best are
    watched."""
    asks: tuple[tuple[int, Atoms], ...]
    best_bid: tuple[int, Atoms]
    """Price and quantity; zeros where nobody stands."""
    best_ask: tuple[int, Atoms]
