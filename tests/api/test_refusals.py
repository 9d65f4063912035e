"""Every reason that an endpoint declares is met over the wire, has its code and text, and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from openmargin.api.errors import Dialect
from openmargin.config.venue_file import load_venue
from openmargin.domain.enums import SelfTradePrevention, SymbolStatus
from openmargin.domain.money import E8
from openmargin.domain.reasons import Reason
from openmargin.domain.venue import Venue
from tests.api import refusals_of_legacy as legacy
from tests.api import refusals_of_special_keys as special_keys
from tests.api import refusals_of_user_streams as user_streams
from tests.api.bankruptcy import SLOW, bankrupt, in_liquidation, isolated_in_liquidation, near_its_level
from tests.api.order_lists import BUY_OCO, LIST, NEW_OTO, NEW_OTOCO, OCO, OTO, OTOCO, SELL_OCO
from tests.api.refusals import (
    Asked,
    Case,
    Prepare,
    check,
    check_coverage,
    check_spoiled,
    check_spoiled_coverage,
    post,
)
from tests.api.test_order_types import LIMIT, STOP
from tests.api.world import World
from tests.api.worlds import with_asset, with_margin, with_orders, with_symbol

ORDER = "/sapi/v1/margin/order"
OPEN_ORDERS = "/sapi/v1/margin/openOrders"
LOANS = "/sapi/v1/margin/borrow-repay"
TRANSFER = "/sapi/v1/asset/transfer"
ISOLATED = "/sapi/v1/margin/isolated/account"
MAX_BORROWABLE = "/sapi/v1/margin/maxBorrowable"
MAX_TRANSFERABLE = "/sapi/v1/margin/maxTransferable"

CASES: list[Case] = []


# --- placing ---------------------------------------------------------------------------------------------------

FORMS: Final[dict[str, Asked]] = {ORDER: LIMIT, OCO: BUY_OCO, OTO: NEW_OTO, OTOCO: NEW_OTOCO}
"""A buy of each form, far from the market."""
WORDS: Final = {
    "price": ("price", "price", "workingPrice", "workingPrice"),
    "quantity": ("quantity", "quantity", "workingQuantity", "workingQuantity"),
    "iceberg": ("icebergQty", "limitIcebergQty", "workingIcebergQty", "workingIcebergQty"),
    "name": ("newClientOrderId", "limitClientOrderId", "workingClientOrderId", "workingClientOrderId"),
}
"""What the forms call the same thing, in their order."""
MARKET: Asked = {"type": "MARKET", "price": None, "timeInForce": None}
PENDING_STOP: Asked = {"pendingType": "STOP_LOSS", "pendingPrice": None, "pendingStopPrice": "50000"}
MAKER: Asked = {"workingType": "LIMIT_MAKER", "workingTimeInForce": None, "workingPrice": "61000"}


def placing(
    reason: Reason,
    asked: Asked | None = None,
    prepare: Prepare | None = None,
    venue: Venue | None = None,
    forms: Mapping[str, Asked] | None = None,
    *,
    is_poor: bool = False,
) -> None:
    """A case for each form: `asked` in the form's words, or what `forms` says for it alone."""
    for number, (path, form) in enumerate(FORMS.items()):
        if forms is None or path in forms:
            changes = {WORDS[name][number] if name in WORDS else name: v for name, v in (asked or {}).items()}
            changes |= (forms or {}).get(path, {})
            CASES.append(Case(f"POST {path}", reason, {**form, **changes}, prepare, venue, is_poor))


