"""Every refusal on the wire: HTTP status, code and message.

Two sources meet here. A `Reason` is the engine's word, and `WIRE_ERRORS` gives each one a row in each dialect. What a
request can get wrong before it reaches the engine is a constant or a function below, named as the rule it broke.

The texts are Binance's own wherever it documents one, because clients match on them. Unauthorized requests are
401, exceeded limits 429, everything else that the sender got wrong 400.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from openmargin.api.intervals import interval_words
from openmargin.domain.reasons import Reason, Rejected


class Dialect(IntEnum):
    """Whose documentation a code is taken from: the margin API, or the spot API, over HTTP or WebSocket."""

    SAPI = 1
    SPOT = 2


class WireError(Struct, frozen=True):
    """One refusal as a client sees it."""

    status: int
    code: int
    message: str


class Retry(Struct, frozen=True):
    """When a limit that was passed is open again, by the clock that counts it."""

    refused_ms: int
    until_ms: int

    @property
    def after_s(self) -> int:
        """Whole seconds to wait, rounded up."""
        return -(-(self.until_ms - self.refused_ms) // 1000)


class ApiError(Exception):
    """Ends a request with a refusal. Raised and caught inside this room only."""

    def __init__(self, error: WireError, retry: Retry | None = None, data: Struct | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.retry = retry
        self.data = data
        """What the body says besides code and message, where a request was carried out in part."""


class ErrorBody(Struct):
    """A refusal as JSON."""

    code: int
    msg: str
    data: Struct | UnsetType = UNSET


def error_body(error: WireError, data: Struct | None = None) -> bytes:
    return msgspec.json.encode(ErrorBody(error.code, error.message, UNSET if data is None else data))


# --- what a request can get wrong by itself --------------------------------------------------------------------

DISCONNECTED: Final = WireError(
    500, -1001, "Internal error; unable to process your request. Please try again."
)
TIMED_OUT: Final = WireError(
    504,
    -1007,
    "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
)
SHUTTING_DOWN: Final = WireError(503, -1016, "This service is no longer available.")
CONNECTIONS_FULL: Final = WireError(
    503, -1008, "Server is currently overloaded with other requests. Please try again in a few minutes."
)
NOT_SUPPORTED: Final = WireError(400, -1020, "This operation is not supported.")
OUTSIDE_RECV_WINDOW: Final = WireError(400, -1021, "Timestamp for this request is outside of the recvWindow.")
AHEAD_OF_SERVER: Final = WireError(
    400, -1021, "Timestamp for this request was 1000ms ahead of the server's time."
)
BAD_SIGNATURE: Final = WireError(400, -1022, "Signature for this request is not valid.")
ILLEGAL_CHARACTERS: Final = WireError(400, -1100, "Illegal characters found in a parameter.")
TOO_MANY_PARAMETERS: Final = WireError(400, -1101, "Too many parameters sent for this endpoint.")
DUPLICATE_PARAMETER: Final = WireError(400, -1101, "Duplicate values for a parameter detected.")
INVALID_TIME_IN_FORCE: Final = WireError(400, -1115, "Invalid timeInForce.")
INVALID_ORDER_TYPE: Final = WireError(400, -1116, "Invalid orderType.")
INVALID_SIDE: Final = WireError(400, -1117, "Invalid side.")
INVALID_SYMBOL: Final = WireError(400, -1121, "Invalid symbol.")
INVALID_SYMBOL_STATUS: Final = WireError(400, -1122, "Invalid symbolStatus.")
MORE_THAN_A_DAY: Final = WireError(400, -1127, "More than 24 hours between startTime and endTime.")
MORE_THAN_A_WEEK: Final = WireError(400, -4047, "Time interval must be within 0-7 days")
BAD_COMBINATION: Final = WireError(400, -1128, "Combination of optional parameters invalid.")
RECV_WINDOW_TOO_LONG: Final = WireError(400, -1131, "recvWindow must be less than 60000")
DUPLICATE_SYMBOLS: Final = WireError(400, -1151, "Symbol is present multiple times in the list.")
INVALID_TIME_UNIT: Final = WireError(
    400, -1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND."
)
NO_SUCH_ORDER: Final = WireError(400, -2013, "Order does not exist.")
ORDER_ARCHIVED: Final = WireError(
    400,
    -2026,
    "Order was canceled or expired with no executed qty over 90 days ago and has been archived.",
)
BAD_API_KEY_FORMAT: Final = WireError(401, -2014, "API-key format invalid.")
REJECTED_KEY: Final = WireError(401, -2015, "Invalid API-key, IP, or permissions for action.")
BAD_DATE_RANGE: Final = WireError(400, -3011, "Your input date is invalid.")
BORROW_BANNED: Final = WireError(400, -3012, "Borrow is banned for this asset.")
NOT_A_MARGIN_ASSET: Final = WireError(400, -3027, "Not a valid margin asset.")
NO_PRICE_INDEX: Final = WireError(400, -3042, "PriceIndex not available for this margin pair.")
NO_ISOLATED_ACCOUNT: Final = WireError(400, -11001, "Isolated margin account does not exist.")
SELF_TRADE_MODE_NOT_ALLOWED: Final = WireError(
    400, -1013, "This symbol does not allow the specified self-trade prevention mode."
)
ZERO_ORDER: Final = WireError(400, -2010, "Price * QTY is zero or less.")
UNSUPPORTED_ORDER_COMBINATION: Final = WireError(400, -1014, "Unsupported order combination.")
NOT_AN_OCO_TYPE: Final = WireError(400, -1158, "Order type not supported in OCO.")
BUY_LIMIT_MUST_BE_BELOW: Final = WireError(400, -1165, "A limit order in a buy OCO must be below.")
SELL_LIMIT_MUST_BE_ABOVE: Final = WireError(400, -1166, "A limit order in a sell OCO must be above.")
BOTH_CANNOT_BE_LIMIT: Final = WireError(400, -1168, "At least one OCO order must be contingent.")
BUY_TAKE_PROFIT_MUST_BE_BELOW: Final = WireError(
    400, -1198, "A take profit order in a buy OCO must be below."
)
SELL_TAKE_PROFIT_MUST_BE_ABOVE: Final = WireError(
    400, -1199, "A take profit order in a sell OCO must be above."
)
BUY_STOP_LOSS_MUST_BE_ABOVE: Final = WireError(400, -1196, "A stop loss order in a buy OCO must be above.")
SELL_STOP_LOSS_MUST_BE_BELOW: Final = WireError(400, -1197, "A stop loss order in a sell OCO must be below.")
REPLACED_IN_PART: Final = WireError(409, -2021, "Order cancel-replace partially failed.")
NOT_REPLACED: Final = WireError(400, -2022, "Order cancel-replace failed.")
AMENDED_UNKNOWN: Final = WireError(400, -2038, "Unknown order sent.")
AMENDED_DUPLICATE: Final = WireError(400, -2038, "Duplicate order sent.")
NO_AMENDS: Final = WireError(400, -2038, "Order amend is not supported for this symbol.")
AMENDED_MISNAMED: Final = WireError(400, -2039, "Client order ID is not correct for this order ID.")
BAD_STRATEGY_TYPE: Final = WireError(400, -1134, "`strategyType` was less than 1000000.")
INVALID_CANCEL_RESTRICTIONS: Final = WireError(
    400, -1145, "`cancelRestrictions` has to be either `ONLY_NEW` or `ONLY_PARTIALLY_FILLED`."
)
NO_PEGGED_ORDERS: Final = WireError(400, -2010, "Pegged orders are not supported for this symbol.")
NOT_A_MARGIN_PAIR: Final = WireError(400, -3028, "Not a valid margin pair.")


# Of market data.
INVALID_INTERVAL: Final = WireError(400, -1120, "Invalid interval.")
INVALID_TICKER_TYPE: Final = WireError(400, -1139, "Invalid ticker type.")
SYMBOL_STATUS_DIFFERS: Final = WireError(
    400, -1220, "The symbol's status does not match the requested symbolStatus."
)
NO_TRADING_WINDOW: Final = WireError(
    400, -2016, "No trading window could be found for the symbol. Try ticker/24hrs instead."
)


# Of the WebSocket API.
INVALID_JSON: Final = WireError(400, -1135, "Invalid JSON Request")
INVALID_ID: Final = WireError(
    400,
    -1135,
    "Invalid 'id' in JSON request; expected an integer, a string matching '^[a-zA-Z0-9-_]{1,36}$', or null.",
)
INVALID_METHOD: Final = WireError(400, -1135, "Invalid 'method' in JSON request; expected a string.")
INVALID_PARAMS: Final = WireError(400, -1135, "Invalid 'params' in JSON request; expected an object.")
NO_SBE: Final = WireError(400, -1155, "SBE is not enabled.")
NO_HMAC_SESSION: Final = WireError(400, -2028, "HMAC-SHA-256 API key is not supported.")
NO_RSA_SESSION: Final = WireError(400, -2028, "RSA API key is not supported.")
NOT_LOGGED_ON: Final = WireError(
    400, -1193, "WebSocket session not authenticated. Recommendation: use `session.logon`."
)
BAD_LISTEN_TOKEN: Final = WireError(400, -1209, "The listenToken is invalid.")
ALREADY_SUBSCRIBED: Final = WireError(400, -2035, "User Data Stream subscription already active.")
NOT_SUBSCRIBED: Final = WireError(400, -2036, "User Data Stream subscription not active.")
NO_MORE_SUBSCRIPTIONS: Final = WireError(400, -2042, "Maximum subscription ID reached for this connection.")


def too_many_subscriptions(limit: int) -> WireError:
    return WireError(
        400, -1191, f"Too many subscriptions. Connection may create up to '{limit}' subscriptions at a time."
    )


def too_many_values(name: str, maximum: int) -> WireError:
    return WireError(
        400, -1101, f"Too many values sent for parameter '{name}', maximum allowed up to {maximum}."
    )


def unknown(log_id: str) -> WireError:
    """Our own fault. The client learns the id of the log entry and nothing else."""
    return WireError(500, -1000, f"An unknown error occurred while processing the request. Log id: {log_id}")


def no_such_path(path: str) -> WireError:
    """Binance answers an HTML page here; JSON keeps the promise that errors always have `code` and `msg`."""
    return WireError(404, -1000, f"No endpoint at {path}")


def no_such_world(why: str) -> WireError:
    """Worlds are ours alone, so no code is documented."""
    return WireError(404, -1000, why)


def too_many_worlds(why: str) -> WireError:
    """What is full is the server: the nearest in meaning."""
    return WireError(503, -1008, why)


def no_such_method(method: str, path: str) -> WireError:
    return WireError(405, -1000, f"Method {method} is not allowed at {path}")


def too_large(part: str, limit: int, status: int) -> WireError:
    """A part of the request is over its bound. Binance documents no code for it: -1101 is the nearest in meaning."""
    return WireError(status, -1101, f"Request {part} is larger than {limit} bytes.")


def weight_exceeded(limit: int) -> WireError:
    return WireError(
        429,
        -1003,
        f"Too much request weight used; current limit is {limit} request weight per 1 MINUTE."
        " Please use WebSocket Streams for live updates to avoid polling the API.",
    )


def banned(until_ms: int) -> WireError:
    return WireError(
        418,
        -1003,
        f"Way too much request weight used; IP banned until {until_ms}."
        " Please use WebSocket Streams for live updates to avoid bans.",
    )


def requests_exceeded(limit: int, interval: str = "1 MINUTE") -> WireError:
    return WireError(429, -1003, f"Too many requests; current limit is {limit} requests per {interval}.")


def too_many_connections(limit: int) -> WireError:
    return WireError(429, -1003, f"Too many connections; current limit is {limit} attempts per 5 MINUTE.")


def unknown_stream(name: str) -> WireError:
    """Binance opens such a connection and stays silent, and nobody finds the slip."""
    return WireError(400, -1100, f"There is no stream {name[:80]}")


def too_many_streams(limit: int) -> WireError:
    return WireError(400, -1101, f"A connection can listen to at most {limit} streams.")


def illegal_characters(name: str, legal: str) -> WireError:
    return WireError(400, -1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def missing(name: str) -> WireError:
    return WireError(400, -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def missing_either(first: str, second: str) -> WireError:
    return WireError(400, -1102, f"Param '{first}' or '{second}' must be sent, but both were empty/null!")


def above_maximum(name: str, maximum: int) -> WireError:
    return WireError(400, -1102, f"'{name}' contains unexpected value. Cannot be greater than {maximum}.")


def unread(read: int, sent: int) -> WireError:
    return WireError(
        400, -1104, f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'."
    )


def empty(name: str) -> WireError:
    return WireError(400, -1105, f"Parameter '{name}' was empty.")


def not_required(name: str) -> WireError:
    return WireError(400, -1106, f"Parameter '{name}' sent when not required.")


def needs_gtc(iceberg: str, time_in_force: str) -> WireError:
    """An iceberg that may not stay. Binance words it for the legs of one form of lists; others get their names."""
    return WireError(400, -1160, f"Parameter '{iceberg}' is not supported if `{time_in_force}` is not GTC.")


def overflowed(name: str) -> WireError:
    return WireError(400, -1108, f"Parameter '{name}' overflowed.")


def too_precise(name: str) -> WireError:
    return WireError(400, -1111, f"Parameter '{name}' has too much precision.")


def invalid(name: str) -> WireError:
    return WireError(400, -1130, f"Data sent for parameter '{name}' is not valid.")


def invalid_json(name: str) -> WireError:
    return WireError(400, -1135, f"JSON sent for parameter '{name}' is not valid")


# --- what the engine can refuse --------------------------------------------------------------------------------


def filter_failure(name: str) -> WireError:
    return WireError(400, -1013, f"Filter failure: {name}")


def unsupported(what: str) -> WireError:
    """Where Binance documents no code for a refusal, -1020 with a sentence is the nearest."""
    return WireError(400, -1020, f"This operation is not supported: {what}")


_INVALID_INPUT: Final = WireError(400, -3026, "Your input param is invalid.")
"""Also for reasons that only the operator's commands can meet: they have a row so that the table stays total."""

