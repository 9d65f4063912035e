"""Answers: the envelope, what they tell of the limits, and what is said where a limit was passed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest

from openmargin.api.errors import ApiError
from openmargin.api.limits import WeightLimits
from openmargin.api.ws.methods import METHODS, OF_ENDPOINTS, UNSUPPORTED
from openmargin.runtime.errors import Draining, TimedOut, Unavailable
from tests.api.test_limits import HostClock
from tests.api.world import SPOT, START_MS, World
from tests.api.worlds import with_orders, with_requests
from tests.api.ws_client import ORDER, Client, ed25519_signer
from tests.conformance.test_goldens import differences

WEIGHT = {
    "rateLimitType": "REQUEST_WEIGHT",
    "interval": "MINUTE",
    "intervalNum": 1,
    "limit": 6000,
    "count": 3,
}
ORDERS = [
    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 10000, "count": 1},
    {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": 20000, "count": 1},
]


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch) -> HostClock:
    clock = HostClock()
    monkeypatch.setattr("openmargin.runtime.clock._host_ms", lambda: clock.now_ms)
    return clock


@pytest.fixture
def client(world: World) -> Client:
    world.deposit("USDT", "100000", SPOT)
    return Client(world)


def test_an_answer_without_a_key_tells_of_weight_alone(client: Client) -> None:
    assert client.raw('{"id":1,"method":"time"}') == {
        "id": 1,
        "status": 200,
        "result": {"serverTime": START_MS},
        "rateLimits": [WEIGHT],
    }


def test_an_order_tells_of_the_counts_first(client: Client) -> None:
    answer = client.signed("order.place", {**ORDER, "newOrderRespType": "ACK"})
    assert list(answer) == ["id", "status", "result", "rateLimits"]
    assert answer["rateLimits"] == [*ORDERS, {**WEIGHT, "count": 2}], "what succeeded weighs nothing"


def test_a_refused_order_tells_of_them_too(client: Client) -> None:
    client.signed("order.place", ORDER)
    answer = client.signed("order.place", {**ORDER, "quantity": "100"})
    assert answer == {
        "id": 2,
        "status": 400,
        "error": {"code": -2010, "msg": "Account has insufficient balance for requested action."},
        "rateLimits": [*ORDERS, WEIGHT],
    }


def test_whatever_trades_and_succeeds_weighs_nothing_here_too(client: Client) -> None:
    placed = client.signed("order.place", ORDER)["result"]
    which = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
    canceled = client.signed("order.cancel", which)
    assert (canceled["status"], canceled["rateLimits"]) == (200, [{**WEIGHT, "count": 2}])
    assert client.signed("order.cancel", which)["rateLimits"] == [WEIGHT]


def test_of_whom_nobody_knows_there_are_no_counts(client: Client) -> None:
    answer = client.ask("order.place", ORDER)
    assert [row["rateLimitType"] for row in answer["rateLimits"]] == ["REQUEST_WEIGHT"]


@pytest.mark.parametrize(
    "method",
    [name for name, endpoint in OF_ENDPOINTS.items() if endpoint.startswith("POST") and "rder" in name],
)
def test_placements_tell_of_counts_where_http_has_headers_for_them(method: str, client: Client) -> None:
    answer = client.signed(method, {"symbol": "BTCUSDT"})
    kinds = {row["rateLimitType"] for row in answer["rateLimits"]}
    assert ("ORDERS" in kinds) is (method != "order.test")


@pytest.mark.parametrize(
    ("query", "params", "are_told"),
    [
        (b"", {}, True),
        (b"", {"returnRateLimits": False}, False),
        (b"", {"returnRateLimits": "false"}, False),
        (b"returnRateLimits=false", {}, False),
        (b"returnRateLimits=false", {"returnRateLimits": True}, True),
        (b"returnRateLimits=true", {}, True),
    ],
)
def test_limits_are_told_unless_somebody_says_otherwise(
    world: World, query: bytes, params: dict[str, Any], are_told: bool
) -> None:
    client = Client(world, query)
    assert ("rateLimits" in client.ask("ping", params)) is are_told
    assert ("rateLimits" in client.ask("order.status", params)) is are_told


def test_a_connection_says_what_it_was_opened_with(world: World) -> None:
    client = Client(world, b"returnRateLimits=false&timeUnit=MICROSECOND&anything=else")
    status = client.ask("session.status")["result"]
    assert (status["returnRateLimits"], status["serverTime"]) == (False, START_MS * 1000)
    assert status["connectedSince"] == START_MS * 1000


def test_the_unit_of_times_is_the_connections(world: World) -> None:
    world.deposit("USDT", "100000", SPOT)
    placed = Client(world, b"timeUnit=microsecond").signed("order.place", ORDER)["result"]
    assert placed["transactTime"] == START_MS * 1000


@pytest.mark.parametrize(
    ("query", "code"),
    [(b"timeUnit=hours", -1194), (b"returnRateLimits=perhaps", -1130), (b"responseFormat=sbe", -1155)],
)
def test_a_connection_that_asks_for_what_there_is_not_is_refused(
    world: World, query: bytes, code: int
) -> None:
    with pytest.raises(ApiError) as refused:
        Client(world, query)
    assert (refused.value.error.status, refused.value.error.code) == (400, code)


# --- limits that were passed -----------------------------------------------------------------------------------


@pytest.fixture
def tight() -> Iterator[World]:
    """Five units of weight a minute; the third refusal brings a ban."""
    world = World(with_requests(ban_after=3), weights=WeightLimits(api_ip=5))
    yield world
    world.close()


def test_too_much_weight_is_429_with_the_time_to_come_back(tight: World, host: HostClock) -> None:
    host.now_ms += 12_345
    client = Client(tight)
    assert [client.ask("ping")["status"] for _ in range(4)] == [200, 200, 200, 429]
    answer = client.ask("ping")
    assert answer == {
        "id": 5,
        "status": 429,
        "error": {
            "code": -1003,
            "msg": "Too much request weight used; current limit is 5 request weight per 1 MINUTE."
            " Please use WebSocket Streams for live updates to avoid polling the API.",
            "data": {"serverTime": host.now_ms, "retryAfter": host.now_ms - 12_345 + 60_000},
        },
        "rateLimits": [{**WEIGHT, "limit": 5, "count": 7}],
    }


def test_both_doors_share_one_budget_and_one_ban(tight: World, host: HostClock) -> None:
    client = Client(tight)
    tight.send("GET", "/api/v3/ping")
    assert client.ask("ping")["rateLimits"][0]["count"] == 4
    statuses = [client.ask("ping")["status"] for _ in range(4)]
    assert statuses == [200, 429, 429, 418]
    assert client.session.is_banned
    assert tight.send("GET", "/api/v3/ping").status == 418
    until = host.now_ms + 120_000
    with pytest.raises(ApiError) as refused:
        Client(tight)
    assert refused.value.error.message.startswith(
        f"Way too much request weight used; IP banned until {until}."
    )
    answer = client.ask("ping")
    assert (answer["status"], answer["error"]["data"]) == (
        418,
        {"serverTime": host.now_ms, "retryAfter": until},
    )


def test_another_addresses_connection_is_served(tight: World) -> None:
    first = Client(tight)
    for _ in range(8):
        first.ask("ping")
    assert Client(tight, ip="10.0.0.9").ask("ping")["status"] == 200


def test_too_many_connections_use_up_the_weight(tight: World) -> None:
    Client(tight)
    Client(tight)
    with pytest.raises(ApiError) as refused:
        Client(tight)
    assert refused.value.error.status == 429
    assert refused.value.retry is not None


def test_too_many_orders_are_429_until_their_window_ends() -> None:
    world = World(with_orders(limit_10s=1))
    world.deposit("USDT", "100000", SPOT)
    world.advance(12_500)
    client = Client(world)
    assert client.signed("order.place", ORDER)["status"] == 200
    answer = client.signed("order.place", ORDER)
    assert answer["status"] == 429
    assert answer["error"] == {
        "code": -1015,
        "msg": "Too many new orders; current limit is 1 orders per 10 SECOND.",
        "data": {"serverTime": START_MS + 12_500, "retryAfter": START_MS + 20_000},
    }
    assert answer["rateLimits"][0] == {**ORDERS[0], "limit": 1}
    world.close()


# --- what goes wrong -------------------------------------------------------------------------------------------


def _raising(error: Exception) -> Callable[[object], NoReturn]:
    def submit(_command: object) -> NoReturn:
        raise error

    return submit


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Unavailable(), 500, -1001),
        (TimedOut(), 504, -1007),
        (Draining(), 503, -1016),
        (RuntimeError("a secret detail"), 500, -1000),
    ],
)
def test_what_stops_the_writer_has_its_code(
    client: Client, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: int
) -> None:
    monkeypatch.setattr(client.world.exchange, "submit", _raising(error))
    answer = client.signed("order.place", ORDER)
    assert (answer["status"], answer["error"]["code"]) == (status, code)
    assert "secret" not in answer["error"]["msg"]


@pytest.mark.parametrize("method", UNSUPPORTED)
def test_what_is_known_and_not_served_says_so(client: Client, method: str) -> None:
    answer = client.raw(json.dumps({"id": 1, "method": method, "params": {"symbol": "BTCUSDT"}}))
    assert (answer["status"], answer["error"]["code"]) == (400, -1020)
    assert method not in METHODS


# --- where the two doors differ --------------------------------------------------------------------------------


def test_a_cancelled_order_of_a_list_tells_of_the_list(client: Client) -> None:
    """The reference, Cancel order: "When an order list is canceled"."""
    world = client.world
    world.deposit("BTC", "1", SPOT)
    oco = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "0.01", "aboveType": "LIMIT_MAKER"}
    above_and_below = {"abovePrice": "90000", "belowType": "STOP_LOSS", "belowStopPrice": "20000"}
    listed = client.signed("orderList.place.oco", {**oco, **above_and_below})["result"]
    order_id = listed["orders"][0]["orderId"]
    told = client.signed("order.cancel", {"symbol": "BTCUSDT", "orderId": order_id})["result"]
    again = client.signed("orderList.place.oco", {**oco, **above_and_below})["result"]
    whole = client.signed("orderList.cancel", {"symbol": "BTCUSDT", "orderListId": again["orderListId"]})[
        "result"
    ]
    assert list(differences(whole, told, {})) == []
    assert (told["orderListId"], told["listStatusType"]) == (listed["orderListId"], "ALL_DONE")
    assert {report["status"] for report in told["orderReports"]} == {"CANCELED"}


def test_a_replacement_that_half_failed_has_both_halves_in_its_data(client: Client) -> None:
    asked = {**ORDER, "cancelReplaceMode": "ALLOW_FAILURE", "cancelOrderId": 999_999}
    answer = client.signed("order.cancelReplace", asked)
    assert (answer["status"], answer["error"]["code"]) == (409, -2021)
    data = answer["error"]["data"]
    assert (data["cancelResult"], data["newOrderResult"]) == ("FAILURE", "SUCCESS")
    assert data["cancelResponse"] == {"code": -2011, "msg": "Unknown order sent."}
    assert data["newOrderResponse"]["status"] == "NEW"
    assert [row["count"] for row in answer["rateLimits"][:2]] == [1, 1]


def test_exchange_info_tells_how_often_one_may_connect(client: Client) -> None:
    told = client.ask("exchangeInfo", {"symbol": "BTCUSDT"})["result"]["rateLimits"]
    assert {"rateLimitType": "CONNECTIONS", "interval": "MINUTE", "intervalNum": 5, "limit": 300} in told
    assert "RAW_REQUESTS" not in {row["rateLimitType"] for row in told}


def test_requests_that_were_sent_together_find_the_session_logged_on(client: Client) -> None:
    """One connection's messages begin in their order, so nobody has to wait for the answer to a logon."""
    logon = client.signed_params(by=ed25519_signer(client.world))
    together = [
        {"id": 1, "method": "session.logon", "params": logon},
        {"id": 2, "method": "order.place", "params": {**ORDER, "timestamp": START_MS}},
        {"id": 3, "method": "ping"},
    ]
    answers = client.together([json.dumps(request) for request in together])
    assert sorted(answer["id"] for answer in answers) == [1, 2, 3]
    assert {answer["status"] for answer in answers} == {200}
    assert answers[-1]["id"] == 2, "the order waited for the disk, and the ping did not wait for the order"
