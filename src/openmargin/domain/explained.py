"""Shapes of explanations: an answer of the exchange with every number that it was made of.

Amounts, prices, ratios and levels count 0.00000001. A value is amount times price and counts 1e-16; collateral is a value
times a ratio and counts 1e-24: nothing is rounded before the answer is.
"""

from __future__ import annotations

from msgspec import Struct

from openmargin.domain.enums import MarginStatus
from openmargin.domain.ids import Scope
from openmargin.domain.money import Atoms
from openmargin.domain.reasons import Reason


class HoldingExplained(Struct, frozen=True):
    """One asset of a margin account, and what it counts."""

    asset: str
    amount: Atoms
    """Free and locked."""
    owed: Atoms
    """Principal and interest."""
    price: int
    """By the index, in what the account is valued in; 0 where there is none, and it counts nothing."""
    value: int
    counted: int
    """The value that the margin level counts: all of it, or by the venue's choice its net at the liquidation ratio."""
    liability: int
    brackets: tuple[tuple[int, int], ...]
    """How the value falls into the asset's brackets, as (part, ratio); an isolated account has one, in full."""
    collateral: int
    """The sum of part times ratio."""


class LoanExplained(Struct, frozen=True):
    """Why so much may be borrowed: the least of level, limit and inventory."""

    asset: str
    refused: Reason | None
    """Why none of it is lent, whatever the numbers say."""
    collateral: int
    liabilities: int
    initial: int
    """The level that must hold after the loan."""
    price: int
    counts_in_full: bool
    """Does what is lent count in full while the loan is measured, or by its ratio?"""
    by_level: Atoms
    in_tier: Atoms
    """What the isolated tier that allows most leaves, which `by_level` respects; -1 on cross."""
    limit: Atoms
    """Of the VIP level, or of the pair's highest tier."""
    owed: Atoms
    inventory: Atoms
    amount: Atoms


class TransferExplained(Struct, frozen=True):
    """Why so much may leave: what is free, and what the collateral level can spare."""

    asset: str
    refused: Reason | None
    collateral: int
    """By the ratios that count for transfers."""
    liabilities: int
    bar: int
    room: int
    """Collateral less bar times liabilities."""
    price: int
    free: Atoms
    amount: Atoms


class LiquidationPriceExplained(Struct, frozen=True):
    """The index at which an isolated account would be liquidated; 0 where no price would."""

    bar: int
    base_held: Atoms
    base_owed: Atoms
    quote_held: Atoms
    quote_owed: Atoms
    price: int


class MarginExplained(Struct, frozen=True):
    """A margin account: what it is made of, and what follows."""

    account_id: int
    scope: Scope
    valued_in: str
    """The valuation asset, or an isolated pair's quote."""
    holdings: tuple[HoldingExplained, ...]
    assets: int
    """Sum of `counted`."""
    liabilities: int
    collateral: int
    level: int
    level_cap: int
    counts_net: bool
    """Does the level count each asset net of its debt, at the liquidation ratio?"""
    collateral_level: int
    status: MarginStatus
    initial: int
    margin_call: int
    liquidation: int
    transfer_out: int
    loans: tuple[LoanExplained, ...]
    transfers: tuple[TransferExplained, ...]
    liquidation_price: LiquidationPriceExplained | None
    """None on cross, where no single price decides."""


class Figure(Struct, frozen=True):
    """One number of a check that failed."""

    name: str
    number: int
    decimals: int = 8
    """0 for a count; 16 and 24 for values and collateral."""


class RefusalExplained(Struct, frozen=True):
    """A command that was refused, and the numbers of the check that it failed."""

    seq: int
    at_ms: int
    account_id: int
    """0 where it was about no account."""
    scope: Scope
    command: str
    subject: str
    """The symbol or the asset that it named."""
    client_order_id: str
    reason: Reason
    detail: str
    figures: tuple[Figure, ...]
    """Empty where the reason says all there is."""
