"""The shapes of explanations. Numbers are exact: values have up to 16 decimals, collateral up to 24."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from openmargin.lab.shapes import Answer

Because = Annotated[str, Meta(description="The formula with its numbers.")]


class BracketExplained(Answer, frozen=True):
    """The part of a value that lies in one bracket, and what of it counts."""

    value: str
    ratio: str


class HoldingExplained(Answer, frozen=True):
    """One asset of a margin account."""

    asset: str
    amount: str
    owed: str
    price: str
    value: str
    counted: str
    liability: str
    brackets: tuple[BracketExplained, ...]
    collateral: str
    collateral_because: Because


class LoanExplained(Answer, frozen=True, kw_only=True):
    """Why so much may be borrowed."""

    asset: str
    amount: str
    by_level: str = "0"
    by_limit: str = "0"
    inventory: str = "0"
    because: Because
    level_because: Because = ""
    limit_because: Because = ""


class TransferExplained(Answer, frozen=True):
    """Why so much may leave."""

    asset: str
    amount: str
    free: str
    room: str
    because: Because


class LiquidationPriceExplained(Answer, frozen=True):
    price: str | None
    because: Because


class MarginExplained(Answer, frozen=True):
    """A margin account: what it is made of, and what follows."""

    wallet: str
    symbol: str
    valued_in: str
    holdings: tuple[HoldingExplained, ...]
    assets: str
    liabilities: str
    collateral: str
    level: str
    level_because: Because
    counts_net: Annotated[
        bool, Meta(description="Does the level count each asset net of its debt, at the liquidation ratio?")
    ]
    collateral_level: str
    collateral_level_because: Because
    status: str
    initial: str
    margin_call: str
    liquidation: str
    transfer_out: str
    borrowable: tuple[LoanExplained, ...]
    transferable: tuple[TransferExplained, ...]
    liquidation_price: LiquidationPriceExplained


class FigureShown(Answer, frozen=True):
    """One number of a check that failed."""

    name: str
    value: str


class RefusalExplained(Answer, frozen=True):
    """A command that was refused, and the numbers of the check that it failed."""

    seq: int
    time: int
    command: str
    wallet: str
    subject: str
    client_order_id: str
    reason: str
    detail: str
    figures: tuple[FigureShown, ...]


class AccountExplained(Answer, frozen=True):
    """Every margin account of an owner, and what it was lately refused, the newest last."""

    account_id: int
    name: str
    time: int
    margin: tuple[MarginExplained, ...]
    refusals: tuple[RefusalExplained, ...]
