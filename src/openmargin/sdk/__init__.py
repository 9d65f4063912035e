"""The exchange as a Python object: the same engine, in this process, without network and without an event loop.

Owns: the words of the Python API: decimals in and out, refusals as exceptions, accounts as objects.
Never: decides; commands go to the engine that the server drives, and what they are checked for before that is the rim's.
"""

from openmargin.domain.enums import (
    CancelReplaceMode,
    Contingency,
    KeyKind,
    LiquidationEnd,
    MarginStatus,
    OrderStatus,
    OrderType,
    Permission,
    SelfTradePrevention,
    Side,
    SideEffect,
    TimeInForce,
)
from openmargin.domain.reasons import Reason
from openmargin.sdk.account import Account, TradingAccount
from openmargin.sdk.amounts import Amount
from openmargin.sdk.answers import (
    Balance,
    Depth,
    Liquidation,
    Margin,
    Order,
    OrderList,
    Trade,
)
from openmargin.sdk.exchange import Exchange
from openmargin.sdk.facts import Entry, Event
from openmargin.sdk.legs import Leg
from openmargin.sdk.refused import Refused
from openmargin.sdk.replacing import Replacement

__all__ = [
    "Account",
    "Amount",
    "Balance",
    "CancelReplaceMode",
    "Contingency",
    "Depth",
    "Entry",
    "Event",
    "Exchange",
    "KeyKind",
    "Leg",
    "Liquidation",
    "LiquidationEnd",
    "Margin",
    "MarginStatus",
    "Order",
    "OrderList",
    "OrderStatus",
    "OrderType",
    "Permission",
    "Reason",
    "Refused",
    "Replacement",
    "SelfTradePrevention",
    "Side",
    "SideEffect",
    "TimeInForce",
    "Trade",
    "TradingAccount",
]
