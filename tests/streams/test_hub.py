"""Who listens hears everything once and in order; where nobody listens nothing is done."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from openmargin.api.ws.gateway import Refusal, SocketGateway
from openmargin.api.ws.hub import Message, Topic
from openmargin.runtime.feed import QUEUE_RECORDS_MAX, Happened
from tests.streams.station import Station


class Records:
    """A source of one stream, which tells the number of each record."""

    def __init__(self) -> None:
        self.topics: dict[Topic, None] = {}
        self.rendered = 0

    def accepts(self, name: str) -> bool:
        return name == "records"

    def opened(self, topic: Topic) -> None:
        self.topics[topic] = None

    def closed(self, topic: Topic) -> None:
        del self.topics[topic]

    def happened(self, happened: Happened) -> None:
        if happened.seq == -1:
            raise ValueError("a bug")
        for topic in self.topics:
            topic.publish(lambda per_ms: self._render(happened.seq, per_ms))

    def _render(self, seq: int, per_ms: int) -> bytes:
        self.rendered += 1
        return b"[%d,%d]" % (seq, per_ms)


class Ears:
    """A subscriber that remembers."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.cuts = 0

    def deliver(self, message: Message) -> None:
        self.heard.append(message.plain(1))

    def cut_off(self) -> None:
        self.cuts += 1


class RecordStation(Station):
    def __init__(self) -> None:
        self.source = Records()
        super().__init__(lambda _: [self.source])

    def deposit(self) -> int:
        """Have something happen; gives the number of its record."""
        self.world.deposit("USDT", "1")
        self.settle()
        return self.world.exchange.state_hash()[0]

    def join(self, ears: Ears) -> Topic:
        topic = self.hub.find("records")
        assert topic is not None
        return self.within(lambda: self.hub.join(topic, ears))

    def leave(self, topic: Topic, ears: Ears) -> None:
        self.within(lambda: self.hub.leave(topic, ears))


@pytest.fixture
def station() -> Iterator[RecordStation]:
    station = RecordStation()
    yield station
    station.close()


def test_the_exchange_is_listened_to_only_while_somebody_listens(station: RecordStation) -> None:
    exchange = station.world.exchange
    assert not exchange.has_subscribers
    one, two = Ears(), Ears()
    topic = station.join(one)
    assert station.join(two) is topic
    first = station.deposit()
    station.leave(topic, one)
    station.leave(topic, one)
    second = station.deposit()
    assert exchange.has_subscribers
    station.leave(topic, two)
    assert not exchange.has_subscribers
    assert not station.source.topics
    station.deposit()
    station.settle()
    assert one.heard == [b"[%d,1]" % first]
    assert two.heard == [b"[%d,1]" % first, b"[%d,1]" % second]
    assert station.source.rendered == 2
    three = Ears()
    topic = station.join(three)
    assert station.hub.find("records") is topic
    third = station.deposit()
    station.settle()
    assert three.heard == [b"[%d,1]" % third]
    station.leave(topic, three)


@pytest.mark.parametrize("seq", [QUEUE_RECORDS_MAX, -1], ids=["fell behind", "a bug"])
def test_when_messages_are_lost_everybody_is_sent_away(station: RecordStation, seq: int) -> None:
    ears = Ears()
    topic = station.join(ears)

    def flood() -> None:
        for _ in range(QUEUE_RECORDS_MAX + 1 if seq > 0 else 1):
            station.world.exchange._feed.publish(Happened(seq, 0, []))

    station.within(flood)
    station.settle()
    assert ears.cuts == 1
    station.leave(topic, ears)


def test_one_message_has_four_forms_and_each_is_rendered_once(station: RecordStation) -> None:
    lines = [
        (path, query, station.open(path, query)[0])
        for path in ("/ws/records", "/stream")
        for query in (b"streams=records", b"streams=records&timeUnit=microsecond")
        for _ in range(2)
    ]
    seq = station.deposit()
    for path, query, wire in lines:
        data = [seq, 1000 if b"micro" in query else 1]
        expected = data if path != "/stream" else {"stream": "records", "data": data}
        assert [msgspec.json.decode(message) for message in wire.messages] == [expected]
    assert station.source.rendered == 2
    station.within(lambda: station.gateway.hang_up(1012, "Another timeline"))
    assert {wire.closed for _, _, wire in lines} == {(1012, "Another timeline")}
    assert not station.world.exchange.has_subscribers


def test_attempts_are_counted_where_they_are_answered(station: RecordStation) -> None:
    world = SocketGateway(station.world.exchange.clock, attempts=2)
    station.gateway.elsewhere = lambda path: (world, "/nowhere") if path == "/w/one" else None
    statuses = [
        opened.status if isinstance(opened, Refusal) else 101
        for opened in (station.open(path)[1] for path in [*["/w/one"] * 3, *["/nowhere"] * 20])
    ]
    assert statuses == [404, 404, 429] + [404] * 20


def test_attempts_of_an_address_are_bounded(station: RecordStation) -> None:
    statuses = [
        opened.status if isinstance(opened, Refusal) else 101
        for opened in (station.open(path)[1] for path in ["/ws", "/nowhere"] * 11)
    ]
    assert statuses == [101, 404] * 10 + [429, 429]
    _, refusal = station.open("/ws")
    assert isinstance(refusal, Refusal)
    assert refusal.retry_after_s is not None
    assert 0 < refusal.retry_after_s <= 300
