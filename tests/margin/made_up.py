"""Accounts that are made up whole, not traded into being, so that the odd ones are as likely as the usual ones.

Owns: the chance that makes them, with a liking for the edges of brackets and tiers, for levels at a bar, and for zero
denominators.
Never: computes what an account may do; that is what calculator and engine are asked.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from openmargin.domain.ids import CROSS
from openmargin.domain.money import E8
from tests.margin.calculator import (
    ATOM,
    CROSS_BARS,
    ISOLATED_BARS,
    TRANSFER_OUT_LEVEL,
    Bars,
    Bracket,
    Holding,
    Tier,
    initial_ratio,
    liquidation_price,
    tier_of,
    totals,
)
from tests.margin.exchange import (
    PRICED,
    UNPRICED,
    CrossAccount,
    Exchange,
    IsolatedAccount,
    Pair,
    Rules,
    Terms,
    atoms,
    exact,
)
from tests.margin.published import INITIAL_RATIOS, MULTIPLES, PLAIN

VIP_LEVELS = 3
PLENTY = 10**24


def draw_rules(chance: random.Random) -> Rules:
    borrow: dict[str, tuple[Bracket, ...]] = {}
    transfer_out: dict[str, tuple[Bracket, ...]] = {}
    terms: dict[str, tuple[Terms, ...]] = {}
    for asset in (*PRICED, UNPRICED):
        ends = [Fraction(end) for end in sorted(chance.sample(range(1, 10**6), chance.randint(0, 3)))]
        if asset == "USDT" and chance.random() < 0.6:
            borrow[asset] = transfer_out[asset] = PLAIN
        else:
            borrow[asset] = tuple(Bracket(end, _ratio(chance)) for end in (*ends, None))
            transfer_out[asset] = tuple(Bracket(end, _ratio(chance)) for end in (*ends, None))
        terms[asset] = tuple(_terms(chance) for _ in range(chance.randint(1, VIP_LEVELS)))
    leverages = [3, 5] if chance.random() < 0.5 else [5, 3]
    return Rules(
        borrow,
        transfer_out,
        terms,
        {leverage: _bars(chance, CROSS_BARS[leverage]) for leverage in leverages},
        {name: _pair(chance, multiple) for name, multiple in MULTIPLES.items()},
    )


def _ratio(chance: random.Random) -> Fraction:
    return exact(chance.choice((0, E8, E8 // 2, 95_000_000, 33_333_333, chance.randrange(E8 + 1))))


def _terms(chance: random.Random) -> Terms:
    rate = chance.choice((0, 1, 13_233, 24, chance.randrange(10**6)))
    return Terms(exact(rate), exact(chance.choice((0, 5 * E8, chance.randrange(10**15), PLENTY))))


def _bars(chance: random.Random, published: Bars) -> Bars:
    """As published, or an atom beside it: then the middle between the bars is no whole number of atoms."""
    if chance.random() < 0.7:
        return published
    return Bars(published.margin_call + ATOM, published.liquidation)


def _pair(chance: random.Random, multiple: int) -> Pair:
    bars = _bars(chance, ISOLATED_BARS[multiple])
    base_step = exact(chance.choice((1, E8, 9 * E8, chance.randrange(1, 10**13))))
    quote_step = exact(chance.choice((1, E8, 70_000 * E8, chance.randrange(1, 10**13))))
    base_max = quote_max = Fraction(0)
    rise = chance.choice((Fraction(0), Fraction(0), ATOM))  # Of the liquidation ratio, from tier to tier.
    tiers: list[Tier] = []
    for ratio in INITIAL_RATIOS[multiple]:
        # A step of nothing is a tier that one of the debts passes by.
        base_max += base_step * chance.choice((0, 1, 1, 1, 3) if tiers else (1,))
        quote_max += quote_step * chance.choice((0, 1, 1, 1, 3) if tiers else (1,))
        tiers.append(Tier(ratio, bars.liquidation + rise * len(tiers), base_max, quote_max))
    return Pair(tuple(tiers), bars.margin_call)


def draw_cross(chance: random.Random, exchange: Exchange) -> CrossAccount:
    """Set the exchange's cross account to one that chance makes up."""
    rules = exchange.rules
    prices = {asset: _price(chance) for asset in PRICED[1:]}
    leverage = chance.choice((3, 5, 0))
    chosen = leverage or next(iter(rules.bars))
    holdings = _draw_holdings(chance, rules, {"USDT": Fraction(1), **prices, UNPRICED: Fraction(0)})
    if chance.random() < 0.4:
        _aim_cross(chance, holdings, rules.bars[chosen], initial_ratio(Fraction(chosen)))
    vip = chance.randrange(VIP_LEVELS + 1)
    inventory = {asset: _inventory(chance, exact(chance.randrange(10**14))) for asset in rules.terms}
    exchange.set_index({f"{asset}USDT": price for asset, price in prices.items()})
    exchange.set_inventory(inventory)
    exchange.set_owner(leverage, vip)
    exchange.set_holdings(CROSS, holdings)
    return CrossAccount(
        tuple(holdings),
        chosen,
        rules.bars[chosen],
        {asset: rows[min(vip, len(rows) - 1)] for asset, rows in rules.terms.items()},
        inventory,
    )


