"""Every reason that an endpoint of the spot API declares is met over the wire, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
import pytest

from openmargin.api.errors import Dialect
from openmargin.domain.enums import OpenOrderLoss, SelfTradePrevention, SymbolStatus
from openmargin.domain.money import E8
from openmargin.domain.reasons import Reason
from openmargin.domain.venue import Venue
from tests.api import refusals_of_user_streams as user_streams
from tests.api.bankruptcy import SLOW, key_in_liquidation, near_its_level
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
from tests.api.world import Key, World
from tests.api.worlds import bound_by_margin_checks, with_asset, with_margin, with_orders, with_symbol

ORDER = "/api/v3/order"
TEST = "/api/v3/order/test"
REPLACE = "/api/v3/order/cancelReplace"
LIST = "/api/v3/orderList"
OCO = "/api/v3/orderList/oco"
OTO = "/api/v3/orderList/oto"
OTOCO = "/api/v3/orderList/otoco"
LEGACY = "/api/v3/order/oco"
AMEND = "/api/v3/order/amend/keepPriority"
OPEN_ORDERS = "/api/v3/openOrders"

BUY: Asked = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.01"}
LIMIT: Asked = {**BUY, "type": "LIMIT", "timeInForce": "GTC", "price": "50000"}
STOP: Asked = {**BUY, "type": "STOP_LOSS", "stopPrice": "65000", "price": None, "timeInForce": None}
MARKET: Asked = {"type": "MARKET", "price": None, "timeInForce": None}

NEW_OCO: Asked = {
    **BUY,
    "aboveType": "STOP_LOSS",
    "aboveStopPrice": "65000",
    "belowType": "LIMIT_MAKER",
    "belowPrice": "50000",
}
NEW_LEGACY: Asked = {**BUY, "price": "50000", "stopPrice": "65000"}
WORKING: Asked = {
    "symbol": "BTCUSDT",
    "workingType": "LIMIT",
    "workingSide": "BUY",
    "workingPrice": "59000",
    "workingQuantity": "0.02",
    "workingTimeInForce": "GTC",
    "pendingSide": "SELL",
    "pendingQuantity": "0.01",
}
NEW_OTO: Asked = {**WORKING, "pendingType": "LIMIT_MAKER", "pendingPrice": "65000"}
NEW_OTOCO: Asked = {
    **WORKING,
    "pendingAboveType": "TAKE_PROFIT",
    "pendingAboveStopPrice": "65000",
    "pendingBelowType": "STOP_LOSS",
    "pendingBelowStopPrice": "50000",
}

CASES: list[Case] = []


# --- placing ---------------------------------------------------------------------------------------------------

FORMS: Final[dict[str, Asked]] = {
    ORDER: LIMIT,
    TEST: LIMIT,
    REPLACE: {**LIMIT, "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": "99"},
    OCO: NEW_OCO,
    LEGACY: NEW_LEGACY,
    OTO: NEW_OTO,
    OTOCO: NEW_OTOCO,
}
SINGLE: Final = (ORDER, TEST, REPLACE)
LISTS: Final = (OCO, LEGACY, OTO, OTOCO)
WORKING_WORDS: Final = {
    "price": "workingPrice",
    "quantity": "workingQuantity",
    "iceberg": "workingIcebergQty",
    "name": "workingClientOrderId",
}
WORDS: Final = {
    OCO: {"price": "belowPrice", "iceberg": "belowIcebergQty", "name": "belowClientOrderId"},
    LEGACY: {"iceberg": "limitIcebergQty", "name": "limitClientOrderId"},
    **dict.fromkeys((OTO, OTOCO), WORKING_WORDS),
    **{path: {"iceberg": "icebergQty", "name": "newClientOrderId"} for path in SINGLE},
}
"""What the forms call the same thing, where it is not what it is called here."""
"""A buy of each form, far from the market."""


def placing(
    reason: Reason,
    asked: Asked | None = None,
    prepare: Prepare | None = None,
    venue: Venue | None = None,
    forms: Mapping[str, Asked] | None = None,
    *,
    key: Callable[[World], Key] | None = None,
) -> None:
    """A case for each form: `asked` in the form's words, with what `forms` says for it alone."""
    for path, form in FORMS.items():
        if forms is None or path in forms:
            words = {WORDS[path].get(name, name): value for name, value in (asked or {}).items()}
            sent = {**form, **words, **(forms or {}).get(path, {})}
            CASES.append(Case(f"POST {path}", reason, sent, prepare, venue, key=key))


