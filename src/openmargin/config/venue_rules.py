"""What a venue must satisfy beyond the types of its fields: a list of small checks, each naming its remedy.

Never: changes a venue, or fills in what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from openmargin.config.toml_struct import Problem
from openmargin.domain.money import E8
from openmargin.domain.venue import Symbol, Venue


def venue_problems(venue: Venue) -> Iterator[Problem]:
    """Everything that is wrong with a venue; nothing where it is sound."""
    for check in _CHECKS:
        yield from check(venue)


def _names_are_unique(venue: Venue) -> Iterator[Problem]:
    for key, entries in (("assets", venue.assets), ("symbols", venue.symbols)):
        seen: dict[str, int] = {}
        for index, entry in enumerate(entries):
            if entry.name in seen:
                mend = f"remove it, or rename it: it is {key}[{seen[entry.name]}] already"
                yield Problem(f"{key}[{index}].name", f'"{entry.name}" comes twice', mend)
            seen.setdefault(entry.name, index)


def _names_are_words(venue: Venue) -> Iterator[Problem]:
    for index, asset in enumerate(venue.assets):
        if not (asset.name.isascii() and asset.name.isalnum() and asset.name.isupper()):
            yield Problem(
                f"assets[{index}].name", f'"{asset.name}" is no asset name', "use capitals and digits"
            )


def _symbols_join_two_assets(venue: Venue) -> Iterator[Problem]:
    assets = {asset.name for asset in venue.assets}
    for index, symbol in enumerate(venue.symbols):
        for key, asset in (("base", symbol.base), ("quote", symbol.quote)):
            if asset not in assets:
                mend = f'add an [[assets]] entry named "{asset}"'
                yield Problem(f"symbols[{index}].{key}", f'"{asset}" is no asset of this venue', mend)
        if symbol.base == symbol.quote:
            yield Problem(f"symbols[{index}].quote", "it is the base as well", "name two different assets")
        if symbol.name != symbol.base + symbol.quote:
            what = f'"{symbol.name}" is not base and quote in one word'
            yield Problem(f"symbols[{index}].name", what, f'write "{symbol.base}{symbol.quote}"')


def _every_asset_has_a_value(venue: Venue) -> Iterator[Problem]:
    assets = {asset.name for asset in venue.assets}
    valuation, display = venue.margin.valuation_asset, venue.margin.display_asset
    for key, asset in (("valuation_asset", valuation), ("display_asset", display)):
        if asset not in assets:
            mend = f'add an [[assets]] entry named "{asset}", or name another'
            yield Problem(f"margin.{key}", f'"{asset}" is no asset of this venue', mend)
            return
    pairs = {(symbol.base, symbol.quote) for symbol in venue.symbols}
    if display != valuation and (display, valuation) not in pairs:
        what = f"no symbol gives the price of {display} in {valuation}"
        yield Problem("margin.display_asset", what, f"add the symbol {display}{valuation}")
        return
    for index, asset in enumerate(venue.assets):
        if asset.name in (valuation, display):
            continue
        if (asset.name, valuation) not in pairs and (asset.name, display) not in pairs:
            what = f"no symbol gives the price of {asset.name} in {valuation}, directly or through {display}"
            mend = f"add the symbol {asset.name}{valuation} or {asset.name}{display}"
            yield Problem(f"assets[{index}]", what, mend)


def _assets_can_be_lent_and_valued(venue: Venue) -> Iterator[Problem]:
    for index, asset in enumerate(venue.assets):
        path = f"assets[{index}]"
        if asset.borrowable and not asset.loan_terms:
            mend = "add a row per VIP level, or say `borrowable = false`"
            yield Problem(f"{path}.loan_terms", f"{asset.name} may be borrowed but has no terms", mend)
        for row, terms in enumerate(asset.loan_terms):
            if terms.daily_rate > E8:
                yield Problem(
                    f"{path}.loan_terms[{row}].daily_rate", "it is more than the loan", 'write 1 % as "0.01"'
                )
        ends = [tier.up_to for tier in asset.collateral_tiers]
        if not ends or ends[-1] != 0 or 0 in ends[:-1] or ends[:-1] != sorted(set(ends[:-1])):
            mend = "order the brackets by up_to, each higher than the last, and leave it out in the last one"
            yield Problem(f"{path}.collateral_tiers", "the brackets do not cover every value once", mend)
        for row, tier in enumerate(asset.collateral_tiers):
            for key in ("borrow_ratio", "transfer_ratio", "liquidation_ratio"):
                if getattr(tier, key) > E8:
                    mend = "write a share from 0 to 1"
                    yield Problem(f"{path}.collateral_tiers[{row}].{key}", "it is above 1", mend)


def _filters_can_be_met(venue: Venue) -> Iterator[Problem]:
    for index, symbol in enumerate(venue.symbols):
        for key, what, mend in _filter_problems(symbol):
            yield Problem(f"symbols[{index}].{key}", f"{what} ({symbol.name})", mend)


def _filter_problems(symbol: Symbol) -> Iterator[tuple[str, str, str]]:
    for key in ("start_price", "tick_size", "step_size", "max_num_orders"):
        if getattr(symbol, key) <= 0:
            yield key, "it is not above zero", "write a number above zero"
            return
    if symbol.start_price % symbol.tick_size:
        yield "start_price", "it is no multiple of tick_size", "round it to the tick"
    for low, high in (
        ("min_price", "max_price"),
        ("min_quantity", "max_quantity"),
        ("market_min_quantity", "market_max_quantity"),
        ("min_notional", "max_notional"),
    ):
        if 0 < getattr(symbol, high) < getattr(symbol, low):
            yield high, f"it is below {low}", "raise it, or write 0 for no limit"
    if not symbol.min_price <= symbol.start_price <= (symbol.max_price or symbol.start_price):
        yield "start_price", "it is outside min_price and max_price", "move it between them"
    for side in ("bid", "ask"):
        if not getattr(symbol, f"{side}_multiplier_down") < E8 < getattr(symbol, f"{side}_multiplier_up"):
            mend = "let the one be below 1 and the other above it"
            yield f"{side}_multiplier_up", f"it and {side}_multiplier_down do not enclose 1", mend
    if symbol.average_price_minutes < 0:
        yield "average_price_minutes", "it is below zero", "write 0 for the last price, or minutes"
    if not symbol.self_trade_preventions:
        yield "self_trade_preventions", "no mode is allowed", 'allow at least one, such as "NONE"'
    if len(set(symbol.self_trade_preventions)) != len(symbol.self_trade_preventions):
        yield "self_trade_preventions", "a mode comes twice", "name each once, the default first"
    for key in ("max_num_algo_orders", "max_num_iceberg_orders", "max_num_order_lists", "iceberg_parts"):
        if getattr(symbol, key) < 1:
            yield key, "it is not above zero", "write 1 or more"
    if symbol.max_num_order_amends < 0:
        yield "max_num_order_amends", "it is below zero", "write 0 where no order may be amended"
    for where in ("above", "below"):
        least, most = (getattr(symbol, f"{bound}_trailing_{where}_delta") for bound in ("min", "max"))
        if not 0 < least <= most < 10_000:
            mend = "write basis points, the smallest first: above 0 and below 10000"
            yield f"max_trailing_{where}_delta", f"it and min_trailing_{where}_delta allow nothing", mend


def _isolated_tiers_rise(venue: Venue) -> Iterator[Problem]:
    for index, symbol in enumerate(venue.symbols):
        path = f"symbols[{index}]"
        before = None
        for row, tier in enumerate(symbol.isolated_tiers):
            if not tier.initial > symbol.isolated_margin_call > tier.liquidation >= E8:
                what = f"initial, isolated_margin_call and liquidation do not descend to 1 or more ({symbol.name})"
                yield Problem(f"{path}.isolated_tiers[{row}]", what, "order them, such as 1.25, 1.19, 1.15")
            if before is not None and not (
                tier.initial >= before.initial
                and tier.base_limit >= before.base_limit
                and tier.quote_limit >= before.quote_limit
            ):
                what = f"it asks for less, or lends less, than the tier before it ({symbol.name})"
                yield Problem(
                    f"{path}.isolated_tiers[{row}]", what, "order the tiers from the smallest debts up"
                )
            before = tier


def _rates_are_shares(venue: Venue) -> Iterator[Problem]:
    if not venue.commissions:
        yield Problem("commissions", "there is no row", "add a row per VIP level, from 0 up")
    for index, rates in enumerate(venue.commissions):
        for key in ("maker", "taker"):
            if getattr(rates, key) >= E8:
                yield Problem(f"commissions[{index}].{key}", "it takes everything", 'write 0.1 % as "0.001"')


def _small_debts_can_be_exchanged(venue: Venue) -> Iterator[Problem]:
    target = venue.margin.small_liability_asset
    if not any(asset.name == target and asset.loan_terms for asset in venue.assets):
        what = f'"{target}" is no asset of this venue that has loan terms'
        yield Problem("margin.small_liability_asset", what, "name one that has")


def _listings_come_before_delistings(venue: Venue) -> Iterator[Problem]:
    for key, entries in (("assets", venue.assets), ("symbols", venue.symbols)):
        for index, entry in enumerate(entries):
            if entry.delist_at_ms and entry.delist_at_ms <= entry.list_at_ms:
                what = f"it is not after list_at_ms ({entry.name})"
                yield Problem(f"{key}[{index}].delist_at_ms", what, "write a later moment, or 0 for never")
    for name in {asset.name for asset in venue.assets} & {symbol.name for symbol in venue.symbols}:
        yield Problem("assets", f'"{name}" is a symbol too', "rename one of them")


def _shares_leave_something(venue: Venue) -> Iterator[Problem]:
    if venue.margin.inventory_floor >= E8:
        yield Problem("margin.inventory_floor", "nothing could be lent", 'write 1 % as "0.01"')
    for key in ("burn_interest_discount", "burn_commission_discount"):
        if getattr(venue.margin, key) > E8:
            yield Problem(f"margin.{key}", "it is more than the price", 'write 5 % as "0.05"')


def _levels_descend(venue: Venue) -> Iterator[Problem]:
    if not venue.margin.leverages:
        yield Problem("margin.leverages", "there is no row", "add at least one cross leverage")
    for index, row in enumerate(venue.margin.leverages):
        path = f"margin.leverages[{index}]"
        if row.leverage in [earlier.leverage for earlier in venue.margin.leverages[:index]]:
            yield Problem(f"{path}.leverage", f"{row.leverage} comes twice", "say each leverage once")
        if row.leverage < 2:
            yield Problem(f"{path}.leverage", "it lends nothing", "write 2 or more")
        if not row.initial > row.margin_call > row.liquidation >= E8:
            what = "initial, margin_call and liquidation do not descend to 1 or more"
            yield Problem(path, what, "order them, such as 1.5, 1.3, 1.1")


def _liquidations_end(venue: Venue) -> Iterator[Problem]:
    rules = venue.margin.liquidation
    path = "margin.liquidation"
    assets = {asset.name for asset in venue.assets}
    for key in ("slip_step", "wait_ms"):
        if getattr(rules, key) < 1:
            yield Problem(f"{path}.{key}", "no liquidation would come to its end", "write more than 0")
    if rules.slip > rules.band:
        yield Problem(f"{path}.slip", "the first order goes beyond the band", "lower it, or raise band")
    for key in ("fee", "manual_fee"):
        if rules.band + getattr(rules, key) >= E8 // 2:
            mend = "let them stay below 0.5 together"
            yield Problem(f"{path}.{key}", "with band, it leaves too little for the debts", mend)
    if rules.pre_liquidation_share > E8:
        yield Problem(f"{path}.pre_liquidation_share", "it is above 1", "write a share from 0 to 1")
    if rules.call_repeat_ms < 0:
        yield Problem(f"{path}.call_repeat_ms", "it is below zero", "write 0 for never, or milliseconds")
    for row in venue.margin.leverages:
        if rules.excessive_level < row.margin_call:
            what = f"it is below the margin call of {row.leverage}x"
            yield Problem(f"{path}.excessive_level", what, "raise it")
    if rules.takeover_asset and rules.takeover_asset not in assets:
        what = f'"{rules.takeover_asset}" is no asset of this venue'
        yield Problem(f"{path}.takeover_asset", what, "name one, or leave it out for the valuation asset")
    if rules.loan_asset not in assets:
        what = f'"{rules.loan_asset}" is no asset of this venue'
        yield Problem(f"{path}.loan_asset", what, "name an asset of the venue")


def _limits_leave_room(venue: Venue) -> Iterator[Problem]:
    if not venue.assets:
        yield Problem("assets", "there is no entry", "add an [[assets]] entry")
    if not venue.symbols:
        yield Problem("symbols", "there is no entry", "add a [[symbols]] entry")
    for key in ("limit_10s", "limit_day"):
        if getattr(venue.orders, key) < 1:
            yield Problem(f"orders.{key}", "no order could ever be placed", "write 1 or more")
    house = venue.house
    for key in ("levels", "walk_step_ms"):
        if getattr(house, key) < 1:
            yield Problem(f"house.{key}", "it is not above zero", "write 1 or more")
    if house.spread // 2 + house.levels * house.level_gap >= E8:
        yield Problem("house.level_gap", "the lowest quote would be at or below zero", "lower it, or levels")
    if house.walk_volatility >= E8 // 10:
        yield Problem("house.walk_volatility", "one step may take the price to zero", "write less than 0.1")
    if house.walk_jump >= E8 // 5:
        yield Problem("house.walk_jump", "one jump may take the price to zero", "write less than 0.2")
    if house.walk_jump_chance > E8:
        yield Problem("house.walk_jump_chance", "more likely than always", "write a share of 1 at most")
    if house.latency_ms < 0:
        yield Problem("house.latency_ms", "it is below zero", "write 0 or more")


def _special_keys_can_be_made(venue: Venue) -> Iterator[Problem]:
    rules = venue.special_keys
    for key in ("keys_max", "name_max"):
        if getattr(rules, key) < 1:
            yield Problem(f"special_keys.{key}", "no key could ever be made", "write 1 or more")
    for key in ("min_vip", "ips_max", "cooldown_ms"):
        if getattr(rules, key) < 0:
            yield Problem(f"special_keys.{key}", "it is below zero", "write 0 or more")


def _bans_make_sense(venue: Venue) -> Iterator[Problem]:
    rules = venue.requests
    for key, least in (("ban_after", 0), ("ban_ms", 1), ("ban_growth", 1), ("ban_forgotten_ms", 0)):
        if getattr(rules, key) < least:
            yield Problem(f"requests.{key}", f"it is below {least}", f"write {least} or more")
    if rules.ban_max_ms < rules.ban_ms:
        mend = "write at least requests.ban_ms"
        yield Problem("requests.ban_max_ms", "a first ban would be longer", mend)


_CHECKS: Final[tuple[Callable[[Venue], Iterator[Problem]], ...]] = (
    _limits_leave_room,
    _names_are_unique,
    _names_are_words,
    _symbols_join_two_assets,
    _every_asset_has_a_value,
    _assets_can_be_lent_and_valued,
    _filters_can_be_met,
    _isolated_tiers_rise,
    _rates_are_shares,
    _shares_leave_something,
    _listings_come_before_delistings,
    _small_debts_can_be_exchanged,
    _levels_descend,
    _liquidations_end,
    _special_keys_can_be_made,
    _bans_make_sense,
)
