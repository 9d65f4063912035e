"""Each published fact of margin, by its place in the mechanics, and what shows that the exchange has it.

A row is a fact's id, the fact in few words, and its witnesses: a market story as `table: title`, or a test as
`folder/file.py::name`. Sections 7 and 8 have pages and tests of their own (`docs/liquidation.md`,
`test_facts_of_special_keys.py`); their rows here point there.
"""

from __future__ import annotations

from typing import NamedTuple


class Fact(NamedTuple):
    id: str
    words: str
    shown_by: tuple[str, ...]


def _fact(id_: str, words: str, *shown_by: str) -> Fact:
    return Fact(id_, words, shown_by)


ACCOUNTS = (
    _fact(
        "1.1",
        "One cross account; one isolated account per pair, which holds only the pair's two assets",
        "isolated: opened, funded from spot, and measured alone",
        "isolated: it knows only the two assets of its pair",
        "isolated: a debt of the isolated account does not bind the cross account",
    ),
    _fact(
        "1.2",
        "netAsset = free + locked - borrowed - interest",
        "api/test_isolated.py::test_an_account_shows_what_it_holds_and_owes",
    ),
    _fact(
        "1.3",
        "Totals in BTC, collateral in USDT",
        "margin/test_made_up_accounts.py::test_engine_and_calculator_agree",
        "api/test_market_data.py::test_the_account_without_debt",
    ),
    _fact(
        "1.4",
        "accountType MARGIN_1; Cross Margin Pro is gone",
        "conformance/test_goldens.py::test_answer_is_shaped_like_the_documented_example",
        "lab/test_contract.py::test_what_cannot_be_done_is_refused_with_a_hint",
    ),
    _fact(
        "1.5",
        "Isolated accounts are enabled, so many at once; disabled when empty, once in 24 hours",
        "isolated: one account has so many, and no more",
        "isolated: it closes only when it is empty",
        "isolated: it is closed once in 24 hours, and opened as often as one likes",
    ),
    _fact(
        "1.6",
        "Switches for borrowing, trading and transfers, cleared by a liquidation",
        "api/test_liquidations.py::test_a_locked_account_says_so_and_lets_nothing_through",
    ),
    _fact(
        "1.6b",
        "What open orders would lose is a number of Classic accounts too",
        "open_loss: a buy above the index loses the difference",
    ),
    _fact("1.7", "Liabilities include accrued interest", "levels: interest counts as debt at once"),
)