_ON_MARGIN: Final[dict[Reason, WireError]] = {
    Reason.UNKNOWN_KEY: REJECTED_KEY,
    Reason.KEY_NOT_PERMITTED: REJECTED_KEY,
    Reason.WINDOW_CLOSED: OUTSIDE_RECV_WINDOW,
    Reason.UNKNOWN_ACCOUNT: WireError(400, -3003, "Margin account does not exist."),
    Reason.UNKNOWN_SYMBOL: INVALID_SYMBOL,
    Reason.SYMBOL_CLOSED: WireError(400, -1013, "Market is closed."),
    Reason.SYMBOL_NOT_ON_MARGIN: WireError(
        400, -3021, "Margin account are not allowed to trade this trading pair."
    ),
    Reason.UNKNOWN_ASSET: NOT_A_MARGIN_ASSET,
    Reason.UNKNOWN_SCOPE: NO_ISOLATED_ACCOUNT,
    Reason.PRICE_FILTER: filter_failure("PRICE_FILTER"),
    Reason.PERCENT_PRICE: filter_failure("PERCENT_PRICE_BY_SIDE"),
    Reason.LOT_SIZE: filter_failure("LOT_SIZE"),
    Reason.MARKET_LOT_SIZE: filter_failure("MARKET_LOT_SIZE"),
    Reason.NOTIONAL: filter_failure("NOTIONAL"),
    Reason.MAX_NUM_ORDERS: filter_failure("MAX_NUM_ORDERS"),
    Reason.MAX_POSITION: filter_failure("MAX_POSITION"),
    Reason.DUPLICATE_CLIENT_ORDER_ID: WireError(400, -2010, "Duplicate order sent."),
    Reason.TOO_MANY_ORDERS: WireError(429, -1015, "Too many new orders."),
    Reason.WOULD_TAKE: WireError(400, -2010, "Order would immediately match and take."),
    Reason.INSUFFICIENT_BALANCE: WireError(
        400, -2010, "Account has insufficient balance for requested action."
    ),
    Reason.NO_LIQUIDITY_FOR_QUOTE_QUANTITY: WireError(
        400, -2010, "Order book liquidity is less than symbol minimum quantity."
    ),
    Reason.UNKNOWN_ORDER: WireError(400, -2011, "Unknown order sent."),
    Reason.CLIENT_ORDER_ID_MISMATCH: WireError(
        400, -2011, "Cancel order is invalid. Check origClOrdId and orderId."
    ),
    Reason.NO_OPEN_ORDERS: WireError(400, -2011, "Unknown order sent."),
    Reason.ASSET_NOT_BORROWABLE: BORROW_BANNED,
    Reason.BELOW_MIN_BORROW: WireError(400, -3013, "Borrow amount less than minimum borrow amount."),
    Reason.ABOVE_MAX_BORROWABLE: WireError(
        400, -3006, "Your borrow amount has exceed maximum borrow amount."
    ),
    Reason.INVENTORY_SHORT: WireError(400, -3045, "The system doesn't have enough asset now."),
    # A level too low to borrow is a maximum of nothing: the margin reference names no other code for it.
    Reason.BORROW_LEVEL_TOO_LOW: WireError(
        400, -3006, "Your borrow amount has exceed maximum borrow amount."
    ),
    Reason.BELOW_MIN_REPAY: WireError(400, -3016, "Repay amount less than minimum repay amount."),
    Reason.ABOVE_DEBT: WireError(400, -3015, "Repay amount exceeds borrow amount."),
    Reason.DEBT_LEFT_TOO_SMALL: WireError(400, -3024, "The unpaid debt is too small after this repayment."),
    Reason.REPAY_BALANCE_SHORT: WireError(400, -3041, "Balance is not enough"),
    Reason.ASSET_NOT_COLLATERAL: WireError(
        400, -3009, "This asset are not allowed to transfer into margin account currently."
    ),
    Reason.TRANSFER_BALANCE_SHORT: WireError(400, -5013, "Asset transfer failed: insufficient balance"),
    Reason.ABOVE_MAX_TRANSFERABLE: WireError(400, -3020, "Transfer out amount exceeds max amount."),
    Reason.TRANSFER_LEVEL_TOO_LOW: WireError(
        400, -3023, "You can't transfer out/place order under current margin level."
    ),
    Reason.NO_INDEX_PRICE: NO_PRICE_INDEX,
    Reason.WITHDRAW_BALANCE_SHORT: WireError(400, -3041, "Balance is not enough"),
    Reason.KEY_EXISTS: _INVALID_INPUT,
    Reason.UNKNOWN_MASTER: _INVALID_INPUT,
    Reason.UNKNOWN_VIP_LEVEL: _INVALID_INPUT,
    Reason.INDEX_NOT_POSITIVE: _INVALID_INPUT,
    Reason.VENUE_SHRINKS: _INVALID_INPUT,
    Reason.AMOUNT_NOT_POSITIVE: _INVALID_INPUT,
    Reason.SAME_SCOPE: WireError(400, -3029, "Transfer failed."),
    Reason.ABOVE_SUPPLY: _INVALID_INPUT,
    Reason.WOULD_TRIGGER: WireError(400, -2010, "Order would trigger immediately."),
    Reason.TRAILING_DELTA: filter_failure("TRAILING_DELTA"),
    Reason.ICEBERG_PARTS: filter_failure("ICEBERG_PARTS"),
    Reason.ICEBERG_ABOVE_QUANTITY: WireError(400, -2010, "IcebergQty exceeds QTY."),
    Reason.MAX_NUM_ALGO_ORDERS: filter_failure("MAX_NUM_ALGO_ORDERS"),
    Reason.MAX_NUM_ICEBERG_ORDERS: filter_failure("MAX_NUM_ICEBERG_ORDERS"),
    Reason.MAX_NUM_ORDER_LISTS: filter_failure("MAX_NUM_ORDER_LISTS"),
    Reason.SELF_TRADE_PREVENTION_NOT_ALLOWED: SELF_TRADE_MODE_NOT_ALLOWED,
    Reason.LIMIT_PRICE_FAR_FROM_INDEX: WireError(
        400, -3064, "The limit price is out of the allowed range around the price index."
    ),
    Reason.LIST_PRICES_WRONG: WireError(
        400, -2010, "The relationship of the prices for the orders is not correct."
    ),
    Reason.DUPLICATE_CLIENT_LIST_ID: WireError(400, -2010, "Duplicate order sent."),
    Reason.UNKNOWN_LIST: WireError(400, -2011, "Unknown order sent."),
    Reason.CLIENT_LIST_ID_MISMATCH: WireError(
        400, -2011, "Cancel order is invalid. Check origClOrdId and orderId."
    ),
    Reason.PAIR_NOT_ISOLATED: NOT_A_MARGIN_PAIR,
    Reason.TOO_MANY_ISOLATED: unsupported("as many isolated accounts are enabled as may be."),
    Reason.ISOLATED_ALREADY_OPEN: unsupported("the isolated account is enabled already."),
    Reason.ISOLATED_NOT_EMPTY: unsupported("the isolated account is not empty."),
    Reason.ISOLATED_CLOSED_TOO_SOON: unsupported("an isolated account may be disabled once in 24 hours."),
    Reason.ASSET_NOT_IN_PAIR: NOT_A_MARGIN_ASSET,
    Reason.ICEBERG_NEEDS_GTC: needs_gtc("icebergQty", "timeInForce"),
    Reason.LEGS_DO_NOT_FIT: UNSUPPORTED_ORDER_COMBINATION,
    Reason.PARAMETERS_DO_NOT_FIT: BAD_COMBINATION,
    Reason.LIQUIDATING_NO_TRADE: WireError(400, -3022, "You account's trading is banned."),
    Reason.LIQUIDATING_NO_BORROW: WireError(400, -3014, "Borrow is banned for this account."),
    Reason.LIQUIDATING_NO_REPAY: WireError(400, -3036, "This account is not allowed to repay."),
    Reason.LIQUIDATING_NO_TRANSFER_IN: WireError(
        400, -3018, "Transferring in has been banned for this account."
    ),
    Reason.LIQUIDATING_NO_TRANSFER_OUT: WireError(
        400, -3019, "Transferring out has been banned for this account."
    ),
    Reason.LIQUIDATING: unsupported("the account is being liquidated."),
    Reason.NOTHING_TO_LIQUIDATE: unsupported("the account owes nothing."),
    Reason.NO_LIQUIDATION_LOAN: WireError(400, -3015, "Repay amount exceeds borrow amount."),
    Reason.LIQUIDATION_LOAN_ASSET: _INVALID_INPUT,
    Reason.ABOVE_LIQUIDATION_LOAN: WireError(400, -3015, "Repay amount exceeds borrow amount."),
    Reason.LOAN_REPAYMENT_PENDING: WireError(
        400, -3007, "You have pending transaction, please try again later."
    ),
    Reason.SPOT_BALANCE_SHORT: WireError(400, -3041, "Balance is not enough"),
    Reason.LIQUIDATION_LOAN_OWED: WireError(400, -21004, "The account has an outstanding bankruptcy loan."),
    Reason.ORDER_LEVEL_TOO_LOW: WireError(
        400, -3023, "You can't transfer out/place order under current margin level."
    ),
    Reason.LONG_RESTRICTED: WireError(
        400, -3021, "Margin account are not allowed to trade this trading pair."
    ),
    Reason.COLLATERAL_CAP: WireError(
        400, -3017, "This asset are not allowed to transfer into margin account currently."
    ),
    Reason.ASSET_DELISTED: WireError(
        400, -3065, "This asset is being delisted and can not be transferred in."
    ),
    Reason.UNKNOWN_LEVERAGE: _INVALID_INPUT,
    Reason.LEVERAGE_LEVEL_TOO_LOW: unsupported(
        "the margin level is not above the initial one of that leverage."
    ),
    Reason.NOT_A_SMALL_LIABILITY: unsupported("only debts of the listed small liabilities may be exchanged."),
    Reason.TOO_MANY_SMALL_LIABILITIES: unsupported("too many assets in one exchange."),
    Reason.SMALL_LIABILITIES_TOO_SOON: unsupported("small liabilities may be exchanged once within 6 hours."),
    Reason.VIP_TOO_LOW: WireError(400, -3999, "This function is only available for invited users."),
    Reason.TERMS_NOT_SIGNED: WireError(400, -3999, "This function is only available for invited users."),
    Reason.PRODUCT_HAS_NO_SPECIAL_KEYS: unsupported(
        "Portfolio Margin is an unsupported product, please change the account type to a supported margin product."
    ),
    Reason.TOO_MANY_KEYS: unsupported("the account has as many keys as it may."),
    Reason.TOO_MANY_IPS: unsupported("a key may not name as many addresses."),
    Reason.SPECIAL_KEY_COOLDOWN: unsupported(
        "new special keys may be created when the cooldown after leaving Special Key Mode is over."
    ),
    Reason.UNKNOWN_SPECIAL_KEY: unsupported("no special key of that account goes by this name."),
    Reason.SPECIAL_KEY_MAY_NOT_BORROW: REJECTED_KEY,
    Reason.SPECIAL_MODE_HAS_DEBT: unsupported("the account still owes something."),
    Reason.KEY_NAME_WRONG: invalid("apiName"),
    Reason.RATES_WRONG: _INVALID_INPUT,
    Reason.INTEREST_ASSET_UNKNOWN: _INVALID_INPUT,
    Reason.QUANTITY_UNCHANGED: WireError(
        400, -2038, "The requested action would change no state; rejecting."
    ),
    Reason.QUANTITY_RAISED: WireError(400, -2038, "Order amend (quantity increase) is not supported."),
    Reason.QUANTITY_DONE: WireError(
        400, -2038, "Order amend (quantity not above what has been executed) is not supported."
    ),
    Reason.MAX_NUM_ORDER_AMENDS: filter_failure("MAX_NUM_ORDER_AMENDS"),
    Reason.UNKNOWN_LISTEN_KEY: WireError(400, -1125, "This listenKey does not exist."),
    Reason.SCRIPT_WRONG: _INVALID_INPUT,
    Reason.SCRIPT_TAKEN: _INVALID_INPUT,
    Reason.UNKNOWN_SCRIPT: _INVALID_INPUT,
    Reason.CANCEL_RESTRICTED: WireError(400, -2011, "Order was not canceled due to cancel restrictions."),
}