def _draw_holdings(chance: random.Random, rules: Rules, prices: dict[str, Fraction]) -> list[Holding]:
    is_round = chance.random() < 0.3
    holdings: list[Holding] = []
    for asset, price in prices.items():
        brackets = rules.borrow_brackets[asset]
        holding = Holding(
            asset,
            price,
            borrow_brackets=brackets,
            transfer_out_brackets=rules.transfer_out_brackets[asset],
        )
        if chance.random() < 0.7:
            edges = [bracket.up_to for bracket in brackets if bracket.up_to is not None]
            holding = _held(chance, holding, _amount(chance, price, edges, is_round=is_round))
        holdings.append(holding)
    if chance.random() < 0.85:
        assets = totals(holdings).assets
        for number, holding in enumerate(holdings):
            if holding.index and chance.random() < 0.35:
                owed = _amount(chance, holding.index, [], is_round=is_round)
                if not is_round and chance.random() < 0.7:
                    owed = _whole(
                        assets
                        / holding.index
                        * chance.randrange(1, 600)
                        / chance.choice((1_000, 5_000, 50_000))
                    )
                holdings[number] = _owing(chance, holding, owed, has_interest=not is_round)
    return holdings


def _price(chance: random.Random) -> Fraction:
    anything = chance.randrange(1, 10 ** chance.randint(1, 13))
    return exact(chance.choice((1, 7, 33_333_333, E8, 20_000 * E8, anything)))


def _whole(number: Fraction) -> Fraction:
    """A number cut to whole atoms."""
    return exact(int(number * E8))


def _amount(
    chance: random.Random, price: Fraction, value_edges: Sequence[Fraction], *, is_round: bool
) -> Fraction:
    """None, an atom, an atom about an edge, or anything; where round, hundreds of whole coins."""
    if is_round:
        return Fraction(100 * chance.randrange(1_000))
    kind = chance.random()
    if kind < 0.1:
        return exact(chance.randrange(2))
    value = exact(chance.randrange(10 ** chance.randint(1, 15)))
    if kind < 0.5 and value_edges:
        value = chance.choice(value_edges)
    return max(Fraction(0), _whole(value / (price or 1)) + exact(chance.choice((-1, 0, 1))))


def _held(chance: random.Random, holding: Holding, amount: Fraction) -> Holding:
    """Holding so much, in parts free and locked."""
    locked = chance.choice((Fraction(0), Fraction(0), amount, _whole(amount / 3)))
    return replace(holding, free=amount - locked, locked=locked)


def _owing(chance: random.Random, holding: Holding, owed: Fraction, *, has_interest: bool) -> Holding:
    """Owing so much, in parts principal and interest."""
    interest = chance.choice((Fraction(0), owed, _whole(owed / 1_000))) if has_interest else Fraction(0)
    return replace(holding, principal=owed - interest, interest=interest)


def _aim_cross(chance: random.Random, holdings: list[Holding], bars: Bars, initial: Fraction) -> None:
    """Let a level be at a bar, or an atom of USDT beside it."""
    aims = [("assets", bar) for bar in _bars_of_level(bars)]
    if holdings[0].borrow_brackets == PLAIN:
        aims += [("borrow_collateral", initial), ("transfer_out_collateral", TRANSFER_OUT_LEVEL)] * 2
    counted, bar = chance.choice(aims)
    _aim(chance, holdings, 0, counted, bar)


def _bars_of_level(bars: Bars) -> tuple[Fraction, ...]:
    return bars.liquidation, bars.pre_liquidation, bars.margin_call, TRANSFER_OUT_LEVEL