LEVELS = (
    _fact(
        "2.1 level",
        "Margin level is assets by debts; 999 without debt",
        "levels: 13,000 against 10,000 is a margin call",
        "margin/test_edges.py::test_without_debt_all_may_leave_and_the_level_is_999",
    ),
    _fact(
        "2.1 tiers",
        "Collateral brackets are marginal, like tax brackets",
        "levels: tiers are marginal, like tax",
    ),
    _fact(
        "2.1 use",
        "Collateral ratios bind borrowing and moving out, not calls and liquidations",
        "loans: haircuts bind the borrower, not the margin level",
        "margin/test_edges.py::test_a_haircut_lowers_what_may_be_borrowed_and_not_the_level_of_the_call",
    ),
    _fact(
        "2.1 three ratios",
        "Borrow, transfer-out and liquidation ratio are three",
        "margin/test_made_up_accounts.py::test_engine_and_calculator_agree",
        "liquidation_takeover: assets by their liquidation ratio, where the venue counts them so",
    ),
    _fact("2.2 borrow 3x", "3x borrows above 1.5", "loans: three times the net assets, and not an atom more"),
    _fact(
        "2.2 borrow 5x", "5x borrows above 1.25", "leverage: five times the net assets, for who chooses 5x"
    ),
    _fact(
        "2.2 transfer",
        "Assets leave above 2",
        "funding: with debt, assets may leave until the level reaches 2",
        "funding: at the level of 2 nothing leaves, not even what counts nothing",
    ),
    _fact("2.2 call 3x", "3x is called at 1.3", "levels: 13,000 against 10,000 is a margin call"),
    _fact("2.2 call 5x", "5x is called at 1.16", "leverage: 5x is called at 1.16"),
    _fact(
        "2.2 liquidation",
        "Both are liquidated at 1.1, at or below",
        "levels: a level on a bar is below it",
        "liquidation_selling: an account is marked at the line, and not a hair above it",
    ),
    _fact(
        "2.2 bars",
        "tradeCoeff shows the bars of the account",
        "api/test_market_data.py::test_bars_are_the_accounts_leverage",
        "api/test_preferences.py::test_the_leverage_chosen_sets_the_bars_and_the_limit",
    ),
    _fact(
        "2.2 trading",
        "Trading goes on until liquidation",
        "levels: who is called may trade, but neither borrow nor move anything out",
    ),
    _fact(
        "2.2 repeat",
        "A margin call is told again every 24 hours while it lasts",
        "liquidation_calls: a call that lasts is told again after 24 hours, with the hour's interest",
    ),
    _fact(
        "2.2 leverage",
        "Another leverage needs a level above its initial one; once a minute from one address",
        "leverage: the way back needs a level above the initial one of 3x",
        "leverage: what counts is the collateral level",
        "leverage: without debt every leverage may be chosen, whatever there is",
        "api/test_preferences.py::test_the_leverage_may_be_chosen_once_a_minute_from_one_address",
    ),
    _fact(
        "2.3 level",
        "Isolated: base by the pair's index and quote, debts with interest",
        "isolated: its level: what it has by what it owes, by the pair's index",
        "isolated: it is measured in its own quote by its own index, whatever other pairs say",
    ),
    _fact(
        "2.3 tiers",
        "Tiers of 10x, 5x and 3x with their levels",
        "config/test_venue_file.py::test_every_default_pair_has_isolated_tiers",
        "api/test_isolated.py::test_tiers_are_all_or_one",
    ),
    _fact(
        "2.3 tier",
        "The tier is the higher of those of base and quote debt",
        "isolated: the tier is the higher of both debts",
        "margin/test_edges.py::test_the_higher_debt_finds_the_tier_and_an_atom_over_its_limit_finds_the_next",
    ),
    _fact(
        "2.3 limits",
        "Each tier has its limits of base and quote debt",
        "isolated: the first tier ends at its limit",
        "isolated: the last tier ends at its limit",
    ),
    _fact(
        "2.3 fields",
        "marginRatio is the largest multiple; liquidatePrice and liquidateRate are 0 without debt",
        "api/test_isolated.py::test_without_debt_nothing_liquidates",
    ),
    _fact(
        "2.4",
        "EXCESSIVE, NORMAL, MARGIN_CALL, PRE_LIQUIDATION, FORCE_LIQUIDATION; told when they change",
        "liquidation_calls: each line on the way down is told once, and on the way up again",
        "liquidation_calls: lines that the venue draws elsewhere",
    ),
    _fact(
        "2.5 isolated",
        "P = (LR x quote debt - quote) / (base - LR x base debt)",
        "isolated: the price at which a long would be liquidated",
        "isolated: the price at which a short would be liquidated",
        "margin/test_calculator.py::test_at_its_liquidation_price_an_account_is_at_the_liquidation_ratio",
    ),
    _fact(
        "2.5 cross",
        "1 BTC against 20,000 USDT: 22,000",
        "levels: 20,000 owed against one BTC are liquidated at 22,000",
    ),
    _fact(
        "2.6",
        "Risk-based liquidation ratios are reported, and change no level by default",
        "liquidation_takeover: assets by their liquidation ratio, where the venue counts them so",
        "docs/test_assumptions.py::test_a_row_names_a_key_and_its_default",
    ),
    _fact(
        "2.7",
        "Cross Margin Pro is refused",
        "lab/test_contract.py::test_what_cannot_be_done_is_refused_with_a_hint",
    ),
    _fact("2.8", "Portfolio Margin is another product", "special_keys: portfolio margin has no special keys"),
)

