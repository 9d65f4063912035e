"""Levels and limits of a margin account: arithmetic alone, exact until the one rounding that a function names.

Values are sums of amount x index, so they carry 16 decimals ("e16"); a ratio on top makes 24.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from openmargin.domain import money
from openmargin.domain.ids import CROSS, SPOT
from openmargin.domain.money import E8, Atoms
from openmargin.domain.venue import CollateralTier, IsolatedTier
from openmargin.engine.state import Account, State, TradingAccount, TradingRules

BORROW: Final = 0
TRANSFER: Final = 1
LIQUIDATION: Final = 2
"""Which of an asset's collateral ratios counts."""


@mypyc_attr(acyclic=True)
class Totals:
    """What a margin account has, owes and may count as collateral, in the valuation asset."""

    def __init__(self, assets: int, liabilities: int, collateral: int) -> None:
        self.assets: int = assets
        """e16"""
        self.liabilities: int = liabilities
        """e16, accrued interest included (mechanics 1.7)"""
        self.collateral: int = collateral
        """e24"""


class Holding:
    """One asset of a margin account: what it has and owes of it, and what that counts."""

    def __init__(self, asset: str, amount: Atoms, owed: Atoms, price: int) -> None:
        self.asset: str = asset
        self.amount: Atoms = amount
        self.owed: Atoms = owed
        """Accrued interest included (mechanics 1.7)."""
        self.price: int = price
        """0 where it has no index, and counts nothing."""
        self.value: int = amount * price
        """e16"""
        self.liability: int = owed * price
        """e16"""


def holdings(state: State, account: TradingAccount) -> list[Holding]:
    """Every asset that the account has or owes any of: by its wallets, and then by debts without a wallet."""
    found: list[Holding] = []
    for wallet in account.wallets.values():
        amount = wallet.free + wallet.locked
        owed = _owed(account, wallet.asset)
        if amount or owed:
            found.append(Holding(wallet.asset, amount, owed, mark(state, account, wallet.asset)))
    for debt in account.debts.values():
        if debt.asset not in account.wallets:
            owed = debt.principal + debt.interest
            found.append(Holding(debt.asset, 0, owed, mark(state, account, debt.asset)))
    return found


def collateral_of(state: State, account: TradingAccount, holding: Holding, use: int) -> int:
    """What one asset counts as collateral (e24): cross by its brackets, isolated in full (mechanics 2.1, 2.3)."""
    if account.scope == CROSS:
        return tier_value(state.assets[holding.asset].collateral_tiers, holding.value, use)
    return holding.value * E8


def totals(state: State, account: TradingAccount, use: int) -> Totals:
    """Sum an account by index. An asset without an index counts nothing.

    Cross is summed in the valuation asset, with collateral ratios; isolated in its quote by the pair's own index,
    and all of it is collateral (mechanics 2.1, 2.3).
    """
    assets = liabilities = collateral = 0
    for holding in holdings(state, account):
        assets += holding.value
        liabilities += holding.liability
        if holding.value:
            collateral += collateral_of(state, account, holding, use)
    return Totals(assets, liabilities, collateral)


def mark(state: State, account: TradingAccount, asset: str) -> int:
    """The price by which the account counts an asset; 0 where there is none."""
    if account.scope == CROSS or account.scope == SPOT:
        return state.marks.get(asset, 0)
    book = state.books[account.scope]
    return book.index_price if asset == book.rules.base else E8


def _ratio(tier: CollateralTier, use: int) -> int:
    if use == BORROW:
        return tier.borrow_ratio
    return tier.transfer_ratio if use == TRANSFER else tier.liquidation_ratio


def brackets(tiers: tuple[CollateralTier, ...], value: int, use: int) -> list[tuple[int, int]]:
    """How `value` (e16) falls into an asset's brackets, as (part, ratio) from the lowest up. What lies past the last is
    in none, and counts nothing."""
    parts: list[tuple[int, int]] = []
    floor = 0
    for tier in tiers:
        end = tier.up_to * E8 or max(value, floor)
        if value <= floor:
            break
        parts.append((min(value, end) - floor, _ratio(tier, use)))
        floor = end
    return parts


def tier_value(tiers: tuple[CollateralTier, ...], value: int, use: int) -> int:
    """What `value` (e16) counts as collateral (e24): each bracket at its own ratio."""
    counted = 0
    for part, ratio in brackets(tiers, value, use):
        counted += part * ratio
    return counted


