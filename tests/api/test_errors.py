"""Every reason has exactly one wire code in each dialect, and the documented texts are kept."""

from __future__ import annotations

import pytest

from openmargin.api import errors
from openmargin.api.errors import WIRE_ERRORS, Dialect, WireError, refusal
from openmargin.domain.reasons import Reason, Rejected


def test_every_reason_has_a_wire_code_in_every_dialect() -> None:
    assert set(WIRE_ERRORS) == {(reason, dialect) for reason in Reason for dialect in Dialect}


def test_every_wire_error_is_one() -> None:
    for error in WIRE_ERRORS.values():
        assert error.code < 0
        assert 400 <= error.status < 600
        assert error.message


@pytest.mark.parametrize(
    ("reason", "code", "message"),
    [
        (Reason.PRICE_FILTER, -1013, "Filter failure: PRICE_FILTER"),
        (Reason.INSUFFICIENT_BALANCE, -2010, "Account has insufficient balance for requested action."),
        (Reason.DUPLICATE_CLIENT_ORDER_ID, -2010, "Duplicate order sent."),
        (Reason.WOULD_TAKE, -2010, "Order would immediately match and take."),
        (Reason.UNKNOWN_ORDER, -2011, "Unknown order sent."),
        (Reason.ABOVE_MAX_BORROWABLE, -3006, "Your borrow amount has exceed maximum borrow amount."),
        (Reason.INVENTORY_SHORT, -3045, "The system doesn't have enough asset now."),
        (Reason.ABOVE_DEBT, -3015, "Repay amount exceeds borrow amount."),
        (Reason.DEBT_LEFT_TOO_SMALL, -3024, "The unpaid debt is too small after this repayment."),
        (Reason.WOULD_TRIGGER, -2010, "Order would trigger immediately."),
        (Reason.ICEBERG_ABOVE_QUANTITY, -2010, "IcebergQty exceeds QTY."),
        (
            Reason.LIST_PRICES_WRONG,
            -2010,
            "The relationship of the prices for the orders is not correct.",
        ),
        (Reason.DUPLICATE_CLIENT_LIST_ID, -2010, "Duplicate order sent."),
        (Reason.UNKNOWN_LIST, -2011, "Unknown order sent."),
        (
            Reason.CLIENT_LIST_ID_MISMATCH,
            -2011,
            "Cancel order is invalid. Check origClOrdId and orderId.",
        ),
        (Reason.TRAILING_DELTA, -1013, "Filter failure: TRAILING_DELTA"),
        (Reason.ICEBERG_PARTS, -1013, "Filter failure: ICEBERG_PARTS"),
        (Reason.MAX_NUM_ALGO_ORDERS, -1013, "Filter failure: MAX_NUM_ALGO_ORDERS"),
        (Reason.MAX_NUM_ICEBERG_ORDERS, -1013, "Filter failure: MAX_NUM_ICEBERG_ORDERS"),
        (Reason.MAX_NUM_ORDER_LISTS, -1013, "Filter failure: MAX_NUM_ORDER_LISTS"),
        (
            Reason.SELF_TRADE_PREVENTION_NOT_ALLOWED,
            -1013,
            "This symbol does not allow the specified self-trade prevention mode.",
        ),
        (
            Reason.LIMIT_PRICE_FAR_FROM_INDEX,
            -3064,
            "The limit price is out of the allowed range around the price index.",
        ),
        (Reason.UNKNOWN_SCOPE, -11001, "Isolated margin account does not exist."),
        (Reason.PAIR_NOT_ISOLATED, -3028, "Not a valid margin pair."),
        (Reason.LEGS_DO_NOT_FIT, -1014, "Unsupported order combination."),
    ],
)
def test_clients_match_on_these(reason: Reason, code: int, message: str) -> None:
    assert WIRE_ERRORS[reason, Dialect.SAPI] == WireError(400, code, message)


def test_who_finds_no_room_for_a_connection_is_told_to_try_again() -> None:
    text = "Server is currently overloaded with other requests. Please try again in a few minutes."
    assert (errors.CONNECTIONS_FULL.code, errors.CONNECTIONS_FULL.message) == (-1008, text)


def test_dialects_differ_where_the_references_do() -> None:
    assert WIRE_ERRORS[Reason.SYMBOL_NOT_ON_MARGIN, Dialect.SAPI].code == -3021
    assert WIRE_ERRORS[Reason.SYMBOL_NOT_ON_MARGIN, Dialect.SPOT].code == -2010


def test_too_many_orders_names_the_window_and_when_it_ends() -> None:
    refused = refusal(Rejected(Reason.TOO_MANY_ORDERS, "50/10000"), Dialect.SAPI, at_ms=12_500)
    assert refused.error == WireError(
        429, -1015, "Too many new orders; current limit is 50 orders per 10 SECOND."
    )
    assert refused.retry is not None
    assert refused.retry.after_s == 8


def test_bodies_are_code_and_msg() -> None:
    assert errors.error_body(errors.INVALID_SYMBOL) == b'{"code":-1121,"msg":"Invalid symbol."}'