LOANS = (
    _fact(
        "3.1 most",
        "((l-1) C - l L) / index, by VIP limit and inventory, never below 0",
        "loans: three times the net assets, and not an atom more",
        "loan_limits: a VIP level has its own limit",
        "loans: the pool lends what it has",
        "loans: who has nothing may borrow nothing",
        "margin/test_calculator.py::test_a_cross_loan_of_the_most_ends_at_the_initial_level",
    ),
    _fact(
        "3.1 isolated",
        "The same by the pair's tiers, looked at upwards",
        "isolated: one may borrow up to the initial level of the tier that the debt reaches",
        "margin/test_calculator.py::test_an_isolated_loan_of_the_most_ends_at_the_initial_level_of_its_tier",
    ),
    _fact(
        "3.1 inventory",
        "-3045 where inventory is short, and for every request where it is severely low",
        "loans: the pool lends what it has",
        "loan_limits: a pool that is nearly empty lends nothing at all",
    ),
    _fact("3.1 not lent", "-3012 for an asset that is not lent", "loans: some assets are not lent"),
    _fact(
        "3.1 minimums",
        "Smallest loan -3013, smallest repayment -3016",
        "loans: too little is not lent",
        "loans: a small repayment is taken only where it clears the debt, a large one where it leaves enough of it",
    ),
    _fact(
        "3.2",
        "A loan is principal and free money, its first hour charged in the same step",
        "loans: a loan arrives with its first hour's interest",
    ),
    _fact(
        "3.2 one at a time",
        "Requests of an account are done one after the other (-3007 never comes: one writer)",
        "runtime/test_sequencer.py::test_the_order_of_submissions_is_the_order_of_records_and_of_answers",
    ),
    _fact("3.3 order", "Interest first, then principal", "loans: interest is paid before principal"),
    _fact(
        "3.3 bounds",
        "More than is owed -3015; too little left -3024, or -3015",
        "loans: all that is owed may be repaid, and no more",
        "loan_limits: what a repayment may leave is refused as the code table has it, or as the newest reference does",
    ),
    _fact("3.3 free", "Only free balance repays", "loans: a repayment comes from free money"),
    _fact(
        "3.3 record", "14 = 13.98133333 principal + 0.01866667 interest", "loans: the documented repayment"
    ),
    _fact(
        "3.4",
        "The most that may leave keeps C at 2 L, by brackets from the top; all of it without debt",
        "funding: a transfer empties the top bracket first",
        "funding: without debt everything may leave",
        "margin/test_edges.py::test_brackets_are_left_from_the_top",
        "margin/test_edges.py::test_what_counts_for_nothing_leaves_in_full_above_a_level_of_two_and_not_at_it",
    ),
    _fact("3.4 isolated", "Isolated at 2 without ratios", "isolated: what may leave keeps the level at two"),
    _fact(
        "3.5 cap",
        "Over its cap an asset is neither moved in nor bought",
        "restrictions: over its cap, no more of an asset is moved in or bought",
        "restrictions: the cap counts what all cross accounts have, locked and lent, and nothing else",
    ),
    _fact(
        "3.5 reduce-only",
        "Risky assets are reduce-only",
        "restrictions: a restricted asset may only be bought back",
    ),
    _fact(
        "3.5 prices",
        "Limit orders more than 15 % beyond the index are refused on bound pairs (-3064)",
        "api/test_order_types.py::test_a_limit_price_stays_near_the_index_where_the_pair_is_bound_to_it",
    ),
)

INTEREST = (
    _fact(
        "4.1",
        "One hour at once, then one at each full hour: 13:20 to 14:15 costs two",
        "interest: from 13:20 to 14:15 is two hours",
        "interest: a loan at one second to the hour pays for two hours",
    ),
    _fact("4.2", "Simple interest: principal x daily rate / 24", "interest: interest earns no interest"),
    _fact(
        "4.3",
        "Rates change by the hour, depend on asset and VIP level, and the next is told",
        "rates: other rates hold from the next full hour on",
        "rates: each VIP level has its own rate, the last row serves all above",
        "api/test_rates.py::test_the_next_hour_knows_the_rates_that_were_set",
        "api/test_rates.py::test_the_past_is_every_change_and_what_held_before",
    ),
    _fact("4.4", "45.3313 at 0.00013233 a day is 0.00024995 an hour", "interest: the documented hour"),
    _fact(
        "4.4b", "Accruals are booked on the hour", "api/test_history.py::test_interest_is_booked_by_the_hour"
    ),
    _fact(
        "4.5",
        "PERIODIC, ON_BORROW, and both converted into BNB",
        "api/test_preferences.py::test_interest_paid_in_bnb_is_told_with_the_asset_of_the_loan",
        "api/test_history.py::test_interest_is_booked_by_the_hour",
    ),
    _fact(
        "4.6",
        "Interest in BNB, five per cent cheaper, from then on, held or not; rawAsset is kept",
        "bnb: new interest is owed in BNB, five in a hundred cheaper, whether or not any is held",
        "bnb: what was owed before stays in its own asset",
    ),
    _fact(
        "4.7",
        "Isolated accounts pay in what they borrowed",
        "bnb: isolated accounts pay in what they borrowed",
    ),
    _fact(
        "4.8",
        "An hour is rounded up, or half up",
        "interest: an hour is rounded up",
        "bnb: half up, where the venue says so",
        "margin/test_rounding.py::test_an_hour_of_interest_is_rounded_up_once",
    ),
    _fact(
        "4.9",
        "value x 0.95 x index / index of BNB, at the moment of the charge",
        "bnb: the price is that of the hour",
        "bnb: a converted hour is rounded up in one division",
    ),
    _fact(
        "4.10",
        "Interest accrues while orders are open and money lies unused",
        "side_effects: a cancel repays the loan that the order made",
        "side_effects: FOK that is not filled repays all but the interest",
    ),
    _fact(
        "4.1 second loan",
        "A second loan in the hour is charged for itself alone",
        "interest: a second loan in the hour pays for itself alone",
    ),
    _fact(
        "4.1 month",
        "A month of it, to the atom",
        "margin/test_thirty_days.py::test_every_debt_is_what_the_calculator_says_to_the_atom",
    ),
)

