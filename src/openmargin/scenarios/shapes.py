"""What a scenario file may say, as data. docs/scenarios.md explains each key; a test holds the two together."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from openmargin.lab.script_shapes import AnyStage

Money: TypeAlias = str
"""Digits in quotes, with up to eight decimals."""
Span: TypeAlias = str
"""A time since the beginning, such as "90s", "1h30m" or "2d"."""
Purse: TypeAlias = dict[str, Money]
"""Amounts by asset."""


class _Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every table is: a name that nobody knows is refused."""


class Account(_Table, frozen=True, kw_only=True):
    """Who is there at the beginning, and with what."""

    name: str
    vip: int = 0
    terms_signed: bool = False
    spot: Purse = {}
    cross: Purse = {}
    isolated: dict[str, Purse] = {}
    """By pair; naming one opens it."""


class _Step(_Table, frozen=True, kw_only=True, tag_field="do"):
    """What happens at a moment; those of one moment happen in the file's order."""

    at: Span = "0s"
    refused: int = 0
    """The code that it must be refused with; 0 for what must succeed."""


class _Owned(_Step, frozen=True, kw_only=True):
    """What somebody does: "ann", "ann spot" or "ann BTCUSDT"."""

    who: str


class Deposit(_Owned, frozen=True, kw_only=True, tag="deposit"):
    asset: str
    amount: Money


class Withdraw(_Owned, frozen=True, kw_only=True, tag="withdraw"):
    asset: str
    amount: Money


class Transfer(_Owned, frozen=True, kw_only=True, tag="transfer"):
    to: str
    """"spot", "cross" or a pair."""
    asset: str
    amount: Money


class Borrow(_Owned, frozen=True, kw_only=True, tag="borrow"):
    asset: str
    amount: Money


class Repay(_Owned, frozen=True, kw_only=True, tag="repay"):
    asset: str
    amount: Money | None = None
    """All that is owed, where it is left out."""


class Order(_Owned, frozen=True, kw_only=True, tag="order"):
    symbol: str
    side: Literal["BUY", "SELL"]
    name: str = ""
    """By which cancels and expectations find it."""
    type: str | None = None
    """LIMIT where there is a price, else MARKET."""
    quantity: Money | None = None
    quote_quantity: Money | None = None
    price: Money | None = None
    stop_price: Money | None = None
    trailing_delta: int | None = None
    iceberg: Money = "0"
    time_in_force: str | None = None
    side_effect: str = "NO_SIDE_EFFECT"
    self_trade_prevention: str | None = None


class Leg(_Table, frozen=True, kw_only=True):
    side: Literal["BUY", "SELL"]
    type: str
    quantity: Money
    name: str = ""
    price: Money | None = None
    stop_price: Money | None = None
    trailing_delta: int | None = None
    time_in_force: str | None = None


class OrderList(_Owned, frozen=True, kw_only=True, tag="list"):
    contingency: Literal["OCO", "OTO", "OTOCO"]
    symbol: str
    legs: tuple[Leg, ...]
    side_effect: str = "NO_SIDE_EFFECT"


class Cancel(_Step, frozen=True, kw_only=True, tag="cancel"):
    order: str
    """The name of an order."""


class CancelAll(_Owned, frozen=True, kw_only=True, tag="cancel_all"):
    symbol: str


class Liquidate(_Owned, frozen=True, kw_only=True, tag="liquidate"):
    """The owner asks for it."""


class SpecialKey(_Owned, frozen=True, kw_only=True, tag="special_key"):
    """Makes a special key; what the account does on its cross account from then on, it does with this key."""


class ExitSpecialMode(_Owned, frozen=True, kw_only=True, tag="exit_special_mode"):
    """Deletes its special keys, and leaves the mode."""


class RepayLoan(_Owned, frozen=True, kw_only=True, tag="repay_loan"):
    """Repays a liquidation loan from the spot wallet."""

    amount: Money | None = None
    """All of it, where it is left out."""


class Price(_Step, frozen=True, kw_only=True, tag="price"):
    prices: dict[str, Money]


class Script(_Step, frozen=True, kw_only=True, tag="script"):
    stages: tuple[AnyStage, ...]
    symbol: str = ""
    assets: tuple[str, ...] = ()


class Rates(_Step, frozen=True, kw_only=True, tag="rates"):
    asset: str
    daily: tuple[Money, ...]
    """One for each VIP level from 0 up; the last one holds for those above."""


class Delist(_Step, frozen=True, kw_only=True, tag="delist"):
    """An asset or a pair leaves margin so much later."""

    after: Span
    asset: str = ""
    symbol: str = ""


class Rules(_Step, frozen=True, kw_only=True, tag="rules"):
    """Tables of a venue file, laid over the rules that hold."""

    changes: dict[str, Any]


class Restart(_Step, frozen=True, kw_only=True, tag="restart"):
    """The exchange ends, and comes back from its journal."""


AnyStep: TypeAlias = (
    Deposit
    | Withdraw
    | Transfer
    | Borrow
    | Repay
    | Order
    | OrderList
    | Cancel
    | CancelAll
    | Liquidate
    | SpecialKey
    | ExitSpecialMode
    | RepayLoan
    | Price
    | Script
    | Rates
    | Delist
    | Rules
    | Restart
)


class Expectation(_Table, frozen=True, kw_only=True):
    """What must be so at a moment."""

    what: str
    """A question: its first word names it, and the others say of what."""
    must: str
    """A comparison and what is compared with: "= FILLED", ">= 1.5"."""
    who: str = ""
    at: Span | None = None
    """At the end, where it is left out."""


class Scenario(_Table, frozen=True, kw_only=True):
    """One file."""

    title: str
    ends: Span
    accounts: tuple[Account, ...]
    steps: tuple[AnyStep, ...]
    expect: tuple[Expectation, ...]
    about: str = ""
    seed: int = 1
    start: datetime | None = None
    look: Span = "1m"
    """How often prices, levels, debts and the fund are drawn."""
    draw: tuple[str, ...] = ()
    """The pairs whose prices are drawn; those that the steps name, where it is left out."""
    venue: dict[str, Any] = {}
    """A venue file's tables."""
