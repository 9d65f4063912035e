"""One client's WebSocket: a bounded queue, a bound on what it sends, and an end."""

from __future__ import annotations

import pytest

from openmargin.api.ws.connection import ConnectionLimits
from tests.streams.wire import Line


def test_what_one_turn_of_the_loop_sends_is_one_write_in_order() -> None:
    line = Line()
    for number in range(3):
        line.connection.send(b"%d" % number)
    assert line.wire.messages == []
    line.loop.turn()
    assert (line.wire.messages, line.wire.writes) == ([b"0", b"1", b"2"], 1)


def test_much_of_one_turn_does_not_pile_up() -> None:
    line = Line(ConnectionLimits(queued_bytes=200_000))
    for _ in range(10):
        line.connection.send(b"x" * 100_000)
    line.loop.turn()
    assert len(line.wire.messages) == 10
    assert line.wire.closed is None


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (ConnectionLimits(queued_messages=10), b"x"),
        (ConnectionLimits(queued_bytes=1000), b"x" * 100),
    ],
)
def test_a_slow_reader_is_cut_off_with_a_code_and_holds_nothing(
    limits: ConnectionLimits, message: bytes
) -> None:
    line = Line(limits)
    line.wire.is_writable = False
    for _ in range(10):
        line.connection.send(message)
    assert line.wire.closed is None
    line.connection.send(message)
    assert line.wire.closed == (1008, "Too slow to read")
    assert line.handler.ends == 1
    assert not line.loop.has_timers
    line.connection.send(message)
    line.wire.is_writable = True
    line.connection.writable()
    line.loop.turn()
    assert line.wire.messages == []


def test_a_reader_that_catches_up_gets_all_of_it_in_order() -> None:
    line = Line()
    line.connection.send(b"0")
    line.wire.is_writable = False
    line.loop.turn()
    line.connection.send(b"1")
    assert line.wire.messages == []
    line.wire.is_writable = True
    line.connection.writable()
    assert line.wire.messages == [b"0", b"1"]


def test_pings_leave_every_20_seconds_and_each_has_its_own_payload() -> None:
    line = Line()
    for _ in range(10):
        line.loop.sleep(20)
        line.connection.ponged(line.wire.pings[-1])
    assert len(line.wire.pings) == 10
    assert all(payload.isdigit() for payload in line.wire.pings)
    assert line.wire.closed is None


def test_without_a_pong_for_a_minute_the_connection_ends() -> None:
    line = Line()
    line.loop.sleep(79)
    assert line.wire.closed is None
    line.connection.ponged(b"")  # Unsolicited: allowed, and no help.
    line.loop.sleep(1)
    assert line.wire.closed == (1008, "Pong timeout")
    assert not line.loop.has_timers


def test_a_connection_lives_for_24_hours() -> None:
    line = Line()
    while line.loop.now < 24 * 3600 - 20:
        line.loop.sleep(20)
        line.connection.ponged(line.wire.pings[-1])
    assert line.wire.closed is None
    line.loop.sleep(20)
    assert line.wire.closed == (1001, "24 hours are over")


def test_messages_pings_and_pongs_are_bounded_together() -> None:
    line = Line()
    for _ in range(3):
        line.connection.received(b"message")
        line.connection.pinged()
        line.connection.ponged(b"")
        line.connection.received(b"message")
        line.connection.received(b"message")
        line.loop.sleep(1)
    assert line.wire.closed is None
    for _ in range(5):
        line.connection.received(b"message")
    line.connection.pinged()
    assert line.wire.closed == (1008, "More than 5 messages in a second")
    line.connection.received(b"message")
    assert len(line.handler.received_messages) == 14


def test_shutting_down_says_farewell_and_then_goodbye() -> None:
    line = Line()
    line.connection.send(b"before")
    line.connection.shut_down()
    assert line.wire.messages == [b"before", b"farewell"]
    assert line.wire.closed == (1001, "The server stops")
    line.connection.shut_down()
    line.connection.lost()
    assert line.handler.ends == 1


def test_a_bug_in_a_handler_ends_the_connection_and_no_other() -> None:
    line = Line()
    line.connection.received(b"bug")
    assert line.wire.closed == (1011, "Internal error")
