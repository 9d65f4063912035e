"""Levels, limits and interest against a calculator written from the mechanics alone, in fractions.

Accounts are made up whole, not traded into being: so the odd ones are as likely as the usual ones.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

import pytest

from openmargin.domain.commands import CreateAccount, Open, Record
from openmargin.domain.enums import MarginStatus
from openmargin.domain.ids import CROSS
from openmargin.domain.money import E8, hourly_interest, notional, notional_max, share
from openmargin.domain.reasons import Rejected
from openmargin.domain.venue import (
    Asset,
    CollateralTier,
    CommissionRates,
    HouseRules,
    LeverageLevels,
    LoanTerms,
    MarginRules,
    Symbol,
    Venue,
)
from openmargin.engine import views
from openmargin.engine.engine import Engine
from openmargin.engine.state import Debt, State

CASES = 5_000
BRACKETS_OF_CASES = 20


class Holding(NamedTuple):
    """One asset of an account, with all that matters about it; amounts in atoms, the price in atoms of USDT."""

    asset: str
    price: int
    tiers: tuple[CollateralTier, ...]
    free: int = 0
    locked: int = 0
    principal: int = 0
    interest: int = 0
    limit: int = 10**15
    pool: int = 10**15

    @property
    def value(self) -> Fraction:
        return Fraction((self.free + self.locked) * self.price, E8)

    @property
    def owed(self) -> Fraction:
        return Fraction((self.principal + self.interest) * self.price, E8)


class Calculator:
    """Mechanics 2.1, 2.4, 3.1 and 3.4. Values are atoms of USDT, as fractions."""

    def __init__(self, holdings: list[Holding], leverage: int = 3) -> None:
        self.holdings = holdings
        self.leverage = leverage
        self.assets = sum((holding.value for holding in holdings), Fraction(0))
        self.debt = sum((holding.owed for holding in holdings), Fraction(0))

    @staticmethod
    def brackets(tiers: tuple[CollateralTier, ...], ratio: str) -> list[tuple[Fraction, Fraction, Fraction]]:
        """(from, to, ratio) of each bracket."""
        edges = [Fraction(0)] + [Fraction(tier.up_to or 10**30) for tier in tiers]
        return [
            (low, high, Fraction(getattr(tier, ratio), E8))
            for low, high, tier in zip(edges, edges[1:], tiers, strict=False)
        ]

    def counted(self, holding: Holding, ratio: str) -> Fraction:
        return sum(
            (
                (min(holding.value, high) - low) * share
                for low, high, share in self.brackets(holding.tiers, ratio)
                if holding.value > low
            ),
            Fraction(0),
        )

    def collateral(self, ratio: str) -> Fraction:
        return sum((self.counted(holding, ratio) for holding in self.holdings), Fraction(0))

    def shown(self, value: Fraction) -> int:
        return min(999 * E8, floor(value / self.debt * E8)) if self.debt else 999 * E8

    def margin_level(self) -> int:
        return self.shown(self.assets)

    def collateral_level(self) -> int:
        return self.shown(self.collateral("borrow_ratio"))

    def status(self) -> MarginStatus:
        if not self.debt or self.assets > 2 * self.debt:
            return MarginStatus.EXCESSIVE
        level = self.assets / self.debt
        if level > Fraction(13, 10):
            return MarginStatus.NORMAL
        if level > Fraction(12, 10):
            return MarginStatus.MARGIN_CALL
        if level > Fraction(11, 10):
            return MarginStatus.PRE_LIQUIDATION
        return MarginStatus.FORCE_LIQUIDATION

    def max_borrowable(self, wanted: Holding) -> int:
        initial = Fraction(self.leverage, self.leverage - 1)
        room = (self.collateral("borrow_ratio") - initial * self.debt) / (initial - 1)
        by_level = room / Fraction(wanted.price, E8)
        by_limit = wanted.limit - wanted.principal - wanted.interest
        return max(0, floor(min(by_level, by_limit, wanted.pool)))

    def max_transferable(self, leaving: Holding) -> int:
        if not self.debt:
            return leaving.free
        collateral = self.collateral("transfer_ratio")
        if collateral <= 2 * self.debt:
            return 0
        # What this asset must still count once the rest has counted, and the least value that counts as much.
        needed = 2 * self.debt - (collateral - self.counted(leaving, "transfer_ratio"))
        kept = Fraction(0)
        for low, high, ratio in self.brackets(leaving.tiers, "transfer_ratio"):
            if needed <= 0:
                break
            if ratio:
                used = min(high - low, needed / ratio)
                kept = low + used
                needed -= used * ratio
        return min(leaving.free, floor((leaving.value - kept) / Fraction(leaving.price, E8)))


def state_of(holdings: list[Holding], leverage: int = 3) -> State:
    """An exchange with one account, which holds and owes just this."""
    initial = E8 * leverage // (leverage - 1)
    venue = Venue(
        "made up",
        (
            Asset("USDT", "Tether", loan_terms=(LoanTerms(0, 10**15),), pool_capital=10**15),
            *(
                Asset(
                    holding.asset,
                    holding.asset,
                    loan_terms=(LoanTerms(0, holding.limit),),
                    collateral_tiers=holding.tiers,
                    pool_capital=holding.pool,
                )
                for holding in holdings
            ),
        ),
        tuple(
            Symbol(holding.asset + "USDT", holding.asset, "USDT", holding.price, tick_size=1, step_size=1)
            for holding in holdings
        ),
        (CommissionRates(0, 0),),
        MarginRules((LeverageLevels(leverage, initial, 13 * E8 // 10, 11 * E8 // 10),)),
        house=HouseRules(enabled=False),
    )
    engine = Engine()
    engine.apply(Record(0, 0, Open(venue, 0, 1)))
    engine.apply(Record(1, 0, CreateAccount("ann")))
    account = engine.state.accounts[1].trading[CROSS]
    for holding in holdings:
        wallet = account.wallet(holding.asset)
        wallet.free = holding.free
        wallet.locked = holding.locked
        if holding.principal or holding.interest:
            debt = Debt(holding.asset)
            debt.principal = holding.principal
            debt.interest = holding.interest
            account.debts[holding.asset] = debt
    return engine.state


def check(holdings: list[Holding], leverage: int = 3) -> Calculator:
    """The engine and the calculator say the same of an account."""
    calculator = Calculator(holdings, leverage)
    state = state_of(holdings, leverage)
    margin = views.margin(state, 1, CROSS)
    assert margin.margin_level == calculator.margin_level()
    assert margin.collateral_level == calculator.collateral_level()
    assert margin.status is calculator.status()
    for holding in holdings:
        borrowable = views.max_borrowable(state, 1, CROSS, holding.asset)
        assert not isinstance(borrowable, Rejected)
        assert borrowable.amount == calculator.max_borrowable(holding), holding
        transferable = views.max_transferable(state, 1, CROSS, holding.asset)
        assert transferable == calculator.max_transferable(holding), holding
    return calculator


def made_up(chance: random.Random) -> list[Holding]:
    """One to four assets; brackets, ratios, prices and amounts with a liking for edges."""
    holdings: list[Holding] = []
    for name in ("AAA", "BBB", "CCC", "DDD")[: chance.randint(1, 4)]:
        price = chance.choice((1, 7, 33_333_333, E8, 20_000 * E8, chance.randrange(1, 10**12)))
        ends = sorted(chance.sample(range(1, 10**6), chance.randint(0, 3)))
        tiers = tuple(
            CollateralTier(
                end * E8,
                chance.choice((0, E8, E8 // 2, chance.randrange(E8 + 1))),
                chance.choice((0, E8, E8 // 3, chance.randrange(E8 + 1))),
            )
            for end in [*ends, 0]
        )
        edge = chance.choice(ends) * E8 if ends else 5_000 * E8
        amount = max(0, edge * E8 // price + chance.choice((-1, 0, 1)))
        if chance.random() < 0.5:
            amount = chance.choice((0, 1, chance.randrange(0, 2 * 10**6 * E8 * E8 // price)))
        locked = chance.choice((0, 0, amount, amount // 3))
        owes = chance.random() < 0.5
        owed = (
            chance.randrange(0, 1 + chance.choice((2, 10**4 * E8, 10**6 * E8)) * E8 // price) if owes else 0
        )
        interest = chance.choice((0, 1, owed // 1000)) if owes else 0
        holdings.append(
            Holding(
                name,
                price,
                tiers,
                amount - locked,
                locked,
                owed,
                interest,
                chance.choice((10**18, owed + interest, owed + interest + 1, 5 * E8)),
                chance.choice((10**18, 0, 1, 5 * E8)),
            )
        )
    return holdings


@pytest.mark.parametrize("part", range(BRACKETS_OF_CASES))
def test_made_up_accounts_are_measured_alike(part: int) -> None:
    chance = random.Random(part)
    for _ in range(CASES // BRACKETS_OF_CASES):
        check(made_up(chance), chance.choice((3, 3, 5)))


def test_made_up_accounts_are_of_all_kinds() -> None:
    chance = random.Random(0)
    accounts = [Calculator(made_up(chance)) for _ in range(2_000)]
    assert {account.status() for account in accounts} == set(MarginStatus)
    moves = [account.max_transferable(account.holdings[0]) for account in accounts if account.debt]
    inside = [
        most
        for account, most in zip((a for a in accounts if a.debt), moves, strict=True)
        if 0 < most < account.holdings[0].free
    ]
    assert len(inside) > 50


def test_an_hour_of_interest_is_rounded_up_once() -> None:
    chance = random.Random(7)
    for _ in range(CASES):
        principal = chance.choice((0, 1, 24 * E8, chance.randrange(10**17)))
        rate = chance.choice((0, 1, 13_233, E8, chance.randrange(E8)))
        assert hourly_interest(principal, rate) == ceil(Fraction(principal * rate, 24 * E8))


def test_payments_round_as_they_say() -> None:
    chance = random.Random(8)
    for _ in range(CASES):
        quantity, price = chance.randrange(10**14), chance.choice((1, E8, chance.randrange(10**14)))
        value = Fraction(quantity * price, E8)
        assert notional(quantity, price) == floor(value)
        assert notional_max(quantity, price) == ceil(value)
        assert share(quantity, price % E8) == floor(Fraction(quantity * (price % E8), E8))


# The rows of mechanics 14 that are arithmetic; the others are stories, where they are named by their row too.

PLAIN = (CollateralTier(),)


def usdt(amount: int) -> int:
    return amount * E8


def row_1_a_margin_call_at_1_3() -> None:
    owing = [Holding("AAA", E8, PLAIN, free=usdt(13_000), principal=usdt(10_000))]
    assert check(owing).margin_level() == 130_000_000
    assert check(owing).status() is MarginStatus.MARGIN_CALL
    worse = [owing[0]._replace(free=usdt(11_000))]
    assert check(worse).status() is MarginStatus.FORCE_LIQUIDATION
    better = [owing[0]._replace(free=usdt(13_000) + 1)]
    assert check(better).status() is MarginStatus.NORMAL


HAIRCUT = (CollateralTier(usdt(100_000_000), E8, E8), CollateralTier(0, 97_500_000, 97_500_000))


def row_2_a_haircut_by_brackets() -> None:
    whale = Holding("BTC", usdt(20_000), HAIRCUT, free=6_000 * E8)
    assert check([whale]).collateral("borrow_ratio") == usdt(119_500_000)


def row_3_three_times_the_net_assets() -> None:
    owing = Holding("AAA", E8, PLAIN, free=usdt(15_000), principal=usdt(5_000))
    assert check([owing]).max_borrowable(owing) == usdt(15_000)
    after = owing._replace(free=usdt(30_000), principal=usdt(20_000))
    assert check([after]).margin_level() == 150_000_000


def row_4_and_8_the_documented_hour() -> None:
    assert hourly_interest(4_533_130_000, 13_233) == 24_995


def row_9_a_transfer_out_of_the_top_bracket() -> None:
    whale = Holding("BTC", usdt(20_000), HAIRCUT, free=6_000 * E8)
    owing = Holding("AAA", E8, PLAIN, principal=usdt(50_000_000))
    assert check([whale, owing]).max_transferable(whale) == 1_000 * E8


def row_10_the_documented_commission() -> None:
    assert share(notional(49_975_000, usdt(35_000)), 60) == 1_049_475


@pytest.mark.parametrize(
    "row",
    [
        row_1_a_margin_call_at_1_3,
        row_2_a_haircut_by_brackets,
        row_3_three_times_the_net_assets,
        row_4_and_8_the_documented_hour,
        row_9_a_transfer_out_of_the_top_bracket,
        row_10_the_documented_commission,
    ],
)
def test_vector_of_mechanics_14(row: Callable[[], None]) -> None:
    row()


@pytest.mark.parametrize("atom", [-1, 0, 1])
def test_an_atom_about_a_bracket_edge(atom: int) -> None:
    tiers = (
        CollateralTier(usdt(100), E8, E8),
        CollateralTier(usdt(200), 0, 0),
        CollateralTier(0, E8 // 2, 0),
    )
    for price in (1, 7, E8, 33_333_333, usdt(20_000)):
        for edge in (100, 200):
            amount = usdt(edge) * E8 // price + atom
            for owed in (0, 1, usdt(49), usdt(50), usdt(50) + 1):
                check(
                    [
                        Holding("AAA", price, tiers, free=amount),
                        Holding("BBB", E8, PLAIN, principal=owed),
                    ]
                )
