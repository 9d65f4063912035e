"""Who listens to an account hears what happens to it: once, in order, and nothing of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from openmargin.api.ws import user_data
from openmargin.api.ws.connection import CLOSE_POLICY, ConnectionLimits
from openmargin.api.ws.gateway import Refusal
from openmargin.domain.commands import Borrow, OpenIsolated, Transfer
from openmargin.domain.ids import CROSS, SPOT
from openmargin.domain.money import E8
from openmargin.runtime.clock import VirtualClock
from tests.streams.listening import House

SPOT_STREAM = "/api/v3/userDataStream"
CROSS_STREAM = "/sapi/v1/userDataStream"
ISOLATED_STREAM = "/sapi/v1/userDataStream/isolated"
RISK_STREAM = "/sapi/v1/margin/listen-key"
COMBINED_STREAM = "/sapi/v2/margin/listen-key"
HOUR_MS = 3_600_000


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    for scope in (CROSS, SPOT):
        house.world.deposit("USDT", "100000", scope)
    yield house
    house.close()


def kinds(messages: list[Any]) -> list[str]:
    return [message["x"] if message["e"] == "executionReport" else message["e"] for message in messages]


def test_an_order_is_told_to_whoever_listens_to_its_account(house: House) -> None:
    cross = house.listen(house.start(CROSS_STREAM))
    spot = house.listen(house.start(SPOT_STREAM))
    risk = house.listen(house.start(RISK_STREAM))
    placed = house.world.order().json
    found = house.heard(cross)
    assert kinds(found) == ["NEW", "outboundAccountPosition"]
    assert (found[0]["i"], found[0]["c"]) == (placed["orderId"], placed["clientOrderId"])
    assert house.heard(spot) == house.heard(risk) == []


def test_streams_tell_trade_risk_or_both(house: House) -> None:
    account = house.world.account_id
    ears = [
        house.listen(house.start(path)) for path in (CROSS_STREAM, RISK_STREAM, COMBINED_STREAM, SPOT_STREAM)
    ]
    house.world.submit(Borrow(account, "", 0, CROSS, "USDT", 100 * E8))
    trade, risk, combined, spot = (house.heard(wire) for wire in ears)
    assert kinds(trade) == ["balanceUpdate", "outboundAccountPosition"]
    assert [message["e"] for message in risk][:2] == ["USER_LIABILITY_CHANGE"] * 2
    assert [message["t"] for message in risk if "t" in message] == ["BORROW", "INTEREST"]
    assert sorted(map(str, combined)) == sorted(map(str, trade + risk))
    assert spot == []


def test_a_transfer_is_told_on_both_sides(house: House) -> None:
    house.world.submit(OpenIsolated(house.world.account_id, "", 0, "BTCUSDT"))
    spot = house.listen(house.start(SPOT_STREAM))
    isolated = house.listen(house.start(ISOLATED_STREAM, symbol="BTCUSDT"))
    house.world.submit(Transfer(house.world.account_id, "", 0, SPOT, "BTCUSDT", "USDT", 5 * E8))
    for wire, delta, free in (
        (spot, "-5.00000000", "99995.00000000"),
        (isolated, "5.00000000", "5.00000000"),
    ):
        update, position = house.heard(wire)
        assert (update["e"], update["a"], update["d"]) == ("balanceUpdate", "USDT", delta)
        assert position["B"] == [{"a": "USDT", "f": free, "l": "0.00000000"}]


def test_a_combined_connection_names_the_stream_and_microseconds_are_told(house: House) -> None:
    name = house.start(CROSS_STREAM)
    wire = house.connect("/stream", f"streams={name}&timeUnit=MICROSECOND".encode())
    assert not isinstance(wire, Refusal)
    house.world.deposit("USDT", "1")
    update, position = house.heard(wire)
    now = house.world.now_ms * 1000
    assert (update["stream"], update["data"]["E"], update["data"]["T"]) == (name, now, now)
    assert position["data"]["u"] == now


def test_a_name_that_is_not_good_is_no_stream(house: House) -> None:
    name = house.start(CROSS_STREAM)
    assert isinstance(house.connect(f"/ws/{name[:-1]}x"), Refusal)
    house.world.keyed("DELETE", CROSS_STREAM, {"listenKey": name})
    assert isinstance(house.connect(f"/ws/{name}"), Refusal)


def test_a_key_that_nobody_keeps_is_told_of_and_falls_silent(house: House) -> None:
    spot_name, cross_name = house.start(SPOT_STREAM), house.start(CROSS_STREAM)
    spot, cross = house.listen(spot_name), house.listen(cross_name)
    other = house.listen(cross_name)
    house.world.advance(HOUR_MS - 1)
    assert house.heard(spot) == house.heard(cross) == []
    house.world.advance(1)
    now = house.world.now_ms
    assert house.heard(spot) == [{"e": "listenKeyExpired", "E": now, "listenKey": spot_name}]
    expected = [{"e": "listenKeyExpired", "E": str(now), "listenKey": cross_name}]
    assert house.heard(cross) == house.heard(other) == expected
    again = house.listen(house.start(CROSS_STREAM))
    house.world.deposit("USDT", "1")
    assert house.heard(cross) == house.heard(other) == []
    assert kinds(house.heard(again)) == ["balanceUpdate", "outboundAccountPosition"]


def test_a_key_that_is_closed_falls_silent_at_once(house: House) -> None:
    name = house.start(CROSS_STREAM)
    wire = house.listen(name)
    house.world.keyed("DELETE", CROSS_STREAM, {"listenKey": name})
    house.world.deposit("USDT", "1")
    assert house.heard(wire) == []


# --- as the WebSocket API subscribes -----------------------------------------------------------------------------


def test_a_subscription_puts_its_number_on_each_event(house: House) -> None:
    line, subscription = house.subscribe(CROSS, 3)
    house.world.deposit("USDT", "1")
    found = house.said(line)
    assert [message["subscriptionId"] for message in found] == [3, 3]
    assert kinds([message["event"] for message in found]) == ["balanceUpdate", "outboundAccountPosition"]
    subscription.close()
    subscription.close()
    house.world.deposit("USDT", "1")
    assert house.said(line) == []
    assert not house.world.exchange.has_subscribers


def test_a_slow_reader_is_cut_off_and_the_others_hear_all(house: House) -> None:
    slow, stalled = house.subscribe(CROSS, 1, ConnectionLimits(queued_messages=3))
    good, _ = house.subscribe(CROSS, 2)
    slow.wire.is_writable = False
    for amount in ("1", "2", "3"):
        house.world.deposit("USDT", amount)
    assert [message["event"]["e"] for message in house.said(good)] == [
        "balanceUpdate",
        "outboundAccountPosition",
    ] * 3
    assert slow.wire.closed == (CLOSE_POLICY, "Too slow to read")
    assert slow.wire.messages == []
    stalled.close()
    assert house.said(good) == []


def test_a_subscription_that_is_terminated_says_so_once(house: House) -> None:
    ended: list[int] = []
    line, subscription = house.subscribe(SPOT, 1, on_end=lambda one: ended.append(one.subscription_id))
    now = house.world.now_ms
    subscription.terminate(now)
    subscription.terminate(now)
    assert house.said(line) == [{"subscriptionId": 1, "event": {"e": "eventStreamTerminated", "E": now}}]
    assert ended == [1]


def test_a_token_ends_by_the_exchanges_clock_unless_it_is_extended(house: House) -> None:
    now = house.world.now_ms
    short, _ = house.subscribe(CROSS, 1, expires_at_ms=now + 1000)
    long, subscription = house.subscribe(CROSS, 2, expires_at_ms=now + 1000)
    subscription.extend(now + 5000)
    house.world.advance(999)
    assert house.said(short) == house.said(long) == []
    house.world.advance(1)
    terminated = {"e": "eventStreamTerminated", "E": now + 1000}
    assert house.said(short) == [{"subscriptionId": 1, "event": terminated}]
    house.world.deposit("USDT", "1")
    assert house.said(short) == []
    assert len(house.said(long)) == 2
    house.world.advance(4000)
    assert house.said(long)[-1]["event"] == {"e": "eventStreamTerminated", "E": now + 5000}


def test_tokens_are_read_until_they_end(house: House) -> None:
    answer = house.world.keyed("POST", "/sapi/v1/userListenToken", {"validity": "1000"}).json
    token = house.users.read_token(answer["token"])
    assert token is not None
    assert (token.account_id, token.scope, token.expires_at_ms) == (
        house.world.account_id,
        CROSS,
        answer["expirationTime"],
    )
    assert house.users.read_token(answer["token"][:-2] + "AA") is None
    house.world.advance(1000)
    assert house.users.read_token(answer["token"]) is None


class Alarm:
    """What a wall clock would wake, in hand."""

    def __init__(self, _loop: object, _clock: object, on_due: Callable[[], None]) -> None:
        self.on_due = on_due
        self.due_ms: int | None = None
        alarms.append(self)

    def set(self, due_ms: int | None) -> None:
        self.due_ms = due_ms


alarms: list[Alarm] = []


def test_a_token_ends_in_time_where_nothing_happens(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_data, "DueTimer", Alarm)
    alarms.clear()
    now = house.world.now_ms
    first, _ = house.subscribe(CROSS, 1, expires_at_ms=now + 2000)
    assert [alarm.due_ms for alarm in alarms] == [now + 2000]
    second, subscription = house.subscribe(CROSS, 2, expires_at_ms=now + 1000)
    [alarm] = alarms
    assert alarm.due_ms == now + 1000
    clock = house.world.exchange.clock
    assert isinstance(clock, VirtualClock)
    clock.move_to(now + 1000)
    alarm.on_due()
    assert alarm.due_ms == now + 2000
    assert [message["subscriptionId"] for message in house.said(second)] == [2]
    assert not subscription.is_active
    assert house.said(first) == []
    clock.move_to(now + 2500)
    alarm.on_due()
    assert alarm.due_ms is None
    assert house.said(first)[0]["event"] == {"e": "eventStreamTerminated", "E": now + 2500}