BORROWING: Asked = {"sideEffectType": "MARGIN_BUY", "quantity": "3"}
everywhere: dict[str, Asked] = {path: {} for path in FORMS}
placing(Reason.UNKNOWN_SCOPE, {"isIsolated": "TRUE"})
placing(Reason.UNKNOWN_SYMBOL, {"symbol": "XYZUSDT"})
placing(Reason.SYMBOL_CLOSED, venue=with_symbol("BTCUSDT", status=SymbolStatus.BREAK))
placing(Reason.SYMBOL_NOT_ON_MARGIN, venue=with_symbol("BTCUSDT", cross_margin=False))
placing(
    Reason.SELF_TRADE_PREVENTION_NOT_ALLOWED,
    {"selfTradePreventionMode": "EXPIRE_TAKER"},
    venue=with_symbol("BTCUSDT", self_trade_preventions=(SelfTradePrevention.NONE,)),
)
placing(Reason.PRICE_FILTER, {"price": "50000.001"})
placing(Reason.PERCENT_PRICE, {"price": "1"})
placing(Reason.LOT_SIZE, {"quantity": "0.000001"})
placing(
    Reason.MARKET_LOT_SIZE,
    venue=with_symbol("BTCUSDT", market_max_quantity=E8 // 1000),
    forms={**everywhere, ORDER: MARKET, OTO: {"pendingType": "MARKET", "pendingPrice": None}},
)
placing(Reason.ICEBERG_ABOVE_QUANTITY, {"iceberg": "0.02"})
placing(Reason.ICEBERG_PARTS, {"iceberg": "0.004"}, venue=with_symbol("BTCUSDT", iceberg_parts=2))
placing(Reason.NOTIONAL, {"quantity": "0.00001"})
placing(
    Reason.MAX_NUM_ORDERS,
    prepare=post(ORDER, LIMIT),
    venue=with_symbol("BTCUSDT", max_num_orders=1),
)
placing(
    Reason.MAX_NUM_ALGO_ORDERS,
    prepare=post(ORDER, STOP),
    venue=with_symbol("BTCUSDT", max_num_algo_orders=1),
    forms={**everywhere, ORDER: {**STOP, "price": None, "timeInForce": None}, OTO: PENDING_STOP},
)
placing(
    Reason.MAX_NUM_ICEBERG_ORDERS,
    {"iceberg": "0.001"},
    prepare=post(ORDER, LIMIT, icebergQty="0.001"),
    venue=with_symbol("BTCUSDT", max_num_iceberg_orders=1),
)
placing(Reason.MAX_POSITION, venue=with_symbol("BTCUSDT", max_position=E8))
placing(
    Reason.LIMIT_PRICE_FAR_FROM_INDEX,
    {"price": "69001"},
    venue=with_symbol("BTCUSDT", limits_price_to_index=True),
    forms={
        **everywhere,
        OCO: {"price": "50000", "stopLimitPrice": "69001", "stopLimitTimeInForce": "GTC"},
    },
)
placing(Reason.DUPLICATE_CLIENT_ORDER_ID, {"name": "one"}, prepare=post(ORDER, LIMIT, newClientOrderId="one"))
placing(Reason.TOO_MANY_ORDERS, prepare=post(ORDER, LIMIT), venue=with_orders(limit_10s=1))
placing(
    Reason.WOULD_TAKE,
    prepare=post(ORDER, LIMIT, price="60003"),
    forms={
        ORDER: {"type": "LIMIT_MAKER", "timeInForce": None, "price": "61000"},
        OCO: {**SELL_OCO, "price": "60002"},
        OTO: MAKER,
        OTOCO: MAKER,
    },
)
placing(Reason.INSUFFICIENT_BALANCE, {"quantity": "3"})
placing(Reason.ASSET_NOT_BORROWABLE, BORROWING, venue=with_asset("USDT", borrowable=False))
placing(Reason.BORROW_LEVEL_TOO_LOW, BORROWING, is_poor=True)
placing(Reason.ABOVE_MAX_BORROWABLE, {**BORROWING, "quantity": "20"})
placing(Reason.INVENTORY_SHORT, BORROWING, venue=with_asset("USDT", pool_capital=E8))
placing(
    Reason.TRAILING_DELTA,
    forms={
        ORDER: {
            "type": "STOP_LOSS",
            "trailingDelta": "5",
            "price": None,
            "timeInForce": None,
        },
        OTO: {"pendingType": "STOP_LOSS", "pendingTrailingDelta": "5"},
        OTOCO: {"pendingBelowTrailingDelta": "5", "pendingBelowPrice": "50000"},
    },
)
placing(
    Reason.NO_LIQUIDITY_FOR_QUOTE_QUANTITY,
    forms={ORDER: {**MARKET, "quantity": None, "quoteOrderQty": "0.1"}},
)
placing(
    Reason.WOULD_TRIGGER,
    forms={ORDER: {"type": "STOP_LOSS", "stopPrice": "55000", "price": None, "timeInForce": None}},
)
lists: dict[str, Asked] = {OCO: {}, OTO: {}, OTOCO: {}}
placing(
    Reason.MAX_NUM_ORDER_LISTS,
    prepare=post(OCO, BUY_OCO),
    venue=with_symbol("BTCUSDT", max_num_order_lists=1),
    forms=lists,
)
placing(
    Reason.DUPLICATE_CLIENT_LIST_ID,
    {"listClientOrderId": "one"},
    prepare=post(OCO, BUY_OCO, listClientOrderId="one"),
    forms=lists,
)
placing(Reason.LIST_PRICES_WRONG, forms={OCO: {"price": "61000"}, OTOCO: {"pendingBelowStopPrice": "66000"}})


# --- cancelling ------------------------------------------------------------------------------------------------


def misnamed_order(world: World) -> Asked:
    return {"orderId": world.order().json["orderId"], "origClientOrderId": "other"}


def misnamed_list(world: World) -> Asked:
    placed = world.post(OCO, **BUY_OCO).json
    return {"orderListId": placed["orderListId"], "listClientOrderId": "other"}


HERE: Asked = {"symbol": "BTCUSDT", "isIsolated": "TRUE"}
for endpoint, named in (
    (f"DELETE {ORDER}", {"orderId": "99"}),
    (f"DELETE {OPEN_ORDERS}", {}),
    (f"DELETE {LIST}", {"orderListId": "99"}),
):
    CASES += [
        Case(endpoint, Reason.UNKNOWN_SCOPE, {**HERE, **named}),
        Case(endpoint, Reason.UNKNOWN_SYMBOL, {"symbol": "XYZUSDT", **named}),
    ]
CASES += [
    Case(f"DELETE {ORDER}", Reason.UNKNOWN_ORDER, {"symbol": "BTCUSDT", "orderId": "99"}),
    Case(f"DELETE {ORDER}", Reason.CLIENT_ORDER_ID_MISMATCH, {"symbol": "BTCUSDT"}, misnamed_order),
    Case(f"DELETE {OPEN_ORDERS}", Reason.NO_OPEN_ORDERS, {"symbol": "BTCUSDT"}),
    Case(f"DELETE {LIST}", Reason.UNKNOWN_LIST, {"symbol": "BTCUSDT", "orderListId": "99"}),
    Case(f"DELETE {LIST}", Reason.CLIENT_LIST_ID_MISMATCH, {"symbol": "BTCUSDT"}, misnamed_list),
]


# --- loans, transfers, isolated accounts -----------------------------------------------------------------------

BORROW: Asked = {"type": "BORROW", "asset": "USDT", "amount": "100"}
REPAY: Asked = {**BORROW, "type": "REPAY"}
IN: Asked = {"type": "MAIN_MARGIN", "asset": "USDT", "amount": "1"}
OUT: Asked = {**IN, "type": "MARGIN_MAIN"}
INTO: Asked = {**OUT, "type": "MARGIN_ISOLATEDMARGIN", "toSymbol": "BTCUSDT"}
AROUND: Asked = {
    **INTO,
    "type": "ISOLATEDMARGIN_ISOLATEDMARGIN",
    "fromSymbol": "BTCUSDT",
}
opened = post(ISOLATED, {"symbol": "BTCUSDT"})
NO_ETH_LOANS: Final = with_asset("ETH", borrowable=False)


def sold_what_it_owes(world: World) -> None:
    post(LOANS, BORROW, asset="BTC", amount="0.1")(world)
    post(ORDER, {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "1.1"})(world)


def funded(world: World) -> None:
    opened(world)
    world.deposit("USDT", "5", "BTCUSDT")


def closed_and_opened(world: World) -> None:
    opened(world)
    assert world.delete(ISOLATED, symbol="BTCUSDT").status == 200
    opened(world)


CASES += [
    Case(f"POST {LOANS}", reason, asked, prepare, venue, is_poor)
    for reason, asked, prepare, venue, is_poor in (
        (Reason.UNKNOWN_SCOPE, {**BORROW, **HERE}, None, None, False),
        (Reason.AMOUNT_NOT_POSITIVE, {**BORROW, "amount": "0"}, None, None, False),
        (Reason.UNKNOWN_ASSET, {**BORROW, "asset": "XYZ"}, None, None, False),
        (Reason.ASSET_NOT_BORROWABLE, {**BORROW, "asset": "ETH"}, None, NO_ETH_LOANS, False),
        (Reason.ASSET_NOT_IN_PAIR, {**BORROW, **HERE, "asset": "ETH"}, opened, None, False),
        (Reason.BELOW_MIN_BORROW, {**BORROW, "asset": "BTC", "amount": "0.000001"}, None, None, False),
        (Reason.BORROW_LEVEL_TOO_LOW, BORROW, None, None, True),
        (Reason.ABOVE_MAX_BORROWABLE, {**BORROW, "amount": "10000000"}, None, None, False),
        (Reason.INVENTORY_SHORT, BORROW, None, with_asset("USDT", pool_capital=E8), False),
        (Reason.ABOVE_DEBT, REPAY, None, None, False),
        (
            Reason.BELOW_MIN_REPAY,
            {**REPAY, "asset": "BTC", "amount": "0.000001"},
            post(LOANS, BORROW, asset="BTC", amount="0.1"),
            None,
            False,
        ),
        (
            Reason.DEBT_LEFT_TOO_SMALL,
            {**REPAY, "amount": "99.9"},
            post(LOANS, BORROW),
            with_asset("USDT", min_debt_left=E8),
            False,
        ),
        (
            Reason.REPAY_BALANCE_SHORT,
            {**REPAY, "asset": "BTC", "amount": "0.1"},
            sold_what_it_owes,
            None,
            False,
        ),
    )
]
CASES += [
    Case(f"POST {TRANSFER}", reason, asked, prepare, venue)
    for reason, asked, prepare, venue in (
        (Reason.UNKNOWN_SCOPE, INTO, None, None),
        (Reason.SAME_SCOPE, AROUND, opened, None),
        (Reason.UNKNOWN_ASSET, {**OUT, "asset": "XYZ"}, None, None),
        (Reason.AMOUNT_NOT_POSITIVE, {**OUT, "amount": "0"}, None, None),
        (Reason.ASSET_NOT_IN_PAIR, {**INTO, "asset": "ETH"}, opened, None),
        (Reason.ASSET_NOT_COLLATERAL, {**IN, "asset": "ETH"}, None, with_asset("ETH", collateral=False)),
        (Reason.TRANSFER_BALANCE_SHORT, {**OUT, "amount": "1000000"}, None, None),
        (Reason.TRANSFER_LEVEL_TOO_LOW, OUT, post(LOANS, BORROW, amount="300000"), None),
        (
            Reason.ABOVE_MAX_TRANSFERABLE,
            {**OUT, "amount": "150000"},
            post(LOANS, BORROW, amount="100000"),
            None,
        ),
    )
]
for path in (MAX_BORROWABLE, MAX_TRANSFERABLE):
    CASES += [
        Case(f"GET {path}", Reason.UNKNOWN_SCOPE, {"asset": "USDT", "isolatedSymbol": "BTCUSDT"}),
        Case(f"GET {path}", Reason.UNKNOWN_ASSET, {"asset": "XYZ"}),
        Case(f"GET {path}", Reason.ASSET_NOT_IN_PAIR, {"asset": "ETH", "isolatedSymbol": "BTCUSDT"}, opened),
    ]
CASES += [
    Case(f"GET {MAX_BORROWABLE}", Reason.ASSET_NOT_BORROWABLE, {"asset": "ETH"}, None, NO_ETH_LOANS),
    Case(f"POST {ISOLATED}", Reason.UNKNOWN_SYMBOL, {"symbol": "XYZUSDT"}),
    Case(
        f"POST {ISOLATED}",
        Reason.PAIR_NOT_ISOLATED,
        {"symbol": "BTCUSDT"},
        venue=with_symbol("BTCUSDT", isolated_margin=False),
    ),
    Case(f"POST {ISOLATED}", Reason.ISOLATED_ALREADY_OPEN, {"symbol": "BTCUSDT"}, opened),
    Case(
        f"POST {ISOLATED}",
        Reason.TOO_MANY_ISOLATED,
        {"symbol": "ETHUSDT"},
        opened,
        with_margin(isolated_accounts_max=1),
    ),
    Case(f"DELETE {ISOLATED}", Reason.UNKNOWN_SCOPE, {"symbol": "BTCUSDT"}),
    Case(f"DELETE {ISOLATED}", Reason.ISOLATED_NOT_EMPTY, {"symbol": "BTCUSDT"}, funded),
    Case(f"DELETE {ISOLATED}", Reason.ISOLATED_CLOSED_TOO_SOON, {"symbol": "BTCUSDT"}, closed_and_opened),
]


# --- preferences -----------------------------------------------------------------------------------------------

LEVERAGE = "/sapi/v1/margin/max-leverage"
BNB_BURN = "/sapi/v1/bnbBurn"
FIVE_FIRST: Final = load_venue().margin.leverages[::-1]
CASES += [
    Case(f"POST {LEVERAGE}", Reason.UNKNOWN_LEVERAGE, {"maxLeverage": "10"}),
    Case(
        f"POST {LEVERAGE}",
        Reason.LEVERAGE_LEVEL_TOO_LOW,
        {"maxLeverage": "3"},
        post(LOANS, BORROW, amount="350000"),
        with_margin(leverages=FIVE_FIRST),
    ),
    Case(
        f"POST {BNB_BURN}",
        Reason.INTEREST_ASSET_UNKNOWN,
        {"interestBNBBurn": "true"},
        venue=with_margin(burn_asset="XYZ"),
    ),
]
CASES += special_keys.CASES
CASES += user_streams.CASES


# --- small debts -----------------------------------------------------------------------------------------------

SMALL = "/sapi/v1/margin/exchange-small-liability"
owes_little = post(LOANS, BORROW, asset="ETH", amount="0.002")


def exchanged_and_owes_little(world: World) -> None:
    owes_little(world)
    post(SMALL, {"assetNames": "ETH"})(world)
    owes_little(world)


CASES += [
    Case(f"POST {SMALL}", reason, {"assetNames": names}, prepare, venue)
    for reason, names, prepare, venue in (
        (Reason.NOT_A_SMALL_LIABILITY, "ETH,BTC", owes_little, None),
        (Reason.TOO_MANY_SMALL_LIABILITIES, ",".join(["ETH"] * 11), owes_little, None),
        (Reason.SMALL_LIABILITIES_TOO_SOON, "ETH", exchanged_and_owes_little, None),
        (Reason.INVENTORY_SHORT, "ETH", owes_little, with_asset("USDT", pool_capital=E8)),
    )
]


# --- liquidation -----------------------------------------------------------------------------------------------

MANUAL = "/sapi/v1/margin/manual-liquidation"
DEAR: Final[dict[str, Asked]] = {
    ORDER: {
        "type": "STOP_LOSS_LIMIT",
        "side": "SELL",
        "quantity": "4.9",
        "price": "30000",
        "stopPrice": "31000",
    },
    OCO: {
        **SELL_OCO,
        "quantity": "4.9",
        "price": "65000",
        "stopPrice": "31000",
        "stopLimitPrice": "30000",
        "stopLimitTimeInForce": "GTC",
    },
    OTO: {
        "workingPrice": "39000",
        "pendingType": "STOP_LOSS_LIMIT",
        "pendingSide": "SELL",
        "pendingQuantity": "4.9",
        "pendingPrice": "30000",
        "pendingStopPrice": "31000",
        "pendingTimeInForce": "GTC",
    },
    OTOCO: {
        "workingPrice": "39000",
        "pendingQuantity": "4.9",
        "pendingBelowType": "STOP_LOSS_LIMIT",
        "pendingBelowPrice": "30000",
        "pendingBelowStopPrice": "31000",
        "pendingBelowTimeInForce": "GTC",
    },
}
"""Sells of 4.9 BTC that lose 49,000 USDT, once the index is at 40,000."""
placing(Reason.ORDER_LEVEL_TOO_LOW, prepare=near_its_level, forms=DEAR)
placing(Reason.LIQUIDATING_NO_TRADE, prepare=in_liquidation, venue=SLOW)
placing(Reason.LIQUIDATION_LOAN_OWED, {**BORROWING, "price": "20000"}, bankrupt)
CASES += [
    Case(endpoint, reason, asked, in_liquidation, SLOW)
    for endpoint, reason, asked in (
        (f"POST {LOANS}", Reason.LIQUIDATING_NO_BORROW, BORROW),
        (f"POST {LOANS}", Reason.LIQUIDATING_NO_REPAY, REPAY),
        (f"POST {TRANSFER}", Reason.LIQUIDATING_NO_TRANSFER_IN, IN),
        (f"POST {TRANSFER}", Reason.LIQUIDATING_NO_TRANSFER_OUT, OUT),
        (f"POST {LEVERAGE}", Reason.LIQUIDATING, {"maxLeverage": "5"}),
        (f"POST {SMALL}", Reason.LIQUIDATING, {"assetNames": "USDT"}),
    )
]
CASES += [
    Case(f"POST {MANUAL}", Reason.UNKNOWN_SCOPE, {"type": "ISOLATED", "symbol": "BTCUSDT"}),
    Case(f"POST {MANUAL}", Reason.LIQUIDATING, {"type": "MARGIN"}, in_liquidation, SLOW),
    Case(f"POST {MANUAL}", Reason.NOTHING_TO_LIQUIDATE, {"type": "MARGIN"}),
    Case(f"POST {LOANS}", Reason.LIQUIDATION_LOAN_OWED, BORROW, bankrupt),
    Case(f"POST {TRANSFER}", Reason.LIQUIDATION_LOAN_OWED, OUT, bankrupt),
    Case(f"DELETE {ISOLATED}", Reason.LIQUIDATING, {"symbol": "BTCUSDT"}, isolated_in_liquidation, SLOW),
]


# --- restrictions, delistings and old prices ---------------------------------------------------------------------

AGING: Final = with_margin(index_max_age_ms=1_000)
FULL: Final = with_asset("BTC", max_collateral=1)


def grown_old(world: World) -> None:
    """In debt, and nobody has set a price for long."""
    post(LOANS, BORROW, asset="ETH", amount="0.002")(world)
    world.advance(1_001)


placing(Reason.LONG_RESTRICTED, venue=with_asset("BTC", open_long_restricted=True))
placing(Reason.COLLATERAL_CAP, venue=FULL)
placing(Reason.NO_INDEX_PRICE, prepare=grown_old, venue=AGING)
CASES += [
    Case(f"POST {TRANSFER}", Reason.ASSET_DELISTED, IN, None, with_asset("USDT", delist_at_ms=1 << 42)),
    Case(f"POST {TRANSFER}", Reason.COLLATERAL_CAP, {**IN, "asset": "BTC"}, None, FULL),
    Case(f"POST {TRANSFER}", Reason.NO_INDEX_PRICE, OUT, grown_old, AGING),
    Case(f"POST {LOANS}", Reason.NO_INDEX_PRICE, {**BORROW, "asset": "BTC"}, grown_old, AGING),
    Case(f"GET {MAX_BORROWABLE}", Reason.NO_INDEX_PRICE, {"asset": "BTC"}, grown_old, AGING),
    Case(f"GET {MAX_TRANSFERABLE}", Reason.NO_INDEX_PRICE, {"asset": "BTC"}, grown_old, AGING),
    Case(f"POST {LEVERAGE}", Reason.NO_INDEX_PRICE, {"maxLeverage": "5"}, grown_old, AGING),
    Case(f"POST {SMALL}", Reason.NO_INDEX_PRICE, {"assetNames": "ETH"}, grown_old, AGING),
]


CASES += legacy.translated(CASES)
CASES += legacy.CASES


# --- the tests -------------------------------------------------------------------------------------------------


def test_every_declared_reason_has_a_case_and_no_other() -> None:
    check_coverage(CASES, Dialect.SAPI)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_refusal_has_its_code_and_changes_nothing(case: Case) -> None:
    check(case)


GOOD: Final[dict[str, Asked]] = {
    **{f"POST {path}": form for path, form in FORMS.items()},
    f"DELETE {ORDER}": {"symbol": "BTCUSDT", "orderId": "99"},
    f"DELETE {OPEN_ORDERS}": {"symbol": "BTCUSDT"},
    f"DELETE {LIST}": {"symbol": "BTCUSDT", "orderListId": "99"},
    f"POST {LOANS}": BORROW,
    f"POST {TRANSFER}": OUT,
    f"POST {ISOLATED}": {"symbol": "BTCUSDT"},
    f"DELETE {ISOLATED}": {"symbol": "BTCUSDT"},
    f"POST {SMALL}": {"assetNames": "ETH"},
    f"POST {MANUAL}": {"type": "ISOLATED", "symbol": "BTCUSDT"},
    f"POST {LEVERAGE}": {"maxLeverage": "3"},
    f"POST {BNB_BURN}": {"spotBNBBurn": "true", "interestBNBBurn": "true"},
    "POST /sapi/v3/asset/getUserAsset": {"asset": "USDT"},
    "POST /sapi/v1/asset/get-funding-asset": {},
    "POST /sapi/v1/margin/dust": {},
    **special_keys.GOOD,
    **legacy.GOOD,
    **user_streams.GOOD,
}
"""A request of every endpoint that changes something, to be spoiled in one parameter."""


def test_every_endpoint_that_changes_something_is_spoiled() -> None:
    check_spoiled_coverage(GOOD, Dialect.SAPI)


@pytest.mark.parametrize("name", GOOD)
def test_a_bad_parameter_has_its_code_and_changes_nothing(world: World, name: str) -> None:
    check_spoiled(world, name, GOOD[name])
