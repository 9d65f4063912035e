"""Keys, permissions, IP lists and time windows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from openmargin.api.auth import TimestampPolicy
from openmargin.domain.enums import Permission
from tests.api.world import Key, World

ACCOUNT = "/sapi/v1/margin/account"
PAIRS = "/sapi/v1/margin/allPairs"
OUTSIDE = "Timestamp for this request is outside of the recvWindow."
AHEAD = "Timestamp for this request was 1000ms ahead of the server's time."


@pytest.mark.parametrize("api_key", [None, "", "KEY", "x" * 63 + "!", "x" * 65])
def test_a_missing_or_malformed_key_is_2014(world: World, api_key: str | None) -> None:
    for path in (ACCOUNT, PAIRS):
        answer = world.send("GET", path, api_key=api_key)
        assert (answer.status, answer.code) == (401, -2014)


def test_an_unknown_key_is_2015(world: World) -> None:
    answer = world.signed("GET", ACCOUNT, key=Key("y" * 64, "s"))
    assert (answer.status, answer.code) == (401, -2015)
    assert answer.json["msg"] == "Invalid API-key, IP, or permissions for action."


@pytest.mark.parametrize(
    ("permission", "method", "path"),
    [
        (Permission.READ, "GET", ACCOUNT),
        (Permission.TRADE, "POST", "/sapi/v1/margin/order"),
        (Permission.MARGIN_LOAN, "POST", "/sapi/v1/margin/borrow-repay"),
        (Permission.MARGIN_LOAN, "POST", "/sapi/v1/asset/transfer"),
    ],
)
def test_each_permission_opens_its_endpoints_alone(
    world: World, permission: Permission, method: str, path: str
) -> None:
    with_it = world.new_key(permissions=(permission,))
    without = world.new_key(permissions=tuple(other for other in Permission if other is not permission))
    assert world.signed(method, path, key=with_it).code != -2015
    assert world.signed(method, path, key=without).code == -2015


def test_an_ip_list_lets_in_only_whom_it_names(world: World) -> None:
    key = world.new_key(ips=("0.0.0.0", "10.0.0.7"))
    assert world.signed("GET", ACCOUNT, key=key, ip="10.0.0.7").status == 200
    assert world.signed("GET", ACCOUNT, key=key, ip="10.0.0.8").code == -2015


def test_the_initial_ip_list_restricts_nothing(world: World) -> None:
    assert world.signed("GET", ACCOUNT, key=world.new_key(ips=("0.0.0.0",)), ip="10.0.0.8").status == 200


def test_market_data_needs_a_key_and_no_signature(world: World) -> None:
    assert world.public(PAIRS).status == 200
    assert world.get(PAIRS).status == 200
    wrong = Key(world.key.api_key, "not the secret")
    assert world.signed("GET", PAIRS, key=wrong).code == -1022


def test_a_signature_must_be_sent(world: World) -> None:
    answer = world.send("GET", ACCOUNT, f"timestamp={world.now_ms}", api_key=world.key.api_key)
    assert answer.json == {
        "code": -1102,
        "msg": "Mandatory parameter 'signature' was not sent, was empty/null, or malformed.",
    }


def test_a_wrong_signature_is_1022(world: World) -> None:
    answer = world.signed("GET", ACCOUNT, key=Key(world.key.api_key, "not the secret"))
    assert answer.json == {"code": -1022, "msg": "Signature for this request is not valid."}


def test_a_timestamp_must_be_sent(world: World) -> None:
    answer = world.get(ACCOUNT, timestamp="")
    assert answer.code == -1102
    assert "'timestamp'" in answer.json["msg"]


def test_a_timestamp_is_digits(world: World) -> None:
    assert world.get(ACCOUNT, timestamp="1.7e12").code == -1100


@pytest.mark.parametrize(
    ("offset_ms", "recv_window", "message"),
    [
        (0, None, None),
        (999, None, None),
        (1000, None, AHEAD),
        (-5000, None, None),
        (-5001, None, OUTSIDE),
        (-100, "100", None),
        (-101, "100", OUTSIDE),
        (-60000, "60000", None),
        (-60001, "60000", OUTSIDE),
    ],
)
def test_the_window_is_the_documented_one(
    world: World, offset_ms: int, recv_window: str | None, message: str | None
) -> None:
    extra = {} if recv_window is None else {"recvWindow": recv_window}
    answer = world.get(ACCOUNT, timestamp=world.now_ms + offset_ms, **extra)
    if message is None:
        assert answer.status == 200
    else:
        assert answer.json == {"code": -1021, "msg": message}


def test_microseconds_are_told_by_their_digits(world: World) -> None:
    now_us = world.now_ms * 1000
    assert world.get(ACCOUNT, timestamp=now_us).status == 200
    assert world.get(ACCOUNT, timestamp=now_us - 100_500, recvWindow="100.5").status == 200
    assert world.get(ACCOUNT, timestamp=now_us - 100_501, recvWindow="100.5").code == -1021


@pytest.mark.parametrize(
    ("recv_window", "code"), [("60000.001", -1131), ("60001", -1131), ("1.2345", -1100), ("-1", -1100)]
)
def test_recv_window_has_bounds(world: World, recv_window: str, code: int) -> None:
    assert world.get(ACCOUNT, recvWindow=recv_window).code == code


def test_the_spot_api_has_its_own_words_for_a_window_that_is_too_long(world: World) -> None:
    """Its table of errors has no -1131 (semantics 1)."""
    assert world.get("/api/v3/account", recvWindow="60001").json == {
        "code": -1102,
        "msg": "'recvWindow' contains unexpected value. Cannot be greater than 60000.",
    }
    assert world.get("/api/v3/account", recvWindow="60000").status == 200


def test_the_reference_order_of_refusals_is_kept(world: World) -> None:
    """Key before permission before time before signature."""
    late, wrong = {"timestamp": world.now_ms - 10_000}, "not the secret"
    reader = world.new_key(permissions=(Permission.READ,))
    assert world.signed("POST", "/sapi/v1/margin/order", late, key=Key(reader.api_key, wrong)).code == -2015
    assert world.signed("GET", ACCOUNT, late, key=Key(reader.api_key, wrong)).code == -1021
    assert world.signed("GET", ACCOUNT, key=Key(reader.api_key, wrong)).code == -1022


# --- the virtual clock -----------------------------------------------------------------------------------------


def test_a_virtual_clock_also_takes_the_hosts_time(world: World) -> None:
    host_ms = world.exchange.clock.host_ms()
    assert abs(host_ms - world.now_ms) > 10**9
    assert world.get(ACCOUNT, timestamp=host_ms).status == 200
    assert world.order(timestamp=host_ms).status == 200
    assert world.get(ACCOUNT, timestamp=world.now_ms - 10_000).json["msg"] == OUTSIDE


def test_a_client_that_measured_a_difference_once_goes_on_working_however_time_passes(world: World) -> None:
    clock = world.exchange.clock
    ahead_ms = world.public("/api/v3/time").json["serverTime"] - clock.host_ms()

    def both_clients_are_served() -> bool:
        answers = [
            client
            for timestamp in (clock.host_ms(), clock.host_ms() + ahead_ms)
            for client in (world.get(ACCOUNT, timestamp=timestamp), world.order(timestamp=timestamp))
        ]
        return all(answer.status == 200 for answer in answers)

    world.advance(86_400_000)
    assert both_clients_are_served()
    world.run(world.exchange.run_at(100_000))
    assert both_clients_are_served()
    assert world.get(ACCOUNT, timestamp=world.now_ms).status == 200
    world.run(world.exchange.run_at(0))
    assert both_clients_are_served()
    for drift_ms in (-8_000, 8_000):
        assert world.get(ACCOUNT, timestamp=clock.host_ms() + ahead_ms + drift_ms).code == -1021


@pytest.fixture
def strict() -> Iterator[World]:
    world = World(policy=TimestampPolicy.EXCHANGE)
    yield world
    world.close()


def test_the_strict_policy_knows_one_clock(strict: World) -> None:
    assert strict.get(ACCOUNT).status == 200
    assert strict.get(ACCOUNT, timestamp=strict.exchange.clock.host_ms()).json["msg"] == AHEAD


def test_an_advance_leaves_old_timestamps_behind(strict: World) -> None:
    then = strict.now_ms
    strict.advance(86_400_000 * 30)
    assert strict.get(ACCOUNT, timestamp=then).code == -1021
    assert strict.get(ACCOUNT).status == 200
