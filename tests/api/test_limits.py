"""Weights: whose budget, which header, and what happens past it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from openmargin.api.limits import WeightLimits, WindowCounter, end_of_minute
from openmargin.domain.ids import SPOT
from tests.api.world import World

ORDER = "/sapi/v1/margin/order"
PAIRS = "/sapi/v1/margin/allPairs"
ASSETS = "/sapi/v1/margin/allAssets"


class HostClock:
    """The host's time, which weights are counted by, standing still so that no test meets the end of a minute."""

    def __init__(self) -> None:
        self.now_ms = 1_767_225_600_000


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch) -> HostClock:
    clock = HostClock()
    monkeypatch.setattr("openmargin.runtime.clock._host_ms", lambda: clock.now_ms)
    return clock


@pytest.fixture
def tight() -> Iterator[World]:
    world = World(weights=WeightLimits(sapi_ip=3, sapi_uid=1510, api_ip=25))
    world.deposit("USDT", "100000")
    yield world
    world.close()


def test_each_sapi_endpoint_has_its_own_budget(tight: World) -> None:
    used = [tight.public(PAIRS).headers["x-sapi-used-ip-weight-1m"] for _ in range(3)]
    assert used == ["1", "2", "3"]
    over = tight.public(PAIRS)
    assert (over.status, over.code) == (429, -1003)
    assert over.json["msg"].startswith(
        "Too much request weight used; current limit is 3 request weight per 1 MINUTE."
    )
    assert over.headers["x-sapi-used-ip-weight-1m"] == "4"
    assert 1 <= int(over.headers["retry-after"]) <= 60
    assert tight.public(ASSETS).status == 200


def test_weights_do_not_freeze_with_a_clock_that_stands_still(tight: World, host: HostClock) -> None:
    stands_at = tight.now_ms
    assert [tight.public(PAIRS).status for _ in range(4)] == [200, 200, 200, 429]
    host.now_ms += 60_000
    assert tight.public(PAIRS).headers["x-sapi-used-ip-weight-1m"] == "1"
    assert tight.now_ms == stands_at


def test_addresses_have_budgets_of_their_own(tight: World) -> None:
    for _ in range(4):
        tight.public(PAIRS)
    other = tight.send("GET", PAIRS, api_key=tight.key.api_key, ip="10.0.0.9")
    assert other.headers["x-sapi-used-ip-weight-1m"] == "1"


def test_accounts_pay_uid_weights_across_keys(tight: World) -> None:
    first = tight.order()
    assert first.headers["x-sapi-used-uid-weight-1m"] == "6"
    assert "x-sapi-used-ip-weight-1m" not in first.headers
    parameters = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
    second = tight.signed("POST", ORDER, parameters, key=tight.new_key())
    assert second.headers["x-sapi-used-uid-weight-1m"] == "12"


@pytest.mark.parametrize(
    ("side_effect", "weight"),
    [("NO_SIDE_EFFECT", "6"), ("AUTO_REPAY", "6"), ("MARGIN_BUY", "1500"), ("AUTO_BORROW_REPAY", "1500")],
)
def test_orders_that_may_borrow_weigh_more(tight: World, side_effect: str, weight: str) -> None:
    assert tight.order(sideEffectType=side_effect).headers["x-sapi-used-uid-weight-1m"] == weight


def test_what_is_over_the_limit_does_not_reach_the_exchange(tight: World) -> None:
    assert tight.order(sideEffectType="MARGIN_BUY").status == 200
    seq = tight.exchange.state_hash()[0]
    assert tight.order(sideEffectType="MARGIN_BUY").code == -1003
    assert tight.exchange.state_hash()[0] == seq


def test_api_endpoints_share_one_budget(tight: World) -> None:
    tight.send("GET", "/api/v3/ping")
    answer = tight.send("GET", "/api/v3/exchangeInfo", "symbol=BTCUSDT")
    assert answer.headers["x-mbx-used-weight"] == answer.headers["x-mbx-used-weight-1m"] == "21"
    assert tight.send("GET", "/api/v3/exchangeInfo").code == -1003


