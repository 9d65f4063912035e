"""Closed sets of words. The numbers are what journals hold: append, never renumber."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Side(IntEnum):
    """The sign of the base amount that an order wants: one rule serves both sides."""

    BUY = 1
    SELL = -1


class OrderType(IntEnum):
    LIMIT = 1
    MARKET = 2
    LIMIT_MAKER = 3
    STOP_LOSS = 4
    STOP_LOSS_LIMIT = 5
    TAKE_PROFIT = 6
    TAKE_PROFIT_LIMIT = 7


class TimeInForce(IntEnum):
    GTC = 1
    IOC = 2
    FOK = 3


class OrderStatus(IntEnum):
    NEW = 1
    PARTIALLY_FILLED = 2
    FILLED = 3
    CANCELED = 4
    EXPIRED = 5
    PENDING_NEW = 6
    """Part of a list whose working order has not filled yet."""
    EXPIRED_IN_MATCH = 7
    """Ended by self-trade prevention."""


class ExpiryReason(IntEnum):
    """Why the exchange ended an order that nobody cancelled."""

    NONE = 0
    OCO_TRIGGER = 1
    OTO_PHASE_ONE_EXPIRED = 2
    UNFILLED_IOC_QUANTITY_EXPIRED = 3
    UNFILLED_FOK_ORDER_EXPIRED = 4
    INSUFFICIENT_LIQUIDITY = 5
    REJECTED = 6
    """A pending order came to life and could not be placed any more."""


class SelfTradePrevention(IntEnum):
    """What the taker's side has done instead of trading with itself (semantics 6)."""

    NONE = 1
    EXPIRE_TAKER = 2
    EXPIRE_MAKER = 3
    EXPIRE_BOTH = 4
    DECREMENT = 5
    TRANSFER = 6


class Contingency(IntEnum):
    """How the orders of a list depend on each other."""

    OCO = 1
    OTO = 2
    OTOCO = 3


class SideEffect(IntEnum):
    """What an order does to loans: borrow what is missing, repay from what is received, both, or nothing."""

    NO_SIDE_EFFECT = 1
    MARGIN_BUY = 2
    AUTO_REPAY = 3
    AUTO_BORROW_REPAY = 4


BORROWING: Final = (SideEffect.MARGIN_BUY, SideEffect.AUTO_BORROW_REPAY)
REPAYING: Final = (SideEffect.AUTO_REPAY, SideEffect.AUTO_BORROW_REPAY)


class LoanSource(IntEnum):
    """Who asked for a loan or a repayment: the user, an order's side effect, or a liquidation."""

    MANUAL = 1
    AUTO = 2
    LIQUIDATION = 3


class InterestKind(IntEnum):
    """When interest was charged; CONVERTED is booked as a debt of another asset (mechanics 4.5, 4.6)."""

    PERIODIC = 1
    ON_BORROW = 2
    PERIODIC_CONVERTED = 3
    ON_BORROW_CONVERTED = 4


class Rounding(IntEnum):
    """How a charge of interest becomes whole atoms (A5)."""

    CEILING = 1
    HALF_UP = 2


class OpenOrderLoss(IntEnum):
    """Whose orders are checked for what all open ones would lose (A10)."""

    STANDARD = 1
    SPECIAL = 2
    BOTH = 3
    OFF = 4


class AutoRepay(IntEnum):
    """When an order repays from what it receives (A8)."""

    EACH_FILL = 1
    COMPLETION = 2


class AccountType(IntEnum):
    CROSS_CLASSIC = 1
    PORTFOLIO_MARGIN = 2


class KeyKind(IntEnum):
    """How a key signs. DEVELOPMENT keys are HMAC keys whose secret everybody knows."""

    HMAC = 1
    RSA = 2
    ED25519 = 3
    DEVELOPMENT = 4


class Permission(IntEnum):
    READ = 1
    TRADE = 2
    MARGIN_LOAN = 3
    """Borrow, repay and transfer."""


class SymbolStatus(IntEnum):
    TRADING = 1
    BREAK = 2


class MarginStatus(IntEnum):
    """Where a margin level stands between free use and liquidation (mechanics 2.4)."""

    EXCESSIVE = 1
    NORMAL = 2
    MARGIN_CALL = 3
    PRE_LIQUIDATION = 4
    FORCE_LIQUIDATION = 5


class LiquidationKind(IntEnum):
    """Who began a liquidation: the exchange, or the account's owner."""

    FORCED = 1
    MANUAL = 2


class LiquidationEnd(IntEnum):
    """How a liquidation ended (mechanics 7.1, 7.2)."""

    RECOVERED = 1
    """The account stands above its stop level again, or owes nothing."""
    TAKEN_OVER = 2
    """Assets and debts went to the exchange, for want of depth; what was left came back."""
    BANKRUPT = 3
    """The insurance fund paid what was still owed."""
    BANKRUPT_WITH_LOAN = 4
    """It paid, and the account owes it a liquidation loan."""


class Flow(IntEnum):
    """Movements of value that no other event tells of, as the account's capital flow names them."""

    BUY_LIQUIDATION = 1
    SELL_LIQUIDATION = 2
    REPAY_LIQUIDATION = 3
    OTHER_LIQUIDATION = 4
    LIQUIDATION_FEE = 5
    SMALL_BALANCE_CONVERT = 6
    COMMISSION_RETURN = 7
    SMALL_CONVERT = 8


class RepaymentStatus(IntEnum):
    """Where a repayment of a liquidation loan stands."""

    SUCCESS = 1
    PENDING = 2


class CancelRestriction(IntEnum):
    """In which status alone an order may be cancelled."""

    NONE = 0
    ONLY_NEW = 1
    ONLY_PARTIALLY_FILLED = 2


class CancelReplaceMode(IntEnum):
    """What a cancel-replace does where the cancel fails."""

    STOP_ON_FAILURE = 1
    ALLOW_FAILURE = 2


class UserStream(IntEnum):
    """What a user data stream tells: orders and balances, a margin account's risk, or both."""

    TRADE = 1
    RISK = 2
    COMBINED = 3


class StageKind(IntEnum):
    """What a stage of an index script does."""

    WAIT = 1
    MOVE = 2
    STOP = 3
    """The feed stops: for as long as the stage lasts there is no price that anything new may rest on."""


class Pace(IntEnum):
    """How the way of a move is spread over its time."""

    EVEN = 0
    FAST_FIRST = 1
    FAST_LAST = 2
