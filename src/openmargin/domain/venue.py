"""The venue: the rules that one exchange runs by, as one frozen value.

It is record 0 of the journal, so replay never reads a file. Each field's description is what the documentation of
the venue file shows; a `DecimalE8` field is written there as a decimal string.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from openmargin.domain.enums import AutoRepay, OpenOrderLoss, Rounding, SelfTradePrevention, SymbolStatus
from openmargin.domain.money import E8, DecimalE8


def _e8(description: str) -> Meta:
    return Meta(description=description)


class CollateralTier(Struct, frozen=True):
    """One bracket of the marginal collateral ratios of an asset (mechanics 2.1)."""

    up_to: Annotated[DecimalE8, _e8("Value in USDT where the bracket ends; 0 for no end.")] = 0
    borrow_ratio: Annotated[DecimalE8, _e8("Share of the value that counts towards borrowing.")] = E8
    transfer_ratio: Annotated[DecimalE8, _e8("Share of the value that counts towards moving assets out.")] = (
        E8
    )
    liquidation_ratio: Annotated[DecimalE8, _e8("Risk-based liquidation ratio, as reported on the wire.")] = (
        E8
    )


class LoanTerms(Struct, frozen=True):
    """What a VIP level may borrow of an asset, and at which rate."""

    daily_rate: Annotated[DecimalE8, _e8("Interest a day, as a share of the principal.")]
    limit: Annotated[DecimalE8, _e8("The most that one cross account may owe, in the asset.")]


class Asset(Struct, frozen=True):
    """One asset."""

    name: Annotated[str, _e8("Short name, in capitals.")]
    full_name: Annotated[str, _e8("Name for people.")]
    borrowable: Annotated[bool, _e8("May it be borrowed?")] = True
    collateral: Annotated[bool, _e8("May it be moved into a margin account?")] = True
    min_borrow: Annotated[DecimalE8, _e8("Smallest loan.")] = 0
    min_repay: Annotated[DecimalE8, _e8("Smallest repayment that does not clear the debt.")] = 0
    min_debt_left: Annotated[
        DecimalE8, _e8("Smallest debt that a repayment may leave behind; 0 for any.")
    ] = 0
    pool_capital: Annotated[
        DecimalE8,
        _e8("What the lending pool has to lend, loans included; a change brings or takes the difference."),
    ] = 0
    open_long_restricted: Annotated[
        bool, _e8("May cross accounts buy only as much as they owe and do not have?")
    ] = False
    max_collateral: Annotated[
        DecimalE8,
        _e8(
            "While all cross accounts together have more than this, no more is moved in or bought; 0 for no cap."
        ),
    ] = 0
    list_at_ms: Annotated[
        int, _e8("When it comes to cross margin, in milliseconds since 1970; 0 for always.")
    ] = 0
    delist_at_ms: Annotated[
        int, _e8("When it leaves cross margin, in milliseconds since 1970; 0 for never.")
    ] = 0
    loan_terms: Annotated[
        tuple[LoanTerms, ...], _e8("One row per VIP level from 0 up; the last serves all above.")
    ] = ()
    collateral_tiers: Annotated[tuple[CollateralTier, ...], _e8("Brackets from the lowest value up.")] = (
        CollateralTier(),
    )


class IsolatedTier(Struct, frozen=True):
    """One tier of an isolated pair, for debts up to its limits (mechanics 2.3)."""

    effective_multiple: Annotated[DecimalE8, _e8("Assets may be this many times the net assets.")]
    initial: Annotated[DecimalE8, _e8("Margin level that must remain after borrowing.")]
    liquidation: Annotated[DecimalE8, _e8("Margin level at or below which the account is liquidated.")]
    base_limit: Annotated[DecimalE8, _e8("Largest base debt of the tier.")]
    quote_limit: Annotated[DecimalE8, _e8("Largest quote debt of the tier.")]


class Symbol(Struct, frozen=True):
    """One trading pair and its filters; a limit of 0 is no limit."""

    name: Annotated[str, _e8("Base and quote in one word, such as BTCUSDT.")]
    base: Annotated[str, _e8("Asset that is bought and sold.")]
    quote: Annotated[str, _e8("Asset that pays.")]
    start_price: Annotated[DecimalE8, _e8("Index price at the start.")]
    tick_size: Annotated[DecimalE8, _e8("PRICE_FILTER: prices are multiples of it.")]
    step_size: Annotated[DecimalE8, _e8("LOT_SIZE: quantities are multiples of it.")]
    min_price: Annotated[DecimalE8, _e8("PRICE_FILTER: lowest price; 0 means one tick.")] = 0
    max_price: Annotated[DecimalE8, _e8("PRICE_FILTER: highest price.")] = 100_000_000 * E8
    min_quantity: Annotated[DecimalE8, _e8("LOT_SIZE: smallest quantity; 0 means one step.")] = 0
    max_quantity: Annotated[DecimalE8, _e8("LOT_SIZE: largest quantity.")] = 90_000_000 * E8
    market_step_size: Annotated[DecimalE8, _e8("MARKET_LOT_SIZE: step of market quantities.")] = 0
    market_min_quantity: Annotated[DecimalE8, _e8("MARKET_LOT_SIZE: smallest market quantity.")] = 0
    market_max_quantity: Annotated[DecimalE8, _e8("MARKET_LOT_SIZE: largest market quantity.")] = 0
    min_notional: Annotated[DecimalE8, _e8("NOTIONAL: smallest price times quantity, in quote.")] = 0
    max_notional: Annotated[DecimalE8, _e8("NOTIONAL: largest price times quantity, in quote.")] = 0
    apply_min_to_market: Annotated[bool, _e8("NOTIONAL: does the minimum bind market orders?")] = True
    apply_max_to_market: Annotated[bool, _e8("NOTIONAL: does the maximum bind market orders?")] = False
    average_price_minutes: Annotated[
        int, _e8("Minutes of trades behind the average price; 0 means the last price.")
    ] = 5
    bid_multiplier_up: Annotated[DecimalE8, _e8("PERCENT_PRICE_BY_SIDE: highest bid, in average prices.")] = (
        5 * E8
    )
    bid_multiplier_down: Annotated[DecimalE8, _e8("PERCENT_PRICE_BY_SIDE: lowest bid.")] = E8 // 5
    ask_multiplier_up: Annotated[DecimalE8, _e8("PERCENT_PRICE_BY_SIDE: highest ask.")] = 5 * E8
    ask_multiplier_down: Annotated[DecimalE8, _e8("PERCENT_PRICE_BY_SIDE: lowest ask.")] = E8 // 5
    max_num_orders: Annotated[int, _e8("MAX_NUM_ORDERS: open orders of one trading account.")] = 200
    max_num_algo_orders: Annotated[
        int, _e8("MAX_NUM_ALGO_ORDERS: of them, how many may wait for a stop.")
    ] = 5
    max_num_iceberg_orders: Annotated[
        int, _e8("MAX_NUM_ICEBERG_ORDERS: of them, how many may be icebergs.")
    ] = 10
    max_num_order_lists: Annotated[
        int, _e8("MAX_NUM_ORDER_LISTS: open order lists of one trading account.")
    ] = 20
    max_num_order_amends: Annotated[int, _e8("MAX_NUM_ORDER_AMENDS: how often one order may be amended.")] = (
        10
    )
    iceberg_parts: Annotated[int, _e8("ICEBERG_PARTS: into how many parts an iceberg may fall.")] = 100
    min_trailing_above_delta: Annotated[
        int, _e8("TRAILING_DELTA: smallest, above the market, in basis points.")
    ] = 10
    max_trailing_above_delta: Annotated[int, _e8("TRAILING_DELTA: largest, above the market.")] = 2000
    min_trailing_below_delta: Annotated[int, _e8("TRAILING_DELTA: smallest, below the market.")] = 10
    max_trailing_below_delta: Annotated[int, _e8("TRAILING_DELTA: largest, below the market.")] = 2000
    limits_price_to_index: Annotated[
        bool, _e8("Are margin limit prices bound to the index (see margin)?")
    ] = False
    isolated_margin_call: Annotated[
        DecimalE8, _e8("Isolated margin level at or below which the account is called.")
    ] = E8 * 110 // 100
    isolated_tiers: Annotated[tuple[IsolatedTier, ...], _e8("Tiers from the smallest debts up.")] = ()
    max_position: Annotated[DecimalE8, _e8("MAX_POSITION: base held and being bought.")] = 0
    status: Annotated[SymbolStatus, _e8("1 trading, 2 break.")] = SymbolStatus.TRADING
    cross_margin: Annotated[bool, _e8("May cross accounts trade it?")] = True
    isolated_margin: Annotated[bool, _e8("May isolated accounts be opened for it?")] = True
    list_at_ms: Annotated[int, _e8("When it comes to margin, in milliseconds since 1970; 0 for always.")] = 0
    delist_at_ms: Annotated[int, _e8("When it leaves margin, in milliseconds since 1970; 0 for never.")] = 0
    self_trade_preventions: Annotated[
        tuple[SelfTradePrevention, ...], _e8("Allowed modes; the first is the default.")
    ] = (
        SelfTradePrevention.NONE,
        SelfTradePrevention.EXPIRE_TAKER,
        SelfTradePrevention.EXPIRE_MAKER,
        SelfTradePrevention.EXPIRE_BOTH,
        SelfTradePrevention.DECREMENT,
        SelfTradePrevention.TRANSFER,
    )


class CommissionRates(Struct, frozen=True):
    """Commission of one VIP level (mechanics 10)."""

    maker: Annotated[DecimalE8, _e8("Share of what a maker receives.")]
    taker: Annotated[DecimalE8, _e8("Share of what a taker receives.")]


class LeverageLevels(Struct, frozen=True):
    """The bars of one cross leverage (mechanics 2.2)."""

    leverage: Annotated[int, _e8("Assets may be this many times the net assets.")]
    initial: Annotated[DecimalE8, _e8("Collateral margin level above which one may borrow.")]
    margin_call: Annotated[DecimalE8, _e8("Margin level at or below which the account is called.")]
    liquidation: Annotated[DecimalE8, _e8("Margin level at or below which it is liquidated.")]


class LiquidationRules(Struct, frozen=True):
    """When accounts are called, and how they are liquidated (docs/liquidation.md; mechanics 2.4 and 7)."""

    enabled: Annotated[bool, _e8("Is anybody liquidated? Without it levels fall without end.")] = True
    excessive_level: Annotated[
        DecimalE8, _e8("Margin level above which an account's status is EXCESSIVE (A2).")
    ] = 2 * E8
    pre_liquidation_share: Annotated[
        DecimalE8,
        _e8(
            "Where PRE_LIQUIDATION begins, as a share of the way from the liquidation to the call level (A2)."
        ),
    ] = E8 // 2
    call_repeat_ms: Annotated[
        int, _e8("Milliseconds after which a margin call that lasts is told again; 0 for never.")
    ] = 86_400_000
    slip: Annotated[DecimalE8, _e8("How far from the index the first forced order's limit lies (A12).")] = (
        E8 // 100
    )
    slip_step: Annotated[
        DecimalE8, _e8("How much further each order goes after one that did not fill whole (A12).")
    ] = E8 // 100
    band: Annotated[
        DecimalE8,
        _e8("Where the book is searched for depth, and the furthest that a forced order may go (A12)."),
    ] = E8 // 20
    wait_ms: Annotated[int, _e8("Milliseconds that a forced order may take to fill (A12).")] = 2_000
    fee: Annotated[DecimalE8, _e8("Clearance fee, as a share of the assets that are liquidated.")] = E8 // 50
    manual_fee: Annotated[DecimalE8, _e8("The same where the owner asked for the liquidation (A14).")] = 0
    fee_within_equity: Annotated[
        bool, _e8("Is the fee at most what is left after all debts (A13)? Else the fund pays its own fee.")
    ] = True
    takeover_asset: Annotated[
        str,
        _e8(
            "Asset in which the rest of a takeover returns to a cross account; empty for the valuation asset (A12b)."
        ),
    ] = ""
    uses_collateral_ratio: Annotated[
        bool,
        _e8("Are cross assets net of debts, at their liquidation ratio, what margin levels count (A16)?"),
    ] = False
    loan_asset: Annotated[str, _e8("Asset of liquidation loans.")] = "USDC"
    loan_blocks: Annotated[
        bool, _e8("Does a liquidation loan block borrowing and moving assets out of margin (A15)?")
    ] = True


class MarginRules(Struct, frozen=True):
    """How margin accounts are measured and bounded."""

    leverages: Annotated[
        tuple[LeverageLevels, ...], _e8("Cross leverages; the first is every account's default.")
    ]
    transfer_out_level: Annotated[
        DecimalE8, _e8("Collateral margin level that must remain after a transfer out.")
    ] = 2 * E8
    level_cap: Annotated[
        DecimalE8, _e8("Margin level shown without debt, and the highest shown at all (A1).")
    ] = 999 * E8
    market_buffer: Annotated[DecimalE8, _e8("Borrowed on top of what a market buy would cost (A7).")] = (
        E8 // 20
    )
    borrowed_counts_in_full: Annotated[
        bool,
        _e8("Do borrowed units count in full towards what may be borrowed, without collateral ratio (A4)?"),
    ] = True
    inventory_floor: Annotated[
        DecimalE8, _e8("Share of a pool's capital at or below which what is left is not lent at all.")
    ] = 0
    delisting_stops_loans: Annotated[
        bool, _e8("Is nothing lent any more once a delisting is planned? Else until its time.")
    ] = True
    delisting_level: Annotated[
        DecimalE8,
        _e8(
            "Collateral margin level below which a cross account's other assets are sold for what it still owes of an"
            " asset that is delisted. 0: they never are."
        ),
    ] = 2 * E8
    small_rest_is_over_repayment: Annotated[
        bool, _e8("Is a repayment that leaves too small a debt refused like one above the debt?")
    ] = False
    auto_repay: Annotated[AutoRepay, _e8("When do AUTO_REPAY and AUTO_BORROW_REPAY repay (A8)?")] = (
        AutoRepay.EACH_FILL
    )
    index_max_age_ms: Annotated[
        int,
        _e8(
            "Milliseconds for which an index price is good after it was set; older ones serve neither loans nor"
            " the checks of margin orders (A17). 0 for ever."
        ),
    ] = 0
    interest_rounding: Annotated[Rounding, _e8("How an hour's interest is rounded (A5).")] = Rounding.CEILING
    burn_asset: Annotated[
        str, _e8("Asset that pays interest and commission for those who chose it (`bnbBurn`).")
    ] = "BNB"
    burn_interest_discount: Annotated[
        DecimalE8, _e8("What interest costs less in that asset, at the index (A6).")
    ] = E8 * 5 // 100
    burn_commission_discount: Annotated[
        DecimalE8, _e8("What commission costs less in that asset, at the index.")
    ] = E8 * 25 // 100
    small_liability_asset: Annotated[str, _e8("Asset of the debt that small debts become (A18).")] = "USDT"
    small_liability_value: Annotated[
        DecimalE8, _e8("A debt is small while it is worth less than this, in the valuation asset.")
    ] = 10 * E8
    small_liabilities_max: Annotated[int, _e8("Small debts that one exchange may name.")] = 10
    small_liability_interval_ms: Annotated[int, _e8("Milliseconds between two exchanges of one account.")] = (
        21_600_000
    )
    open_order_loss: Annotated[
        OpenOrderLoss,
        _e8("Which margin accounts may place no order that would take them to liquidation (A10)."),
    ] = OpenOrderLoss.STANDARD
    price_limit: Annotated[DecimalE8, _e8("How far a bound limit price may lie beyond the index.")] = (
        E8 * 15 // 100
    )
    isolated_accounts_max: Annotated[int, _e8("Isolated accounts that one account may have open.")] = 20
    isolated_reclose_ms: Annotated[int, _e8("Milliseconds between two closings of one isolated account.")] = (
        86_400_000
    )
    isolated_transfer_out_level: Annotated[
        DecimalE8, _e8("Isolated margin level that must remain after a transfer out (A3).")
    ] = 2 * E8
    valuation_asset: Annotated[str, _e8("Asset in which collateral is valued.")] = "USDT"
    display_asset: Annotated[
        str,
        _e8("Asset in which account totals are shown; also the way to price an asset with no direct index."),
    ] = "BTC"
    liquidation: Annotated[LiquidationRules, _e8("When and how accounts are liquidated.")] = (
        LiquidationRules()
    )


class OrderRules(Struct, frozen=True):
    """Limits on unfilled orders, per trading account."""

    limit_10s: Annotated[int, _e8("Unfilled orders in ten seconds.")] = 10_000
    limit_day: Annotated[int, _e8("Unfilled orders in one UTC day.")] = 20_000
    taker_first_fill_credit: Annotated[int, _e8("What a first fill as taker gives back to the counts.")] = 1
    maker_first_fill_credit: Annotated[int, _e8("What a first fill as maker gives back to the counts.")] = 5
    oto_borrow_and_repay: Annotated[
        bool, _e8("Do OTO and OTOCO take AUTO_BORROW_REPAY (A9)? Else they refuse it.")
    ] = True
    iceberg_keeps_place: Annotated[
        bool, _e8("Does the next part of an iceberg keep its place in the queue (A19)? Else it loses it.")
    ] = False
    prevention_by_account: Annotated[
        bool,
        _e8("Are spot, cross and isolated accounts of one account one hand to self-trade prevention (A19)?"),
    ] = False
    commission_rounds_up: Annotated[
        bool, _e8("Is a commission rounded up to eight decimals? Else it is rounded down.")
    ] = False


class SpecialKeyRules(Struct, frozen=True):
    """Who may have special keys, how many, and what Special Key Mode changes (mechanics 8)."""

    min_vip: Annotated[int, _e8("Lowest VIP level that may create special keys.")] = 7
    keys_max: Annotated[int, _e8("API keys of one account, the ordinary ones included.")] = 30
    ips_max: Annotated[int, _e8("Addresses that one special key may name, 0.0.0.0 not counted.")] = 30
    name_max: Annotated[int, _e8("Characters of a special key's name.")] = 64
    cooldown_ms: Annotated[
        int,
        _e8("Milliseconds after leaving Special Key Mode in which its account may create no special key."),
    ] = 86_400_000
    limits_price_to_index: Annotated[
        bool, _e8("Do limits on prices and on buying restricted assets bind in Special Key Mode too (A11)?")
    ] = False
    blocked_by_loan: Annotated[
        bool, _e8("Does a liquidation loan keep from creating special keys and leaving the mode (A15)?")
    ] = True


class HouseRules(Struct, frozen=True):
    """The house's own quotes and tape."""

    enabled: Annotated[bool, _e8("Does the house quote at all?")] = True
    levels: Annotated[int, _e8("Quotes on each side.")] = 20
    spread: Annotated[DecimalE8, _e8("Distance of best bid and best ask, as a share of the index.")] = (
        E8 // 5000
    )
    level_gap: Annotated[DecimalE8, _e8("Distance of one quote from the next, as a share of the index.")] = (
        E8 // 10_000
    )
    level_value: Annotated[DecimalE8, _e8("Size of one quote, in the valuation asset.")] = 25_000 * E8
    tape: Annotated[bool, _e8("Does the house print a minimum trade with itself at each index move?")] = True
    walk_volatility: Annotated[
        DecimalE8, _e8("Standard deviation of one step of the index walk, as a share.")
    ] = E8 // 10_000
    walk_step_ms: Annotated[int, _e8("Milliseconds between two steps of the walk on the wall clock.")] = 1000
    walk_jump_chance: Annotated[
        DecimalE8, _e8("How likely an asset is to jump in one step of the walk besides, as a share.")
    ] = 0
    walk_jump: Annotated[DecimalE8, _e8("Standard deviation of such a jump, as a share.")] = E8 // 50
    latency_ms: Annotated[
        int,
        _e8(
            "Milliseconds after a move of the index until the house quotes around it; its old quotes trade until then."
        ),
    ] = 0


class RequestRules(Struct, frozen=True):
    """What comes of an address that goes on asking on /api after it was refused with 429 for its request weight."""

    ban_after: Annotated[
        int, _e8("Refusals in one minute that bring a ban (418); 0 for never, as /sapi has it.")
    ] = 100
    ban_ms: Annotated[int, _e8("Milliseconds of a first ban.")] = 120_000
    ban_growth: Annotated[int, _e8("How many times as long as the last ban the next one is.")] = 2
    ban_max_ms: Annotated[int, _e8("Milliseconds of the longest ban.")] = 259_200_000
    ban_forgotten_ms: Annotated[
        int, _e8("Milliseconds after the end of a ban in which the next one is longer.")
    ] = 86_400_000


class Venue(Struct, frozen=True):
    """Everything that a venue file says."""

    name: Annotated[str, _e8("Name for people.")]
    assets: tuple[Asset, ...]
    symbols: tuple[Symbol, ...]
    commissions: Annotated[tuple[CommissionRates, ...], _e8("One row per VIP level from 0 up.")]
    margin: MarginRules
    orders: OrderRules = OrderRules()
    house: HouseRules = HouseRules()
    special_keys: SpecialKeyRules = SpecialKeyRules()
    requests: RequestRules = RequestRules()
