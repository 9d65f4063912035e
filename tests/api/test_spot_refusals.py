"""Every reason that an endpoint of the spot API declares is met over the wire, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import pytest

from openmargin.api.errors import Dialect
from openmargin.domain.enums import SelfTradePrevention, SymbolStatus
from openmargin.domain.money import E8
from openmargin.domain.reasons import Reason
from openmargin.domain.venue import Venue
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
from tests.api.worlds import with_orders, with_symbol

ORDER = "/api/v3/order"
TEST = "/api/v3/order/test"
REPLACE = "/api/v3/order/cancelReplace"
OPEN_ORDERS = "/api/v3/openOrders"

BUY: Asked = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.01"}
LIMIT: Asked = {**BUY, "type": "LIMIT", "timeInForce": "GTC", "price": "50000"}
STOP: Asked = {**BUY, "type": "STOP_LOSS", "stopPrice": "65000", "price": None, "timeInForce": None}
MARKET: Asked = {"type": "MARKET", "price": None, "timeInForce": None}

CASES: list[Case] = []


# --- placing ---------------------------------------------------------------------------------------------------

FORMS: Final[dict[str, Asked]] = {
    ORDER: LIMIT,
    TEST: LIMIT,
    REPLACE: {**LIMIT, "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": "99"},
}
"""A buy of each form, far from the market."""
everywhere: dict[str, Asked] = {path: {} for path in FORMS}


def placing(
    reason: Reason,
    asked: Asked | None = None,
    prepare: Prepare | None = None,
    venue: Venue | None = None,
    forms: Mapping[str, Asked] | None = None,
    *,
    key: Callable[[World], Key] | None = None,
) -> None:
    """A case for each form: `asked`, with what `forms` says for it alone."""
    for path, form in FORMS.items():
        if forms is None or path in forms:
            sent = {**form, **(asked or {}), **(forms or {}).get(path, {})}
            CASES.append(Case(f"POST {path}", reason, sent, prepare, venue, key=key))


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
placing(Reason.MARKET_LOT_SIZE, MARKET, venue=with_symbol("BTCUSDT", market_max_quantity=E8 // 1000))
placing(Reason.ICEBERG_ABOVE_QUANTITY, {"icebergQty": "0.02"})
placing(Reason.ICEBERG_PARTS, {"icebergQty": "0.004"}, venue=with_symbol("BTCUSDT", iceberg_parts=2))
placing(Reason.NOTIONAL, {"quantity": "0.00001"})
placing(Reason.MAX_NUM_ORDERS, prepare=post(ORDER, LIMIT), venue=with_symbol("BTCUSDT", max_num_orders=1))
placing(
    Reason.MAX_NUM_ALGO_ORDERS,
    STOP,
    post(ORDER, {name: value for name, value in STOP.items() if value is not None}),
    with_symbol("BTCUSDT", max_num_algo_orders=1),
)
placing(
    Reason.MAX_NUM_ICEBERG_ORDERS,
    {"icebergQty": "0.001"},
    post(ORDER, LIMIT, icebergQty="0.001"),
    with_symbol("BTCUSDT", max_num_iceberg_orders=1),
)
placing(Reason.MAX_POSITION, venue=with_symbol("BTCUSDT", max_position=E8))
placing(
    Reason.LIMIT_PRICE_FAR_FROM_INDEX,
    {"price": "69001"},
    venue=with_symbol("BTCUSDT", limits_price_to_index=True),
    key=lambda world: world.special_key("BTCUSDT"),
)
placing(Reason.TRAILING_DELTA, {**STOP, "stopPrice": None, "trailingDelta": "5"})
counted: dict[str, Asked] = {path: {} for path in FORMS if path != TEST}
placing(Reason.TOO_MANY_ORDERS, prepare=post(ORDER, LIMIT), venue=with_orders(limit_10s=1), forms=counted)
# What a cancel-replace is refused with after the cancel is told of in the answer: see test_spot_replacing.py.
whole: dict[str, Asked] = {path: {} for path in FORMS if path != REPLACE}
placing(
    Reason.DUPLICATE_CLIENT_ORDER_ID,
    {"newClientOrderId": "one"},
    post(ORDER, LIMIT, newClientOrderId="one"),
    forms=whole,
)
placing(
    Reason.NO_LIQUIDITY_FOR_QUOTE_QUANTITY,
    {**MARKET, "quantity": None, "quoteOrderQty": "0.1"},
    forms=whole,
)
by_book: dict[str, Asked] = {ORDER: {}}
placing(Reason.WOULD_TAKE, {"type": "LIMIT_MAKER", "timeInForce": None, "price": "61000"}, forms=by_book)
placing(Reason.WOULD_TRIGGER, {**STOP, "stopPrice": "55000"}, forms=by_book)
placing(Reason.INSUFFICIENT_BALANCE, {"quantity": "3"}, forms=by_book)


# --- cancelling ------------------------------------------------------------------------------------------------


def misnamed_order(world: World) -> Asked:
    return {"orderId": world.post(ORDER, **LIMIT).json["orderId"], "origClientOrderId": "other"}


def new_order(world: World) -> Asked:
    return {"orderId": world.post(ORDER, **LIMIT).json["orderId"]}


for endpoint, named in ((f"DELETE {ORDER}", {"orderId": "99"}), (f"DELETE {OPEN_ORDERS}", {})):
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
]


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
}
"""A request of every endpoint that changes something, to be spoiled in one parameter."""


def test_every_endpoint_that_changes_something_is_spoiled() -> None:
    check_spoiled_coverage(GOOD, Dialect.SPOT)


@pytest.mark.parametrize("name", GOOD)
def test_a_bad_parameter_has_its_code_and_changes_nothing(world: World, name: str) -> None:
    check_spoiled(world, name, GOOD[name])