_ELSEWHERE: Final[dict[Reason, WireError]] = {
    Reason.UNKNOWN_ACCOUNT: REJECTED_KEY,
    Reason.LIQUIDATING_NO_TRADE: WireError(400, -2010, "This account may not place or cancel orders."),
    # The isolated account of a special key was closed: the key trades for nobody.
    Reason.UNKNOWN_SCOPE: REJECTED_KEY,
    Reason.SYMBOL_NOT_ON_MARGIN: WireError(400, -2010, "This symbol is not permitted for this account."),
}
"""Where the spot API speaks otherwise than the margin API."""

WIRE_ERRORS: Final[dict[tuple[Reason, Dialect], WireError]] = {
    (reason, dialect): _ELSEWHERE.get(reason, error) if dialect is not Dialect.SAPI else error
    for reason, error in _ON_MARGIN.items()
    for dialect in Dialect
}


def refusal(rejected: Rejected, dialect: Dialect, at_ms: int = 0) -> ApiError:
    """The row of the reason. Where a limit on orders was passed, message and Retry-After name its window."""
    error = WIRE_ERRORS[rejected.reason, dialect]
    if rejected.reason is not Reason.TOO_MANY_ORDERS:
        return ApiError(error)
    limit, _, interval_ms = rejected.detail.partition("/")
    window_ms = int(interval_ms)
    unit, number = interval_words(window_ms)
    message = f"Too many new orders; current limit is {limit} orders per {number} {unit}."
    window_ends_ms = at_ms - at_ms % window_ms + window_ms
    return ApiError(WireError(error.status, error.code, message), Retry(at_ms, window_ends_ms))