def collateral_level(state: State, total: Totals) -> int:
    """Collateral by liabilities with eight decimals, rounded down; the cap without debt."""
    cap = state.venue.margin.level_cap
    if total.liabilities == 0:
        return cap
    return min(cap, total.collateral // total.liabilities)


class Bars:
    """What a margin account is measured against, all with eight decimals."""

    def __init__(self, initial: int, margin_call: int, liquidation: int, transfer_out: int) -> None:
        self.initial: int = initial
        self.margin_call: int = margin_call
        self.liquidation: int = liquidation
        self.transfer_out: int = transfer_out


def bars_of(state: State, account: TradingAccount) -> Bars:
    """The account's bars: of its cross leverage, or of the isolated tier that its debts have reached."""
    margin = state.venue.margin
    if account.scope == CROSS:
        levels = state.leverages[leverage(state, account.owner)]
        return Bars(levels.initial, levels.margin_call, levels.liquidation, margin.transfer_out_level)
    rules = state.books[account.scope].rules
    reached = tier_of(rules, account)
    if reached is None:
        return Bars(margin.transfer_out_level, rules.isolated_margin_call, E8, margin.transfer_out_level)
    return Bars(
        reached.initial, rules.isolated_margin_call, reached.liquidation, margin.isolated_transfer_out_level
    )


def leverage(state: State, account: Account) -> int:
    """The cross leverage that an account chose; the venue's first where it chose none."""
    return account.cross_leverage or state.venue.margin.leverages[0].leverage


def liquidation_bar(state: State, account: TradingAccount, asset: str, loan: Atoms) -> int:
    """The margin level at or below which the account would be liquidated, with a loan of `asset` on top."""
    if account.scope == CROSS:
        return state.leverages[leverage(state, account.owner)].liquidation
    reached = tier_of(state.books[account.scope].rules, account, asset, loan)
    return reached.liquidation if reached is not None else E8


def tier_of(
    rules: TradingRules, account: TradingAccount, asset: str = "", loan: Atoms = 0
) -> IsolatedTier | None:
    """The isolated tier that the higher of both debts has reached; the last where they exceed them all.

    A `loan` of `asset` counts as owed already.
    """
    base = _owed(account, rules.base) + (loan if asset == rules.base else 0)
    quote = _owed(account, rules.quote) + (loan if asset == rules.quote else 0)
    for tier in rules.isolated_tiers:
        if base <= tier.base_limit and quote <= tier.quote_limit:
            return tier
    return rules.isolated_tiers[-1] if rules.isolated_tiers else None


def _owed(account: TradingAccount, asset: str) -> Atoms:
    debt = account.debts.get(asset)
    return debt.principal + debt.interest if debt is not None else 0


class LoanRoom:
    """How much an account may borrow of an asset by its level, and the numbers that say so."""

    def __init__(self, total: Totals, initial: int, price: int, amount: Atoms, within: Atoms) -> None:
        self.total: Totals = total
        self.initial: int = initial
        """The level that must hold after the loan: of the cross leverage, or of an isolated tier."""
        self.price: int = price
        self.amount: Atoms = amount
        self.within: Atoms = within
        """What the isolated tier leaves; -1 on cross."""


def borrowable_by_level(state: State, account: TradingAccount, asset: str) -> Atoms:
    """How much `asset` keeps the account at its initial level: (C - IR L) / (IR - 1) / index, rounded down (A4)."""
    return loan_room(state, account, asset).amount


def loan_room(state: State, account: TradingAccount, asset: str) -> LoanRoom:
    """The same with its numbers.

    Isolated: tiers are looked at upwards, each with its own level, and what is owed after must fit the tier; a debt of
    the other asset beyond every tier is in the last. The one that allows most is the answer.
    """
    total = totals(state, account, BORROW)
    price = mark(state, account, asset)
    if account.scope == CROSS:
        initial = bars_of(state, account).initial
        if price == 0:
            return LoanRoom(total, initial, 0, 0, -1)
        if state.venue.margin.borrowed_counts_in_full:
            return LoanRoom(total, initial, price, _room(total, initial, price), -1)
        wallet = account.wallets.get(asset)
        held = (wallet.free + wallet.locked) * price if wallet is not None else 0
        amount = _room_by_ratio(total, initial, state.assets[asset].collateral_tiers, held) // price
        return LoanRoom(total, initial, price, amount, -1)
    rules = state.books[account.scope].rules
    is_base = asset == rules.base
    owed = _owed(account, asset)
    other = _owed(account, rules.quote if is_base else rules.base)
    best = LoanRoom(total, E8, price, 0, 0)
    if price == 0:
        return best
    for tier in rules.isolated_tiers:
        limit, limit_of_other = tier.quote_limit, tier.base_limit
        if is_base:
            limit, limit_of_other = limit_of_other, limit
        if other <= limit_of_other or tier is rules.isolated_tiers[-1]:
            amount = min(_room(total, tier.initial, price), limit - owed)
            if amount > best.amount or best.initial == E8:
                best = LoanRoom(total, tier.initial, price, max(0, amount), limit - owed)
    return best


def _room(total: Totals, initial: int, price: int) -> Atoms:
    room = total.collateral - initial * total.liabilities
    return max(0, room // ((initial - E8) * price))


def _room_by_ratio(total: Totals, initial: int, tiers: tuple[CollateralTier, ...], held: int) -> int:
    """The value (e16) that may be borrowed where that too counts by its ratio only, from `held` upwards (A4).

    Each unit takes its initial level from the room and gives its ratio back.
    """
    room = max(0, total.collateral - initial * total.liabilities)
    lent = 0
    for tier in tiers:
        end = tier.up_to * E8
        if end and end <= held:
            continue
        cost = initial - tier.borrow_ratio
        width = end - held
        if end == 0 or room <= width * cost:
            return lent + room // cost
        room -= width * cost
        lent += width
        held = end
    return lent + room // initial  # What lies past the last bracket counts nothing.


def borrow_limit(state: State, account: TradingAccount, asset: str) -> Atoms:
    """The most that the account may owe of `asset`: by its VIP level, or by the pair's highest tier."""
    if account.scope == CROSS:
        terms = state.assets[asset].loan_terms
        return terms[min(account.owner.vip, len(terms) - 1)].limit
    rules = state.books[account.scope].rules
    if not rules.isolated_tiers:
        return 0
    highest = rules.isolated_tiers[-1]
    return highest.base_limit if asset == rules.base else highest.quote_limit


def borrowable_by_limit(state: State, account: TradingAccount, asset: str) -> Atoms:
    """What the limit leaves after the present debt."""
    return max(0, borrow_limit(state, account, asset) - _owed(account, asset))


def liquidation_price(state: State, account: TradingAccount) -> int:
    """The index at which an isolated account would be liquidated, rounded down; 0 where there is none (2.5)."""
    rules = state.books[account.scope].rules
    liquidation = bars_of(state, account).liquidation
    base, quote = account.wallets.get(rules.base), account.wallets.get(rules.quote)
    base_held = base.free + base.locked if base is not None else 0
    quote_held = quote.free + quote.locked if quote is not None else 0
    numerator = liquidation * _owed(account, rules.quote) - quote_held * E8
    denominator = base_held * E8 - liquidation * _owed(account, rules.base)
    if denominator == 0 or not account.debts:
        return 0
    return max(0, numerator * E8 // denominator)


def liquidation_rate(price: int, index_price: int) -> int:
    """How far the index is from a liquidation price, as a share of the index, rounded down; 0 without a price (2.5)."""
    if price == 0 or index_price == 0:
        return 0
    return money.ratio(price - index_price, index_price)


class TransferRoom:
    """How much of an asset may leave an account, and the numbers that say so."""

    def __init__(self, total: Totals, bar: int, room: int, free: Atoms, amount: Atoms) -> None:
        self.total: Totals = total
        self.bar: int = bar
        """The collateral level that must hold after."""
        self.room: int = room
        """Collateral above that (e24); negative where it does not hold now."""
        self.free: Atoms = free
        self.amount: Atoms = amount


def transferable(state: State, account: TradingAccount, asset: str) -> Atoms:
    """How much free `asset` may leave so that the collateral level stays at the transfer bar (mechanics 3.4).

    Brackets are emptied from the top. Rounded down.
    """
    return transfer_room(state, account, asset).amount


def transfer_room(state: State, account: TradingAccount, asset: str) -> TransferRoom:
    """The same with its numbers."""
    total = totals(state, account, TRANSFER)
    bar = bars_of(state, account).transfer_out
    room = total.collateral - bar * total.liabilities
    wallet = account.wallets.get(asset)
    free = wallet.free if wallet is not None else 0
    if wallet is None or total.liabilities == 0:
        return TransferRoom(total, bar, room, free, free)
    if room <= 0:
        return TransferRoom(total, bar, room, free, 0)
    price = mark(state, account, asset)
    if price == 0:
        amount = free
    elif account.scope != CROSS:
        amount = min(free, room // (E8 * price))
    else:
        value = (wallet.free + wallet.locked) * price
        amount = min(free, _removable(state.assets[asset].collateral_tiers, value, room) // price)
    return TransferRoom(total, bar, room, free, amount)


def _removable(tiers: tuple[CollateralTier, ...], value: int, room: int) -> int:
    """The largest part of `value` (e16) whose collateral is within `room` (e24), from the top bracket down."""
    parts = brackets(tiers, value, TRANSFER)
    removed = value
    for part, _ in parts:
        removed -= part
    # What is left of `removed` lies past the last bracket: it counts nothing and may go.
    for width, ratio in reversed(parts):
        if width * ratio > room:
            return removed + room // ratio
        room -= width * ratio
        removed += width
    return removed
