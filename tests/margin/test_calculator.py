"""The calculator on trial: its formulas against the definitions that they solve, found by trying."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from openmargin.domain.commands import Borrow, Transfer
from openmargin.domain.ids import CROSS, SPOT
from tests.margin import calculator
from tests.margin.calculator import ATOM, Holding, Tier
from tests.margin.exchange import UNPRICED, CrossAccount, Exchange, atoms
from tests.margin.made_up import draw_cross, draw_isolated, draw_rules

ACCOUNTS = 300


def largest(allowed: Callable[[Fraction], bool], bound: Fraction) -> Fraction:
    """The largest whole number of atoms up to `bound` that is allowed, where all that is less is allowed too; else 0."""
    low, high = 0, max(0, int(bound / ATOM))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if allowed(middle * ATOM) else (low, middle - 1)
    return low * ATOM


def exchange_and_chance(seed: str) -> tuple[Exchange, random.Random]:
    chance = random.Random(seed)
    return Exchange(draw_rules(chance)), chance


def with_loan(holding: Holding, amount: Fraction) -> Holding:
    return replace(holding, free=holding.free + amount, principal=holding.principal + amount)


def test_the_most_that_may_leave_is_the_largest_that_leaves_a_level_of_two() -> None:
    inside = 0
    for part in range(ACCOUNTS // 10):
        exchange, chance = exchange_and_chance(f"leave {part}")
        for _ in range(10):
            account = draw_cross(chance, exchange)
            holding = chance.choice(account.holdings)
            total = calculator.totals(account.holdings)

            def leaves_enough(
                amount: Fraction, account: CrossAccount = account, holding: Holding = holding
            ) -> bool:
                after = calculator.totals(
                    [
                        replace(one, free=one.free - amount) if one is holding else one
                        for one in account.holdings
                    ]
                )
                return after.transfer_out_collateral >= 2 * after.liabilities

            is_above = not total.liabilities or total.transfer_out_collateral > 2 * total.liabilities
            expected = largest(leaves_enough, holding.free) if is_above else Fraction(0)
            assert calculator.max_transferable(total, holding) == expected
            inside += 0 < expected < holding.free
    assert inside


def test_a_cross_loan_of_the_most_ends_at_the_initial_level() -> None:
    """The borrowed units count in full, whatever the asset's ratio (3.1)."""
    for part in range(ACCOUNTS // 10):
        exchange, chance = exchange_and_chance(f"cross loan {part}")
        for _ in range(10):
            account = draw_cross(chance, exchange)
            holding = chance.choice([one for one in account.holdings if one.asset != UNPRICED])
            total = calculator.totals(account.holdings)
            most = calculator.cross_borrowable(total, holding, account.leverage)
            value = most * holding.index
            ratio = calculator.initial_ratio(Fraction(account.leverage))
            assert total.borrow_collateral + value == ratio * (total.liabilities + value)


def test_an_isolated_loan_of_the_most_ends_at_the_initial_level_of_its_tier() -> None:
    by_tier = by_limit = 0
    for part in range(ACCOUNTS // 10):
        exchange, chance = exchange_and_chance(f"isolated loan {part}")
        for _ in range(10):
            account = draw_isolated(chance, exchange)
            of_base = chance.random() < 0.5
            borrowed = account.base if of_base else account.quote
            limit = account.pair.tiers[-1].base_debt_max if of_base else account.pair.tiers[-1].quote_debt_max

            def keeps_level(
                amount: Fraction,
                legs: tuple[Holding, Holding] = (account.base, account.quote),
                tiers: tuple[Tier, ...] = account.pair.tiers,
                of_base: bool = of_base,
            ) -> bool:
                base, quote = legs
                base, quote = (
                    (with_loan(base, amount), quote) if of_base else (base, with_loan(quote, amount))
                )
                total = calculator.totals((base, quote))
                reached = tiers[calculator.tier_of(tiers, base.debt, quote.debt)]
                return total.assets >= reached.initial_ratio * total.liabilities

            most = calculator.isolated_borrowable(
                account.base, account.quote, account.pair.tiers, of_base=of_base
            )
            expected = largest(keeps_level, limit - borrowed.debt)
            assert max(calculator.floor8(most), Fraction(0)) == expected
            by_limit += expected == limit - borrowed.debt
            by_tier += 0 < expected < limit - borrowed.debt
    assert by_limit
    assert by_tier


def test_at_its_liquidation_price_an_account_is_at_the_liquidation_ratio() -> None:
    priced = 0
    for part in range(ACCOUNTS // 10):
        exchange, chance = exchange_and_chance(f"price {part}")
        for _ in range(10):
            account = draw_isolated(chance, exchange)
            tiers = account.pair.tiers
            ratio = tiers[calculator.tier_of(tiers, account.base.debt, account.quote.debt)].liquidation_ratio
            price = calculator.liquidation_price(account.base, account.quote, ratio)
            if price:
                total = calculator.totals((replace(account.base, index=price), account.quote))
                assert total.assets == ratio * total.liabilities
                priced += 1
    assert priced


def test_the_engine_grants_the_most_and_not_an_atom_more() -> None:
    granted = 0
    for part in range(ACCOUNTS // 10):
        exchange, chance = exchange_and_chance(f"granted {part}")
        for _ in range(10):
            account = draw_cross(chance, exchange)
            total = calculator.totals(account.holdings)
            holding = chance.choice([one for one in account.holdings if one.asset != UNPRICED])
            asset = holding.asset
            leaving = atoms(calculator.max_transferable(total, holding))
            by_level = calculator.cross_borrowable(total, holding, account.leverage)
            limit, inventory = account.terms[asset].limit, account.inventory[asset]
            lent = atoms(calculator.max_borrowable(by_level, limit, holding.debt, inventory))
            for most, command in (
                (leaving, lambda amount, asset=asset: Transfer(1, "", 0, CROSS, SPOT, asset, amount)),
                (lent, lambda amount, asset=asset: Borrow(1, "", 0, CROSS, asset, amount)),
            ):
                exchange.set_holdings(CROSS, account.holdings)
                assert exchange.do(command(most + 1)).rejection is not None
                if most:
                    assert exchange.do(command(most)).rejection is None
                    granted += 1
    assert granted
