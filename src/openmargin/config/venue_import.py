"""A venue made of saved answers of a real exchange: its symbols, filters, loan terms and collateral ratios.

What public answers do not say is filled in by the rules named here, and reported as a remark.
Never: reads the network, or decides whether the venue is sound; `venue_rules` does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from msgspec import Struct, structs

from openmargin.config.saved_answers import (
    SavedAnswers,
    SavedFilter,
    SavedSymbol,
    read_answers,
)
from openmargin.config.toml_struct import Problem, Table, write
from openmargin.config.venue_file import ConfigError, load_venue, venue_of
from openmargin.domain.enums import SelfTradePrevention, SymbolStatus
from openmargin.domain.money import E8, floor_to_step, parse_e8
from openmargin.domain.venue import Asset, CollateralTier, IsolatedTier, LoanTerms, MarginRules, Symbol

MOST: Final = 2**62
"""The largest amount that a record holds; limits beyond it are no limits."""

_TICKS_OF_A_START_PRICE: Final = 10_000
_POOL_OF_LIMITS: Final = 100
_CALLS: Final = ((10, E8 * 110 // 100), (5, E8 * 119 // 100), (3, E8 * 122 // 100))
"""Isolated margin calls by the pair's largest multiple (mechanics 2.3)."""


class Imported(Struct):
    """The venue, as the tables of a configuration file, and what had to be left out or filled in."""

    tables: Table
    symbols: int
    remarks: list[str]


def import_venue(files: list[Path], name: str) -> Imported:
    """The venue that saved answers describe; raises ConfigError where they describe none."""
    answers, problems = read_answers(files)
    if problems:
        file, problem = problems[0]
        raise ConfigError(file, [problem])
    if not answers.symbols:
        mend = "add a saved answer of GET /api/v3/exchangeInfo"
        raise ConfigError("venue import", [Problem("the files", "none of them names symbols", mend)])
    return _Import(answers, name).run()


