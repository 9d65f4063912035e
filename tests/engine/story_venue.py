"""The venue that market stories are told at, and how a word of theirs alters one of its rules."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import msgspec

from openmargin.domain.enums import SelfTradePrevention
from openmargin.domain.money import parse_e8
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

MIDNIGHT = 1_767_225_600_000
DAY = 86_400_000
COUNTS = (
    "average_price_minutes",
    "max_num_orders",
    "max_num_algo_orders",
    "max_num_iceberg_orders",
    "max_num_order_lists",
    "max_num_order_amends",
    "iceberg_parts",
    "min_trailing_above_delta",
    "max_trailing_above_delta",
    "min_trailing_below_delta",
    "max_trailing_below_delta",
    "isolated_accounts_max",
    "small_liabilities_max",
    "index_max_age_ms",
    "small_liability_interval_ms",
    "isolated_reclose_ms",
    "min_vip",
    "keys_max",
    "ips_max",
    "name_max",
    "cooldown_ms",
    "levels",
    "limit_10s",
    "limit_day",
    "taker_first_fill_credit",
    "maker_first_fill_credit",
    "call_repeat_ms",
    "wait_ms",
    "latency_ms",
)
"""Rules that are whole numbers; other numbers have eight decimals."""


def amount(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    parsed = parse_e8(text.removeprefix("-").replace(",", ""))
    assert parsed is not None, f"{text} is finer than an atom"
    return sign * parsed


def time_of_day(text: str) -> int:
    hours, minutes, *seconds = text.split(":")
    return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds[0] if seconds else 0)) * 1000)


def isolated_tier(text: str) -> IsolatedTier:
    """multiple:initial:liquidation:base limit:quote limit"""
    return IsolatedTier(*(amount(number) for number in text.split(":")))


def plain_venue() -> Venue:
    """BTC at 100, ETH and BNB at 10; no fees, no filters but ticks and steps, 0.01 % interest an hour, no house.

    Isolated: BTCUSDT at 10x up to 10 BTC or 1,000 USDT of debt, then at 5x up to 100 BTC or 10,000 USDT.
    """
    terms = (LoanTerms(amount("0.0024"), amount("1000000")), LoanTerms(amount("0.0012"), amount("2000000")))
    pool = amount("1000000")
    return Venue(
        "story",
        (
            Asset("BTC", "Bitcoin", pool_capital=pool, loan_terms=terms),
            Asset("ETH", "Ether", pool_capital=pool, loan_terms=terms),
            Asset("USDT", "Tether", pool_capital=pool, loan_terms=terms),
            Asset("BNB", "BNB", pool_capital=pool, loan_terms=terms),
            Asset("ODD", "Without a price", pool_capital=pool, loan_terms=terms),
        ),
        (
            Symbol(
                "BTCUSDT",
                "BTC",
                "USDT",
                amount("100"),
                amount("0.01"),
                amount("0.001"),
                isolated_tiers=(
                    isolated_tier("10:1.111:1.05:10:1000"),
                    isolated_tier("5:1.25:1.15:100:10000"),
                ),
            ),
            Symbol("ETHUSDT", "ETH", "USDT", amount("10"), amount("0.01"), amount("0.001")),
            Symbol("BNBUSDT", "BNB", "USDT", amount("10"), amount("0.01"), amount("0.001")),
            Symbol("ETHBTC", "ETH", "BTC", amount("0.1"), amount("0.00001"), amount("0.001")),
        ),
        (CommissionRates(0, 0),),
        MarginRules(
            (
                LeverageLevels(3, amount("1.5"), amount("1.3"), amount("1.1")),
                LeverageLevels(5, amount("1.25"), amount("1.16"), amount("1.1")),
            )
        ),
        house=HouseRules(
            enabled=False,
            levels=3,
            spread=amount("0.02"),
            level_gap=amount("0.01"),
            level_value=amount("1000"),
        ),
    )


def with_rule(venue: Venue, words: list[str]) -> Venue:
    """The venue with one rule altered: `BTC min_borrow 1`, `house enabled yes`, `fees 0.001 0.002`…"""
    what, *rest = words
    if what == "drop" and rest[0].endswith("x"):
        left = tuple(row for row in venue.margin.leverages if f"{row.leverage}x" != rest[0])
        return msgspec.structs.replace(venue, margin=msgspec.structs.replace(venue.margin, leverages=left))
    if what == "drop":
        return msgspec.structs.replace(
            venue,
            symbols=tuple(symbol for symbol in venue.symbols if symbol.name != rest[0]),
            assets=tuple(asset for asset in venue.assets if asset.name != rest[0]),
        )
    if what == "adds":
        return msgspec.structs.replace(
            venue,
            assets=(
                *venue.assets,
                Asset(
                    rest[0], rest[0], pool_capital=amount("1000000"), loan_terms=venue.assets[0].loan_terms
                ),
            ),
            symbols=(
                *venue.symbols,
                Symbol(f"{rest[0]}USDT", rest[0], "USDT", amount(rest[1]), amount("0.01"), amount("0.001")),
            ),
        )
    if what == "fees":
        rows = tuple(CommissionRates(amount(rest[i]), amount(rest[i + 1])) for i in range(0, len(rest), 2))
        return msgspec.structs.replace(venue, commissions=rows)
    if what == "liquidation":
        margin = msgspec.structs.replace(
            venue.margin, liquidation=_with_field(venue.margin.liquidation, rest[0], rest[1:])
        )
        return msgspec.structs.replace(venue, margin=margin)
    if what in ("orders", "margin", "house", "special_keys"):
        part = getattr(venue, what)
        return msgspec.structs.replace(venue, **{what: _with_field(part, rest[0], rest[1:])})
    for group in ("assets", "symbols"):
        rows = getattr(venue, group)
        if any(row.name == what for row in rows):
            changed = tuple(_with_field(row, rest[0], rest[1:]) if row.name == what else row for row in rows)
            return msgspec.structs.replace(venue, **{group: changed})
    raise AssertionError(f"no rule is called {what}")


def _with_field(part: Any, field: str, words: list[str]) -> Any:
    value: Any = words[0] if words else ""
    present = getattr(part, field)
    if field == "collateral_tiers":  # up_to:borrow:transfer
        triples = [word.split(":") for word in words]
        value = tuple(CollateralTier(*(amount(number) for number in triple)) for triple in triples)
    elif field == "loan_terms":  # daily rate:limit
        pairs = [word.split(":") for word in words]
        value = tuple(LoanTerms(*(amount(number) for number in pair)) for pair in pairs)
    elif field in ("list_at_ms", "delist_at_ms"):  # A time of the first day, or 0.
        value = MIDNIGHT + time_of_day(words[0]) if words[0] != "0" else 0
    elif isinstance(present, IntEnum):
        value = type(present)[words[0]]
    elif isinstance(present, str):
        value = words[0]
    elif isinstance(present, bool):
        value = words[0] == "yes"
    elif field == "isolated_tiers":
        value = tuple(isolated_tier(word) for word in words)
    elif field == "self_trade_preventions":
        value = tuple(SelfTradePrevention[word] for word in words)
    elif field in COUNTS:
        value = int(words[0])
    else:
        value = amount(words[0])
    return msgspec.structs.replace(part, **{field: value})
