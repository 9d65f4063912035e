"""A small venue on which little happens without a consequence."""

from __future__ import annotations

import msgspec

from openmargin.domain.enums import SelfTradePrevention
from openmargin.domain.money import E8
from openmargin.domain.venue import (
    Asset,
    CollateralTier,
    CommissionRates,
    HouseRules,
    IsolatedTier,
    LeverageLevels,
    LiquidationRules,
    LoanTerms,
    MarginRules,
    OrderRules,
    SpecialKeyRules,
    Symbol,
    Venue,
)


def small_venue(*, house: bool) -> Venue:
    """Six assets, two of them without an index, four symbols, tight filters and limits within reach."""
    tiers = (
        CollateralTier(40_000 * E8, E8, E8),
        CollateralTier(90_000 * E8, 9 * E8 // 10, 8 * E8 // 10),
        CollateralTier(0, E8 // 2, 0),
    )
    terms = (LoanTerms(13_233, 330_000 * E8), LoanTerms(9_001, 400_000 * E8))
    coin_terms = (LoanTerms(24_077, 3 * E8), LoanTerms(20_000, 5 * E8))
    return Venue(
        "small",
        (
            Asset(
                "BTC",
                "Bitcoin",
                min_borrow=10_000,
                min_repay=10_000,
                min_debt_left=10_000,
                pool_capital=6 * E8,
                loan_terms=coin_terms,
                collateral_tiers=tiers,
            ),
            Asset(
                "ETH",
                "Ether",
                min_borrow=100_000,
                min_repay=100_000,
                min_debt_left=20_000,
                pool_capital=90 * E8,
                loan_terms=(LoanTerms(30_000, 60 * E8),),
                collateral_tiers=(CollateralTier(0, 95 * E8 // 100, 9 * E8 // 10),),
            ),
            Asset(
                "USDT",
                "Tether",
                min_borrow=E8,
                min_repay=E8,
                min_debt_left=E8,
                pool_capital=700_000 * E8,
                loan_terms=terms,
            ),
            Asset("BNB", "BNB", min_borrow=1_000_000, pool_capital=40 * E8, loan_terms=terms),
            Asset("ODD", "Odd one", collateral=False, loan_terms=terms, pool_capital=E8),
            Asset("GIFT", "Gift", borrowable=False),
        ),
        (
            _filtered(
                Symbol(
                    "BTCUSDT",
                    "BTC",
                    "USDT",
                    20_000 * E8,
                    tick_size=E8 // 100,
                    step_size=1_000,
                    max_quantity=30 * E8,
                    market_max_quantity=E8,
                    max_position=9 * E8,
                    isolated_tiers=(
                        _tier(10, 1_111, 1_050, 1, 25_000),
                        _tier(5, 1_250, 1_150, 2, 50_000),
                    ),
                )
            ),
            _filtered(
                Symbol(
                    "ETHUSDT",
                    "ETH",
                    "USDT",
                    1_000 * E8,
                    tick_size=E8 // 100,
                    step_size=10_000,
                    average_price_minutes=1,
                    limits_price_to_index=True,
                    isolated_margin=False,
                )
            ),
            Symbol(
                "BNBUSDT",
                "BNB",
                "USDT",
                500 * E8,
                tick_size=E8 // 10,
                step_size=100_000,
                isolated_tiers=(_tier(3, 1_500, 1_180, 30, 9_000),),
            ),
            Symbol(
                "ETHBTC",
                "ETH",
                "BTC",
                5_000_000,
                tick_size=1_000,
                step_size=10_000,
                min_notional=20_000,
                isolated_tiers=(_tier(3, 1_500, 1_180, 30, 2),),
                self_trade_preventions=(SelfTradePrevention.NONE, SelfTradePrevention.EXPIRE_MAKER),
            ),
        ),
        (CommissionRates(100_000, 100_000), CommissionRates(20_000, 40_000)),
        MarginRules(
            (
                LeverageLevels(3, 15 * E8 // 10, 13 * E8 // 10, 11 * E8 // 10),
                LeverageLevels(5, 125 * E8 // 100, 116 * E8 // 100, 11 * E8 // 10),
            ),
            price_limit=4 * E8 // 100,
            small_liability_value=25 * E8,
            small_liabilities_max=2,
            small_liability_interval_ms=2 * 3_600_000,
            isolated_accounts_max=1,
            isolated_reclose_ms=6 * 3_600_000,
            liquidation=LiquidationRules(enabled=True, loan_asset="USDT"),
        ),
        OrderRules(limit_10s=4, limit_day=12),
        HouseRules(
            enabled=house, levels=4, spread=E8 // 1_000, level_gap=E8 // 2_000, level_value=9_000 * E8
        ),
        SpecialKeyRules(min_vip=1, keys_max=3, ips_max=2, name_max=10, cooldown_ms=3_600_000),
    )


def _tier(multiple: int, initial: int, liquidation: int, base: int, quote: int) -> IsolatedTier:
    """A tier of an isolated pair; its levels are given in thousandths."""
    thousandth = E8 // 1_000
    return IsolatedTier(multiple * E8, initial * thousandth, liquidation * thousandth, base * E8, quote * E8)


def _filtered(symbol: Symbol) -> Symbol:
    """The symbol with filters that a busy crowd runs into."""
    return msgspec.structs.replace(
        symbol,
        min_notional=5 * E8,
        max_notional=400_000 * E8,
        max_num_orders=4,
        max_num_algo_orders=2,
        max_num_iceberg_orders=1,
        max_num_order_lists=1,
        iceberg_parts=12,
        max_num_order_amends=2,
        bid_multiplier_up=13 * E8 // 10,
        ask_multiplier_down=8 * E8 // 10,
    )