def _aim(chance: random.Random, holdings: list[Holding], paying: int, counted: str, bar: Fraction) -> None:
    """Hold as much of one asset, whose price is 1, as brings a level to a bar; nothing else where that is too much."""
    holdings[paying] = replace(holdings[paying], free=Fraction(0), locked=Fraction(0))
    total = totals(holdings)
    wanted = bar * total.liabilities - getattr(total, counted)
    if wanted < 0:
        holdings[:] = [replace(holding, free=Fraction(0), locked=Fraction(0)) for holding in holdings]
        wanted = bar * total.liabilities
    amount = max(Fraction(0), _whole(wanted) + exact(chance.choice((-1, 0, 0, 1))))
    holdings[paying] = replace(holdings[paying], free=amount)


def draw_isolated(chance: random.Random, exchange: Exchange) -> IsolatedAccount:
    """Set one of the exchange's isolated accounts to one that chance makes up."""
    symbol = chance.choice(tuple(exchange.rules.pairs))
    pair = exchange.rules.pairs[symbol]
    rules = exchange.state.books[symbol].rules
    base, quote = _draw_legs(
        chance, pair, Holding(rules.base, _price(chance)), Holding(rules.quote, Fraction(1))
    )
    inventory = {
        base.asset: _inventory(chance, pair.tiers[0].base_debt_max),
        quote.asset: _inventory(chance, pair.tiers[0].quote_debt_max),
    }
    exchange.set_index({symbol: base.index})
    exchange.set_inventory(inventory)
    exchange.set_holdings(symbol, (base, quote))
    return IsolatedAccount(symbol, base, quote, pair, inventory)


def _draw_legs(chance: random.Random, pair: Pair, base: Holding, quote: Holding) -> list[Holding]:
    """Debts first, then as much on either side as leads to levels near the bars."""
    is_round = chance.random() < 0.3
    owes = chance.choice(((False, False), (True, False), (False, True), (True, True), (True, True)))
    if owes[0]:
        owed = _debt(chance, [tier.base_debt_max for tier in pair.tiers], is_round=is_round)
        base = _owing(chance, base, owed, has_interest=not is_round)
    if owes[1]:
        owed = _debt(chance, [tier.quote_debt_max for tier in pair.tiers], is_round=is_round)
        quote = _owing(chance, quote, owed, has_interest=not is_round)
    reached = pair.tiers[tier_of(pair.tiers, base.debt, quote.debt)]
    ratio = reached.liquidation_ratio
    liabilities = totals((base, quote)).liabilities
    legs = [
        _held(chance, leg, _part_of(chance, liabilities / leg.index, is_round=is_round))
        for leg in (base, quote)
    ]
    if base.debt and chance.random() < 0.25:
        # A zero denominator of the liquidation price, or the smallest one.
        amount = _whole(ratio * base.debt) + exact(chance.choice((0, 0, 1, -1)))
        legs[0] = _held(chance, legs[0], max(Fraction(0), amount))
    elif liabilities and chance.random() < 0.5:
        bars = (*_bars_of_level(Bars(pair.margin_call, ratio)), reached.initial_ratio, TRANSFER_OUT_LEVEL)
        _aim(chance, legs, 1, "assets", chance.choice(bars))
    if chance.random() < 0.05:
        # The index where it is liquidated, or the last atom above or below.
        legs[0] = replace(legs[0], index=_whole(liquidation_price(legs[0], legs[1], ratio)) or base.index)
    return legs


def _inventory(chance: random.Random, some: Fraction) -> Fraction:
    return chance.choice((Fraction(0), ATOM, _whole(some / 2), exact(PLENTY), exact(PLENTY)))


def _debt(chance: random.Random, limits: Sequence[Fraction], *, is_round: bool) -> Fraction:
    """An atom about the limit of a tier, or anything up to a little over the last; where round, hundreds of coins."""
    if is_round:
        return Fraction(100 * chance.randrange(1, 1_000))
    limit = chance.choice(limits)
    if chance.random() < 0.5:
        return max(Fraction(0), limit + exact(chance.choice((-1, 0, 1))))
    return exact(chance.randrange(1, 2 + atoms(limit) * 11 // 10))


def _part_of(chance: random.Random, likely: Fraction, *, is_round: bool) -> Fraction:
    """Nothing, anything, or a part of what would pay all debts; where round, hundreds of coins."""
    if is_round:
        return Fraction(100 * chance.randrange(1_000))
    if chance.random() < 0.2:
        return Fraction(0)
    if not likely or chance.random() < 0.2:
        return exact(chance.randrange(10 ** chance.randint(1, 14)))
    return _whole(likely * chance.randrange(1_300) / 1_000)