class _Import:
    def __init__(self, answers: SavedAnswers, name: str) -> None:
        self.answers = answers
        self.name = name
        self.rules = load_venue()
        self.known = {asset.name: asset for asset in self.rules.assets}
        self.remarks: list[str] = []
        self.prices = {row.symbol: row.price for row in answers.prices}
        self.assets = {row.asset_name: row for row in answers.assets}
        self.cross = {row.symbol for row in answers.pairs if row.id is not None and row.is_margin_trade}
        self.isolated = {row.symbol for row in answers.pairs if row.id is None and row.is_margin_trade}
        self.tiers: dict[str, list[IsolatedTier]] = {}
        self.terms: dict[str, list[LoanTerms]] = {}
        self.collateral: dict[str, tuple[CollateralTier, ...]] = {}

    def run(self) -> Imported:
        self._read_terms()
        self._read_tiers()
        self._read_collateral()
        symbols = self._with_valued_assets(self._readable_symbols())
        names = list(dict.fromkeys(asset for symbol in symbols for asset in (symbol.base, symbol.quote)))
        venue = structs.replace(
            self.rules,
            name=self.name,
            assets=tuple([self._asset(asset) for asset in names]),
            symbols=tuple(symbols),
            margin=self._margin_rules(names),
        )
        tables = write(venue)
        venue_of("the imported venue", tables)
        return Imported(tables, len(symbols), self.remarks)

    def _remark(self, what: str, names: list[str]) -> None:
        if names:
            shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
            self.remarks.append(f"{what}: {shown}")

    def _read_terms(self) -> None:
        for row in sorted(self.answers.terms, key=lambda row: (row.coin, row.vip_level)):
            rate, limit = parse_e8(row.daily_interest), _bounded(row.borrow_limit)
            if rate is not None and rate <= E8:
                self.terms.setdefault(row.coin, []).append(LoanTerms(rate, limit))

    def _read_tiers(self) -> None:
        for row in sorted(self.answers.tiers, key=lambda row: (row.symbol, row.tier)):
            ratios = [
                parse_e8(text)
                for text in (row.effective_multiple, row.initial_risk_ratio, row.liquidation_risk_ratio)
            ]
            limits = (_bounded(row.base_asset_max_borrowable), _bounded(row.quote_asset_max_borrowable))
            if None not in ratios:
                multiple, initial, liquidation = (ratio or 0 for ratio in ratios)
                tier = IsolatedTier(multiple, initial, liquidation, *limits)
                self.tiers.setdefault(row.symbol, []).append(tier)

    def _read_collateral(self) -> None:
        for row in self.answers.collateral:
            brackets: list[CollateralTier] = []
            for bracket in row.collaterals:
                ratio = min(E8, parse_e8(bracket.discount_rate) or 0)
                end = _bounded(bracket.max_usd_value) if bracket.max_usd_value else 0
                brackets.append(CollateralTier(end, ratio, ratio, ratio))
            for asset in row.asset_names:
                self.collateral[asset] = tuple(brackets)

    def _readable_symbols(self) -> list[Symbol]:
        symbols: list[Symbol] = []
        unreadable: list[str] = []
        invented: list[str] = []
        for saved in self.answers.symbols:
            if not _is_word(saved.base_asset) or not _is_word(saved.quote_asset):
                unreadable.append(saved.symbol)
                continue
            symbol = self._symbol(saved)
            if symbol is None or symbol.name != symbol.base + symbol.quote:
                unreadable.append(saved.symbol)
                continue
            if symbol.name not in self.prices:
                invented.append(symbol.name)
            symbols.append(symbol)
        self._remark("left out, for their names or filters fit no venue here", unreadable)
        self._remark("no price was given, so the start price is invented (add ticker/price)", invented)
        return symbols

    def _with_valued_assets(self, symbols: list[Symbol]) -> list[Symbol]:
        """Those whose assets have an index, directly or through the display asset."""
        valuation, display = self.rules.margin.valuation_asset, self.rules.margin.display_asset
        priced = {symbol.base for symbol in symbols if symbol.quote in (valuation, display)}
        priced |= {valuation, display}
        kept = [symbol for symbol in symbols if symbol.base in priced and symbol.quote in priced]
        names = {symbol.name for symbol in kept}
        left_out = [symbol.name for symbol in symbols if symbol.name not in names]
        self._remark(f"left out, for an asset without a price in {valuation} or {display}", left_out)
        return kept

    def _margin_rules(self, names: list[str]) -> MarginRules:
        """Those of the default venue; a liquidation loan is in an asset that is there."""
        margin = self.rules.margin
        wanted = margin.liquidation.loan_asset
        if wanted in names:
            return margin
        self.remarks.append(f"there is no {wanted}, so liquidation loans are in {margin.valuation_asset}")
        liquidation = structs.replace(margin.liquidation, loan_asset=margin.valuation_asset)
        return structs.replace(margin, liquidation=liquidation)

    def _asset(self, name: str) -> Asset:
        """What the answers say of an asset; where they are silent, the default venue's one of that name."""
        known = self.known.get(name, Asset(name, name, borrowable=False, collateral=False))
        terms = tuple(self.terms.get(name, known.loan_terms))
        highest = max([row.limit for row in terms], default=0)
        asset = structs.replace(
            known,
            loan_terms=terms,
            pool_capital=min(MOST // 4, highest * _POOL_OF_LIMITS),
            collateral_tiers=self.collateral.get(name, known.collateral_tiers),
        )
        saved = self.assets.get(name)
        if saved is None:
            return asset
        return structs.replace(
            asset,
            full_name=saved.asset_full_name,
            borrowable=saved.is_borrowable and bool(terms),
            collateral=saved.is_mortgageable,
            min_borrow=_bounded(saved.user_min_borrow),
            min_repay=_bounded(saved.user_min_repay),
        )

    def _symbol(self, saved: SavedSymbol) -> Symbol | None:
        filters = {row.filter_type: row for row in saved.filters}
        price, lot = filters.get("PRICE_FILTER"), filters.get("LOT_SIZE")
        if price is None or lot is None:
            return None
        tick, step = parse_e8(price.tick_size), parse_e8(lot.step_size)
        if not tick or not step:
            return None
        given = parse_e8(self.prices.get(saved.symbol, ""))
        start = floor_to_step(given, tick) if given else 0
        tiers = self.tiers.get(saved.symbol, [])
        margin = {
            "cross_margin": saved.symbol in self.cross
            if self.answers.pairs
            else saved.is_margin_trading_allowed,
            "isolated_margin": saved.symbol in self.isolated,
            "isolated_tiers": tuple(tiers),
            "isolated_margin_call": _margin_call(tiers),
        }
        symbol = Symbol(
            saved.symbol,
            saved.base_asset,
            saved.quote_asset,
            start_price=max(tick, start or tick * _TICKS_OF_A_START_PRICE),
            tick_size=tick,
            step_size=step,
            status=SymbolStatus.TRADING if saved.status == "TRADING" else SymbolStatus.BREAK,
            self_trade_preventions=_prevention_modes(saved),
        )
        return structs.replace(symbol, **_limits(filters), **margin)


def _is_word(name: str) -> bool:
    return name.isascii() and name.isalnum() and name.isupper()


def _bounded(text: str) -> int:
    """Atoms, cut to eight decimals and to what a record holds."""
    whole, _, decimals = text.partition(".")
    value = parse_e8(f"{whole}.{decimals[:8]}" if decimals else whole)
    return min(value or 0, MOST)


def _limits(filters: dict[str, SavedFilter]) -> dict[str, int | bool]:
    """What the filters say, as the fields of a Symbol; a filter that is absent leaves its default."""
    found: dict[str, int | bool] = {}

    def take(filter_type: str, **fields: str) -> None:
        saved = filters.get(filter_type)
        if saved is not None:
            for target, source in fields.items():
                value = getattr(saved, source)
                found[target] = _bounded(value) if isinstance(value, str) else value

    take("PRICE_FILTER", min_price="min_price", max_price="max_price")
    take("LOT_SIZE", min_quantity="min_qty", max_quantity="max_qty")
    take(
        "MARKET_LOT_SIZE",
        market_min_quantity="min_qty",
        market_max_quantity="max_qty",
        market_step_size="step_size",
    )
    take("MIN_NOTIONAL", min_notional="min_notional", apply_min_to_market="apply_to_market")
    take(
        "NOTIONAL",
        min_notional="min_notional",
        max_notional="max_notional",
        apply_min_to_market="apply_min_to_market",
        apply_max_to_market="apply_max_to_market",
    )
    take(
        "PERCENT_PRICE",
        average_price_minutes="avg_price_mins",
        bid_multiplier_up="multiplier_up",
        bid_multiplier_down="multiplier_down",
        ask_multiplier_up="multiplier_up",
        ask_multiplier_down="multiplier_down",
    )
    take(
        "PERCENT_PRICE_BY_SIDE",
        average_price_minutes="avg_price_mins",
        bid_multiplier_up="bid_multiplier_up",
        bid_multiplier_down="bid_multiplier_down",
        ask_multiplier_up="ask_multiplier_up",
        ask_multiplier_down="ask_multiplier_down",
    )
    take("MAX_NUM_ORDERS", max_num_orders="max_num_orders")
    take("MAX_NUM_ALGO_ORDERS", max_num_algo_orders="max_num_algo_orders")
    take("MAX_NUM_ICEBERG_ORDERS", max_num_iceberg_orders="max_num_iceberg_orders")
    take("MAX_NUM_ORDER_LISTS", max_num_order_lists="max_num_order_lists")
    take("MAX_NUM_ORDER_AMENDS", max_num_order_amends="max_num_order_amends")
    take("ICEBERG_PARTS", iceberg_parts="limit")
    take("MAX_POSITION", max_position="max_position")
    deltas = ("min_trailing_above_delta", "max_trailing_above_delta")
    deltas += ("min_trailing_below_delta", "max_trailing_below_delta")
    take("TRAILING_DELTA", **{delta: delta for delta in deltas})
    return found


def _prevention_modes(saved: SavedSymbol) -> tuple[SelfTradePrevention, ...]:
    """The allowed modes, the default first; all of them where the answer names none."""
    names = [saved.default_self_trade_prevention_mode, *saved.allowed_self_trade_prevention_modes]
    known = [name for name in dict.fromkeys(names) if name in SelfTradePrevention.__members__]
    return tuple([SelfTradePrevention[name] for name in known]) or tuple(SelfTradePrevention)


def _margin_call(tiers: list[IsolatedTier]) -> int:
    multiple = max([tier.effective_multiple for tier in tiers], default=0)
    for least, level in _CALLS:
        if multiple >= least * E8:
            return level
    return _CALLS[-1][1]