INDEX = (
    _fact(
        "5 use",
        "Levels, limits and liquidation go by the index, never by the last trade",
        "liquidation_calls: only who holds or owes what moved is looked at, others cannot change",
        "open_loss: the index decides what is lost",
    ),
    _fact("5 endpoint", "priceIndex", "api/test_market_data.py::test_the_price_index_is_the_exchanges"),
    _fact("5 none", "No index: -3042", "loans: what has no price is not lent"),
    _fact(
        "5 crossing",
        "Without a direct pair through BTC",
        "levels: an asset without a pair of its own is priced through BTC",
    ),
    _fact(
        "5 age",
        "A price is kept until another is set, or until it is too old (-3042)",
        "index_age: without an age every price is good for ever",
        "index_age: a price that was set too long ago lends nothing",
        "index_age: it still measures: levels, status and interest go on",
    ),
    _fact(
        "5 lab",
        "The index can be set",
        "lab/test_contract.py::test_a_price_is_set_and_quoted_before_the_answer",
    ),
)

SIDE_EFFECTS = (
    _fact(
        "6 none", "NO_SIDE_EFFECT needs the money", "side_effects: without a side effect nothing is borrowed"
    ),
    _fact(
        "6 MARGIN_BUY",
        "borrows the shortfall when the order is placed, and tells how much",
        "side_effects: MARGIN_BUY borrows what is missing, at placement",
        "side_effects: MARGIN_BUY with enough of its own borrows nothing",
        "api/test_order_lists.py::test_a_list_that_borrows_says_so_in_a_string",
    ),
    _fact(
        "6 AUTO_REPAY",
        "repays from what is received: interest, then principal",
        "side_effects: AUTO_REPAY repays from what it receives",
        "side_effects: AUTO_REPAY borrows nothing",
    ),
    _fact(
        "6 AUTO_BORROW_REPAY",
        "does both",
        "side_effects: AUTO_BORROW_REPAY borrows one side and repays the other",
    ),
    _fact(
        "6 minimum",
        "The loan is at least the smallest",
        "side_effects: a loan is never below the smallest loan",
    ),
    _fact(
        "6 refused",
        "Where the loan is too large the order is refused and nothing is borrowed",
        "side_effects: a loan beyond the maximum refuses the order and borrows nothing",
    ),
    _fact(
        "6 market",
        "A market buy borrows somewhat more, and repays what it did not need",
        "side_effects: a market buy borrows five in a hundred more, and gives back what it did not need",
        "side_effects: a market buy of a sum borrows for exactly that sum",
    ),
    _fact(
        "6 moment",
        "Auto-repay at each fill net of commission, or at completion",
        "side_effects: AUTO_REPAY repays net of commission, at each fill, as maker too",
        "auto_repay: at completion, all at once",
        "auto_repay: an order that is cancelled has ended too",
    ),
    _fact(
        "6 autoRepayAtCancel",
        "A cancel repays the loan of the unfilled part, unless told otherwise",
        "side_effects: a cancel repays the loan that the order made",
        "side_effects: a cancel keeps the loan where it is told to",
    ),
    _fact(
        "6 partial",
        "Own money counts as spent first",
        "side_effects: own money is spent first, the loan is what is left",
    ),
    _fact(
        "6 weight",
        "An order that may borrow weighs 1500",
        "api/test_limits.py::test_orders_that_may_borrow_weigh_more",
    ),
    _fact(
        "6 OCO",
        "borrows once, for the leg that needs more",
        "oco: the loan is for the dearer leg, and goes back when the list is cancelled",
    ),
    _fact(
        "6 OTO",
        "needs and borrows for working and pending orders",
        "oto: it needs funds for both at placement",
        "oto: the loan is for working and pending together",
        "oto: a venue may keep OTO and OTOCO from borrowing and repaying",
    ),
    _fact(
        "6 check 1",
        "The account must be usable",
        "liquidation_locks: nothing moves but what the liquidation moves",
    ),
    _fact("6 check 2", "The pair must be on margin", "refusals: a symbol may be closed, or closed to margin"),
    _fact("6 check 3", "Then the filters of spot", "refusals: PRICE_FILTER", "refusals: NOTIONAL"),
    _fact(
        "6 check 4",
        "Then prices beyond the index and restricted assets",
        "restrictions: a restricted asset may only be bought back",
        "api/test_order_types.py::test_a_limit_price_stays_near_the_index_where_the_pair_is_bound_to_it",
    ),
    _fact(
        "6 check 5",
        "Then the balance with the loan",
        "open_loss: nothing is refused for its loss where the loan is refused already",
    ),
    _fact(
        "6 check 6",
        "Then what open orders would lose, in four settings",
        "open_loss: the order's own loan counts as an asset and as a debt",
        "open_loss: STANDARD lets accounts in Special Key Mode alone",
        "open_loss: SPECIAL checks those and no others",
        "open_loss: BOTH checks all",
        "open_loss: OFF checks nobody",
        "open_loss: leaving the mode brings the check back",
    ),
)

