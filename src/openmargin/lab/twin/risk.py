"""What it is worth: levels and limits of margin accounts (mechanics 2 and 3)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor

from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.venue import Asset, CollateralTier, IsolatedTier, LeverageLevels, Symbol
from openmargin.lab.twin.ledger import Ledger
from openmargin.lab.twin.parts import ONE


class Risk(Ledger):
    """The ledger, and what a risk desk says of it."""

    def mark(self, scope: Scope, asset: str) -> int:
        """What a trading account counts a whole unit for, in atoms; 0 where nobody can say.

        An isolated pair measures in its own quote, everybody else in the valuation asset.
        """
        if scope not in (SPOT, CROSS):
            return self.index[scope] if asset == self.rules(scope).base else ONE
        margin = self.venue.margin
        if asset == margin.valuation_asset:
            return ONE
        direct = self.index.get(asset + margin.valuation_asset)
        if direct is not None:
            return direct
        crossed = self.index.get(asset + margin.display_asset)
        via = self.index.get(margin.display_asset + margin.valuation_asset)
        return crossed * via // ONE if crossed is not None and via is not None else 0

    def price_of(self, asset: str) -> Fraction:
        """What one atom is worth in atoms of the valuation asset."""
        return self.price_in(CROSS, asset)

    def price_in(self, scope: Scope, asset: str) -> Fraction:
        """The same for a trading account."""
        return Fraction(self.mark(scope, asset), ONE)

    def is_old(self, symbol: str) -> bool:
        """Is the index of a symbol too old to deal by? Of a feed that has stopped it is."""
        most = self.venue.margin.index_max_age_ms
        return symbol in self.stopped or (most > 0 and self.now - self.index_at[symbol] > most)

    def is_old_asset(self, asset: str) -> bool:
        """Is a price too old by which the asset is valued? What has none cannot be."""
        margin = self.venue.margin
        direct = asset + margin.valuation_asset
        if asset == margin.valuation_asset:
            return False
        if direct in self.index:
            return self.is_old(direct)
        way = (asset + margin.display_asset, margin.display_asset + margin.valuation_asset)
        return all(symbol in self.index for symbol in way) and any(self.is_old(symbol) for symbol in way)

    def cannot_measure(self, account: int, scope: Scope, *others: str) -> bool:
        """Does the account have or owe anything of too old a price, or is one of `others` of such?"""
        if scope == SPOT:
            return False
        if scope != CROSS:
            return self.is_old(scope)
        concerned = [
            asset.name
            for asset in self.venue.assets
            if self.total(account, scope, asset.name) or (account, scope, asset.name) in self.debts
        ]
        return any(self.is_old_asset(asset) for asset in [*concerned, *others] if asset)

    def owes(self, account: int, scope: Scope) -> bool:
        return any(key[:2] == (account, scope) for key in self.debts)

    def assets_in(self, scope: Scope) -> list[str]:
        """What a trading account may hold."""
        return [asset.name for asset in self.venue.assets if self.may_hold(scope, asset.name)]

    def assets_value(self, account: int, scope: Scope, without: dict[str, int] | None = None) -> Fraction:
        """What the margin level counts of all that the account has, but for some amounts."""
        left_out = without or {}
        is_net = scope == CROSS and self.venue.margin.liquidation.uses_collateral_ratio
        value = 0
        for (owner, where, name), owned in self.owned.items():
            if (owner, where) != (account, scope):
                continue
            amount = owned - left_out.get(name, 0)
            if is_net:
                net = max(0, amount - self.owed(account, scope, name))
                value += self._at_liquidation_ratio(name, net * self.mark(scope, name))
            else:
                value += amount * self.mark(scope, name)
        return Fraction(value, ONE)

    def _at_liquidation_ratio(self, name: str, value: int) -> int:
        """Amount x mark by the brackets of the asset, rounded down (A16)."""
        asset = self.asset(name)
        assert asset is not None
        counted = below = 0
        for tier in asset.collateral_tiers:
            top = tier.up_to * ONE if tier.up_to else max(value, below)
            counted += max(0, min(value, top) - below) * tier.liquidation_ratio
            below = top
        return counted // ONE

    def debts_value(self, account: int, scope: Scope) -> Fraction:
        debts = [key for key in self.debts if key[:2] == (account, scope)]
        return Fraction(sum(self.owed(*key) * self.mark(scope, key[2]) for key in debts), ONE)

    def collateral(self, account: int, scope: Scope, *, moving: bool, without: tuple[str, int]) -> Fraction:
        """What the account counts as collateral once `without` (asset, amount) has left it."""
        counted = Fraction(0)
        for asset in self.venue.assets:
            if not self.may_hold(scope, asset.name):
                continue
            amount = self.total(account, scope, asset.name) - (without[1] if without[0] == asset.name else 0)
            if not amount:
                continue
            counted += self.as_collateral(scope, asset, amount, moving=moving)
        return counted

    def as_collateral(self, scope: Scope, asset: Asset, amount: int, *, moving: bool) -> Fraction:
        """What some of an asset counts as collateral by itself, bracket by bracket; all of it where isolated."""
        value = amount * self.mark(scope, asset.name)
        if scope != CROSS:
            return Fraction(value, ONE)
        counted = floor_of_bracket = 0
        for tier in asset.collateral_tiers:
            top = tier.up_to * ONE if tier.up_to else max(value, floor_of_bracket)
            counted += max(0, min(value, top) - floor_of_bracket) * _ratio(tier, moving)
            floor_of_bracket = top
        return Fraction(counted, ONE * ONE)

    # --- Bars --------------------------------------------------------------------------------------------------

    def leverage_levels(self, account: int) -> LeverageLevels:
        """The row of the cross leverage that an account chose; the first where it never did."""
        rows = self.venue.margin.leverages
        chosen = self.accounts[account - 1].cross_leverage
        return next((row for row in rows if row.leverage == chosen), rows[0])

    def tier(self, account: int, scope: Scope, more: tuple[str, int] = ("", 0)) -> IsolatedTier | None:
        """The first isolated tier that has room for both debts, with `more` (asset, amount) on top; else the last."""
        rules = self.rules(scope)
        base, quote = (
            self.owed(account, scope, asset) + (more[1] if asset == more[0] else 0)
            for asset in (rules.base, rules.quote)
        )
        fitting = [t for t in rules.isolated_tiers if t.base_limit >= base and t.quote_limit >= quote]
        return (fitting or [*rules.isolated_tiers[-1:], None])[0]

    def call_and_liquidation(self, account: int, scope: Scope) -> tuple[int, int]:
        """The levels at which an account is called, and at which it is liquidated."""
        if scope == CROSS:
            levels = self.leverage_levels(account)
            return levels.margin_call, levels.liquidation
        tier = self.tier(account, scope)
        return self.rules(scope).isolated_margin_call, tier.liquidation if tier is not None else ONE

    def margin_level(self, account: int, scope: Scope) -> int:
        return self._shown(self.assets_value(account, scope), self.debts_value(account, scope))

    def collateral_level(self, account: int, scope: Scope) -> int:
        counted = self.collateral(account, scope, moving=False, without=("", 0))
        return self._shown(counted, self.debts_value(account, scope))

    def _shown(self, part: Fraction, whole: Fraction) -> int:
        cap = self.venue.margin.level_cap
        return min(cap, floor(part / whole * ONE)) if whole else cap

    def liquidation_price(self, account: int, pair: str) -> int:
        """Where assets are the liquidation level times the debts: (l x quote debt - quote) / (base - l x base debt)."""
        rules = self.rules(pair)
        base, quote = self.total(account, pair, rules.base), self.total(account, pair, rules.quote)
        base_debt, quote_debt = self.owed(account, pair, rules.base), self.owed(account, pair, rules.quote)
        level = Fraction(self.call_and_liquidation(account, pair)[1], ONE)
        long = base - level * base_debt
        if not long or not (base_debt or quote_debt):
            return 0
        return max(0, floor((level * quote_debt - quote) / long * ONE))

    # --- Restrictions and dates (mechanics 3.5, 7.6) -------------------------------------------------------------

    def is_over_cap(self, asset: Asset) -> bool:
        """Have all cross accounts together more of it than the venue takes?"""
        everybody = range(1, len(self.accounts) + 1)
        held = sum(self.total(account, CROSS, asset.name) for account in everybody)
        return asset.max_collateral > 0 and held > asset.max_collateral

    def dates(self, scope: Scope, asset: str) -> tuple[int, int]:
        """When an asset came to margin for an account, and when it leaves; 0 for never."""
        terms = self.asset(asset) if scope == CROSS else self.rules(scope)
        assert terms is not None
        return terms.list_at_ms, terms.delist_at_ms

    def is_lent_now(self, scope: Scope, asset: str) -> bool:
        since, until = self.dates(scope, asset)
        if until and self.venue.margin.delisting_stops_loans:
            return False
        return since <= self.now and (not until or self.now < until)

    def is_on_margin(self, scope: Scope, rules: Symbol) -> bool:
        """May the pair be traded by a margin account at this time?"""
        spans = [(rules.list_at_ms, rules.delist_at_ms)]
        if scope == CROSS:
            spans += [self.dates(CROSS, asset) for asset in (rules.base, rules.quote)]
        return all(since <= self.now and (not until or self.now < until) for since, until in spans)

    # --- Limits ------------------------------------------------------------------------------------------------

    def room_to_borrow(self, account: int, scope: Scope, asset: str) -> int:
        """What the collateral level allows: (l-1) C - l L, in the asset; isolated, the best tier that holds it."""
        counted = self.collateral(account, scope, moving=False, without=("", 0))
        owed = self.debts_value(account, scope)
        price = self.price_in(scope, asset)
        if scope == CROSS:
            leverage = self.leverage_levels(account).leverage
            most = max(0, floor(((leverage - 1) * counted - leverage * owed) / price))
            if self.venue.margin.borrowed_counts_in_full:
                return most
            initial = Fraction(self.leverage_levels(account).initial, ONE)

            def is_enough(lent: int) -> bool:
                held = self.collateral(account, scope, moving=False, without=(asset, -lent))
                return held >= initial * (owed + lent * price)

            return _largest(most, is_enough) if is_enough(0) else 0
        rules = self.rules(scope)
        other = rules.quote if asset == rules.base else rules.base
        rooms = [0]
        for tier in rules.isolated_tiers:
            limits = {rules.base: tier.base_limit, rules.quote: tier.quote_limit}
            if self.owed(account, scope, other) <= limits[other] or tier is rules.isolated_tiers[-1]:
                initial = Fraction(tier.initial, ONE)
                by_level = max(0, floor((counted - initial * owed) / (initial - 1) / price))
                rooms.append(min(by_level, limits[asset] - self.owed(account, scope, asset)))
        return max(rooms)

    def loan_limit(self, account: int, scope: Scope, asset: str) -> int:
        """The most that may be owed at all: by VIP level, or by the pair's highest tier."""
        if scope == CROSS:
            return self.vip_limit(account, asset)
        rules = self.rules(scope)
        limits = [t.base_limit if asset == rules.base else t.quote_limit for t in rules.isolated_tiers]
        return limits[-1] if limits else 0

    def borrowable(self, account: int, scope: Scope, asset: str) -> int:
        """All that may be borrowed now; 0 where the asset cannot be."""
        terms = self.asset(asset)
        if terms is None or not terms.borrowable or not self.price_of(asset):
            return 0
        if not self.may_hold(scope, asset) or self.cannot_measure(account, scope, asset):
            return 0
        if not self.is_lent_now(scope, asset):
            return 0
        by_limit = max(0, self.loan_limit(account, scope, asset) - self.owed(account, scope, asset))
        return min(self.room_to_borrow(account, scope, asset), by_limit, self.lendable(asset))

    def lendable(self, asset: str) -> int:
        """What the pool has, or nothing where little of its capital is left."""
        terms = self.asset(asset)
        assert terms is not None
        floor = Fraction(self.venue.margin.inventory_floor, ONE) * terms.pool_capital
        return self.pool[asset] if self.pool[asset] > floor else 0

    def transferable(self, account: int, scope: Scope, asset: str) -> int:
        """The most that may leave with the collateral level still at the bar, found by trying."""
        free = self.free(account, scope, asset)
        owed = self.debts_value(account, scope)
        if not owed:
            return free
        margin = self.venue.margin
        bar = margin.transfer_out_level if scope == CROSS else margin.isolated_transfer_out_level
        needed = Fraction(bar, ONE) * owed

        def counted(leaving: int) -> Fraction:
            return self.collateral(account, scope, moving=True, without=(asset, leaving))

        if counted(0) <= needed:
            return 0
        if counted(free) >= needed:
            return free
        return _largest(free, lambda leaving: counted(leaving) >= needed)

    def vip_limit(self, account: int, asset: str) -> int:
        """The most that the account's VIP level may owe."""
        found = self.asset(asset)
        assert found is not None
        rows = found.loan_terms
        vip = self.accounts[account - 1].vip
        return rows[vip].limit if vip < len(rows) else rows[-1].limit


def _largest(most: int, is_allowed: Callable[[int], bool]) -> int:
    """The largest number up to `most` that is allowed, of which all smaller ones are; 0 is."""
    allowed, beyond = 0, most + 1
    while beyond - allowed > 1:
        tried = (allowed + beyond) // 2
        if is_allowed(tried):
            allowed = tried
        else:
            beyond = tried
    return allowed


def _ratio(tier: CollateralTier, moving: bool) -> int:
    return tier.transfer_ratio if moving else tier.borrow_ratio
