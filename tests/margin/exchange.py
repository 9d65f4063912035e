"""An exchange whose rules are said in the calculator's words, and whose accounts are set by hand.

Owns: the way from fractions to the engine's integers and back.
Never: computes anything of an account; that is what calculator and engine are asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from openmargin.domain.commands import Command, CreateAccount, Open, OpenIsolated, Record
from openmargin.domain.ids import CROSS, POOL
from openmargin.domain.money import E8
from openmargin.domain.venue import (
    Asset,
    CollateralTier,
    CommissionRates,
    HouseRules,
    IsolatedTier,
    LeverageLevels,
    LoanTerms,
    MarginRules,
    Symbol,
    Venue,
)
from openmargin.engine import index
from openmargin.engine.engine import Applied, Engine
from openmargin.engine.state import Debt, State, TradingAccount
from tests.margin.calculator import Bars, Bracket, Holding, Tier, initial_ratio

PRICED = ("USDT", "BTC", "ETH", "DOG", "DUST")
UNPRICED = "ODD"
"""An asset that no pair gives an index."""


def exact(atoms: int) -> Fraction:
    """An integer of the engine as the number that it stands for."""
    return Fraction(atoms, E8)


def atoms(number: Fraction) -> int:
    """The engine's integer for a number, which has at most eight decimals."""
    scaled = number * E8
    assert scaled.denominator == 1, f"{number} is no whole number of atoms"
    return scaled.numerator


@dataclass(frozen=True)
class Terms:
    """What a VIP level may borrow of an asset, at which daily rate."""

    daily_rate: Fraction
    limit: Fraction


@dataclass(frozen=True)
class Pair:
    tiers: tuple[Tier, ...]
    margin_call: Fraction


@dataclass(frozen=True)
class Rules:
    """What a made-up venue says, in the calculator's words."""

    borrow_brackets: dict[str, tuple[Bracket, ...]]
    transfer_out_brackets: dict[str, tuple[Bracket, ...]]
    terms: dict[str, tuple[Terms, ...]]
    bars: dict[int, Bars]
    """By cross leverage; the first is what an account has that chose none."""
    pairs: dict[str, Pair]


@dataclass(frozen=True)
class CrossAccount:
    """A cross account of the exchange, and what its owner may borrow."""

    holdings: tuple[Holding, ...]
    leverage: int
    bars: Bars
    terms: dict[str, Terms]
    """Those of its owner's VIP level."""
    inventory: dict[str, Fraction]
    """What the pool has."""


@dataclass(frozen=True)
class IsolatedAccount:
    """An isolated account of the exchange."""

    symbol: str
    base: Holding
    quote: Holding
    pair: Pair
    inventory: dict[str, Fraction]


class Exchange:
    """An exchange whose one user has a cross account and an isolated account for each pair, all set by hand."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.engine = Engine()
        self.do(Open(_venue(rules), 0, 1))
        self.do(CreateAccount("ann"))
        for pair in rules.pairs:
            self.do(OpenIsolated(1, "", 0, pair))

    @property
    def state(self) -> State:
        assert self.engine.state is not None
        return self.engine.state

    def account(self, scope: str = CROSS) -> TradingAccount:
        return self.state.accounts[1].trading[scope]

    def do(self, command: Command, at_ms: int = 0) -> Applied:
        """Let the engine obey a command, at a time that does not go back."""
        return self.engine.apply(Record(self.engine.seq + 1, at_ms, command))

    def set_index(self, prices: dict[str, Fraction]) -> None:
        for symbol, price in prices.items():
            self.state.books[symbol].index_price = atoms(price)
        index.mark_assets(self.state)

    def set_inventory(self, inventory: dict[str, Fraction]) -> None:
        for asset, amount in inventory.items():
            self.state.system(POOL).wallet(asset).free = atoms(amount)

    def set_owner(self, leverage: int, vip: int) -> None:
        self.state.accounts[1].cross_leverage = leverage
        self.state.accounts[1].vip = vip

    def set_holdings(self, scope: str, holdings: Sequence[Holding]) -> None:
        account = self.account(scope)
        account.wallets.clear()
        account.debts.clear()
        self.state.debtors.pop((1, scope), None)
        for holding in holdings:
            wallet = account.wallet(holding.asset)
            wallet.free = atoms(holding.free)
            wallet.locked = atoms(holding.locked)
            if holding.debt:
                debt = Debt(holding.asset)
                debt.principal = atoms(holding.principal)
                debt.interest = atoms(holding.interest)
                account.debts[holding.asset] = debt
                self.state.debtors[1, scope] = account


def _venue(rules: Rules) -> Venue:
    return Venue(
        "made up",
        tuple(_asset(rules, asset) for asset in rules.terms),
        (
            *(_symbol(f"{asset}USDT", asset, "USDT", rules) for asset in PRICED[1:]),
            _symbol("ETHBTC", "ETH", "BTC", rules),
        ),
        (CommissionRates(0, 0),),
        MarginRules(
            tuple(
                LeverageLevels(
                    leverage,
                    atoms(initial_ratio(Fraction(leverage))),
                    atoms(bars.margin_call),
                    atoms(bars.liquidation),
                )
                for leverage, bars in rules.bars.items()
            )
        ),
        house=HouseRules(enabled=False),
    )


def _asset(rules: Rules, asset: str) -> Asset:
    brackets = zip(rules.borrow_brackets[asset], rules.transfer_out_brackets[asset], strict=True)
    return Asset(
        asset,
        asset,
        loan_terms=tuple(LoanTerms(atoms(row.daily_rate), atoms(row.limit)) for row in rules.terms[asset]),
        collateral_tiers=tuple(
            CollateralTier(
                atoms(borrow.up_to) if borrow.up_to is not None else 0,
                atoms(borrow.ratio),
                atoms(transfer_out.ratio),
            )
            for borrow, transfer_out in brackets
        ),
    )


def _symbol(name: str, base: str, quote: str, rules: Rules) -> Symbol:
    pair = rules.pairs.get(name)
    if pair is None:
        return Symbol(name, base, quote, E8, tick_size=1, step_size=1)
    return Symbol(
        name,
        base,
        quote,
        E8,
        tick_size=1,
        step_size=1,
        isolated_margin_call=atoms(pair.margin_call),
        isolated_tiers=tuple(
            IsolatedTier(
                E8,  # Shown on the wire only.
                atoms(tier.initial_ratio),
                atoms(tier.liquidation_ratio),
                atoms(tier.base_debt_max),
                atoms(tier.quote_debt_max),
            )
            for tier in pair.tiers
        ),
    )
