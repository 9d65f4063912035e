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


class SelfTradePrevention(IntEnum):
    NONE = 1


class SideEffect(IntEnum):
    """What an order does to loans: borrow what is missing, repay from what is received, both, or nothing."""

    NO_SIDE_EFFECT = 1
    MARGIN_BUY = 2
    AUTO_REPAY = 3
    AUTO_BORROW_REPAY = 4


BORROWING: Final = (SideEffect.MARGIN_BUY, SideEffect.AUTO_BORROW_REPAY)
REPAYING: Final = (SideEffect.AUTO_REPAY, SideEffect.AUTO_BORROW_REPAY)


class LoanSource(IntEnum):
    """Who asked for a loan or a repayment: the user, or an order's side effect."""

    MANUAL = 1
    AUTO = 2


class InterestKind(IntEnum):
    PERIODIC = 1
    ON_BORROW = 2


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
