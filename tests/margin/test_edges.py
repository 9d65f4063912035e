"""Accounts on an edge, one atom below it and one above, with the answers written out."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

import pytest

from openmargin.domain.ids import CROSS
from openmargin.domain.money import format_short
from openmargin.engine import risk, views
from tests.margin import published
from tests.margin.agreement import check_cross, check_isolated
from tests.margin.calculator import ATOM, Bars, Bracket, Holding
from tests.margin.exchange import UNPRICED, CrossAccount, Exchange, IsolatedAccount, Pair, Rules, atoms

PLENTY = Fraction(10**10)
HALF = (Bracket(None, Fraction("0.5")),)
NOTHING = (Bracket(None, Fraction(0)),)
HALF_THEN_NOTHING = (Bracket(Fraction(1_000), Fraction("0.5")), Bracket(None, Fraction(0)))


def usdt(amount: str | Fraction, owed: str | Fraction = "0") -> Holding:
    return Holding("USDT", Fraction(1), Fraction(amount), principal=Fraction(owed))


def coin(asset: str, price: str, amount: str | Fraction, owed: str | Fraction = "0") -> Holding:
    return Holding(asset, Fraction(price), Fraction(amount), principal=Fraction(owed))


def answers_of_cross(rules: Rules, leverage: int, *holdings: Holding, about: str = "USDT") -> str:
    """Level, collateral level, status, most borrowable and transferable, once calculator and engine agree on them."""
    exchange = Exchange(rules)
    counted = [
        replace(
            holding,
            borrow_brackets=rules.borrow_brackets[holding.asset],
            transfer_out_brackets=rules.transfer_out_brackets[holding.asset],
        )
        for holding in (*holdings, coin("BTC", "20000", "0"))
    ]
    inventory = dict.fromkeys(rules.terms, PLENTY)
    exchange.set_index(
        {f"{one.asset}USDT": one.index for one in counted if one.asset not in ("USDT", UNPRICED)}
    )
    exchange.set_inventory(inventory)
    exchange.set_owner(leverage, 0)
    exchange.set_holdings(CROSS, counted)
    terms = {asset: rows[0] for asset, rows in rules.terms.items()}
    list(
        check_cross(CrossAccount(tuple(counted), leverage, rules.bars[leverage], terms, inventory), exchange)
    )
    view = views.margin(exchange.state, 1, CROSS)
    borrowable = views.max_borrowable(exchange.state, 1, CROSS, "USDT")
    transferable = views.max_transferable(exchange.state, 1, CROSS, about)
    return (
        f"{format_short(view.margin_level)} {format_short(view.collateral_level)} {view.status.name}"
        f" borrow {format_short(borrowable.amount)} move {format_short(transferable)}"
    )


PLAIN_RULES = published.rules()


class CrossCase(NamedTuple):
    what: str
    leverage: int
    held: str
    """Of USDT, with 10,000 USDT owed."""
    expected: str


AT_BARS = (
    CrossCase("3x above 2", 3, "20000.00000001", "2 2 EXCESSIVE borrow 10000.00000002 move 0.00000001"),
    CrossCase("3x at 2", 3, "20000", "2 2 NORMAL borrow 10000 move 0"),
    CrossCase("3x above the initial level", 3, "15000.00000001", "1.5 1.5 NORMAL borrow 0.00000002 move 0"),
    CrossCase("3x at the initial level", 3, "15000", "1.5 1.5 NORMAL borrow 0 move 0"),
    CrossCase("3x above the call", 3, "13000.00000001", "1.3 1.3 NORMAL borrow 0 move 0"),
    CrossCase("3x at the call", 3, "13000", "1.3 1.3 MARGIN_CALL borrow 0 move 0"),
    CrossCase("3x above the middle", 3, "12000.00000001", "1.2 1.2 MARGIN_CALL borrow 0 move 0"),
    CrossCase("3x at the middle", 3, "12000", "1.2 1.2 PRE_LIQUIDATION borrow 0 move 0"),
    CrossCase("3x above liquidation", 3, "11000.00000001", "1.1 1.1 PRE_LIQUIDATION borrow 0 move 0"),
    CrossCase("3x at liquidation", 3, "11000", "1.1 1.1 FORCE_LIQUIDATION borrow 0 move 0"),
    CrossCase("3x with nothing but debt", 3, "0", "0 0 FORCE_LIQUIDATION borrow 0 move 0"),
    CrossCase("5x at 2", 5, "20000", "2 2 NORMAL borrow 30000 move 0"),
    CrossCase("5x above the initial level", 5, "12500.00000001", "1.25 1.25 NORMAL borrow 0.00000004 move 0"),
    CrossCase("5x at the initial level", 5, "12500", "1.25 1.25 NORMAL borrow 0 move 0"),
    CrossCase("5x above the call", 5, "11600.00000001", "1.16 1.16 NORMAL borrow 0 move 0"),
    CrossCase("5x at the call", 5, "11600", "1.16 1.16 MARGIN_CALL borrow 0 move 0"),
    CrossCase("5x at the middle", 5, "11300", "1.13 1.13 PRE_LIQUIDATION borrow 0 move 0"),
    CrossCase("5x at liquidation", 5, "11000", "1.1 1.1 FORCE_LIQUIDATION borrow 0 move 0"),
)


@pytest.mark.parametrize("case", AT_BARS, ids=lambda case: case.what)
def test_a_level_at_a_bar_is_below_it(case: CrossCase) -> None:
    holding = usdt(case.held, owed="10000")
    assert answers_of_cross(PLAIN_RULES, case.leverage, holding) == case.expected


def test_the_middle_between_two_bars_need_not_be_a_whole_number_of_atoms() -> None:
    """Between 1.1 and 1.30000001 it is 1.200000005: a level of 1.2 exactly is below, and so is 1.200000005."""
    bars = {3: Bars(Fraction("1.30000001"), Fraction("1.1"))}
    rules = replace(PLAIN_RULES, bars=bars)
    owed = "10000"
    for held, status in (
        ("12000", "PRE_LIQUIDATION"),
        ("12000.00005", "PRE_LIQUIDATION"),
        ("12000.00005001", "MARGIN_CALL"),
    ):
        assert status in answers_of_cross(rules, 3, usdt(held, owed))


def test_without_debt_all_may_leave_and_the_level_is_999() -> None:
    nobody = "999 999 EXCESSIVE borrow 0 move 0"
    assert answers_of_cross(PLAIN_RULES, 3) == nobody
    assert answers_of_cross(PLAIN_RULES, 3, usdt("0.00000001")) == (
        "999 999 EXCESSIVE borrow 0.00000002 move 0.00000001"
    )
    assert answers_of_cross(PLAIN_RULES, 3, usdt("100")) == "999 999 EXCESSIVE borrow 200 move 100"


def test_a_level_above_999_is_shown_as_999() -> None:
    assert answers_of_cross(PLAIN_RULES, 3, usdt("999", owed="1")).startswith("999 999 EXCESSIVE")
    assert answers_of_cross(PLAIN_RULES, 3, usdt("998.99999999", owed="1")).startswith("998.99999999 ")
    assert answers_of_cross(PLAIN_RULES, 3, usdt("5000", owed="1")).startswith("999 999 EXCESSIVE")


def test_what_counts_for_nothing_leaves_in_full_above_a_level_of_two_and_not_at_it() -> None:
    rules = published.rules(brackets={"ETH": NOTHING})
    worthless = coin("ETH", "100", "7")
    above, at = usdt("20000.00000001", owed="10000"), usdt("20000", owed="10000")
    assert answers_of_cross(rules, 3, above, worthless, about="ETH").endswith(" move 7")
    assert answers_of_cross(rules, 3, at, worthless, about="ETH").endswith(" move 0")


def test_what_has_no_index_leaves_in_full_above_a_level_of_two_and_not_at_it() -> None:
    unpriced = Holding(UNPRICED, Fraction(0), Fraction(7))
    above, at = usdt("20000.00000001", owed="10000"), usdt("20000", owed="10000")
    assert answers_of_cross(PLAIN_RULES, 3, above, unpriced, about=UNPRICED).endswith(" move 7")
    assert answers_of_cross(PLAIN_RULES, 3, at, unpriced, about=UNPRICED).endswith(" move 0")


def test_brackets_are_left_from_the_top() -> None:
    """ETH at 1: its first 1,000 count half, the rest for nothing. 500 are owed, so 1,000 must be counted."""
    rules = published.rules(brackets={"ETH": HALF_THEN_NOTHING})
    owing = usdt("600", owed="500")
    for held, leaves in (
        ("999.99999999", "199.99999999"),
        ("1000", "200"),
        ("1000.00000001", "200.00000001"),
        ("1500", "700"),
    ):
        assert answers_of_cross(rules, 3, owing, coin("ETH", "1", held), about="ETH").endswith(
            f" move {leaves}"
        )


def test_a_haircut_lowers_what_may_be_borrowed_and_not_the_level_of_the_call() -> None:
    rules = published.rules(brackets={"ETH": HALF})
    assert answers_of_cross(rules, 3, coin("ETH", "1", "30000"), usdt("0", owed="10000")) == (
        "3 1.5 EXCESSIVE borrow 0 move 0"
    )


# ---------------------------------------------------------------------------------------------------- isolated


def answers_of_isolated(pair: Pair, base: Holding, quote: Holding) -> str:
    """Level, status, liquidation price and rate, most borrowable of both, once calculator and engine agree on them."""
    symbol = "BTCUSDT"
    exchange = Exchange(replace(PLAIN_RULES, pairs={**PLAIN_RULES.pairs, symbol: pair}))
    inventory = {"BTC": PLENTY, "USDT": PLENTY}
    exchange.set_index({symbol: base.index})
    exchange.set_inventory(inventory)
    exchange.set_holdings(symbol, (base, quote))
    list(check_isolated(IsolatedAccount(symbol, base, quote, pair, inventory), exchange))
    view = next(view for view in views.isolated(exchange.state, 1) if view.symbol == symbol)
    most = [
        format_short(views.max_borrowable(exchange.state, 1, symbol, asset).amount)
        for asset in ("BTC", "USDT")
    ]
    return (
        f"{format_short(view.margin_level)} {view.status.name} liquidated at {format_short(view.liquidation_price)}"
        f" rate {format_short(view.liquidation_rate)} borrow {' '.join(most)}"
    )


TEN = PLAIN_RULES.pairs["BTCUSDT"]
"""10x: tiers of 9 BTC and 70,000 USDT each; called at 1.1, liquidated at 1.05."""


class IsolatedCase(NamedTuple):
    what: str
    base: Holding
    quote: Holding
    expected: str


def btc(amount: str | Fraction, owed: str | Fraction = "0") -> Holding:
    return coin("BTC", "100", amount, owed)


ISOLATED = (
    IsolatedCase("no debt", btc("1"), usdt("0"), "999 EXCESSIVE liquidated at 0 rate 0 borrow 9 900.9009009"),
    IsolatedCase("nothing at all", btc("0"), usdt("0"), "999 EXCESSIVE liquidated at 0 rate 0 borrow 0 0"),
    IsolatedCase(
        "a zero denominator, nothing else",
        btc("10.5", owed="10"),
        usdt("0"),
        "1.05 FORCE_LIQUIDATION liquidated at 0 rate 0 borrow 0 0",
    ),
    IsolatedCase(
        "a zero denominator, and a debt in the other leg",
        btc("10.5", owed="10"),
        usdt("0", owed="1000"),
        "0.525 FORCE_LIQUIDATION liquidated at 0 rate 0 borrow 0 0",
    ),
    IsolatedCase(
        "the smallest denominator",
        btc("10.50000001", owed="10"),
        usdt("0", owed="1000"),
        "0.525 FORCE_LIQUIDATION liquidated at 105000000000 rate 1049999999 borrow 0 0",
    ),
    IsolatedCase(
        "the smallest denominator below zero: a price below zero is none",
        btc("10.49999999", owed="10"),
        usdt("0", owed="1000"),
        "0.52499999 FORCE_LIQUIDATION liquidated at 0 rate 0 borrow 0 0",
    ),
    IsolatedCase(
        "debts in both legs, long",
        btc("30", owed="10"),
        usdt("0", owed="1000"),
        "1.5 NORMAL liquidated at 53.84615384 rate -0.46153847 borrow 35 5911.39240506",
    ),
    IsolatedCase(
        "debts in both legs, short",
        btc("0", owed="10"),
        usdt("4000", owed="1000"),
        "2 NORMAL liquidated at 280.95238095 rate 1.8095238 borrow 65.39709649 13822.78481012",
    ),
)


@pytest.mark.parametrize("case", ISOLATED, ids=lambda case: case.what)
def test_an_isolated_account_on_an_edge(case: IsolatedCase) -> None:
    assert answers_of_isolated(TEN, case.base, case.quote) == case.expected


def tier_reached(base: Holding, quote: Holding) -> int:
    """The tier of an account by its initial ratio, counted from 1, once calculator and engine agree on it."""
    exchange = Exchange(PLAIN_RULES)
    exchange.set_index({"BTCUSDT": base.index})
    exchange.set_inventory({"BTC": PLENTY, "USDT": PLENTY})
    exchange.set_holdings("BTCUSDT", (base, quote))
    list(
        check_isolated(
            IsolatedAccount("BTCUSDT", base, quote, TEN, {"BTC": PLENTY, "USDT": PLENTY}), exchange
        )
    )
    bars = risk.bars_of(exchange.state, exchange.account("BTCUSDT"))
    return [atoms(tier.initial_ratio) for tier in TEN.tiers].index(bars.initial) + 1


@pytest.mark.parametrize(
    ("base_owed", "quote_owed", "tier"),
    [
        ("0", "0", 1),
        ("9", "70000", 1),
        ("9.00000001", "0", 2),
        ("0", "70000.00000001", 2),
        ("18", "70000.00000001", 2),
        ("18.00000001", "70000.00000001", 3),
        ("9", "630000", 9),
        ("90", "630000.00000001", 10),
        ("90.00000001", "0", 10),
        ("1000", "10000000", 10),
    ],
)
def test_the_higher_debt_finds_the_tier_and_an_atom_over_its_limit_finds_the_next(
    base_owed: str, quote_owed: str, tier: int
) -> None:
    assert tier_reached(btc("100", owed=base_owed), usdt("100", owed=quote_owed)) == tier


def test_interest_lifts_a_debt_into_the_next_tier() -> None:
    owing = replace(btc("100", owed="9"), interest=ATOM)
    assert tier_reached(owing, usdt("0")) == 2


def test_a_debt_beyond_every_tier_leaves_the_other_leg_its_own_limit() -> None:
    """With interest a debt outgrows the last tier. The account is in that tier then, and its level says what the other
    leg may still borrow (3.1: the level after is at least the initial ratio of the tier that the debts are in)."""
    owing = replace(usdt("2000000", owed="700000"), interest=ATOM)
    assert answers_of_isolated(TEN, btc("0"), owing).endswith(" borrow 90 0")
    # 1.2496 times the debt is 874,720.000000012496; 0.01 BTC on top, at 100, takes 0.2496 more.
    for held, borrow in (
        ("874720.00000001", "0"),
        ("874720.24960001", "0.00999999"),
        ("874720.24960002", "0.01"),
    ):
        owing = replace(usdt(held, owed="700000"), interest=ATOM)
        assert answers_of_isolated(TEN, btc("0"), owing).endswith(f" borrow {borrow} 0")