def forms_of(asked: Asked, *paths: str) -> dict[str, Asked]:
    return dict.fromkeys(paths, asked)


def only(*paths: str) -> dict[str, Asked]:
    return forms_of({}, *paths)


MAKER: Asked = {"workingType": "LIMIT_MAKER", "workingTimeInForce": None, "workingPrice": "61000"}
PENDING_MARKET: Asked = {"pendingType": "MARKET", "pendingPrice": None}
PENDING_STOP: Asked = {"pendingType": "STOP_LOSS", "pendingPrice": None, "pendingStopPrice": "50000"}
placing(Reason.UNKNOWN_SCOPE, key=World.orphaned_key)
placing(Reason.UNKNOWN_SYMBOL, {"symbol": "XYZUSDT"})
placing(Reason.SYMBOL_CLOSED, venue=with_symbol("BTCUSDT", status=SymbolStatus.BREAK))
placing(Reason.SYMBOL_NOT_ON_MARGIN, venue=with_symbol("BTCUSDT", cross_margin=False), key=World.special_key)
placing(
    Reason.SELF_TRADE_PREVENTION_NOT_ALLOWED,
    {"selfTradePreventionMode": "DECREMENT"},
    venue=with_symbol("BTCUSDT", self_trade_preventions=(SelfTradePrevention.NONE,)),
)
placing(Reason.PRICE_FILTER, {"price": "50000.001"})
placing(Reason.PERCENT_PRICE, {"price": "1"})
placing(Reason.LOT_SIZE, {"quantity": "0.000001"})
placing(
    Reason.MARKET_LOT_SIZE,
    venue=with_symbol("BTCUSDT", market_max_quantity=E8 // 1000),
    forms={**only(OCO, LEGACY, OTOCO), **forms_of(MARKET, *SINGLE), OTO: PENDING_MARKET},
)
placing(Reason.ICEBERG_ABOVE_QUANTITY, {"iceberg": "0.02"})
placing(Reason.ICEBERG_PARTS, {"iceberg": "0.004"}, venue=with_symbol("BTCUSDT", iceberg_parts=2))
placing(Reason.NOTIONAL, {"quantity": "0.00001"})
placing(Reason.MAX_NUM_ORDERS, prepare=post(ORDER, LIMIT), venue=with_symbol("BTCUSDT", max_num_orders=1))
placing(
    Reason.MAX_NUM_ALGO_ORDERS,
    prepare=post(ORDER, {name: value for name, value in STOP.items() if value is not None}),
    venue=with_symbol("BTCUSDT", max_num_algo_orders=1),
    forms={**only(OCO, LEGACY, OTOCO), **forms_of(STOP, *SINGLE), OTO: PENDING_STOP},
)
placing(
    Reason.MAX_NUM_ICEBERG_ORDERS,
    {"iceberg": "0.001"},
    post(ORDER, LIMIT, icebergQty="0.001"),
    with_symbol("BTCUSDT", max_num_iceberg_orders=1),
)
placing(Reason.MAX_POSITION, venue=with_symbol("BTCUSDT", max_position=E8))
placing(
    Reason.LIMIT_PRICE_FAR_FROM_INDEX,
    venue=with_symbol("BTCUSDT", limits_price_to_index=True),
    forms={
        **forms_of({"price": "69001"}, *SINGLE),
        OCO: {"aboveType": "STOP_LOSS_LIMIT", "abovePrice": "69001", "aboveTimeInForce": "GTC"},
        LEGACY: {"stopLimitPrice": "69001", "stopLimitTimeInForce": "GTC"},
        **forms_of({"workingPrice": "69001"}, OTO, OTOCO),
    },
    key=lambda world: world.special_key("BTCUSDT"),
)
placing(
    Reason.TRAILING_DELTA,
    forms={
        **forms_of({**STOP, "stopPrice": None, "trailingDelta": "5"}, *SINGLE),
        OCO: {"aboveTrailingDelta": "5"},
        LEGACY: {"trailingDelta": "5"},
        OTO: {**PENDING_STOP, "pendingTrailingDelta": "5"},
        OTOCO: {"pendingBelowTrailingDelta": "5"},
    },
)
counted = only(ORDER, REPLACE, *LISTS)
placing(Reason.TOO_MANY_ORDERS, prepare=post(ORDER, LIMIT), venue=with_orders(limit_10s=1), forms=counted)
# What a cancel-replace is refused with after the cancel is told of in the answer: see test_spot_replacing.py.
placing(
    Reason.DUPLICATE_CLIENT_ORDER_ID,
    {"name": "one"},
    post(ORDER, LIMIT, newClientOrderId="one"),
    forms=only(ORDER, TEST, *LISTS),
)
placing(
    Reason.NO_LIQUIDITY_FOR_QUOTE_QUANTITY,
    {**MARKET, "quantity": None, "quoteOrderQty": "0.1"},
    forms=only(ORDER, TEST),
)
placing(
    Reason.WOULD_TAKE,
    # A buyer inside the house's spread, so that a maker's price above the last one may still meet somebody.
    prepare=post(ORDER, LIMIT, price="60003"),
    forms={
        ORDER: {"type": "LIMIT_MAKER", "timeInForce": None, "price": "61000"},
        OCO: {
            "side": "SELL",
            "aboveType": "LIMIT_MAKER",
            "abovePrice": "60002",
            "aboveStopPrice": None,
            "belowType": "STOP_LOSS",
            "belowStopPrice": "50000",
            "belowPrice": None,
        },
        LEGACY: {"side": "SELL", "price": "60002", "stopPrice": "50000"},
        OTO: MAKER,
        OTOCO: MAKER,
    },
)
placing(Reason.WOULD_TRIGGER, {**STOP, "stopPrice": "55000"}, forms=only(ORDER))
placing(Reason.INSUFFICIENT_BALANCE, {"quantity": "3"}, forms=only(ORDER, *LISTS))
placing(
    Reason.MAX_NUM_ORDER_LISTS,
    prepare=post(OCO, NEW_OCO),
    venue=with_symbol("BTCUSDT", max_num_order_lists=1),
    forms=only(*LISTS),
)
placing(
    Reason.DUPLICATE_CLIENT_LIST_ID,
    {"listClientOrderId": "one"},
    post(OCO, NEW_OCO, listClientOrderId="one"),
    forms=only(*LISTS),
)
placing(
    Reason.LIST_PRICES_WRONG,
    forms={
        OCO: {"belowPrice": "61000"},
        LEGACY: {"price": "61000"},
        OTOCO: {"pendingBelowStopPrice": "66000"},
    },
)

CHEAP_SELL: Asked = {
    "type": "STOP_LOSS_LIMIT",
    "side": "SELL",
    "quantity": "4.9",
    "price": "30000",
    "stopPrice": "31000",
    "timeInForce": "GTC",
}


def key_of_old_prices(world: World) -> Key:
    key = world.special_key()
    world.advance(1_001)
    return key


BOUND_PAIR: Final = bound_by_margin_checks(with_symbol("BTCUSDT", limits_price_to_index=True))
AGING: Final = msgspec.structs.replace(
    BOUND_PAIR, margin=msgspec.structs.replace(BOUND_PAIR.margin, index_max_age_ms=1_000)
)
placing(Reason.NO_INDEX_PRICE, venue=AGING, key=key_of_old_prices)
placing(
    Reason.LONG_RESTRICTED,
    venue=bound_by_margin_checks(with_asset("BTC", open_long_restricted=True)),
    key=World.special_key,
)
placing(
    Reason.COLLATERAL_CAP,
    venue=bound_by_margin_checks(with_asset("BTC", max_collateral=1)),
    key=World.special_key,
)
placing(
    Reason.LIQUIDATING_NO_TRADE,
    venue=SLOW,
    key=key_in_liquidation,
)
placing(
    Reason.ORDER_LEVEL_TOO_LOW,
    prepare=near_its_level,
    venue=with_margin(open_order_loss=OpenOrderLoss.BOTH),
    forms={
        ORDER: CHEAP_SELL,
        OCO: {
            "side": "SELL",
            "quantity": "4.9",
            "aboveType": "LIMIT_MAKER",
            "abovePrice": "65000",
            "aboveStopPrice": None,
            "belowType": "STOP_LOSS_LIMIT",
            "belowPrice": "30000",
            "belowStopPrice": "31000",
            "belowTimeInForce": "GTC",
        },
        LEGACY: {
            "side": "SELL",
            "quantity": "4.9",
            "price": "65000",
            "stopPrice": "31000",
            "stopLimitPrice": "30000",
            "stopLimitTimeInForce": "GTC",
        },
        OTO: {
            "workingPrice": "39000",
            "pendingType": "STOP_LOSS_LIMIT",
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
    },
    key=World.special_key,
)


# --- cancelling ------------------------------------------------------------------------------------------------


def misnamed_order(world: World) -> Asked:
    return {"orderId": world.post(ORDER, **LIMIT).json["orderId"], "origClientOrderId": "other"}


def new_order(world: World) -> Asked:
    return {"orderId": world.post(ORDER, **LIMIT).json["orderId"]}


def misnamed_list(world: World) -> Asked:
    placed = world.post(OCO, **NEW_OCO).json
    return {"orderListId": placed["orderListId"], "listClientOrderId": "other"}


for endpoint, named in (
    (f"DELETE {ORDER}", {"orderId": "99"}),
    (f"DELETE {OPEN_ORDERS}", {}),
    (f"DELETE {LIST}", {"orderListId": "99"}),
):
    CASES += [
        Case(endpoint, Reason.UNKNOWN_SCOPE, {"symbol": "BTCUSDT", **named}, key=World.orphaned_key),
        Case(endpoint, Reason.UNKNOWN_SYMBOL, {"symbol": "XYZUSDT", **named}),
    ]
CASES += [
    Case(f"DELETE {ORDER}", Reason.UNKNOWN_ORDER, {"symbol": "BTCUSDT", "orderId": "99"}),
    Case(f"DELETE {ORDER}", Reason.CLIENT_ORDER_ID_MISMATCH, {"symbol": "BTCUSDT"}, misnamed_order),
    Case(
        f"DELETE {ORDER}",
        Reason.CANCEL_RESTRICTED,
        {"symbol": "BTCUSDT", "cancelRestrictions": "ONLY_PARTIALLY_FILLED"},
        new_order,
    ),
    Case(f"DELETE {OPEN_ORDERS}", Reason.NO_OPEN_ORDERS, {"symbol": "BTCUSDT"}),
    Case(f"DELETE {LIST}", Reason.UNKNOWN_LIST, {"symbol": "BTCUSDT", "orderListId": "99"}),
    Case(f"DELETE {LIST}", Reason.CLIENT_LIST_ID_MISMATCH, {"symbol": "BTCUSDT"}, misnamed_list),
]


# --- amending --------------------------------------------------------------------------------------------------


def resting(world: World) -> Asked:
    return {"orderId": world.post(ORDER, **{**LIMIT, "quantity": "0.02"}).json["orderId"]}


def misnamed(world: World) -> Asked:
    return {**resting(world), "origClientOrderId": "other"}


def taken_name(world: World) -> Asked:
    world.post(ORDER, **LIMIT, newClientOrderId="one")
    return {**resting(world), "newClientOrderId": "one"}


def waiting(world: World) -> Asked:
    asked = {name: value for name, value in STOP.items() if value is not None}
    return {"orderId": world.post(ORDER, **{**asked, "quantity": "0.02"}).json["orderId"]}


def traded(world: World) -> Asked:
    placed = world.post(ORDER, **{**LIMIT, "price": "60001", "quantity": "0.02"}).json
    world.post("/sapi/v1/margin/order", **{**LIMIT, "side": "SELL", "price": "60001"})
    return {"orderId": placed["orderId"]}


def amended_once(world: World) -> Asked:
    asked = resting(world)
    done = world.signed("PUT", AMEND, {"symbol": "BTCUSDT", "newQty": "0.015", **asked})
    assert done.status == 200, done.json
    return asked


LESS: Asked = {"symbol": "BTCUSDT", "newQty": "0.01"}
CASES += [
    Case(f"PUT {AMEND}", reason, asked, prepare, venue, key=key)
    for reason, asked, prepare, venue, key in (
        (Reason.UNKNOWN_SCOPE, {**LESS, "orderId": "99"}, None, None, World.orphaned_key),
        (Reason.UNKNOWN_SYMBOL, {**LESS, "symbol": "XYZUSDT", "orderId": "99"}, None, None, None),
        (
            Reason.SYMBOL_CLOSED,
            {**LESS, "orderId": "99"},
            None,
            with_symbol("BTCUSDT", status=SymbolStatus.BREAK),
            None,
        ),
        (Reason.LIQUIDATING_NO_TRADE, {**LESS, "orderId": "99"}, None, SLOW, key_in_liquidation),
        (Reason.UNKNOWN_ORDER, {**LESS, "orderId": "99"}, None, None, None),
        (Reason.CLIENT_ORDER_ID_MISMATCH, LESS, misnamed, None, None),
        (Reason.DUPLICATE_CLIENT_ORDER_ID, LESS, taken_name, None, None),
        (Reason.QUANTITY_UNCHANGED, {**LESS, "newQty": "0.02"}, resting, None, None),
        (Reason.QUANTITY_RAISED, {**LESS, "newQty": "0.03"}, resting, None, None),
        (Reason.QUANTITY_DONE, LESS, traded, None, None),
        (Reason.LOT_SIZE, {**LESS, "newQty": "0"}, resting, None, None),
        (Reason.NOTIONAL, {**LESS, "newQty": "0.00001"}, resting, None, None),
        (
            Reason.MARKET_LOT_SIZE,
            LESS,
            waiting,
            with_symbol("BTCUSDT", market_min_quantity=2 * E8 // 100),
            None,
        ),
        (
            Reason.MAX_NUM_ORDER_AMENDS,
            LESS,
            amended_once,
            with_symbol("BTCUSDT", max_num_order_amends=1),
            None,
        ),
    )
]


CASES += user_streams.SPOT_CASES


# --- the tests -------------------------------------------------------------------------------------------------


def test_every_declared_reason_has_a_case_and_no_other() -> None:
    check_coverage(CASES, Dialect.SPOT)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_refusal_has_its_code_and_changes_nothing(case: Case) -> None:
    check(case)


GOOD: Final[dict[str, Asked]] = {
    **{f"POST {path}": form for path, form in FORMS.items()},
    f"DELETE {ORDER}": {"symbol": "BTCUSDT", "orderId": "99"},
    f"DELETE {OPEN_ORDERS}": {"symbol": "BTCUSDT"},
    f"DELETE {LIST}": {"symbol": "BTCUSDT", "orderListId": "99"},
    f"PUT {AMEND}": {**LESS, "orderId": "99"},
    **user_streams.SPOT_GOOD,
}
"""A request of every endpoint that changes something, to be spoiled in one parameter."""


def test_every_endpoint_that_changes_something_is_spoiled() -> None:
    check_spoiled_coverage(GOOD, Dialect.SPOT)


@pytest.mark.parametrize("name", GOOD)
def test_a_bad_parameter_has_its_code_and_changes_nothing(world: World, name: str) -> None:
    check_spoiled(world, name, GOOD[name])
