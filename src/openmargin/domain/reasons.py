"""Every refusal, named as the rule that was broken. The rims give each its wire code and text."""

from __future__ import annotations

from enum import IntEnum

from msgspec import Struct


class Reason(IntEnum):
    """The numbers are what event hashes hold: append, never renumber."""

    UNKNOWN_KEY = 1
    KEY_NOT_PERMITTED = 2
    WINDOW_CLOSED = 3
    UNKNOWN_ACCOUNT = 4
    UNKNOWN_SYMBOL = 5
    SYMBOL_CLOSED = 6
    SYMBOL_NOT_ON_MARGIN = 7
    UNKNOWN_ASSET = 8
    UNKNOWN_SCOPE = 9
    PRICE_FILTER = 10
    PERCENT_PRICE = 11
    LOT_SIZE = 12
    MARKET_LOT_SIZE = 13
    NOTIONAL = 14
    MAX_NUM_ORDERS = 15
    MAX_POSITION = 16
    DUPLICATE_CLIENT_ORDER_ID = 17
    TOO_MANY_ORDERS = 18
    WOULD_TAKE = 19
    INSUFFICIENT_BALANCE = 20
    NO_LIQUIDITY_FOR_QUOTE_QUANTITY = 21
    UNKNOWN_ORDER = 22
    CLIENT_ORDER_ID_MISMATCH = 23
    NO_OPEN_ORDERS = 24
    ASSET_NOT_BORROWABLE = 25
    BELOW_MIN_BORROW = 26
    ABOVE_MAX_BORROWABLE = 27
    INVENTORY_SHORT = 28
    BORROW_LEVEL_TOO_LOW = 29
    BELOW_MIN_REPAY = 30
    ABOVE_DEBT = 31
    DEBT_LEFT_TOO_SMALL = 32
    REPAY_BALANCE_SHORT = 33
    ASSET_NOT_COLLATERAL = 34
    TRANSFER_BALANCE_SHORT = 35
    ABOVE_MAX_TRANSFERABLE = 36
    TRANSFER_LEVEL_TOO_LOW = 37
    NO_INDEX_PRICE = 38
    WITHDRAW_BALANCE_SHORT = 39
    KEY_EXISTS = 40
    UNKNOWN_MASTER = 41
    UNKNOWN_VIP_LEVEL = 42
    INDEX_NOT_POSITIVE = 43
    VENUE_SHRINKS = 44
    AMOUNT_NOT_POSITIVE = 45
    SAME_SCOPE = 46
    ABOVE_SUPPLY = 47
    WOULD_TRIGGER = 48
    TRAILING_DELTA = 49
    ICEBERG_PARTS = 50
    ICEBERG_ABOVE_QUANTITY = 51
    MAX_NUM_ALGO_ORDERS = 52
    MAX_NUM_ICEBERG_ORDERS = 53
    MAX_NUM_ORDER_LISTS = 54
    SELF_TRADE_PREVENTION_NOT_ALLOWED = 55
    LIMIT_PRICE_FAR_FROM_INDEX = 56
    LIST_PRICES_WRONG = 57
    DUPLICATE_CLIENT_LIST_ID = 58
    UNKNOWN_LIST = 59
    CLIENT_LIST_ID_MISMATCH = 60
    PAIR_NOT_ISOLATED = 61
    TOO_MANY_ISOLATED = 62
    ISOLATED_ALREADY_OPEN = 63
    ISOLATED_NOT_EMPTY = 64
    ISOLATED_CLOSED_TOO_SOON = 65
    ASSET_NOT_IN_PAIR = 66
    ICEBERG_NEEDS_GTC = 67
    LEGS_DO_NOT_FIT = 68
    PARAMETERS_DO_NOT_FIT = 69
    LIQUIDATING_NO_TRADE = 70
    """While an account is liquidated its owner may neither trade, nor borrow, repay or move anything."""
    LIQUIDATING_NO_BORROW = 71
    LIQUIDATING_NO_REPAY = 72
    LIQUIDATING_NO_TRANSFER_IN = 73
    LIQUIDATING_NO_TRANSFER_OUT = 74
    LIQUIDATING = 75
    NOTHING_TO_LIQUIDATE = 76
    NO_LIQUIDATION_LOAN = 77
    LIQUIDATION_LOAN_ASSET = 78
    ABOVE_LIQUIDATION_LOAN = 79
    SPOT_BALANCE_SHORT = 80
    LIQUIDATION_LOAN_OWED = 81
    """It blocks loans, transfers out of margin, new special keys, and the exit from Special Key Mode (A15)."""
    ORDER_LEVEL_TOO_LOW = 82
    LONG_RESTRICTED = 83
    COLLATERAL_CAP = 84
    ASSET_DELISTED = 85
    UNKNOWN_LEVERAGE = 86
    LEVERAGE_LEVEL_TOO_LOW = 87
    NOT_A_SMALL_LIABILITY = 88
    TOO_MANY_SMALL_LIABILITIES = 89
    SMALL_LIABILITIES_TOO_SOON = 90
    VIP_TOO_LOW = 91
    TERMS_NOT_SIGNED = 92
    PRODUCT_HAS_NO_SPECIAL_KEYS = 93
    TOO_MANY_KEYS = 94
    TOO_MANY_IPS = 95
    SPECIAL_KEY_COOLDOWN = 96
    UNKNOWN_SPECIAL_KEY = 97
    SPECIAL_KEY_MAY_NOT_BORROW = 98
    SPECIAL_MODE_HAS_DEBT = 99
    KEY_NAME_WRONG = 100
    RATES_WRONG = 101
    INTEREST_ASSET_UNKNOWN = 102
    CANCEL_RESTRICTED = 103
    """The order has come further than the cancel allows, or a liquidation placed it."""
    QUANTITY_UNCHANGED = 104
    QUANTITY_RAISED = 105
    QUANTITY_DONE = 106
    """An amendment to no more than what has traded, or was prevented."""
    MAX_NUM_ORDER_AMENDS = 107
    UNKNOWN_LISTEN_KEY = 108
    SCRIPT_WRONG = 109
    """An index script that could not be followed; the detail says why."""
    SCRIPT_TAKEN = 110
    """Another script moves that index."""
    UNKNOWN_SCRIPT = 111
    LOAN_REPAYMENT_PENDING = 112
    """One repayment of a liquidation loan at a time."""


class Rejected(Struct, frozen=True, tag=True, tag_field="event", array_like=True, gc=False):
    """A command was refused and changed nothing."""

    reason: Reason
    detail: str = ""
    """What a message needs to name, such as the limit that was passed."""
