"""Saved answers about one account, told apart by what they hold.

Owns: which fields matter here. All others are skipped, so an answer may be newer than this page.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeVar, cast

import msgspec
from msgspec import Struct, field

T = TypeVar("T")

KNOWN: Final = (
    "margin/account, margin/isolated/account, margin/openOrders, margin/openOrderList, api/v3/account,"
    " api/v3/openOrders, ticker/price"
)


class Unreadable(Exception):
    """Saved answers that describe no portfolio that can be rebuilt; the text is for people."""


class Holding(Struct, rename="camel"):
    """What an account has and owes of one asset."""

    asset: str
    free: str
    locked: str
    borrowed: str = "0"
    interest: str = "0"


class CrossAnswer(Struct, rename="camel"):
    user_assets: list[Holding]


class IsolatedRow(Struct, rename="camel"):
    symbol: str
    base_asset: Holding
    quote_asset: Holding
    enabled: bool = True


class IsolatedAnswer(Struct):
    assets: list[IsolatedRow]


class SpotAnswer(Struct):
    balances: list[Holding]


class OpenOrder(Struct, rename="camel"):
    """One open order; without `isIsolated` it is of the spot wallet."""

    symbol: str
    order_id: int
    client_order_id: str
    price: str
    orig_qty: str
    executed_qty: str
    time_in_force: str
    type: str
    side: str
    order_list_id: int = -1
    stop_price: str = "0"
    iceberg_qty: str = "0"
    trailing_delta: int = 0
    is_working: bool = True
    is_isolated: bool | None = None
    self_trade_prevention_mode: str = "NONE"
    strategy_id: int | None = None
    strategy_type: int | None = None


class Leg(Struct, rename="camel"):
    symbol: str
    order_id: int


class OpenList(Struct, rename="camel"):
    """One row of openOrderList: the margin API's open orders do not say themselves to which list they belong."""

    order_list_id: int
    orders: list[Leg]


class SavedPrice(Struct):
    symbol: str
    price: str


class Portfolio(Struct):
    """All that the files say; what no file says is None, and then nothing is known of it."""

    cross: CrossAnswer | None = None
    isolated: IsolatedAnswer | None = None
    spot: SpotAnswer | None = None
    orders: list[OpenOrder] = field(default_factory=list[OpenOrder])
    lists: list[OpenList] = field(default_factory=list[OpenList])
    prices: list[SavedPrice] = field(default_factory=list[SavedPrice])


def read_portfolio(files: Sequence[Path]) -> Portfolio:
    """What saved answers say. Raises Unreadable."""
    portfolio = Portfolio()
    for file in files:
        try:
            _gather(msgspec.json.decode(file.read_bytes()), portfolio)
        except OSError as error:
            raise Unreadable(f"{file}: {error.strerror or error}: name a file that can be read") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Unreadable(f"{file}: {error}: save the answer's body as it came") from None
        except Unreadable as problem:
            raise Unreadable(f"{file}: {problem}") from None
    if portfolio.cross is None and portfolio.isolated is None and portfolio.spot is None:
        raise Unreadable("no file says what the account holds: save margin/account or isolated/account")
    listed = {(leg.symbol, leg.order_id): row.order_list_id for row in portfolio.lists for leg in row.orders}
    for order in portfolio.orders:
        order.order_list_id = listed.get((order.symbol, order.order_id), order.order_list_id)
    return portfolio


def _gather(raw: object, portfolio: Portfolio) -> None:
    if isinstance(raw, list):
        rows = cast("list[object]", raw)
        if not rows:
            return  # Nothing is open, in words that do not say of what.
        if _has(rows[0], "orderId"):
            portfolio.orders += msgspec.convert(rows, list[OpenOrder])
            return
        if _has(rows[0], "contingencyType"):
            portfolio.lists += msgspec.convert(rows, list[OpenList])
            return
        if _has(rows[0], "price"):
            portfolio.prices += msgspec.convert(rows, list[SavedPrice])
            return
    elif _has(raw, "userAssets"):
        portfolio.cross = _once(portfolio.cross, msgspec.convert(raw, CrossAnswer))
        return
    elif _has(raw, "assets"):
        portfolio.isolated = _once(portfolio.isolated, msgspec.convert(raw, IsolatedAnswer))
        return
    elif _has(raw, "balances"):
        portfolio.spot = _once(portfolio.spot, msgspec.convert(raw, SpotAnswer))
        return
    elif _has(raw, "price"):
        portfolio.prices.append(msgspec.convert(raw, SavedPrice))
        return
    raise Unreadable(f"it is none of the answers that are known here: save one of {KNOWN}")


def _has(raw: object, name: str) -> bool:
    return isinstance(raw, dict) and name in raw


def _once(before: T | None, now: T) -> T:
    if before is not None:
        raise Unreadable("another file says the same of the account: name one of the two")
    return now
