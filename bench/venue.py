"""The venue that measurements run on: one wide symbol, no house, and limits that never bind."""

from __future__ import annotations

from openmargin.domain.money import E8
from openmargin.domain.venue import (
    Asset,
    CommissionRates,
    HouseRules,
    LeverageLevels,
    LoanTerms,
    MarginRules,
    OrderRules,
    Symbol,
    Venue,
)


def bench_venue() -> Venue:
    terms = (LoanTerms(daily_rate=20_000, limit=10**9 * E8),)
    return Venue(
        name="bench",
        assets=(
            Asset(name="BTC", full_name="Bitcoin", pool_capital=10**8 * E8, loan_terms=terms),
            Asset(name="USDT", full_name="TetherUS", pool_capital=10**8 * E8, loan_terms=terms),
        ),
        symbols=(
            Symbol(
                name="BTCUSDT",
                base="BTC",
                quote="USDT",
                start_price=10_000 * E8,
                tick_size=E8,
                step_size=E8,
                max_num_orders=10**9,
                max_num_algo_orders=10**9,
                max_num_order_lists=10**9,
            ),
        ),
        commissions=(CommissionRates(maker=100_000, taker=100_000),),
        margin=MarginRules(
            leverages=(
                LeverageLevels(
                    leverage=3, initial=E8 * 3 // 2, margin_call=E8 * 13 // 10, liquidation=E8 * 11 // 10
                ),
            )
        ),
        orders=OrderRules(limit_10s=10**9, limit_day=10**9),
        house=HouseRules(enabled=False),
    )