LIQUIDATION = (
    _fact(
        "7.1 regular",
        "Orders cancelled, collateral sold, account locked, stopped early",
        "liquidation_locks: open orders are cancelled first, with everything else that waits",
        "liquidation_locks: nothing moves but what the liquidation moves",
        "liquidation_selling: 88.20 of value bring 110 against 100 to the stop level",
    ),
    _fact(
        "7.1 takeover",
        "Too thin a book: all changes hands, and no rows",
        "liquidation_takeover: an empty book: all assets and debts change hands at the index, and the rest comes back less 2 %",
    ),
    _fact(
        "7.1 records",
        "One row per forced order",
        "api/test_liquidations.py::test_forced_orders_are_told_the_newest_first",
    ),
    _fact(
        "7.2",
        "The steps",
        "liquidation_selling: what does not fill in two seconds is cancelled, and the next order goes further",
    ),
    _fact("7.3", "Manual liquidation", "liquidation_manual: all debts are repaid at once, without a fee"),
    _fact(
        "7.4",
        "The liquidation loan",
        "liquidation_loan: a deficit becomes a loan in USDC, and is repaid in parts",
    ),
    _fact(
        "7.5",
        "Small debts: under 10 USDT, ten at once, once in six hours, into USDT, rounded up",
        "small_liabilities: principal and interest of a coin become principal of USDT",
        "small_liabilities: a debt of ten dollars is not small, an atom less is",
        "small_liabilities: so many and no more",
        "small_liabilities: once in six hours",
        "small_liabilities: all or none",
        "small_liabilities: it is rounded up",
        "small_liabilities: neither wallets nor level change",
    ),
    _fact(
        "7.6",
        "Delisting: orders end, own collateral repays, others are sold below CML 2, nothing comes in (-3065)",
        "delisting: at its time orders end and own balances repay",
        "delisting: where the collateral level is below two, other assets are sold at the index for the rest",
        "delisting: at two or above nothing is sold",
        "delisting: an asset whose delisting is planned is neither moved in nor lent",
    ),
)

SPECIAL_KEYS = (
    _fact(
        "8", "Special keys, row by row", "margin/test_facts_of_special_keys.py::test_every_fact_has_one_test"
    ),
)

ERRORS_AND_FEES = (
    _fact(
        "9 codes",
        "Every reason has its code, and every endpoint's refusals are met",
        "api/test_errors.py::test_every_reason_has_a_wire_code_in_every_dialect",
        "api/test_refusals.py::test_every_declared_reason_has_a_case_and_no_other",
        "api/test_errors.py::test_clients_match_on_these",
    ),
    _fact(
        "9 weights", "Weights of the reference", "api/test_limits.py::test_orders_that_may_borrow_weigh_more"
    ),
    _fact("9 windows", "Windows of queries", "api/test_history.py::test_a_wide_window_is_1127"),
    _fact(
        "10 received",
        "Commission is taken of what is received",
        "money: maker and taker pay of what they receive",
    ),
    _fact("10 VIP", "by VIP level", "money: a higher level pays less, and the last row serves all above"),
    _fact(
        "10 BNB",
        "a quarter less in BNB, where enough is free",
        "bnb: commission in BNB costs a quarter less",
        "bnb: who has not enough BNB free pays with what he receives",
    ),
    _fact(
        "10 rounding",
        "rounded down",
        "money: each fill pays its own commission, rounded down",
        "bnb: commission in BNB is rounded down in one division",
    ),
)

FACTS = (
    *ACCOUNTS, *LEVELS, *LOANS, *INTEREST, *INDEX, *SIDE_EFFECTS, *LIQUIDATION, *SPECIAL_KEYS, *ERRORS_AND_FEES,
)  # fmt: skip