def test_what_trades_on_api_and_succeeds_weighs_nothing(tight: World, host: HostClock) -> None:
    """Binance's changelog of 2026-03-27 and 2026-04-02: all placements and cancels, and an amendment only if it ends its
    order, which none does here."""
    tight.deposit("USDT", "100000", SPOT)
    tight.deposit("BTC", "1", SPOT)
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "20000"}
    path = "/api/v3/order"

    def used(method: str, path: str, **asked: object) -> tuple[int, int]:
        answer = tight.signed(method, path, {"symbol": "BTCUSDT", **asked})
        assert answer.headers["x-mbx-used-weight"] == answer.headers["x-mbx-used-weight-1m"]
        return answer.status, int(answer.headers["x-mbx-used-weight"])

    assert [used("POST", path, **order, quantity="0.01") for _ in range(30)] == [(200, 0)] * 30
    assert used("POST", path, **order, quantity="100") == (400, 1)
    assert used("PUT", f"{path}/amend/keepPriority", orderId=1, newQty="0.005") == (200, 5)
    replacing = {**order, "quantity": "0.01", "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": 1}
    assert used("POST", f"{path}/cancelReplace", **replacing) == (200, 5)
    assert used("DELETE", path, orderId=2) == (200, 5)
    pending = {"pendingType": "MARKET", "pendingSide": "SELL", "pendingQuantity": "0.01"}
    working = {"workingType": "LIMIT_MAKER", "workingSide": "BUY", "workingPrice": "20000"}
    oto = {**working, **pending, "workingQuantity": "0.02", "listClientOrderId": "oto"}
    assert used("POST", "/api/v3/orderList/oto", **oto) == (200, 5)
    assert used("DELETE", "/api/v3/orderList", listClientOrderId="oto") == (200, 5)
    assert used("DELETE", "/api/v3/openOrders") == (200, 5)
    assert used("DELETE", "/api/v3/openOrders") == (400, 6)
    assert tight.send("GET", "/api/v3/exchangeInfo").code == -1003
    assert used("POST", path, **order, quantity="0.01")[0] == 429, (
        "an address that is over its limit is refused"
    )
    host.now_ms += 60_000
    assert used("POST", path, **order, quantity="0.01") == (200, 0)


def test_what_is_asked_with_unknown_parameters_is_charged_like_all_that_fails(tight: World) -> None:
    refused = tight.send("GET", "/api/v3/exchangeInfo", "nonsense=1")
    assert (refused.code, refused.headers["x-mbx-used-weight-1m"]) == (-1104, "20")
    assert tight.send("GET", "/api/v3/exchangeInfo", "nonsense=1").code == -1003


def test_all_orders_is_bounded_in_calls_too(world: World) -> None:
    statuses = [world.get("/sapi/v1/margin/allOrders", symbol="BTCUSDT").status for _ in range(61)]
    assert statuses[:60] == [200] * 60
    last = world.get("/sapi/v1/margin/allOrders", symbol="BTCUSDT")
    assert (last.status, last.code) == (429, -1003)


def test_windows_end_with_the_minute() -> None:
    counter = WindowCounter()
    assert counter.add("b", "ip", 5, 59_999) == 5
    assert counter.add("b", "ip", 5, 60_000) == 5
    assert counter.add("b", "ip", 5, 119_999) == 10
    assert counter.give_back("b", "ip", 5, 119_999) == 5
    assert counter.give_back("b", "ip", 5, 59_999) is None, "what that minute counted is forgotten"
    assert counter.add("b", "ip", 0, 119_999) == 5


def test_late_comers_of_a_crowded_minute_share_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openmargin.api.limits._WINDOWS_MAX", 2)
    counter = WindowCounter()
    assert counter.add("b", "first", 1, 0) == 1
    assert counter.add("b", "second", 1, 0) == 1
    assert counter.add("b", "third", 1, 0) == 1
    assert counter.add("b", "fourth", 1, 0) == 2
    assert counter.add("b", "first", 1, 0) == 2


@pytest.mark.parametrize(("now_ms", "seconds"), [(0, 60), (1, 60), (59_000, 1), (59_999, 1)])
def test_retry_after_reaches_the_next_window(now_ms: int, seconds: int) -> None:
    assert end_of_minute(now_ms).after_s == seconds


def test_raw_requests_are_counted_whatever_they_weigh(host: HostClock) -> None:
    world = World(weights=WeightLimits(api_raw=2))
    assert [world.public("/api/v3/ping").status for _ in range(2)] == [200, 200]
    host.now_ms += 60_000
    over = world.public("/api/v3/ping")
    assert (over.status, over.code) == (429, -1003)
    assert over.json["msg"] == "Too many requests; current limit is 2 requests per 5 MINUTE."
    assert over.headers["retry-after"] == "240"
    assert world.public(PAIRS).status == 200
    host.now_ms += 240_000
    assert world.public("/api/v3/ping").status == 200
    world.close()


def test_exchange_info_tells_the_limits_that_are_counted(tight: World) -> None:
    told = tight.public("/api/v3/exchangeInfo", symbol="BTCUSDT").json["rateLimits"]
    limits = {(row["rateLimitType"], row["intervalNum"], row["interval"]): row["limit"] for row in told}
    assert limits["REQUEST_WEIGHT", 1, "MINUTE"] == WeightLimits().api_ip
    assert limits["RAW_REQUESTS", 5, "MINUTE"] == WeightLimits().api_raw
