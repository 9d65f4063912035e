"""Saved answers of a real exchange's public endpoints, told apart by what they hold.

Owns: which fields of each answer matter here. All others are skipped, so an answer may be newer than this page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, cast

import msgspec
from msgspec import Struct, field

from openmargin.config.toml_struct import Problem, is_table


class SavedFilter(Struct, rename="camel"):
    """One filter of a symbol in exchangeInfo, as far as it says something."""

    filter_type: str
    min_price: str = ""
    max_price: str = ""
    tick_size: str = ""
    min_qty: str = ""
    max_qty: str = ""
    step_size: str = ""
    limit: int = 0
    min_notional: str = ""
    max_notional: str = ""
    apply_min_to_market: bool = True
    apply_max_to_market: bool = False
    apply_to_market: bool = True
    avg_price_mins: int = -1
    multiplier_up: str = ""
    multiplier_down: str = ""
    bid_multiplier_up: str = ""
    bid_multiplier_down: str = ""
    ask_multiplier_up: str = ""
    ask_multiplier_down: str = ""
    max_num_orders: int = 0
    max_num_algo_orders: int = 0
    max_num_iceberg_orders: int = 0
    max_num_order_lists: int = 0
    max_num_order_amends: int = 0
    max_position: str = ""
    min_trailing_above_delta: int = 0
    max_trailing_above_delta: int = 0
    min_trailing_below_delta: int = 0
    max_trailing_below_delta: int = 0


class SavedSymbol(Struct, rename="camel"):
    """One symbol of exchangeInfo."""

    symbol: str
    status: str
    base_asset: str
    quote_asset: str
    filters: list[SavedFilter] = field(default_factory=list[SavedFilter])
    default_self_trade_prevention_mode: str = ""
    allowed_self_trade_prevention_modes: list[str] = field(default_factory=list[str])
    is_margin_trading_allowed: bool = False


class SavedExchangeInfo(Struct):
    symbols: list[SavedSymbol]


class SavedPair(Struct, rename="camel"):
    """A row of allPairs, which has an id, or of isolated/allPairs, which has none."""

    symbol: str
    is_margin_trade: bool
    id: int | None = None


class SavedAsset(Struct, rename="camel"):
    """A row of allAssets."""

    asset_name: str
    asset_full_name: str
    is_borrowable: bool
    is_mortgageable: bool
    user_min_borrow: str
    user_min_repay: str


class SavedTerms(Struct, rename="camel"):
    """A row of crossMarginData."""

    vip_level: int
    coin: str
    daily_interest: str
    borrow_limit: str


class SavedTier(Struct, rename="camel"):
    """A row of isolatedMarginTier."""

    symbol: str
    tier: int
    effective_multiple: str
    initial_risk_ratio: str
    liquidation_risk_ratio: str
    base_asset_max_borrowable: str
    quote_asset_max_borrowable: str


class SavedBracket(Struct, rename="camel"):
    min_usd_value: str
    discount_rate: str
    max_usd_value: str | None = None


class SavedCollateral(Struct, rename="camel"):
    """A row of crossMarginCollateralRatio."""

    collaterals: list[SavedBracket]
    asset_names: list[str]


class SavedPrice(Struct):
    """A row of ticker/price, or an answer of priceIndex."""

    symbol: str
    price: str


class SavedAnswers(Struct):
    """All that the files say, with rows of one kind gathered from all of them."""

    symbols: list[SavedSymbol] = field(default_factory=list[SavedSymbol])
    pairs: list[SavedPair] = field(default_factory=list[SavedPair])
    assets: list[SavedAsset] = field(default_factory=list[SavedAsset])
    terms: list[SavedTerms] = field(default_factory=list[SavedTerms])
    tiers: list[SavedTier] = field(default_factory=list[SavedTier])
    collateral: list[SavedCollateral] = field(default_factory=list[SavedCollateral])
    prices: list[SavedPrice] = field(default_factory=list[SavedPrice])


_TOLD_BY: Final[tuple[tuple[str, str, type[Struct]], ...]] = (
    ("isMarginTrade", "pairs", SavedPair),
    ("assetName", "assets", SavedAsset),
    ("vipLevel", "terms", SavedTerms),
    ("effectiveMultiple", "tiers", SavedTier),
    ("collaterals", "collateral", SavedCollateral),
    ("price", "prices", SavedPrice),
)
"""A field that only one kind of row has, where such rows are gathered, and their shape."""

_KNOWN: Final = (
    "exchangeInfo, allPairs, isolated/allPairs, allAssets, crossMarginData, isolatedMarginTier,"
    " crossMarginCollateralRatio, ticker/price or priceIndex"
)


def read_answers(files: list[Path]) -> tuple[SavedAnswers, list[tuple[str, Problem]]]:
    """Everything that saved answers say, and what is wrong with which file."""
    answers = SavedAnswers()
    problems: list[tuple[str, Problem]] = []
    for file in files:
        problem = _read_file(file, answers)
        if problem is not None:
            problems.append((str(file), problem))
    return answers, problems


def _read_file(file: Path, answers: SavedAnswers) -> Problem | None:
    try:
        raw: object = msgspec.json.decode(file.read_bytes())
    except OSError as error:
        return Problem("the file", error.strerror or str(error), "name a file that can be read")
    except msgspec.DecodeError as error:
        return Problem("the file", f"it is no JSON: {error}", "save the answer's body as it came")
    try:
        return _gather(raw, answers)
    except msgspec.ValidationError as error:
        return Problem("the file", str(error), "save the answer's body as it came")


def _gather(raw: object, answers: SavedAnswers) -> Problem | None:
    rows = cast("list[object]", raw) if isinstance(raw, list) else [raw]
    first = rows[0] if rows else None
    if is_table(first):
        if "symbols" in first:
            answers.symbols += msgspec.convert(first, SavedExchangeInfo).symbols
            return None
        for name, place, shape in _TOLD_BY:
            if name in first:
                getattr(answers, place).extend(msgspec.convert(rows, list[shape]))  # pyright: ignore[reportInvalidTypeForm] -- the shape stands in the table
                return None
    return Problem("the file", "it is none of the answers that are known here", f"save one of {_KNOWN}")
